"""The last error of a function, from the offline cloud's runtime and from AWS's logs."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest

from workshop.pipeline.last_errors import (
    LastError,
    errors_in,
    is_failing_again_and_again,
    last_errors,
    troubles_of,
)

FUNCTIONS = {"MapLambda": "s-MapLambda"}
OUTPUTS = {"MapLambdaName": "s-MapLambda"}
TRACE = [
    '  File "/var/task/map.py", line 33, in handler\n',
    '  File "/var/task/common/rows.py", line 9, in f\n',
]


def status(
    *, succeeded_at: float | None = None, result: str = "OK", state: str = "Enabled"
) -> dict[str, Any]:
    error = {"at": 100.0, "type": "KeyError", "message": "'Value'", "trace": TRACE}
    mapping = {"function": "arn:aws:lambda:x:1:function:s-MapLambda", "state": state, "last_result": result}
    row = {"function": "s-MapLambda", "succeeded_at": succeeded_at, "last_error": error}
    return {"functions": [row], "mappings": [mapping]}


class Aws:
    """As much of AWS as is asked: one mapping, and one log."""

    offline = None

    def __init__(self, *messages: str, result: str = "OK") -> None:
        self.messages = messages
        self.result = result
        self.modified = "1970-01-01T00:00:00.000+0000"

    def client(self, service: str) -> Any:
        """Return every client in one."""
        del service
        events = [
            {"timestamp": 1000 * place, "message": each} for place, each in enumerate(self.messages, start=1)
        ]
        pages = SimpleNamespace(paginate=lambda **_: [{"events": events[:1]}, {"events": events[1:]}])
        row = {"State": "Enabled", "LastProcessingResult": self.result}
        return SimpleNamespace(
            list_event_source_mappings=lambda **_: {"EventSourceMappings": [row]},
            get_function_configuration=lambda **_: {"LastModified": self.modified},
            get_paginator=lambda _: pages,
        )


def on_aws(*messages: str, result: str = "OK") -> dict[str, LastError]:
    return last_errors(cast("Any", Aws(*messages, result=result)), OUTPUTS, "stateful")


def test_an_error_is_told_in_one_line_with_the_learners_own_line() -> None:
    """Type, message, and the last line of the trace that is not the library's."""
    error = errors_in(status(), FUNCTIONS)["MapLambda"]

    assert error.text == "KeyError: 'Value' (map.py, line 33)"


@pytest.mark.parametrize(("succeeded_at", "is_over"), [(None, False), (50.0, False), (101.0, True)])
def test_an_error_is_over_once_the_function_has_worked_since(succeeded_at: Any, is_over: bool) -> None:
    """A success before the error says nothing."""
    assert errors_in(status(succeeded_at=succeeded_at), FUNCTIONS)["MapLambda"].is_over is is_over


def test_what_keeps_a_mapping_from_reading_goes_before_an_error() -> None:
    """A right that is missing is what is wrong now, whatever the function has done before."""
    found = errors_in(status(result="PROBLEM: may not read the stream"), FUNCTIONS)["MapLambda"]

    assert found.text == "EventSourceMapping: may not read the stream"


@pytest.mark.parametrize(
    ("result", "state"), [("PROBLEM: Function call failed", "Enabled"), ("PROBLEM: gone", "Disabled")]
)
def test_a_mapping_is_silent_where_it_knows_no_more(result: str, state: str) -> None:
    """That a call failed is told by the function's error; a mapping that is disabled has no problem."""
    assert errors_in(status(result=result, state=state), FUNCTIONS)["MapLambda"].kind == "KeyError"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            json.dumps(
                {"log_level": "ERROR", "errorType": "KeyError", "errorMessage": "'V'", "stackTrace": TRACE}
            ),
            "KeyError: 'V' (map.py, line 33)",
        ),
        (
            json.dumps({"type": "platform.report", "record": {"status": "timeout"}}),
            "Sandbox.Timedout: the function used up its time",
        ),
        (
            "[ERROR] KeyError: 'V'\nTraceback (most recent call last):\n  File \"/var/task/map.py\", line 4",
            "KeyError: 'V' (map.py, line 4)",
        ),
        (
            "2026-01-01 abc Task timed out after 3.00 seconds",
            "Sandbox.Timedout: Task timed out after 3.00 seconds",
        ),
    ],
)
def test_aws_tells_errors_in_the_log(message: str, told: str) -> None:
    """Errors and timeouts are found in logs in JSON and in plain text; when they ended is not known."""
    found = on_aws(message, '{"stage": "map", "timeout_seconds": 3}')["MapLambda"]

    assert (found.text, found.at, found.is_over) == (told, 1.0, None)


