"""`workshop hub`: one server on which a whole class works, each learner at a seat of their own."""

import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

import typer
from rich.console import Console

from workshop.classroom.board.serving import EVERYWHERE, addresses_of
from workshop.classroom.hub.course import prepare_course
from workshop.classroom.hub.disk import LEAST_FREE_BYTES, disk_warning, is_disk_full, is_disk_low
from workshop.classroom.hub.leftovers import end_leftovers
from workshop.classroom.hub.plan import INSTRUCTOR, PASSWORDS, PLAN_VARIABLE, HubPlan
from workshop.classroom.invitation import CODE_ALPHABET, checked_code
from workshop.cli.classroom.alone import only_one
from workshop.cli.options import HIGHEST_PORT, console
from workshop.cli.start import ended_like_ctrl_c
from workshop.clock import SystemClock, stopwatch
from workshop.cloud.child_processes import end_child
from workshop.errors import ConfigurationError, WorkshopError
from workshop.grading.sandbox.availability import find_containment
from workshop.kit.jupyter import jupyter_command
from workshop.settings import DEFAULT_HOST, home_folder, project_root

__all__ = ["hub"]

PROXY = "configurable-http-proxy"
# The proxy that JupyterHub is made for; its major version is what was tried.
PROXY_PACKAGE = f"{PROXY}@5"
START_SECONDS = 60.0
STOP_SECONDS = 60.0
POLL_SECONDS = 0.2
DISK_SECONDS = 60.0
TAIL_LINES = 15
ONE_ADDRESS = (
    "From one address come ten new names, then one every 20 seconds: if a router or proxy makes one address "
    "of your class, start the hub with `--behind-proxy`."
)


def hub(  # noqa: PLR0913 - each argument is an option of the command
    *,
    port: Annotated[int, typer.Option(help="Port of the hub.", min=1, max=HIGHEST_PORT)] = 8000,
    lan: Annotated[bool, typer.Option("--lan", help="Let other machines of this network in.")] = False,
    data: Annotated[
        Path | None, typer.Option(help="Folder that holds everything of this class.", metavar="DIR")
    ] = None,
    code: Annotated[str | None, typer.Option(help="Code of the class; else one is made.")] = None,
    seats: Annotated[int, typer.Option(help="Learners at most.", min=1, max=500)] = 40,
    memory_mb: Annotated[
        int, typer.Option(help="Memory of a seat, and address space of a process there, in MB.", min=1024)
    ] = 3072,
    processes: Annotated[int, typer.Option(help="Processes and threads of a seat.", min=100)] = 400,
    processors: Annotated[int, typer.Option(help="Processors that a seat uses at once.", min=1)] = 2,
    idle_minutes: Annotated[int, typer.Option(help="A seat ends after so long without use.", min=1)] = 90,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy or router makes one address of all learners.")
    ] = False,
    new_password: Annotated[
        str | None,
        typer.Option(help="Let a learner choose a password anew, with the code, and end.", metavar="NAME"),
    ] = None,
) -> None:
    """Serve the course to a class from this machine with JupyterHub, until Ctrl-C."""
    _refuse_if_impossible()
    folder = _folder(data)
    if new_password:
        _let_choose(folder, new_password)
        return
    limits = {
        "seats": seats,
        "memory_mb": memory_mb,
        "processes": processes,
        "processors": processors,
        "idle_minutes": idle_minutes,
        "is_behind_proxy": behind_proxy,
    }
    with only_one(folder, "hub"):
        end_leftovers(folder)
        _begin(folder, (EVERYWHERE if lan else DEFAULT_HOST, port), code, limits)


def _begin(folder: Path, place: tuple[str, int], code: str | None, limits: dict[str, Any]) -> None:
    """Run the hub of a folder, with what it was told last time."""
    people, (host, port) = console(), place
    _refuse_if_taken(host, port)
    if is_disk_full(folder):
        raise ConfigurationError(
            f"the disk of `{folder}` is full, so nobody could be let in; make room there, "
            f"{LEAST_FREE_BYTES:,} bytes at least, and start the hub again"
        )
    before = _before(folder)
    plan = HubPlan(
        folder=str(folder),
        host=host,
        port=port,
        code=_code(code, before),
        instructor_password=before.get("instructor_password") or secrets.token_urlsafe(12),
        proxy=_proxy(folder, people),
        **limits,
    )
    _serve(plan, people)


def _serve(plan: HubPlan, people: Console) -> None:
    prepare_course(project_root(), plan.course)
    plan.seats_folder.mkdir(exist_ok=True)
    with ended_like_ctrl_c(), _running(plan, people) as process:
        _announce(plan, people)
        try:
            if _wait_for_end(plan, people, process) != 0:
                raise WorkshopError(f"the hub ended by itself; {_last_words(plan)}")
        except KeyboardInterrupt:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            people.print("\nStopping the hub and all seats; what learners did stays in their folders.")


def _wait_for_end(plan: HubPlan, people: Console, process: subprocess.Popen[bytes]) -> int:
    """Return the hub's exit code once it has ended; until then say when the disk fills, and who fills it."""
    was_told = False
    while True:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(DISK_SECONDS)
        is_low = is_disk_low(plan.seats_folder)
        if is_low and not was_told:
            people.print(disk_warning(plan.seats_folder), soft_wrap=True)
        was_told = is_low


