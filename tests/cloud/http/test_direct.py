"""The short way to moto answers as the long way does, byte for byte."""

import base64
import json
from datetime import datetime
from typing import Any

import pytest
from moto.dynamodb.models import table as dynamodb_tables
from moto.kinesis import models as kinesis_models
from moto.moto_api._internal import mock_random
from moto.moto_api._internal.models import moto_api_backend

from tests.cloud.conftest import NAMES
from tests.cloud.documents import table
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.http import dispatch
from workshop.cloud.offline.http.calls import Answer, Call, Headers
from workshop.cloud.offline.http.direct import direct_answer
from workshop.cloud.offline.http.dispatch import Dispatcher

KEY = {"pk": {"S": "ü"}}
TABLE = {"TableName": "T", **table()}
ITEM = {
    **KEY,
    "n": {"N": "1.50"},
    "b": {"B": base64.b64encode(b"\x00\xff").decode()},
    "l": {"L": [{"NULL": True}]},
}
ADD = {
    "Update": {
        "TableName": "T",
        "Key": KEY,
        "UpdateExpression": "ADD n :x",
        "ConditionExpression": "attribute_exists(pk)",
        "ExpressionAttributeValues": {":x": {"N": "2"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
}
MISSING = {
    "ConditionCheck": {
        "TableName": "T",
        "Key": {"pk": {"S": "-"}},
        "ConditionExpression": "attribute_exists(pk)",
    }
}
DATA = base64.b64encode(b"data").decode()
SEQUENCE = [
    ("DynamoDB_20120810.CreateTable", TABLE),
    ("DynamoDB_20120810.CreateTable", TABLE),
    ("DynamoDB_20120810.PutItem", {"TableName": "T", "Item": ITEM}),
    ("DynamoDB_20120810.PutItem", {"TableName": "T", "Item": ITEM, "ReturnConsumedCapacity": "TOTAL"}),
    (
        "DynamoDB_20120810.PutItem",
        {
            "TableName": "T",
            "Item": ITEM,
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
    ),
    ("DynamoDB_20120810.PutItem", {"TableName": "T", "Item": {**KEY, "n": {"N": "1" * 39}}}),
    ("DynamoDB_20120810.PutItem", {"TableName": "T", "Item": {"n": {"N": "1"}}}),
    ("DynamoDB_20120810.PutItem", {"TableName": "nowhere", "Item": ITEM}),
    ("DynamoDB_20120810.GetItem", {"TableName": "T", "Key": KEY, "ConsistentRead": True}),
    ("DynamoDB_20120810.GetItem", {"TableName": "T", "Key": {"other": {"S": "x"}}}),
    (
        "DynamoDB_20120810.UpdateItem",
        {"TableName": "T", "Key": KEY, **ADD["Update"], "ReturnValues": "ALL_NEW"},
    ),
    ("DynamoDB_20120810.UpdateItem", {"TableName": "T", "Key": KEY, "UpdateExpression": "NONSENSE"}),
    ("DynamoDB_20120810.TransactWriteItems", {"TransactItems": [ADD], "ClientRequestToken": "t"}),
    ("DynamoDB_20120810.TransactWriteItems", {"TransactItems": [ADD], "ClientRequestToken": "t"}),
    ("DynamoDB_20120810.TransactWriteItems", {"TransactItems": [MISSING], "ClientRequestToken": "t"}),
    ("DynamoDB_20120810.TransactWriteItems", {"TransactItems": [ADD, MISSING]}),
    ("DynamoDB_20120810.BatchGetItem", {"RequestItems": {"T": {"Keys": [KEY]}}}),
    (
        "DynamoDB_20120810.Scan",
        {"TableName": "T", "FilterExpression": "n > :x", "ExpressionAttributeValues": {":x": {"N": "1"}}},
    ),
    ("DynamoDB_20120810.DeleteItem", {"TableName": "T", "Key": KEY, "ReturnValues": "ALL_OLD"}),
    ("DynamoDB_20120810.DescribeTable", {"TableName": "T"}),
    ("DynamoDB_20120810.ListTables", {}),
    ("DynamoDB_20120810.NoSuchOperation", {}),
    ("DynamoDBStreams_20120810.ListStreams", {"TableName": "T"}),
    (
        "DynamoDBStreams_20120810.DescribeStream",
        {"StreamArn": "arn:aws:dynamodb:eu-west-1:1:table/X/stream/y"},
    ),
    ("DynamoDBStreams_20120810.GetRecords", {"ShardIterator": "nonsense"}),
    ("Kinesis_20131202.CreateStream", {"StreamName": "S", "ShardCount": 2}),
    ("Kinesis_20131202.PutRecord", {"StreamName": "S", "PartitionKey": "k", "Data": DATA}),
    (
        "Kinesis_20131202.PutRecords",
        {"StreamName": "S", "Records": [{"PartitionKey": "k", "Data": DATA}] * 3},
    ),
    ("Kinesis_20131202.PutRecords", {"StreamName": "nowhere", "Records": []}),
    ("Kinesis_20131202.DescribeStreamSummary", {"StreamName": "S"}),
    ("Kinesis_20131202.ListShards", {"StreamName": "S"}),
    ("Kinesis_20131202.GetRecords", {"ShardIterator": "nonsense"}),
]


def call(target: str, document: Any, **headers: str) -> Call:
    """Return a signed call as boto3 makes it."""
    service = "kinesis" if target.startswith("Kinesis") else "dynamodb"
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    signature = (
        f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/eu-west-1/{service}/aws4_request, X=y"
    )
    pairs = {
        "Host": "127.0.0.1:4566",
        "X-Amz-Target": target,
        "Content-Type": f"application/x-amz-json-1.{int(service == 'kinesis')}",
        "User-Agent": "Boto3/1.44 md/Botocore#1.44",
        "Authorization": signature,
        "Content-Length": str(len(body)),
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    return Call("POST", "/", Headers(pairs.items()), body)


@pytest.fixture
def dispatcher(monkeypatch):
    """A dispatcher over an empty account, whose time and chance do not vary."""
    overlay.apply(ManualClock(), NAMES)
    for module in (dynamodb_tables, kinesis_models):
        monkeypatch.setattr(module, "utcnow", lambda: datetime(2026, 1, 1))  # noqa: DTZ001 # as moto has it
    moto_api_backend.reset()
    yield Dispatcher()
    moto_api_backend.reset()


def comparable(answer: Answer) -> tuple[int, dict[str, str], bytes]:
    """Return what a client sees; the listener adds the length where it is missing."""
    headers = {name.lower(): value for name, value in answer.headers}
    headers.pop("content-length", None)
    return answer.status, headers, answer.body


def answers(dispatcher: Dispatcher) -> list[tuple[int, dict[str, str], bytes]]:
    moto_api_backend.reset()
    mock_random.seed(42)
    return [comparable(dispatcher.answer(call(*entry))) for entry in SEQUENCE]


def test_both_ways_answer_the_same(dispatcher, monkeypatch) -> None:
    """Each answer to a long sequence of calls, good and bad, has the same status, headers and bytes."""
    short = answers(dispatcher)

    monkeypatch.setattr(dispatch, "direct_answer", lambda _: None)
    long = answers(dispatcher)

    for entry, one, other in zip(SEQUENCE, short, long, strict=True):
        assert one == other, entry


@pytest.mark.parametrize("entry", SEQUENCE, ids=lambda entry: entry[0])
def test_the_short_way_is_taken(dispatcher, entry) -> None:
    """Calls of DynamoDB, its streams and Kinesis take the short way, if the service has the operation."""
    taken = direct_answer(call(*entry)) is not None

    assert taken is not entry[0].endswith("NoSuchOperation")


@pytest.mark.parametrize(
    "changed",
    [
        {"Origin": "http://localhost:8888"},
        {"Content_Encoding": "gzip"},
        {"Content_Type": "text/plain"},
        {"X_Amz_Target": "Logs_20140328.PutLogEvents"},
        {"Authorization": "none"},
        {"Authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/sqs/aws4_request, X=y"},
    ],
    ids=str,
)
def test_unusual_calls_take_the_long_way(dispatcher, changed: dict[str, str]) -> None:
    """Whatever is not a plain signed JSON call of these services goes through moto's own routing."""
    assert direct_answer(call("DynamoDB_20120810.ListTables", {}, **changed)) is None


def test_the_region_is_the_callers(dispatcher) -> None:
    """A table is created in the region of the signature, and another region does not see it."""
    dispatcher.answer(call("DynamoDB_20120810.CreateTable", TABLE))
    elsewhere = call("DynamoDB_20120810.ListTables", {})
    elsewhere.headers["authorization"] = elsewhere.headers["authorization"].replace("eu-west-1", "ap-south-1")

    here = json.loads(dispatcher.answer(call("DynamoDB_20120810.ListTables", {})).body)
    there = json.loads(dispatcher.answer(elsewhere).body)

    assert (here, there) == ({"TableNames": ["T"]}, {"TableNames": []})
