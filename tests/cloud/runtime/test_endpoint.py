"""The runtime behind the endpoint: clients that know nothing but a URL, handlers that call back."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud.documents import function, make_role, table
from tests.cloud.waiting import wait_until
from workshop.cloud.connection import Cloud

COUNTING = """
import base64, boto3, os
dynamodb = boto3.client("dynamodb")
def handler(event, context):
    for record in event["Records"]:
        dynamodb.update_item(
            TableName=os.environ["TABLE"],
            Key={"id": {"S": base64.b64decode(record["kinesis"]["data"]).decode()}},
            UpdateExpression="ADD seen :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
"""
FORWARDING = """
import boto3, json, os
sqs = boto3.client("sqs")
def handler(event, context):
    for record in event["Records"]:
        sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=record["dynamodb"]["Keys"]["id"]["S"])
    return {"state": event["state"] | {"n": len(event["Records"])}}
"""


@pytest.fixture(scope="module")
def client(cloud: Cloud) -> Callable[[str], Any]:
    """Clients of a cloud in a process of its own."""
    make_role(cloud.client("iam"))
    return cloud.client


def deploy(client, name: str, source: str, **variables: str) -> None:
    settings = {"Timeout": 30, "Environment": {"Variables": variables}}
    client("lambda").create_function(**function(name, source, **settings))


def test_records_flow_through_two_functions(client) -> None:
    """A stream feeds a function that writes to a table, whose stream feeds another that writes to a queue."""
    client("kinesis").create_stream(StreamName="S", ShardCount=2)
    stream_arn = client("kinesis").describe_stream(StreamName="S")["StreamDescription"]["StreamARN"]
    created = client("dynamodb").create_table(TableName="T", **table("id", "NEW_IMAGE"))["TableDescription"]
    queue = client("sqs").create_queue(QueueName="Q")["QueueUrl"]
    deploy(client, "Count", COUNTING, TABLE="T")
    deploy(client, "Forward", FORWARDING, QUEUE=queue)
    for name, source, window in (("Count", stream_arn, 0), ("Forward", created["LatestStreamArn"], 60)):
        client("lambda").create_event_source_mapping(
            FunctionName=name,
            EventSourceArn=source,
            StartingPosition="TRIM_HORIZON",
            TumblingWindowInSeconds=window,
        )

    client("kinesis").put_records(
        StreamName="S",
        Records=[{"Data": f"trade-{number}".encode(), "PartitionKey": str(number)} for number in range(20)],
    )

    def received() -> int:
        attributes = client("sqs").get_queue_attributes(
            QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(attributes["Attributes"]["ApproximateNumberOfMessages"])

    assert wait_until(lambda: received() == 20, 30)
    items = client("dynamodb").scan(TableName="T")["Items"]
    assert {(item["id"]["S"], item["seen"]["N"]) for item in items} == {
        (f"trade-{number}", "1") for number in range(20)
    }


def test_function_may_call_a_function(client) -> None:
    """A handler that invokes another function, and waits for it, does not stop the cloud."""
    source = (
        "import boto3\ndef handler(event, context):\n"
        "    answer = boto3.client('lambda').invoke(FunctionName='Inner', Payload=b'[1]')\n"
        "    return answer['Payload'].read().decode()"
    )
    deploy(client, "Inner", "def handler(event, context):\n    return event + [2]")
    deploy(client, "Outer", source)

    answer = client("lambda").invoke(FunctionName="Outer")

    assert json.load(answer["Payload"]) == "[1, 2]"


def test_code_can_be_downloaded(client) -> None:
    """The code's location can be fetched by anybody, without a signature of one's own."""
    source = "def handler(event, context):\n    return 'downloaded'"
    deploy(client, "Download", source)

    location = client("lambda").get_function(FunctionName="Download")["Code"]["Location"]

    with urllib.request.urlopen(location) as answer:  # noqa: S310 - the offline cloud's own address
        assert answer.read()[:2] == b"PK"
