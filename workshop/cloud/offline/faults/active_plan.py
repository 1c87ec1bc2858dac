"""The active fault plan of an offline cloud: what it makes fail, and what it has done so far.

It is consulted when an API call is answered (`answer`), when the outcome of a batch is known (`redelivery`)
and when an execution environment runs (`watch`). Without a plan nothing changes.
"""

from typing import Any

from workshop.clock import Clock
from workshop.cloud.fault_plan import NO_FAULTS, FaultPlan, stage_of
from workshop.cloud.offline.faults.delivery import DELAY_SECONDS, redelivery
from workshop.cloud.offline.faults.dice import FaultDice
from workshop.cloud.offline.faults.environments import WatchedEnvironment, WatchedEnvironments
from workshop.cloud.offline.faults.failing_calls import FaultyCalls, Through
from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.runtime.environments.environment import EnvironmentFactory
from workshop.cloud.offline.runtime.event_sources.batch_slots import Batch
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.redelivery import use_rule
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import Decision, Retry

__all__ = ["CloudFaults"]


class CloudFaults:
    """Applies the active plan to calls, batches and environments. Thread-safe.

    `manual` means that a test or experiment moves the clock, one step at a time; `in_process` that functions
    run on the thread that invokes them.
    """

    def __init__(self, clock: Clock, *, manual: bool = False, in_process: bool = False) -> None:
        self.dice = FaultDice(NO_FAULTS)
        self._clock = clock
        self._manual = manual
        self._in_process = in_process
        self._calls = self._faulty_calls()
        self._environments: WatchedEnvironments | None = None

    def use(self, plan: FaultPlan) -> None:
        """Make this the active plan; all counts begin at zero."""
        # What still lasted of the plan before ends with it.
        self.dice, self._calls = FaultDice(plan), self._faulty_calls()

    def document(self) -> dict[str, Any]:
        """Return the plan and how many faults of each kind have happened since it was set."""
        return {"plan": self.dice.plan.document(), "met": self.dice.met}

    def watch(self, environments: EnvironmentFactory) -> WatchedEnvironments:
        """Return a factory whose environments can be struck; from now on pollers ask here as well."""
        self._environments = WatchedEnvironments(
            environments, lambda: self.dice, manual_clock=self._clock if self._manual else None
        )
        use_rule(self.redelivery)
        return self._environments

    def answer(self, call: Call, through: Through) -> Answer:
        """Answer a call of AWS's API; see `FaultyCalls.answer` for what it raises."""
        if self.dice.plan.is_empty:
            return through(call)
        return self._calls.answer(call, through, self._caller(call))

    def stage_of_caller(self, call: Call) -> str | None:
        """Return the stage of the function that makes a call, or None if somebody else does."""
        caller = self._caller(call)
        return caller.stage if caller is not None else None

    def redelivery(self, decision: Decision, batch: Batch, mapping: Mapping, now: float) -> Decision:
        """Return what happens to a batch that has been sent."""
        if self.dice.plan.is_empty:
            return decision
        stage = stage_of(mapping.function.name)
        decision = redelivery(self.dice, decision, batch, stage=stage, now=now)
        if isinstance(decision, Retry) and decision.at == now + DELAY_SECONDS:
            self._let_pass(DELAY_SECONDS)
        return decision

    def _faulty_calls(self) -> FaultyCalls:
        return FaultyCalls(lambda: self.dice, self._clock, in_process=self._in_process)

    def _caller(self, call: Call) -> WatchedEnvironment | None:
        if self._environments is None or call.scope is None:
            return None
        return self._environments.find(call.scope.access_key)

    def _let_pass(self, seconds: float) -> None:
        """Advance a clock that runs by itself, so that learners need not wait eleven minutes."""
        advance = getattr(self._clock, "advance", None)
        if advance is not None and not self._manual:
            advance(seconds)
