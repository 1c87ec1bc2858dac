"""What CreateEventSourceMapping and UpdateEventSourceMapping refuse, in AWS's words. Pure.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html; sentences as AWS
says them where they are known.
"""

from collections.abc import Mapping as Settings
from typing import Any

from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.event_sources.filters import InvalidPatternError, check_pattern
from workshop.cloud.offline.runtime.event_sources.mappings import ENDLESS, REPORT_ITEM_FAILURES

__all__ = ["RefusedSettingError", "check_settings", "check_starting_position"]

INVALID = "InvalidParameterValueException"
CONSTRAINT = "ValidationException"
UNSUPPORTED = "Unsupported {} parameter for given event source mapping type."

RANGES = {
    "BatchSize": (1, 10_000),
    "MaximumBatchingWindowInSeconds": (0, 300),
    "ParallelizationFactor": (1, 10),
    "MaximumRecordAgeInSeconds": (ENDLESS, 604_800),
    "MaximumRetryAttempts": (ENDLESS, 10_000),
    "TumblingWindowInSeconds": (0, 900),
}
SHORTEST_RECORD_AGE_SECONDS = 60
# One ReceiveMessage returns ten messages at most; a larger batch has to be gathered over a window.
LARGEST_UNGATHERED_QUEUE_BATCH = 10
MAX_FILTERS = 5
POSITIONS = ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON")
STREAM_ONLY = (
    "DestinationConfig",
    "ParallelizationFactor",
    "MaximumRecordAgeInSeconds",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
    "BisectBatchOnFunctionError",
)
QUEUE_ONLY = ("ProvisionedPollerConfig", "ScalingConfig")
# Of sources that are not offered.
FOREIGN = (
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "Queues",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "Topics",
)


class RefusedSettingError(ValueError):
    """A setting that AWS does not accept; carries its error code."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


def check_settings(settings: Settings[str, Any], source: SourceReference) -> None:
    """Refuse values that are out of range or do not go with the source.

    Raises:
        RefusedSettingError: with AWS's code and message.
    """
    for name, (lowest, highest) in RANGES.items():
        if settings.get(name) is not None:
            _check_range(name, int(settings[name]), lowest=lowest, highest=highest)
    age = settings.get("MaximumRecordAgeInSeconds")
    if age is not None and int(age) != ENDLESS and int(age) < SHORTEST_RECORD_AGE_SECONDS:
        raise RefusedSettingError(
            INVALID, f"MaximumRecordAgeInSeconds must be -1 or at least {SHORTEST_RECORD_AGE_SECONDS}"
        )
    for kind in settings.get("FunctionResponseTypes") or ():
        if kind != REPORT_ITEM_FAILURES:
            raise _not_in(kind, "functionResponseTypes", (REPORT_ITEM_FAILURES,))
    _check_filters(settings.get("FilterCriteria"), source)
    _check_kind(settings, source)
    if source.is_stream:
        _check_destinations(settings.get("DestinationConfig"))
    else:
        _check_queue(settings, source)


def check_starting_position(settings: Settings[str, Any], source: SourceReference, *, now: float) -> None:
    """Refuse a missing or unfit starting position.

    Raises:
        RefusedSettingError: with AWS's code and message.
    """
    position, timestamp = settings.get("StartingPosition"), settings.get("StartingPositionTimestamp")
    if position is not None and position not in POSITIONS:
        raise _not_in(position, "startingPosition", POSITIONS)
    if not source.is_stream:
        if position is not None:
            raise RefusedSettingError(INVALID, "StartingPosition is not valid for SQS event sources.")
        return
    if position is None:
        raise RefusedSettingError(
            INVALID,
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
            "Member must not be null.",
        )
    if position == "AT_TIMESTAMP" and source.service == "dynamodb":
        raise RefusedSettingError(INVALID, f"Unsupported starting position for arn type: {source.arn}")
    if position != "AT_TIMESTAMP" and timestamp is not None:
        raise RefusedSettingError(INVALID, "Timestamp only valid with StartingPosition AT_TIMESTAMP")
    if position == "AT_TIMESTAMP":
        _check_timestamp(timestamp, now)


def _check_timestamp(timestamp: Any, now: float) -> None:
    if timestamp is None:
        raise RefusedSettingError(INVALID, "StartingPositionTimestamp is required with AT_TIMESTAMP")
    if float(timestamp) > now:
        raise RefusedSettingError(INVALID, "StartingPositionTimestamp must not be in the future")


def _check_range(name: str, value: int, *, lowest: int, highest: int) -> None:
    if lowest <= value <= highest:
        return
    side, bound = ("greater", lowest) if value < lowest else ("less", highest)
    field = name[0].lower() + name[1:]
    raise RefusedSettingError(
        CONSTRAINT,
        f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: "
        f"Member must have value {side} than or equal to {bound}",
    )


def _check_filters(criteria: Any, source: SourceReference) -> None:
    filters = (criteria or {}).get("Filters") or []
    if len(filters) > MAX_FILTERS:
        raise RefusedSettingError(INVALID, f"A mapping has at most {MAX_FILTERS} filters, not {len(filters)}")
    try:
        for one in filters:
            check_pattern(one.get("Pattern") or "", service=source.service)
    except InvalidPatternError as error:
        raise RefusedSettingError(INVALID, "Invalid filter pattern definition.") from error


def _check_kind(settings: Settings[str, Any], source: SourceReference) -> None:
    for name in (*FOREIGN, *(QUEUE_ONLY if source.is_stream else STREAM_ONLY)):
        # Also a value that changes nothing, such as 0.
        if settings.get(name) not in (None, {}, []):
            raise RefusedSettingError(INVALID, UNSUPPORTED.format(name))


def _check_destinations(config: Any) -> None:
    if (config or {}).get("OnSuccess"):
        raise RefusedSettingError(INVALID, UNSUPPORTED.format("DestinationConfig"))
    destination = ((config or {}).get("OnFailure") or {}).get("Destination")
    if not destination:
        return
    target = SourceReference.parse(destination)
    if target.service not in {"sqs", "sns", "s3"} or target.is_fifo:
        raise RefusedSettingError(INVALID, f"Invalid DestinationConfig: {destination}")


def _check_queue(settings: Settings[str, Any], source: SourceReference) -> None:
    size = int(settings.get("BatchSize") or 0)
    if size > LARGEST_UNGATHERED_QUEUE_BATCH and source.arn.endswith(".fifo"):
        raise RefusedSettingError(INVALID, "Batch size of a FIFO queue must not be greater than 10")
    if settings.get("MaximumBatchingWindowInSeconds") and source.arn.endswith(".fifo"):
        raise RefusedSettingError(INVALID, "Batching window is not supported for FIFO queues")
    if size > LARGEST_UNGATHERED_QUEUE_BATCH and not settings.get("MaximumBatchingWindowInSeconds"):
        raise RefusedSettingError(
            INVALID,
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        )


def _not_in(value: Any, field: str, allowed: tuple[str, ...]) -> RefusedSettingError:
    return RefusedSettingError(
        CONSTRAINT,
        f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint: "
        f"Member must satisfy enum value set: [{', '.join(allowed)}]",
    )
