"""A bench for the handlers: five tables in moto, the streams between them, and events as Lambda makes them.

The handlers are loaded from their files as they are; nothing of ours is replaced. What fails is boto3's
client: `Bench.crash_at` ends an invocation right before or right after one of its writes.
"""

import importlib.util
import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from common import storage
from common.items import plain_item
from common.trades import ROOT as ROOT_PATH
from hypothesis import strategies as st

from tests.cloud.documents import table
from workshop.deploy.bundles import handler_path

ROOT = Path(__file__).resolve().parents[2]
LEVELS = ("RiskType", "TradeDesk", "Region")
KEYS = {
    "StateTable": "TradeID",
    "ReduceTable": "MessageHash",
    "AggregateTable": "Identifier",
    "LedgerTable": "LedgerKey",
    "QuarantineTable": "RecordID",
}
WRITES = {"put_item", "update_item", "transact_write_items", "batch_write_item", "batch_execute_statement"}
ENVIRON = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    "HIERARCHY_LEVELS": ",".join(LEVELS),
    "STATE_TABLE_NAME": "StateTable",
    "REDUCE_TABLE_NAME": "ReduceTable",
    "AGGREGATE_TABLE_NAME": "AggregateTable",
    "LEDGER_TABLE_NAME": "LedgerTable",
    "QUARANTINE_TABLE_NAME": "QuarantineTable",
}
KINESIS_ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/incoming"


class Crash(BaseException):
    """The end of an execution environment; no `except Exception` of a handler may catch it."""


@dataclass
class Faults:
    """Stands between the handlers and boto3's client: counts writes, and crashes at the chosen one."""

    client: Any
    crash_at: int | None = None
    after: bool = False
    writes: int = 0
    before_call: Callable[[str, dict[str, Any]], None] | None = None
    refused: dict[str, str] = field(default_factory=dict)

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self.client, operation)

        def call(**request: Any) -> Any:
            if self.before_call:
                self.before_call(operation, request)
            if operation not in WRITES:
                return method(**request)
            self.writes += 1
            if self.writes == self.crash_at and not self.after:
                raise Crash
            answer = self._some(request) if self.refused and "Statements" in request else method(**request)
            if self.writes == self.crash_at:
                raise Crash
            return answer

        return call

    def _some(self, request: dict[str, Any]) -> dict[str, Any]:
        """Carry out the statements of a batch without those of refused trades."""
        codes = [
            next((code for trade, code in self.refused.items() if {"S": trade} in each["Parameters"]), None)
            for each in request["Statements"]
        ]
        taken = [each for each, code in zip(request["Statements"], codes, strict=True) if code is None]
        done = iter(self.client.batch_execute_statement(Statements=taken)["Responses"] if taken else ())
        return {"Responses": [{"Error": {"Code": code}} if code else next(done) for code in codes]}


