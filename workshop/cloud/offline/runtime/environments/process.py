"""The operating system's side of an execution environment: a process, its pipes, and its end."""

import contextlib
import functools
import importlib.util
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, Self

from workshop.cloud.offline.processes import DETACHED
from workshop.cloud.offline.runtime.environments import bootstrap
from workshop.cloud.offline.runtime.environments.fork_templates import Fork, Templates
from workshop.cloud.offline.runtime.environments.pipes import Answers, LogReader, send_frame

__all__ = ["BOOTSTRAP", "IS_WINDOWS", "EnvironmentProcess", "library_paths"]

IS_WINDOWS = sys.platform == "win32"
BOOTSTRAP = Path(bootstrap.__file__).resolve()
# What Lambda's Python runtime brings along, and what that needs.
LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
# A process that broke off its channel is usually about to end; its exit code says why.
EXIT_GRACE_SECONDS = 1.0


Pipes = tuple[IO[bytes], IO[bytes], IO[bytes]]


class EnvironmentProcess:
    """A running interpreter; it ends by itself when its owner is gone."""

    def __init__(self, process: subprocess.Popen[bytes] | Fork, pipes: Pipes, name: str) -> None:
        self._process = process
        self._input, log, answers = pipes
        self._ending = threading.Lock()
        self._has_ended = False
        self.log = LogReader(log, name)
        self.answers = Answers(answers, name)

    @classmethod
    def start(
        cls, variables: dict[str, str], *, folder: Path, name: str, launcher: tuple[str, ...] = ()
    ) -> Self:
        """Start a fresh interpreter; `launcher` is a command that ends by becoming the one behind it."""
        process = subprocess.Popen(
            # Isolated from the user's Python settings, without `site` and the packages that it would
            # activate: what a handler can import is decided here.
            [*launcher, sys.executable, "-I", "-S", "-X", "utf8", str(BOOTSTRAP)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=variables,
            cwd=folder,
            # Ctrl-C in the terminal of the offline cloud is not meant for the functions.
            **DETACHED,
        )
        pipes = _opened(process.stdin), _opened(process.stdout), _opened(process.stderr)
        return cls(process, pipes, name)

    @classmethod
    def fork(
        cls,
        templates: Templates,
        variables: dict[str, str],
        *,
        folder: Path,
        modules: frozenset[str],
        turn: int,
        name: str,
    ) -> Self | None:
        """Fork a template; return None where there is none that would be the same as a fresh interpreter."""
        (source, given), (log, printed), (answers, answered) = os.pipe(), os.pipe(), os.pipe()
        ours, theirs = (given, log, answers), (source, printed, answered)
        try:
            process = templates.fork(variables, folder=folder, modules=modules, turn=turn, pipes=theirs)
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        if process is None:
            for descriptor in ours:
                os.close(descriptor)
            return None
        return cls(process, (os.fdopen(given, "wb"), os.fdopen(log, "rb"), os.fdopen(answers, "rb")), name)

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Hand over one frame.

        Raises:
            BrokenChannelError: the process has ended.
        """
        send_frame(self._input, header, body)

    def exit_code(self) -> int | None:
        """Return how the process ended, or None if it does not end soon."""
        try:
            return self._process.wait(EXIT_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """End the process and every process of its group; returns when it has ended."""
        with self._ending:
            # A process id that was given back may be somebody else's by now.
            if self._has_ended:
                return
            self._end()
            self._has_ended = True
        with contextlib.suppress(OSError):
            self._input.close()

    def _end(self) -> None:
        if IS_WINDOWS:
            # Windows has no process groups in this sense; /T walks the tree of children instead.
            command = ["taskkill", "/F", "/T", "/PID", str(self._process.pid)]
            subprocess.run(command, capture_output=True, check=False)
        else:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        # If the group was not to be found, or `taskkill` failed, at least this process ends.
        self._process.kill()
        self._process.wait()
        if isinstance(self._process, Fork):
            self._process.release()


@functools.cache
def library_paths() -> tuple[str, ...]:
    """Return the folders from which a handler can import boto3."""
    specs = [spec for name in LIBRARIES if (spec := importlib.util.find_spec(name)) and spec.origin]
    folders = [
        Path(spec.origin).parent.parent if spec.submodule_search_locations else Path(spec.origin).parent
        for spec in specs
        if spec.origin
    ]
    return tuple(dict.fromkeys(str(folder) for folder in folders))


def _opened(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise RuntimeError("a pipe that was asked for is missing")
    return pipe
