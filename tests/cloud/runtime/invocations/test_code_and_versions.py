"""What a function's code and its versions must be."""

import io
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import zip_of
from tests.cloud.runtime.world import World, client

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:F"
NO_ARCHIVE = "Could not unzip uploaded file"


def refusal(call, **arguments) -> tuple[int, str, str]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    response = error.value.response
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return status, response["Error"]["Code"], response["Error"]["Message"]


def huge() -> bytes:
    """Return a small archive that is larger than a function may be once it is unpacked."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(6):
            archive.writestr(f"part{number}", bytes(45 * 1024 * 1024))
    return content.getvalue()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ({"ZipFile": b"no zip"}, NO_ARCHIVE),
        ({"ZipFile": b""}, "non-empty zip"),
        ({"S3Bucket": "nobody", "S3Key": "k"}, "S3 Error Code: NoSuchBucket"),
        ({"S3Bucket": "bucket", "S3Key": "none"}, "S3 Error Code: NoSuchKey"),
        ({"S3Bucket": "bucket", "S3Key": "text"}, NO_ARCHIVE),
    ],
)
def test_code_that_is_no_archive_is_refused(world: World, code, message) -> None:
    """Neither creation nor update takes what cannot be unpacked; the code that was there stays."""
    client("s3").create_bucket(Bucket="bucket")
    client("s3").put_object(Bucket="bucket", Key="text", Body=b"no zip")
    world.function()
    before = client("lambda").get_function(FunctionName="F")["Configuration"]

    created = refusal(lambda: world.function("G", Code=code))
    updated = refusal(client("lambda").update_function_code, FunctionName="F", **code)

    for status, kind, text in (created, updated):
        assert (status, kind) == (400, "InvalidParameterValueException")
        assert message in text
    after = client("lambda").get_function(FunctionName="F")["Configuration"]
    assert after["CodeSha256"] == before["CodeSha256"]
    assert [one["FunctionName"] for one in client("lambda").list_functions()["Functions"]] == ["F"]


def test_code_that_is_too_large_once_unpacked_is_refused(world: World) -> None:
    """An archive may be small and yet hold more than 250 MB."""
    status, code, message = refusal(lambda: world.function(Code={"ZipFile": huge()}))

    assert (status, code) == (400, "InvalidParameterValueException")
    assert "Unzipped size must be smaller than 262144000 bytes" in message


def test_a_function_is_made_once(world: World) -> None:
    """A second function of the same name is a conflict, and changes nothing about the first."""
    world.function(Timeout=7)

    assert refusal(lambda: world.function(Timeout=8))[:2] == (409, "ResourceConflictException")
    assert client("lambda").get_function_configuration(FunctionName="F")["Timeout"] == 7


@pytest.mark.parametrize("name", ["F", "F:$LATEST", ARN, f"{ARN}:$LATEST"])
def test_a_function_has_the_same_names_in_every_call(world: World, name: str) -> None:
    """By its ARN, too, and by what has not been published, which is what a bare name means."""
    functions = client("lambda")
    world.function()
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="$LATEST")
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=3)
    functions.update_function_configuration(FunctionName=name, Timeout=9)

    shown = functions.get_function_configuration(FunctionName=name)
    aliases = functions.list_aliases(FunctionName=name)["Aliases"]
    versions = functions.list_versions_by_function(FunctionName=name)["Versions"]
    reserved = functions.get_function_concurrency(FunctionName=name)["ReservedConcurrentExecutions"]

    assert (shown["Timeout"], reserved, versions[0]["Version"]) == (9, 3, "$LATEST")
    assert [alias["Name"] for alias in aliases] == ["live"]


def test_a_version_that_an_alias_names_stays(world: World) -> None:
    """A version cannot be deleted while an alias names it."""
    functions = client("lambda")
    world.function()
    functions.publish_version(FunctionName="F")
    functions.update_function_code(FunctionName="F", ZipFile=zip_of("def handler(*_): return 2\n"))
    functions.publish_version(FunctionName="F")
    for name, version in (("live", "1"), ("live-next", "2")):
        functions.create_alias(FunctionName="F", Name=name, FunctionVersion=version)

    for version in ("1", "2"):
        status, code, message = refusal(functions.delete_function, FunctionName="F", Qualifier=version)
        assert (status, code) == (409, "ResourceConflictException")
        assert "live" in message
    assert refusal(functions.delete_function, FunctionName="F:$LATEST")[0] == 400
    functions.delete_alias(FunctionName="F", Name="live")
    functions.delete_function(FunctionName="F", Qualifier="1")
    assert refusal(functions.invoke, FunctionName="F:1")[0] == 404