def _folder(chosen: Path | None) -> Path:
    folder = (chosen or home_folder() / "hub").expanduser().absolute()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o711)  # learners pass through it to their own folders
    return folder


def _let_choose(folder: Path, name: str) -> None:
    """Forget a learner's password; a hub that runs knows it at once, and the folder stays."""
    from workshop.classroom.hub.door import Keys  # noqa: PLC0415 - JupyterHub takes a second

    name, keys = name.strip().lower(), Keys(folder / PASSWORDS)
    if name not in keys:
        raise ConfigurationError(f"nobody called `{name}` has a password in `{folder}`; look at `--data`")
    keys.forget(name)
    console().print(f"{name} chooses a password anew with the class's code, and finds everything as it was.")


def _refuse_if_impossible() -> None:
    if sys.platform == "win32":
        raise ConfigurationError(
            "JupyterHub does not run on Windows; use Linux, macOS or WSL, or make a kit for each learner "
            "with `workshop bundle`"
        )
    if importlib.util.find_spec("jupyterhub") is None:
        raise ConfigurationError(
            "JupyterHub is not installed; run `python3 -I workshop/bootstrap.py class` in the checkout"
        )


def _refuse_if_taken(host: str, port: int) -> None:
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise ConfigurationError(
            f"nothing can listen on port {port} ({error.strerror}); choose another one with `--port N`"
        ) from error


def _before(folder: Path) -> dict[str, str]:
    """Return what a hub of this folder was told last time: links and passwords stay the same."""
    try:
        before: dict[str, str] = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return before


def _code(chosen: str | None, before: dict[str, str]) -> str:
    try:
        if chosen:
            return checked_code(chosen)
    except ValueError as error:
        raise ConfigurationError(f"`--code {chosen}`: {error}") from error
    return before.get("code") or checked_code("".join(secrets.choice(CODE_ALPHABET) for _ in range(6)))


def _proxy(folder: Path, people: Console) -> str:
    """Return the path of JupyterHub's proxy; npm loads it into the hub's folder if it is not installed."""
    own = folder / "node_modules" / ".bin" / PROXY
    found = shutil.which(PROXY) or (str(own) if own.exists() else None)
    if found and shutil.which("node"):
        return found
    npm = shutil.which("npm")
    if npm is None:
        raise ConfigurationError(
            f"JupyterHub needs its proxy `{PROXY}`, which needs Node.js; install `npm` and run this again "
            "while there is a network"
        )
    people.print(f"npm loads {PROXY_PACKAGE} into {folder} …", soft_wrap=True)
    done = subprocess.run(
        [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), PROXY_PACKAGE],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise WorkshopError(
            f"npm could not load `{PROXY_PACKAGE}`: {(done.stderr or done.stdout).strip()[-400:]}"
        )
    return str(own)


@contextmanager
def _running(plan: HubPlan, people: Console) -> Iterator[subprocess.Popen[bytes]]:
    """Run JupyterHub; yield its process when it answers, and end it with all seats."""
    configuration = Path(__file__).resolve().parents[2] / "classroom" / "hub" / "configuration.py"
    command = jupyter_command("jupyterhub", "-f", str(configuration))
    people.print("The hub starts …")
    with (Path(plan.folder) / "hub.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=plan.folder,
            env={**os.environ, PLAN_VARIABLE: str(plan.write())},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
    try:
        _wait_until_ready(plan, process)
        yield process
    finally:
        end_child(process, STOP_SECONDS)


def _wait_until_ready(plan: HubPlan, process: subprocess.Popen[bytes]) -> None:
    clock, begun = SystemClock(), stopwatch()
    opener = build_opener(ProxyHandler({}))
    while stopwatch() - begun < START_SECONDS and process.poll() is None:
        try:
            opener.open(f"{plan.url}/hub/health", timeout=5).close()
        except (HTTPError, URLError, OSError):
            clock.sleep(POLL_SECONDS)
        else:
            return
    raise WorkshopError(f"the hub did not start; {_last_words(plan)}")


def _last_words(plan: HubPlan) -> str:
    log = Path(plan.folder) / "hub.log"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return f"its log `{log}` ends with:\n" + "\n".join(lines[-TAIL_LINES:])


def _announce(plan: HubPlan, people: Console) -> None:
    for address in addresses_of(plan.host, plan.port):
        people.print(f"Learners open {address} with the code [bold]{plan.code}[/bold].")
    if plan.host == EVERYWHERE:
        people.print("Everybody in this network can open it, and the connection is not encrypted.")
        if not plan.is_behind_proxy:
            people.print(ONE_ADDRESS, soft_wrap=True)
    else:
        people.print("Only this machine can open it; `--lan` lets the class in.")
    # No full stop, which would be taken for a part of the password.
    password = f"[bold]{plan.instructor_password}[/bold]"
    people.print(f"You sign in as [bold]{INSTRUCTOR}[/bold] with the password {password}")
    people.print(f"Everything of this class is in {plan.folder}.", soft_wrap=True)
    if find_containment().bwrap is None:
        people.print(
            "Learners' programs run as you here and can read each other's files, and yours; with "
            "`bubblewrap`, on Linux, they see none of them.",
            soft_wrap=True,
        )
    people.print("Ctrl-C ends it.")
