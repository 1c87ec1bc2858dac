"""Exercises in `lambdas/stateful/state.py`: the newest version stands, and one record that fails is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from workshop.course.delivery import Delivery
from workshop.course.exercise import Exercise, Function
from workshop.course.trials.scratch_stack import ScratchStack
from workshop.course.trials.trial import (
    busy_at,
    busy_no_more,
    check_by,
    failures_in,
    money,
    trade,
)
from workshop.pipeline.messages import Message

__all__ = ["EXERCISES"]

FILE = "stateful/state.py"
KEEP = Function(FILE, "keep", "textbook")
LEDGER = Function(FILE, None, "ledger")
FAILURES = "batchItemFailures"
ACCEPTED_AS_SUCCESS: tuple[dict[str, Any] | None, ...] = (None, {}, {FAILURES: None}, {FAILURES: []})


def try_condition(scratch: ScratchStack) -> Iterator[str]:
    """Deliver versions of a trade in many orders; observe which of them StateTable holds."""
    three, four = trade("watched", "30.00", 3), trade("watched", "40.00", 4)
    other = trade("watched", "44.00", 4)
    cancelled = trade("watched", "0.00", 5, cancelled=True)
    ten = trade("watched", "90.00", 10)
    for what, message, stands in (
        ("A trade that StateTable did not hold came in version 3", three, three),
        ("Version 4 came after version 3", four, four),
        ("Version 3 came after version 4", three, four),
        ("Version 4 came again, this time with another value", other, four),
        ("The trade was cancelled in version 5", cancelled, cancelled),
        ("Version 4 came after the cancellation in version 5", four, cancelled),
        ("Version 10 came after version 5", ten, ten),
    ):
        yield from _after(scratch, what, message, stands)
    if aside := scratch.items("QuarantineTable"):
        yield (
            f"{len(aside)} of the messages lie in QuarantineTable (`{aside[0]['Reason']}`), though none was "
            "malformed: a version that is not newer is nothing unusual."
        )


def _after(scratch: ScratchStack, what: str, message: Message, stands: Message) -> Iterator[str]:
    """Deliver one version; yield what is wrong unless `stands` is the version in StateTable afterwards."""
    before = _item(scratch)
    tried = scratch.invoke("state", scratch.kinesis_event([message]))
    if tried.error and "GetItem" in str(tried.error):
        yield (
            f"{tried.error}. The role of the function lets it write to StateTable, not read from it; and "
            "a function that reads first and writes then can be overtaken in between."
        )
    yield from failures_in(tried, what)
    after = _item(scratch)
    if after is None:
        yield f"{what}, and the table holds no item of it."
    elif _content(after) != (stands.version, money(stands.value)):
        change = "stayed" if before == after else f"was {_shown(before)} and became"
        yield f"{what}, and the item in StateTable {change} {_shown(after)}."
    is_stored = message is stands
    told, untold = ("applied", "refused") if is_stored else ("refused", "applied")
    if untold in tried.report and told not in tried.report:
        yield (
            f"{what}, and StateTable is right. But the log of StateLambda says `{untold}`: `keep` has told "
            f"its caller that the version was {'not ' if is_stored else ''}stored."
        )


def _item(scratch: ScratchStack) -> dict[str, Any] | None:
    return next((item for item in scratch.items("StateTable") if item["TradeID"] == "watched"), None)


def _content(item: Mapping[str, Any]) -> tuple[Any, str]:
    """Return version and value; a learner's function may have written either of them, or neither."""
    return item.get("Version"), money(item["Value"]) if "Value" in item else "no value"


def _shown(item: Mapping[str, Any] | None) -> str:
    if item is None:
        return "absent"
    version, value = _content(item)
    return f"{'an item without a version,' if version is None else f'version {version}'} with {value}"


