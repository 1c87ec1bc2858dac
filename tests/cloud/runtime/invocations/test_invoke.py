"""The Invoke API."""

import base64
import json
import threading

import pytest
from botocore.exceptions import ClientError

from tests.cloud.runtime.world import World, client, fail
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.runtime.active_runtime import deactivate


def test_answer_is_the_payload(world: World) -> None:
    """A synchronous call returns the function's answer, status 200 and the executed version."""
    world.function(handler=lambda event: {"doubled": event["n"] * 2})

    answer = client("lambda").invoke(FunctionName="F", Payload=b'{"n": 21}')

    assert json.load(answer["Payload"]) == {"doubled": 42}
    assert (answer["StatusCode"], answer["ExecutedVersion"]) == (200, "$LATEST")
    assert not {"FunctionError", "LogResult"} & answer.keys()


def test_missing_payload_is_an_empty_object(world: World) -> None:
    """A call without a payload gives the function an empty object."""
    world.function(handler=lambda event: event)

    assert client("lambda").invoke(FunctionName="F")["Payload"].read() == b"{}"


def test_function_error_is_status_200(world: World) -> None:
    """A failing function is a successful call with a function error and its description."""
    world.function(handler=fail)

    answer = client("lambda").invoke(FunctionName="F")

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.load(answer["Payload"])["errorMessage"] == "no"


def test_log_tail_is_given_on_demand(world: World) -> None:
    """With LogType Tail the answer holds the invocation's log lines."""
    world.function()

    answer = client("lambda").invoke(FunctionName="F", LogType="Tail")

    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert [line.split(" ")[0] for line in lines] == ["START", "END", "REPORT"]


def test_event_is_accepted_and_run_later(world: World) -> None:
    """An asynchronous call answers 202 before the function has run."""
    world.function()

    answer = client("lambda").invoke(FunctionName="F", InvocationType="Event", Payload=b'{"a": 1}')
    assert (answer["StatusCode"], world.sent()) == (202, [])
    world.step()

    assert world.sent() == [b'{"a": 1}']


def test_old_asynchronous_call_works(world: World) -> None:
    """InvokeAsync, which is deprecated, does the same."""
    world.function()

    assert client("lambda").invoke_async(FunctionName="F", InvokeArgs=b"{}")["Status"] == 202
    world.step()

    assert len(world.sent()) == 1


def test_dry_run_runs_nothing(world: World) -> None:
    """A dry run answers 204 and runs nothing."""
    world.function()

    assert client("lambda").invoke(FunctionName="F", InvocationType="DryRun")["StatusCode"] == 204
    world.step()

    assert world.sent() == []


def test_qualifier_chooses_the_version(world: World) -> None:
    """A version or alias, in the name, the ARN or the qualifier, decides which code runs."""
    arn = world.function()
    version = client("lambda").publish_version(FunctionName="F")["Version"]
    client("lambda").create_alias(FunctionName="F", Name="live", FunctionVersion=version)

    executed = [
        client("lambda").invoke(**call)["ExecutedVersion"]
        for call in (
            {"FunctionName": "F"},
            {"FunctionName": "F", "Qualifier": "live"},
            {"FunctionName": "F:1"},
            {"FunctionName": arn},
            {"FunctionName": f"{arn}:live"},
        )
    ]

    assert executed == ["$LATEST", "1", "1", "$LATEST", "1"]


@pytest.mark.parametrize("kind", ["RequestResponse", "Event", "DryRun"])
def test_unknown_function_is_not_found(world: World, kind) -> None:
    """A call of a function or qualifier that does not exist is not found."""
    world.function()
    for name in ("none", "F:none"):
        with pytest.raises(ClientError) as refused:
            client("lambda").invoke(FunctionName=name, InvocationType=kind)
        assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_answer_must_fit(world: World) -> None:
    """An answer of more than 6 MB is a function error."""
    world.function(handler=lambda event: "x" * (6 * 2**20 + 200))

    answer = client("lambda").invoke(FunctionName="F")

    assert answer["FunctionError"] == "Unhandled"
    assert json.load(answer["Payload"])["errorType"] == "Function.ResponseSizeTooLarge"


def test_other_languages_are_refused_by_name(world: World) -> None:
    """A function in another language is refused when it is made, with a sentence that says why."""
    with pytest.raises(ClientError, match=r"runs Python functions, not `nodejs22\.x`"):
        world.function(Runtime="nodejs22.x")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"InvocationType": "Sometimes"}, "ValidationException"),
        ({"LogType": "Head"}, "ValidationException"),
        ({"Payload": b"{"}, "InvalidRequestContentException"),
        ({"Payload": b'"' + b"x" * (6 * 2**20) + b'"'}, "RequestTooLargeException"),
        ({"ClientContext": "e30x"}, "InvalidRequestContentException"),
        ({"InvocationType": "Event", "Payload": b'"' + b"x" * 2**20 + b'"'}, "RequestTooLargeException"),
    ],
)
def test_calls_that_aws_refuses(world: World, given, code) -> None:
    """Types, context, form and size are checked before anything runs, and the error is the user's."""
    world.function()

    with pytest.raises(ClientError) as refused:
        client("lambda").invoke(FunctionName="F", **given)

    assert refused.value.response["Error"]["Code"] == code
    assert world.sent() == []


def test_errors_say_whose_they_are(world: World) -> None:
    """Errors that the model gives a type say that it was the user's; the others have none."""
    with pytest.raises(ClientError) as refused:
        client("lambda").invoke(FunctionName="none")

    assert refused.value.response["Type"] == "User"
    assert "Function not found" in refused.value.response["Error"]["Message"]


def test_lock_is_free_while_a_function_runs(world: World) -> None:
    """While a function runs, whoever called it does not hold the lock of the cloud."""
    free = []

    def handler(event):
        thread = threading.Thread(target=lambda: free.append(_can_take_the_lock()))
        thread.start()
        thread.join(5)

    world.function(handler=handler)

    with LOCK:
        client("lambda").invoke(FunctionName="F")

    assert free == [True]


def _can_take_the_lock() -> bool:
    with LOCK:
        return True


def test_without_a_runtime_the_call_says_so(world: World) -> None:
    """If no runtime serves the process, a call fails with a sentence that says what to do."""
    world.function()
    deactivate(world.runtime)

    with pytest.raises(ClientError, match="no runtime serves this process"):
        client("lambda").invoke(FunctionName="F")
