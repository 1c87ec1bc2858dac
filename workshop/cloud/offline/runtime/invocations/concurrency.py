"""How many invocations of a function may run at once.

Reserved concurrency is a limit and a guarantee for one function, all its versions together; 0 stops it.
Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html.
"""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from moto.awslambda.exceptions import InvalidParameterValueException, LambdaClientError

from workshop.cloud.offline.runtime.invocations.functions import FunctionSpec

__all__ = ["ACCOUNT_CONCURRENCY", "Concurrency", "StoppedError", "ThrottledError", "check_reservation"]

Place = tuple[str, str, str]

# The quota of an account, and what of it must stay unreserved.
ACCOUNT_CONCURRENCY = 1000
UNRESERVED_MINIMUM = 100
RESERVATION_USED_UP = "ReservedFunctionConcurrentInvocationLimitExceeded"


class ThrottledError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """The invocation was refused: too many are running. Answered to API callers as AWS does."""

    code = 429

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__("TooManyRequestsException", "Rate Exceeded.")
        self.description = json.dumps({"Reason": reason, "Type": "User", "message": "Rate Exceeded."})


class StoppedError(ThrottledError):
    """The invocation was refused: a reservation of 0 stops the function. Callers get the same answer."""


class Concurrency:
    """Counts running invocations per function. Thread-safe."""

    def __init__(self) -> None:
        self._running: Counter[Place] = Counter()
        self._lock = threading.Lock()

    @contextmanager
    def slot(self, function: FunctionSpec) -> Iterator[int]:
        """Hold one of the function's places inside the block; yields how many are taken.

        Raises:
            ThrottledError: none is free; `StoppedError` if there is none at all.
        """
        limit = function.reserved_concurrency
        with self._lock:
            # A reservation of 0 is how people stop a function, so it must not be mistaken for no reservation.
            if limit is not None and self._running[function.place] >= limit:
                raise (ThrottledError if limit else StoppedError)(RESERVATION_USED_UP)
            self._running[function.place] += 1
            running = self._running[function.place]
        try:
            yield running
        finally:
            with self._lock:
                self._running[function.place] -= 1

    def running(self) -> dict[Place, int]:
        """Return how many invocations of each function are running."""
        with self._lock:
            return {place: count for place, count in self._running.items() if count}


def check_reservation(amount: int, *, reserved_by_others: int) -> None:
    """Refuse a reservation that leaves the account too little.

    Raises:
        InvalidParameterValueException: moto's own, with AWS's sentence.
    """
    if ACCOUNT_CONCURRENCY - reserved_by_others - amount < UNRESERVED_MINIMUM:
        raise InvalidParameterValueException(
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{UNRESERVED_MINIMUM}]."
        )
