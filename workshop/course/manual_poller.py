"""A poller operated by hand: fetches records from a table's stream and delivers them to a function.

The event source mapping is disabled meanwhile, so the caller decides which records make a batch and how often
it is delivered. It makes the same AWS calls as Lambda's own pollers, and no others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from workshop.clock import Clock, SystemClock
from workshop.course.mappings import LONGEST_SECONDS, switch
from workshop.errors import ConfigurationError, NotSettledError
from workshop.pipeline.hops import FLOWS

if TYPE_CHECKING:
    from workshop.course.course import Course
    from workshop.course.delivery import Delivery

__all__ = ["ManualPoller"]

Record = dict[str, Any]

PAUSE_SECONDS = 0.2
WINDOW_SECONDS = 900


class ManualPoller:
    """Stands in for the event source mapping between a table's stream and a function, until `resume`.

    The constructor waits until the mapping has delivered everything, so that no batch overtakes another, and
    disables it. `fetch` returns records that have been written to the stream since; `deliver` invokes the
    function with any of them, in batches of your choice. The mapping's own checkpoints do not move, so once
    it is enabled again it delivers all of these records again. Used as a context manager, it resumes the
    mapping at the end of the block, also after an error.

    Raises:
        ConfigurationError: no mapping feeds the function from a table's stream.
        NotSettledError: the mapping did not change its state in time.
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
            with course.on_wait(f"until the mapping of {function} is paused", str, LONGEST_SECONDS):
                switch(self._lambda, self._uuid, enabled=False, clock=self._clock)
                self._bookmarks = self._bookmarks_at("LATEST")
        except BaseException:
            # The `with` block has not begun, so its end cannot resume the mapping.
            self.resume()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.resume()

    def fetch(self, *, at_least: int = 1, timeout: float = 30.0) -> list[Record]:
        """Return the new records of the fullest shard, once all shards together have `at_least` as many.

        Raises:
            NotSettledError: they have not been written within `timeout` seconds, or offline the functions
                before this one have nothing left to do.
        """
        what = f"for {at_least} new records before {self.function}"
        with self.course.on_wait(what, lambda: f"{self._waiting} of {at_least} are there", timeout):
            return self._fetched(at_least, timeout)

    @property
    def _waiting(self) -> int:
        return sum(map(len, self._new.values()))

    def _fetched(self, at_least: int, timeout: float) -> list[Record]:
        deadline = self._clock.now() + timeout
        while True:
            # Asked before the stream is read: then all that will come is there.
            cloud, is_over = self.course.cloud, self._clock.now() >= deadline
            is_quiet = cloud.wait_until_quiet(self._before, PAUSE_SECONDS, clock=self._clock)
            self._read_on()
            if self._waiting >= at_least:
                fullest = max(self._new, key=lambda shard: len(self._new[shard]))
                return list(self._new[fullest])
            if is_quiet or is_over:
                raise NotSettledError(
                    f"fewer than {at_least} new records came into the stream in front of "
                    f"`{self.function}`: the stage before it does not work, or knew what was sent, as when a "
                    "cell runs twice; empty the pipeline with `ws.clear()`, then run the cell again"
                )

    @property
    def _before(self) -> list[str]:
        """The functions through which a message comes before this one."""
        stages = [name for name, _, _ in FLOWS[self.course.pipeline]]
        return [self.course.outputs[f"{name}Name"] for name in stages[: stages.index(self.function)]]

    def deliver(self, records: Sequence[Record]) -> Delivery:
        """Invoke the function with these records as one batch."""
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
        return self.course.deliver(self.function, event)

    def resume(self) -> None:
        """Enable the mapping, which continues at its last checkpoint; may be repeated."""
        with self.course.on_wait(
            f"until the mapping of {self.function} is enabled again", str, LONGEST_SECONDS
        ):
            switch(self._lambda, self._uuid, enabled=True, clock=self._clock)

    def _bookmarks_at(self, iterator_type: str) -> dict[str, str | None]:
        """Return a shard iterator for each shard that has none yet."""
        description = self._streams.describe_stream(StreamArn=self.stream_arn)["StreamDescription"]
        return {
            shard["ShardId"]: self._streams.get_shard_iterator(
                StreamArn=self.stream_arn, ShardId=shard["ShardId"], ShardIteratorType=iterator_type
            )["ShardIterator"]
            for shard in description["Shards"]
            if shard["ShardId"] not in self._bookmarks
        }

    def _read_on(self) -> None:
        """Read the records written since the last call; a shard created meanwhile is read from its start."""
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
