"""GetMetricData: expressions are computed, or refused by name, and a metric is one of its namespace.

GetMetricStatistics: percentiles are computed as well.

AWS: an expression computes with the results of other queries, or selects metrics by SQL. Metrics of two
namespaces are two, also if they have the same name and dimensions. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html

moto knows the name of one other query as an expression, answers any other with nothing, and a SELECT with the
sum of everything there is; it looks at the namespace only if there are no dimensions.

Changed: expressions are computed by `metric_math`; what that does not know is a ValidationError that names
it, and so is a statistic that is not computed, which moto fails at or leaves out. A query sees the metrics of
its namespace alone. GetMetricStatistics tells percentiles, which moto leaves out, or statistics, never both:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html
"""

from datetime import datetime, timedelta
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, ValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse

from workshop.cloud.offline.overlay.cloudwatch.metric_math import Series, UnknownExpressionError, compute
from workshop.cloud.offline.overlay.cloudwatch.sums import PERCENTILE
from workshop.cloud.offline.overlay.correct import corrects

# Of one answer, by the same source.
MOST_VALUES = 100_800

STATISTICS = {"Average", "Maximum", "Minimum", "SampleCount", "Sum"}

_MOTO_GET_STATISTICS = CloudWatchResponse.get_metric_statistics
_MOTO_GET_METRIC_DATA = CloudWatchBackend.get_metric_data


class _Namespace:
    """What moto's call reads of a backend, with the metrics of one namespace alone."""

    def __init__(self, backend: Any, name: str | None) -> None:
        self._backend = backend
        self._name = name

    def get_all_metrics(self) -> list[Any]:
        """Return the metrics, as moto's backend does."""
        return [metric for metric in self._backend.get_all_metrics() if metric.namespace == self._name]


@corrects(CloudWatchBackend, "get_metric_data")
def _get_metric_data(
    self: Any,
    queries: list[dict[str, Any]],
    start_time: datetime,
    end_time: datetime,
    scan_by: str = "TimestampAscending",
) -> list[dict[str, Any]]:
    # moto leaves out what is not to be returned, which an expression may need all the same.
    metrics = [{**query, "ReturnData": True} for query in queries if "MetricStat" in query]
    stats = [query["MetricStat"]["Stat"] for query in metrics]
    _check_statistics(stats)
    measured = _measured(self, metrics, start_time, end_time, scan_by)
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


def _measured(backend: Any, metrics: list[dict[str, Any]], *times: Any) -> list[dict[str, Any]]:
    by_namespace: dict[str | None, list[dict[str, Any]]] = {}
    for query in metrics:
        by_namespace.setdefault(query["MetricStat"]["Metric"].get("Namespace"), []).append(query)
    # Without any metric too, since moto checks the times.
    return [
        _known(each)
        for name, asked in (by_namespace or {None: []}).items()
        for each in _MOTO_GET_METRIC_DATA(_Namespace(backend, name), asked, *times)
    ]


def _known(result: dict[str, Any]) -> dict[str, Any]:
    """Return a result without the times of which a percentile is not known."""
    pairs = zip(result["timestamps"], result["values"], strict=True)
    kept = [(time, value) for time, value in pairs if value is not None]
    return {**result, "timestamps": [time for time, _ in kept], "values": [value for _, value in kept]}


def _check_statistics(wanted: list[str]) -> None:
    """Refuse by name the statistics that are not computed, such as `tm99`."""
    if unknown := sorted({stat for stat in wanted if not PERCENTILE.fullmatch(stat)} - STATISTICS):
        raise ValidationError(
            f"The offline cloud computes {', '.join(sorted(STATISTICS))}, and percentiles, "
            f"not `{unknown[0]}`; see docs/offline-cloud.md"
        )


@corrects(CloudWatchResponse, "get_metric_statistics")
def _get_metric_statistics(self: Any) -> Any:
    extended, plain = (self._get_param(name) or [] for name in ("ExtendedStatistics", "Statistics"))
    if extended and plain:
        raise InvalidParameterCombination(
            "The parameters ExtendedStatistics and Statistics cannot be specified together."
        )
    _check_statistics([*extended, *plain])
    answer = _MOTO_GET_STATISTICS(self)
    for point in answer.result["Datapoints"] if extended else ():
        found = {stat: point.get_statistics_for_type(stat) for stat in extended}
        point.extended_statistics = {stat: value for stat, value in found.items() if value is not None}
    return answer


def _times(start: datetime, end: datetime, period: int) -> list[datetime]:
    # Rounded up: a period that has begun counts.
    count = min(MOST_VALUES, max(0, -int((start - end).total_seconds() // period)))
    return [start + timedelta(seconds=period * place) for place in range(count)]
