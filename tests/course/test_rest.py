"""When a pipeline counts as being at rest."""

from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.clock import ManualClock
from workshop.course import rest as rest_module
from workshop.course.exercise import CheckResult, Outcome, incorrect, judge, passed
from workshop.course.exercises import find_exercise
from workshop.course.rest import Rest, wait_for_rest
from workshop.course.settled import judged_at_rest
from workshop.errors import NotSettledError
from workshop.notebook.parts.actions import rest_shown
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.example import EXAMPLE_MESSAGES

EMPTY = AggregateSnapshot()
FULL = AggregateSnapshot(totals={"PV": Decimal(1)})


def waited(
    read: Callable[[float], AggregateSnapshot],
    pending: Callable[[float], int | None],
    *,
    timeout: float = 60.0,
    fails: Callable[[], bool] = bool,
) -> tuple[Rest, float]:
    """Return what was seen in the end, and after how many seconds."""
    clock = ManualClock(0.0)

    def quiet(seconds: float) -> bool | None:
        clock.sleep(seconds)
        waiting = pending(clock.now())
        return None if waiting is None else waiting == 0

    looks = (lambda: read(clock.now())), (lambda: pending(clock.now())), quiet, fails
    rest = wait_for_rest(*looks, clock=clock, timeout_seconds=timeout)
    return rest, clock.now()


def test_nothing_pending_is_rest() -> None:
    """Where the cloud says that nothing is under way, the first look is the last."""
    rest, seconds = waited(lambda _: FULL, lambda _: 0)

    assert rest == Rest(FULL, 0, is_certain=True)
    assert seconds == 0


def test_records_on_their_way_are_waited_for() -> None:
    """While records are pending, totals that stand still are not taken for the end."""
    rest, seconds = waited(lambda now: FULL if now > 8 else EMPTY, lambda now: 0 if now > 8 else 5)

    assert rest.snapshot == FULL
    assert 8 < seconds < 11


def test_on_aws_unchanged_totals_are_rest() -> None:
    """Where nobody tells what is pending, totals that stay the same for ten seconds are at rest."""
    rest, seconds = waited(lambda now: FULL if now > 5 else EMPTY, lambda _: None)

    assert rest == Rest(FULL, None, is_certain=True)
    assert 15 <= seconds < 17


def test_a_shard_that_is_stuck_is_not_waited_for() -> None:
    """Records that stay pending while nothing changes come from a batch that fails again and again."""
    rest, seconds = waited(lambda _: FULL, lambda _: 7)

    assert rest == Rest(FULL, 7, is_certain=True)
    assert 30 <= seconds < 32


def test_a_function_that_plainly_fails_is_not_waited_for() -> None:
    """Where every record waits behind a batch that fails again and again, looking on gains nothing."""
    rest, seconds = waited(lambda _: FULL, lambda _: 7, fails=lambda: True)

    assert rest == Rest(FULL, 7, is_certain=True)
    assert seconds < 3


def test_what_came_after_the_last_look_is_waited_for() -> None:
    """A record that somebody else has just sent is not taken for one that is stuck."""
    counts = iter([0, 1, 1, 1])

    rest, seconds = waited(lambda _: FULL, lambda _: next(counts, 0))

    assert rest == Rest(FULL, 0, is_certain=True)
    assert seconds <= 2


def test_patience_ends() -> None:
    """A pipeline that never rests is given up after the time that was allowed, with what was seen last."""
    rest, seconds = waited(
        lambda now: AggregateSnapshot(message_count=int(now * 10)), lambda _: 1, timeout=30
    )

    assert not rest.is_certain
    assert rest.snapshot.message_count > 0
    assert 30 <= seconds < 31


def test_totals_that_change_while_they_are_read_are_read_again() -> None:
    """A snapshot that cannot be taken is no error, and nothing that was at rest."""

    def read(now: float) -> AggregateSnapshot:
        if now < 3:
            raise NotSettledError("changes")
        return FULL

    rest, seconds = waited(read, lambda _: 0)

    assert rest.snapshot == FULL
    assert seconds >= 3


@pytest.mark.parametrize("pending", [None, 0])
def test_no_snapshot_at_all_is_an_empty_one(pending: int | None) -> None:
    """If the totals could never be read, the answer is empty and not certain."""

    def read(_: float) -> AggregateSnapshot:
        raise NotSettledError("changes")

    rest, _ = waited(read, lambda _: pending, timeout=5)

    assert rest == Rest(EMPTY, pending, is_certain=False)


