"""What a batch's line in the log says besides its counts: metrics, in CloudWatch's embedded metric format."""

import json
import math
import socket
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from common import reporting
from common.clock import unix_time
from common.latency import BUCKETS, bucket_of, in_milliseconds
from common.reporting import ages_of, report
from common.storage import RETRIES

from tests.lambdas.handler_bench import fresh_bench, message
from workshop.settings import DEFAULT_HOST

Read = Callable[[], dict[str, Any]]


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of a function that has just started."""
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "one-MapLambda")
    RETRIES["busy"] = 0
    forget()
    yield
    forget()


def forget() -> None:
    reporting._settings.cache_clear()
    reporting._influxdb.cache_clear()


@pytest.fixture
def line(capsys: pytest.CaptureFixture[str]) -> Read:
    """Read the last line of the log."""
    return lambda: json.loads(capsys.readouterr().out.splitlines()[-1])


def values(document: dict[str, Any]) -> dict[str, Any]:
    """Return the metrics of a line with their values, as CloudWatch reads them."""
    [directive] = document["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == "TradeRisk"
    assert directive["Dimensions"] == [["FunctionName"]]
    assert document["FunctionName"] == "one-MapLambda"
    return {metric["Name"]: document[metric["Name"]] for metric in directive["Metrics"]}


def test_a_batch_is_measured(line: Read) -> None:
    """One line has the counts of a batch, its size, its messages, what came again, and the latencies."""
    report("map", {"records": 3, "commits": 1, "repeated": 1, "quarantined": 0}, {10: 4, 2000: 1})

    document = line()

    assert {name: document[name] for name in ("stage", "records", "commits", "repeated")} == {
        "stage": "map",
        "records": 3,
        "commits": 1,
        "repeated": 1,
    }
    assert "quarantined" not in document
    assert values(document) == {
        "Messages": 5,
        "BatchSize": 3,
        "Repeated": 1,
        "Retries": 0,
        "Quarantined": 0,
        "Latency": {"Values": [10, 2000], "Counts": [4, 1], "Min": 10, "Max": 2000, "Sum": 2040, "Count": 5},
    }


def test_its_time_is_in_milliseconds(line: Read) -> None:
    """The metrics belong to the time at which the batch was done."""
    before = unix_time() * 1000
    report("map", {"records": 1}, {1: 1})

    assert before <= line()["_aws"]["Timestamp"] <= unix_time() * 1000


def test_without_a_message_there_is_no_latency(line: Read) -> None:
    """A batch whose records were all applied before, or set aside, has no message to measure."""
    report("state", {"records": 4, "malformed": 3, "conflict": 1}, {})

    found = values(line())

    assert "Latency" not in found
    assert (found["Messages"], found["Quarantined"]) == (0, 4)


def test_more_values_than_cloudwatch_takes_are_taken_together(line: Read) -> None:
    """A hundred values at most stand for all messages, none of which is lost."""
    report("reduce", {"records": 1}, in_milliseconds(dict.fromkeys(range(BUCKETS), 3)))

    latency = values(line())["Latency"]

    assert len(latency["Values"]) == len(latency["Counts"]) <= 100
    assert sum(latency["Counts"]) == latency["Count"] == 3 * BUCKETS
    assert latency["Values"] == sorted(latency["Values"])


def test_busy_writes_are_retries_of_the_next_batch_that_is_done(line: Read) -> None:
    """What DynamoDB was too busy for since the last report is counted once."""
    RETRIES["busy"] = 2
    report("map", {"records": 1}, {})
    first = values(line())["Retries"]
    report("map", {"records": 1}, {})

    assert (first, values(line())["Retries"]) == (2, 0)


def test_without_ages_each_record_is_a_message(line: Read) -> None:
    """A handler that says nothing of ages is measured all the same."""
    report("map", {"records": 7})

    assert values(line())["Messages"] == 7


@pytest.mark.parametrize(
    ("variable", "value"), [("EMBEDDED_METRICS", "false"), ("AWS_LAMBDA_FUNCTION_NAME", None)]
)
def test_metrics_can_be_left_out(
    line: Read, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None
) -> None:
    """With the switch off, or outside of Lambda, a line has its counts alone; so has one about no batch."""
    report("game", {"points": 3})
    counts = [line()]
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)
    forget()
    report("map", {"records": 3, "commits": 0}, {10: 3})

    assert [*counts, line()] == [{"stage": "game", "points": 3}, {"stage": "map", "records": 3}]


@pytest.mark.parametrize("seconds", ["0", "0.004", "1", "17.5", "86400", "-5"])
def test_ages_are_known_to_five_percent(seconds: str) -> None:
    """An age is the time since the timestamp, within 5 %; a clock that runs ahead makes it a millisecond."""
    [(age, count)] = ages_of([unix_time() - Decimal(seconds)] * 3).items()

    # Between the two looks at the clock some milliseconds pass.
    assert float(seconds) * 950 <= age <= max(1.0, float(seconds) * 1000) * 1.05 + 1000
    assert count == 3


@pytest.mark.parametrize("milliseconds", [1, 7, 99, 100.5, 1_000, 60_000, 86_400_000])
def test_the_middle_of_a_bucket_is_near(milliseconds: float) -> None:
    """A bucket's middle is within 5 % of every age in it, and no two buckets have the same."""
    [middle] = in_milliseconds({bucket_of(milliseconds): 1})

    assert math.isclose(middle, milliseconds, rel_tol=0.05)
    assert len(in_milliseconds(dict.fromkeys(range(BUCKETS), 1))) == BUCKETS


