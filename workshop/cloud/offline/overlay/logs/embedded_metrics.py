"""Log events in the embedded metric format (EMF) become metrics.

AWS reads metrics from every log event that is a JSON object with `_aws`; one that breaks the specification
gives none, and counts as an error of its log group in the namespace `AWS/Logs`. A value is a number, an array
of up to 100 numbers, or, as AWS's own libraries write it, an object with `Values` and `Counts`, or with the
statistics alone. Sources:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Monitoring-CloudWatch-Metrics.html

moto keeps such events as text. Changed: as above. As CloudWatch does, values of a minute (a second, with a
`StorageResolution` of 1) are summed up, so that a busy pipeline does not fill memory.
"""

import json
from collections.abc import Iterator
from typing import Any

from workshop.cloud.offline.overlay.cloudwatch.sums import Distribution, Metric, add

__all__ = ["publish"]

MARK = '"_aws"'
MOST_BYTES = 1_048_576
MOST_VALUES = 100
MOST_METRICS = 100
MOST_DIMENSIONS = 30
MOST_CHARACTERS = 1024
# The year 9999: what is beyond was not in milliseconds.
MOST_MILLISECONDS = 253_402_300_000_000
SIZES = {
    f"{prefix}{unit}".capitalize()
    for prefix in ("", "kilo", "mega", "giga", "tera")
    for unit in ("bytes", "bits")
}
UNITS = {"Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"}
UNITS |= SIZES | {f"{size}/Second" for size in SIZES}


class MalformedError(ValueError):
    """The event breaks the specification; `counted` is the metric that counts such errors."""

    counted = "EMFValidationErrors"


class BrokenOffError(MalformedError):
    """The event begins as a document, and is no JSON."""

    counted = "EMFParsingErrors"


def publish(group: Any, log_events: list[dict[str, Any]]) -> None:
    """Add the metrics in these events of a log group; the caller holds the lock."""
    for event in log_events:
        message = event["message"]
        # Most lines of a log are no metrics, and are not worth parsing.
        if MARK not in message or not message.startswith("{"):
            continue
        try:
            found = list(_metrics_in(message))
        except MalformedError as error:
            metric = Metric("AWS/Logs", error.counted, (("LogGroupName", group.name),), "Count")
            found = [(metric, event["timestamp"] / 1000, Distribution.of_values([1.0]))]
        for metric, seconds, values in found:
            add(group.account_id, group.region, metric, seconds, values)


def _metrics_in(message: str) -> Iterator[tuple[Metric, float, Distribution]]:
    try:
        root = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise BrokenOffError(message) from error
    if "_aws" not in root:
        return
    metadata = root["_aws"]
    if not isinstance(metadata, dict) or len(message) > MOST_BYTES:
        raise MalformedError(message)
    milliseconds = _number(metadata.get("Timestamp"))
    if not 0 <= milliseconds < MOST_MILLISECONDS:
        raise MalformedError(milliseconds)
    for directive in _list(metadata.get("CloudWatchMetrics")):
        for metric, per_second, target in _of_directive(directive, root):
            period = 1 if per_second else 60
            yield metric, milliseconds / 1000 // period * period, _distribution(target)


def _of_directive(directive: Any, root: dict[str, Any]) -> Iterator[tuple[Metric, bool, Any]]:
    if not isinstance(directive, dict):
        raise MalformedError(directive)
    namespace, metrics = _text(directive.get("Namespace")), _list(directive.get("Metrics"))
    sets = [_dimensions(names, root) for names in _list(directive.get("Dimensions"))]
    if len(metrics) > MOST_METRICS:
        raise MalformedError(metrics)
    for wanted in metrics:
        if not isinstance(wanted, dict) or _text(wanted.get("Name")) not in root:
            raise MalformedError(wanted)
        unit, resolution = wanted.get("Unit", "None"), wanted.get("StorageResolution", 60)
        if not isinstance(unit, str) or unit not in UNITS or resolution not in (1, 60):
            raise MalformedError(wanted)
        for dimensions in sets:
            metric = Metric(namespace, wanted["Name"], dimensions, unit)
            yield metric, resolution == 1, root[wanted["Name"]]


def _dimensions(names: Any, root: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    if len(_list(names)) > MOST_DIMENSIONS:
        raise MalformedError(names)
    return tuple((_text(name), _text(root.get(name))) for name in names)


def _distribution(target: Any) -> Distribution:
    if isinstance(target, dict):
        return _of_statistics(target)
    values = target if isinstance(target, list) else [target]
    if not 0 < len(values) <= MOST_VALUES:
        raise MalformedError(values)
    return Distribution.of_values([_number(value) for value in values])


def _of_statistics(target: dict[str, Any]) -> Distribution:
    values, counts = _list(target.get("Values", [])), _list(target.get("Counts", []))
    if len(values) != len(counts) or len(values) > MOST_VALUES:
        raise MalformedError(target)
    counted: dict[float, float] = {}
    for value, times in zip(map(_number, values), map(_number, counts), strict=True):
        counted[value] = counted.get(value, 0) + times
    lowest, highest, total, count = (_number(target.get(name)) for name in ("Min", "Max", "Sum", "Count"))
    return Distribution(lowest, highest, total, count, counted or None)


def _number(value: Any) -> float:
    # Python reads `NaN` and `Infinity` as numbers, which are not between any two; a boolean is an int to it.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e300 < value < 1e300:
        raise MalformedError(value)
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MOST_CHARACTERS:
        raise MalformedError(value)
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise MalformedError(value)
    return value
