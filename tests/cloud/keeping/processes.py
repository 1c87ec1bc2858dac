"""An offline cloud in a process of its own that keeps its state, to be killed and started again."""

import os
import socket
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.cloud.waiting import wait_until
from workshop.cloud.connection import Cloud, connect
from workshop.cloud.offline_control import OfflineControl
from workshop.errors import ConfigurationError

__all__ = ["KeptProcess"]

START_SECONDS = 60


class KeptProcess:
    """A cloud at one address with one home, whoever runs it at the moment."""

    def __init__(self, home: Path) -> None:
        home.mkdir(exist_ok=True)
        self._home = home
        with socket.create_server(("127.0.0.1", 0)) as server:
            self._port = server.getsockname()[1]
        self._control = OfflineControl(f"http://127.0.0.1:{self._port}")
        self._process = self._started()
        self.cloud: Cloud = connect("offline", endpoint=self._control.endpoint)

    def kill(self) -> None:
        """Kill the process, without a word, and start another one."""
        self._process.kill()
        self._process.wait()
        self._process = self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        with (self._home / "output.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "workshop.cloud.offline", "--port", str(self._port)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "WORKSHOP_HOME": str(self._home)},
            )
        assert wait_until(self._is_healthy, START_SECONDS), self.log
        return process

    def _is_healthy(self) -> bool:
        try:
            return bool(self._control.health(1.0))
        except ConfigurationError:
            return False

    @property
    def log(self) -> str:
        """Everything that the processes have logged."""
        return (self._home / "output.log").read_text(encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(30)
