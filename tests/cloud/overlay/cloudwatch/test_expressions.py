"""Expressions of GetMetricData."""

from datetime import timedelta
from typing import Any

import pytest
from moto.core.utils import utcnow

from tests.cloud.conftest import Account

METRIC = {
    "Id": "a",
    "MetricStat": {"Metric": {"Namespace": "N", "MetricName": "m"}, "Period": 60, "Stat": "Sum"},
}


@pytest.fixture
def metrics(account: Account) -> Any:
    """Ask for a metric with the value 3, and for an expression."""
    client, now = account.client("cloudwatch"), utcnow()
    client.put_metric_data(Namespace="N", MetricData=[{"MetricName": "m", "Value": 3.0, "Timestamp": now}])

    def ask(expression: str) -> dict[str, list[float]]:
        answer = client.get_metric_data(
            MetricDataQueries=[METRIC, {"Id": "b", "Expression": expression, "Period": 60}],
            StartTime=now - timedelta(minutes=5),
            EndTime=now + timedelta(minutes=5),
        )
        return {result["Id"]: result["Values"] for result in answer["MetricDataResults"]}

    return ask


def test_the_name_of_a_query_is_an_expression(metrics: Any) -> None:
    """An expression may be another query's name, as in plain moto."""
    assert metrics("a") == {"a": [3.0], "b": [3.0]}


@pytest.mark.parametrize("expression", ["a * 2", "SUM(METRICS())", "SELECT SUM(m) FROM N", "c"])
def test_other_expressions_are_refused(metrics: Any, refused: Any, expression: str) -> None:
    """An expression that is not computed is refused by name, and never answered with nothing."""
    code, message = refused(metrics, expression=expression)

    assert code == "ValidationError"
    assert f"`{expression}`" in message
