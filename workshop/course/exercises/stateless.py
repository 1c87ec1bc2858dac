"""Exercises of notebook 07: the stateless pipeline is connected, its batches are made large, then guarded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from workshop.course.exercise import (
    Cell,
    CheckResult,
    Exercise,
    Function,
    incorrect,
    not_attempted,
    passed,
)
from workshop.course.trials.batch_guard import try_batch_guard
from workshop.course.trials.trial import check_by

if TYPE_CHECKING:
    from workshop.course.course import Course
    from workshop.course.trials.scratch_stack import ScratchStack
    from workshop.pipeline.messages import Message

__all__ = ["EXERCISES"]

FUNCTION = "MapLambda"
SMALL = 100
NO_STACK = "The stateless stack is not there yet; the first cells of notebook 07 make it."
LARGE = 5_000
STORE = Function("stateless/map.py", "store", "textbook")


def check_connection(course: Course) -> CheckResult:
    """Observe the mapping that feeds MapLambda of the stateless stack: its source and start."""
    if not course.stateless.is_deployed:
        return not_attempted(NO_STACK)
    mapping = course.stateless.mapping(FUNCTION)
    if mapping is None:
        return not_attempted(
            f"Nothing reads for {FUNCTION} of `{course.stateless.stack}` yet; it has no event source mapping."
        )
    if trouble := _trouble(course, mapping):
        return incorrect(trouble)
    return passed(f"{FUNCTION} reads the stream itself, from its oldest record on; no stage comes before it.")


def check_batch_size(course: Course) -> CheckResult:
    """Observe the batch size and window of that mapping."""
    if not course.stateless.is_deployed:
        return not_attempted(NO_STACK)
    mapping = course.stateless.mapping(FUNCTION)
    if mapping is None:
        return not_attempted(
            f"{FUNCTION} has no event source mapping; the exercise before this one makes it."
        )
    size, window = mapping["BatchSize"], mapping.get("MaximumBatchingWindowInSeconds") or 0
    is_as_before = size <= SMALL and window <= 1 and (mapping.get("ParallelizationFactor") or 1) == 1
    if is_as_before:
        return not_attempted(f"A batch still holds up to {size:,} messages.")
    if trouble := _trouble(course, mapping) or _small(mapping, size, window):
        return incorrect(trouble)
    return passed(f"Up to {size:,} messages become one row, and Lambda waits {window} s for them.")


def _small(mapping: dict[str, Any], size: int, window: int) -> str:
    """Say why batches are not as large as they were asked for, if they are not."""
    factor = mapping.get("ParallelizationFactor") or 1
    if factor > 1:
        return (
            f"Up to {factor} batches of one shard are worked on at the same time now, of {size:,} messages "
            "at most: that is more invocations and more rows, not fewer."
        )
    if size > LARGE:
        return (
            f"A batch may hold up to {size:,} messages. An invocation carries 6 MB, and as an event one of "
            "our messages takes about 850 bytes, so such a batch is never full."
        )
    if size < LARGE:
        return (
            f"A batch holds up to {size:,} messages, and Lambda waits {window} s for them; "
            "the task asks for larger ones."
        )
    if window < 1:
        return (
            f"A batch may hold {size:,} messages, and Lambda waits 0 seconds for them: it takes what it "
            "finds at once, be it three."
        )
    return ""


def try_guard(scratch: ScratchStack) -> Iterator[str]:
    """Deliver batches of the stream, one of them twice; see `try_batch_guard`."""

    def event(trades: Sequence[Message], start: int) -> Any:
        return scratch.kinesis_event(trades, start=start)

    again = "The producer put the same three messages into the stream once more"
    yield from try_batch_guard(scratch, event, again=again)


def undo(course: Course) -> None:
    """Take the connection away."""
    course.stateless.disconnect(FUNCTION)


def _trouble(course: Course, mapping: dict[str, Any]) -> str:
    if (source := mapping["EventSourceArn"]) != course.stateless.stream_arn("IncomingDataStream"):
        return f"The mapping reads `{source}`, which is not the stream of `{course.stateless.stack}`."
    if mapping["State"] == "Disabled":
        return "The mapping is there, but its state is `Disabled`, so it reads nothing."
    if (start := mapping.get("StartingPosition")) != "TRIM_HORIZON":
        return (
            f"The mapping began to read at `{start}`. What was in the stream before that moment, or comes "
            "while the mapping is being made, may never be read."
        )
    return ""


EXERCISES = (
    Exercise(
        id="stateless-connect",
        title="Connect MapLambda to the stream itself",
        notebook="07",
        minutes=4,
        answer_location=Cell("07"),
        check=check_connection,
        undo=undo,
    ),
    Exercise(
        id="stateless-batch-size",
        title="Fewer rows: batches of 5,000",
        notebook="07",
        minutes=3,
        answer_location=Cell("07"),
        check=check_batch_size,
    ),
    Exercise(
        id="stateless-batch-guard",
        title="A hash that names each batch",
        notebook="07",
        minutes=6,
        answer_location=STORE,
        check=check_by(
            try_guard,
            STORE,
            success="A batch that came twice left one row, and other batches left rows of their own.",
        ),
    ),
)