@dataclass
class Bench:
    """One pipeline's tables, and what a test does with them."""

    client: Any
    streams: Any
    faults: Faults
    variant: str
    read: dict[str, int] = field(default_factory=dict)
    milliseconds_left: int = 60_000
    pauses: list[float] = field(default_factory=list)

    def run(self, function: str, event: Mapping[str, Any], *, variant: str | None = None) -> Any:
        """Invoke a function (`stateful.map`) with an event that went through JSON, as Lambda's do."""
        module = load_handler(function, variant or self.variant)
        context = SimpleNamespace(
            function_name=function,
            aws_request_id="request",
            get_remaining_time_in_millis=lambda: self.milliseconds_left,
        )
        answer = module.handler(json.loads(json.dumps(event)), context)
        return json.loads(json.dumps(answer))

    def flow(self, *data: bytes, first: int = 1) -> None:
        """Take messages, and what changed in the tables, through the stateful pipeline in single batches."""
        if data:
            self.run("stateful.state", kinesis_event(data, first=first))
        self.run("stateful.map", window_event(self.new_changes("StateTable")))
        self.run("stateful.reduce", window_event(self.new_changes("ReduceTable")))

    @contextmanager
    def crash_at(self, write: int, *, after: bool, surely: bool = True) -> Iterator[None]:
        """End the invocation inside right before or right after its write with this number.

        Unless `surely` is false, the invocation must get as far as that.
        """
        self.faults.crash_at, self.faults.after, self.faults.writes = write, after, 0
        with pytest.raises(Crash) if surely else suppress(Crash):
            yield
        self.heal()

    def fail_from(self, call: int, error: Exception) -> None:
        """Let every call to DynamoDB fail from the one with this number on."""
        numbers = count(1)

        def check(_operation: str, _request: dict[str, Any]) -> None:
            if next(numbers) >= call:
                raise error

        self.faults.before_call = check

    def refuse(self, *trades: str, code: str) -> None:
        """Let each statement about these trades fail alone, the others of its batch being done."""
        self.faults.refused = dict.fromkeys(trades, code)

    def before_transactions(self, act: Callable[[dict[str, Any]], object]) -> None:
        """Do something before each transaction, with its request."""

        def watch(operation: str, request: dict[str, Any]) -> None:
            if operation == "transact_write_items":
                act(request)

        self.faults.before_call = watch

    def race(self, winner: Callable[[], object]) -> None:
        """Let something happen once, right before the next transaction."""

        def overtake(_request: dict[str, Any]) -> None:
            self.heal()
            winner()

        self.before_transactions(overtake)

    def heal(self) -> None:
        """Let everything work again."""
        self.faults.crash_at, self.faults.before_call, self.faults.writes = None, None, 0
        self.faults.refused = {}

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return every item of a table as Python values."""
        pages = self.client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
        return [plain_item(item) for page in pages for item in page["Items"]]

    def totals(self) -> dict[str, Decimal]:
        """Return AggregateTable's totals by path."""
        return {row["Identifier"]: row["Value"] for row in self._paths()}

    def trades(self) -> dict[str, int]:
        """Return the numbers of live trades by path."""
        return {row["Identifier"]: int(row["Trades"]) for row in self._paths()}

    def check_tree(self) -> None:
        """Check that every parent is the sum of its children, in amounts and in trades."""
        for values in (self.totals(), self.trades()):
            below: dict[str, Any] = {}
            for path, value in values.items():
                if path != ROOT_PATH:
                    below[parent_of(path)] = below.get(parent_of(path), 0) + value
            assert below == {path: values[path] for path in below}

    def progress(self) -> dict[str, Any]:
        """Return the bookkeeping row of AggregateTable."""
        rows = [row for row in self.items("AggregateTable") if row["Identifier"] == "#progress"]
        return rows[0] if rows else {}

    def reasons(self) -> list[str]:
        """Return why records were set aside, in the order of their keys."""
        rows = sorted(self.items("QuarantineTable"), key=lambda row: str(row["RecordID"]))
        return [row["Reason"] for row in rows]

    def new_changes(self, table: str) -> list[dict[str, Any]]:
        """Return the records that the table's stream has got since the last call."""
        changes = self.changes(table)
        start = self.read.get(table, 0)
        self.read[table] = len(changes)
        return changes[start:]

    def changes(self, table: str) -> list[dict[str, Any]]:
        """Return every record of the table's stream, as Lambda delivers it."""
        arn = self.client.describe_table(TableName=table)["Table"]["LatestStreamArn"]
        shard = self.streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
        iterator = self.streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = self.streams.get_records(ShardIterator=iterator)["Records"]
        return [
            {
                "eventID": record["eventID"],
                "eventName": record["eventName"],
                "eventSource": "aws:dynamodb",
                "eventSourceARN": arn,
                "dynamodb": {
                    name: record["dynamodb"][name]
                    for name in ("Keys", "NewImage", "OldImage", "SequenceNumber")
                    if name in record["dynamodb"]
                },
            }
            for record in records
        ]

    def _paths(self) -> list[dict[str, Any]]:
        return [row for row in self.items("AggregateTable") if not row["Identifier"].startswith("#")]


@dataclass(frozen=True)
class Delivery:
    """One invocation as a mapping may make it: some records again, some new ones, and perhaps a crash."""

    again: int
    new: int
    crash_at: int
    after: bool


# Small, so that hypothesis can shrink a failing schedule to one that a reader can follow.
DELIVERIES = st.lists(
    st.builds(
        Delivery,
        again=st.integers(0, 4),
        new=st.integers(0, 5),
        crash_at=st.integers(0, 4),
        after=st.booleans(),
    ),
    max_size=6,
)


def deliver(
    bench: Bench, function: str, count: int, *, event: Callable[[int, int], Any], plan: Sequence[Delivery]
) -> None:
    """Deliver `count` records in order and at least once: as planned, and then the rest without a fault."""
    checkpoint = 0
    for step in [*plan, Delivery(again=0, new=count, crash_at=0, after=False)]:
        start, end = max(0, checkpoint - step.again), min(count, checkpoint + step.new)
        if start == end:
            continue
        with bench.crash_at(step.crash_at, after=step.after, surely=False):
            bench.run(function, event(start, end))
            checkpoint = end


