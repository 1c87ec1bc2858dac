"""What a program that is not trusted can do where it is put."""

import json
import os
import socket
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.grading.learner import ROOT
from workshop.grading.sandbox.containment import Containment, Place, find_containment
from workshop.grading.sandbox.environment import scrubbed
from workshop.grading.sandbox.limits import Limits

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no limits to set")

SMALL = Limits(cpu_seconds=1, memory_mb=512, processes=12, file_mb=1, open_files=40)
LISTENING_PORT = 45_678
contained = pytest.mark.skipif(
    not find_containment().is_complete, reason=" ".join(find_containment().warnings)
)
Run = Callable[[str], "subprocess.CompletedProcess[str]"]


def place_in(folder: Path, containment: Containment) -> Place:
    place = Place(folder, "mark", SMALL, containment)
    for name in ("home", "course/lambdas", "course/notebooks", "course/cloudformation", "course/solutions"):
        (folder / name).mkdir(parents=True)
    place.write_settings(LISTENING_PORT)
    return place


def runner(place: Place) -> Run:
    def run(program: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*place.launcher("cell"), sys.executable, "-I", "-c", textwrap.dedent(program)],
            env=scrubbed(place.folder / "home"),
            cwd=place.root,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def limited(tmp_path) -> Run:
    """Run a program with limits alone."""
    return runner(place_in(tmp_path, Containment(None, ())))


@pytest.fixture
def apart(tmp_path) -> Iterator[Run]:
    """Run a program in a place of its own, whose way to the cloud leads to somebody who says hello."""
    place = place_in(tmp_path, find_containment())
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place.socket))
        place.socket.chmod(0o666)
        listening.listen()
        yield runner(place)


def test_a_program_runs_with_a_scrubbed_environment(limited, monkeypatch) -> None:
    """Nothing of the user's own environment reaches a program: no keys, no tokens, no paths."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("GITHUB_TOKEN", "hidden")
    monkeypatch.setenv("PYTHONPATH", "/hidden")

    done = limited("import json, os; print(json.dumps(dict(os.environ)))")

    variables = json.loads(done.stdout)
    assert "hidden" not in done.stdout
    assert variables["HOME"].endswith("/home")
    assert variables["PATH"] == "/usr/local/bin:/usr/bin:/bin"


@pytest.mark.hostile
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
@pytest.mark.hostile
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
@pytest.mark.hostile
def test_a_fork_bomb_goes_out_by_itself(limited) -> None:
    """A program that forks without end is refused further processes."""
    assert "Resource temporarily unavailable" in limited(BOMB).stdout


@contained
@pytest.mark.hostile
def test_a_fork_bomb_goes_out_by_itself_in_a_place_of_its_own(apart) -> None:
    """In a place of its own, the limit counts the program's own processes, also if root checks."""
    count, _, error = apart(BOMB).stdout.partition(" ")

    assert int(count) <= SMALL.processes
    assert "Resource temporarily unavailable" in error


@contained
@pytest.mark.hostile
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
@pytest.mark.hostile
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


@contained
def test_solutions_homes_and_other_submissions_are_not_there(apart, tmp_path) -> None:
    """A program sees the system, the interpreter and its own answers, and nothing of whoever checks."""
    done = apart(
        f"""
        import os
        print(os.path.exists("{ROOT}/solutions"), os.path.exists("{tmp_path}/course/solutions"))
        print(os.listdir("{tmp_path.parent}") == ["{tmp_path.name}"], os.path.exists("/home"))
        print(os.path.exists("{ROOT}/workshop/__init__.py"), os.path.exists("{tmp_path}/course/lambdas"))
        """
    )

    assert done.stdout.split() == ["False", "False", "True", "False", "True", "True"], done.stderr


@contained
def test_processes_of_others_are_not_there(apart) -> None:
    """A program sees its own processes alone, and so can end no other."""
    done = apart("import os; print(sorted(int(each) for each in os.listdir('/proc') if each.isdigit()))")

    assert len(json.loads(done.stdout)) <= 3


@contained
def test_the_network_is_a_loopback_with_one_way_out(apart, tmp_path) -> None:
    """One port leads to the submission's cloud; every other address is unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = apart(
            f"""
            import socket
            print([line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]])
            for address in (("127.0.0.1", {LISTENING_PORT}), ("127.0.0.1", {server.getsockname()[1]}),
                            ("192.0.2.1", 80), ("8.8.8.8", 53)):
                try:
                    socket.create_connection(address, timeout=2).close()
                    print("reached", address[1])
                except OSError as error:
                    print("not", address[1])
            """
        )

    lines = done.stdout.splitlines()
    assert lines[0] == "['lo']"
    assert lines[1] == f"reached {LISTENING_PORT}"
    assert [line.split()[0] for line in lines[2:]] == ["not", "not", "not"]


@contained
def test_a_program_has_no_rights_to_gain(apart) -> None:
    """A program is nobody, holds no capability, and cannot become root."""
    done = apart(
        """
        import os
        lines = open("/proc/self/status").read().splitlines()
        print([line.split()[1] for line in lines if line.startswith("CapEff")][0], os.getuid() != 0)
        try:
            os.setuid(0)
            print("root")
        except OSError:
            print("refused")
        """
    )

    assert done.stdout.split()[0] == "0000000000000000"
    assert done.stdout.split()[2:] == ["refused"]


def test_what_is_missing_is_said(monkeypatch) -> None:
    """Without bwrap, a warning names what an answer could read, write, reach and end."""
    monkeypatch.setattr("shutil.which", lambda _: None)

    [warning, *_] = find_containment.__wrapped__().warnings

    for word in ("read your files", "write", "network", "end your processes", "apt-get install bubblewrap"):
        assert word in warning


def test_macos_lets_processes_slip_away(monkeypatch) -> None:
    """Where nobody can find a process that has left its parent, the warnings say so, also to root."""
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("sys.platform", "darwin")

    assert "goes on running" in " ".join(find_containment.__wrapped__().warnings)


def test_a_bwrap_that_does_not_work_is_not_relied_on(monkeypatch, tmp_path) -> None:
    """Whether bwrap works is tried, since containers and settings of the kernel may forbid it."""
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    refusing.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda _: str(refusing))

    found = find_containment.__wrapped__()

    assert not found.is_complete
    assert "does not work here" in found.warnings[0]


def test_limits_survive_the_way_to_another_process() -> None:
    """What one process decides about limits, another one reads."""
    assert Limits(**replace(SMALL, disk_mb=3).document()) == replace(SMALL, disk_mb=3)
