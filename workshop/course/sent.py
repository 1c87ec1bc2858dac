"""The messages of a course's stream, kept for longer than the stream keeps them.

They are read from the stream itself, so the truth about a run includes messages of every producer. Records
are appended to a file as they are read, since the stream drops them after a day. A second file holds the
sequence numbers after which the current run begins.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from workshop.course.files import locked, patiently, write_whole
from workshop.pipeline.messages import Message
from workshop.pipeline.producer.message_file import message_on_stream, parts_of_record
from workshop.pipeline.truth import DEFAULT_ORDER

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_kinesis import KinesisClient

    from workshop.pipeline.target import Target

__all__ = [
    "NO_MARK",
    "Mark",
    "SentMessages",
    "SentRecord",
    "lanes_of",
    "message_of",
    "open_sent",
]

RECORDS_PER_CALL = 10_000
DAMAGED = (
    "`{}` is damaged, and with it the knowledge where this run begins: every message that the stream still "
    "holds counts as sent. Emptying the pipeline, with `ws.clear()` or `workshop clear`, begins a new run."
)


@dataclass(frozen=True)
class SentRecord:
    """A record of the stream, with the time (unix seconds) at which it arrived there.

    Bytes of `data` that are not UTF-8 are escaped as lone surrogates (`surrogateescape`).
    """

    shard: str
    sequence_number: str
    arrived_at: float
    data: str


class Mark(NamedTuple):
    """How far a reader has come: in which run, after how many records of it."""

    run: int
    records: int


NO_MARK = Mark(-1, 0)


class SentMessages:
    """The records of one stack's stream; several processes may use the same folder at once.

    `order` names the levels that a message must have. Each run has a number; a process that finds another
    number than before reads the files again. `tell` hears, once, that nobody knows where the run begins.
    """

    def __init__(
        self,
        client: KinesisClient,
        stream: str,
        folder: Path,
        order: Sequence[str] = DEFAULT_ORDER,
        *,
        tell: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._client = client
        self._stream = stream
        self._order = order
        self._lock = folder / "sent.lock"
        self._records_file = folder / "records.jsonl"
        self._run_file = folder / "run.json"
        self._tell = tell
        self._is_told = False
        self._number: int | None = None
        self._records: dict[tuple[str, str], SentRecord] = {}
        self._ends: dict[str, int] = {}
        self._unwritten: list[SentRecord] = []

    def messages(self) -> list[Message]:
        """Return the messages of this run in order of arrival; records that are not messages are left out."""
        return [message for _, message in self.arrived()]

    def arrived(self) -> list[tuple[str, Message]]:
        """Return the risk messages of this run as they came, each with its shard."""
        found = ((record.shard, message_of(record.data, self._order)) for record in self.records())
        return [(shard, message) for shard, message in found if message is not None]

    def since(self, mark: Mark = NO_MARK) -> tuple[Mark, list[Message]]:
        """Return the messages that were read after a mark, and a mark for the next call.

        Those of a shard are in order. After a mark of another run, all messages of this one are new: then the
        numbers of the marks' runs differ.
        """
        with locked(self._lock):
            number, _ = self._read_on()
            seen = mark.records if mark.run == number else 0
            records = list(islice(self._records.values(), seen, None))
        found = (message_of(part.data, self._order) for each in records for part in _parts(each))
        return Mark(number, seen + len(records)), [message for message in found if message is not None]

    def records(self) -> list[SentRecord]:
        """Return the records of this run in the order in which they arrived, each shard in its own.

        A record of several messages is given as several of one sequence number, each with one message.
        """
        with locked(self._lock):
            self._read_on()
            records = list(self._records.values())
        ordered = sorted(records, key=lambda each: (each.shard, int(each.sequence_number)))
        in_order = sorted(ordered, key=lambda each: each.arrived_at)
        return [part for record in in_order for part in _parts(record)]

    def begin(self) -> None:
        """Begin a new run after the last record in the stream."""
        with locked(self._lock):
            number, starts = self._read_on()
            self._write_run(number + 1, {**starts, **self._ends})

    def rewind(self) -> None:
        """Begin the run with the oldest record, since a mapping will read the stream from TRIM_HORIZON."""
        with locked(self._lock):
            number, _ = self._read_run()
            self._write_run(number + 1, {})

    def _read_on(self) -> tuple[int, dict[str, int]]:
        """Read the records that are new; return the number of the run and where it begins."""
        number, starts = self._read_run()
        if number != self._number:
            self._number, self._records, self._ends = number, self._kept(starts), {}
            self._unwritten = []
            self._note_ends(self._records)
        behind = {**starts, **self._ends}
        new = [record for shard in self._shards() for record in self._behind(shard, behind.get(shard))]
        self._keep(new)
        added = {(each.shard, each.sequence_number): each for each in new}
        self._records |= added
        self._note_ends(added)
        return number, starts

    def _note_ends(self, records: Iterable[tuple[str, str]]) -> None:
        """Keep the last sequence number of each shard that has any record in this run."""
        for shard, number in records:
            self._ends[shard] = max(self._ends.get(shard, -1), int(number))

    def _read_run(self) -> tuple[int, dict[str, int]]:
        try:
            document = json.loads(patiently(lambda: self._run_file.read_text(encoding="utf-8")))
            starts = {str(shard): int(number) for shard, number in document["starts"].items()}
            return int(document["number"]), starts
        except FileNotFoundError:
            return 0, {}
        except (ValueError, TypeError, KeyError, AttributeError):
            if not self._is_told:
                self._is_told = True
                self._tell(DAMAGED.format(self._run_file))
            return 0, {}  # the stream itself is the truth, from its beginning

    def _write_run(self, number: int, starts: Mapping[str, int]) -> None:
        document = {"number": number, "starts": {shard: str(each) for shard, each in starts.items()}}
        write_whole(self._run_file, json.dumps(document))
        # What belongs to the run from now on is still to be read.
        patiently(lambda: self._records_file.unlink(missing_ok=True))

    def _kept(self, starts: Mapping[str, int]) -> dict[tuple[str, str], SentRecord]:
        """Return what was written down of this run, up to the first line that is damaged.

        That line and those behind it leave the file: reading goes on behind the last record that is known, so
        the stream gives them again.
        """
        if not self._records_file.exists():
            return {}
        known = {}
        content = patiently(self._records_file.read_bytes)
        whole = 0
        for line in content.splitlines(keepends=True):
            try:
                record = SentRecord(**json.loads(line))
                is_of_run = int(record.sequence_number) > starts.get(record.shard, -1)
            except (ValueError, TypeError):
                break
            if not line.endswith(b"\n"):
                break
            whole += len(line)
            if is_of_run:
                known[record.shard, record.sequence_number] = record
        if whole < len(content):
            self._cut(whole)
        return known

    def _keep(self, records: Sequence[SentRecord]) -> None:
        """Append records to the file; on a full disk, or where nobody may write, it is tried again later.

        They go in before newer ones: who finds a record in the file reads the stream only behind it.
        """
        self._unwritten += records
        if not self._unwritten:
            return
        size: int | None = None
        try:
            self._records_file.parent.mkdir(parents=True, exist_ok=True)
            # One write at the end of the file: two processes never mix their lines.
            with self._records_file.open("ab") as file:
                size = file.tell()
                file.write("".join(json.dumps(vars(each)) + "\n" for each in self._unwritten).encode())
            self._unwritten = []
        except OSError:
            if size is not None:  # others would write behind half a line
                self._cut(size)

    def _cut(self, size: int) -> None:
        """Cut the file to its first bytes, which takes no space on a disk."""
        with contextlib.suppress(OSError):
            os.truncate(self._records_file, size)

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
                    record["Data"].decode("utf-8", "surrogateescape"),
                )
            if not page["Records"] and not page["MillisBehindLatest"]:
                return
            iterator = page.get("NextShardIterator", "")


def open_sent(
    client: KinesisClient,
    target: Target,
    stack_id: str,
    home: Path,
    *,
    tell: Callable[[str], object] = lambda _: None,
) -> SentMessages:
    """Return the messages of a stack as this machine remembers them; `tell` hears of a damaged memory.

    A stack that was made anew under the same name has another id, and a past of its own.
    """
    mark = hashlib.sha256(stack_id.encode()).hexdigest()[:8]
    folder = home / "sent" / f"{target.stack}-{mark}"
    return SentMessages(client, target.outputs["StreamName"], folder, target.order, tell=tell)


def message_of(data: str, order: Sequence[str] = DEFAULT_ORDER) -> Message | None:
    """Return the message that a record holds, or None if it is none to the pipeline.

    >>> message_of('{"Marker": "workshop clear"}') is None
    True
    """
    try:
        return message_on_stream(data.encode(), order)
    except (ValueError, RecursionError):
        return None


def _parts(record: SentRecord) -> Iterator[SentRecord]:
    for part in parts_of_record(record.data.encode("utf-8", "surrogateescape")):
        yield replace(record, data=part.decode("utf-8", "surrogateescape"))


def lanes_of(arrived: Sequence[tuple[str, Message]]) -> list[list[int]] | None:
    """Return for each shard, in the order of their names, the places of its messages; None without any."""
    lanes: dict[str, list[int]] = {}
    for place, (shard, _) in enumerate(arrived):
        lanes.setdefault(shard, []).append(place)
    return [lanes[shard] for shard in sorted(lanes)] or None