def test_the_newest_of_several_errors_counts() -> None:
    """The log is read to its end."""
    assert on_aws("[ERROR] KeyError: 'a'", "[ERROR] ValueError: b")["MapLambda"].kind == "ValueError"


def test_a_log_without_errors_tells_none() -> None:
    """A function that works has no last error."""
    assert on_aws('{"stage": "map", "records": 3}') == {}


def test_a_problem_of_a_mapping_on_aws_is_told() -> None:
    """AWS describes it in the mapping itself."""
    assert on_aws(result="PROBLEM: Access denied")["MapLambda"].kind == "EventSourceMapping"


def test_an_error_is_not_over_while_a_batch_comes_again() -> None:
    """What another shard achieves does not help the one whose batch fails again and again."""
    document = status(succeeded_at=200.0)
    document["mappings"][0]["shards"] = [{"attempts": 0}, {"attempts": 3}]

    assert errors_in(document, FUNCTIONS)["MapLambda"].verb == "fails"


def test_an_error_of_code_that_was_replaced_is_not_told() -> None:
    """Whoever has mended a function does not hear that it fails before it has run again."""
    cloud = Aws("[ERROR] KeyError: 'Value'\n")
    assert last_errors(cast("Any", cloud), OUTPUTS, "stateful")["MapLambda"].verb == "has failed"

    cloud.modified = "1970-01-01T00:00:05.000+0000"
    assert last_errors(cast("Any", cloud), OUTPUTS, "stateful") == {}


def test_a_message_without_end_is_shortened() -> None:
    """A program may put anything into an error; what is shown of it stays readable."""
    text = LastError("MapLambda", 1.0, "ValueError", "a\n" + "y" * 100_000, "map.py, line 3").text

    assert text.startswith("ValueError: a yyy")
    assert text.endswith("y … (map.py, line 3)")
    assert len(text) < 600


@pytest.mark.parametrize(("seconds", "is_told"), [(3.0, False), (41.4, True)])
def test_a_function_that_does_not_answer_is_told(seconds: float, is_told: bool) -> None:
    """A batch that has been in flight for long, as in a loop without an end, is named; a short one is not."""
    document = status(succeeded_at=200.0)
    document["mappings"][0]["shards"] = [{"busy_seconds": 0.0}, {"busy_seconds": seconds}]
    cloud: Any = SimpleNamespace(offline=SimpleNamespace(runtime=lambda: document))

    told = troubles_of(cloud, OUTPUTS, "stateful")

    assert bool(told) is is_told
    assert not told or "MapLambda has been at work on one batch for 41 s" in told[0]


def test_an_error_goes_before_what_hangs() -> None:
    """A function that fails again and again is told by its error, whatever else it is at."""
    document = status()
    document["mappings"][0]["shards"] = [{"attempts": 3, "busy_seconds": 50.0}]
    aws = Aws()
    cloud: Any = SimpleNamespace(offline=SimpleNamespace(runtime=lambda: document), client=aws.client)

    assert troubles_of(cloud, OUTPUTS, "stateful") == [
        "MapLambda fails: KeyError: 'Value' (map.py, line 33)."
    ]


@pytest.mark.parametrize(
    ("shards", "is_failing"),
    [
        ([], False),
        ([{"pending": 0, "attempts": 0}], False),
        ([{"pending": 7, "attempts": 2}], False),
        ([{"pending": 7, "attempts": 6}], True),
        ([{"pending": 7, "attempts": 6}, {"pending": 0, "attempts": 0}], True),
        ([{"pending": 7, "attempts": 6}, {"pending": 1, "attempts": 0}], False),
    ],
)
def test_what_fails_again_and_again_holds_all_that_waits(
    shards: list[dict[str, int]], is_failing: bool
) -> None:
    """A function fails for good once nothing waits but behind batches that have failed many times."""
    document = status()
    document["mappings"][0]["shards"] = shards

    assert is_failing_again_and_again(document, FUNCTIONS.values()) is is_failing


def test_who_gives_up_does_not_fail_for_good() -> None:
    """A batch that has failed many times holds nothing up any more once its mapping gives up."""
    document = status()
    document["mappings"][0] |= {"gives_up": True, "shards": [{"pending": 7, "attempts": 6}]}

    assert not is_failing_again_and_again(document, FUNCTIONS.values())
