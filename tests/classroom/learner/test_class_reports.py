"""What a learner did reaches the board once, whatever happens on the way, and nothing else does."""

import json
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.classroom.learner.board_stand_in import StandIn
from workshop.classroom.learner.class_state import ClassState
from workshop.classroom.learner.delivery import Courier, deliver
from workshop.classroom.learner.joining import join_class
from workshop.classroom.learner.leaving import leave_class
from workshop.classroom.learner.membership import read_membership
from workshop.classroom.learner.outbox import FILE, Happening, Outbox
from workshop.classroom.learner.recording import LiveScore, class_progress, deliver_recorded, report
from workshop.classroom.protocol import KINDS
from workshop.course.exercise import CheckResult, Outcome, incorrect, not_attempted, passed
from workshop.course.progress import CourseProgress
from workshop.errors import BoardError
from workshop.settings import CLASS_FILE

PATIENCE_SECONDS = 30


def outbox_of(home: Path) -> Outbox:
    membership = read_membership(home)
    assert membership is not None
    return Outbox(home, membership.key)


def told(board: StandIn, alias: str = "Ada") -> list[tuple[object, ...]]:
    """Return the board's reports of a learner without numbers and times."""
    return [
        tuple(value for name, value in each.items() if name not in {"number", "at"})
        for each in board.of(alias)
    ]


def test_everything_that_counts_is_reported(board: StandIn, tmp_path: Path) -> None:
    """Outcomes with attempts, hints, the solution as one more, notebooks and scores are reported."""
    join_class(tmp_path, board.invitation, "Ada")
    progress = class_progress(tmp_path)
    progress.begin_notebook("05")
    progress.record("put-records", not_attempted("Nothing yet."))
    progress.record("put-records", incorrect("No."))
    progress.record("put-records", CheckResult(Outcome.BROKEN_CHECK, "Oh."))
    progress.take_hint("put-records", 1)
    progress.take_solution("put-records")
    progress.record("put-records", passed("Yes."))
    score = LiveScore(tmp_path)
    assert [score.tell(points) for points in (100, 100, 300)] == [True, False, True]
    deliver(tmp_path)

    assert told(board) == [
        ("began", "05"),
        ("checked", "put-records", "incorrect", 1),
        ("checked", "put-records", "error", 1),
        ("hinted", "put-records", 1),
        ("hinted", "put-records", 2),
        ("checked", "put-records", "passed", 2),
        ("played", "trade risk", 100),
        ("played", "trade risk", 300),
    ]


