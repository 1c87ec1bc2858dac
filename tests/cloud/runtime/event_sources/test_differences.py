"""The corrections of Lambda's API, compared with moto as it is."""

import pytest

from tests.cloud.documents import zip_of
from tests.cloud.runtime.world import World, client
from workshop.cloud.offline.overlay.correct import plain_moto

# What differs between two functions whatever answers: times and names of versions of the code.
VOLATILE = {"LastModified", "RevisionId", "ResponseMetadata"}
# What the corrections add to a function.
ADDED = {"LoggingConfig"}


def configuration(name: str) -> dict:
    shown = client("lambda").get_function_configuration(FunctionName=name)
    return {key: value for key, value in shown.items() if key not in VOLATILE | ADDED}


def test_plain_moto_answers_mappings_differently(world: World) -> None:
    """Plain moto answers 201, enables a mapping at once, fills no defaults in and accepts it twice."""
    world.function()
    arn = world.stream()
    with plain_moto():
        world_streams_need_their_dicts(arn)
        answer = client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName="F")
        again = client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName="F")

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert answer["State"] == "Enabled"
    assert "MaximumRetryAttempts" not in answer
    assert answer["UUID"] != again["UUID"]


def world_streams_need_their_dicts(arn: str) -> None:
    """Give a stream that was made with the correction what plain moto expects of it."""
    from moto.kinesis.models import kinesis_backends

    stream = kinesis_backends["123456789012"]["us-east-1"].streams[arn.rpartition("/")[2]]
    stream.lambda_event_source_mappings = {}


def test_plain_moto_accepts_what_aws_refuses(world: World) -> None:
    """Plain moto accepts any timeout and runtime, reserved variables, the whole account as reservation."""
    with plain_moto():
        world.function(Timeout=901, Runtime="python2.5", Environment={"Variables": {"AWS_REGION": "mars"}})
        client("lambda").put_function_concurrency(FunctionName="F", ReservedConcurrentExecutions=1000)
        client("lambda").put_function_concurrency(FunctionName="F", ReservedConcurrentExecutions=0)
        shown = client("lambda").get_function(FunctionName="F")

    assert shown["Configuration"]["Timeout"] == 901
    assert "Concurrency" not in shown


def test_plain_moto_runs_nothing(world: World) -> None:
    """Plain moto answers an invocation with its own request."""
    world.function(handler=lambda event: "answer")
    with plain_moto():
        echoed = client("lambda").invoke(FunctionName="F", Payload=b'{"a": 1}')["Payload"].read()

    assert echoed == b'{"a": 1}'
    assert client("lambda").invoke(FunctionName="F")["Payload"].read() == b'"answer"'


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {
            "Timeout": 60,
            "MemorySize": 512,
            "Description": "d",
            "Environment": {"Variables": {"A": "b"}},
            "Architectures": ["arm64"],
            "Tags": {"t": "v"},
            "TracingConfig": {"Mode": "Active"},
            "EphemeralStorage": {"Size": 1024},
        },
    ],
)
def test_function_is_shown_as_before(world: World, settings) -> None:
    """Apart from what the corrections add, a function looks as moto shows it."""
    with plain_moto():
        world.function("F", **settings)
        before = configuration("F")
        client("lambda").delete_function(FunctionName="F")
    world.function("F", **settings)

    assert configuration("F") == before


def test_update_is_shown_as_before(world: World) -> None:
    """A changed function looks as moto shows it."""
    changes = {"Timeout": 10, "MemorySize": 256, "Environment": {"Variables": {"A": "c"}}, "Handler": "a.b"}
    shown = []
    for plain in (True, False):
        name = f"F{plain}"
        world.function(name)
        if plain:
            with plain_moto():
                client("lambda").update_function_configuration(FunctionName=name, **changes)
                client("lambda").update_function_code(FunctionName=name, ZipFile=zip_of("a = 1"))
                shown.append(configuration(name))
        else:
            client("lambda").update_function_configuration(FunctionName=name, **changes)
            client("lambda").update_function_code(FunctionName=name, ZipFile=zip_of("a = 1"))
            shown.append(configuration(name))

    named = {"FunctionName", "FunctionArn"}
    before, after = ({key: value for key, value in one.items() if key not in named} for one in shown)
    assert after == before
