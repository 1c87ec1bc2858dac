"""What `workshop cloud status` shows of functions and mappings."""

from io import StringIO

import pytest
from rich.console import Console

from workshop.cli.views.cloud_status import draw_runtime

PLACE = "us-east-1:123456789012"
RUNTIME = {
    "environments": {"warm": 2, "busy": 1},
    "waiting_events": 3,
    "schedules": [],
    "in_flight": {"State": 1},
    "functions": [
        {
            "function": "State",
            "invocations": 1234,
            "errors": 2,
            "succeeded_at": 1.0,
            "last_error": {"type": "KeyError", "message": "'a [b]'", "trace": []},
        }
    ],
    "mappings": [
        {
            "uuid": "u",
            "function": f"arn:aws:lambda:{PLACE}:function:State",
            "source": f"arn:aws:kinesis:{PLACE}:stream/trades",
            "state": "Enabled",
            "last_result": "PROBLEM: Function call failed",
            "batches": {},
            "shards": [
                {"shard": "shardId-000000000000", "checkpoint": "1", "pending": 5, "iterator_age_seconds": 1},
                {
                    "shard": "shardId-000000000007",
                    "checkpoint": "4" * 44 + "123456789012",
                    "pending": 10,
                    "iterator_age_seconds": 7300,
                },
            ],
        },
        {
            "uuid": "v",
            "function": f"arn:aws:lambda:{PLACE}:function:Orders",
            "source": f"arn:aws:sqs:{PLACE}:orders",
            "state": "Enabled",
            "last_result": "No records processed",
            "batches": {},
            "shards": [{"queue": "orders", "pending": 2, "in_flight": 0}],
        },
        {
            "uuid": "w",
            "function": f"arn:aws:lambda:{PLACE}:function:Orders",
            "source": f"arn:aws:dynamodb:{PLACE}:table/gone/stream/1",
            "state": "Enabled",
            "last_result": "OK",
            "batches": {},
            "shards": [{"problem": "the event source does not exist any more"}],
        },
    ],
}


def drawn(width: int) -> str:
    out = StringIO()
    Console(width=width, file=out).print(draw_runtime(RUNTIME, width=width))
    return out.getvalue()


def test_functions_and_mappings_are_told() -> None:
    """One line each: invocations, errors and the last one; what waits, how old it is, how far, what came."""
    lines = [" ".join(line.split()) for line in drawn(160).splitlines()]

    assert lines[0] == "2 warm and 1 busy environments, 3 asynchronous events waiting, 0 schedules"
    assert "State 1,234 2 1 KeyError: 'a [b]'" in lines
    assert "Orders 0 0 0" in lines
    assert "kinesis trades State Enabled 15 2 h 7: …123456789012 PROBLEM: Function call failed" in lines
    assert "sqs orders Orders Enabled 2 0 s No records processed" in lines
    assert "dynamodb gone Orders Enabled 0 0 s OK; the event source does not exist any more" in lines


def test_names_of_stacks_are_not_broken_at_80_columns() -> None:
    """Where names are as long as CloudFormation makes them, each mapping is a sentence with whole names."""
    stream, function = (
        "course-stateful-IncomingDataStream-ABCDEFGHIJKL",
        "course-stateful-StateLambda-1A2B3C4D5E6F",
    )
    [mapping, *_] = RUNTIME["mappings"]
    long = mapping | {
        "function": f"arn:aws:lambda:{PLACE}:function:{function}",
        "source": f"arn:aws:kinesis:{PLACE}:stream/{stream}",
    }
    out = StringIO()

    Console(width=80, file=out).print(draw_runtime(RUNTIME | {"mappings": [long] * 12}, width=80))

    assert out.getvalue().count(stream) == 12
    assert out.getvalue().count(function) == 1 + 12


@pytest.mark.parametrize("width", [40, 60, 80])
def test_narrow_terminals_lose_nothing(width: int) -> None:
    """Where there is no room texts go on in the next line."""
    text = drawn(width)

    assert max(len(line) for line in text.splitlines()) <= width
    assert "…" not in text.replace("…1", "")
    for word in ("State", "1,234", "Enabled"):
        assert word in text
