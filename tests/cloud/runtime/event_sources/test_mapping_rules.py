"""What is refused when a mapping is made or changed."""

import pytest

from tests.cloud.runtime.world import on_failure
from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.event_sources.mapping_rules import (
    RefusedSettingError,
    check_settings,
    check_starting_position,
)

KINESIS = SourceReference.parse("arn:aws:kinesis:us-east-1:123456789012:stream/S")
DYNAMODB = SourceReference.parse("arn:aws:dynamodb:us-east-1:123456789012:table/T/stream/2026")
QUEUE = SourceReference.parse("arn:aws:sqs:us-east-1:123456789012:Q")
FIFO = SourceReference.parse("arn:aws:sqs:us-east-1:123456789012:Q.fifo")


@pytest.mark.parametrize(
    ("name", "lowest", "highest", "field"),
    [
        ("BatchSize", 1, 10_000, "batchSize"),
        ("MaximumBatchingWindowInSeconds", 0, 300, "maximumBatchingWindowInSeconds"),
        ("ParallelizationFactor", 1, 10, "parallelizationFactor"),
        ("MaximumRecordAgeInSeconds", -1, 604_800, "maximumRecordAgeInSeconds"),
        ("MaximumRetryAttempts", -1, 10_000, "maximumRetryAttempts"),
        ("TumblingWindowInSeconds", 0, 900, "tumblingWindowInSeconds"),
    ],
)
def test_numbers_have_a_range(name, lowest, highest, field) -> None:
    """Numbers are accepted from the lowest to the highest value, and refused beyond in AWS's words."""
    for value in (lowest, highest):
        check_settings({name: value}, KINESIS)
    for value, side, bound in ((lowest - 1, "greater", lowest), (highest + 1, "less", highest)):
        with pytest.raises(RefusedSettingError) as refused:
            check_settings({name: value}, KINESIS)
        assert refused.value.code == "ValidationException"
        assert str(refused.value) == (
            f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: "
            f"Member must have value {side} than or equal to {bound}"
        )


@pytest.mark.parametrize(
    ("source", "settings", "words"),
    [
        (KINESIS, {"MaximumRecordAgeInSeconds": 59}, "at least 60"),
        (KINESIS, {"FunctionResponseTypes": ["Other"]}, "functionResponseTypes"),
        (KINESIS, {"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}, "Invalid filter pattern definition."),
        (KINESIS, {"FilterCriteria": {"Filters": [{"Pattern": "{}"}] * 6}}, "at most 5 filters"),
        (
            KINESIS,
            {"DestinationConfig": {"OnSuccess": {"Destination": QUEUE.arn}}},
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        (KINESIS, on_failure(KINESIS.arn), "Invalid DestinationConfig"),
        (KINESIS, on_failure(FIFO.arn), "Invalid DestinationConfig"),
        (KINESIS, {"Queues": ["q"]}, "Unsupported Queues parameter"),
        (QUEUE, {"SelfManagedEventSource": {"Endpoints": {}}}, "Unsupported SelfManagedEventSource"),
        (FIFO, {"MaximumBatchingWindowInSeconds": 1}, "Batching window is not supported for FIFO queues"),
        (QUEUE, {"ParallelizationFactor": 2}, "Unsupported ParallelizationFactor parameter"),
        (QUEUE, {"MaximumRetryAttempts": 0}, "Unsupported MaximumRetryAttempts parameter"),
        (QUEUE, {"BisectBatchOnFunctionError": False}, "Unsupported BisectBatchOnFunctionError parameter"),
        (QUEUE, on_failure(QUEUE.arn), "Unsupported DestinationConfig parameter"),
        (KINESIS, {"ScalingConfig": {"MaximumConcurrency": 2}}, "Unsupported ScalingConfig parameter"),
        (KINESIS, {"ProvisionedPollerConfig": {"MinimumPollers": 2}}, "Unsupported ProvisionedPollerConfig"),
        (QUEUE, {"BatchSize": 11}, "Maximum batch window in seconds must be greater than 0"),
        (FIFO, {"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1}, "FIFO"),
    ],
)
def test_unfit_settings_are_refused(source, settings, words) -> None:
    """Settings that do not go with the source, or cannot be understood, are refused."""
    with pytest.raises(RefusedSettingError, match=words):
        check_settings(settings, source)


@pytest.mark.parametrize(
    ("source", "settings", "words"),
    [
        (KINESIS, {}, "Value null at 'startingPosition'"),
        (KINESIS, {"StartingPosition": "0"}, r"\[LATEST, AT_TIMESTAMP, TRIM_HORIZON\]"),
        (KINESIS, {"StartingPosition": "LATEST", "StartingPositionTimestamp": 1}, "Timestamp only valid"),
        (KINESIS, {"StartingPosition": "AT_TIMESTAMP"}, "is required"),
        (KINESIS, {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 101}, "in the future"),
        (
            DYNAMODB,
            {"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1},
            "Unsupported starting",
        ),
        (QUEUE, {"StartingPosition": "LATEST"}, "not valid for SQS"),
    ],
)
def test_unfit_starting_positions_are_refused(source, settings, words) -> None:
    """A stream needs a starting position that it knows; a queue has none."""
    with pytest.raises(RefusedSettingError, match=words):
        check_starting_position(settings, source, now=100.0)
