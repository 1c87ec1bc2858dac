"""Template processes as their owner has them: environments that start in milliseconds and share memory.

Only on Linux, and only for functions that a fork can stand for: one whose bundle brings a module that the
template has loaded already, such as its own boto3, starts in a fresh interpreter instead. There are two
templates, used in turn: texts hash differently in each, so that code which relies on `hash` fails here as it
does between environments of AWS.
"""

import contextlib
import json
import math
import os
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from workshop.clock import stopwatch
from workshop.cloud.offline.processes import DETACHED
from workshop.cloud.offline.runtime.environments import fork_template
from workshop.cloud.offline.runtime.environments.variables import machine_variables

__all__ = ["Fork", "Templates"]

IS_OFFERED = sys.platform == "linux"
TEMPLATES = 2
READY_SECONDS = 30.0
READ_BYTES = 1 << 16
# As long as environments wait for their next event.
IDLE_SECONDS = 300.0
# And what nobody has forked yet: thirty clouds would wait with 35 MB each.
UNFORKED_SECONDS = 60.0
# What a client reads while it is made, and the template's session has read already.
SESSION_NAMES = (
    "AWS_CONFIG_FILE",
    "AWS_DATA_PATH",
    "AWS_DEFAULTS_MODE",
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
)
# What the machine reads when a program starts, and never again.
LOADER_NAMES = ("LD_LIBRARY_PATH", "LD_PRELOAD")


class Fork:
    """A process that a template made, with what `subprocess.Popen` offers of its own children."""

    def __init__(self, status: int) -> None:
        self._status = os.fdopen(status, "rb", buffering=0)
        self._lock = threading.Lock()
        self.returncode: int | None = None
        self.is_released = False
        # The template ended, or could not fork.
        self.pid = int(self._line() or 0)

    def poll(self) -> int | None:
        """Return how the process ended, None while it runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait until the process has ended, and return how: negative for a signal.

        Raises:
            subprocess.TimeoutExpired: it has not, in so many seconds.
        """
        with self._lock:
            if self.returncode is None:
                waiting = select.poll()
                waiting.register(self._status, select.POLLIN)
                if not waiting.poll(None if timeout is None else timeout * 1000):
                    raise subprocess.TimeoutExpired("a fork", timeout or 0)
                # Without its template nobody knows; it is not asked any more either.
                self.returncode = int(self._line() or -signal.SIGKILL)
            return self.returncode

    def kill(self) -> None:
        """End the process, if it runs."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def release(self) -> None:
        """Give its process id back to the machine; after that the process cannot be asked for."""
        self._status.close()
        self.is_released = True

    def _line(self) -> bytes:
        line = b""
        while not line.endswith(b"\n"):
            read = self._status.read(1)
            if not read:
                return b""
            line += read
        return line.strip()


class Templates:
    """The templates of one cloud: started with the first fork, ended by `close`. Thread-safe.

    `home` returns an empty folder, in which a client finds nobody's settings.
    """

    def __init__(self, libraries: Iterable[str], home: Callable[[], Path]) -> None:
        self._libraries = tuple(libraries)
        self._home = home
        self._lock = threading.Lock()
        self._made: dict[int, _Template] = {}
        self._is_open = IS_OFFERED
        self._used_at = -math.inf

    def fork(
        self,
        variables: Mapping[str, str],
        *,
        folder: Path,
        modules: frozenset[str],
        turn: int,
        pipes: tuple[int, int, int],
    ) -> Fork | None:
        """Fork an environment, or return None where that is impossible or would not be the same.

        `modules` are the names that the function's code can import, besides the libraries; `pipes` become
        its standard input, output and error. Another `turn` gives another template.
        """
        if any(name in variables for name in SESSION_NAMES) or any(
            variables.get(name) != os.environ.get(name) for name in LOADER_NAMES
        ):
            return None
        with self._lock:
            if not self._is_open:
                return None
            chosen = self._template(turn % TEMPLATES)
            self._used_at = stopwatch()
        fork = chosen.fork(dict(variables), folder=folder, modules=modules, pipes=pipes)
        # Only now: two that start at the same time keep the first environment waiting.
        self.warm_up()
        return fork

    def prepare(self) -> None:
        """Start the first template, for a fork that is to come."""
        with self._lock:
            if self._is_open:
                self._template(0)
                self._used_at = max(self._used_at, stopwatch() - IDLE_SECONDS + UNFORKED_SECONDS)

    def warm_up(self) -> None:
        """Start the templates that do not run, so that no fork waits for one."""
        with self._lock:
            if self._is_open:
                for place in range(TEMPLATES):
                    self._template(place)

    def reap(self, idle_seconds: float = IDLE_SECONDS) -> None:
        """End the templates if nobody has forked them for long, and none of their forks is left.

        Only they can tell how a fork has ended.
        """
        with self._lock:
            has_forks = any(each.has_forks for each in self._made.values())
            if has_forks or stopwatch() - self._used_at < idle_seconds:
                return
            made, self._made = self._made, {}
        for each in made.values():
            each.close()

    def _template(self, place: int) -> "_Template":
        made = self._made.get(place)
        if made is None or not made.is_running:
            if made is not None:
                made.close()
            made = self._made[place] = _Template(self._libraries, self._home())
        return made

    def close(self) -> None:
        """End the templates; environments that were forked from them go on."""
        with self._lock:
            made, self._made, self._is_open = self._made, {}, False
        for each in made.values():
            each.close()


class _Template:
    def __init__(self, libraries: tuple[str, ...], home: Path) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket = ours
        self._lock = threading.Lock()
        self._loaded: frozenset[str] | None = None
        self._forks: list[Fork] = []
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-I",
                    "-S",
                    "-X",
                    "utf8",
                    str(Path(fork_template.__file__).resolve()),
                    *libraries,
                ],
                stdin=theirs.fileno(),
                # Pipes, as its forks will have: a stream knows for life whether it can be sought in.
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=machine_variables(os.environ, home=home, windows=False),
                cwd=home,
                **DETACHED,
            )

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def fork(
        self, variables: dict[str, str], *, folder: Path, modules: frozenset[str], pipes: tuple[int, int, int]
    ) -> Fork | None:
        request = json.dumps({"variables": variables, "folder": str(folder)}).encode()
        reading, writing = os.pipe()
        try:
            # One request at a time: the template tells them apart by their descriptors alone.
            with self._lock:
                if modules & self._names():
                    os.close(reading)
                    return None
                socket.send_fds(self._socket, [request], [*pipes, writing])
        except OSError:
            os.close(reading)
            return None
        finally:
            os.close(writing)
        fork = Fork(reading)
        if not fork.pid:
            fork.release()
            return None
        with self._lock:
            self._forks = [each for each in (*self._forks, fork) if not each.is_released]
        return fork

    @property
    def has_forks(self) -> bool:
        return not all(each.is_released for each in self._forks)

    def close(self) -> None:
        self._socket.close()
        self._process.communicate()

    def _names(self) -> frozenset[str]:
        """Return which modules the template has loaded; waits for it the first time.

        Raises:
            OSError: it did not start, or does not answer.
        """
        if self._loaded is None:
            self._socket.settimeout(READY_SECONDS)
            said = self._socket.recv(READ_BYTES)
            if not said:
                raise BrokenPipeError("the template has ended")
            self._loaded = frozenset(json.loads(said))
        return self._loaded
