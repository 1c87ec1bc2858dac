"""What AWS demands of metrics, logs and dashboards beyond the models of their operations.

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html,
API_PutMetricData.html and API_PutDashboard.html there, and
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from workshop.cloud.offline.request_models.policies import json_object
from workshop.cloud.offline.request_models.without_effect import INVALID
from workshop.cloud.offline.request_models.wording import ModelError

__all__ = [
    "dashboard_problem",
    "log_events_problem",
    "metric_data_problem",
    "metric_filter_problem",
    "queries_problem",
]

MOST_METRICS, MOST_VALUES = 1_000, 150
A_VALUE = frozenset(("Value", "Values", "StatisticValues"))
MOST_DIMENSIONS = 3
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
IDENTITY = "^[a-z][a-zA-Z0-9_]*$"
DAY_MS = 24 * 3600 * 1000
NO_DASHBOARD = "InvalidParameterInput"


def metric_data_problem(given: Mapping[str, Any]) -> ModelError | None:
    """Return the error for values of metrics that AWS does not take."""
    data, name = given.get("MetricData") or [], str(given["Namespace"])
    if name.startswith("AWS/"):
        return ModelError("InvalidParameterValue", f"The value {name} for parameter Namespace is invalid.")
    sizes = {"MetricData": (len(data), MOST_METRICS)}
    for place, datum in enumerate(data, 1):
        if not datum.keys() & A_VALUE:
            text = f"The parameter MetricData.member.{place}.Value is required."
            return ModelError("MissingParameter", text)
        values = len(datum.get("Values") or ())
        sizes[f"MetricData.member.{place}.Values"] = (values, MOST_VALUES)
    for collection, (size, most) in sizes.items():
        if size > most:
            text = f"The collection {collection} must not have a size greater than {most}."
            return ModelError("InvalidParameterValue", text)
    return None


def queries_problem(given: Mapping[str, Any]) -> ModelError | None:
    """Return the error for queries that cannot be told apart, or called by their names."""
    names = [str(query["Id"]) for query in given.get("MetricDataQueries") or ()]
    for place, name in enumerate(names, 1):
        if not re.match(IDENTITY, name):
            value = f"The value {name} for parameter MetricDataQueries.member.{place}.Id"
            return ModelError("ValidationError", f"{value} is not matching the expected pattern {IDENTITY}.")
    if len(set(names)) == len(names):
        return None
    return ModelError("ValidationError", "The values for parameter id in MetricDataQueries are not unique.")


def dashboard_problem(given: Mapping[str, Any]) -> ModelError | None:
    """Return the error for a dashboard whose widgets are none; what a widget shows is not looked at."""
    body = json_object(given["DashboardBody"])
    if body is None:
        return ModelError(NO_DASHBOARD, "The field DashboardBody must be a valid JSON object")
    wrong = [{"dataPath": place, "message": text} for place, text in _wrong_widgets(body.get("widgets", []))]
    if not wrong:
        return None
    text = f"The dashboard body is invalid, there are {len(wrong)} validation errors: {json.dumps(wrong)}"
    return ModelError(NO_DASHBOARD, text)


def _wrong_widgets(widgets: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(widgets, list):
        yield "/widgets", "Should be array"
        return
    for place, widget in enumerate(widgets):
        if not isinstance(widget, dict):
            yield f"/widgets/{place}", "Should be object"


def metric_filter_problem(given: Mapping[str, Any]) -> ModelError | None:
    """Return the error for a metric that no filter makes."""
    for one in given["metricTransformations"]:
        dimensions, value, text = one.get("dimensions") or {}, str(one["metricValue"]), ""
        if one["metricNamespace"].startswith("AWS/"):
            return ModelError(INVALID["logs"], "Metric namespaces starting with AWS/ are reserved for AWS.")
        if "defaultValue" in one and dimensions:
            text = "dimensions and default value are mutually exclusive properties."
        if not all(str(selector).startswith("$") for selector in dimensions.values()):
            text = "dimension value must be valid selector"
        if not value.startswith("$") and not NUMBER.fullmatch(value):
            text = f"metricValue must be a number or a selector that begins with $, not {value}"
        if len(dimensions) > MOST_DIMENSIONS:
            text = f"there may be at most {MOST_DIMENSIONS} dimensions"
        if text:
            return ModelError(INVALID["logs"], f"Invalid metric transformation: {text}")
    return None


def log_events_problem(given: Mapping[str, Any]) -> ModelError | None:
    """Return the error for events of one call that lie too far apart."""
    times = [int(event["timestamp"]) for event in given["logEvents"]]
    if not times or max(times) - min(times) <= DAY_MS:
        return None
    text = "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."
    return ModelError(INVALID["logs"], text)
