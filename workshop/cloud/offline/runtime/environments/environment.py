"""What the runtime asks of an execution environment, whatever runs behind it.

The default is a process of its own (`subprocess_environment`); another kind only has to fit these
protocols. An environment belongs to one version of one function and handles one event at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from workshop.cloud.offline.runtime.invocations.functions import FunctionSpec

__all__ = [
    "Credentials",
    "EnvironmentAnswer",
    "EnvironmentFactory",
    "ExecutionEnvironment",
    "Invocation",
    "Log",
]

Log = Callable[[Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class Credentials:
    """A session of the function's role."""

    access_key_id: str
    secret_access_key: str
    session_token: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """One event on its way into an environment.

    ``log``, if there is one, takes what the function has written to its log so far, while it runs; those
    events are not in the answer again.
    """

    request_id: str
    event: bytes
    function_arn: str
    client_context: str | None = None
    log: Log | None = None


@dataclass(frozen=True, slots=True)
class EnvironmentAnswer:
    """What came out of it.

    ``error_type`` is Lambda's name for what went wrong, None for a success; ``output`` holds the log events
    that nobody was told of before; ``init_ms`` is there only after a cold start.
    """

    payload: bytes
    error_type: str | None
    duration_ms: float
    output: tuple[str, ...] = ()
    init_ms: float | None = None
    memory_mb: int = 0
    is_timeout: bool = False


class ExecutionEnvironment(Protocol):
    """Runs one function, one event at a time; its global state lives as long as it does."""

    @property
    def log_stream(self) -> str:
        """The name of the log stream that belongs to this environment alone."""

    def invoke(self, invocation: Invocation) -> EnvironmentAnswer:
        """Run the function and block until it has answered, failed or used up its time; never raises.

        After a failure that cost it its process the environment can be used again; it starts cold.
        """

    def interrupt(self, *, is_timeout: bool = False) -> None:
        """End the running invocation from outside: it answers that its process was lost, or its time was up.

        The environment can be used again; it starts cold.
        """

    def close(self) -> None:
        """End whatever runs; a blocked `invoke` answers with an error.

        Thread-safe, and may be repeated.
        """


class EnvironmentFactory(Protocol):
    """Makes environments."""

    def create(
        self, function: FunctionSpec, *, credentials: Credentials, log_stream: str
    ) -> ExecutionEnvironment:
        """Return an environment that has not been used; starting it may wait for the first event."""

    def prepare(self) -> None:
        """Begin to make ready what a first environment needs, since one will be wanted soon."""

    def reap(self) -> None:
        """Give back what has not been used for long; it comes again when it is needed."""

    def close(self) -> None:
        """Give back what all environments share; called after they were closed."""
