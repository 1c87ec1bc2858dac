"""A stream, functions of a few lines behind it, and the table that they write to."""

import io
import json
import zipfile
from dataclasses import dataclass, field
from typing import Any, Self

from workshop.clock import SystemClock, stopwatch
from workshop.cloud.connection import Cloud
from workshop.errors import NotSettledError

__all__ = ["COUNTING", "STATEMENTS", "UPDATING", "SmallPipeline"]

RECORDS_OF_A_CALL = 500
# As many as a BatchExecuteStatement takes.
STATEMENTS = 25
LONGEST_SECONDS, POLL_SECONDS = 600.0, 0.1
CONDITION = "attribute_not_exists(v) OR v < :v"
UPDATING = f"""
import base64, os
import boto3
dynamodb = boto3.client("dynamodb")

def handler(event, context):
    for record in event["Records"]:
        dynamodb.update_item(
            TableName=os.environ["TABLE"],
            Key={{"id": {{"S": record["kinesis"]["partitionKey"]}}}},
            UpdateExpression="SET v = :v",
            ConditionExpression={CONDITION!r},
            ExpressionAttributeValues={{":v": {{"N": base64.b64decode(record["kinesis"]["data"]).decode()}}}},
        )
"""
COUNTING = """
import os
import boto3
dynamodb = boto3.client("dynamodb")

def handler(event, context):
    dynamodb.update_item(
        TableName=os.environ["TABLE"],
        Key={"id": {"S": context.function_name}},
        UpdateExpression="ADD v :count",
        ExpressionAttributeValues={":count": {"N": str(len(event["Records"]))}},
    )
"""
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
RIGHTS = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": ["dynamodb:*", "kinesis:*", "logs:*"], "Resource": "*"}],
}


@dataclass
class SmallPipeline:
    """A stream and a table of one name, and functions between them; `last` is what was put last, by shard."""

    cloud: Cloud
    name: str
    stream_arn: str
    role_arn: str
    functions: list[str]
    last: dict[str, int] = field(default_factory=dict)

    @classmethod
    def made(cls, cloud: Cloud, name: str, shards: int) -> Self:
        """Make stream, table and role."""
        kinesis, dynamodb, iam = (cloud.client(each) for each in ("kinesis", "dynamodb", "iam"))
        kinesis.create_stream(StreamName=f"bench-{name}", ShardCount=shards)
        dynamodb.create_table(
            TableName=f"bench-{name}",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        role = iam.create_role(RoleName=f"bench-{name}", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]
        iam.put_role_policy(RoleName=f"bench-{name}", PolicyName="all", PolicyDocument=json.dumps(RIGHTS))
        kinesis.get_waiter("stream_exists").wait(StreamName=f"bench-{name}")
        described = kinesis.describe_stream_summary(StreamName=f"bench-{name}")["StreamDescriptionSummary"]
        return cls(cloud, name, described["StreamARN"], role["Arn"], [])

    @property
    def table(self) -> str:
        """The name of the table."""
        return f"bench-{self.name}"

    def add_function(self, name: str, source: str) -> None:
        """Make a function that reads the stream, without a batch window, and writes to the table."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("index.py", source)
        client, full_name = self.cloud.client("lambda"), f"bench-{self.name}-{name}"
        client.create_function(
            FunctionName=full_name,
            Handler="index.handler",
            Role=self.role_arn,
            Runtime="python3.13",
            Timeout=60,
            Code={"ZipFile": packed.getvalue()},
            Environment={"Variables": {"TABLE": self.table}},
        )
        client.get_waiter("function_active_v2").wait(FunctionName=full_name)
        client.create_event_source_mapping(
            FunctionName=full_name, EventSourceArn=self.stream_arn, StartingPosition="TRIM_HORIZON"
        )
        self.functions.append(full_name)

    def put(self, numbers: range) -> None:
        """Put a record for each number, with the number as key and as content."""
        for start in range(0, len(numbers), RECORDS_OF_A_CALL):
            part = numbers[start : start + RECORDS_OF_A_CALL]
            answer = self.cloud.client("kinesis").put_records(
                StreamARN=self.stream_arn,
                Records=[{"Data": str(each).encode(), "PartitionKey": str(each)} for each in part],
            )
            for number, record in zip(part, answer["Records"], strict=True):
                self.last[record["ShardId"]] = number

    def has_row(self, number: int) -> bool:
        """Whether the function has written the row of a number."""
        found = self.cloud.client("dynamodb").get_item(
            TableName=self.table, Key={"id": {"S": str(number)}}, ConsistentRead=True
        )
        return "Item" in found

    def wait_for_rows(self) -> None:
        """Block until each shard's last number has its row; a shard's records are worked on in order.

        Works in every cloud, also in one that does not tell when it has nothing left to do.
        """
        begun, clock, waiting = stopwatch(), SystemClock(), list(self.last.values())
        while waiting := [number for number in waiting if not self.has_row(number)]:
            if stopwatch() - begun > LONGEST_SECONDS:
                raise NotSettledError(f"no row for a record of ten minutes ago in `{self.table}`")
            clock.sleep(POLL_SECONDS)

    def finish(self) -> None:
        """Block until the functions have nothing left to do."""
        assert self.cloud.offline is not None  # noqa: S101 - what is measured is a cloud of our own
        if not self.cloud.offline.wait_until_quiet(self.functions, timeout_seconds=LONGEST_SECONDS):
            raise NotSettledError(
                f"`bench-{self.name}` is still at work after ten minutes; see the cloud's log"
            )

    def update_beyond(self, number: int) -> Any:
        """Make one update like the function's, of an item that is nobody's."""
        return self.cloud.client("dynamodb").update_item(
            TableName=self.table,
            Key={"id": {"S": f"beyond {number}"}},
            UpdateExpression="SET v = :v",
            ConditionExpression=CONDITION,
            ExpressionAttributeValues={":v": {"N": str(number)}},
        )

    def insert_many(self) -> Any:
        """Make as many inserts as a request takes, of items that are nobody's."""
        fields = {"Value": {"N": "34624.51"}, "Version": {"N": "1"}, "Timestamp": {"N": "1750000000.25"}}
        names = ", ".join(f"'{name}': ?" for name in ("id", *fields))
        statement = f'INSERT INTO "{self.table}" VALUE {{{names}}}'
        return self.cloud.client("dynamodb").batch_execute_statement(
            Statements=[
                {"Statement": statement, "Parameters": [{"S": f"beyond {number}"}, *fields.values()]}
                for number in range(STATEMENTS)
            ]
        )
