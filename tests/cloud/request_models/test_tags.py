"""Tags that requests name: how many, and whose."""

from typing import Any

import pytest

from tests.cloud.http.test_dispatch import understood
from tests.cloud.request_models.test_validation import send
from tests.cloud.walk.requests import SERVICES, model_of
from workshop.cloud.offline.request_models.tags import BROUGHT, KEEPS_SYSTEM_TAGS, TAKEN, tag_problem

__all__ = ["send"]

SENTENCE = "aws: prefixed tag key names are not allowed for external use."
OTHERS = {
    "CreateBucket": "System tags cannot be added/updated by requester",
    "PutObject": "Your TagKey cannot be prefixed with aws:",
}
TAG = [{"Key": "aws:x", "Value": "v"}]


def tagged(shape: Any, key: str) -> Any:
    """Return a value of a shape for tags that has one with this key."""
    if shape.type_name == "structure":
        return {"TagSet": [{"Key": key, "Value": "v"}]}
    if shape.type_name == "map":
        return {key: "v"}
    if shape.type_name == "string":
        return f"{key.replace(':', '%3A')}=v"
    return [key if shape.member.type_name == "string" else {"Key": key, "Value": "v"}]


@pytest.mark.parametrize("service", SERVICES)
def test_nobody_sets_or_takes_away_a_tag_of_aws(service: str) -> None:
    """Whatever the operation calls them, in small letters or large; `aws` alone is like any other key."""
    model = model_of(service)
    shapes = {name: model.operation_model(name).input_shape for name in model.operation_names}
    found = [
        (name, member, shape.members[member])
        for name, shape in shapes.items()
        for member in (shape.members if shape is not None else ())
        if member in (*BROUGHT, *TAKEN) and name != KEEPS_SYSTEM_TAGS
    ]

    for name, member, shape in found:
        for key, is_refused in (("aws:x", True), ("AWS:x", True), ("aws", False), ("my-aws:x", False)):
            problem = tag_problem(service, name, {member: tagged(shape, key)})

            assert (problem is not None) is is_refused, (name, member, key)


@pytest.mark.parametrize(
    ("service", "operation", "given", "code"),
    [
        (
            "kinesis",
            "AddTagsToStream",
            {"StreamName": "S", "Tags": {"aws:x": "v"}},
            "InvalidArgumentException",
        ),
        ("sqs", "CreateQueue", {"QueueName": "Q", "tags": {"aws:x": "v"}}, "InvalidParameterValue"),
        ("sns", "CreateTopic", {"Name": "T", "Tags": TAG}, "InvalidParameter"),
        ("iam", "UntagRole", {"RoleName": "r", "TagKeys": ["aws:x"]}, "InvalidInput"),
        (
            "logs",
            "CreateLogGroup",
            {"logGroupName": "g", "tags": {"aws:x": "v"}},
            "InvalidParameterException",
        ),
        ("scheduler", "CreateScheduleGroup", {"Name": "g", "Tags": TAG}, "ValidationException"),
        (
            "lambda",
            "TagResource",
            {"Resource": "arn:aws:lambda:eu-west-1:123456789012:function:F", "Tags": {"aws:x": "v"}},
            "InvalidParameterValueException",
        ),
        ("cloudformation", "UpdateStack", {"StackName": "s", "Tags": TAG}, "ValidationError"),
        ("s3", "CreateBucket", {"Bucket": "box", "CreateBucketConfiguration": {"Tags": TAG}}, "InvalidTag"),
        ("s3", "PutObject", {"Bucket": "box", "Key": "k", "Tagging": "a=b&aws%3Ax=v"}, "InvalidTag"),
    ],
)
def test_each_service_says_so_by_its_own_code(
    send: Any, service: str, operation: str, given: dict[str, Any], code: str
) -> None:
    """A client of each protocol gets the error of its service."""
    answer = send(service, operation, **given)

    error = understood(service, answer)
    assert (answer.status, error["Code"]) == (400, code)
    assert error["Message"] == OTHERS.get(operation, SENTENCE)


@pytest.mark.parametrize(
    ("service", "code", "text"),
    [
        ("sns", "InvalidParameter", "Duplicate tag keys found: k"),
        (
            "dynamodb",
            "ValidationException",
            "Duplicate Tag Keys provided as input: Duplicate Tag Key found k",
        ),
        ("s3", "InvalidTag", "Cannot provide multiple Tags with the same key"),
        ("kms", "TagException", "Duplicate tag keys found: k"),
    ],
)
def test_a_request_brings_a_key_once(service: str, code: str, text: str) -> None:
    """Another value for a key is another request; capitals make another key."""
    pairs = [{"Key": key, "Value": "v"} for key in ("k", "j", "k")]

    problem = tag_problem(service, "TagResource", {"Tags": pairs})

    assert problem is not None
    assert (problem.code, problem.message) == (code, text)
    assert tag_problem(service, "TagResource", {"Tags": [*pairs[:2], {"Key": "K"}]}) is None


def test_capitals_make_no_other_key_of_iam() -> None:
    """A key in capitals is the same key there."""
    pairs = [{"Key": key, "Value": "v"} for key in ("A", "a")]

    problem = tag_problem("iam", "CreateUser", {"Tags": pairs})

    assert problem is not None
    assert "Tag keys are case insensitive" in problem.message
