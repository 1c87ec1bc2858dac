"""API calls that fail: refused, slow, without a response, or the last that their caller makes.

Only calls of functions and producers are affected: a function's are recognised by its credentials, a
producer's are PutRecords. Tools and tests that inspect the cloud see it as it is.
"""

from collections.abc import Callable

from workshop.clock import Clock
from workshop.cloud.fault_plan import FaultKind
from workshop.cloud.offline.faults.dice import FaultDice
from workshop.cloud.offline.faults.environments import WatchedEnvironment
from workshop.cloud.offline.faults.records import put_some
from workshop.cloud.offline.faults.statements import BATCH, BusyStatements
from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.failures import refusal

__all__ = ["FaultyCalls", "InjectedCrashError", "ResponseLostError"]

WRITES = frozenset({BATCH, "BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})
SLOW_SECONDS = 2.0
PRODUCER = "producer"
# A loss or a refusal outlasts this many attempts of the client at most, one more than our clients make.
MAX_ATTEMPTS = 5
REMEMBERED = 1000

Through = Callable[[Call], Answer]


class ResponseLostError(ConnectionResetError):
    """The call was executed, and its response does not reach the caller."""


class InjectedCrashError(RuntimeError):
    """A function fails here because the fault plan asked for it."""


class FaultyCalls:
    """Answers calls with the chances of the dice. Thread-safe.

    `in_process` says that callers run on the thread that asks, so that an error raised here is theirs.
    """

    def __init__(self, dice: Callable[[], FaultDice], clock: Clock, *, in_process: bool = False) -> None:
        self._dice = dice
        self._clock = clock
        self._in_process = in_process
        # A loss or refusal also strikes some retries of the same call, or the SDK would hide it: call ->
        # attempts left.
        self._lasting: dict[tuple[FaultKind, str], int] = {}
        self._busy = BusyStatements()

    def answer(self, call: Call, through: Through, caller: WatchedEnvironment | None) -> Answer:
        """Answer a call of a function, or of anybody else if `caller` is None.

        Raises:
            ResponseLostError: the call was carried out.
            ConnectionAbortedError: the caller is gone.
            InjectedCrashError: the caller is to fail, and runs in this process.
        """
        if caller is not None:
            return self._function_call(call, through, caller)
        if call.operation == "PutRecords":
            return self._producer_call(call, through)
        return through(call)

    def _producer_call(self, call: Call, through: Through) -> Answer:
        answer = put_some(call, through, self._dice())
        if self._lasts(FaultKind.RESPONSE_LOST, call, PRODUCER):
            raise ResponseLostError("the answer to PutRecords was lost")
        return answer

    def _function_call(self, call: Call, through: Through, caller: WatchedEnvironment) -> Answer:
        stage = caller.stage
        if self._dice().falls(FaultKind.SLOW, stage):
            self._clock.sleep(SLOW_SECONDS)
        if self._lasts(FaultKind.THROTTLED, call, stage):
            if call.operation != BATCH or self._dice().choose(FaultKind.THROTTLED, stage, 2):
                code = "ProvisionedThroughputExceededException"
                return refusal(call, code=code, message="the fault plan asked for a throttle", status=400)
            self._busy.choose(call, self._dice(), stage, attempts=MAX_ATTEMPTS)
        if self._dice().falls(FaultKind.DENIED, stage):
            message = "the fault plan asked for a refusal"
            return refusal(call, code="AccessDeniedException", message=message, status=400)
        if call.operation not in WRITES:
            return through(call)
        caller.before_write()
        return self._write(call, through, caller)

    def _write(self, call: Call, through: Through, caller: WatchedEnvironment) -> Answer:
        stage, end = caller.stage, self._end(caller)
        if self._dice().falls(FaultKind.CRASH_BEFORE, stage):
            self._let_crash(caller, "before")
        if end is not None and self._dice().choose(end, stage, 2):
            self._let_end(caller, end)
        answer = self._busy.answer(call, through) if call.operation == BATCH else through(call)
        if end is not None:
            self._let_end(caller, end)
        if answer.status < 300 and self._dice().falls(FaultKind.CRASH_AFTER, stage):
            self._let_crash(caller, "after")
        if self._lasts(FaultKind.RESPONSE_LOST, call, stage):
            raise ResponseLostError(f"the answer to {call.operation} was lost")
        return answer

    def _end(self, caller: WatchedEnvironment) -> FaultKind | None:
        for kind in (FaultKind.KILLED, FaultKind.TIMEOUT):
            if self._dice().falls(kind, caller.stage):
                return kind
        return None

    def _let_crash(self, caller: WatchedEnvironment, when: str) -> None:
        if self._in_process:
            raise InjectedCrashError(f"the fault plan asked for a crash {when} this write")
        self._let_end(caller, FaultKind.KILLED)

    @staticmethod
    def _let_end(caller: WatchedEnvironment, kind: FaultKind) -> None:
        caller.interrupt(is_timeout=kind is FaultKind.TIMEOUT)
        raise ConnectionAbortedError(f"the fault plan asked for the end of {caller.log_stream}")

    def _lasts(self, kind: FaultKind, call: Call, stage: str) -> bool:
        """Return whether the fault strikes this call, or has struck an earlier attempt and still lasts."""
        number = call.headers.get("amz-sdk-invocation-id", "")
        left = self._lasting.get((kind, number), 0)
        if left:
            self._lasting[kind, number] = left - 1
            return True
        if not self._dice().falls(kind, stage):
            return False
        if number:
            if len(self._lasting) > REMEMBERED:
                self._lasting.clear()
            self._lasting[kind, number] = self._dice().choose(kind, stage, MAX_ATTEMPTS)
        return True
