"""`workshop start`: the offline cloud and JupyterLab together."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from urllib.request import urlopen

import pytest

from tests.ports import free_port
from workshop.course.progress import CourseProgress
from workshop.settings import DEFAULT_HOST

DEADLINE_SECONDS = 120
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals of Windows differ")


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((DEFAULT_HOST, port)) == 0


class Started:
    """A running `workshop start`, and what it has printed."""

    def __init__(self, tmp_path, *options: str, environment: dict[str, str] | None = None) -> None:
        self.port, self.lab_port = free_port(), free_port()
        foreign = ("AWS_", "WORKSHOP_", "JUPYTER")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.environment = (environment or kept) | {"WORKSHOP_HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"}
        ports = ("--port", str(self.port), "--lab-port", str(self.lab_port))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workshop", "start", *ports, *options],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.lines: list[str] = []
        self._reading = threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True)
        self._reading.start()

    @property
    def said(self) -> str:
        """Everything printed so far."""
        return "".join(self.lines)

    def end(self, how: int) -> int:
        """Send a signal, wait, and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(DEADLINE_SECONDS)
        self._reading.join(DEADLINE_SECONDS)
        self.process.stdout.close()
        return code


@posix_only
def test_start_serves_cloud_and_notebooks_and_ctrl_c_stops_both(tmp_path, eventually) -> None:
    """Both answer, the printed address opens the first notebook, and after Ctrl-C neither port is open."""
    started = Started(tmp_path, "--no-browser")
    try:
        assert eventually(lambda: "Ctrl-C" in started.said), started.said
        address = re.search(r"http\S+token=\S+", started.said)[0]

        for url in (address, f"http://{DEFAULT_HOST}:{started.port}/_workshop/health"):
            with urlopen(url) as answer:  # noqa: S310 - our own servers
                assert answer.status == 200
        assert "00_start_here" in address
    finally:
        code = started.end(signal.SIGINT)

    assert code == 0
    assert not is_open(started.port)
    assert not is_open(started.lab_port)


@posix_only
def test_a_request_to_end_stops_both_as_well(tmp_path, eventually) -> None:
    """SIGTERM, and closing the terminal, leave nothing behind either."""
    CourseProgress(tmp_path).begin_notebook("03")
    started = Started(tmp_path, "--no-browser")
    try:
        assert eventually(lambda: "Ctrl-C" in started.said), started.said
        assert "/notebooks/03_state.ipynb" in started.said  # where the learner stopped
    finally:
        started.end(signal.SIGTERM)

    assert not is_open(started.port)
    assert not is_open(started.lab_port)


def test_a_taken_port_is_named_before_anything_starts(lonely_workshop) -> None:
    """If JupyterLab's port is taken nothing is started, and the option that avoids it is named."""
    with socket.create_server((DEFAULT_HOST, 0)) as listener:
        port = listener.getsockname()[1]

        done = lonely_workshop.run("start", "--lab-port", str(port), "--port", str(free_port()))

    assert done.returncode == 2
    assert "--lab-port" in done.stderr
    assert done.stdout == ""
