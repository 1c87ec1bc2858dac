"""Functions through the API: what is refused, kept and shown."""

import base64
import hashlib
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import zip_of
from tests.cloud.runtime.world import World, client


def refused(call, **arguments) -> tuple[str, str]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]["Code"], error.value.response["Error"]["Message"]


@pytest.mark.parametrize(
    ("name", "good", "bad"), [("Timeout", [1, 900], 901), ("MemorySize", [128, 10_240], 10_241)]
)
def test_limits_hold_on_creation_and_update(world: World, name, good, bad) -> None:
    """Timeout and memory are accepted up to their limits and refused beyond."""
    world.function()
    for value in good:
        world.function(f"F{value}", **{name: value})

    for call in (
        lambda: world.function("G", **{name: bad}),
        lambda: client("lambda").update_function_configuration(FunctionName="F", **{name: bad}),
    ):
        code, message = refused(call)
        assert code == "ValidationException"
        assert f"Member must have value less than or equal to {good[1]}" in message


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Runtime": "python2.5"}, "Value python2.5 at 'runtime' failed to satisfy constraint"),
        ({"Environment": {"Variables": {"AWS_REGION": "x", "A": "b"}}}, "in this request: AWS_REGION"),
        ({"Environment": {"Variables": {"A": "x" * 4096}}}, "exceeded the 4KB limit"),
    ],
)
def test_impossible_settings_are_refused(world: World, settings, words) -> None:
    """A runtime that AWS does not have, variables that belong to Lambda, and more than 4 KB of them."""
    world.function("Small", Environment={"Variables": {"A": "x" * 4000}})

    code, message = refused(lambda: world.function(**settings))

    assert (code, words in message) == ("InvalidParameterValueException", True)


def test_settings_are_kept(world: World) -> None:
    """Architecture, logging, storage, tracing and tags are what was asked for, also after an update."""
    log_group = {"LogFormat": "Text", "LogGroup": "/own/group"}
    arn = world.function(Architectures=["arm64"], LoggingConfig=log_group)
    client("lambda").tag_resource(Resource=arn, Tags={"a": "b"})
    created = client("lambda").get_function_configuration(FunctionName="F")
    assert (created["Architectures"], created["LoggingConfig"]) == (["arm64"], log_group)

    client("lambda").update_function_configuration(
        FunctionName="F", EphemeralStorage={"Size": 1024}, TracingConfig={"Mode": "Active"}
    )

    updated = client("lambda").get_function_configuration(FunctionName="F")
    assert (updated["EphemeralStorage"], updated["TracingConfig"]) == ({"Size": 1024}, {"Mode": "Active"})
    assert updated["LoggingConfig"] == log_group
    assert client("lambda").list_tags(Resource=arn)["Tags"] == {"a": "b"}


def test_a_function_that_is_published_at_once_keeps_its_settings(world: World) -> None:
    """The answer bears the version's number; function and version have what was asked for."""
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    settings = {"LoggingConfig": {"LogFormat": "Text", "LogGroup": "/own/group"}, "KMSKeyArn": key}

    world.function(**settings, Publish=True)

    for qualifier in ("$LATEST", "1"):
        shown = client("lambda").get_function_configuration(FunctionName="F", Qualifier=qualifier)
        assert (shown["Version"], {name: shown[name] for name in settings}) == (qualifier, settings)


def test_code_digest_is_that_of_the_zip(world: World) -> None:
    """CodeSha256 is the base64 of the zip's SHA-256, and changes with the code."""
    digests = []
    for content in (zip_of("a = 1"), zip_of("a = 2")):
        if digests:
            shown = client("lambda").update_function_code(FunctionName="F", ZipFile=content)
        else:
            world.function(Code={"ZipFile": content})
            shown = client("lambda").get_function_configuration(FunctionName="F")
        digests.append(shown["CodeSha256"])
        assert shown["CodeSha256"] == base64.b64encode(hashlib.sha256(content).digest()).decode()
        assert shown["CodeSize"] == len(content)

    assert digests[0] != digests[1]


def test_modification_is_dated(world: World) -> None:
    """LastModified is the time of the last change, in AWS's form."""
    world.function()
    world.clock.advance(10)

    client("lambda").update_function_configuration(FunctionName="F", Description="new")

    shown = client("lambda").get_function_configuration(FunctionName="F")["LastModified"]
    assert shown == "2025-06-15T15:06:50.000+0000"


def test_code_can_be_fetched(world: World) -> None:
    """GetFunction offers the code at an address of the offline cloud, and not among one's own buckets."""
    content = zip_of("a = 1")
    world.function(Code={"ZipFile": content})

    location = client("lambda").get_function(FunctionName="F")["Code"]["Location"]

    bucket, key = urlsplit(location).path.removeprefix("/").split("/", 1)
    assert location.startswith("http://127.0.0.1:1/awslambda-us-east-1-tasks/")
    assert client("s3").get_object(Bucket=bucket, Key=key)["Body"].read() == content
    assert client("s3").list_buckets()["Buckets"] == []
