"""The offline cloud as commands see it: run it here, start and stop it in the background, ask how it is.

One background cloud per `WORKSHOP_HOME`, found by its pid file. Starting is idempotent.
"""

import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workshop import settings
from workshop.clock import SystemClock, stopwatch
from workshop.cloud.offline.http.listener import endpoint, is_free
from workshop.cloud.offline.keeping.store import companions
from workshop.cloud.offline.pid_file import PidFile, kept_path, log_path, pid_path
from workshop.cloud.offline.processes import DETACHED, end, is_alive
from workshop.cloud.offline.serving import configure_logging, serve
from workshop.cloud.offline_control import OfflineControl
from workshop.cloud.one_at_a_time import one_at_a_time
from workshop.errors import CloudStartError, ConfigurationError, PortInUseError
from workshop.settings import DEFAULT_HOST, DEFAULT_PORT, home_folder

__all__ = [
    "CRASHED",
    "STOPPED",
    "CloudStatus",
    "forget",
    "kept_bytes",
    "kept_path",
    "log_path",
    "pid_path",
    "read_logs",
    "run",
    "start",
    "status",
    "stop",
]

START_SECONDS = 60.0
STOP_SECONDS = 10.0
HEALTH_SECONDS = 2.0
POLL_SECONDS = 0.05
TAIL_LINES = 15

RUNNING = "running"
STOPPED = "stopped"
CRASHED = "crashed"
SILENT = "not answering"
BROKEN = "broken"
WHY_ENDED = {SILENT: "did not answer", BROKEN: "could not be loaded completely"}


@dataclass(frozen=True)
class CloudStatus:
    """How the background cloud is: `running`, `stopped`, `crashed`, `not answering` or `broken`."""

    state: str
    url: str | None = None
    pid: int | None = None
    version: str | None = None
    started: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        """Whether it answers."""
        return self.state == RUNNING

    def as_document(self) -> dict[str, Any]:
        """Return it for `--json`."""
        return {
            "state": self.state,
            "url": self.url,
            "pid": self.pid,
            "version": self.version,
            "started": self.started,
            "pid_file": str(pid_path()),
            "log_file": str(log_path()),
            "kept_file": str(kept_path()),
            "kept_bytes": kept_bytes(),
            "notes": list(self.notes),
        }


def status() -> CloudStatus:
    """Return how the background cloud of this home is."""
    known = PidFile.read()
    if known is None:
        return CloudStatus(STOPPED)
    health = _health(known.url)
    if health is not None and health["pid"] == known.pid:
        problem = health.get("problem")
        return CloudStatus(
            BROKEN if problem else RUNNING,
            known.url,
            known.pid,
            version=health["version"],
            started=health["started"],
            notes=(*health.get("notes", ()), *([problem] if problem else [])),
        )
    state = SILENT if PidFile.is_held() else CRASHED
    return CloudStatus(state, known.url, known.pid)


def run(
    host: str,
    port: int,
    *,
    ephemeral: bool = False,
    verbose: bool = False,
    stream_memory_mb: int | None = None,
    announce: Callable[[str, Path | None], None] | None = None,
) -> None:
    """Run the cloud in this process until it is stopped; see `workshop.cloud.offline.serving.serve`.

    Raises:
        PortInUseError: the port is taken, by another program or by another offline cloud.
        ConfigurationError: nobody can keep to `stream_memory_mb`, or to the variable in its place.
    """
    _refuse_if_taken(host, port)
    configure_logging(verbose=verbose)
    try:
        serve(host, port, ephemeral=ephemeral, announce=announce, stream_memory_mb=stream_memory_mb)
    except PortInUseError:
        _refuse_if_taken(host, port)  # naming whoever was faster
        raise


def start(
    port: int | None = None,
    *,
    host: str = DEFAULT_HOST,
    verbose: bool = False,
    stream_memory_mb: int | None = None,
) -> CloudStatus:
    """Start the background cloud unless it runs, and return when it answers.

    Raises:
        ConfigurationError: it runs already, but on another port than the one asked for; or nobody can keep to
            `stream_memory_mb`, or to the variable in its place.
        PortInUseError: the port is taken, by another program or by another offline cloud.
        ListenError: the machine lets nobody listen there.
        CloudStartError: it was started and did not become healthy.
    """
    limit = settings.stream_memory_mb(stream_memory_mb)
    more = ["--stream-memory-mb", str(limit), *(["--verbose"] if verbose else [])]
    # Whoever starts one at the same moment finds it running.
    with one_at_a_time(home_folder() / "start.lock", occupied="The offline cloud is just being started"):
        return _start(port, host=host, more=more)


