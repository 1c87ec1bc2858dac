"""Expressions of GetMetricData: what is not supported is refused.

AWS: an expression computes with the results of other queries, or selects metrics by SQL. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html

moto knows the name of one other query as an expression, answers any other with nothing, and a SELECT with the
sum of everything there is.

Changed: all but the name of another query is a ValidationError that names the expression.
"""

from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import CloudWatchBackend

from workshop.cloud.offline.overlay.correct import corrects

_MOTO_GET_METRIC_DATA = CloudWatchBackend.get_metric_data


@corrects(CloudWatchBackend, "get_metric_data")
def _get_metric_data(self: Any, queries: list[dict[str, Any]], *arguments: Any, **named: Any) -> Any:
    names = {query["Id"] for query in queries if "MetricStat" in query}
    for query in queries:
        expression = query.get("Expression")
        if expression is not None and expression not in names:
            raise ValidationError(
                f"Error in expression '{query['Id']}': the offline cloud does not compute `{expression}`; "
                "see docs/offline-cloud.md"
            )
    return _MOTO_GET_METRIC_DATA(self, queries, *arguments, **named)
