"""Joining a class, and what is said where that does not work."""

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.classroom.learner.board_stand_in import CODE, StandIn
from workshop.classroom.learner import joining
from workshop.classroom.learner.delivery import LONGEST_PAUSE_SECONDS, Courier
from workshop.classroom.learner.joining import join_class
from workshop.classroom.learner.leaving import forget_left, leave_class
from workshop.classroom.learner.membership import (
    LEFT_FILE,
    forget_membership,
    keep_left,
    read_left,
    read_membership,
)
from workshop.classroom.learner.outbox import Happening, Outbox
from workshop.classroom.learner.recording import class_progress
from workshop.classroom.protocol import MOST_REPORTS
from workshop.course.exercise import incorrect, passed
from workshop.course.progress import CourseProgress
from workshop.errors import BoardError, ConfigurationError

CHECKED = {"step": "put-records", "outcome": "incorrect", "attempts": 1}


@pytest.mark.parametrize("form", ["{}/?code=ABC-234", "{}/join?code=abc234", "{}/ABC-234", "{}/join/ABC-234"])
def test_any_form_of_the_invitation_will_do(board: StandIn, tmp_path: Path, form: str) -> None:
    """The address with the code joins, however the join page or its QR code writes it."""
    joined = join_class(tmp_path, form.format(board.address), "Ada")

    assert joined.alias == "Ada"
    assert read_membership(tmp_path) == joined


def test_what_was_done_before_counts(board: StandIn, tmp_path: Path) -> None:
    """Who joins late brings along what was passed before, once."""
    progress = CourseProgress(tmp_path)
    progress.take_hint("put-records", 2)
    progress.record("put-records", passed("Yes."))
    join_class(tmp_path, board.invitation, "Ada")
    join_class(tmp_path, board.invitation)

    assert [each["kind"] for each in board.of("Ada")] == ["hinted", "checked"]


def test_joining_again_keeps_the_learner(board: StandIn, tmp_path: Path) -> None:
    """With the code alone a learner changes the alias and stays the same learner."""
    first = join_class(tmp_path, board.invitation, "Ada")
    again = join_class(tmp_path, CODE, "Grace")

    assert (again.learner, again.token) == (first.learner, first.token)
    assert len(board.learners) == 1


def test_a_board_that_moves_keeps_its_learners(board: StandIn, tmp_path: Path) -> None:
    """Who joins at the board's new address, or again after an answer was lost, is the same learner."""
    first = join_class(tmp_path, board.invitation, "Ada")
    board.move()
    moved = join_class(tmp_path, board.invitation)
    forget_membership(tmp_path)
    again = join_class(tmp_path, board.invitation, "Ada")

    assert (moved.key, moved.token, moved.address) == (first.key, first.token, board.address)
    assert again == moved
    assert len(board.learners) == 1


def test_another_class_gets_another_token(board: StandIn, tmp_path: Path) -> None:
    """What one class knows a learner by is of no use to another, and their reports are kept apart."""
    first = join_class(tmp_path, board.invitation, "Ada")
    board.class_id, board.learners = "class-2", {}
    second = join_class(tmp_path, board.invitation)

    assert first.learner == second.learner
    assert first.key != second.key
    assert first.token != second.token


def other_class() -> StandIn:
    """Return a board of another class, which listens."""
    other = StandIn()
    other.class_id = "class-2"
    return other.start()


@pytest.mark.parametrize("is_away", [False, True])
def test_who_joins_another_class_takes_leave_of_the_first(
    board: StandIn, tmp_path: Path, *, is_away: bool
) -> None:
    """The class of before hears the last reports first; what it cannot hear is told, and comes later."""
    other, told = other_class(), []
    first = join_class(tmp_path, board.invitation, "Ada")
    for tick in range(2):
        Outbox(tmp_path, first.key).add([Happening("checked", CHECKED, float(tick))])
    if is_away:
        board.stop()
    join_class(tmp_path, other.invitation, tell=told.append)
    after_leave = len(board.of("Ada"))
    if is_away:
        board.start()
    join_class(tmp_path, board.invitation, tell=told.append)
    other.stop()

    assert after_leave == (0 if is_away else 2)
    assert ["2 reports have not arrived" in each for each in told] == [True] * is_away
    assert [each["attempts"] for each in board.of("Ada")] == [1, 1]
    assert other.of("Ada") == []


def test_who_returns_to_a_class_tells_no_wrong_answer_twice(board: StandIn, tmp_path: Path) -> None:
    """A board that knows a learner hears at the return what is passed, and no wrong answer again."""
    other, progress = other_class(), class_progress(tmp_path)
    join_class(tmp_path, board.invitation, "Ada")
    progress.record("put-records", incorrect("No."))
    join_class(tmp_path, other.invitation)
    progress.record("first-trade", passed("Yes."))
    join_class(tmp_path, board.invitation)
    other.stop()

    assert [(each["step"], each["outcome"]) for each in board.of("Ada")] == [
        ("put-records", "incorrect"),
        ("first-trade", "passed"),
    ]