def try_partial_answer(scratch: ScratchStack) -> Iterator[str]:
    """Make DynamoDB busy at the third of five messages; observe the answer and what StateTable holds."""
    quiet = scratch.kinesis_event([trade("quiet", "1.00")])
    tried = scratch.invoke("state", quiet)
    yield from failures_in(tried, "A batch came in which nothing failed")
    if tried.answer not in ACCEPTED_AS_SUCCESS:
        yield f"Nothing failed in a batch, and StateLambda answered `{tried.answer}`."
    names = [f"trade-{number}" for number in range(1, 6)]
    event = scratch.kinesis_event([trade(name, "1.00") for name in names], start=10)
    busy_at(scratch, "state", 3)
    tried = scratch.invoke("state", event)
    busy_no_more(scratch)
    numbers = [record["kinesis"]["sequenceNumber"] for record in event["Records"]]
    held = {item["TradeID"] for item in scratch.items("StateTable")}
    # Whoever writes the batch at once, or tries again, may have stored all of it.
    if tried.answer not in ACCEPTED_AS_SUCCESS or not held.issuperset(names):
        yield from _wrong_answer(tried, numbers)
    if lost := [name for name in names[:2] if name not in held]:
        yield f"The third of five records failed, and of the two before it `{lost[0]}` is not in StateTable."
    if aside := scratch.items("QuarantineTable"):
        yield (
            f"The record that met a busy DynamoDB lies in QuarantineTable (`{aside[0]['Reason']}`). Nothing "
            "is wrong with it; a moment later it could have been stored."
        )
    again = {"Records": event["Records"][2:]}
    yield from failures_in(scratch.invoke("state", again), "The last three records came again")
    held = {item["TradeID"] for item in scratch.items("StateTable")}
    if lost := [name for name in names if name not in held]:
        yield f"The last three records came again, and `{lost[0]}` is still not in StateTable."


def _wrong_answer(tried: Delivery, numbers: list[str]) -> Iterator[str]:
    """Yield what is wrong with the answer to five records of which the third failed."""
    what = "DynamoDB was busy when the third of five records was to be stored"
    yield from failures_in(tried, what)
    answer = tried.answer
    if not isinstance(answer, dict) or not isinstance(answer.get(FAILURES), list):
        yield (
            f"{what}, and StateLambda answered `{answer}`. Lambda considers the whole batch done, and the "
            "record is lost: it is not in StateTable, and nobody will send it again."
        )
        return
    if not answer[FAILURES]:
        yield f"{what}, and StateLambda answered that nothing had failed. The record is lost."
        return
    named = [str(each.get("itemIdentifier") if isinstance(each, dict) else each) for each in answer[FAILURES]]
    unknown = [each for each in named if each not in numbers]
    if unknown:
        yield (
            f"{what}, and StateLambda named `{unknown[0]}`, which is not a sequence number of the batch. "
            f"Lambda then treats the whole batch as failed. The record's number is `{numbers[2]}`."
        )
        return
    # Lambda begins again at the lowest number that is named.
    first = min(numbers.index(each) for each in named)
    if first != 2:
        consequence = "so that the third one is lost" if first > 2 else "with records that were stored"
        yield (
            f"{what}. The first record that StateLambda named is number {first + 1} of the batch, and Lambda "
            f"begins again there, {consequence}."
        )


EXERCISES = (
    Exercise(
        id="state-conditional-write",
        title="The newest version stands",
        notebook="09",
        minutes=8,
        answer_location=KEEP,
        check=check_by(
            try_condition,
            KEEP,
            success="Newer versions replace older ones; older and equal ones change nothing.",
        ),
    ),
    Exercise(
        id="state-partial-batch",
        title="Name the record that failed",
        notebook="11",
        minutes=8,
        # As a whole, since the finished function does more than this exercise asks for.
        answer_location=LEDGER,
        check=check_by(
            try_partial_answer,
            LEDGER,
            success="DynamoDB was busy in the middle of a batch of five: what was not stored was named "
            "and came again, and none of the five is lost.",
        ),
    ),
)
