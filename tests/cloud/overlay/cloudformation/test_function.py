"""AWS::Lambda::Function."""

from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from moto.awslambda.utils import get_backend

from tests.cloud.overlay.cloudformation.samples import function, role

FULL: dict[str, Any] = {
    "Architectures": ["arm64"],
    "Description": "Words.",
    "Environment": {"Variables": {"WORD": "w", "COUNT": 3, "FLAG": True}},
    "EphemeralStorage": {"Size": 1024},
    "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/somewhere"},
    "MemorySize": 256,
    "ReservedConcurrentExecutions": 1,
    "Tags": [{"Key": "a", "Value": "b"}],
    "Timeout": 60,
}


def made(**properties: Any) -> dict[str, Any]:
    """Return a template with a function and its role."""
    return {"Role": role(), "Function": function(**properties)}


def describe(aws: Any) -> dict[str, Any]:
    """Return the description of the function."""
    described: dict[str, Any] = aws.client("lambda").get_function(FunctionName=aws.resources()["Function"])
    return {**described, **described["Configuration"]}


def reserved(aws: Any) -> int | None:
    """Return the reserved concurrency of the function."""
    name = aws.resources()["Function"]
    answer = aws.client("lambda").get_function_concurrency(FunctionName=name)
    value: int | None = answer.get("ReservedConcurrentExecutions")
    return value


def model(aws: Any) -> Any:
    """Return moto's model of the function, which the runtime reads."""
    return get_backend("123456789012", "us-east-1").get_function(aws.resources()["Function"])


def test_a_function_keeps_all_properties(aws: Any) -> None:
    """Every property of the template reaches the function; numbers in its environment become text."""
    stack = aws.create(made(**FULL))

    described = describe(aws)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert described["Architectures"] == ["arm64"]
    assert described["Environment"]["Variables"] == {"WORD": "w", "COUNT": "3", "FLAG": "true"}
    assert described["EphemeralStorage"] == {"Size": 1024}
    assert described["Tags"]["a"] == "b"
    assert (described["MemorySize"], described["Timeout"], described["Description"]) == (256, 60, "Words.")
    assert model(aws).logging_config == {"LogFormat": "JSON", "LogGroup": "/somewhere"}
    assert reserved(aws) == 1


def test_a_function_logs_into_a_group_of_its_name(aws: Any) -> None:
    """Without `LoggingConfig` the log is text, in the group that bears the function's name."""
    aws.create(made())

    expected = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{aws.resources()['Function']}"}
    assert model(aws).logging_config == expected


def test_plain_moto_drops_properties(plain: Any) -> None:
    """In plain moto the function runs on another processor and has no tags."""
    plain.create(made(**FULL))

    described = describe(plain)
    assert described["Architectures"] == ["x86_64"]
    assert "Tags" not in described


def test_a_function_changes_in_place(aws: Any) -> None:
    """Code and configuration change; what the template no longer mentions gets its default."""
    aws.create(made(**FULL))
    before = describe(aws)

    aws.update(
        made(Code={"ZipFile": "def handler(event, context): return 2\n"}, ReservedConcurrentExecutions=5)
    )

    after = describe(aws)
    assert after["FunctionArn"] == before["FunctionArn"]
    assert after["CodeSha256"] != before["CodeSha256"]
    assert (after["MemorySize"], after["Timeout"], after["Description"]) == (128, 3, "")
    assert "Environment" not in after
    assert after["Architectures"] == ["x86_64"]
    assert reserved(aws) == 5


def test_reserved_concurrency_can_be_left_out(aws: Any) -> None:
    """Without the property no concurrency is reserved any more."""
    aws.create(made(ReservedConcurrentExecutions=1))

    aws.update(made())

    assert reserved(aws) is None


def test_concurrency_that_was_reserved_by_hand_stays(aws: Any) -> None:
    """An update of a template that never mentioned the property leaves it alone."""
    aws.create(made())
    aws.client("lambda").put_function_concurrency(
        FunctionName=aws.resources()["Function"], ReservedConcurrentExecutions=1
    )

    aws.update(made(Timeout=9))

    assert reserved(aws) == 1


def test_plain_moto_ignores_reserved_concurrency_in_updates(plain: Any) -> None:
    """In plain moto an update leaves the old concurrency."""
    code = {"S3Bucket": "bucket", "S3Key": "code.zip"}
    plain.client("s3").create_bucket(Bucket="bucket")
    plain.client("s3").put_object(Bucket="bucket", Key="code.zip", Body=b"zip")
    plain.create(made(Code=code, ReservedConcurrentExecutions=1))

    plain.update(made(Code=code, ReservedConcurrentExecutions=5))

    assert reserved(plain) == 1


def test_plain_moto_cannot_change_inline_code(plain: Any) -> None:
    """In plain moto a change of inline code ends with an exception."""
    plain.create(made())

    with pytest.raises((BotoCoreError, ClientError, ValueError)):
        plain.update(made(Code={"ZipFile": "def handler(event, context): return 2\n"}))


def test_code_that_stays_is_not_deployed_again(aws: Any) -> None:
    """A change of the configuration alone keeps the code as it is."""
    aws.create(made())
    before = describe(aws)["CodeSha256"]

    aws.update(made(Timeout=5))

    assert describe(aws)["CodeSha256"] == before


@pytest.mark.parametrize(("key", "code"), [("missing.zip", "NoSuchKey"), (None, "NoSuchBucket")])
def test_missing_code_fails_the_function(aws: Any, key: str | None, code: str) -> None:
    """A zip that is not there is the reason of the failure, of a creation and of a change."""
    aws.client("s3").create_bucket(Bucket="bucket")
    location = {"S3Bucket": "bucket" if key else "nowhere", "S3Key": key or "code.zip"}

    created = aws.create(made(Code=location), "created")
    aws.create(made())
    updated = aws.update(made(Code=location))

    assert created["StackStatus"] == "ROLLBACK_COMPLETE"
    assert updated["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    for name in (created["StackId"], "stack"):
        assert f"Error occurred while GetObject. S3 Error Code: {code}." in aws.reason("Function", name)
