"""What tests of the offline cloud share: a small account in this process, and clouds of their own."""

import socket
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from workshop.clock import ManualClock
from workshop.cloud import background
from workshop.cloud.connection import Cloud, connect
from workshop.cloud.offline import overlay
from workshop.cloud.offline.overlay.correct import plain_moto

REGION = "eu-west-1"
# CloudFormation has tests of its own, and takes seconds to load.
NAMES = [name for name in overlay.CORRECTIONS if not name.startswith("cloudformation")]


@cache
def _client(service: str, region: str = REGION) -> Any:
    """Making a client takes longer than most tests; moto answers old ones too."""
    return boto3.client(
        service, region_name=region, aws_access_key_id="AKIAIOSFODNN7EXAMPLE", aws_secret_access_key="x"
    )


class Account:
    """An empty account in this process, its clock, and clients for it."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.stream = ""
        overlay.apply(self.clock, NAMES)

    def client(self, service: str, region: str = REGION) -> Any:
        """Return a client."""
        return _client(service, region)

    @property
    def dynamodb(self) -> Any:
        """The client of DynamoDB."""
        return self.client("dynamodb")

    def create_table(self, name: str = "T", *, sort_key: bool = False, stream: bool = True) -> str:
        """Create a table with the key `pk` (and `sk`); return the ARN of its stream, or nothing.

        `stream` is that of the table that was made last.
        """
        keys = [("pk", "HASH"), ("sk", "RANGE")][: 2 if sort_key else 1]
        specification = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        table = self.dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
            BillingMode="PAY_PER_REQUEST",
            **({"StreamSpecification": specification} if stream else {}),
        )
        self.stream = str(table["TableDescription"].get("LatestStreamArn", ""))
        return self.stream

    def stream_records(self, stream_arn: str = "") -> list[dict[str, Any]]:
        """Return everything in a stream of a table, by default `stream`."""
        iterator = self.stream_iterator(stream_arn)
        return list(self.client("dynamodbstreams").get_records(ShardIterator=iterator)["Records"])

    def stream_iterator(self, stream_arn: str = "", kind: str = "TRIM_HORIZON", **more: Any) -> str:
        """Return an iterator of a type for a stream of a table, by default `stream`."""
        stream_arn = stream_arn or self.stream
        streams = self.client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=stream_arn)["StreamDescription"]["Shards"][0]["ShardId"]
        answer = streams.get_shard_iterator(
            StreamArn=stream_arn, ShardId=shard, ShardIteratorType=kind, **more
        )
        return str(answer["ShardIterator"])

    def put(self, **attributes: dict[str, Any]) -> None:
        """Put the item `a` with these attributes."""
        self.dynamodb.put_item(TableName="T", Item={"pk": {"S": "a"}, **attributes})

    def update(self, expression: str, **values: dict[str, Any]) -> dict[str, Any]:
        """Update the item `a` with values by the names of their placeholders; return all of it."""
        answer = self.dynamodb.update_item(
            TableName="T",
            Key={"pk": {"S": "a"}},
            UpdateExpression=expression,
            ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
            ReturnValues="ALL_NEW",
        )
        return dict(answer["Attributes"])

    def item(self, key: str = "a", table: str = "T") -> dict[str, Any] | None:
        """Return an item, or None."""
        found = self.dynamodb.get_item(TableName=table, Key={"pk": {"S": key}}, ConsistentRead=True)
        return found.get("Item")


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    """An empty account with the corrections, on a manual clock."""
    monkeypatch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield Account()


@pytest.fixture
def plain(account: Account) -> Iterator[Account]:
    """An empty account in moto as it is."""
    with plain_moto():
        yield account


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of one's own; whatever cloud runs there is ended."""
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    yield tmp_path
    background.stop()


@pytest.fixture
def port() -> int:
    """A port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.fixture(scope="session")
def shared_cloud(shared_cloud: Cloud) -> Cloud:
    """The cloud for all tests that do not need an empty one, reached in `REGION`."""
    return connect("offline", endpoint=shared_cloud.endpoint, region=REGION)


@pytest.fixture
def refused() -> Callable[..., tuple[str, str]]:
    """Call something that AWS refuses; return the error's code and message."""
    from botocore.exceptions import ClientError

    def call(operation: Callable[..., Any], **parameters: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            operation(**parameters)
        error = caught.value.response["Error"]
        return error["Code"], error["Message"]

    return call
