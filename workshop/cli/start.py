"""`workshop start`: the offline cloud and JupyterLab, until Ctrl-C."""

import os
import secrets
import signal
import subprocess
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
from workshop.cloud.child_processes import end_child
from workshop.cloud.connection import connect
from workshop.errors import ConfigurationError, WorkshopError
from workshop.kit.findings import Grade
from workshop.kit.jupyter import jupyter_command
from workshop.kit.lab import lab_options, lab_variables, page_to_open
from workshop.kit.preflight import check_port
from workshop.settings import DEFAULT_HOST, DEFAULT_PORT, cloud_kind, home_folder, project_root

__all__ = ["ended_like_ctrl_c", "start"]

START_SECONDS = 90.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.2


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
    with ended_like_ctrl_c(), chosen as variables, _JupyterLab(root, lab_port, variables) as lab:
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


@contextmanager
def ended_like_ctrl_c() -> Iterator[None]:
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
        self.url = f"{self._base}/lab/tree/{page_to_open(root)}?token={self._token}"
        self._log = home_folder() / "jupyterlab.log"
        self._command = jupyter_command(
            "jupyterlab",
            "--no-browser",
            f"--ServerApp.ip={DEFAULT_HOST}",
            f"--ServerApp.port={port}",
            "--ServerApp.port_retries=0",
            *lab_options(root),
        )
        # Notebooks and the terminal inside JupyterLab meet the same cloud and the same commands.
        self._environment = {
            **os.environ,
            **variables,
            **lab_variables(),
            "JUPYTER_TOKEN": self._token,
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
        end_child(self._process, STOP_SECONDS)

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
