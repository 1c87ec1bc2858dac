"""Programs that take all that they can get, or forbidden things, meet the limits of the sandbox."""

import os
import sys

import pytest

from tests.grading.learner import ROOT
from tests.grading.sandbox.conftest import SMALL, contained, start, written
from workshop.grading.sandbox.process_tree import end_tree

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.skipif(sys.platform == "win32", reason="there are no limits to set"),
]


def test_a_program_that_computes_for_ever_is_ended(limited) -> None:
    """The processor's time is limited, whatever the program does with it."""
    assert limited("while True: pass").returncode < 0


@pytest.mark.parametrize(
    ("program", "error"),
    [
        ("bytearray(10**9)", "MemoryError"),
        ("open('big', 'wb').write(b'x' * 3_000_000)", "File too large"),
        ("keep = [open('/dev/null') for _ in range(100)]", "Too many open files"),
    ],
    ids=["memory", "file", "open files"],
)
def test_a_program_that_takes_too_much_gets_an_error(limited, program: str, error: str) -> None:
    """Memory, the size of files and their number are limited."""
    done = limited(f"import os; os.chdir(os.environ['HOME'])\n{program}")

    assert done.returncode != 0
    assert error in done.stderr


BOMB = """
import os, time
started = 0
for _ in range(300):
    try:
        if os.fork() == 0:
            time.sleep(2)
            os._exit(0)
    except OSError as error:
        print(started, error.strerror)
        break
    started += 1
"""


@pytest.mark.skipif(
    sys.platform == "darwin" or getattr(os, "getuid", int)() == 0,
    reason="root is not limited so, and macOS has no such limit",
)
def test_a_fork_bomb_goes_out_by_itself(limited) -> None:
    """A program that forks without end is refused further processes."""
    assert "Resource temporarily unavailable" in limited(BOMB).stdout


@contained
def test_a_fork_bomb_goes_out_by_itself_in_a_place_of_its_own(apart) -> None:
    """In a place of its own, the limit counts the program's own processes, also if root checks."""
    count, _, error = apart(BOMB).stdout.partition(" ")

    assert int(count) <= SMALL.processes
    assert "Resource temporarily unavailable" in error


@contained
def test_nothing_but_temporary_folders_can_be_written(apart, tmp_path) -> None:
    """The file system is read-only, apart from temporary folders that vanish with the program."""
    done = apart(
        f"""
        import os
        for place in ("/", "/etc", "/usr", "/dev", "/run", "/tmp", "{ROOT}/workshop", "{tmp_path}",
                      "{tmp_path}/course/lambdas", os.environ["HOME"]):
            try:
                open(place + "/written", "w").close()
                print(place)
            except OSError:
                pass
        """
    )

    assert done.stdout.split() == ["/tmp", f"{tmp_path}/home"]  # noqa: S108 - inside
    assert list(tmp_path.rglob("written")) == []


@contained
def test_temporary_folders_are_small(apart) -> None:
    """A program that fills its temporary folder is told that it is full, and the disk is not."""
    done = apart(
        """
        import os
        for number in range(1000):
            with open(f"/tmp/{number}", "wb") as file:
                file.write(b"x" * 900_000)
        """
    )

    assert "No space left on device" in done.stderr


def test_a_chain_of_children_is_ended(tmp_path) -> None:
    """Processes that go on starting others while they are being ended do not win."""
    chain = """
    import os, pathlib, sys, time
    pathlib.Path(sys.argv[1]).write_text(str(os.getpid()))
    for _ in range(2000):
        if os.fork(): os._exit(0)
        time.sleep(0.002)
    """
    parent = start(chain, str(tmp_path / "pid"), marker="mark-of-the-chain")
    written(tmp_path / "pid")

    assert end_tree(parent, "mark-of-the-chain")
