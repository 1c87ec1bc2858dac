"""What has no effect here and shows nowhere is refused by name, and what asks for nothing is not."""

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


def nested(path: str, value: Any) -> dict[str, Any]:
    first, _, rest = path.partition(".")
    return {first: nested(rest, value) if rest else value}


@pytest.mark.parametrize(("service", "operation", "path", "usual"), MEMBERS)
def test_a_member_is_refused_unless_it_asks_for_nothing(
    service: str, operation: str, path: str, usual: Any
) -> None:
    """Each member is one of its operation's, refused by its path, and taken with the value it has anyway."""
    shape: Any = model_of(service).operation_model(operation).input_shape
    for name in path.split("."):
        if shape.type_name == "structure":
            shape = shape.members[name]

    refused = refused_member(service, operation, nested(path, "other"))

    assert refused is not None
    assert f" {path} of {operation}" in refused.message
    assert refused_member(service, operation, nested(path, usual)) is None


@pytest.mark.parametrize(
    ("service", "operation", "given", "code", "member"),
    [
        (
            "dynamodb",
            "CreateTable",
            {**TABLE, "ResourcePolicy": "{}"},
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
            "sqs",
            "CreateQueue",
            {"QueueName": "q", "Attributes": {"RedriveAllowPolicy": "{}"}},
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
