"""Percentiles of GetMetricStatistics."""

from datetime import timedelta
from typing import Any

import pytest
from moto.core.utils import utcnow

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

METRIC = {"Namespace": "N", "MetricName": "m"}


@pytest.fixture
def statistics(account: Account) -> Any:
    """Put what is given, and ask for statistics of it."""
    client, now = account.client("cloudwatch"), utcnow()

    def ask(data: list[dict[str, Any]], **wanted: list[str]) -> list[dict[str, Any]]:
        if data:
            client.put_metric_data(
                Namespace="N", MetricData=[{"MetricName": "m", "Timestamp": now, **each} for each in data]
            )
        span = {"StartTime": now - timedelta(minutes=5), "EndTime": now + timedelta(minutes=5)}
        return client.get_metric_statistics(**METRIC, **span, Period=600, **wanted)["Datapoints"]

    return ask


def test_percentiles_are_told(statistics: Any) -> None:
    """Each percentile is the lowest value that so many percent do not exceed; plain moto tells none."""
    values = [{"Value": float(value)} for value in range(1, 101)]
    wanted = ["p50", "p99", "p99.9"]

    [point] = statistics(values, ExtendedStatistics=wanted)
    with plain_moto():
        [plain] = statistics([], ExtendedStatistics=wanted)

    assert point["ExtendedStatistics"] == {"p50": 50.0, "p99": 99.0, "p99.9": 100.0}
    assert "ExtendedStatistics" not in plain


def test_of_statistics_there_are_no_percentiles(statistics: Any) -> None:
    """What was published as minimum, maximum and sum says nothing about single values."""
    summed = {"StatisticValues": {"SampleCount": 3, "Sum": 9, "Minimum": 1, "Maximum": 5}}

    [point] = statistics([summed], ExtendedStatistics=["p50"])

    assert not point.get("ExtendedStatistics")


def test_percentiles_and_statistics_are_asked_for_apart(statistics: Any, refused: Any) -> None:
    """A call asks for one of the two."""
    code, _ = refused(statistics, data=[], ExtendedStatistics=["p50"], Statistics=["Sum"])

    assert code == "InvalidParameterCombination"


def test_plain_statistics_are_as_before(statistics: Any) -> None:
    """Who asks for the sum gets what plain moto answers."""
    [point] = statistics([{"Value": 2.0}, {"Value": 3.0}], Statistics=["Sum", "Maximum"])
    with plain_moto():
        assert statistics([], Statistics=["Sum", "Maximum"]) == [point]

    assert (point["Sum"], point["Maximum"]) == (5.0, 3.0)