def test_who_returns_to_a_board_that_never_answered_tells_no_wrong_answer_twice(
    board: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What still waits for a board is not reported once more at the return."""
    other, progress = other_class(), class_progress(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(joining, "deliver_briefly", lambda *_, **__: None)
        first = join_class(tmp_path, board.invitation, "Ada")
        for _ in range(2):
            progress.record("put-records", incorrect("No."))
        join_class(tmp_path, other.invitation)
    assert not Outbox(tmp_path, first.key).heard_at
    join_class(tmp_path, board.invitation)
    other.stop()

    assert [each["attempts"] for each in board.of("Ada")] == [1, 2]


def test_all_reports_that_wait_are_counted(tmp_path: Path) -> None:
    """More reports may wait than one request takes."""
    outbox = Outbox(tmp_path, "class-1/learner-1")
    outbox.add(Happening("checked", CHECKED, float(tick)) for tick in range(MOST_REPORTS + 2))
    assert outbox.waiting == MOST_REPORTS + 2

    outbox.hear({}, 1.0)
    outbox.hear({}, 2.0, accepted=MOST_REPORTS)
    assert outbox.waiting == 2


def test_leaving_without_the_board_is_made_up_for(board: StandIn, tmp_path: Path) -> None:
    """Who leaves while the board is away is told so; it forgets them when a kernel reaches it again."""
    join_class(tmp_path, board.invitation, "Ada")
    board.stop()
    left = leave_class(tmp_path)
    assert left is not None
    assert f"{board.address} could not be told yet and still shows Ada" in left.told
    assert read_membership(tmp_path) is None

    board.start()
    board.class_id = "of somebody else"
    Courier(tmp_path, lambda _: None).step()
    assert len(board.learners) == len(read_left(tmp_path)) == 1

    board.class_id = "class-1"
    Courier(tmp_path, lambda _: None).step()
    assert board.learners == {}
    assert leave_class(tmp_path) is None


def test_rejoining_after_an_unheard_leave_begins_anew(board: StandIn, tmp_path: Path) -> None:
    """A board that was not told of a leave is told before the learner joins again, wherever it is by then."""
    join_class(tmp_path, board.invitation, "Ada")
    board.stop()
    leave_class(tmp_path)
    board.move()
    join_class(tmp_path, board.invitation, "Ada")

    assert [each["alias"] for each in board.learners.values()] == ["Ada"]
    assert read_left(tmp_path) == ()


def test_who_is_in_a_class_again_is_not_removed_from_it(board: StandIn, tmp_path: Path) -> None:
    """A leave that the board never took is off when its learner joins again."""
    joined = join_class(tmp_path, board.invitation, "Ada")
    keep_left(tmp_path, [joined])
    assert forget_left(tmp_path) == read_left(tmp_path) == ()

    keep_left(tmp_path, [joined])
    join_class(tmp_path, board.invitation)
    forget_membership(tmp_path)
    assert forget_left(tmp_path) == ()
    assert len(board.learners) == 1


class Meanwhile(dict[str, Any]):
    """A board's learners; something else happens while one is deleted."""

    happens: Callable[[], object]

    def __delitem__(self, token: str) -> None:
        super().__delitem__(token)
        self.happens()


def test_a_class_that_is_left_meanwhile_is_kept(board: StandIn, tmp_path: Path) -> None:
    """What another process notes while a board is being told stays noted."""
    joined = join_class(tmp_path, board.invitation, "Ada")
    other = replace(joined, class_id="class-2")
    board.learners = Meanwhile(board.learners)
    board.learners.happens = lambda: keep_left(tmp_path, [joined, other])

    leave_class(tmp_path)

    assert read_left(tmp_path) == (other,)


def test_a_file_that_cannot_be_changed_ends_no_courier(board: StandIn, tmp_path: Path) -> None:
    """Where the note of a left class cannot be removed, the kernel's courier tries again later."""
    joined = join_class(tmp_path, board.invitation, "Ada")
    forget_membership(tmp_path)
    keep_left(tmp_path, [joined])

    def spoil() -> None:
        (tmp_path / LEFT_FILE).unlink()
        (tmp_path / LEFT_FILE).mkdir()

    board.learners = Meanwhile(board.learners)
    board.learners.happens = spoil

    assert Courier(tmp_path, lambda _: None).step() == LONGEST_PAUSE_SECONDS
    assert board.learners == {}


def test_the_class_just_left_is_told_of_first(board: StandIn, tmp_path: Path) -> None:
    """A board of an earlier class that is still away hides nothing of the one that was left now."""
    earlier = join_class(tmp_path, board.invitation, "Ada")
    forget_membership(tmp_path)
    away = replace(earlier, address=gone(), class_id="class-0")
    keep_left(tmp_path, [away])
    join_class(tmp_path, board.invitation, "Grace")

    left = leave_class(tmp_path)

    assert left is not None
    assert left.alias == "Grace"
    assert left.waiting == (away,)
    assert left.told.startswith(
        "Nothing is reported any more. The class board has forgotten Grace. "
        f"The class board at {away.address} could not be told yet and still shows Ada."
    )


def test_leaving_forgets_on_both_sides(board: StandIn, tmp_path: Path) -> None:
    """Who leaves is gone from the board, and nothing of the class is left at home."""
    join_class(tmp_path, board.invitation, "Ada")
    left = leave_class(tmp_path)

    assert left is not None
    assert left.told == "The class board has forgotten Ada."
    assert board.learners == {}
    assert read_membership(tmp_path) is None
    assert leave_class(tmp_path) is None


def gone() -> str:
    """Return an address where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def refused(home: Path, invitation: str, alias: str | None = "Ada") -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        join_class(home, invitation, alias)
    assert read_membership(home) is None
    return str(caught.value).splitlines()


def test_refusals_say_what_happened_and_what_to_do(board: StandIn, tmp_path: Path) -> None:
    """A wrong code, a taken alias, no alias and a bare code each get two lines."""
    join_class(tmp_path / "other", board.invitation, "Ada")

    assert refused(tmp_path, f"{board.address}/XYZ-234") == [
        f"{board.address} did not let you in: this code lets nobody in",
        "Codes change: copy the one that the join page shows now.",
    ]
    assert refused(tmp_path, board.invitation) == [
        f"{board.address} did not let you in: `Ada` is taken; `Ada2` is free",
        "Join again with another alias.",
    ]
    assert (
        refused(tmp_path, board.invitation, None)[0]
        == "the class needs a name to show for you, and any will do"
    )
    assert refused(tmp_path, CODE)[0] == "the code ABC-234 alone does not say where the board is"
    assert "1 to 24 characters" in refused(tmp_path, board.invitation, "x" * 25)[0]


def test_nobody_there_is_told_from_another_network(tmp_path: Path) -> None:
    """Nothing that listens, and a machine that cannot be reached, are different mistakes."""
    address = gone()

    assert refused(tmp_path, f"{address}/ABC-234") == [
        f"no class board listens at {address}",
        "Ask whether it runs, and compare the address with the board's join page.",
    ]
    assert refused(tmp_path, "board.invalid/ABC-234") == [
        "this machine does not reach a class board at http://board.invalid:8787",
        "Join the network (Wi-Fi) of the board's machine, and compare the address with its join page.",
    ]


def test_another_server_is_no_board(board: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that no board gives joins nothing."""
    monkeypatch.setattr(
        "tests.classroom.learner.board_stand_in._Handler._join", lambda self, _: self._say(200, {"hello": 1})
    )

    with pytest.raises(BoardError, match="is no class board"):
        join_class(tmp_path, board.invitation, "Ada")
    assert read_membership(tmp_path) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
@pytest.mark.parametrize("said", ["<html>", '{"error": "no such page"}'])
def test_an_address_that_is_no_board_asks_for_another_address(
    board: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, said: str
) -> None:
    """Whatever another server refuses, it is the address that is wrong, and not code or alias."""

    def refuse(handler: Any) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(said)))
        handler.end_headers()
        handler.wfile.write(said.encode())

    monkeypatch.setattr("tests.classroom.learner.board_stand_in._Handler.do_GET", refuse)

    what, way_on = refused(tmp_path, board.invitation)

    assert board.address in what
    assert way_on == "Look at the address on the board's join page again."


@pytest.mark.parametrize("why", ["the class is closed", "the class is full: a board takes 400 learners"])
def test_who_has_the_right_code_is_not_sent_for_another(board: StandIn, tmp_path: Path, why: str) -> None:
    """A class that is closed or full says so, and nobody is told that codes change."""
    board.closed = why

    with pytest.raises(
        BoardError, match=f"did not let you in: {why}\nTell whoever leads the class"
    ) as refused:
        join_class(tmp_path, board.invitation, "Ada")

    assert "code" not in str(refused.value)


def test_what_a_board_claims_does_nothing_to_a_terminal(board: StandIn, tmp_path: Path) -> None:
    """A board that gives an alias which nobody could choose is none, and the name of a class is printable."""
    for alias in ("\x1b[2J", "A\u202eda", "A" * 99, ["Ada"], ""):
        board.claims = {"alias": alias}
        with pytest.raises(BoardError, match="is no class board"):
            join_class(tmp_path, board.invitation, "Ada")
    assert read_membership(tmp_path) is None

    board.claims = {"class": "\x1b[2JRisk" + "k" * 999}
    name = join_class(tmp_path, board.invitation, "Ada").class_name
    assert name.isprintable()
    assert len(name) == 200
