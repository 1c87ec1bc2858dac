"""One pipeline in the control room: what is read of it at each tick, and what is said of that.

The order of the reads is what makes the meter's words true: the messages in the stream, whether anything is
under way, the totals, and the messages once more.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from workshop.course.course import Course
from workshop.course.rest import Rest
from workshop.course.sent import NO_MARK, lanes_of
from workshop.errors import NotSettledError
from workshop.notebook.control_room.meter import EMPTY, EXACT, OFF, MeterReading, Sighting, judge, surplus
from workshop.notebook.control_room.naming import named_trade
from workshop.notebook.control_room.recent import Counts, Recent
from workshop.pipeline.aggregates import AggregateSnapshot, amounts
from workshop.pipeline.hops import NOT_CONNECTED, Hop, look_at_hops
from workshop.pipeline.last_errors import LastError, last_errors
from workshop.pipeline.running_truth import RunningTruth

__all__ = ["Watched"]

# On AWS, where nobody tells what is on the way: as long as `workshop demo` waits.
UNCHANGED_SECONDS = 30.0
EXACT_UNCHANGED_SECONDS = 5.0
# The revision of totals that were read before the last commit.
UNSETTLED = -1
# What costs several calls on AWS is looked at less often there.
SLOW_SECONDS = {True: 0.0, False: 10.0}  # offline, AWS

EMPTYING = "the pipeline is being emptied"
# Of which totals a diagnosis speaks: messages in the stream, commits and records summed in.
Moment = tuple[int, int | None, int]


class Watched:
    """A pipeline that is looked at again and again. One thread looks; another one may investigate."""

    def __init__(self, name: str, course: Course) -> None:
        self.name = name
        self.course = course
        self.order = course.target.order
        self._is_offline = course.cloud.offline is not None
        self._truth = self._new_truth()
        self._mark = NO_MARK
        self._snapshot = AggregateSnapshot()
        self._hops: tuple[Hop, ...] = ()
        self._errors: Mapping[str, LastError] = {}
        self._looked_slowly_at = float("-inf")
        self._changed: tuple[Moment, float] = ((-1, None, -1), 0.0)
        self._began = datetime.now(UTC)
        self._errors_before: dict[str, tuple[int, int]] = {}
        self._reading = MeterReading(EMPTY, "")
        self._off_since: float | None = None
        self._is_at_rest = False
        self._is_diagnosed = False
        self._told: tuple[Moment, str | None, str] | None = None
        self._recent = Recent(Counts(0.0))
        self._held = 0

    @property
    def reading(self) -> MeterReading:
        """What was said last."""
        return self._reading

    @property
    def is_settled(self) -> bool:
        """Whether the totals were judged, and nothing is under way that could change them."""
        # Exact totals may still go wrong, through a duplicate that is on its way.
        is_judged = self._reading.state in {EXACT, EMPTY} or self._reading.off_by is not None
        return is_judged and self._is_at_rest

    @property
    def awaits_diagnosis(self) -> bool:
        """Whether the totals are off at rest, and the diagnosis has not been heard yet."""
        return self._reading.off_by is not None and not self._is_diagnosed

    def begin(self, now: float) -> None:
        """Read what is there before a run, and is no part of it."""
        self._look_slowly(now, anyway=True)
        self._held = self._read_messages()
        self._snapshot = self._totals()
        self._errors_before = {hop.function: (hop.errors or 0, hop.retries or 0) for hop in self._hops}

    def count_from(self, now: float) -> None:
        """Count rates and latencies from here on: the run begins."""
        self._recent = Recent(self._counts(now, 0))

    def look(self, now: float, sent: int) -> None:
        """Read everything once; `now` is in seconds of the room, `sent` counts the run's messages."""
        is_clearing = self.course.is_clearing
        before = self._read_messages()
        told = self.course.quiet(0.0)
        self._look_slowly(now)
        self._snapshot = self._totals()
        is_still = False
        # While records are under way nothing is judged, unless some path already shows too many trades.
        if told is not False or surplus(self._snapshot, self._truth.most_trades) is not None:
            is_still = self._read_messages() == before and self._snapshot.revision != UNSETTLED
        moment = self._moment
        if moment != self._changed[0]:
            self._changed = (moment, now)
        unchanged = now - self._changed[1]
        is_quiet = told if told is not None else unchanged >= UNCHANGED_SECONDS
        self._is_at_rest = is_quiet or (told is None and unchanged >= EXACT_UNCHANGED_SECONDS)
        look = Sighting(
            self._truth.truth,
            self._truth.messages,
            self._truth.most_trades,
            self._snapshot,
            self._pending(),
            is_quiet=is_quiet,
            is_still=is_still,
            is_stateful=self.course.pipeline == "stateful",
            unread=EMPTYING if is_clearing or self.course.is_clearing else self._unread(),
            trouble=self._trouble(),
        )
        self._reading = self._judged(look, now)
        self._recent.add(self._counts(now, sent))

    def investigate(self) -> None:
        """Ask the diagnosis for the trade, if the totals are off at rest and it was not asked about them."""
        moment, mark, reading = self._moment, self._mark, self._reading
        if reading.state != OFF or reading.off_by is None or (self._told and self._told[0] == moment):
            return
        try:
            diagnosis = self.course.diagnose_at(Rest(self._snapshot, 0, is_certain=True))
        # Nobody sees what a thread raises, and a trade that is not known is no reason to end the room.
        except Exception as error:  # noqa: BLE001
            self._told = (moment, None, f"The trade is unknown, since the diagnosis failed: {error}")
            return
        # What it read may be newer than what it was asked about: then it has to be asked once more.
        snapshot = self._totals()
        is_same = (snapshot.revision, snapshot.message_count) == moment[1:]
        if is_same and self.course.sent.since(mark)[0] == mark:
            arrived = self.course.sent.arrived()
            told = named_trade(
                diagnosis,
                [message for _, message in arrived],
                lanes_of(arrived),
                is_stateful=self.course.pipeline == "stateful",
            )
            self._told = (moment, *told)

    def document(self, *, is_over: bool) -> dict[str, Any]:
        """Return the pipeline as the room shows it, as a JSON object."""
        sent, applied = self._recent.rates(is_over=is_over)
        live = self._snapshot.live_totals
        return {
            "name": self.name,
            "stack": self.course.stack,
            "held": self._held,
            "totals": amounts(live),
            "trades": {path: self._snapshot.trades.get(path, 0) for path in live},
            "meter": self._reading.document(),
            "sent_per_second": sent,
            "applied_per_second": applied,
            "latency": self._recent.latency(is_over=is_over),
            "hops": [self._hop(hop) for hop in self._hops],
        }

    def _new_truth(self) -> RunningTruth:
        return RunningTruth(is_stateful=self.course.pipeline == "stateful", order=self.order)

    def _pending(self) -> int | None:
        known = [hop.waiting for hop in self._hops if hop.waiting is not None]
        return sum(known) if self._is_offline else None

    def _read_messages(self) -> int:
        """Read what is new in the stream; return how many messages there are."""
        mark, messages = self.course.sent.since(self._mark)
        if mark.run != self._mark.run:
            self._truth = self._new_truth()
        self._mark = mark
        self._truth.add(messages)
        return self._truth.messages

    def _totals(self) -> AggregateSnapshot:
        try:
            return self.course.totals()
        except NotSettledError:
            # Commits come faster than a scan; these totals are of an earlier moment, so nothing is judged.
            return replace(self._snapshot, revision=UNSETTLED)

    def _look_slowly(self, now: float, *, anyway: bool = False) -> None:
        if not anyway and now - self._looked_slowly_at < SLOW_SECONDS[self._is_offline]:
            return
        cloud, outputs, pipeline = self.course.cloud, self.course.outputs, self.course.pipeline
        self._hops = look_at_hops(cloud, outputs, pipeline, since=self._began)
        self._errors = last_errors(cloud, outputs, pipeline)
        self._looked_slowly_at = now

    @property
    def _moment(self) -> Moment:
        return self._truth.messages, self._snapshot.revision, self._snapshot.message_count

    def _unread(self) -> str:
        idle = [hop for hop in self._hops if hop.state != "Enabled"]
        if not idle:
            return ""
        hop = idle[0]
        told = "not connected" if hop.state == NOT_CONNECTED else hop.state.lower()
        return f"the mapping of {hop.function} is {told}" if hop.is_connected else f"{hop.function} is {told}"

    def _trouble(self) -> str:
        for hop in self._hops:
            error = self._errors.get(hop.function)
            if error is not None and hop.attempts and error.is_over is not True:
                return f"{hop.function} fails: {error.text}."
        return ""

    def _judged(self, look: Sighting, now: float) -> MeterReading:
        since = self._off_since if self._off_since is not None else now
        reading = judge(look, since=since)
        if reading.state == OFF:
            self._off_since = since
        elif reading.state in {EXACT, EMPTY}:
            self._off_since = None
        self._is_diagnosed = self._told is not None and self._told[0] == self._moment
        if reading.off_by is not None and self._told is not None and self._is_diagnosed:
            _, trade, told = self._told
            return reading.named(trade, told)
        return reading

    def _counts(self, now: float, sent: int) -> Counts:
        batches = {hop.function: (hop.batches or 0, hop.records or 0) for hop in self._hops}
        return Counts(now, sent, self._snapshot.message_count, self._snapshot.latency, batches)

    def _hop(self, hop: Hop) -> dict[str, Any]:
        errors, retries = self._errors_before.get(hop.function, (0, 0))
        error = self._errors.get(hop.function)
        return {
            "function": hop.function,
            "state": hop.state,
            "batch_size": hop.batch_size,
            "mean_batch": self._recent.mean_batch(hop.function) if hop.batches is not None else None,
            "waiting": hop.waiting,
            "age_seconds": hop.age_seconds,
            "errors": None if hop.errors is None else max(0, hop.errors - errors),
            "retries": None if hop.retries is None else max(0, hop.retries - retries),
            "last_error": None if error is None else error.text,
        }
