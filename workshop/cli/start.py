"""`workshop start`: the offline cloud and JupyterLab, until Ctrl-C."""

import json
import os
import secrets
import signal
import subprocess
import sys
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Self
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import typer
from rich.console import Console

from workshop.cli.options import CloudOption, LabPortOption, PortOption, RegionOption, console
from workshop.clock import SystemClock, stopwatch
from workshop.cloud import background
from workshop.cloud.connection import connect
from workshop.course.progress import CourseProgress
from workshop.errors import ConfigurationError, WorkshopError
from workshop.kit.findings import Grade
from workshop.kit.preflight import check_port
from workshop.settings import DEFAULT_HOST, DEFAULT_PORT, cloud_kind, home_folder, project_root

__all__ = ["ipython_folder", "start"]

FIRST_NOTEBOOK = "00"
START_SECONDS = 90.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.2

# Files of `labconfig/`. The first leaves out the part of JupyterLab that asks PyPI for updates, and learners
# whether they want its news; the second one shows long lines of code as a whole, also in a narrow window.
LAB_CONFIGURATION = {
    "page_config.json": {"disabledExtensions": {"@jupyterlab/apputils-extension:announcements": True}},
    "default_setting_overrides.json": {
        "@jupyterlab/notebook-extension:tracker": {"codeCellConfig": {"lineNumbers": False, "lineWrap": True}}
    },
}
# What a kernel runs first. It imports nothing of the workshop before something goes wrong.
KERNEL_STARTUP = """
def _tell(running, *error, **more):
    from workshop.notebook.views.values import tell_error

    return tell_error(running, *error, **more)

get_ipython().set_custom_exc((Exception, KeyboardInterrupt), _tell)
del _tell
"""


def start(
    *,
    port: PortOption = DEFAULT_PORT,
    lab_port: LabPortOption = 8888,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Open no browser.")] = False,
    cloud: CloudOption = None,
    region: RegionOption = None,
) -> None:
    """Start JupyterLab on the notebooks, and the offline cloud unless you choose AWS; Ctrl-C ends it."""
    people = console()
    chosen = _aws(region, people) if cloud_kind(cloud) == "aws" else _cloud(port, region, people)
    root = project_root()
    if check_port("JupyterLab", lab_port, "--lab-port").grade is not Grade.GOOD:
        raise ConfigurationError(
            f"port {lab_port} is in use by another program, perhaps another JupyterLab; "
            "stop that program, or choose another port with `--lab-port N`"
        )
    with _ended_like_ctrl_c(), chosen as variables, _JupyterLab(root, lab_port, variables) as lab:
        lab.wait_until_ready()
        people.print(f"JupyterLab: {lab.url}", soft_wrap=True)
        people.print("Ctrl-C ends it.")
        if not no_browser:
            webbrowser.open(lab.url)
        try:
            lab.wait_until_ended()
        except KeyboardInterrupt:
            # A second Ctrl-C must not leave half of it behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            people.print("\nStopping.")


def _page_to_open(root: Path) -> str:
    """Return the notebook where the learner stopped, the first one before that."""
    stopped = CourseProgress(home_folder()).last_notebook or FIRST_NOTEBOOK
    pages = sorted((root / "notebooks").glob(f"{stopped}_*.ipynb"))
    return f"notebooks/{pages[0].name}" if pages else "notebooks"


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Treat SIGTERM and SIGHUP like Ctrl-C, so that clean-up runs."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    previous = {name: signal.signal(getattr(signal, name), interrupt) for name in names}
    try:
        yield
    finally:
        for name, handler in previous.items():
            signal.signal(getattr(signal, name), handler)


@contextmanager
def _cloud(port: int, region: str | None, people: Console) -> Iterator[dict[str, str]]:
    """Run the offline cloud in the background; leave it running only if it ran before.

    Yields:
        The variables that lead notebooks, and the terminal inside JupyterLab, to it.
    """
    before = background.status()
    status = before if before.is_running else background.start(port)
    people.print(f"Offline cloud: {status.url} (costs nothing)")
    for note in () if before.is_running else status.notes:
        people.print(f"Note: {note}.", soft_wrap=True)
    try:
        yield {"WORKSHOP_CLOUD": "offline", "AWS_ENDPOINT_URL": status.url or "", **_region_variable(region)}
    finally:
        if not before.is_running:
            background.stop()
        else:
            people.print("The offline cloud ran before and stays; stop it with `workshop cloud stop`.")


