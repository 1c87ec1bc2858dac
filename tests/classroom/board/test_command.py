"""`workshop board` as people type it: it says where it is and who can reach it, exports, and forgets."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from filelock import FileLock

from tests.classroom.board.running import RunningBoard
from tests.cli.conftest import Workshop
from workshop.classroom.board.serving import EVERYWHERE, addresses_of
from workshop.cli.classroom.board import _plan, _tell, board_setup
from workshop.cli.course.run_sheet import read_lessons
from workshop.course.exercises import all_exercises
from workshop.settings import project_root


@pytest.fixture
def workshop(tmp_path) -> Workshop:
    """The command with a private folder of its own, and no cloud."""
    return Workshop("http://127.0.0.1:9", str(tmp_path / "home"))


@pytest.fixture
def kept(tmp_path, clock) -> Path:
    """The file of a board on which somebody was."""
    file = tmp_path / "class.db"
    with RunningBoard(file, clock) as running:
        running.join("Ada").say("checked", step="first-trade", outcome="passed", attempts=1)
    return file


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGINT")
def test_a_board_says_where_it_is_until_ctrl_c(workshop, tmp_path) -> None:
    """Unless asked for more, it listens to this machine alone and says so; Ctrl-C ends it well."""
    file = tmp_path / "class.db"
    command = workshop.command("board", "--port", "0", "--plan", "120", "--data", str(file))
    environment = {**workshop.environment, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(60) == 0

    assert re.fullmatch(r"Instructor: http://127\.0\.0\.1:\d+/instructor\?key=\S{32}\n", lines[0])
    assert re.fullmatch(r"Everybody:  http://127\.0\.0\.1:\d+/\n", lines[1])
    assert "this machine alone" in lines[2]
    assert "30 days" in lines[3]


def test_the_networks_of_a_machine_are_named() -> None:
    """A board that listens everywhere names the addresses at which others can reach it."""
    named = addresses_of(EVERYWHERE, 8787)

    assert named
    assert all(re.fullmatch(r"http://[\d.]+:8787", each) for each in named)
    assert len(named) == 1 or not any("127.0.0.1" in each for each in named)
    assert addresses_of("::1", 80) == ("http://[::1]:80",)


def test_the_address_of_the_way_to_the_world_comes_first(monkeypatch) -> None:
    """Virtual adapters are named after the one that the machine's default route leaves from."""
    first = "192.168.1.5"
    adapters = {
        name: [SimpleNamespace(family=socket.AF_INET, address=address)]
        for name, address in (("docker0", "172.17.0.1"), ("net", first), ("vbox", "192.168.56.1"))
    }
    monkeypatch.setattr("psutil.net_if_addrs", lambda: adapters)
    monkeypatch.setattr("psutil.net_if_stats", lambda: dict.fromkeys(adapters, SimpleNamespace(isup=True)))
    monkeypatch.setattr("socket.socket.getsockname", lambda _: (first, 1))
    monkeypatch.setattr("socket.socket.connect", lambda _, __: None)

    assert [each.rpartition(":")[0] for each in addresses_of(EVERYWHERE, 8787)] == [
        f"http://{address}" for address in (first, "172.17.0.1", "192.168.56.1")
    ]


def test_the_class_is_told_an_address_that_it_reaches(monkeypatch, capsys, tmp_path) -> None:
    """With `--lan` everybody opens an address in the network; what else there is to know is told as well."""
    network = {EVERYWHERE: ("http://192.168.1.5:8787",), "127.0.0.1": ("http://127.0.0.1:8787",)}
    monkeypatch.setattr("workshop.cli.classroom.board.addresses_of", lambda host, _: network[host])

    store = SimpleNamespace(was_emptied=True)

    _tell(SimpleNamespace(key="secret", store=store), tmp_path, EVERYWHERE, 8787)

    lines = capsys.readouterr().out.splitlines()
    assert "earlier class was deleted" in lines[-1]
    assert lines[:2] == [
        "Instructor: http://127.0.0.1:8787/instructor?key=secret",
        "Everybody:  http://192.168.1.5:8787/",
    ]


def test_a_class_becomes_a_file_and_is_forgotten(workshop, kept, tmp_path) -> None:
    """The export has every learner and exercise, also of a class of years ago; `--forget` leaves no file."""
    target = tmp_path / "class.csv"

    exported = workshop.run("board", "--data", str(kept), "--export", str(target))
    refused = workshop.run("board", "--data", str(kept), "--forget")
    forgotten = workshop.run("board", "--data", str(kept), "--forget", "--yes")

    assert (exported.returncode, forgotten.returncode) == (0, 0), exported.stderr + forgotten.stderr
    assert "1 learner is in" in exported.stdout
    head, row = target.read_text(encoding="utf-8-sig").splitlines()
    assert head.count(",") == 7 + len(all_exercises())
    assert row.startswith("Ada,")
    assert ",passed," in row
    assert (refused.returncode, "--yes" in refused.stderr) == (2, True)
    assert not list(tmp_path.glob("class.db*[!k]"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--lan", "--host", "127.0.0.1"), "--lan"),
        (("--class", ""), "--class"),
        (("--class", "a\u202eb"), "--class"),
        (("--plan", "5"), "30"),
        (("--export", "x.csv"), "--data"),
        (("--host", "203.0.113.1", "--port", "0"), "--host"),
    ],
)
def test_wrong_options_are_refused(workshop, arguments: tuple[str, ...], said: str) -> None:
    """What cannot be is refused with a word on what to change, before anything is opened."""
    done = workshop.run("board", *arguments)

    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_two_boards_never_share_a_file(workshop, kept) -> None:
    """While a board runs on a file, another one and `--forget` are refused."""
    with FileLock(f"{kept}.lock"):
        for more in ((), ("--forget", "--yes")):
            done = workshop.run("board", "--data", str(kept), "--port", "0", *more)
            assert (done.returncode, "is running" in done.stderr) == (2, True)
    assert kept.exists()


def test_another_file_is_left_alone(workshop, tmp_path) -> None:
    """A file that no board has made is not touched."""
    file = tmp_path / "notes.txt"
    file.write_text("not a database, but long enough to look like something else\n" * 50)

    done = workshop.run("board", "--data", str(file), "--port", "0")

    assert (done.returncode, "no file of a board" in done.stderr or "not a board" in done.stderr) == (2, True)
    assert file.read_text().startswith("not a database")


def test_the_plan_of_the_board_is_the_run_sheet() -> None:
    """With `--plan` the board has the parts of `workshop plan`, and knows what is missed least."""
    lessons = read_lessons(project_root())
    plan = _plan(lessons, 120)
    assert plan is not None
    notebooks = [part.notebook for part in plan.parts if part.notebook]

    assert (plan.parts[0].begin, plan.parts[-1].end <= 120) == (0, True)
    assert {*plan.expendable} < {*notebooks}
    assert {step.notebook for step in board_setup("x", None).steps} == set(lessons)


@pytest.mark.parametrize("minutes", [60, 90, 120, 180, 400])
def test_the_board_advises_nobody_to_leave_out_what_makes_the_course(minutes: int) -> None:
    """Whatever the plan, 00 and 08 stay in it; every other notebook of it may be left out."""
    plan = _plan(read_lessons(project_root()), minutes)
    assert plan is not None

    assert {part.notebook for part in plan.parts} - {None, *plan.expendable} == {"00", "08"}
