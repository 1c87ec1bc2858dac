"""A pipeline under load, end to end: from the first message sent to the last total committed, exactly.

Messages are made and sent part by part, so that ten million of them need not lie in memory; the truth of the
parts is added up, since no trade occurs in two of them.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal

from workshop.bench.clouds import MeasuredCloud
from workshop.bench.processes import Meter, ProcessUse
from workshop.bench.sending import SentPart, Stream, send, sending_processes
from workshop.clock import SystemClock, stopwatch
from workshop.deploy.stacks import deploy
from workshop.pipeline.aggregates import AggregateSnapshot, take_snapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.demo import plan_options
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.producer.packing import Packing
from workshop.pipeline.producer.producer import SendProgress
from workshop.pipeline.settle import Patience, quiet_of, wait_until_settled
from workshop.pipeline.truth import EXACT, GRAND_TOTAL, Truth

__all__ = ["LoadRun", "LoadedPipeline"]

# As many as a producer packs at once.
PART_MESSAGES = 25_000
# The least that a run may be waited for, and how slow a pipeline may be beyond that.
LEAST_SECONDS, LEAST_RATE = 300.0, 100.0
LOOK_SECONDS = 1.0
# The cloud is idle while a stage waits for a fuller batch, or State works on the one batch of a shard.
PARAMETERS = {
    "stateless": {"BatchWindowSeconds": "0"},
    "stateful": {"StateParallelizationFactor": "2"},
}
NOTHING = Truth({GRAND_TOTAL: Decimal("0.00")}, {GRAND_TOTAL: 0}, frozenset())


@dataclass(frozen=True)
class LoadRun:
    """What one run took; `cpu` is in seconds, `peak` and `memory_after` in MB, `latency` in seconds."""

    messages: int
    exact: bool
    seconds: float
    cpu: ProcessUse
    peak: ProcessUse
    memory_after: ProcessUse
    latency: dict[str, float | None]
    arrivals: tuple[tuple[float, int, int], ...]

    @property
    def rate(self) -> float:
        """Messages a second, end to end."""
        return self.messages / self.seconds

    @property
    def flatness(self) -> float | None:
        """The rate of the last quarter to arrive over that of the first one; None of too short a run."""
        total = self.arrivals[-1][2] if self.arrivals else 0
        times = [self._reached(total * quarter / 4) for quarter in range(5)]
        if times[1] - times[0] < LOOK_SECONDS or times[4] - times[3] < LOOK_SECONDS:
            return None
        return (times[1] - times[0]) / (times[4] - times[3])

    def _reached(self, wanted: float) -> float:
        """When so many messages had arrived, with a straight line between two looks."""
        before = (0.0, 0, 0)
        for row in self.arrivals:
            if row[2] >= wanted and row[2] > before[2]:
                return before[0] + (row[0] - before[0]) * (wanted - before[2]) / (row[2] - before[2])
            before = row
        return before[0]


class LoadedPipeline:
    """A deployed pipeline, and the truth of all that was sent to it so far."""

    def __init__(
        self,
        measured: MeasuredCloud,
        pipeline: str,
        *,
        progress: Callable[[str], None],
        packing: Packing | None = None,
    ) -> None:
        self._packing = packing
        self._cloud = measured.cloud
        self._pid = measured.pid
        self._pipeline = pipeline
        self._progress = progress
        self._clock = SystemClock()
        self._outputs = deploy(self._cloud, pipeline, parameters=PARAMETERS.get(pipeline)).outputs
        self._truth = NOTHING
        self._seed = 0

    def run(self, messages: int, *, rate: float | None = None) -> LoadRun:
        """Send so many messages, as fast as it goes or at an even `rate` a second, and wait for the totals.

        Raises:
            NotSettledError: the pipeline needs longer than a slow one may.
        """
        meter = Meter([self._pid])
        meter.memory()
        before = self._read()
        with self._sender(messages, rate) as send:
            watch = _Watch(self._read, meter, self._progress, messages, already=before)
            cpu, started = meter.cpu(), self._clock.now()
            all_taken = True
            for sent in send(watch):
                all_taken &= self._note(sent, watch)
            settled = wait_until_settled(
                lambda: watch.look(force=True),
                self._truth,
                quiet=quiet_of(self._cloud, self._outputs, clock=self._clock),
                clock=self._clock,
                patience=Patience(timeout_seconds=max(LEAST_SECONDS, messages / LEAST_RATE)),
            )
            snapshot, used, after = settled.snapshot, meter.cpu().since(cpu), meter.memory()
        committed = float(snapshot.updated_at or 0)
        ended = committed if started < committed < settled.since else settled.since
        return LoadRun(
            messages=messages,
            exact=all_taken and compare(snapshot, self._truth).exact,
            seconds=ended - started,
            cpu=used,
            peak=meter.peak,
            memory_after=after,
            latency=snapshot.latency.since(before.latency).summary(),
            arrivals=watch.rows(ended - started),
        )

    @contextmanager
    def _sender(
        self, messages: int, rate: float | None
    ) -> Iterator[Callable[["_Watch"], Iterable[SentPart]]]:
        """Yield what sends so many messages, part by part; the first parts are made already."""
        stream = Stream(self._pipeline, self._outputs["StreamName"], self._packing)
        parts = list(self._parts(messages))
        if rate is None and len(parts) > 1:
            with sending_processes(self._cloud, stream, parts) as send_parts:
                yield lambda _: send_parts()
            return
        # At an even rate nothing may be made meanwhile, or the pace would falter.
        plans = list(map(make_plan, parts))
        yield lambda watch: (
            send(self._cloud, stream, plan, rate=rate, on_progress=watch.on_sent) for plan in plans
        )

    def _parts(self, messages: int) -> Iterator[PlanOptions]:
        while messages > 0:
            self._seed += 1
            yield plan_options(self._pipeline, min(messages, PART_MESSAGES), self._seed)
            messages -= PART_MESSAGES

    def _note(self, sent: SentPart, watch: "_Watch") -> bool:
        """Add the truth of a part that was sent; return whether all of it was accepted."""
        self._truth = _added(self._truth, sent.truth)
        watch.part_sent(sent.accepted)
        return sent.is_complete

    def _read(self) -> AggregateSnapshot:
        return take_snapshot(self._cloud.client("dynamodb"), self._outputs["AggregateTableName"])


@dataclass
class _Watch:
    """Looks at totals and memory about once a second, called by whoever sends or waits."""

    read: Callable[[], AggregateSnapshot]
    meter: Meter
    progress: Callable[[str], None]
    messages: int
    already: AggregateSnapshot
    sent_before: int = 0
    _begun: float = field(default_factory=stopwatch)
    _sent: int = 0
    _looked_at: float = 0.0
    _rows: list[tuple[float, int, int]] = field(default_factory=list)

    def on_sent(self, progress: SendProgress) -> None:
        """Take note of what the stream has accepted."""
        self._sent = self.sent_before + progress.accepted
        if stopwatch() - self._looked_at >= LOOK_SECONDS:
            self.look()

    def part_sent(self, accepted: int) -> None:
        """Take note of a part that the stream has accepted, as far as it has."""
        self.sent_before += accepted
        self.on_sent(SendProgress(0, 0, 0, 0))

    def look(self, *, force: bool = False) -> AggregateSnapshot:
        """Return the totals as they are now; `force` even if no second has passed."""
        self._looked_at = stopwatch()
        snapshot = self.read()
        if force:
            self._sent = self.sent_before
        arrived = snapshot.message_count - self.already.message_count
        self._rows.append((round(stopwatch() - self._begun, 3), self._sent, arrived))
        self.meter.sample()
        self.progress(f"{self._sent:,} of {self.messages:,} messages sent, {arrived:,} in the totals")
        return snapshot

    def rows(self, ended: float) -> tuple[tuple[float, int, int], ...]:
        """Return what was seen; what was seen complete after the end was so at the end."""
        last = self._rows[-1]
        return (
            *(row for row in self._rows if row[0] < ended and row[2] < last[2]),
            (round(ended, 3), *last[1:]),
        )


def _added(one: Truth, other: Truth) -> Truth:
    """Return the truth of two sequences of messages that have no trade in common."""
    totals, trades = dict(one.totals), dict(one.trades)
    for path, total in other.totals.items():
        totals[path] = EXACT.add(totals.get(path, Decimal(0)), total)
        trades[path] = trades.get(path, 0) + other.trades[path]
    return Truth(totals, trades, one.leaves | other.leaves)
