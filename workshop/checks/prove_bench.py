"""The bench of the proof: a pipeline deployed in a laboratory, on which schedule after schedule is run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from workshop.checks.mutations import Mutation, mutated
from workshop.checks.prove_judge import quarantine_faults, torn_totals, wrong_totals
from workshop.checks.prove_schedules import WIDE_LEVELS, Schedule
from workshop.cloud.faults import FaultKind
from workshop.cloud.laboratory import Laboratory
from workshop.deploy.bundles import FUNCTIONS, build_bundle
from workshop.deploy.stacks import deploy
from workshop.pipeline.messages import DEFAULT_LEVELS

__all__ = ["Bench", "Outcome"]

MAX_TORN = 3
# What a pause between two portions may do; the rest happens at the end.
STEPS_PER_PAUSE = 6
PUT_ATTEMPTS = 50

OnCall = Callable[[str, dict[str, int]], None]


@dataclass(frozen=True)
class Outcome:
    """How a schedule ended: the faults it met, and why it is not exact, if it is not."""

    seed: int
    met: Mapping[str, int]
    reasons: tuple[str, ...]

    @property
    def exact(self) -> bool:
        """Whether everything held."""
        return not self.reasons


class Bench:
    """Both shapes of a pipeline, with the handlers of a variant; the laboratory belongs to the caller."""

    def __init__(
        self, laboratory: Laboratory, *, pipeline: str = "stateful", variant: str = "ledger"
    ) -> None:
        self.laboratory = laboratory
        self.pipeline = pipeline
        self._outputs = {wide: self._deploy(wide=wide, variant=variant) for wide in (False, True)}
        self._torn: list[str] = []

    def use(self, variant: str, mutation: Mutation | None = None) -> None:
        """Run these handlers from now on, with one guard taken out if there is a mutation.

        Raises:
            BundleError: the mutation finds nothing to change.
        """
        bundles = {name: build_bundle(self.pipeline, name, variant) for name in FUNCTIONS[self.pipeline]}
        contents = {name: bundle.content for name, bundle in bundles.items()}
        if mutation is not None:
            contents = mutated(contents, mutation)
        client = self.laboratory.client("lambda")
        for outputs in self._outputs.values():
            for name, content in contents.items():
                function = outputs[f"{name.capitalize()}LambdaName"]
                client.update_function_code(FunctionName=function, ZipFile=content)

    def run(self, schedule: Schedule, *, on_call: OnCall | None = None) -> Outcome:
        """Run a schedule from empty tables until nothing moves, then once more without faults, and judge.

        `on_call` is told after each call of a function: the stage, and how many opportunities there were.
        """
        laboratory, outputs = self.laboratory, self._outputs[schedule.is_wide]
        laboratory.empty()
        laboratory.use_faults(schedule.faults)
        with self._watched(outputs, on_call):
            self._feed(schedule, outputs["StreamName"])
            laboratory.rest()
            met = laboratory.met
            laboratory.use_faults()
            at_rest = laboratory.rest()
        reasons = [] if at_rest else ["the pipeline never came to rest"]
        reasons += self._torn
        reasons += wrong_totals(
            laboratory, outputs, schedule.messages, order=list(schedule.levels), clock=laboratory.clock
        )
        repeated = FaultKind.RESPONSE_LOST in met
        reasons += quarantine_faults(laboratory, outputs, schedule.poison, repeated=repeated)
        return Outcome(schedule.seed, met, tuple(reasons))

    def outputs(self, *, wide: bool = False) -> dict[str, str]:
        """Return the outputs of one of the two stacks."""
        return self._outputs[wide]

    def _deploy(self, *, wide: bool, variant: str) -> dict[str, str]:
        levels = WIDE_LEVELS if wide else DEFAULT_LEVELS
        return deploy(
            self.laboratory,
            self.pipeline,
            stack=f"prove-{self.pipeline}{'-wide' if wide else ''}",
            variant=variant,
            parameters={"HierarchyLevels": ",".join(levels)},
        ).outputs

    def _feed(self, schedule: Schedule, stream: str) -> None:
        laboratory = self.laboratory
        self._put(stream, [(data, "poison") for data in schedule.poison])
        for portion, pause in zip(schedule.portions, schedule.pauses, strict=True):
            now = laboratory.clock.now()
            self._put(stream, [(message.wire(now), message.trade_id) for message in portion])
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
    def _watched(self, outputs: Mapping[str, str], on_call: OnCall | None) -> Iterator[None]:
        """Look at the totals after every commit of Reduce inside the block."""
        self._torn = []

        def look(operation: str, stage: str) -> None:
            if on_call is not None:
                on_call(stage, self.laboratory.opportunities)
            if stage == "reduce" and operation == "TransactWriteItems" and len(self._torn) < MAX_TORN:
                self._torn += torn_totals(self.laboratory, outputs)

        self.laboratory.watch(look)
        try:
            yield
        finally:
            self.laboratory.watch(None)
