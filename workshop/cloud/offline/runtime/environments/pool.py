"""The execution environments that exist: warm ones waiting, busy ones, and how many there may be."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from workshop.clock import Clock, stopwatch
from workshop.cloud.offline.runtime.environments.environment import EnvironmentFactory, ExecutionEnvironment
from workshop.cloud.offline.runtime.environments.sessions import role_session
from workshop.cloud.offline.runtime.invocations.concurrency import ThrottledError
from workshop.cloud.offline.runtime.invocations.functions import FunctionSpec
from workshop.cloud.offline.runtime.invocations.logs import new_log_stream

__all__ = ["IDLE_SECONDS", "MAX_ENVIRONMENTS", "EnvironmentPool", "PooledEnvironment"]

# AWS does not say when it takes idle environments away; minutes are what people see.
IDLE_SECONDS = 300.0
# Each is a Python process of some 50 MB with boto3: what a laptop bears.
MAX_ENVIRONMENTS = 24
# How long an invocation waits for a place before it is throttled, as by the account's limit.
PATIENCE_SECONDS = 10.0
# How long somebody waits before others leave their own warm environments to them.
TURN_SECONDS = 1.0


@dataclass(slots=True)
class PooledEnvironment:
    """An environment, the function it belongs to, and since when it has been idle."""

    function: FunctionSpec
    environment: ExecutionEnvironment
    idle_since: float = 0.0


@dataclass(eq=False, slots=True)
class _Turn:
    """Somebody who waits for a place, and since when on this machine's stopwatch."""

    began: float


class EnvironmentPool:
    """Hands environments out and takes them back. Thread-safe."""

    def __init__(
        self,
        factory: EnvironmentFactory,
        clock: Clock,
        *,
        limit: int = MAX_ENVIRONMENTS,
        patience_seconds: float = PATIENCE_SECONDS,
        turn_seconds: float = TURN_SECONDS,
    ) -> None:
        self._factory = factory
        self._clock = clock
        self._limit = limit
        self._patience_seconds = patience_seconds
        self._turn_seconds = turn_seconds
        self._idle: list[PooledEnvironment] = []
        self._busy: list[PooledEnvironment] = []
        self._starting = 0
        self._waiting: deque[_Turn] = deque()
        self._generation = 0
        self._is_open = True
        self._changed = threading.Condition()

    def acquire(self, function: FunctionSpec) -> PooledEnvironment:
        """Return a warm environment of this very code and configuration, else a new one.

        Raises:
            ThrottledError: there are as many environments as there may be, and none becomes free in time; or
                the pool is closed.
        """
        with self._changed:
            if not self._is_someones_turn() and (warm := self._take_warm(function)) is not None:
                return warm
            self._wait_for_room()
            if (warm := self._take_warm(function)) is not None:  # given back meanwhile
                return warm
            self._make_room()
            # Made outside the lock, since assuming the role needs the cloud's; counted here, it takes its
            # place in the limit meanwhile.
            self._starting += 1
            # `close_all` cannot see an environment that is being made. It raises the generation, and
            # `_started` closes what belongs to an earlier one.
            generation = self._generation
        environment: ExecutionEnvironment | None = None
        try:
            log_stream = new_log_stream(function.version, self._clock.now())
            environment = self._factory.create(
                function, credentials=role_session(function), log_stream=log_stream
            )
        finally:
            pooled = self._started(function, environment, generation)
        if pooled is None:
            raise ThrottledError("ConcurrentInvocationLimitExceeded")
        return pooled

    def release(self, pooled: PooledEnvironment) -> None:
        """Take an environment back; it stays warm."""
        with self._changed:
            if pooled in self._busy:  # a reset has not closed it meanwhile
                self._busy.remove(pooled)
                pooled.idle_since = self._clock.now()
                self._idle.append(pooled)
            self._changed.notify_all()

    def prepare(self) -> None:
        """Begin to make ready what a first environment needs, since one will be wanted soon."""
        self._factory.prepare()

    def reap(self) -> None:
        """Close environments that have been idle for long, and what they share if none is left."""
        with self._changed:
            oldest = self._clock.now() - IDLE_SECONDS
            self._retire(lambda pooled: pooled.idle_since <= oldest)
        self._factory.reap()

    def open(self) -> None:
        """Hand environments out again after `close`."""
        with self._changed:
            self._is_open = True

    def close(self) -> None:
        """Close every environment, and hand out none until `open`, not even to those who wait for one."""
        with self._changed:
            self._is_open = False
        self.close_all()

    def close_all(self) -> None:
        """Close every environment, also busy ones: their invocations end with an error."""
        with self._changed:
            self._generation += 1
            everything = [*self._idle, *self._busy]
            self._idle.clear()
            self._busy.clear()
            self._changed.notify_all()
        # Outside the lock: a process is waited for, and `release` of its last invocation needs the lock.
        for pooled in everything:
            pooled.environment.close()

    def counts(self) -> dict[str, int]:
        """Return how many environments are idle and busy."""
        with self._changed:
            return {"warm": len(self._idle), "busy": len(self._busy) + self._starting}

    def _take_warm(self, function: FunctionSpec) -> PooledEnvironment | None:
        # Environments of earlier code or settings are of no use any more. Busy ones finish their invocation,
        # and are retired by the next call.
        self._retire(lambda one: one.function.slot == function.slot and one.function != function)
        # The one that was used last: the others grow old together, and a load that falls sets them free.
        for pooled in reversed(self._idle):
            if pooled.function == function:
                self._idle.remove(pooled)
                self._busy.append(pooled)
                return pooled
        return None

    def _is_someones_turn(self) -> bool:
        """Whether somebody has waited for long: a function with many batches must not keep its environments.

        Before that, whoever finds a warm one takes it: a start in its place costs more than the wait.
        """
        return bool(self._waiting) and stopwatch() - self._waiting[0].began >= self._turn_seconds

    def _wait_for_room(self) -> None:
        """Wait for one's turn, and until an environment may be started, if need be in an idle one's place."""
        turn = _Turn(stopwatch())
        self._waiting.append(turn)
        try:
            has_room = self._changed.wait_for(
                lambda: (self._waiting[0] is turn and self._has_room()) or not self._is_open,
                self._patience_seconds,
            )
        finally:
            self._waiting.remove(turn)
            self._changed.notify_all()
        if not has_room or not self._is_open:
            raise ThrottledError("ConcurrentInvocationLimitExceeded")

    def _has_room(self) -> bool:
        return bool(self._idle) or self._total() < self._limit

    def _make_room(self) -> None:
        """Close the longest idle environment if there are as many as there may be."""
        if self._total() >= self._limit:
            longest = min(self._idle, key=lambda pooled: pooled.idle_since)
            self._retire(lambda pooled: pooled is longest)

    def _started(
        self, function: FunctionSpec, environment: ExecutionEnvironment | None, generation: int
    ) -> PooledEnvironment | None:
        """Count a start that has ended; return nothing if it failed or everything was closed meanwhile."""
        with self._changed:
            self._starting -= 1
            if environment is not None and generation == self._generation:
                pooled = PooledEnvironment(function, environment)
                self._busy.append(pooled)
                return pooled
            self._changed.notify_all()  # its place is free
        if environment is not None:
            environment.close()
        return None

    def _total(self) -> int:
        return len(self._idle) + len(self._busy) + self._starting

    def _retire(self, is_over: Callable[[PooledEnvironment], bool]) -> None:
        retired = [pooled for pooled in self._idle if is_over(pooled)]
        self._idle = [pooled for pooled in self._idle if pooled not in retired]
        for pooled in retired:
            pooled.environment.close()
