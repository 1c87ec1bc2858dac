"""Whether a batch that was sent is done, retried, bisected or discarded. Pure.

Two steps, each a function that returns a named value: `judge` reads the function's answer, `decide` turns
the result and the mapping's settings into a decision. The poller only carries decisions out.
Source: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html, sections on errors and on reporting
batch item failures. AWS does not publish its back-off; ours doubles from half a second to a minute.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from workshop.cloud.offline.runtime.event_sources.mappings import ENDLESS, Mapping

__all__ = [
    "Advance",
    "BatchResult",
    "Bisect",
    "Condition",
    "Decision",
    "Discard",
    "Failed",
    "NotInvoked",
    "Regroup",
    "Retry",
    "Succeeded",
    "Wait",
    "backoff_seconds",
    "decide",
    "expired_count",
    "judge",
    "throttle_seconds",
]

FIRST_BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 60.0
# A poller that found no free concurrency tries again soon: on AWS many compete, offline there are few.
FIRST_THROTTLE_SECONDS = 0.05
LONGEST_THROTTLE_SECONDS = 2.0


class Condition(StrEnum):
    """Why a batch was discarded, in AWS's words."""

    RETRY_ATTEMPTS_EXHAUSTED = "RetryAttemptsExhausted"
    RECORD_AGE_EXCEEDED = "RecordAgeExceeded"


@dataclass(frozen=True, slots=True)
class Succeeded:
    """The whole batch is done; `state` is what the function returned inside a tumbling window."""

    state: Any = None


@dataclass(frozen=True, slots=True)
class Failed:
    """The records from index `first` on are not done; 0 means the whole batch.

    `state` is what the function returned for those before.
    """

    first: int = 0
    state: Any = None


@dataclass(frozen=True, slots=True)
class NotInvoked:
    """The batch never reached the function; this costs no retry attempt."""


BatchResult = Succeeded | Failed | NotInvoked


@dataclass(frozen=True, slots=True)
class Advance:
    """The batch is done."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Send the records from index `first` on again, not before `at`; those before are done."""

    first: int
    attempts: int
    at: float


@dataclass(frozen=True, slots=True)
class Bisect:
    """Send the records before index `middle` first, then the others, each as a batch of its own."""

    middle: int


@dataclass(frozen=True, slots=True)
class Discard:
    """Discard the records from index `first` on; those before are done."""

    first: int
    condition: Condition


@dataclass(frozen=True, slots=True)
class Wait:
    """Send the same batch again, not before `at`; it has not reached the function."""

    at: float


@dataclass(frozen=True, slots=True)
class Regroup:
    """Send the records again, batched with other records, not before `at`.

    The next batch begins with the last `earlier` records of the batch before, which were done, and holds
    `size` records, or without a size as many as there are. No mapping asks for this; a poller that takes
    over from another one may do it.
    """

    earlier: int
    size: int | None
    at: float


Decision = Advance | Retry | Bisect | Discard | Wait | Regroup


def judge(
    answer: bytes,
    *,
    function_error: str | None,
    positions: Sequence[int],
    mapping: Mapping,
    in_window: bool = False,
) -> BatchResult:
    """Read what a function answered to a batch with these sequence numbers.

    An error fails the whole batch. A window's answer must hold a state. Item failures count only if the
    mapping asks for them; then the lowest sequence number reported decides, and a report that cannot be
    understood fails the batch.
    """
    if function_error is not None:
        return Failed()
    document = _parse(answer)
    state = document.get("state") if isinstance(document, dict) else None
    if in_window and not isinstance(state, dict):
        return Failed()
    if mapping.reports_item_failures and isinstance(document, dict):
        first = _first_failure(document.get("batchItemFailures"), positions)
        if first is not None:
            return Failed(first, state)
    return Succeeded(state)


def decide(
    result: BatchResult, *, count: int, attempts: int, throttles: int, mapping: Mapping, now: float
) -> Decision:
    """Return what happens to a batch of `count` records after `attempts` failed invocations before this one.

    Bisecting costs no attempt. The last invocation of a window has no records and is repeated until it
    succeeds.
    """
    if isinstance(result, Succeeded):
        return Advance()
    if isinstance(result, NotInvoked):
        return Wait(now + throttle_seconds(throttles + 1))
    # A report that names a record bisects there: what lies before it is done, the rest is a batch of its own
    # with all attempts ahead.
    # https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html
    if mapping.bisects and count > 1:
        return Bisect(count // 2) if result.first == 0 else Retry(result.first, attempts=0, at=now)
    limit = mapping.maximum_retry_attempts
    if count and limit != ENDLESS and attempts >= limit:
        return Discard(result.first, Condition.RETRY_ATTEMPTS_EXHAUSTED)
    return Retry(result.first, attempts=attempts + 1, at=now + backoff_seconds(attempts + 1))


def backoff_seconds(attempts: int) -> float:
    """Return how long to wait after the given number of failed invocations.

    >>> [backoff_seconds(attempts) for attempts in (1, 2, 3, 8, 100)]
    [0.5, 1.0, 2.0, 60.0, 60.0]
    """
    return min(LONGEST_BACKOFF_SECONDS, FIRST_BACKOFF_SECONDS * 2.0 ** min(attempts - 1, 16))


def throttle_seconds(throttles: int) -> float:
    """Return how long to wait after the given number of throttled attempts in a row."""
    return min(LONGEST_THROTTLE_SECONDS, FIRST_THROTTLE_SECONDS * 2.0 ** min(throttles - 1, 16))


def expired_count(arrivals: Sequence[float], *, limit_seconds: float, now: float) -> int:
    """Return how many records at the head of a batch are too old; those behind them stay."""
    count = 0
    # Only from the head: records are in the order of their arrival, and a poller can only move its checkpoint
    # up to the first one that is not done.
    while count < len(arrivals) and now - arrivals[count] > limit_seconds:
        count += 1
    return count


def _parse(answer: bytes) -> Any:
    try:
        return json.loads(answer) if answer else None
    except ValueError:
        return None


def _first_failure(failures: Any, positions: Sequence[int]) -> int | None:
    """Return the index of the first failed record, or None if none was reported."""
    if not failures:
        return None
    indexes = {str(position): index for index, position in enumerate(positions)}
    reported = [_identifier(failure) for failure in failures] if isinstance(failures, list) else [None]
    # AWS treats a report that it cannot match, an empty or null identifier included, as a failure of the
    # whole batch.
    if any(identifier not in indexes for identifier in reported):
        return 0
    return min(indexes[identifier] for identifier in reported if identifier is not None)


def _identifier(failure: Any) -> str | None:
    identifier = failure.get("itemIdentifier") if isinstance(failure, dict) else None
    return identifier if isinstance(identifier, str) else None