@contextmanager
def _aws(region: str | None, people: Console) -> Iterator[dict[str, str]]:
    """Make sure that AWS lets this person in; what they deploy there stays, so say how it ends.

    Yields:
        The variables that lead notebooks, and the terminal inside JupyterLab, to the same account.
    """
    people.print(connect("aws", region=region).badge, soft_wrap=True)
    try:
        yield {"WORKSHOP_CLOUD": "aws", **_region_variable(region)}
    finally:
        people.print(
            "What was deployed on AWS stays, and costs money: notebook 99 or `workshop destroy` deletes it.",
            soft_wrap=True,
        )


def _region_variable(region: str | None) -> dict[str, str]:
    return {"AWS_REGION": region} if region else {}


class _JupyterLab:
    """JupyterLab as a process of its own, which does not see this terminal's Ctrl-C."""

    def __init__(self, root: Path, port: int, variables: Mapping[str, str]) -> None:
        self._token = secrets.token_urlsafe(16)
        self._base = f"http://{DEFAULT_HOST}:{port}"
        self.url = f"{self._base}/lab/tree/{_page_to_open(root)}?token={self._token}"
        self._log = home_folder() / "jupyterlab.log"
        self._command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            f"--ServerApp.ip={DEFAULT_HOST}",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={root}",
            # In a container people are root; the server listens to this machine alone, and asks for a token.
            "--ServerApp.allow_root=True",
            # Nothing leaves this machine: no catalogue of extensions either.
            "--LabApp.extension_manager=readonly",
        ]
        # Notebooks and the terminal inside JupyterLab meet the same cloud and the same commands.
        self._environment = {
            **os.environ,
            **variables,
            "JUPYTER_TOKEN": self._token,
            "WORKSHOP_HOME": str(home_folder()),
            "JUPYTER_CONFIG_PATH": _first_in("JUPYTER_CONFIG_PATH", _lab_configuration()),
            "PATH": _first_in("PATH", Path(sys.executable).parent),
            "IPYTHONDIR": os.environ.get("IPYTHONDIR") or str(ipython_folder()),
        }

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # A session of its own on POSIX, a process group of its own on Windows.
                start_new_session=True,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def wait_until_ready(self) -> None:
        """Return when the server answers.

        Raises:
            WorkshopError: it ended, or did not answer in time.
        """
        clock, begun = SystemClock(), stopwatch()
        opener = build_opener(ProxyHandler({}))
        while stopwatch() - begun < START_SECONDS and self._process.poll() is None:
            try:
                opener.open(f"{self._base}/api?token={self._token}", timeout=5).close()
            except (URLError, OSError):
                clock.sleep(POLL_SECONDS)
            else:
                return
        raise WorkshopError(f"JupyterLab did not start; {self._last_words()}")

    def wait_until_ended(self) -> None:
        """Block until JupyterLab ends by itself.

        Raises:
            WorkshopError: it ended with an error.
        """
        if self._process.wait() != 0:
            raise WorkshopError(f"JupyterLab ended with an error; {self._last_words()}")

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return f"its log `{self._log}` ends with: {lines[-1] if lines else 'nothing'}"


def _first_in(variable: str, folder: Path) -> str:
    """Return a search path of the environment with a folder put before it."""
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get(variable)])])


def _lab_configuration() -> Path:
    """Write how the workshop sets JupyterLab up; what people chose themselves stays. Return the folder."""
    folder = home_folder() / "jupyter"
    (folder / "labconfig").mkdir(parents=True, exist_ok=True)
    for name, content in LAB_CONFIGURATION.items():
        (folder / "labconfig" / name).write_text(json.dumps(content), encoding="utf-8")
    return folder


def ipython_folder() -> Path:
    """Write how a kernel tells errors before a notebook's first cell has run; return IPython's folder."""
    folder = home_folder() / "jupyter" / "ipython"
    startup = folder / "profile_default" / "startup"
    startup.mkdir(parents=True, exist_ok=True)
    (startup / "workshop.py").write_text(KERNEL_STARTUP, encoding="utf-8")
    return folder
