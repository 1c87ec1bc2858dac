"""What an answer means, and what happens to the batch next: the decisions as tables."""

import json

import pytest

from workshop.cloud.offline.runtime.arns import FunctionReference, SourceReference
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import (
    Advance,
    BatchResult,
    Bisect,
    Condition,
    Discard,
    Failed,
    NotInvoked,
    Retry,
    Succeeded,
    Wait,
    decide,
    expired_count,
    judge,
    throttle_seconds,
)

NOW = 1000.0
POSITIONS = (11, 12, 13)
ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/S"


def mapping(**settings):
    return Mapping(
        uuid="u",
        region="us-east-1",
        account_id="123456789012",
        source=SourceReference.parse(ARN),
        function=FunctionReference("F"),
        **settings,
    )


def verdict_on(answer, *, function_error=None, in_window=False, **settings) -> BatchResult:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    return judge(
        body,
        function_error=function_error,
        positions=POSITIONS,
        mapping=mapping(**settings),
        in_window=in_window,
    )


def decision_on(result, *, count=4, attempts=0, throttles=0, **settings):
    return decide(
        result, count=count, attempts=attempts, throttles=throttles, mapping=mapping(**settings), now=NOW
    )


def failures(*identifiers):
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in identifiers]}


@pytest.mark.parametrize(
    "answer", [b"", "", [], None, {}, {"batchItemFailures": []}, {"batchItemFailures": None}]
)
def test_empty_report_means_success(answer) -> None:
    """No answer at all, and an empty one in any of the six shapes seen on AWS, completes the batch."""
    assert verdict_on(answer, reports_item_failures=True) == Succeeded()


@pytest.mark.parametrize(
    "answer",
    [
        failures(""),
        failures(None),
        {"batchItemFailures": [{"foo": "11"}]},
        {"batchItemFailures": [{"foo": None}]},
        failures("99"),
        failures(11),
        {"batchItemFailures": "11"},
    ],
)
def test_report_that_names_no_record_fails_the_batch(answer) -> None:
    """A report whose identifier is empty, missing, no text or not in the batch fails the whole batch."""
    assert verdict_on(answer, reports_item_failures=True) == Failed(0)


def test_lowest_reported_record_decides() -> None:
    """Of several reported records the one with the lowest sequence number is where the retry begins."""
    assert verdict_on(failures("13", "12"), reports_item_failures=True) == Failed(1)


def test_sequence_numbers_compare_as_numbers() -> None:
    """The lowest sequence number is the smallest number, not the first in the alphabet."""
    result = judge(
        json.dumps(failures("9", "10")).encode(),
        function_error=None,
        positions=(9, 10),
        mapping=mapping(reports_item_failures=True),
    )

    assert result == Failed(0)


def test_report_is_ignored_unless_asked_for() -> None:
    """Without ReportBatchItemFailures a report has no meaning, and the batch is done."""
    assert verdict_on(failures("11")) == Succeeded()


def test_function_error_fails_the_whole_batch() -> None:
    """An error fails the whole batch, whatever the payload reports."""
    result = verdict_on(failures("13"), function_error="Unhandled", reports_item_failures=True)

    assert result == Failed(0)


@pytest.mark.parametrize("answer", [None, {}, {"state": None}, {"state": "text"}, [1]])
def test_window_needs_a_state(answer) -> None:
    """Inside a tumbling window an answer without a state counts as a failure."""
    assert verdict_on(answer, in_window=True) == Failed(0)


def test_window_state_is_handed_on() -> None:
    """Inside a tumbling window the returned state is kept, also when later records failed."""
    answer = {"state": {"n": 1}, **failures("12")}

    assert verdict_on({"state": {"n": 1}}, in_window=True) == Succeeded({"n": 1})
    assert verdict_on(answer, in_window=True, reports_item_failures=True) == Failed(1, {"n": 1})


@pytest.mark.parametrize(
    ("result", "settings", "attempts", "expected"),
    [
        (Succeeded(), {}, 0, Advance()),
        (Failed(), {}, 0, Retry(0, attempts=1, at=NOW + 0.5)),
        (Failed(), {}, 999, Retry(0, attempts=1000, at=NOW + 60.0)),
        (Failed(), {"maximum_retry_attempts": 0}, 0, Discard(0, Condition.RETRY_ATTEMPTS_EXHAUSTED)),
        (Failed(), {"maximum_retry_attempts": 2}, 1, Retry(0, attempts=2, at=NOW + 1.0)),
        (Failed(), {"maximum_retry_attempts": 2}, 2, Discard(0, Condition.RETRY_ATTEMPTS_EXHAUSTED)),
        (Failed(3), {"maximum_retry_attempts": 2}, 2, Discard(3, Condition.RETRY_ATTEMPTS_EXHAUSTED)),
        (Failed(3), {}, 0, Retry(3, attempts=1, at=NOW + 0.5)),
        (Failed(), {"bisects": True, "maximum_retry_attempts": 0}, 0, Bisect(2)),
        (Failed(3), {"bisects": True, "maximum_retry_attempts": 0}, 0, Retry(3, attempts=0, at=NOW)),
        # The smaller half of an odd batch comes first, and a single record cannot be split.
        (Failed(), {"bisects": True, "count": 5}, 0, Bisect(2)),
        (Failed(), {"bisects": True, "count": 1}, 0, Retry(0, attempts=1, at=NOW + 0.5)),
        # Whatever did not reach the function costs no retry.
        (NotInvoked(), {"bisects": True, "maximum_retry_attempts": 0}, 3, Wait(NOW + 0.05)),
        # The last invocation of a window has no records to discard, so it is repeated until it succeeds.
        (Failed(), {"count": 0, "maximum_retry_attempts": 0}, 7, Retry(0, attempts=8, at=NOW + 60.0)),
    ],
)
def test_decision_follows_from_verdict_and_settings(result, settings, attempts, expected) -> None:
    """A batch advances, is retried with back-off, split, or discarded, as the mapping says."""
    assert decision_on(result, attempts=attempts, **settings) == expected


@pytest.mark.parametrize(("throttles", "seconds"), [(1, 0.05), (2, 0.1), (6, 1.6), (7, 2.0), (500, 2.0)])
def test_throttled_batches_try_again_soon(throttles, seconds) -> None:
    """The wait after a throttle doubles up to two seconds."""
    assert throttle_seconds(throttles) == seconds


def test_only_the_head_of_a_batch_expires() -> None:
    """Records at the head that are older than the limit expire; what is behind a young one stays."""
    arrivals = (10.0, 20.0, 50.0, 20.0)

    assert expired_count(arrivals, limit_seconds=60, now=100) == 2
    assert expired_count(arrivals, limit_seconds=90, now=100) == 0
    assert expired_count(arrivals, limit_seconds=1, now=100) == 4
