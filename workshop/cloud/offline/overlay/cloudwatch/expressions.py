"""Expressions of GetMetricData are computed, or refused by name.

AWS: an expression computes with the results of other queries, or selects metrics by SQL. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html

moto knows the name of one other query as an expression, answers any other with nothing, and a SELECT with the
sum of everything there is.

Changed: expressions are computed by `metric_math`; what that does not know is a ValidationError that names
it.
"""

from datetime import datetime, timedelta
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import CloudWatchBackend

from workshop.cloud.offline.overlay.cloudwatch.metric_math import Series, UnknownExpressionError, compute
from workshop.cloud.offline.overlay.correct import corrects

# Of one answer, by the same source.
MOST_VALUES = 100_800

_MOTO_GET_METRIC_DATA = CloudWatchBackend.get_metric_data


@corrects(CloudWatchBackend, "get_metric_data")
def _get_metric_data(
    self: Any,
    queries: list[dict[str, Any]],
    start_time: datetime,
    end_time: datetime,
    scan_by: str = "TimestampAscending",
) -> list[dict[str, Any]]:
    metrics = [{**query, "ReturnData": True} for query in queries if "MetricStat" in query]
    measured = _MOTO_GET_METRIC_DATA(self, metrics, start_time, end_time, scan_by)
    known: dict[str, Series] = {
        each["id"]: dict(zip(each["timestamps"], map(float, each["values"]), strict=True))
        for each in measured
    }
    period = min((int(query["MetricStat"]["Period"]) for query in metrics), default=60)
    grid = _times(start_time.replace(microsecond=0), end_time.replace(microsecond=0), period)
    results = {each["id"]: each for each in measured}
    for query in (query for query in queries if "MetricStat" not in query):
        try:
            found = compute(str(query.get("Expression")), known, grid=grid, period=period)
        except UnknownExpressionError:
            raise ValidationError(
                f"Error in expression '{query['Id']}': the offline cloud does not compute "
                f"`{query.get('Expression')}`; see docs/offline-cloud.md"
            ) from None
        known[query["Id"]] = found
        times = sorted(found, reverse=scan_by == "TimestampDescending")
        results[query["Id"]] = {
            "id": query["Id"],
            "label": query.get("Label") or query["Id"],
            "values": [found[time] for time in times],
            "timestamps": times,
            "status_code": "Complete",
        }
    return [results[query["Id"]] for query in queries if query.get("ReturnData", True)]


def _times(start: datetime, end: datetime, period: int) -> list[datetime]:
    count = min(MOST_VALUES, max(0, -int((start - end).total_seconds() // period)))
    return [start + timedelta(seconds=period * place) for place in range(count)]