JUDGED_AT_REST = pytest.mark.parametrize("exercise", ["totals-exact", "break-it", "break-the-guard"])


@JUDGED_AT_REST
def test_what_still_moves_is_not_judged(exercise: str) -> None:
    """A check of totals says that they still move, instead of calling them right or wrong."""
    course: Any = SimpleNamespace(
        messages=lambda: [EXAMPLE_MESSAGES["M1"]],
        sent=SimpleNamespace(records=lambda: ["M1"]),
        rest_state=lambda: Rest(FULL, 5, is_certain=False),
    )

    verdict = judge(find_exercise(exercise), course)

    assert verdict.outcome is Outcome.NOT_ATTEMPTED
    assert "Still moving: 5 records are still on the way" in verdict.feedback
    assert "run the check again" in verdict.feedback


@pytest.mark.parametrize("verdict", [passed("Exact."), incorrect("Wrong.")])
def test_messages_that_come_while_a_check_looks_are_not_judged(verdict: CheckResult) -> None:
    """Totals that were at rest before the last message was sent say nothing about it."""
    looks = iter([["M1"], ["M1", "M2"]])
    course: Any = SimpleNamespace(
        sent=SimpleNamespace(records=lambda: next(looks)), rest_state=lambda: Rest(FULL, 0, is_certain=True)
    )

    judged = judged_at_rest(course, lambda _: verdict)

    assert judged.outcome is Outcome.NOT_ATTEMPTED
    assert "messages were sent while the check looked" in judged.feedback


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [(passed("Exact."), Outcome.NOT_ATTEMPTED), (incorrect("Wrong."), Outcome.INCORRECT)],
)
def test_a_batch_that_is_stuck_lets_nothing_pass(verdict: CheckResult, outcome: Outcome) -> None:
    """Totals behind a stuck batch can be wrong, but not right: what is pending may still change them."""
    course: Any = SimpleNamespace(
        sent=SimpleNamespace(records=lambda: ["M1"]), rest_state=lambda: Rest(FULL, 7, is_certain=True)
    )

    assert judged_at_rest(course, lambda _: verdict).outcome is outcome


@pytest.mark.parametrize(
    ("rest", "told"),
    [
        (Rest(EMPTY, 0, is_certain=True), "✓ At rest: nothing moves"),
        (Rest(FULL, 1, is_certain=False), "▲ Still moving: after 8 s, 1 record is still on the way"),
        (Rest(FULL, None, is_certain=False), "▲ Still moving: after 8 s, the totals still change"),
        (Rest(FULL, 7, is_certain=True), "▲ Stuck: nothing has changed for a while: 7 records are still"),
        (
            Rest(FULL, 7, is_certain=True, where="7 records wait before MapLambda", trouble="It fails."),
            "▲ Stuck: nothing has changed for a while: 7 records wait before MapLambda. It fails",
        ),
        (
            Rest(EMPTY, 0, is_certain=True, unread="Nothing reads the 6 items of StateTable."),
            "● At rest so far: nothing moves. Nothing reads the 6 items of StateTable.",
        ),
    ],
)
def test_a_notebook_says_rest_only_of_what_rests(rest: Rest, told: str) -> None:
    """Only totals behind which nothing is pending are shown as being at rest."""
    assert rest_shown(rest, 8.0).text.startswith(told)


def test_on_aws_rest_is_not_claimed_behind_a_function_that_has_failed() -> None:
    """Where nobody counts what waits, the error of the last minutes is told beside the totals at rest."""
    told = rest_shown(Rest(FULL, None, is_certain=True, trouble="MapLambda has failed: KeyError."), 60).text

    assert told.startswith(
        "● At rest so far: nothing moves. MapLambda has failed: KeyError. AWS does not tell"
    )


@pytest.mark.parametrize(
    ("pending", "is_certain", "asked"), [(None, True, True), (0, True, False), (5, True, True)]
)
def test_logs_are_read_where_records_may_wait(
    monkeypatch: pytest.MonkeyPatch, pending: int | None, is_certain: bool, asked: bool
) -> None:
    """What fails is looked up where records wait, or where nobody knows; not where all has arrived."""
    monkeypatch.setattr(rest_module, "troubles_of", lambda *_: ["MapLambda has failed: KeyError."])
    monkeypatch.setattr(rest_module, "unfed", lambda _: {})
    stack: Any = SimpleNamespace(cloud=None, outputs={}, pipeline="stateful")

    told = rest_module.trouble_with(stack, Rest(FULL, pending, is_certain=is_certain))

    assert bool(told) == asked
