"""What tests of the commands share: a cloud with both pipelines, and the command line as people use it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest

from workshop.cli.app import main
from workshop.clock import SystemClock, stopwatch
from workshop.cloud.connection import Cloud
from workshop.deploy.stacks import deploy

DEADLINE_SECONDS = 150.0


@dataclass(frozen=True)
class Done:
    """What a command left: its exit code and what it printed."""

    returncode: int
    stdout: str
    stderr: str


class Workshop:
    """The `workshop` command, pointed at one cloud."""

    def __init__(self, endpoint: str, home: str) -> None:
        foreign = ("AWS_", "WORKSHOP_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.environment = kept | {"AWS_ENDPOINT_URL": endpoint, "WORKSHOP_HOME": home, "COLUMNS": "140"}

    def command(self, *arguments: str) -> list[str]:
        """Return the command line, for a process of its own."""
        return [sys.executable, "-m", "workshop", *arguments]

    def process(self, *arguments: str) -> Done:
        """Run a command to its end as a process of its own, which takes seconds on a busy machine."""
        done = subprocess.run(
            self.command(*arguments),
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def run(self, *arguments: str) -> Done:
        """Run a command through the same entrance inside this process."""
        out, err = StringIO(), StringIO()
        code = 0
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in set(os.environ) - set(self.environment):
                patch.delenv(name)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["workshop", *arguments])
            try:
                main()
            except SystemExit as end:
                code = int(end.code or 0)
        return Done(code, out.getvalue(), err.getvalue())

    def document(self, *arguments: str) -> Any:
        """Run a command with --json and return what it prints; anything else on stdout is an error."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], bool]:
    """Look again and again until it is so, or the deadline passes."""

    def look_again(look: Callable[[], bool]) -> bool:
        clock, begun = SystemClock(), stopwatch()
        while not (seen := look()) and stopwatch() - begun < DEADLINE_SECONDS:
            clock.sleep(0.3)
        return seen

    return look_again


@pytest.fixture(scope="module")
def stacks(cloud: Cloud) -> dict[str, dict[str, str]]:
    """The outputs of two pipelines side by side: `desk` is stateful, `flow` stateless."""
    with ThreadPoolExecutor(2) as pool:
        made = {
            "desk": pool.submit(deploy, cloud, "stateful", stack="desk"),
            "flow": pool.submit(deploy, cloud, "stateless", stack="flow"),
        }
        return {name: future.result().outputs for name, future in made.items()}


@pytest.fixture
def lonely_workshop(tmp_path) -> Workshop:
    """The command where no cloud is: nothing answers at its endpoint."""
    return Workshop("http://127.0.0.1:9", str(tmp_path))


@pytest.fixture
def workshop(cloud: Cloud, tmp_path) -> Workshop:
    """The command, pointed at this module's cloud."""
    return Workshop(cloud.endpoint or "", str(tmp_path))
