"""A cloud in this process for the tests of the runtime: real moto with the corrections, a clock that is told.

Functions run in fakes only where the test is about the engine; `EnvironmentFactory` is the boundary.
"""

import base64
import json
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from tests.cloud.documents import ACCOUNT, function, table
from workshop.clock import ManualClock
from workshop.cloud.offline.overlay import CORRECTIONS
from workshop.cloud.offline.runtime import (
    Credentials,
    EnvironmentAnswer,
    EnvironmentFactory,
    Invocation,
    Runtime,
)
from workshop.cloud.offline.runtime.invocations.functions import FunctionSpec

REGION = "us-east-1"
# Templates are tested elsewhere, and their corrections take long to load.
NEEDED = [name for name in CORRECTIONS if not name.startswith("cloudformation")]
Handler = Callable[[dict[str, Any]], Any]


@cache
def client(service: str, region: str = REGION) -> Any:
    return boto3.client(service, region_name=region, config=Config(retries={"total_max_attempts": 1}))


class FunctionFailureError(Exception):
    """Raised by a fake handler to fail as a function does."""


def fail(_: dict[str, Any]) -> None:
    """Fail, whatever the event."""
    raise FunctionFailureError("no")


def succeed(_: dict[str, Any]) -> None:
    """Succeed, whatever the event."""


def raising(*errors: Exception | None) -> Handler:
    """Return a handler that raises one of the errors for each event, and succeeds for None."""
    left = iter(errors)

    def handler(_: dict[str, Any]) -> None:
        if (error := next(left)) is not None:
            raise error

    return handler


class FakeEnvironments:
    """Environments in this process: a function's name decides which Python callable runs."""

    def __init__(self) -> None:
        self.handlers: dict[str, Handler] = {}
        self.events: dict[str, list[bytes]] = {}
        self.created: list[str] = []
        self.preparations = 0

    def create(
        self, function: FunctionSpec, *, credentials: Credentials, log_stream: str
    ) -> "FakeEnvironment":
        """Return an environment; all of them share the handlers."""
        self.created.append(function.name)
        return FakeEnvironment(self, function, log_stream)

    def prepare(self) -> None:
        """Take note of it."""
        self.preparations += 1

    def reap(self) -> None:
        """Do nothing: there is nothing to give back."""

    def close(self) -> None:
        """Do nothing: there is nothing to end."""


class FakeEnvironment:
    """Runs a callable; a raised `FunctionFailureError` is a function error."""

    def __init__(self, owner: FakeEnvironments, function: FunctionSpec, log_stream: str) -> None:
        self.owner = owner
        self.function = function
        self.log_stream = log_stream

    def invoke(self, invocation: Invocation) -> EnvironmentAnswer:
        """Run the handler."""
        self.owner.events.setdefault(self.function.name, []).append(invocation.event)
        handler = self.owner.handlers.get(self.function.name, lambda _: None)
        try:
            answer = handler(json.loads(invocation.event))
        except FunctionFailureError as error:
            payload = {"errorMessage": str(error), "errorType": "FunctionFailure"}
            return EnvironmentAnswer(json.dumps(payload).encode(), "FunctionFailure", duration_ms=1.0)
        return EnvironmentAnswer(json.dumps(answer).encode(), None, duration_ms=1.0)

    def close(self) -> None:
        """Do nothing: there is nothing to end."""


