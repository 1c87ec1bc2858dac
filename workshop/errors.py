"""Every error that the workshop raises on purpose.

::

    WorkshopError
    ├── ConfigurationError          wrong usage or settings; commands exit with 2
    │   ├── CloudNotRunningError    no offline cloud answers at the endpoint
    │   ├── PortInUseError          something else listens where the cloud should
    │   ├── ListenError             the machine does not let the cloud listen there
    │   ├── StackNotFoundError      no such stack in the connected cloud
    │   ├── BoardError              the class board does not answer, or refuses; carries the status
    │   ├── InvalidMessageError     a line of a message file is not a risk message
    │   └── BundleError             a handler's source is missing or cannot be packed
    │       └── SolutionsWithheldError  the solutions are not on this machine yet
    ├── CloudStartError             the offline cloud was started and did not become healthy
    ├── DeploymentError             CloudFormation refused or rolled back; carries the stack events
    ├── FunctionFailedError         a deployed function that was called by hand raised an error; carries it
    ├── TearDownError               something is left after a delete; carries what
    └── NotSettledError             a pipeline did not come to rest in time
"""

__all__ = [
    "CELLS_AGAIN",
    "FROM_A_NOTEBOOK",
    "FROM_A_TERMINAL",
    "BoardError",
    "BundleError",
    "CloudNotRunningError",
    "CloudStartError",
    "ConfigurationError",
    "DeploymentError",
    "FunctionFailedError",
    "InvalidMessageError",
    "ListenError",
    "NotSettledError",
    "PortInUseError",
    "SolutionsWithheldError",
    "StackNotFoundError",
    "TearDownError",
    "WorkshopError",
    "reason",
]

# What to do where no offline cloud answers.
FROM_A_TERMINAL = "start one with `workshop cloud start`, or name another with `--endpoint URL`"
FROM_A_NOTEBOOK = "run the first cell of this notebook, which starts it again as it was, then this cell"
# What to do where things are gone that earlier cells have made, after a reset of the cloud or a new kernel.
CELLS_AGAIN = "run the cells above again, from the first cell on"


class WorkshopError(Exception):
    """Anything the workshop raises on purpose; the message says what, to which thing, and what to do next."""


class ConfigurationError(WorkshopError):
    """Wrong usage or settings."""


class CloudNotRunningError(ConfigurationError):
    """No offline cloud answers at the endpoint; `way_on` says what to do about it.

    `may_have_arrived` tells a call whose answer was lost from one that reached nobody.
    """

    def __init__(
        self, endpoint: str, way_on: str = FROM_A_TERMINAL, *, may_have_arrived: bool = False
    ) -> None:
        self.endpoint = endpoint
        self.may_have_arrived = may_have_arrived
        super().__init__(f"no offline cloud answers at `{endpoint}`; {way_on}")


class PortInUseError(ConfigurationError):
    """Something listens on the port; ``occupant`` says what, as far as that is known."""

    def __init__(
        self,
        host: str,
        port: int,
        occupant: str = "another program, or an offline cloud that does not answer yet",
    ) -> None:
        self.host = host
        self.port = port
        self.occupant = occupant
        super().__init__(
            f"port {port} on {host} is in use by {occupant}; "
            f"stop that program, or choose another port with `--port N`"
        )


class ListenError(ConfigurationError):
    """The machine does not let anybody listen at an address."""

    def __init__(self, host: str, port: int, error: Exception) -> None:
        super().__init__(
            f"the offline cloud cannot listen on port {port} of `{host}`: {reason(error)}; "
            "choose an address of this machine with `--host`, or a port from 1024 to 65535 with `--port N`"
        )


class StackNotFoundError(ConfigurationError):
    """The connected cloud has no such stack."""

    def __init__(self, stack: str, known: tuple[str, ...] = (), *, is_in_notebook: bool = False) -> None:
        self.stack = stack
        self.known = known
        there = f"there are: {', '.join(known)}" if known else "there is none yet"
        pipeline = "stateless" if "stateless" in stack else "stateful"
        deploy = f"deploy it with `workshop deploy {pipeline} --stack {stack}`"
        way_on = CELLS_AGAIN if is_in_notebook else deploy
        super().__init__(f"no pipeline stack is called `{stack}`; {there}; {way_on}")


class BoardError(ConfigurationError):
    """The class board does not answer, or refuses with a status; `wait_seconds` says when to try again."""

    def __init__(self, message: str, *, status: int | None = None, wait_seconds: float | None = None) -> None:
        self.status = status
        self.wait_seconds = wait_seconds
        super().__init__(message)


class InvalidMessageError(ConfigurationError):
    """A line of a message file is not a risk message."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"line {line}: {reason}")


class BundleError(ConfigurationError):
    """A handler's source is missing or cannot be packed."""


class SolutionsWithheldError(BundleError):
    """The solutions were left out of the kit that this course comes from; `what` needs them."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} waits for the solutions, which whoever teaches this course has held back until later; "
            "in a class they come by themselves when the class board releases them; "
            "otherwise put the folder `solutions` beside `lambdas` once you get it, and try again"
        )


class CloudStartError(WorkshopError):
    """The offline cloud was started and did not become healthy."""


class DeploymentError(WorkshopError):
    """CloudFormation refused a stack or rolled it back.

    ``failures`` holds (logical id, reason) for each resource that failed.
    """

    def __init__(self, message: str, failures: tuple[tuple[str, str], ...] = ()) -> None:
        self.failures = failures
        super().__init__(message)


class FunctionFailedError(WorkshopError):
    """A deployed function that was called by hand raised an error; ``error_type`` is its class."""

    def __init__(self, function: str, error_type: str, message: str, where: str = "") -> None:
        self.function = function
        self.error_type = error_type
        place = f" ({where})" if where else ""
        super().__init__(f"`{function}` raised `{error_type}: {message}`{place}")


class TearDownError(WorkshopError):
    """Something is left after a delete, or keeps it from beginning; ``remaining`` names each thing."""

    def __init__(self, message: str, remaining: tuple[str, ...] = ()) -> None:
        self.remaining = remaining
        super().__init__(message)


class NotSettledError(WorkshopError):
    """A pipeline did not come to rest in time."""


def reason(error: Exception) -> str:
    """Return what the machine says of an error, without numbers and paths.

    >>> reason(FileNotFoundError(2, "No such file or directory", "/a"))
    'No such file or directory'
    """
    return getattr(error, "strerror", None) or str(error)