def load_handler(function: str, variant: str) -> ModuleType:
    """Load a function's module as the bundler chooses it: the variant's own file, else the textbook's."""
    name = f"{variant}.{function}"
    if name not in sys.modules:
        path = handler_path(ROOT, f"{function.replace('.', '/')}.py", variant)
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules[name] = module
    return sys.modules[name]


def message(trade_id: str, value: str, *names: str, version: int = 1, **more: Any) -> bytes:
    """Return a message as a producer sends it; the names are those of RiskType, TradeDesk and Region."""
    hierarchy = dict(zip(LEVELS, names or ("PV", "FXSpot", "EMEA"), strict=True))
    fields = {"TradeID": trade_id, "Version": version, "Timestamp": 1_750_000_000.25, "Hierarchy": hierarchy}
    return json.dumps({**fields, **more}).replace("{", f'{{"Value": {value}, ', 1).encode()


def refusal(code: str, *reasons: str, status: int = 400) -> ClientError:
    """Return the error that boto3 raises for this code, with the reasons of a cancelled transaction."""
    answer = {
        "Error": {"Code": code, "Message": "refused"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        "CancellationReasons": [{"Code": reason} for reason in reasons],
    }
    return ClientError(answer, "AnyOperation")


def parent_of(path: str) -> str:
    """Return the path one level up; a top-level path lies below the root."""
    return path.rpartition(":")[0] or ROOT_PATH


def kinesis_event(data: Sequence[bytes], *, first: int = 1, shard: int = 0) -> dict[str, Any]:
    """Return an event of the incoming stream with these records, numbered from `first` on."""
    shard_id = f"shardId-{shard:012}"
    return {
        "Records": [
            {
                "eventID": f"{shard_id}:{number}",
                "eventName": "aws:kinesis:record",
                "eventSource": "aws:kinesis",
                "eventSourceARN": KINESIS_ARN,
                "kinesis": {
                    "sequenceNumber": str(number),
                    "partitionKey": "trade",
                    "data": b64encode(record).decode(),
                    "approximateArrivalTimestamp": 1_750_000_001.5,
                },
            }
            for number, record in enumerate(data, first)
        ]
    }


def window_event(changes: Sequence[Mapping[str, Any]], *, shard: str = "shard-1") -> dict[str, Any]:
    """Return an event of a table's stream inside a tumbling window."""
    return {
        "Records": list(changes),
        "shardId": shard,
        "eventSourceARN": changes[0]["eventSourceARN"] if changes else "arn:aws:dynamodb:::stream",
        "window": {"start": "2025-06-15T15:00:00Z", "end": "2025-06-15T15:15:00Z"},
        "state": {},
        "isFinalInvokeForWindow": False,
        "isWindowTerminatedEarly": False,
    }


def insert(table: str, number: int, item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the stream record of a new item in a table."""
    return {
        "eventID": f"{number:032x}",
        "eventName": "INSERT",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": f"arn:aws:dynamodb:us-east-1:123456789012:table/{table}/stream/2025-06-15",
        "dynamodb": {"SequenceNumber": f"{number:021}", "NewImage": dict(item)},
    }


@contextmanager
def fresh_bench(variant: str = "ledger", **environ: str) -> Iterator[Bench]:
    """Give an empty pipeline with the environment of its functions."""
    with pytest.MonkeyPatch.context() as patch, corrected_moto():
        for name, value in (ENVIRON | environ).items():
            patch.setenv(name, value)
        client = make_client("dynamodb")
        create_tables(client, KEYS)
        faults = Faults(make_client("dynamodb", storage.CLIENT_CONFIG))
        patch.setattr(storage, "client", lambda: faults)
        bench = Bench(client, make_client("dynamodbstreams"), faults, variant)
        patch.setattr("time.sleep", bench.pauses.append)
        yield bench


def corrected_moto() -> AbstractContextManager[Any]:
    """Return moto with the corrections of the offline cloud; loaded late, since most tests are pure."""
    from moto import mock_aws

    from workshop.clock import ManualClock
    from workshop.cloud.offline import overlay

    overlay.apply(ManualClock())
    return mock_aws()


@cache
def make_client(service: str, config: Config | None = None) -> Any:
    """Return a client of moto; it outlives the bench, since making one takes longer than most tests."""
    return boto3.client(service, config=config)


def create_tables(client: Any, keys: Mapping[str, str]) -> None:
    """Create tables with these names and keys, empty, with streams."""
    for name, key in keys.items():
        client.create_table(TableName=name, **table(key))
