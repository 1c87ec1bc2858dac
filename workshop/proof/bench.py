"""The bench of the proof: a pipeline deployed in a laboratory, on which schedule after schedule is run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from workshop.cloud.fault_plan import FaultKind
from workshop.cloud.laboratory import Laboratory
from workshop.deploy.bundles import FUNCTIONS, build_bundle
from workshop.deploy.stacks import deploy
from workshop.pipeline.messages import DEFAULT_LEVELS, Message
from workshop.pipeline.operations.clear import clear
from workshop.pipeline.producer.packing import bucket_of, key_of
from workshop.proof.judge import quarantine_faults, torn_totals, wrong_totals
from workshop.proof.schedules import WIDE_LEVELS, FaultSchedule

__all__ = ["Bench", "ScheduleResult"]

LEDGER = "ledger"
MAX_TORN = 3
# What a pause between two portions may do; the rest happens at the end.
STEPS_PER_PAUSE = 6
PUT_ATTEMPTS = 50
BUCKETS = 4

OnCall = Callable[[str, dict[str, int]], None]
ChangeBundles = Callable[[dict[str, bytes]], dict[str, bytes]]


@dataclass(frozen=True)
class ScheduleResult:
    """How a schedule ended: the faults it met, and why it is not exact, if it is not."""

    seed: int
    met: Mapping[str, int]
    reasons: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """Whether everything held."""
        return not self.reasons


@dataclass
class _Run:
    """What has happened so far in the schedule at hand; `counting` are the messages that must be counted."""

    calls: int = 0
    counting: list[Message] = field(default_factory=list)
    is_cleared: bool = False
    torn: list[str] = field(default_factory=list)


class Bench:
    """Both shapes of a pipeline, with the handlers of a variant; the laboratory belongs to the caller.

    `is_packed` puts the messages of every second portion into records of several, as a producer may.

    The stacks say that they run the ledger, which `workshop clear` goes by; only the ledger is cleared here,
    since the other variants know no epochs.
    """

    def __init__(
        self,
        laboratory: Laboratory,
        *,
        pipeline: str = "stateful",
        variant: str = "ledger",
        is_packed: bool = False,
    ) -> None:
        self.laboratory = laboratory
        self.pipeline = pipeline
        self.is_packed = is_packed
        self._outputs = {wide: self._deploy(wide=wide) for wide in (False, True)}
        self._run = _Run()
        self.use(variant)

    def use(self, variant: str, change: ChangeBundles | None = None) -> None:
        """Run the handlers of a variant from now on.

        `change` gets the zip of each function (`state`, `map`, `reduce`) and returns those to deploy instead.
        """
        self._variant = variant
        bundles = {name: build_bundle(self.pipeline, name, variant) for name in FUNCTIONS[self.pipeline]}
        contents = {name: bundle.content for name, bundle in bundles.items()}
        if change is not None:
            contents = change(contents)
        client = self.laboratory.client("lambda")
        for outputs in self._outputs.values():
            for name, content in contents.items():
                function = outputs[f"{name.capitalize()}LambdaName"]
                client.update_function_code(FunctionName=function, ZipFile=content)

    def run(self, schedule: FaultSchedule, *, on_call: OnCall | None = None) -> ScheduleResult:
        """Run a schedule from empty tables until nothing moves, then once more without faults, and judge.

        `on_call` is told after each call of a function: the stage, and how many opportunities there were.
        """
        laboratory, outputs = self.laboratory, self._outputs[schedule.is_wide]
        laboratory.empty()
        laboratory.use_faults(schedule.faults)
        with self._watched(schedule, on_call):
            self._feed(schedule, outputs["StreamName"])
            laboratory.rest()
            met = laboratory.met
            laboratory.use_faults()
            at_rest = laboratory.rest()
        reasons = [] if at_rest else ["the pipeline never came to rest"]
        reasons += self._run.torn
        reasons += wrong_totals(
            laboratory, outputs, self._run.counting, order=list(schedule.levels), clock=laboratory.clock
        )
        if not self._run.is_cleared:
            repeated = FaultKind.RESPONSE_LOST in met
            reasons += quarantine_faults(laboratory, outputs, schedule.poison, repeated=repeated)
        return ScheduleResult(schedule.seed, met, tuple(reasons))

    def outputs(self, *, wide: bool = False) -> dict[str, str]:
        """Return the outputs of one of the two stacks."""
        return self._outputs[wide]

    def _stack(self, *, wide: bool) -> str:
        return f"prove-{self.pipeline}{'-wide' if wide else ''}"

    def _deploy(self, *, wide: bool) -> dict[str, str]:
        levels = WIDE_LEVELS if wide else DEFAULT_LEVELS
        parameters = {"HierarchyLevels": ",".join(levels)}
        stack = self._stack(wide=wide)
        return deploy(self.laboratory, self.pipeline, stack=stack, parameters=parameters).outputs

    def _feed(self, schedule: FaultSchedule, stream: str) -> None:
        laboratory = self.laboratory
        self._put(stream, [(data, "poison") for data in schedule.poison])
        paused = zip(schedule.portions, schedule.pauses, strict=True)
        for number, (portion, pause) in enumerate(paused):
            now = laboratory.clock.now()
            records = [(message.wire(now), message.trade_id) for message in portion]
            self._put(stream, _packed(records) if self.is_packed and number % 2 == 0 else records)
            self._run.counting += portion
            until = laboratory.clock.now() + pause
            for _ in range(STEPS_PER_PAUSE if pause else 0):
                due = laboratory.step()
                if due is None or due > until:
                    break
                laboratory.clock.advance(max(0.0, due - laboratory.clock.now()))
            laboratory.clock.advance(max(0.0, until - laboratory.clock.now()))

    def _put(self, stream: str, records: Iterable[tuple[bytes, str]]) -> None:
        """Put records as a producer does: what was refused, and what was not answered, is put again."""
        waiting: list[dict[str, Any]] = [{"Data": data, "PartitionKey": key} for data, key in records]
        for _ in range(PUT_ATTEMPTS):
            if not waiting:
                return
            try:
                answer = self.laboratory.client("kinesis").put_records(StreamName=stream, Records=waiting)
            except (BotoCoreError, ClientError):
                continue
            waiting = [
                record
                for record, result in zip(waiting, answer["Records"], strict=True)
                if "ErrorCode" in result
            ]

    @contextmanager
    def _watched(self, schedule: FaultSchedule, on_call: OnCall | None) -> Iterator[None]:
        """Look at the totals after every commit of Reduce inside the block, and clear when it is time."""
        run = self._run = _Run()

        def look(operation: str, stage: str) -> None:
            run.calls += 1
            if on_call is not None:
                on_call(stage, self.laboratory.opportunities)
            if stage == "reduce" and operation == "TransactWriteItems" and len(run.torn) < MAX_TORN:
                run.torn += torn_totals(self.laboratory, self._outputs[schedule.is_wide])
            if run.calls == schedule.clear_after and self._variant == LEDGER:
                self._clear(schedule)

        self.laboratory.watch(look)
        try:
            yield
        finally:
            self.laboratory.watch(None)

    def _clear(self, schedule: FaultSchedule) -> None:
        """Clear the pipeline; what has been put so far counts no more."""
        self._run.is_cleared = True
        self._run.counting.clear()
        stack = self._stack(wide=schedule.is_wide)
        clear(self.laboratory, stack, clock=self.laboratory.clock)


def _packed(records: Iterable[tuple[bytes, str]]) -> list[tuple[bytes, str]]:
    """Return the messages of these records in fewer, one for each bucket; there are few trades, so few."""
    buckets: dict[str, list[bytes]] = {}
    for data, trade in records:
        buckets.setdefault(key_of(bucket_of(trade) % BUCKETS), []).append(data)
    return [(b"\n".join(lines), key) for key, lines in buckets.items()]
