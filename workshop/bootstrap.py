"""Create or refresh the virtual environment in `.venv/`; needs nothing but Python and its `venv` module.

Runs on the machine's own Python, which may be too old for the rest of the workshop: this file therefore keeps
to syntax that every Python 3 understands, and imports the standard library only. It prints nothing when there
is nothing to do.

    python3 -I workshop/bootstrap.py [--kit FOLDER] [extra ...]    # a kit has packages: no network is needed
    python3 -I workshop/bootstrap.py doctor [--json]    # only look whether this machine is ready
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from typing import Dict, List, Optional

MINIMUM = (3, 11)
ROOT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, *(("Scripts", "python.exe") if os.name == "nt" else ("bin", "python")))
LOG = os.path.join(VENV, "install.log")
PIP_INSTALL = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]


def main(extras: List[str]) -> int:
    """Bring `.venv/` up to date with pyproject.toml and the wanted extras; return the exit code."""
    if sys.version_info < MINIMUM:
        return complain(
            "Python {}.{} is too old; the workshop needs {}.{} or newer. "
            "Install one and name it: make PYTHON=python3.12 ...".format(*sys.version_info[:2], *MINIMUM)
        )
    if extras[:1] == ["doctor"]:
        return look(extras[1:])
    kit = None
    if extras[:1] == ["--kit"]:
        kit, extras = extras[1], extras[2:]
    wanted = fingerprint()
    if is_in_its_place() and all(read(stamp(extra)) == wanted for extra in ["base", *extras]):
        return 0
    trouble = create_venv() or install(extras, kit)
    if trouble:
        return complain(trouble)
    compile_packages()
    for extra in ["base", *extras]:
        with open(stamp(extra), "w") as file:
            file.write(wanted)
    print("The environment in .venv/ is ready.")
    return 0


def look(arguments: List[str]) -> int:
    """Say whether this machine is ready; the checks are those of `workshop doctor`."""
    if os.environ.get("WORKSHOP_HOME"):
        os.environ["WORKSHOP_HOME"] = os.path.abspath(os.environ["WORKSHOP_HOME"])
    os.chdir(ROOT)
    sys.path.insert(0, ROOT)
    sys.dont_write_bytecode = True  # a kit may lie on something that cannot be written to
    from workshop.kit.bare_doctor import main as examine  # noqa: PLC0415 - needs a Python that is new enough

    return examine(arguments)


def fingerprint() -> str:
    """Return what the installed environment depends on: the project's requirements and this Python."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return f"{digest} {sys.version.split()[0]}"


def stamp(extra: str) -> str:
    """Return the path of the file that says for which requirements an extra was installed."""
    return os.path.join(VENV, ".installed-" + extra)


def read(path: str, encoding: Optional[str] = None) -> Optional[str]:
    """Return a file's text, or None where there is none."""
    if not os.path.exists(path):
        return None
    with open(path, encoding=encoding) as file:
        return file.read()


def create_venv() -> Optional[str]:
    """Create `.venv/` unless a working one of this Python is there; return what went wrong, if anything."""
    try:
        import ensurepip  # noqa: F401, PLC0415 - Debian ships venv without it
        import venv  # noqa: PLC0415 - its absence is what this looks for
    except ImportError:
        return (
            "this Python has no `venv` module; on Debian or Ubuntu: "
            "sudo apt install python{}.{}-venv, then run the command again".format(*sys.version_info[:2])
        )
    if is_in_its_place() and version_of(PYTHON) == list(sys.version_info[:2]):
        return None
    shutil.rmtree(VENV, ignore_errors=True)
    venv.create(VENV, with_pip=True)
    return None


def is_in_its_place() -> bool:
    """Return whether `.venv/` was made where it lies; its programs name their folder, and break elsewhere."""
    made = read(os.path.join(VENV, "pyvenv.cfg"), "utf-8") or ""
    return os.path.exists(PYTHON) and ("command = " not in made or VENV in made)


def version_of(python: str) -> Optional[List[int]]:
    """Return [major, minor] of an interpreter, or None where it does not run."""
    question = "import sys; print(*sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [python, "-c", question], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
    except OSError:
        return None
    return [int(word) for word in answer.stdout.split()] or None


