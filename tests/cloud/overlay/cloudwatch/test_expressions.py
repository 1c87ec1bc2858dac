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


@pytest.mark.parametrize(
    "expression",
    [
        "SELECT SUM(m) FROM N",
        "SEARCH('m', 'Sum')",
        "ANOMALY_DETECTION_BAND(a, 2)",
        "a ^ 2",
        "a AND a",
        "c",
        "a +",
        "SUM(a)",
        "3",
        "[a, a]",
        "[a] * 2",
        "1 / 0",
        "FILL(a, LINEAR)",
        "IF(a)",
        "__import__('os')",
        "a.values",
    ],
)
def test_other_expressions_are_refused(metrics: Any, refused: Any, expression: str) -> None:
    """An expression that is not computed is refused by name, and never answered with nothing."""
    code, message = refused(metrics, expression=expression)

    assert code == "ValidationError"
    assert f"`{expression}`" in message


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("a * 2 - 1", [5.0]),
        ("-a / 4", [-0.75]),
        ("a / (a - a)", []),
        ("a >= 3", [1.0]),
        ("a - AVG(a)", [0.0]),
        ("SUM([a, a, a])", [9.0]),
        ("MAX(METRICS())", [3.0]),
        ("IF(a > 5, a, 7)", [7.0]),
        ("IF(a > 5, a)", []),
        ("FILL(a, 0)", [0.0] * 4 + [3.0] + [0.0] * 5),
        ("FILL(a, REPEAT)", [3.0] * 5),
        ("RATE(FILL(a, 0)) * PERIOD(a)", [0.0] * 3 + [-3.0, 3.0] + [0.0] * 4),
        ("DIFF(a)", []),
        ("CEIL(a / 2)", [2.0]),
    ],
)
def test_expressions_are_computed(metrics: Any, expression: str, values: list[float]) -> None:
    """Numbers and series are computed with at each time; what has no result has no value."""
    assert metrics(expression) == {"a": [3.0], "b": values}


def test_what_is_computed_can_be_computed_with(account: Account) -> None:
    """An expression may use another's result, and queries that return nothing themselves."""
    client, now = account.client("cloudwatch"), utcnow().replace(second=0)
    data = [{"MetricName": "m", "Value": n, "Timestamp": now - timedelta(minutes=n)} for n in (1, 2)]
    client.put_metric_data(Namespace="N", MetricData=data)

    answer = client.get_metric_data(
        MetricDataQueries=[
            {**METRIC, "ReturnData": False},
            {"Id": "b", "Expression": "a * 10", "ReturnData": False},
            {"Id": "c", "Expression": "a + b", "Label": "both"},
        ],
        StartTime=now - timedelta(minutes=5),
        EndTime=now,
        ScanBy="TimestampDescending",
    )

    (result,) = answer["MetricDataResults"]
    assert (result["Id"], result["Label"], result["Values"]) == ("c", "both", [11.0, 22.0])
