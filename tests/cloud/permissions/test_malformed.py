"""Requests that do not have the form of their operation: no client of AWS sends them, but people may."""

import json
from typing import Any

import pytest

from tests.cloud.documents import allow
from tests.cloud.permissions.conftest import REGION, Roles, table_arn
from workshop.cloud.offline.http.calls import Answer, Call, Headers
from workshop.cloud.offline.http.dispatch import Dispatcher

PERSON = ("AKIAIOSFODNN7EXAMPLE", "")
TYPE, MISSING = "SerializationException", "ValidationException"
PUT = {"TableName": "T", "Item": {"id": {}}}


def send(operation: str, body: bytes, signer: tuple[str, str]) -> Answer:
    """Make a call of DynamoDB as it is."""
    key, token = signer
    scope = f"AWS4-HMAC-SHA256 Credential={key}/20260101/{REGION}/dynamodb/aws4_request, X=y"
    headers = [
        ("Host", "127.0.0.1"),
        ("Content-Type", "application/x-amz-json-1.0"),
        ("X-Amz-Target", f"DynamoDB_20120810.{operation}"),
        ("Authorization", scope),
        *([("X-Amz-Security-Token", token)] if token else []),
    ]
    return Dispatcher().answer(Call("POST", "/", Headers(headers), body))


@pytest.fixture
def session(roles: Roles) -> tuple[str, str]:
    """Key and token of a role that may write to the table `T`, alone and in batches."""
    roles.make("r", allow(["dynamodb:PutItem", "dynamodb:BatchWriteItem"], table_arn("T")))
    credentials = roles.assume("r")
    return credentials.access_key_id, credentials.session_token


@pytest.mark.parametrize(
    ("operation", "parameters", "code", "named"),
    [
        ("TransactWriteItems", {"TransactItems": "x"}, TYPE, "TransactItems"),
        ("TransactWriteItems", {"TransactItems": [1]}, TYPE, "TransactItems[0]"),
        ("TransactWriteItems", {"TransactItems": [{"Put": 3}]}, TYPE, "TransactItems[0].Put"),
        ("TransactWriteItems", {"TransactItems": None}, MISSING, "'transactItems'"),
        ("TransactWriteItems", {}, MISSING, "'transactItems'"),
        ("TransactWriteItems", {"TransactItems": [{}]}, MISSING, "can only contain one of"),
        ("TransactWriteItems", {"TransactItems": [{"Put": PUT}]}, MISSING, "AttributeValue is empty"),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {"TableName": "T"}}]},
            MISSING,
            "1.member.put.item",
        ),
        ("TransactGetItems", {"TransactItems": {"Get": {}}}, TYPE, "TransactItems"),
        ("BatchWriteItem", {"RequestItems": "x"}, TYPE, "RequestItems"),
        ("BatchWriteItem", {"RequestItems": {"T": [{"PutRequest": 1}]}}, TYPE, "T[0].PutRequest"),
        ("BatchGetItem", {"RequestItems": [1]}, TYPE, "RequestItems"),
        ("ExecuteTransaction", {"TransactStatements": [5]}, TYPE, "TransactStatements[0]"),
        ("PutItem", {"TableName": "T", "Item": 5}, TYPE, "Item"),
    ],
)
def test_a_malformed_request_is_the_callers_mistake(
    session: tuple[str, str], operation: str, *, parameters: dict[str, Any], code: str, named: str
) -> None:
    """A request that does not fit its operation gets AWS's error, whoever sends it."""
    for signer in (PERSON, session):
        answer = send(operation, json.dumps(parameters).encode(), signer)
        error = json.loads(answer.body)

        assert (answer.status, error["__type"].rpartition("#")[2]) == (400, code.rpartition("#")[2])
        assert named in error["message"]


@pytest.mark.usefixtures("empty")
def test_a_body_that_is_no_json_is_the_callers_mistake() -> None:
    """A body that is cut off is told apart from a failure of the cloud."""
    answer = send("PutItem", b'{"TableName": "T", ', PERSON)

    assert (answer.status, json.loads(answer.body)["__type"]) == (400, TYPE)
