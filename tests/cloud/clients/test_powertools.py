"""Handlers that use Powertools for AWS Lambda run unmodified: batches of all three sources, idempotency."""

import json

import pytest

from tests.cloud.documents import function, make_role, table
from workshop.cloud.connection import Cloud

# One handler for all three sources: records that hold a `bad` fail, the others are written down.
BATCHES = """
import json, os
import boto3
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

seen = boto3.resource("dynamodb").Table("seen")
processors = {kind: BatchProcessor(event_type=kind) for kind in EventType}

def content(record):
    if hasattr(record, "kinesis"):
        return record.kinesis.data_as_json()
    if hasattr(record, "dynamodb"):
        return {"id": record.dynamodb.new_image["id"], "bad": record.dynamodb.new_image.get("bad", False)}
    return record.json_body

def handle(record):
    item = content(record)
    if item.get("bad"):
        raise ValueError(item["id"])
    source = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
    seen.put_item(Item={"id": source + "/" + item["id"]})

def handler(event, context):
    kind = {
        "aws:kinesis": EventType.KinesisDataStreams,
        "aws:dynamodb": EventType.DynamoDBStreams,
        "aws:sqs": EventType.SQS,
    }[event["Records"][0]["eventSource"]]
    return process_partial_response(
        event=event, record_handler=handle, processor=processors[kind], context=context
    )
"""
ONCE = """
import boto3
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer, IdempotencyConfig, idempotent)

counts = boto3.resource("dynamodb").Table("seen")

@idempotent(
    persistence_store=DynamoDBPersistenceLayer(table_name="seen"),
    config=IdempotencyConfig(event_key_jmespath="order"),
)
def handler(event, context):
    answer = counts.update_item(
        Key={"id": "count"}, UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": 1},
        ReturnValues="UPDATED_NEW")
    return {"n": int(answer["Attributes"]["n"])}
"""


@pytest.fixture(scope="module")
def account(cloud: Cloud) -> Cloud:
    """A cloud with the table `seen`, and the role of functions."""
    make_role(cloud.client("iam"))
    cloud.client("dynamodb").create_table(TableName="seen", **table("id", None))
    return cloud


def deploy(cloud: Cloud, name: str, source: str) -> None:
    cloud.client("lambda").create_function(**function(name, source, Timeout=6))


def sources(cloud: Cloud) -> dict[str, str]:
    """Make a stream, a table with a stream and a queue; return their ARNs by the functions' names."""
    cloud.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    made = cloud.client("dynamodb").create_table(TableName="t", **table("id", "NEW_IMAGE"))
    place = f"{cloud.region}:123456789012"
    cloud.client("sqs").create_queue(QueueName="bad")
    redrive = {"deadLetterTargetArn": f"arn:aws:sqs:{place}:bad", "maxReceiveCount": 1}
    cloud.client("sqs").create_queue(
        QueueName="q", Attributes={"VisibilityTimeout": "6", "RedrivePolicy": json.dumps(redrive)}
    )
    return {
        "kinesis": f"arn:aws:kinesis:{place}:stream/s",
        "dynamodb": made["TableDescription"]["LatestStreamArn"],
        "sqs": f"arn:aws:sqs:{place}:q",
    }


def put(cloud: Cloud, identifier: str, *, bad: bool = False) -> None:
    document = json.dumps({"id": identifier, "bad": bad})
    cloud.client("kinesis").put_record(StreamName="s", PartitionKey="k", Data=document.encode())
    cloud.client("dynamodb").put_item(TableName="t", Item={"id": {"S": identifier}, "bad": {"BOOL": bad}})
    url = cloud.client("sqs").get_queue_url(QueueName="q")["QueueUrl"]
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody=document)


def test_batches_of_all_three_sources(account: Cloud) -> None:
    """Powertools' partial responses are understood: what is good passes, what is bad alone is given up."""
    for name, arn in sources(account).items():
        deploy(account, name, BATCHES)
        settings = {} if name == "sqs" else {"StartingPosition": "TRIM_HORIZON", "MaximumRetryAttempts": 0}
        account.client("lambda").create_event_source_mapping(
            EventSourceArn=arn,
            FunctionName=name,
            FunctionResponseTypes=["ReportBatchItemFailures"],
            **settings,
        )

    put(account, "a")
    put(account, "b", bad=True)
    put(account, "c")
    assert account.offline is not None
    assert account.offline.wait_until_quiet(["kinesis", "dynamodb", "sqs"], timeout_seconds=60)

    items = account.client("dynamodb").scan(TableName="seen", ConsistentRead=True)["Items"]
    assert {item["id"]["S"] for item in items} == {
        f"{name}/{item}" for name in ("kinesis", "dynamodb", "sqs") for item in ("a", "c")
    }


def test_idempotency(account: Cloud) -> None:
    """A handler under `idempotent` runs once for equal events, and answers the same again."""
    deploy(account, "once", ONCE)

    answers = [
        json.load(
            account.client("lambda").invoke(FunctionName="once", Payload=json.dumps({"order": order}))[
                "Payload"
            ]
        )
        for order in ("x", "x", "y")
    ]

    assert answers == [{"n": 1}, {"n": 1}, {"n": 2}]
