"""Execution environments that faults can strike: which one makes a call, and how to end its invocation.

Each environment has its own credentials, so the signature of a call identifies it. An event may also be
delivered twice: to a second environment while the first is still running (in the schedule explorer, which
interleaves them), or once more afterwards. AWS delivers at least once:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakValueDictionary

from workshop.clock import Clock
from workshop.cloud.fault_plan import FaultKind, stage_of
from workshop.cloud.offline.faults.dice import FaultDice
from workshop.cloud.offline.runtime.environments.environment import (
    Credentials,
    EnvironmentAnswer,
    EnvironmentFactory,
    ExecutionEnvironment,
    Invocation,
)
from workshop.cloud.offline.runtime.invocations.functions import FunctionSpec

__all__ = ["WatchedEnvironment", "WatchedEnvironments"]

# The write of the first delivery before which the second delivery begins; 0 means after the first has ended.
BEGINNINGS = (0, 1, 1, 1, 2)


class WatchedEnvironments:
    """Makes environments through another factory, and finds them by their access key. Thread-safe.

    On a manual clock one thing happens at a time, so that deliveries can overlap in a repeatable way.
    """

    def __init__(
        self, inner: EnvironmentFactory, dice: Callable[[], FaultDice], *, manual_clock: Clock | None = None
    ) -> None:
        self._inner = inner
        self._dice = dice
        self._manual_clock = manual_clock
        # An environment is known for as long as somebody may use it.
        self._by_key: WeakValueDictionary[str, WatchedEnvironment] = WeakValueDictionary()

    def create(
        self, function: FunctionSpec, *, credentials: Credentials, log_stream: str
    ) -> "WatchedEnvironment":
        """Return an environment under watch."""

        def make(name: str) -> ExecutionEnvironment:
            return self._inner.create(function, credentials=credentials, log_stream=name)

        watched = WatchedEnvironment(
            make, log_stream, function=function, dice=self._dice, manual_clock=self._manual_clock
        )
        self._by_key[credentials.access_key_id] = watched
        return watched

    def find(self, access_key: str) -> "WatchedEnvironment | None":
        """Return the environment that signs with this key."""
        return self._by_key.get(access_key)

    def prepare(self) -> None:
        """Begin to make ready what a first environment needs."""
        self._inner.prepare()

    def reap(self) -> None:
        """Give back what has not been used for long."""
        self._inner.reap()

    def close(self) -> None:
        """Give back what all environments share."""
        self._by_key.clear()
        self._inner.close()


@dataclass(slots=True)
class _SecondDelivery:
    """An event that is to be delivered to another environment at a write to come."""

    invocation: Invocation
    writes_left: int


class WatchedEnvironment:
    """One execution environment whose invocations can be repeated, interrupted and counted."""

    def __init__(
        self,
        make: Callable[[str], ExecutionEnvironment],
        log_stream: str,
        *,
        function: FunctionSpec,
        dice: Callable[[], FaultDice],
        manual_clock: Clock | None,
    ) -> None:
        self.log_stream = log_stream
        self.stage = stage_of(function.name)
        self._timeout_seconds = function.timeout_seconds
        self._make = make
        self._dice = dice
        self._manual_clock = manual_clock
        self._running = [make(log_stream)]
        self._second: _SecondDelivery | None = None

    def invoke(self, invocation: Invocation) -> EnvironmentAnswer:
        """Run the function once, or twice if the dice say so."""
        if not self._dice().falls(FaultKind.DUPLICATE, self.stage):
            return self._once(invocation)
        chosen = self._dice().choose(FaultKind.DUPLICATE, self.stage, len(BEGINNINGS))
        writes = BEGINNINGS[chosen] if self._manual_clock is not None else 0
        if writes == 0:
            self._once(invocation)
            return self._once(invocation)
        self._second = _SecondDelivery(invocation, writes)
        answer = self._once(invocation)
        second, self._second = self._second, None
        return answer if second is None else self._once(second.invocation)

    def before_write(self) -> None:
        """Deliver the event to another environment now, if that is due; called at each write."""
        if self._second is not None:
            self._second.writes_left -= 1
            if self._second.writes_left == 0:
                second, self._second = self._second, None
                self._running.append(self._make(f"{self.log_stream}-second"))
                self._once(second.invocation)
                self._running.pop().close()

    def interrupt(self, *, is_timeout: bool = False) -> None:
        """End the invocation that makes the call in hand; a timeout takes its time on a manual clock."""
        if is_timeout and self._manual_clock is not None:
            self._manual_clock.sleep(self._timeout_seconds)
        self._running[-1].interrupt(is_timeout=is_timeout)

    def close(self) -> None:
        """End whatever runs."""
        for environment in self._running:
            environment.close()

    def _once(self, invocation: Invocation) -> EnvironmentAnswer:
        answer = self._running[-1].invoke(invocation)
        for line in answer.output:
            if '"fault"' in line:
                self._count(line)
        return answer

    def _count(self, line: str) -> None:
        """Count what a function did to itself, as it says in its log."""
        try:
            self._dice().count(FaultKind(json.loads(line)["fault"]))
        except (ValueError, KeyError, TypeError):
            return  # some other line with this word