def test_only_the_protocols_fields_leave_the_machine(
    board: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All bytes that are sent are the alias, the token, and reports with their named fields."""
    monkeypatch.setenv("USER", "secret-user")
    join_class(tmp_path, board.invitation, "Ada")
    progress = class_progress(tmp_path)
    progress.record("put-records", incorrect("secret-feedback with code"))
    progress.answer("quiz", "secret-answer", is_right=True)
    deliver(tmp_path)
    deliver(tmp_path)
    leave_class(tmp_path)

    bodies = [each.partition(b"\r\n\r\n")[2] or each.rpartition(b"\n\n")[2] for each in board.heard]
    documents = [json.loads(body) for body in bodies if body.strip().startswith(b"{")]
    assert {name for each in documents for name in each} == {"code", "alias", "reports"}
    reports = [each for document in documents for each in document.get("reports", ())]
    assert all(set(each) == {"number", "at", "kind", *KINDS[each["kind"]]} for each in reports)
    headers = {
        line.partition(b":")[0].lower()
        for each in board.heard
        for line in each.partition(b"\n\n")[0].splitlines()[1:]
        if b":" in line and not line.startswith(b"{")
    }
    assert headers == {
        b"host",
        b"accept-encoding",
        b"accept",
        b"content-type",
        b"content-length",
        b"authorization",
    }
    traffic = b"".join(board.heard)
    assert b"secret" not in traffic
    assert os.fsencode(tmp_path) not in traffic


def test_a_lost_answer_counts_nothing_twice(board: StandIn, tmp_path: Path) -> None:
    """Reports whose answer was lost are sent again under the same numbers."""
    join_class(tmp_path, board.invitation, "Ada")
    class_progress(tmp_path).record("put-records", passed("Yes."))
    board.loses_answers = True
    with pytest.raises(BoardError):
        deliver(tmp_path)
    board.loses_answers = False
    class_progress(tmp_path).record("put-records", passed("Yes."))
    deliver(tmp_path)

    assert told(board) == [("checked", "put-records", "passed", 1), ("checked", "put-records", "passed", 2)]


def test_a_board_that_was_set_back_hears_it_again(board: StandIn, tmp_path: Path) -> None:
    """A board that lost its latest reports gets them with the next one."""
    join_class(tmp_path, board.invitation, "Ada")
    progress = class_progress(tmp_path)
    for step in ("a", "b", "c"):
        progress.record(step, passed("Yes."))
    deliver(tmp_path)
    [mine] = board.learners.values()
    del mine["reports"][2], mine["reports"][3]
    progress.record("d", passed("Yes."))
    deliver(tmp_path)

    assert [each["step"] for each in board.of("Ada")] == ["a", "b", "c", "d"]


def test_a_lost_outbox_goes_on_after_what_the_board_has(board: StandIn, tmp_path: Path) -> None:
    """Where the file is gone, later reports do not hide behind numbers that the board has heard already."""
    join_class(tmp_path, board.invitation, "Ada")
    for step in ("a", "b", "c"):
        class_progress(tmp_path).record(step, passed("Yes."))
    deliver(tmp_path)
    (tmp_path / FILE).unlink()
    class_progress(tmp_path).record("d", passed("Yes."))
    report(tmp_path, "help", {"step": "e"})
    deliver(tmp_path)

    assert [each["step"] for each in board.of("Ada")] == ["a", "b", "c", "d", "e"]


def test_kernels_and_commands_share_one_outbox(board: StandIn, tmp_path: Path) -> None:
    """Threads and processes that report at once, some of them killed, leave no number out or doubled."""
    join_class(tmp_path, board.invitation, "Ada")
    code = (
        "import sys; from pathlib import Path; from workshop.classroom.learner.recording import report\n"
        "for n in range(20): report(Path(sys.argv[1]), 'began', {'step': '05'})\n"
        "import os; os.kill(os.getpid(), 9) if hasattr(os, 'killpg') else os._exit(1)"
    )
    processes = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(2)]
    with ThreadPoolExecutor(4) as threads:
        for _ in range(20):
            threads.submit(report, tmp_path, "help", {"step": "05"})
            threads.submit(deliver, tmp_path)
    for process in processes:
        process.wait(PATIENCE_SECONDS)
    deliver(tmp_path)

    assert [each["number"] for each in board.of("Ada")] == list(range(1, 61))


def test_a_report_that_the_protocol_refuses_stops_no_other(board: StandIn, tmp_path: Path) -> None:
    """What the board would refuse never gets a number, and a check goes on as if it had been reported."""
    join_class(tmp_path, board.invitation, "Ada")

    assert not report(tmp_path, "checked", {"step": "NOT A STEP", "outcome": "passed", "attempts": 1})
    class_progress(tmp_path).record("fine", passed("Yes."))
    deliver(tmp_path)

    assert told(board) == [("checked", "fine", "passed", 1)]


def test_outside_a_class_nothing_is_kept(tmp_path: Path) -> None:
    """Whoever has joined no class has no outbox, and commands try to reach nobody."""
    class_progress(tmp_path).record("put-records", passed("Yes."))
    deliver(tmp_path)
    deliver_recorded()

    assert not (tmp_path / FILE).exists()


def test_a_command_delivers_what_it_recorded(board: StandIn, tmp_path: Path) -> None:
    """At the end of a command its reports go out; with no board there, they stay."""
    join_class(tmp_path, board.invitation, "Ada")
    class_progress(tmp_path).record("first", passed("Yes."))
    deliver_recorded()
    assert [each["step"] for each in board.of("Ada")] == ["first"]

    board.stop()
    class_progress(tmp_path).record("second", passed("Yes."))
    deliver_recorded()
    assert [each.fields["step"] for each in outbox_of(tmp_path).unsent()] == ["second"]


def test_a_courier_delivers_at_once_and_brings_news(board: StandIn, tmp_path: Path) -> None:
    """In a kernel a report arrives without anybody's doing, and what the board says is told."""
    join_class(tmp_path, board.invitation, "Ada")
    board.state["announced"] = "05"
    news, arrived = [], threading.Event()

    def hear(state: ClassState) -> None:
        news.append(state)
        if board.of("Ada"):
            arrived.set()

    courier = Courier(tmp_path, hear).start()
    class_progress(tmp_path).record("put-records", passed("Yes."))
    assert arrived.wait(PATIENCE_SECONDS)
    courier.stop()

    assert told(board) == [("checked", "put-records", "passed", 1)]
    assert news[-1].announced == "05"


def test_pauses_grow_while_the_board_is_away(board: StandIn, tmp_path: Path) -> None:
    """After each failure a courier waits twice as long, a minute at most, and is brisk again afterwards."""
    join_class(tmp_path, board.invitation, "Ada")
    report(tmp_path, "began", {"step": "05"})
    courier = Courier(tmp_path, lambda _: None)
    board.stop()
    pauses = [courier.step() for _ in range(8)]
    board.start()

    assert pauses == [2, 4, 8, 16, 32, 60, 60, 60]
    assert courier.step() == 5


def test_help_counts_as_given_when_the_board_says_so_afterwards(board: StandIn, tmp_path: Path) -> None:
    """A call for help is open until the board has it and says `helped` anew, or it is withdrawn."""
    join_class(tmp_path, board.invitation, "Ada")
    board.state["helped_at"] = "2026-11-29T09:00:00Z"
    deliver(tmp_path)
    report(tmp_path, "help", {"step": "05"})
    call = outbox_of(tmp_path).help_call
    assert call is not None
    assert not call.has_arrived
    deliver(tmp_path)
    call = outbox_of(tmp_path).help_call
    assert call is not None
    assert call.has_arrived
    assert not call.is_helped

    board.state["helped_at"] = "2026-11-29T09:10:00Z"
    deliver(tmp_path)
    call = outbox_of(tmp_path).help_call
    assert call is not None
    assert call.is_helped

    report(tmp_path, "help_withdrawn", {})
    assert outbox_of(tmp_path).help_call is None


def test_nobody_else_on_the_machine_can_read_the_token(board: StandIn, tmp_path: Path) -> None:
    """Membership and outbox are files for their owner alone."""
    membership = join_class(tmp_path, board.invitation, "Ada")
    report(tmp_path, "began", {"step": "05"})

    if os.name == "posix":
        for name in (CLASS_FILE, FILE):
            assert (tmp_path / name).stat().st_mode & 0o077 == 0
    assert membership.token not in repr(membership)


def test_happenings_keep_their_own_time(tmp_path: Path) -> None:
    """A report says when something happened, in UTC, whenever it is sent."""
    outbox = Outbox(tmp_path, "me")
    outbox.add([Happening("began", {"step": "05"}, 0.0)])

    assert [each.at for each in outbox.unsent()] == ["1970-01-01T00:00:00.000Z"]
    assert CourseProgress(tmp_path).entries() == {}
