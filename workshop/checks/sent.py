"""What was sent into a course's stream: read from the stream itself, and kept for longer than the stream.

Whoever sent a message, it stands in the stream, so that is where the truth about a run comes from. Records
are written to a file as they are read, since a stream forgets them after a day. The place behind which a run
begins lies in a second file. Both belong to one stack; a stack that was made anew begins with nothing.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from workshop.pipeline.messages import Message

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_kinesis import KinesisClient

__all__ = ["SentMessages", "SentRecord", "message_of"]

WRAPPER = "RiskMessage"
RECORDS_PER_CALL = 10_000


@dataclass(frozen=True)
class SentRecord:
    """A record of the stream, with the time (unix seconds) at which it arrived there."""

    shard: str
    sequence_number: str
    arrived_at: float
    data: str


class SentMessages:
    """The records of one stack's stream, in a folder of their own; several processes may use it at once."""

    def __init__(self, client: KinesisClient, stream: str, *, folder: Path, stack_id: str) -> None:
        self._client = client
        self._stream = stream
        self._stack_id = stack_id
        self._records_file = folder / "records.jsonl"
        self._run_file = folder / "run.json"
        self._records: dict[tuple[str, str], SentRecord] | None = None

    def messages(self) -> list[Message]:
        """Return the risk messages of this run, as they came; what is no message is left out."""
        found = (message_of(record.data) for record in self.records())
        return [message for message in found if message is not None]

    def records(self) -> list[SentRecord]:
        """Return the records of this run, in the order in which they arrived."""
        known, starts = self._read_on(), self._starts()
        return sorted(
            (each for each in known.values() if int(each.sequence_number) > starts.get(each.shard, -1)),
            key=lambda each: each.arrived_at,
        )

    def begin(self) -> None:
        """Begin a new run: what is in the stream by now belongs to the past."""
        starts: dict[str, int] = {}
        for record in self._read_on().values():
            starts[record.shard] = max(starts.get(record.shard, -1), int(record.sequence_number))
        self._write_starts(starts)

    def rewind(self) -> None:
        """Let the run begin with the oldest record: somebody is about to read the stream from there again."""
        self._write_starts({})

    def _starts(self) -> dict[str, int]:
        document = self._own_run()
        return {shard: int(number) for shard, number in document.get("starts", {}).items()}

    def _own_run(self) -> dict[str, Any]:
        try:
            document = json.loads(self._run_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return document if isinstance(document, dict) and document.get("stack") == self._stack_id else {}

    def _write_starts(self, starts: Mapping[str, int]) -> None:
        self._run_file.parent.mkdir(parents=True, exist_ok=True)
        document = {"stack": self._stack_id, "starts": {shard: str(each) for shard, each in starts.items()}}
        draft = self._run_file.with_name(f"run-{os.getpid()}.json")
        draft.write_text(json.dumps(document), encoding="utf-8")
        draft.replace(self._run_file)

    def _read_on(self) -> dict[tuple[str, str], SentRecord]:
        """Return all that is known, after a look at what has come since the last one."""
        if self._records is None:
            self._records = self._kept()
        last: dict[str, int] = {}
        for shard, number in self._records:
            last[shard] = max(last.get(shard, -1), int(number))
        new = {}
        for shard in self._shards():
            for record in self._behind(shard, last.get(shard)):
                new[record.shard, record.sequence_number] = record
        self._keep(new.values())
        self._records |= new
        return self._records

    def _kept(self) -> dict[tuple[str, str], SentRecord]:
        """Return what was written down; of another stack's, nothing."""
        if not self._own_run():
            self._records_file.unlink(missing_ok=True)
            self._write_starts({})
            return {}
        known = {}
        lines = (
            self._records_file.read_text(encoding="utf-8").splitlines() if self._records_file.exists() else []
        )
        for line in lines:
            try:
                record = SentRecord(**json.loads(line))
            except (ValueError, TypeError):
                continue  # a line that was cut off: the stream still has the record
            known[record.shard, record.sequence_number] = record
        return known

    def _keep(self, records: Any) -> None:
        text = "".join(json.dumps(vars(record)) + "\n" for record in records)
        if text:
            # One write at the end of the file: two processes never mix their lines.
            with self._records_file.open("a", encoding="utf-8", newline="\n") as file:
                file.write(text)

    def _shards(self) -> list[str]:
        pages = self._client.get_paginator("list_shards").paginate(StreamName=self._stream)
        return [shard["ShardId"] for page in pages for shard in page["Shards"]]

    def _behind(self, shard: str, last: int | None) -> Iterator[SentRecord]:
        where: Any = {"ShardIteratorType": "TRIM_HORIZON"}
        if last is not None:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": str(last)}
        answer: Any = self._client.get_shard_iterator(StreamName=self._stream, ShardId=shard, **where)
        iterator = answer["ShardIterator"]
        while iterator:
            page = self._client.get_records(ShardIterator=iterator, Limit=RECORDS_PER_CALL)
            for record in page["Records"]:
                yield SentRecord(
                    shard,
                    record["SequenceNumber"],
                    record["ApproximateArrivalTimestamp"].timestamp(),
                    record["Data"].decode("utf-8", "replace"),
                )
            if not page["Records"] and not page["MillisBehindLatest"]:
                return
            iterator = page.get("NextShardIterator", "")


def message_of(data: str) -> Message | None:
    """Return the message that a record holds, or None if it is none.

    >>> message_of('{"Marker": "workshop clear"}') is None
    True
    """
    try:
        document = json.loads(data, parse_float=Decimal, parse_int=Decimal)
        document = document.get(WRAPPER, document)
        return Message(
            trade_id=document["TradeID"],
            value=Decimal(document["Value"]),
            version=int(document["Version"]),
            hierarchy={str(level): str(name) for level, name in document["Hierarchy"].items()},
            cancelled=document.get("Cancelled") is True,
            run_id=document.get("RunID"),
        )
    except (ValueError, TypeError, KeyError, AttributeError, InvalidOperation):
        return None
