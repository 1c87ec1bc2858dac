"""Metric filters make metrics of the log events that they select.

AWS publishes a value for each event that matches, and the default value if log events came and none matched
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html); PutMetricFilter overwrites
a filter of the same name, and refuses a pattern that it cannot read, and more than 100 filters of a group.
DeleteMetricFilter refuses one that is not there, DescribeMetricFilters a group. moto keeps filters, also two
of one name, does nothing with them, and deletes and lists what is not there. Changed: as above.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import MetricDatum, cloudwatch_backends
from moto.logs.exceptions import (
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
)
from moto.logs.models import LogGroup, LogsBackend, logs_backends

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.logs.embedded_metrics import publish
from workshop.cloud.offline.overlay.logs.patterns import InvalidLogPatternError, compile_pattern

MOST_FILTERS = 100
_MOTO_PUT, _MOTO_DELETE = LogsBackend.put_metric_filter, LogsBackend.delete_metric_filter
_MOTO_DESCRIBE = LogsBackend.describe_metric_filters
_MOTO_PUT_LOG_EVENTS = LogGroup.put_log_events


@corrects(LogsBackend, "put_metric_filter")
def _put(
    backend: Any,
    filter_name: str,
    filter_pattern: str,
    log_group_name: str,
    metric_transformations: list[dict[str, Any]],
) -> None:
    if log_group_name not in backend.groups:
        raise ResourceNotFoundException("The specified log group does not exist.")
    try:
        compile_pattern(filter_pattern)
    except InvalidLogPatternError as error:
        raise InvalidParameterException(str(error)) from error
    names = _names(backend, log_group_name)
    if filter_name not in names and len(names) >= MOST_FILTERS:
        raise LimitExceededException
    _MOTO_DELETE(backend, filter_name, log_group_name)
    _MOTO_PUT(backend, filter_name, filter_pattern, log_group_name, metric_transformations)


@corrects(LogsBackend, "delete_metric_filter")
def _delete(backend: Any, filter_name: str | None = None, log_group_name: str | None = None) -> None:
    if log_group_name not in backend.groups:
        raise ResourceNotFoundException
    if filter_name not in _names(backend, log_group_name):
        raise ResourceNotFoundException("The specified metric filter does not exist.")
    _MOTO_DELETE(backend, filter_name, log_group_name)


def _names(backend: Any, group: str | None) -> list[str]:
    filters = backend.filters.metric_filters
    return [one["filterName"] for one in filters if one["logGroupName"] == group]


@corrects(LogsBackend, "describe_metric_filters")
def _describe(
    backend: Any, prefix: str | None = None, log_group_name: str | None = None, *metric: str | None
) -> Any:
    if log_group_name and log_group_name not in backend.groups:
        raise ResourceNotFoundException
    return _MOTO_DESCRIBE(backend, prefix, log_group_name, *metric)


@corrects(LogGroup, "put_log_events")
def _put_log_events(group: Any, log_stream_name: str, log_events: list[dict[str, Any]]) -> Any:
    answer = _MOTO_PUT_LOG_EVENTS(group, log_stream_name, log_events)
    publish(group, log_events)
    backend = logs_backends[group.account_id][group.region]
    for chosen in backend.filters.metric_filters:
        if chosen["logGroupName"] == group.name:
            metrics = cloudwatch_backends[group.account_id][group.region].metric_data
            metrics.extend(_metrics(chosen, log_events))
    return answer


def _metrics(chosen: dict[str, Any], log_events: list[dict[str, Any]]) -> Iterator[Any]:
    pattern = compile_pattern(chosen["filterPattern"] or "")
    for transformation in chosen["metricTransformations"]:
        values = [value for event in log_events for value in _values(pattern, transformation, event)]
        default = transformation.get("defaultValue")
        if not values and default is not None and log_events:
            values = [(log_events[-1]["timestamp"], float(default), [])]
        for milliseconds, value, dimensions in values:
            yield MetricDatum(
                transformation["metricNamespace"],
                transformation["metricName"],
                value,
                dimensions,
                # The backend compares with times in UTC that do not say so.
                datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None),
                transformation.get("unit", "None"),
            )


def _values(
    pattern: Any, transformation: dict[str, Any], event: dict[str, Any]
) -> Iterator[tuple[int, float, list[dict[str, str]]]]:
    """Yield what one event stands for: nothing, unless it matches and has a number where one is wanted."""
    message, wanted = event["message"], str(transformation["metricValue"])
    if not pattern.matches(message):
        return
    text = pattern.value(message, wanted) if wanted.startswith("$") else wanted
    try:
        value = float(text)
    except (TypeError, ValueError):
        return
    named = {name: pattern.value(message, one) for name, one in transformation.get("dimensions", {}).items()}
    dimensions = [{"Name": name, "Value": found} for name, found in named.items() if found is not None]
    yield event["timestamp"], value, dimensions
