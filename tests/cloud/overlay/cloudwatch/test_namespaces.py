"""A metric is one of its namespace, in GetMetricData as in GetMetricStatistics."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from moto.core.utils import utcnow

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

DIMENSIONS = [{"Name": "d", "Value": "x"}]


def ask(account: Account, now: datetime, *queries: tuple[str, list[dict[str, str]]]) -> list[Any]:
    """Return the values of the metric `m` in namespaces, with dimensions."""
    answer = account.client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": f"q{place}",
                "MetricStat": {
                    "Metric": {"Namespace": namespace, "MetricName": "m", "Dimensions": dimensions},
                    "Period": 60,
                    "Stat": "Sum",
                },
            }
            for place, (namespace, dimensions) in enumerate(queries)
        ],
        StartTime=now - timedelta(minutes=5),
        EndTime=now + timedelta(minutes=5),
    )
    return [(result["Id"], result["Values"]) for result in answer["MetricDataResults"]]


def put(account: Account, now: datetime, *namespaces: str) -> None:
    """Put the metric `m` with another value into each namespace, with dimensions and without."""
    for place, namespace in enumerate(namespaces):
        account.client("cloudwatch").put_metric_data(
            Namespace=namespace,
            MetricData=[
                {"MetricName": "m", "Dimensions": dimensions, "Value": 10.0**place, "Timestamp": now}
                for dimensions in (DIMENSIONS, [])
            ],
        )


@pytest.mark.parametrize("dimensions", [DIMENSIONS, [{"Name": "d", "Value": "y"}]])
def test_namespaces_are_kept_apart(account: Account, dimensions: list[dict[str, str]]) -> None:
    """The same name and dimensions in two namespaces are two metrics, in the order that was asked for."""
    now = utcnow()
    put(account, now, "A", "B", "C")

    found = ask(account, now, ("B", dimensions), ("A", dimensions), ("B", dimensions))

    is_there = dimensions == DIMENSIONS
    expected = [10.0, 1.0, 10.0]
    assert found == [(f"q{place}", [one] if is_there else []) for place, one in enumerate(expected)]


@pytest.mark.parametrize("dimensions", [DIMENSIONS, []])
def test_one_namespace_is_as_before(account: Account, dimensions: list[dict[str, str]]) -> None:
    """With one namespace in the account, plain moto answers the same."""
    now = utcnow()
    put(account, now, "A")

    found = ask(account, now, ("A", dimensions), ("other", []))

    with plain_moto():
        assert ask(account, now, ("A", dimensions), ("other", [])) == found
