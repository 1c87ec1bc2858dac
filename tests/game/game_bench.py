"""A bench for the generator: stream and tables in moto, and a stand-in for the pipeline between them.

The stand-in works whenever somebody waits: it reads the stream and writes the totals that the messages lead
to. A test can let it lose or double messages. The generator's code runs as it is.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any

import boto3
import pytest
from common import storage
from common.items import plain_item
from generator import sending, totals
from generator.judging import Row
from generator.planning import RoundOrder, truth_of_run
from generator.round import play
from generator.settings import GeneratorSettings
from moto import mock_aws

from tests.lambdas.handler_bench import create_tables
from workshop.clock import ManualClock
from workshop.pipeline.messages import Message
from workshop.pipeline.truth import Truth, stateful_truth

LEVELS = ("RunID", "RiskType", "TradeDesk", "Region")
TWO_TRADES = truth_of_run(
    [
        Message(
            region,
            Decimal("10.50"),
            1,
            dict(zip(LEVELS, ("r", "PV", "FXSpot", region), strict=True)),
            run_id="r",
        )
        for region in ("EMEA", "APAC")
    ],
    LEVELS,
)
TABLES = {"AggregateTable": "Identifier", "ParameterTable": "Parameter"}
ENVIRON = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    "STREAM_NAME": "incoming",
    "AGGREGATE_TABLE_NAME": "AggregateTable",
    "SCORE_TABLE_NAME": "ParameterTable",
    "HIERARCHY_LEVELS": ",".join(LEVELS),
}


class BusyClock(ManualClock):
    """A manual clock during whose sleep something is done."""

    def __init__(self) -> None:
        super().__init__()
        self.meanwhile: Callable[[], None] = lambda: None

    def sleep(self, seconds: float) -> None:
        """Let the time pass, and the work be done."""
        super().sleep(seconds)
        self.meanwhile()


@dataclass
class Stream:
    """Stands between the generator and Kinesis: remembers what was accepted, and may refuse."""

    accepted: list[bytes] = field(default_factory=list)
    calls: list[int] = field(default_factory=list)
    refuse: Callable[[int], str | None] = lambda _: None

    def put_records(self, *, Records: list[dict[str, Any]], StreamName: str) -> dict[str, Any]:  # noqa: N803
        """Answer as Kinesis does; `refuse` names the error for the record with a number, or None."""
        self.calls.append(len(Records))
        results = []
        for record in Records:
            number = len(self.accepted) + sum("ErrorCode" in result for result in results)
            if code := self.refuse(number):
                results.append({"ErrorCode": code, "ErrorMessage": "try again"})
            else:
                self.accepted.append(record["Data"])
                results.append({"SequenceNumber": str(number), "ShardId": "shardId-0"})
        return {"FailedRecordCount": 0, "Records": results}


@dataclass
class GameBench:
    """One game: its clock, its stream, its tables."""

    client: Any
    stream: Stream
    clock: BusyClock
    spoil: Callable[[list[Message]], list[Message]] = lambda messages: messages
    seen: list[Message] = field(default_factory=list)

    def play(
        self, run_id: str = "r1", *, messages: int = 300, holder: str = "", **more: Any
    ) -> dict[str, Any]:
        """Play a round as one invocation of the generator does."""
        order = RoundOrder(run_id, messages=messages, **more)
        settings = GeneratorSettings.from_environ()
        return play(
            order,
            settings=settings,
            holder=holder or f"request-{run_id}",
            seconds_left=300.0,
            clock=self.clock,
        )

    def work(self) -> None:
        """Be the pipeline: bring the totals up to what the stream holds."""
        messages = self.spoil([_message(data) for data in self.stream.accepted])
        if messages == self.seen:
            return
        self.seen = messages
        truth = stateful_truth(messages, LEVELS)
        for path, total in truth.totals.items():
            self.put("AggregateTable", Identifier=path, Value=total, Trades=truth.trades[path])
        self.put("AggregateTable", Identifier="#progress", Revision=len(self.stream.accepted))

    def put(self, table: str, **fields: Any) -> None:
        """Write an item of text and numbers."""
        item = {
            name: {"S": value} if isinstance(value, str) else {"N": str(value)}
            for name, value in fields.items()
        }
        self.client.put_item(TableName=table, Item=item)

    def setting(self, parameter: str) -> dict[str, Any]:
        """Return an item of ParameterTable as Python values, empty if there is none."""
        key = {"Parameter": {"S": parameter}}
        return plain_item(self.client.get_item(TableName="ParameterTable", Key=key).get("Item", {}))

    def round(self, run_id: str = "r1") -> dict[str, Any]:
        """Return a round's item."""
        return self.setting(f"round#{run_id}")

    @property
    def score(self) -> tuple[int, int, int]:
        """Points, rounds, exact rounds."""
        item = self.setting("score")
        return tuple(int(item.get(name, 0)) for name in ("Value", "Rounds", "ExactRounds"))


def rows_of(truth: Truth) -> dict[str, Row]:
    """Return the rows that a pipeline without a fault has."""
    return {path: Row(total, truth.trades[path]) for path, total in truth.totals.items()}


@contextmanager
def fresh_game() -> Iterator[GameBench]:
    """Give an empty game with the environment of its function."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in ENVIRON.items():
            patch.setenv(name, value)
        patch.delenv("PARAMETER_TABLE_NAME", raising=False)
        client = _dynamodb()
        create_tables(client, TABLES)
        stream, clock = Stream(), BusyClock()
        patch.setattr(storage, "client", lambda: client)
        patch.setattr(totals, "client", lambda: client)
        patch.setattr(sending, "stream_client", lambda: stream)
        bench = GameBench(client, stream, clock)
        clock.meanwhile = bench.work
        yield bench


def _message(data: bytes) -> Message:
    fields = json.loads(data, parse_float=Decimal)
    return Message(
        fields["TradeID"], fields["Value"], fields["Version"], fields["Hierarchy"], run_id=fields["RunID"]
    )


@cache
def _dynamodb() -> Any:
    return boto3.client("dynamodb", region_name="us-east-1")