@pytest.mark.parametrize("variant", ["starter", "textbook", "ledger"])
def test_every_stage_of_every_variant_is_measured(
    variant: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stage says how many messages it is done with, and how old they were."""
    with fresh_bench(variant) as bench:
        # The clock of these messages is years behind.
        bench.flow(message("a", "1.50"), message("b", "2.25"), b"no trade")

    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]

    found = {each["stage"]: values(each) for each in lines}
    assert [*found] == ["state", "map", "reduce"]
    assert {stage: each["Messages"] for stage, each in found.items()} == dict.fromkeys(found, 2)
    assert {each["Latency"]["Count"] for each in found.values()} == {2}
    assert [each["Quarantined"] for each in found.values()] == [1, 0, 0]
    assert [each["BatchSize"] for each in found.values()] == [3, 2, 1]


FORGED = json.dumps({"_aws": {"Timestamp": 1, "CloudWatchMetrics": []}, "Messages": 1_000_000})


@pytest.mark.parametrize("variant", ["starter", "textbook", "ledger"])
def test_no_message_can_claim_a_metric(variant: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever stands in a message, good or set aside, the log has the lines of the stages and no other."""
    name = f"\n{FORGED}\n"
    with fresh_bench(variant) as bench:
        bench.flow(
            message(name, "1.00", name, name, name), FORGED.encode(), name.encode(), message("b", f'"{name}"')
        )

    lines = [json.loads(text) for text in capsys.readouterr().out.splitlines()]

    assert [(each["stage"], values(each)["Messages"]) for each in lines] == [
        ("state", 1),
        ("map", 1),
        ("reduce", 1),
    ]


def test_an_influxdb_that_does_not_answer_is_left_alone(line: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report comes back from an InfluxDB that says nothing, and does not go there again soon."""
    with socket.create_server((DEFAULT_HOST, 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("INFLUXDB_URL", f"http://{DEFAULT_HOST}:{port}/write?db=x")
        for _ in range(3):
            report("map", {"records": 1}, {10: 1})
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()

    assert values(line())["Messages"] == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/write", "http://host.invalid/write", "http://[", "no address"]
)
def test_an_influxdb_that_is_not_there_does_no_harm(
    line: Read, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """Whatever is wrong with the address, the batch is reported."""
    monkeypatch.setenv("INFLUXDB_URL", url)

    report("map", {"records": 1}, {10: 1})

    assert values(line())["Messages"] == 1
