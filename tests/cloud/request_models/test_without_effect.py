"""What has no effect here and shows nowhere is refused by name, and what asks for nothing is not."""

import json
from typing import Any

import pytest

from tests.cloud.http.test_dispatch import understood
from tests.cloud.request_models.test_validation import send
from tests.cloud.walk.requests import model_of
from workshop.cloud.offline.request_models.without_effect import REFUSED, refused_member

__all__ = ["send"]

MEMBERS = [(*name, path, usual) for name, members in REFUSED.items() for path, usual in members.items()]
KEY = {"AttributeName": "p"}
TABLE = {
    "TableName": "T",
    "AttributeDefinitions": [{**KEY, "AttributeType": "S"}],
    "KeySchema": [{**KEY, "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}
FUNCTION = {
    "FunctionName": "F",
    "Runtime": "python3.13",
    "Handler": "a.b",
    "Role": "arn:aws:iam::123456789012:role/r",
}


def nested(shape: Any, path: str, value: Any) -> Any:
    """Return the parameters of this shape that have the value at the path."""
    if not path:
        return value
    if shape.type_name == "list":
        return [nested(shape.member, path, value)]
    if shape.type_name == "map":
        return {path: value}
    if path not in shape.members and "AttributeName" in shape.members:
        return {"AttributeName": path, "AttributeValue": value}
    first, _, rest = path.partition(".")
    return {first: nested(shape.members[first], rest, value)}


@pytest.mark.parametrize(("service", "operation", "path", "usual"), MEMBERS)
def test_a_member_is_refused_unless_it_asks_for_nothing(
    service: str, operation: str, path: str, usual: Any
) -> None:
    """Each member is one of its operation's, refused by its path, and taken with the value it has anyway."""
    shape: Any = model_of(service).operation_model(operation).input_shape

    refused = refused_member(service, operation, nested(shape, path, "other"))

    assert refused is not None
    assert f" {path} of {operation}" in refused.message
    assert refused_member(service, operation, nested(shape, path, usual)) is None


@pytest.mark.parametrize("operation", ["CreateQueue", "SetQueueAttributes"])
def test_a_document_may_be_written_in_any_way(operation: str) -> None:
    """Blanks and line ends in JSON change nothing; what it says is looked at."""

    def answer(permission: str) -> Any:
        text = json.dumps({"redrivePermission": permission}, indent=1)
        return refused_member("sqs", operation, {"Attributes": {"RedriveAllowPolicy": text}})

    assert answer("allowAll") is None
    assert answer("denyAll") is not None


@pytest.mark.parametrize(
    ("service", "operation", "given", "code", "member"),
    [
        (
            "dynamodb",
            "CreateTable",
            {**TABLE, "ResourcePolicy": '{"Version":"2012-10-17"}'},
            "ValidationException",
            "ResourcePolicy",
        ),
        (
            "sns",
            "CreateTopic",
            {"Name": "t", "Attributes": {"SignatureVersion": "2"}},
            "InvalidParameter",
            "Attributes.SignatureVersion",
        ),
        (
            "sns",
            "SetTopicAttributes",
            {
                "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t",
                "AttributeName": "TracingConfig",
                "AttributeValue": "Active",
            },
            "InvalidParameter",
            "TracingConfig",
        ),
        (
            "sqs",
            "CreateQueue",
            {"QueueName": "q", "Attributes": {"RedriveAllowPolicy": '{"redrivePermission":"denyAll"}'}},
            "InvalidAttributeValue",
            "Attributes.RedriveAllowPolicy",
        ),
        (
            "lambda",
            "CreateFunction",
            {**FUNCTION, "Code": {"ImageUri": "x"}},
            "InvalidParameterValueException",
            "Code.ImageUri",
        ),
    ],
)
def test_a_call_is_answered_with_the_services_error(
    send: Any, service: str, operation: str, given: dict[str, Any], code: str, member: str
) -> None:
    """A client of each protocol gets an error that names the member."""
    answer = send(service, operation, **given)

    error = understood(service, answer)
    assert (answer.status, error["Code"]) == (400, code)
    assert f"does not offer {member} of" in error["Message"]


@pytest.mark.parametrize(("units", "is_taken"), [(-1, True), (0, False), (5, False)])
def test_nothing_is_not_zero(units: int, is_taken: bool) -> None:
    """The number 0 asks for itself, and what takes a limit away asks for nothing."""
    index = {"OnDemandThroughput": {"MaxReadRequestUnits": units}}

    assert (
        refused_member("dynamodb", "CreateTable", {"GlobalSecondaryIndexes": [index]}) is None
    ) is is_taken