def install(extras: List[str], kit: Optional[str]) -> Optional[str]:
    """Install the project and its extras, showing what is being fetched; return what went wrong."""
    print("Setting up .venv/ (only the first time takes minutes) ...", flush=True)
    if kit is None:
        project = ["-e", "." + (f"[{','.join(extras)}]" if extras else "")]
        return None if is_installed_by_uv(project) else run_pip(project, dict(os.environ))
    sys.path.insert(0, ROOT)
    from workshop.kit.installation import INSTALLED_LOCK, kit_folders  # noqa: PLC0415 - see above

    lock, wheels = kit_folders(kit)
    # What is set for pip on this machine, such as an index, is not for a kit.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environment["PIP_CONFIG_FILE"] = os.devnull
    offline = ["--no-index", "--find-links", wheels, "--no-deps"]
    trouble = run_pip([*offline, "--require-hashes", "--requirement", lock], environment) or run_pip(
        [*offline, "--no-build-isolation", "-e", "."], environment
    )
    if trouble is None:
        shutil.copy(lock, os.path.join(VENV, INSTALLED_LOCK))
    return trouble


def is_installed_by_uv(words: List[str]) -> bool:
    """Install with uv, which takes a third of pip's time; return False where that is left to pip."""
    settings = subprocess.run(
        [PYTHON, "-m", "pip", "config", "list"], stdout=subprocess.PIPE, universal_newlines=True, check=False
    ).stdout
    # An index of one's own, as companies have it, is known to pip alone.
    if re.search(r"\.(index-url|no-index)=", settings):
        return False
    commands = (
        [*PIP_INSTALL, "--quiet", "uv"],
        [PYTHON, "-m", "uv", "pip", "install", "--python", PYTHON, *words],
    )
    return all(run(command, dict(os.environ)) == 0 for command in commands)


def run_pip(words: List[str], environment: Dict[str, str]) -> Optional[str]:
    """Run `pip install`; return what went wrong, if anything."""
    if run([*PIP_INSTALL, "--no-compile", *words], environment) == 0:
        return None
    text = read(LOG) or ""
    if "--no-index" not in words and re.search(
        r"No matching distribution|Could not fetch|NewConnectionError|Temporary failure in name", text
    ):
        return (
            "pip could not reach its package index; connect to the network once, then run again (log: %s)"
            % LOG
        )
    return f"pip failed; the last lines of {LOG}:\n" + "".join(text.splitlines(keepends=True)[-8:])


def run(command: List[str], environment: Dict[str, str]) -> int:
    """Run an installer, keeping what it says in the log and showing its steps; return its exit code."""
    started = time.monotonic()
    with open(LOG, "a") as file:
        installer = subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            universal_newlines=True,
        )
        for line in installer.stdout or ():
            file.write(line)
            show_progress(line, time.monotonic() - started)
    if sys.stdout.isatty():
        print("\r" + " " * 78, end="\r")
    return installer.wait()


def compile_packages() -> None:
    """Compile what was installed on all cores, since pip takes one; what cannot be compiled stays so."""
    program = (
        "import compileall, sysconfig; "
        "compileall.compile_dir(sysconfig.get_path('purelib'), quiet=2, workers=0)"
    )
    subprocess.run([PYTHON, "-c", program], check=False)


def show_progress(line: str, seconds: float) -> None:
    """Show an installer's step: in place on a terminal, as a line of its own elsewhere for the long ones."""
    step = re.match(r"\s*(Collecting|Downloading|Building|Installing|Resolved|Prepared)\s+([\w.\-]+)", line)
    if not step:
        return
    if sys.stdout.isatty():
        print(f"\r  {seconds:3.0f} s  {' '.join(step.groups()):<60}", end="", flush=True)
    elif step.group(1) in {"Installing", "Resolved", "Prepared"}:
        print(f"  {seconds:.0f} s: {step.group(1).lower()}", flush=True)


def complain(message: str) -> int:
    """Print one clear line and return the exit code for wrong configuration."""
    print("Error: " + message, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
