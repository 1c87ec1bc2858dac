"""Programs run in a sandbox as small as tests need it."""

import os
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workshop.grading.sandbox.availability import Containment, find_containment
from workshop.grading.sandbox.containment import MARKER
from workshop.grading.sandbox.environment import scrubbed
from workshop.grading.sandbox.limits import Limits
from workshop.grading.sandbox.sandbox import Sandbox

SMALL = Limits(cpu_seconds=1, memory_mb=512, processes=12, file_mb=1, open_files=40)
LISTENING_PORT = 45_678
# A parent that adopts orphans and starts what the test says; it says when everything is there.
PARENT = """
import subprocess, sys, threading
from workshop.grading.sandbox.process_tree import adopt_orphans
adopt_orphans()
subprocess.Popen([sys.executable, "-c", sys.argv[1], *sys.argv[2:]])
threading.Event().wait()
"""
contained = pytest.mark.skipif(not find_containment().bwrap, reason=" ".join(find_containment().warnings))
Run = Callable[[str], "subprocess.CompletedProcess[str]"]


def start(program: str, *arguments: str, marker: str = "none") -> subprocess.Popen[bytes]:
    environment = {**os.environ, MARKER: marker}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PARENT), textwrap.dedent(program), *arguments], env=environment
    )


def written(file: Path) -> int:
    for _ in range(600):
        if file.exists() and (text := file.read_text(encoding="utf-8")):
            return int(text)
        threading.Event().wait(0.05)
    raise AssertionError("the process did not start")


def sandbox_in(folder: Path, containment: Containment) -> Sandbox:
    sandbox = Sandbox(folder, "mark", SMALL, containment)
    for name in ("home", "course/lambdas", "course/notebooks", "course/cloudformation", "course/solutions"):
        (folder / name).mkdir(parents=True)
    sandbox.write_settings(LISTENING_PORT)
    return sandbox


def runner(sandbox: Sandbox) -> Run:
    def run(program: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*sandbox.launcher("cell"), sys.executable, "-I", "-c", textwrap.dedent(program)],
            env=scrubbed(sandbox.folder / "home"),
            cwd=sandbox.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def limited(tmp_path) -> Run:
    """Run a program with limits alone."""
    return runner(sandbox_in(tmp_path, Containment(None, ())))


@pytest.fixture
def apart(tmp_path) -> Iterator[Run]:
    """Run a program in a place of its own, whose way to the cloud leads to somebody who says hello."""
    sandbox = sandbox_in(tmp_path, find_containment())
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(sandbox.socket))
        sandbox.socket.chmod(0o666)
        listening.listen()
        yield runner(sandbox)
