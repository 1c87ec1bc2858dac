"""The work of a poller, done by hand: records fetched from a table's stream, and given to a function.

The event source mapping is paused meanwhile, so whoever holds the `HandPoller` decides which records make a
batch, and how often it comes. Only AWS calls are made, the ones that Lambda's own pollers make.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from workshop.clock import Clock, SystemClock
from workshop.course.stack import report_in
from workshop.errors import ConfigurationError, NotSettledError

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["Delivery", "HandPoller"]

Record = dict[str, Any]

PATIENCE_SECONDS = 180.0
PAUSE_SECONDS = 0.2
WINDOW_SECONDS = 900


@dataclass(frozen=True)
class Delivery:
    """What became of a batch: what the function wrote about it, and the error if it failed."""

    function: str
    records: int
    report: Mapping[str, Any]
    error: str = ""

    def __str__(self) -> str:
        batch = f"{self.records} record{'' if self.records == 1 else 's'}"
        if self.error:
            return f"{self.function} was given {batch} and failed: {self.error}"
        said = ", ".join(
            f"{name} {value}" for name, value in self.report.items() if name not in {"stage", "records"}
        )
        return f"{self.function} was given {batch} and says: {said or 'nothing'}"

    __repr__ = __str__


class HandPoller:
    """Takes the place of the mapping that feeds a function from a table's stream, until `resume`.

    Making one lets the mapping come to rest, so that nothing is overtaken by what is delivered by hand, and
    pauses it. `fetch` returns what has come into the stream since then, `deliver` gives any of it to the
    function, in whatever batches. The mapping hears nothing of it: once it is resumed, it delivers all of
    that again. A `with` block resumes it at its end, whatever happens inside.
    """

    def __init__(self, course: Course, function: str, *, clock: Clock | None = None) -> None:
        self.course = course
        self.function = function
        self._clock = clock or SystemClock()
        self._lambda = course.client("lambda")
        self._streams = course.client("dynamodbstreams")
        self._bookmarks: dict[str, str | None] = {}
        self._new: dict[str, list[Record]] = {}
        self._shard_of: dict[str, str] = {}
        mapping = course.mapping(function)
        if mapping is None or ":dynamodb:" not in mapping["EventSourceArn"]:
            raise ConfigurationError(
                f"no mapping feeds `{function}` from a table's stream; connect it first, then run this cell"
            )
        self._uuid, self.stream_arn = mapping["UUID"], mapping["EventSourceArn"]
        course.rest()
        try:
            self._switch(enabled=False)
            self._bookmarks = self._bookmarks_at("LATEST")
        except BaseException:
            # There is no `with` block yet whose end would do it.
            self.resume()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.resume()

    def fetch(self, *, at_least: int = 1, timeout: float = 30.0) -> list[Record]:
        """Return the new records of the shard that has most of them, once there are `at_least` as many.

        Raises:
            NotSettledError: they do not come in time.
        """
        deadline = self._clock.now() + timeout
        while True:
            self._read_on()
            if sum(map(len, self._new.values())) >= at_least:
                fullest = max(self._new, key=lambda shard: len(self._new[shard]))
                return list(self._new[fullest])
            if self._clock.now() >= deadline:
                raise NotSettledError(
                    f"fewer than {at_least} new records came into the stream in front of "
                    f"`{self.function}`; see whether the stage before it works, then fetch again"
                )
            self._clock.sleep(PAUSE_SECONDS)

    def deliver(self, records: Sequence[Record]) -> Delivery:
        """Give these records to the function as one batch, and wait for what it says."""
        event: dict[str, Any] = {"Records": list(records)}
        if records:
            # As in a tumbling window, the only events of a table's stream that name their shard.
            start = int(self._clock.now()) // WINDOW_SECONDS * WINDOW_SECONDS
            event |= {
                "window": {"start": str(start), "end": str(start + WINDOW_SECONDS)},
                "state": {},
                "shardId": self._shard_of[records[0]["eventID"]],
                "eventSourceARN": self.stream_arn,
                "isFinalInvokeForWindow": False,
                "isWindowTerminatedEarly": False,
            }
        answer = self._lambda.invoke(
            FunctionName=self.course.function_arn(self.function),
            Payload=json.dumps(event).encode(),
            LogType="Tail",
        )
        payload = answer["Payload"].read()
        error = _error_of(payload) if "FunctionError" in answer else ""
        return Delivery(self.function, len(records), report_in(answer), error)

    def resume(self) -> None:
        """Let the mapping go on from where it was paused; may be repeated."""
        self._switch(enabled=True)

    def _switch(self, *, enabled: bool) -> None:
        wanted = "Enabled" if enabled else "Disabled"
        deadline = self._clock.now() + PATIENCE_SECONDS
        asked = False
        while True:
            state = self._lambda.get_event_source_mapping(UUID=self._uuid)["State"]
            if state == wanted:
                return
            if state in {"Enabled", "Disabled"} and not asked:
                self._lambda.update_event_source_mapping(UUID=self._uuid, Enabled=enabled)
                asked = True
            if self._clock.now() >= deadline:
                raise NotSettledError(
                    f"the mapping of `{self.function}` is still `{state}`, not `{wanted}`; run the cell again"
                )
            self._clock.sleep(PAUSE_SECONDS)

    def _bookmarks_at(self, place: str) -> dict[str, str | None]:
        """Return an iterator for each shard that has none yet."""
        description = self._streams.describe_stream(StreamArn=self.stream_arn)["StreamDescription"]
        return {
            shard["ShardId"]: self._streams.get_shard_iterator(
                StreamArn=self.stream_arn, ShardId=shard["ShardId"], ShardIteratorType=place
            )["ShardIterator"]
            for shard in description["Shards"]
            if shard["ShardId"] not in self._bookmarks
        }

    def _read_on(self) -> None:
        """Add what has come since the last look; a shard made meanwhile is new from its beginning."""
        self._bookmarks |= self._bookmarks_at("TRIM_HORIZON")
        for shard in self._bookmarks:
            empty = 0
            # An open shard has no end: a few empty answers in a row mean that all of it was read.
            while empty < 2 and (iterator := self._bookmarks[shard]):
                page = self._streams.get_records(ShardIterator=iterator)
                empty = 0 if page["Records"] else empty + 1
                self._bookmarks[shard] = page.get("NextShardIterator")
                for record in page["Records"]:
                    self._shard_of[record["eventID"]] = shard
                    self._new.setdefault(shard, []).append(self._as_delivered(record))

    def _as_delivered(self, record: Record) -> Record:
        change = dict(record["dynamodb"])
        change["ApproximateCreationDateTime"] = float(int(change["ApproximateCreationDateTime"].timestamp()))
        return {
            **record,
            "eventVersion": "1.1",
            "awsRegion": self.course.cloud.region,
            "dynamodb": change,
            "eventSourceARN": self.stream_arn,
        }


def _error_of(payload: bytes) -> str:
    try:
        document = json.loads(payload)
        return f"{document.get('errorType', 'Error')}: {document.get('errorMessage', '')}"
    except (ValueError, AttributeError):
        return payload.decode("utf-8", "replace")
