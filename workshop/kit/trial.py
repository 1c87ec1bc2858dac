"""Uses a kit as a learner does, and says what was seen: install, doctor, demo, JupyterLab, a check.

    python -I trial.py KIT FOLDER [--network]

Runs on a bare Python, so it needs the standard library alone. Prints steps, and one JSON document at the end.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from workshop.clock import stopwatch  # noqa: E402 - found on the path since the line above

# Reserved for documentation, so that nobody answers there: https://www.rfc-editor.org/rfc/rfc5737.
NOBODY = ("192.0.2.1", 80)
MESSAGES = "300"
EXERCISE = "put-records"
OUTCOMES = {"passed", "not_attempted", "incorrect"}


class Trial:
    """One use of a kit, in a folder of its own."""

    def __init__(self, kit: Path, folder: Path) -> None:
        self.kit = kit
        self.course = folder / "course"
        scripts = "Scripts" if os.name == "nt" else "bin"
        self.program = str(self.course / ".venv" / scripts / "workshop")
        self.has_solutions = (kit / "course" / "solutions").is_dir()

    def install(self) -> str:
        """Install as START-HERE.txt says."""
        run([sys.executable, str(self.kit / "install.py"), "--to", str(self.course)])
        return "from the kit alone"

    def doctor(self) -> str:
        """Look at the machine; warnings are allowed."""
        found = json.loads(self.workshop("doctor", "--json"))["findings"]
        return f"{len(found)} checks, none of them a problem"

    def demo(self) -> str:
        """Run both pipelines to the end."""
        if not self.has_solutions:
            return "waits for the solutions"
        runs = json.loads(self.workshop("demo", "--messages", MESSAGES, "--json"))["runs"]
        if not all(each["exact"] for each in runs):
            raise SystemExit(f"the demo is not exact: {runs}")
        return f"{len(runs)} pipelines, exact"

    def lab(self) -> str:
        """Start the cloud and JupyterLab, open a notebook, and check an exercise."""
        port, lab_port = free_port(), free_port()
        command = [self.program, "start", "--no-browser", "--port", str(port), "--lab-port", str(lab_port)]
        with subprocess.Popen(command, cwd=self.course, stdout=subprocess.PIPE, text=True) as started:
            try:
                lines = (line.split()[1] for line in started.stdout or () if "JupyterLab:" in line)
                address = next(lines, "")
                base, _, token = address.partition("/lab/tree/")
                opener = build_opener(ProxyHandler({}))
                page = opener.open(address, timeout=60).read()
                query = token.partition("?")[2]
                file = f"{base}/api/contents/notebooks/00_start_here.ipynb?{query}"
                cells = json.load(opener.open(file, timeout=60))["content"]["cells"]
                if b"jupyter-config-data" not in page:
                    raise SystemExit("JupyterLab does not serve its page")
                outcome = self.check()
            finally:
                started.terminate()
        return f"served its page and a notebook of {len(cells)} cells; `{EXERCISE}` is {outcome}"

    def check(self) -> str:
        """Check an exercise at the cloud that runs; 1 says that it is not passed yet."""
        told = self.workshop("check", EXERCISE, "--json", allowed=(0, 1))
        outcome = str(json.loads(told)["exercises"][0]["outcome"])
        if outcome not in OUTCOMES:
            raise SystemExit(f"the check is broken: {told}")
        return outcome

    def workshop(self, *words: str, allowed: tuple[int, ...] = (0,)) -> str:
        """Run a command of the installed workshop."""
        return run([self.program, *words], folder=self.course, allowed=allowed)


def run(command: list[str], folder: Path | None = None, allowed: tuple[int, ...] = (0,)) -> str:
    """Run a program to its end and return what it prints on stdout."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode not in allowed:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done.stdout


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def is_cut_off() -> bool:
    """Return whether the operating system has no way to anywhere."""
    with socket.socket() as probe:
        probe.settimeout(2)
        try:
            probe.connect(NOBODY)
        except TimeoutError:
            return False
        except OSError:
            return True
    return False


def main(kit: str, folder: str, *more: str) -> None:
    """Take every step, and print what was seen."""
    if not more and not is_cut_off():
        raise SystemExit("the network is not cut off")
    trial = Trial(Path(kit), Path(folder))
    steps: list[dict[str, object]] = []
    ways: dict[str, Callable[[], str]] = {
        "install": trial.install,
        "doctor": trial.doctor,
        "demo": trial.demo,
        "JupyterLab": trial.lab,
    }
    for name, step in ways.items():
        begun = stopwatch()
        seen = step()
        steps.append({"step": name, "seconds": round(stopwatch() - begun, 1), "seen": seen})
    network = "not cut off; pip was told to use no index" if more else "cut off"
    print(json.dumps({"network": network, "steps": steps}))


if __name__ == "__main__":
    main(*sys.argv[1:])
