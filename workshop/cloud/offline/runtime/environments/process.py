"""The operating system's side of an execution environment: a process, its pipes, and its end."""

import contextlib
import functools
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from workshop.cloud.offline.processes import DETACHED
from workshop.cloud.offline.runtime.environments import bootstrap
from workshop.cloud.offline.runtime.environments.pipes import Answers, LogReader, send_frame

__all__ = ["BOOTSTRAP", "IS_WINDOWS", "EnvironmentProcess", "library_paths"]

IS_WINDOWS = sys.platform == "win32"
BOOTSTRAP = Path(bootstrap.__file__).resolve()
# What Lambda's Python runtime brings along, and what that needs.
LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
# A process that broke off its channel is usually about to end; its exit code says why.
EXIT_GRACE_SECONDS = 1.0


class EnvironmentProcess:
    """A running interpreter; it ends by itself when its owner is gone."""

    def __init__(
        self, variables: dict[str, str], *, folder: Path, name: str, launcher: tuple[str, ...] = ()
    ) -> None:
        self._process = subprocess.Popen(
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
        self._input = _opened(self._process.stdin)
        self.log = LogReader(_opened(self._process.stdout), name)
        self.answers = Answers(_opened(self._process.stderr), name)

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
        with contextlib.suppress(OSError):
            self._input.close()


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