def _start(port: int | None, *, host: str, more: list[str]) -> CloudStatus:
    before = status()
    if before.is_running:
        return _already(before, port)
    notes = _clear_away(before)
    wanted = DEFAULT_PORT if port is None else port
    if notes:
        # A cloud that was just ended gives its port back a moment later.
        _wait(lambda: wanted == 0 or is_free(host, wanted), STOP_SECONDS)
    _refuse_if_taken(host, wanted)
    command = [sys.executable, "-Pm", "workshop.cloud.offline", "--host", host, "--port", str(wanted)]
    path = log_path()
    if path.exists():
        path.replace(path.with_suffix(".previous.log"))
    with path.open("wb") as log:
        child = subprocess.Popen(
            [*command, *more],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            **DETACHED,
        )
    _wait(lambda: child.poll() is not None or status().state in {RUNNING, BROKEN}, START_SECONDS)
    if child.poll() is not None or not (now := status()).is_running:
        end(child.pid, forcibly=True)
        _refuse_if_taken(host, wanted)  # by whoever was faster
        raise CloudStartError(
            f"the offline cloud did not start on port {wanted}; its log `{path}` ends with:\n{_tail(path)}"
        )
    child.returncode = 0  # it outlives this process on purpose, which Popen would warn about
    return replace(now, notes=(*notes, *now.notes))


def stop() -> CloudStatus:
    """Stop the background cloud, forcibly if it does not listen; a cloud that does not run is no error."""
    before = status()
    if before.state == STOPPED or before.pid is None or before.url is None:
        return before
    notes = _clear_away(before) if before.state == CRASHED else _end(before)
    PidFile.remove()
    return CloudStatus(STOPPED, before.url, before.pid, notes=notes)


def kept_bytes() -> int:
    """Return the size of what a cloud of this home keeps, 0 if there is nothing."""
    return sum(path.stat().st_size for path in companions(kept_path()) if path.exists())


def forget() -> None:
    """Delete what a cloud of this home has kept; none runs."""
    for path in companions(kept_path()):
        path.unlink(missing_ok=True)


def read_logs(lines: int | None = None) -> str:
    """Return the last lines of the background cloud's log, or all of it; empty if there is none."""
    try:
        text = log_path().read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return text if lines is None else "".join(deque(text.splitlines(keepends=True), maxlen=lines))


def _health(url: str) -> dict[str, Any] | None:
    try:
        return OfflineControl(url).health(HEALTH_SECONDS)
    except ConfigurationError:
        return None


def _already(running: CloudStatus, port: int | None) -> CloudStatus:
    if port is not None and port and running.url is not None and not running.url.endswith(f":{port}"):
        raise ConfigurationError(
            f"the offline cloud already runs at `{running.url}`; "
            f"stop it with `workshop cloud stop` before you start one on port {port}"
        )
    return replace(running, notes=("it was running already", *running.notes))


def _clear_away(left: CloudStatus) -> tuple[str, ...]:
    """Remove what a crashed cloud has left, or one that serves nobody, and say so."""
    if left.pid is None:
        return ()
    if left.state in WHY_ENDED:
        end(left.pid, forcibly=True)
        _wait(lambda: not is_alive(left.pid or 0), STOP_SECONDS)
        note = f"process {left.pid} of an offline cloud {WHY_ENDED[left.state]} and was ended"
    else:
        note = f"the offline cloud before, process {left.pid}, had ended without being stopped"
    PidFile.remove()
    return (note,)


def _refuse_if_taken(host: str, port: int) -> None:
    if port == 0 or is_free(host, port):
        return
    health = _health(endpoint(host, port))
    if health is None:
        raise PortInUseError(host, port)
    raise PortInUseError(host, port, occupant=f"another offline cloud (process {health['pid']})")


def _end(running: CloudStatus) -> tuple[str, ...]:
    pid, url = running.pid or 0, running.url or ""
    try:
        OfflineControl(url).shutdown()
    except ConfigurationError:
        end(pid)
    if _wait(lambda: not is_alive(pid), STOP_SECONDS):
        return ()
    end(pid, forcibly=True)
    _wait(lambda: not is_alive(pid), STOP_SECONDS)
    return (f"process {pid} did not stop by itself and was ended",)


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    clock, begun = SystemClock(), stopwatch()
    while not done():
        if stopwatch() - begun > seconds:
            return False
        clock.sleep(POLL_SECONDS)
    return True


def _tail(path: Path) -> str:
    return read_logs(TAIL_LINES).rstrip() if path.exists() else "(nothing)"