class World:
    """An empty account with a runtime that is driven step by step."""

    def __init__(self, environments: EnvironmentFactory | None = None) -> None:
        self.clock = ManualClock()
        self.fakes = FakeEnvironments()
        self.environments = environments or self.fakes
        self.runtime = self.new_runtime()

    def new_runtime(self) -> Runtime:
        """Return another runtime, as after a restart of the engine."""
        return Runtime(clock=self.clock, endpoint_url="http://127.0.0.1:1", environments=self.environments)

    def function(
        self, name: str = "F", handler: Handler | None = None, *, region: str = REGION, **settings: Any
    ) -> str:
        """Create a function and return its ARN; a handler runs in place of its code."""
        if handler is not None:
            self.fakes.handlers[name] = handler
        answer = client("lambda", region).create_function(**function(name, **settings))
        return answer["FunctionArn"]

    def stream(self, name: str = "S", shards: int = 1, region: str = REGION) -> str:
        """Create a Kinesis stream and return its ARN."""
        client("kinesis", region).create_stream(StreamName=name, ShardCount=shards)
        return f"arn:aws:kinesis:{region}:{ACCOUNT}:stream/{name}"

    def put(self, *data: Any, key: str = "k", stream: str = "S", region: str = REGION) -> list[str]:
        """Put one record for each value and return their sequence numbers."""
        return [
            client("kinesis", region).put_record(
                StreamName=stream, PartitionKey=key, Data=value if isinstance(value, bytes) else encode(value)
            )["SequenceNumber"]
            for value in data
        ]

    def table(self, name: str = "T", view: str = "NEW_AND_OLD_IMAGES") -> str:
        """Create a table with a stream and return the stream's ARN."""
        created = client("dynamodb").create_table(TableName=name, **table("id", view))
        return str(created["TableDescription"]["LatestStreamArn"])

    def put_item(self, identifier: str, table: str = "T", **attributes: Any) -> None:
        """Put an item, its attributes as DynamoDB JSON."""
        client("dynamodb").put_item(TableName=table, Item={"id": {"S": identifier}, **attributes})

    def queue(self, name: str = "Q", **attributes: str) -> str:
        """Create a queue and return its ARN."""
        client("sqs").create_queue(QueueName=name, Attributes=attributes)
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def messages(self, name: str = "Q") -> list[Any]:
        """Receive everything that lies in a queue, as documents."""
        answer = client("sqs").receive_message(QueueUrl=queue_url(name), MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def send(self, *bodies: Any, queue: str = "Q") -> None:
        """Send documents to a queue."""
        for body in bodies:
            client("sqs").send_message(QueueUrl=queue_url(queue), MessageBody=json.dumps(body))

    def map(self, source_arn: str, function: str = "F", *, region: str = REGION, **settings: Any) -> str:
        """Map a function to a source, from its horizon unless told otherwise; returns the mapping's UUID."""
        if ":sqs:" not in source_arn:
            settings.setdefault("StartingPosition", "TRIM_HORIZON")
        answer = client("lambda", region).create_event_source_mapping(
            EventSourceArn=source_arn, FunctionName=function, **settings
        )
        return str(answer["UUID"])

    def connect(
        self, handler: Handler | None = None, *, source: str = "", shards: int = 1, **settings: Any
    ) -> str:
        """Create a function, and map it to a source or else to a new stream; returns the mapping's UUID."""
        self.function(handler=handler)
        return self.map(source or self.stream(shards=shards), **settings)

    def mapping(self, uuid: str) -> dict[str, Any]:
        """Return a mapping as the API shows it."""
        return dict(client("lambda").get_event_source_mapping(UUID=uuid))

    def step(self, seconds: float = 0.0) -> float | None:
        """Let time pass, then do what is due."""
        self.clock.advance(seconds)
        return self.runtime.step()

    def run(self, *, until_seconds: float) -> None:
        """Do everything that becomes due in the given time, each thing at its time."""
        end = self.clock.now() + until_seconds
        while (due := self.runtime.step()) is not None and due <= end:
            self.clock.advance(max(0.0, due - self.clock.now()))
        self.clock.advance(max(0.0, end - self.clock.now()))
        self.runtime.step()

    def sent(self, function: str = "F") -> list[bytes]:
        """Return the events that a function got, byte for byte."""
        return self.fakes.events.get(function, [])

    def batches(self, function: str = "F") -> list[list[Any]]:
        """Return what a function got, batch by batch: data of Kinesis records, keys of changed items."""
        events = [json.loads(event) for event in self.sent(function)]
        return [[content(record) for record in event["Records"]] for event in events]


def queue_url(name: str = "Q") -> str:
    return str(client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def on_failure(destination: str) -> dict[str, Any]:
    """Return the settings with which a mapping or function tells a destination about failures."""
    return {"DestinationConfig": {"OnFailure": {"Destination": destination}}}


def encode(value: Any) -> bytes:
    return json.dumps(value).encode()


def content(record: dict[str, Any]) -> Any:
    """Return what identifies a record in a test."""
    if "kinesis" in record:
        raw = base64.b64decode(record["kinesis"]["data"])
        try:
            return json.loads(raw)
        except ValueError:
            return raw
    if "dynamodb" in record:
        return record["dynamodb"]["Keys"]["id"]["S"]
    return json.loads(record["body"])
