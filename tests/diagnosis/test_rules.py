"""Faults that come in families: a missing guard shows in every place where it was needed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.diagnosis.messages import different, message, totals
from workshop.diagnosis import CauseKind, Confidence, Diagnosis, Evidence, diagnose
from workshop.pipeline.messages import Message, PlanOptions, make_plan
from workshop.pipeline.truth import stateful_truth

AT_REST = Evidence(pending=0)


@pytest.fixture(name="sent")
def plan() -> list[Message]:
    options = PlanOptions(
        messages=600, seed=4, duplicates=10, modify=10, out_of_order=50, cancel=20, run_id=None
    )
    return list(make_plan(options).messages)


def diagnosed(sent: list[Message], count: Callable[[Message], bool]) -> Diagnosis:
    """Return the diagnosis when the messages that `count` chooses are added to the right totals."""
    truth = stateful_truth(sent)
    right = [each for each in sent if count(each)]
    extra = stateful_truth(
        replace(each, trade_id=f"extra {number}", cancelled=False) for number, each in enumerate(right)
    )
    observed = replace(
        totals(sent),
        totals={path: total + extra.totals.get(path, 0) for path, total in truth.totals.items()},
        trades={path: number + extra.trades.get(path, 0) for path, number in truth.trades.items()},
    )
    return diagnose(sent, observed, pipeline="stateful", evidence=AT_REST)


def test_every_stale_version_applied_is_one_cause(sent: list[Message]) -> None:
    """Without the version condition, all trades whose older version came last are named together."""
    newest: dict[str, Message] = {}
    last: dict[str, Message] = {}
    for each in sent:
        newest[each.trade_id] = max(newest.get(each.trade_id, each), each, key=lambda one: one.version)
        last[each.trade_id] = each
    late = {
        trade
        for trade, each in last.items()
        if each.version < newest[trade].version and not (each.cancelled or newest[trade].cancelled)
    }
    held = [last[trade] if trade in late else each for trade, each in newest.items()]

    (cause,) = diagnose(sent, totals(held), pipeline="stateful", evidence=AT_REST).causes

    assert cause.kind is CauseKind.STALE_VERSION
    assert {element.trade_id for element in cause.elements} == late
    assert len(late) > 5


def test_every_duplicate_counted_is_one_cause(sent: list[Message]) -> None:
    """When all duplicates count again, that is one cause, and it is certain."""
    seen: set[tuple[str, int]] = set()

    def is_duplicate(each: Message) -> bool:
        key = (each.trade_id, each.version)
        known = key in seen
        seen.add(key)
        return known and not each.cancelled

    (cause,) = diagnosed(sent, is_duplicate).causes

    assert (cause.kind, cause.confidence) == (CauseKind.DUPLICATE_COUNTED, Confidence.CERTAIN)
    assert len(cause.elements) > 20


def test_some_of_a_family_are_found_together() -> None:
    """When three of ten trades were cancelled in vain, those three are named."""
    trades = different(200)
    sent = [*trades[:100]]
    for trade, other in zip(trades[:100:10], trades[100:], strict=False):
        sent += [other, replace(trade, version=2, cancelled=True)]
    still_there = [trades[10], trades[50], trades[80]]

    gone = {each.trade_id for each in sent if each.cancelled} - {each.trade_id for each in still_there}
    observed = totals([each for each in sent if each.trade_id not in gone and not each.cancelled])
    (cause,) = diagnose(sent, observed, pipeline="stateful", evidence=AT_REST).causes

    assert cause.kind is CauseKind.CANCELLED_COUNTED
    assert {element.trade_id for element in cause.elements} == {each.trade_id for each in still_there}


def test_map_that_never_subtracts_is_one_cause() -> None:
    """When no old value is subtracted, every trade that changed is named."""
    first = different(100)
    second = [replace(each, version=2, value=each.value + 3) for each in first[:40]]
    sent = first + second

    observed = totals([*sent[:100], *(replace(each, trade_id=f"{each.trade_id}-new") for each in second)])
    (cause,) = diagnose(sent, observed, pipeline="stateful", evidence=AT_REST).causes

    assert cause.kind is CauseKind.OLD_VALUE_KEPT
    assert len(cause.elements) == 40


def test_version_guard_is_not_blamed_for_a_single_trade() -> None:
    """One stale version among many that were refused is told as the one that it is."""
    news = different(50)
    late = [replace(each, version=2, value=each.value + 5) for each in news[:5]]
    sent = [*late, *news]

    observed = totals([*late[1:], news[0], *news[5:]])
    (cause,) = diagnose(sent, observed, pipeline="stateful", evidence=AT_REST).causes

    assert cause.kind is CauseKind.STALE_VERSION
    assert [element.trade_id for element in cause.elements] == [news[0].trade_id]


def test_message_counted_many_times_is_one_cause() -> None:
    """A message that counts five times is one fault, whatever the number."""
    sent = [message("trade-0", "12.34"), *different(100)]
    again = [replace(sent[0], trade_id=f"again {number}") for number in range(4)]

    (cause,) = diagnose(sent, totals([*sent, *again]), pipeline="stateful", evidence=AT_REST).causes

    assert (cause.kind, cause.confidence) == (CauseKind.DUPLICATE_COUNTED, Confidence.CERTAIN)
    assert cause.elements[0].counted == 5
