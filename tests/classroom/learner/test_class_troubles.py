"""A damaged file, a board that forgot a learner, solutions that do not come: and the class goes on."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from tests.classroom.learner.board_stand_in import StandIn
from workshop.classroom.learner.class_state import ClassState
from workshop.classroom.learner.delivery import Courier, deliver
from workshop.classroom.learner.joining import join_class
from workshop.classroom.learner.leaving import leave_class
from workshop.classroom.learner.membership import LEFT_FILE, SECRET_FILE
from workshop.classroom.learner.outbox import FILE, Happening, Outbox, take_put_aside
from workshop.classroom.learner.recording import UNKNOWN, class_progress, deliver_recorded, is_unknown, report
from workshop.clock import ManualClock
from workshop.course.exercise import passed


def test_a_damaged_outbox_is_put_aside(board: StandIn, tmp_path: Path) -> None:
    """A check finds the file damaged: it is kept beside, the learner is told, and the class goes on."""
    join_class(tmp_path, board.invitation, "Ada")
    for step in ("a", "b", "c"):
        class_progress(tmp_path).record(step, passed("Yes."))
    deliver(tmp_path)
    (tmp_path / FILE).write_bytes(b"no database" * 100)

    assert class_progress(tmp_path).record("d", passed("Yes.")).is_passed
    [told] = deliver_recorded()
    [aside] = tmp_path.glob(f"{FILE}.damaged-*")
    assert str(aside) in told
    assert aside.read_bytes() == b"no database" * 100
    assert {each["step"] for each in board.of("Ada")} == {"a", "b", "c", "d"}


def test_a_damaged_outbox_is_put_aside_once(board: StandIn, tmp_path: Path) -> None:
    """Threads that meet the damage together begin one new file, and every report is in it."""
    key = join_class(tmp_path, board.invitation, "Ada").key
    (tmp_path / FILE).write_bytes(b"no database" * 100)
    ready = Barrier(8)

    def tell(number: int) -> None:
        ready.wait()
        Outbox(tmp_path, key).add([Happening("began", {"step": f"{number}"}, 1.0)])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(tell, range(8)))

    assert len(list(tmp_path.glob(f"{FILE}.damaged-*"))) == 1
    assert len(take_put_aside()) == 1
    assert {each.fields["step"] for each in Outbox(tmp_path, key).unsent()} == {*map(str, range(8))}


def test_a_file_damaged_within_is_put_aside_at_its_first_error(board: StandIn, tmp_path: Path) -> None:
    """Where the file opens and cannot be read, one report is lost and the next one is kept."""
    join_class(tmp_path, board.invitation, "Ada")
    file = tmp_path / FILE
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + b"\xff" * (len(whole) - 8192))

    kept = [report(tmp_path, "began", {"step": "05"}) for _ in range(3)]
    assert kept[1:] == [True, True]
    assert len(list(tmp_path.glob(f"{FILE}.damaged-*"))) == 1
    assert len(deliver_recorded()) == 1


@pytest.mark.parametrize("name", [SECRET_FILE, LEFT_FILE])
@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"[1]"], ids=["empty", "no text", "other"])
def test_other_files_that_are_damaged_are_put_aside(
    board: StandIn, tmp_path: Path, name: str, content: bytes
) -> None:
    """The file is kept beside, the learner is told once, and the class goes on."""
    (tmp_path / name).write_bytes(content)

    join_class(tmp_path, board.invitation, "Ada")
    leave_class(tmp_path)

    [told] = deliver_recorded()
    [aside] = tmp_path.glob(f"{name}.damaged-*")
    assert str(aside) in told
    assert aside.read_bytes() == content
    assert deliver_recorded() == []


def test_who_was_removed_is_told_once(board: StandIn, tmp_path: Path) -> None:
    """A board that does not know the learner any more is told of by one command, and by each kernel."""
    join_class(tmp_path, board.invitation, "Ada")
    board.learners.clear()
    told = []
    for step in ("a", "b"):
        class_progress(tmp_path).record(step, passed("Yes."))
        told.append(deliver_recorded())
    states: list[ClassState] = []
    Courier(tmp_path, states.append).step()

    assert told == [[UNKNOWN], []]
    assert states[-1].is_unknown
    join_class(tmp_path, board.invitation)
    assert not is_unknown(tmp_path)


def test_solutions_that_do_not_come_slow_no_news(board: StandIn, tmp_path: Path) -> None:
    """A release that the board cannot give is asked for once a minute, beside reports as brisk as ever."""
    join_class(tmp_path, board.invitation, "Ada")
    board.state["released"] = ["05"]
    courier = Courier(tmp_path, lambda _: None, ManualClock())

    assert [courier.step() for _ in range(3)] == [5, 5, 5]
    assert sum(b"solutions/05" in each for each in board.heard) == 1
