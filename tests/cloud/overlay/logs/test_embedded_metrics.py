"""Log events in the embedded metric format become metrics."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

GROUP, NOW = "/aws/lambda/f", datetime(2026, 11, 29, 12, 0, 30, tzinfo=UTC)
DIMENSIONS = [{"Name": "FunctionName", "Value": "f"}]


def event(**more: Any) -> dict[str, Any]:
    """Return a good document with one metric, `M`, changed in its root by keyword."""
    directive = {
        "Namespace": "N",
        "Dimensions": [["FunctionName"], ["FunctionName", "Stage"], []],
        "Metrics": [{"Name": "M", "Unit": "Milliseconds"}],
    }
    metadata = {"Timestamp": int(NOW.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    return {"_aws": metadata, "FunctionName": "f", "Stage": "map", "M": 3, **more}


def changed(**more: Any) -> dict[str, Any]:
    """Return a document whose directive is changed."""
    document = event()
    document["_aws"]["CloudWatchMetrics"][0].update(more)
    return document


def put(account: Account, *messages: str | dict[str, Any]) -> None:
    """Put log events."""
    logs = account.client("logs")
    if not logs.describe_log_groups()["logGroups"]:
        logs.create_log_group(logGroupName=GROUP)
        logs.create_log_stream(logGroupName=GROUP, logStreamName="s")
    stamped = int(account.clock.now() * 1000)
    texts = [each if isinstance(each, str) else json.dumps(each) for each in messages]
    events = [{"timestamp": stamped, "message": text} for text in texts]
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)


def ask(
    account: Account,
    *stats: str,
    namespace: str = "N",
    name: str = "M",
    dimensions: Any = DIMENSIONS,
    period: int = 60,
    unit: str | None = None,
    near: datetime = NOW,
) -> list[list[float]]:
    """Return the values of statistics around a time."""
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
    queries = [
        {
            "Id": f"q{place}",
            "MetricStat": {
                "Metric": metric,
                "Period": period,
                "Stat": stat,
                **({"Unit": unit} if unit else {}),
            },
        }
        for place, stat in enumerate(stats)
    ]
    begin = near.replace(second=0) - timedelta(minutes=5)
    answer = account.client("cloudwatch").get_metric_data(
        MetricDataQueries=queries,
        StartTime=begin,
        EndTime=begin + timedelta(minutes=10),
        ScanBy="TimestampAscending",
    )
    return [each["Values"] for each in answer["MetricDataResults"]]


def errors(account: Account, name: str) -> list[list[float]]:
    """Return how many errors the log group has."""
    return ask(
        account,
        "Sum",
        namespace="AWS/Logs",
        name=name,
        dimensions=[{"Name": "LogGroupName", "Value": GROUP}],
        near=datetime.fromtimestamp(account.clock.now(), UTC),
    )


def test_a_number_is_a_value_of_each_dimension_set(account: Account) -> None:
    """The metric has the namespace, unit and dimensions that the event names; plain moto makes none."""
    put(account, event())

    stage = [*DIMENSIONS, {"Name": "Stage", "Value": "map"}]
    assert ask(account, "Sum", "SampleCount", unit="Milliseconds") == [[3.0], [1.0]]
    assert ask(account, "Sum", dimensions=stage) == [[3.0]]
    assert ask(account, "Sum", unit="Count") == [[]]
    assert ask(account, "Sum", dimensions=[{"Name": "FunctionName", "Value": "g"}]) == [[]]
    with plain_moto():
        account.client("cloudwatch").put_metric_data(
            Namespace="other", MetricData=[{"MetricName": "x", "Value": 1}]
        )
        put(account, event(M=50))
        assert ask(account, "Maximum") == [[3.0]]


@pytest.mark.parametrize(
    "around", ["[ERROR] KeyError: '{}'", "START\n{}", "START\r{}\rTraceback", '"{}"', "[{}]"]
)
def test_a_document_inside_of_an_event_is_text(account: Account, around: str) -> None:
    """Only an event that is a document as a whole has metrics: no message within an error claims any."""
    put(account, around.format(json.dumps(event())))

    assert ask(account, "Sum") == [[]]
    assert errors(account, "EMFParsingErrors") == [[]]


def test_an_array_is_as_many_values(account: Account) -> None:
    """Up to a hundred numbers stand for themselves."""
    put(account, event(M=list(range(1, 101))))

    assert ask(account, "SampleCount", "Sum", "Minimum", "Maximum", "p99", "p50") == [
        [100.0],
        [5050.0],
        [1.0],
        [100.0],
        [99.0],
        [50.0],
    ]


def test_values_with_counts_occur_so_often(account: Account) -> None:
    """An object tells how often each value occurred, and the statistics of all of them."""
    put(
        account,
        event(M={"Values": [10, 2000], "Counts": [99, 1], "Min": 9, "Max": 2001, "Sum": 3000, "Count": 100}),
    )

    assert ask(account, "SampleCount", "Average", "Minimum", "Maximum", "p99", "p99.5") == [
        [100.0],
        [30.0],
        [9.0],
        [2001.0],
        [10.0],
        [2000.0],
    ]


def test_of_statistics_alone_no_percentile_is_known(account: Account) -> None:
    """Statistics without values have an average and no percentile, also where other values are known."""
    put(account, event(M=5), event(M={"Min": 1, "Max": 9, "Sum": 15, "Count": 3}))

    assert ask(account, "Average", "p99") == [[5.0], []]


def test_a_minute_is_one_sum(account: Account) -> None:
    """However many events come, the values of a minute take the room of one; the next minute has its own."""
    later = event()
    later["_aws"]["Timestamp"] += 60_000
    put(account, *([event()] * 50), later)
    put(account, event(M=9))

    assert ask(account, "SampleCount", "Maximum") == [[51.0, 1.0], [9.0, 3.0]]
    listed = account.client("cloudwatch").list_metrics(Namespace="N", Dimensions=DIMENSIONS)["Metrics"]
    assert {metric["MetricName"] for metric in listed} == {"M"}


def test_many_different_values_are_told_apart_roughly(account: Account) -> None:
    """Beyond some hundred values of a minute, percentiles are right to two digits."""
    for start in range(0, 2000, 100):
        put(account, event(M=[start + place + 0.5 for place in range(100)]))

    [[sampled], [half]] = ask(account, "SampleCount", "p50")

    assert sampled == 2000
    assert abs(half - 1000) <= 100


def test_high_resolution_is_kept_by_the_second(account: Account) -> None:
    """With a storage resolution of a second, seconds have their own values."""
    metrics = [{"Name": "M", "StorageResolution": 1}]
    next_second = changed(Metrics=metrics)
    next_second["_aws"]["Timestamp"] += 1000
    put(account, changed(Metrics=metrics), next_second)

    assert ask(account, "SampleCount", period=1) == [[1.0, 1.0]]


def test_a_reset_begins_anew(account: Account) -> None:
    """Where the values have gone, the next one is seen."""
    from moto.cloudwatch.models import cloudwatch_backends

    put(account, event())
    for _, _, backend in cloudwatch_backends.iter_backends():
        backend.metric_data.clear()
    put(account, event(M=8))

    assert ask(account, "Maximum", "SampleCount") == [[8.0], [1.0]]


MALFORMED = [
    {**event(), "_aws": []},
    {
        "_aws": {"CloudWatchMetrics": event()["_aws"]["CloudWatchMetrics"]},
        "FunctionName": "f",
        "Stage": "map",
        "M": 1,
    },
    {**event(), "_aws": {**event()["_aws"], "Timestamp": "now"}},
    # In nanoseconds, as time.time_ns() gives them, and before there were any.
    {**event(), "_aws": {**event()["_aws"], "Timestamp": 1_790_000_000_000_000_000}},
    {**event(), "_aws": {**event()["_aws"], "Timestamp": -1}},
    event(M="3"),
    event(M=True),
    event(M=None),
    event(M=[]),
    event(M=[1] * 101),
    event(M=[1, "2"]),
    event(M={"Values": [1], "Counts": [1, 2], "Min": 1, "Max": 1, "Sum": 1, "Count": 1}),
    event(M={"Values": [1], "Counts": [1]}),
    event(FunctionName=7),
    {key: value for key, value in event().items() if key != "Stage"},
    {key: value for key, value in event().items() if key != "M"},
    changed(Namespace=""),
    changed(Dimensions="FunctionName"),
    changed(Dimensions=["FunctionName"]),
    changed(Dimensions=[["FunctionName"] * 31]),
    changed(Metrics=[{"Name": "M", "Unit": "Parsecs"}]),
    changed(Metrics=[{"Name": "M", "Unit": []}]),
    changed(Metrics=[{"Name": "M", "StorageResolution": 5}]),
    changed(Metrics=["M"]),
    changed(Metrics=[{"Name": "M"}] * 101),
    '{"_aws": {"Timestamp": 1, "CloudWatchMetrics": [7]}}',
]


@pytest.mark.parametrize("message", MALFORMED, ids=range(len(MALFORMED)))
def test_what_breaks_the_specification_gives_no_metric(
    account: Account, message: str | dict[str, Any]
) -> None:
    """The event is kept as a log event, none of its metrics is made, and the log group has an error more."""
    put(account, message)

    assert ask(account, "SampleCount") == [[]]
    assert len(account.client("logs").get_log_events(logGroupName=GROUP, logStreamName="s")["events"]) == 1
    assert errors(account, "EMFValidationErrors") == [[1.0]]


def test_what_is_no_json_is_an_error_of_its_own(account: Account) -> None:
    """An event that begins as a document and breaks off cannot be read at all."""
    put(account, json.dumps(event())[:-1])

    assert ask(account, "SampleCount") == [[]]
    assert (errors(account, "EMFParsingErrors"), errors(account, "EMFValidationErrors")) == ([[1.0]], [[]])


@pytest.mark.parametrize("message", ["plain text", '{"a": "_aws"}', 'said "_aws" aloud', '["_aws"]'])
def test_other_events_are_none_of_its_business(account: Account, message: str) -> None:
    """Text and other JSON make no metric, and no error."""
    put(account, message)

    assert account.client("cloudwatch").list_metrics(Namespace="AWS/Logs")["Metrics"] == []
