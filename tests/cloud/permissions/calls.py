"""Every data-plane call that can be tried on something of a stack, and what it needs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.models import dynamodb_backends

from tests.cloud.documents import ACCOUNT
from tests.cloud.permissions.conftest import REGION, outcome
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.runtime.environments.environment import Credentials

MakeClient = Callable[[str, Credentials], Any]

SELECT = 'SELECT * FROM "{}"'
# Of a transaction, the kinds of its parts.
PARTS = ("Put", "Update", "Delete", "ConditionCheck")


@dataclass(frozen=True)
class Thing:
    """A table, stream, queue, function or log group of a stack."""

    name: str
    kind: str
    physical: str


@dataclass(frozen=True)
class Attempt:
    """One call on one thing: what it needs, and how it is made."""

    thing: str
    need: str
    service: str
    operation: str
    parameters: dict[str, Any]

    def succeeds(self, client: Callable[[str], Any]) -> bool:
        """Make the call; whether it may be made, whatever else comes of it."""
        return outcome(getattr(client(self.service), self.operation), **self.parameters) == "allowed"


def things_of(laboratory: Laboratory, stack: str) -> list[Thing]:
    """Return what a stack consists of, by logical id."""
    kinds = {
        "AWS::DynamoDB::Table": "table",
        "AWS::Kinesis::Stream": "stream",
        "AWS::SQS::Queue": "queue",
        "AWS::Lambda::Function": "function",
        "AWS::Logs::LogGroup": "log",
    }
    resources = laboratory.client("cloudformation").list_stack_resources(StackName=stack)
    return [
        Thing(one["LogicalResourceId"], kinds[one["ResourceType"]], one["PhysicalResourceId"])
        for one in resources["StackResourceSummaries"]
        if one["ResourceType"] in kinds
    ]


def attempts_on(laboratory: Laboratory, thing: Thing) -> Iterator[Attempt]:
    """Yield every call that can be tried on a thing."""
    makers = {"table": _table, "stream": _stream, "queue": _queue, "function": _function, "log": _log}
    calls = makers[thing.kind](laboratory, thing.physical)
    for need, (service, operation, parameters) in calls.items():
        yield Attempt(thing.name, need, service, operation, parameters)


Calls = dict[str, tuple[str, str, dict[str, Any]]]


def _table(laboratory: Laboratory, name: str) -> Calls:
    table = dynamodb_backends[ACCOUNT][REGION].tables[name]
    key = {table.hash_key_attr: {"S": "a"}}
    at = {"TableName": name, "Key": key}
    update = {**at, "UpdateExpression": "SET x = :x", "ExpressionAttributeValues": {":x": {"N": "1"}}}
    condition = {**at, "ConditionExpression": f"attribute_exists({table.hash_key_attr})"}
    parts: dict[str, dict[str, Any]] = {
        "Put": {"TableName": name, "Item": key},
        "Update": update,
        "Delete": at,
        "ConditionCheck": condition,
    }
    query = {
        "TableName": name,
        "KeyConditionExpression": f"{table.hash_key_attr} = :k",
        "ExpressionAttributeValues": {":k": {"S": "a"}},
    }
    calls: Calls = {
        "GetItem": ("dynamodb", "get_item", at),
        "PutItem": ("dynamodb", "put_item", parts["Put"]),
        "UpdateItem": ("dynamodb", "update_item", update),
        "DeleteItem": ("dynamodb", "delete_item", at),
        "Query": ("dynamodb", "query", query),
        "Scan": ("dynamodb", "scan", {"TableName": name}),
        "BatchGetItem": ("dynamodb", "batch_get_item", {"RequestItems": {name: {"Keys": [key]}}}),
        "BatchWriteItem": (
            "dynamodb",
            "batch_write_item",
            {"RequestItems": {name: [{"PutRequest": {"Item": key}}]}},
        ),
        "GetItem in a transaction": ("dynamodb", "transact_get_items", {"TransactItems": [{"Get": at}]}),
        "DescribeTable": ("dynamodb", "describe_table", {"TableName": name}),
        "PartiQLSelect": ("dynamodb", "execute_statement", {"Statement": SELECT.format(name)}),
    }
    for part in PARTS:
        need = f"{part.removesuffix('Check')}Item in a transaction".replace("Condition", "ConditionCheck")
        calls[need] = ("dynamodb", "transact_write_items", {"TransactItems": [{part: parts[part]}]})
    described = laboratory.client("dynamodb").describe_table(TableName=name)["Table"]
    if stream := described.get("LatestStreamArn"):
        calls |= _table_stream(laboratory, stream)
    return calls


def _table_stream(laboratory: Laboratory, arn: str) -> Calls:
    streams = laboratory.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    begin = {"StreamArn": arn, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = streams.get_shard_iterator(**begin)["ShardIterator"]
    return {
        "DescribeStream": ("dynamodbstreams", "describe_stream", {"StreamArn": arn}),
        "GetShardIterator": ("dynamodbstreams", "get_shard_iterator", begin),
        "GetRecords": ("dynamodbstreams", "get_records", {"ShardIterator": iterator}),
    }


def _stream(laboratory: Laboratory, name: str) -> Calls:
    kinesis = laboratory.client("kinesis")
    shard = kinesis.list_shards(StreamName=name)["Shards"][0]["ShardId"]
    begin = {"StreamName": name, "ShardId": shard, "ShardIteratorType": "TRIM_HORIZON"}
    iterator = kinesis.get_shard_iterator(**begin)["ShardIterator"]
    record = {"Data": b"{}", "PartitionKey": "a"}
    return {
        "PutRecords": ("kinesis", "put_records", {"StreamName": name, "Records": [record]}),
        "PutRecord": ("kinesis", "put_record", {"StreamName": name, **record}),
        "DescribeStream": ("kinesis", "describe_stream", {"StreamName": name}),
        "DescribeStreamSummary": ("kinesis", "describe_stream_summary", {"StreamName": name}),
        "GetShardIterator": ("kinesis", "get_shard_iterator", begin),
        "GetRecords": ("kinesis", "get_records", {"ShardIterator": iterator}),
        "ListShards": ("kinesis", "list_shards", {"StreamName": name}),
    }


def _queue(_laboratory: Laboratory, url: str) -> Calls:
    queue = {"QueueUrl": url}
    entry = {"Id": "1", "MessageBody": "x"}
    return {
        "SendMessage": ("sqs", "send_message", {**queue, "MessageBody": "x"}),
        "SendMessage in a batch": ("sqs", "send_message_batch", {**queue, "Entries": [entry]}),
        "ReceiveMessage": ("sqs", "receive_message", queue),
        "DeleteMessage": ("sqs", "delete_message", {**queue, "ReceiptHandle": "x"}),
        "GetQueueAttributes": ("sqs", "get_queue_attributes", queue),
        "PurgeQueue": ("sqs", "purge_queue", queue),
    }


def _function(_laboratory: Laboratory, name: str) -> Calls:
    # An event that is not JSON is refused after the permission was looked at, so that nothing runs.
    return {
        "InvokeFunction": ("lambda", "invoke", {"FunctionName": name, "Payload": b"{"}),
        "GetFunction": ("lambda", "get_function", {"FunctionName": name}),
    }


def _log(_laboratory: Laboratory, name: str) -> Calls:
    events = [{"timestamp": 1_750_000_000_000, "message": "x"}]
    stream = {"logGroupName": name, "logStreamName": "s"}
    return {
        "CreateLogStream": ("logs", "create_log_stream", stream),
        "PutLogEvents": ("logs", "put_log_events", {**stream, "logEvents": events}),
        "GetLogEvents": ("logs", "get_log_events", stream),
        "DeleteLogGroup": ("logs", "delete_log_group", {"logGroupName": f"{name}"}),
    }
