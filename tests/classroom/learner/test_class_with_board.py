"""Learner and board as they are, together: a day with restarts, an hour offline, help, news and a release."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.classroom.board.running import RunningBoard
from workshop.classroom.learner.delivery import deliver, fetch_news
from workshop.classroom.learner.joining import join_class
from workshop.classroom.learner.leaving import leave_class
from workshop.classroom.learner.membership import SECRET_FILE, read_membership
from workshop.classroom.learner.outbox import FILE, Outbox
from workshop.classroom.learner.recording import class_progress, report
from workshop.clock import ManualClock
from workshop.course.exercise import incorrect, passed
from workshop.course.progress import FILE as PROGRESS
from workshop.errors import BoardError
from workshop.notebook.classroom.help_calls import draw_help
from workshop.settings import CLASS_FILE, RELEASED


def joined(running: RunningBoard, home: Path, alias: str = "Ada") -> Outbox:
    code = running.inside(lambda board: board.code)
    membership = join_class(home, f"{running.address}/{code}", alias)
    return Outbox(home, membership.key)


def test_news_help_and_solutions_come_from_the_board(tmp_path: Path) -> None:
    """What the instructor announces, marks as helped and releases reaches the learner."""
    with RunningBoard(tmp_path / "board.db") as running:
        home = tmp_path / "home"
        outbox = joined(running, home)
        report(home, "help", {"step": "03"})
        deliver(home)
        assert (call := outbox.help_call) is not None
        assert not call.is_helped

        running.clock.sleep(60)
        running.inside(lambda board: board.announce("03"))
        running.inside(lambda board: board.release("03"))
        running.inside(lambda board: board.store.mark_helped(1, running.clock.now()))
        deliver(home)
        fetch_news(home)

        assert outbox.state.announced == "03"
        assert (call := outbox.help_call) is not None
        assert call.is_helped
        assert list((home / RELEASED / "03" / "solutions").rglob("*.py"))
        leave_class(home)
        assert running.inside(lambda board: board.store.learners()) == []


def test_an_hour_offline_over_a_restart_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """The board is switched off and on again while a learner works on, and all of it is there once."""
    home, clock, file = tmp_path / "home", ManualClock(), tmp_path / "board.db"
    with RunningBoard(file, clock) as running:
        outbox = joined(running, home)
        class_progress(home, clock=clock).record("00-a", passed("Yes."))
        deliver(home, clock=clock)
    for minute in range(60):
        clock.advance(60)
        progress = class_progress(home, clock=clock)
        progress.record("01-a", passed("Yes.") if minute == 59 else incorrect("No."))
        progress.take_hint("01-b", 1 + minute % 3)
    with pytest.raises(BoardError):
        deliver(home, clock=clock)

    with RunningBoard(file, clock) as running:
        before = read_membership(home)
        joined(running, home)
        assert (after := read_membership(home)) is not None
        assert before == replace(after, address=before.address)
        deliver(home, clock=clock)
        deliver(home, clock=clock)
        [learner] = running.inside(lambda board: board.store.learners())

    assert learner.accepted == 1 + 2 * 60
    assert outbox.unsent() == ()


def test_the_boards_refusals_are_told_in_two_lines(tmp_path: Path) -> None:
    """A wrong code and a taken alias say what the board says, and what to do."""
    with RunningBoard(tmp_path / "board.db") as running:
        joined(running, tmp_path / "one")
        for home, text, expected in (
            ("two", f"{running.address}/ZZZ-ZZZ", "not the code of the class"),
            ("three", f"{running.address}/{running.inside(lambda board: board.code)}", "Ada"),
        ):
            with pytest.raises(BoardError, match=expected) as caught:
                join_class(tmp_path / home, text, "Ada")
            assert len(str(caught.value).splitlines()) == 2


def test_a_call_ends_for_both_when_its_step_is_passed(tmp_path: Path) -> None:
    """Who passes the step calls nobody any more, at once, also before the board has heard of it."""
    home = tmp_path / "home"
    with RunningBoard(tmp_path / "board.db") as running:
        outbox = joined(running, home)
        for step in ("00-a", "00-b"):
            report(home, "help", {"step": step})
            class_progress(home).record("00-b", passed("Yes."))
            assert (outbox.help_call is None) == (step == "00-b")
        deliver(home)
        [learner] = running.inside(lambda board: board.store.learners())

    assert (learner.help_step, learner.solved_step) == (None, "00-b")


def test_a_call_that_the_board_has_ended_is_over(tmp_path: Path) -> None:
    """Who goes on to the next notebook hears that the call has ended, and can call anew."""
    home = tmp_path / "home"
    with RunningBoard(tmp_path / "board.db") as running:
        outbox = joined(running, home)
        progress = class_progress(home)
        progress.begin_notebook("00")
        report(home, "help", {"step": "00-a"})
        deliver(home)
        assert (call := outbox.help_call) is not None
        assert not call.is_over

        progress.begin_notebook("01")
        deliver(home)
        assert (call := outbox.help_call) is not None
        assert call.is_over
        assert "has ended" in str(draw_help(call))
        report(home, "help", {"step": "01-a"})
        deliver(home)
        assert (call := outbox.help_call) is not None
        assert not call.is_over


def test_whatever_files_are_lost_nothing_counts_twice(tmp_path: Path) -> None:
    """A learner who joins again, after any of the home's files were lost, has the wrong answers of before."""
    # Without its secret and the membership, nothing says any more who the learner was.
    lost = [(CLASS_FILE,), (FILE,), (CLASS_FILE, FILE), (CLASS_FILE, FILE, PROGRESS), (FILE, SECRET_FILE)]
    with RunningBoard(tmp_path / "board.db") as running:
        for number, names in enumerate(lost):
            home, alias = tmp_path / f"{number}", f"L{number}"
            joined(running, home, alias)
            class_progress(home).record("00-a", incorrect("No."))
            class_progress(home).record("00-b", passed("Yes."))
            deliver(home)
            for name in names:
                (home / name).unlink()
            outbox = joined(running, home, alias)
            deliver(home)
            class_progress(home).record("00-c", incorrect("No."))
            deliver(home)
            assert outbox.unsent() == ()
        rows = running.inside(lambda board: board.store.steps())

    assert [(row.step, row.wrong) for row in rows] == [("00-a", 1), ("00-b", 0), ("00-c", 1)] * len(lost)
