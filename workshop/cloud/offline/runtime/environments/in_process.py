"""An execution environment inside this process: for the schedule explorer, which needs thousands in a minute.

It runs the deployed bundle as it is, with modules, environment variables and clients of its own, but in the
caller's thread and on the caller's clock: a handler that sleeps moves the clock. Nothing protects this
process from a handler; only bundles of the workshop itself are run in this way. Nobody hears calls that are
not boto3's, such as the answer of a custom resource's function: that needs environments with processes.
"""

import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from types import CodeType, SimpleNamespace
from typing import Any

from workshop.clock import Clock
from workshop.cloud.offline.runtime.environments.bootstrap import (
    LINE_JOINT,
    Log,
    describe,
    load_handler,
    log_error,
    to_json,
)
from workshop.cloud.offline.runtime.environments.environment import Credentials, EnvironmentAnswer, Invocation
from workshop.cloud.offline.runtime.environments.failures import EnvironmentLostError, exit_fault
from workshop.cloud.offline.runtime.environments.modules import ModuleSpace
from workshop.cloud.offline.runtime.environments.own_logging import OwnLogging, logging_mark
from workshop.cloud.offline.runtime.environments.stand_ins import (
    EnvironmentVariables,
    MakeClient,
    ProcessEndedError,
    WatchedClock,
    stand_ins,
)
from workshop.cloud.offline.runtime.environments.variables import environment_variables
from workshop.cloud.offline.runtime.invocations.functions import Bundle, FunctionSpec

__all__ = [
    "InProcessEnvironment",
    "InProcessEnvironments",
    "MakeClient",
    "ProcessEndedError",
    "TimeIsUpError",
]

# The code of a function and its layers.
Code = tuple[Bundle, ...]
LAYER_FOLDERS = re.compile(r"^python\.(lib\.python3\.\d+\.site-packages\.)?")


class TimeIsUpError(BaseException):
    """The invocation has used up its time, whatever the handler would have done next."""


class InProcessEnvironments:
    """Makes `InProcessEnvironment`s; their clients come from `make_client`."""

    def __init__(self, *, clock: Clock, endpoint_url: str, make_client: MakeClient) -> None:
        self._clock = clock
        self._endpoint_url = endpoint_url
        self._make_client = make_client
        self._spare: dict[Code, list[_Interpreter]] = {}
        self._chance = random.Random()  # repeatable, not secret
        self.restart()

    def restart(self) -> None:
        """Let handlers draw the same by chance as in the beginning."""
        self._chance.seed(0)

    def create(
        self, function: FunctionSpec, *, credentials: Credentials, log_stream: str
    ) -> "InProcessEnvironment":
        """Return an environment; its modules are loaded with the first event."""
        variables = environment_variables(
            function, credentials=credentials, log_stream=log_stream, endpoint_url=self._endpoint_url
        )
        return InProcessEnvironment(function, variables, owner=self, log_stream=log_stream)

    def borrow(self, function: FunctionSpec, variables: dict[str, str]) -> "_Interpreter":
        """Return an interpreter that has run nothing yet, for a while."""
        code = (function.code, *function.layers)
        spare = self._spare.get(code)
        interpreter = spare.pop() if spare else _Interpreter(code, self._clock, self._make_client)
        interpreter.start(variables, self._chance.random())
        return interpreter

    def give_back(self, interpreter: "_Interpreter") -> None:
        """Take back an interpreter that is not needed any more."""
        # Also one whose invocation was cut off in the middle: `start` restores all of its modules.
        self._spare.setdefault(interpreter.code, []).append(interpreter)

    def prepare(self) -> None:
        """Do nothing: an interpreter is made in a moment."""

    def reap(self) -> None:
        """Do nothing: spare interpreters take little."""

    def close(self) -> None:
        """Forget all interpreters."""
        self._spare.clear()


class _Interpreter:
    """Modules of a bundle with an operating system, a clock and clients of their own; used many times."""

    def __init__(self, code: Code, clock: Clock, make_client: MakeClient) -> None:
        self.code = code
        self.clock = clock
        self.logging = OwnLogging(clock)
        # Handlers may have noted these very objects when they were loaded.
        self._variables = EnvironmentVariables()
        self._chance = random.Random()  # repeatable, not secret
        watched = WatchedClock(clock)
        in_place = stand_ins(watched, self._variables, self._chance, make_client)
        self._space = ModuleSpace(
            _sources(code),
            in_place,
            lambda: (self._variables.reads, watched.uses, self._chance.getstate(), logging_mark()),
        )

    def start(self, variables: dict[str, str], seed: float) -> None:
        """Be like new, with these environment variables."""
        self._variables.replace(variables)
        self._chance.seed(seed)
        self._space.restore()
        self.logging = OwnLogging(self.clock)

    def handler(self, name: str) -> Callable[[Any, Any], Any]:
        """Return the function that `module.function` names.

        Raises:
            RuntimeFaultError: there is none, or it cannot be loaded.
        """
        handler: Callable[[Any, Any], Any] = load_handler(name, self._space.load)
        return handler


class InProcessEnvironment:
    """One interpreter, replaced after it was lost."""

    def __init__(
        self,
        function: FunctionSpec,
        variables: dict[str, str],
        *,
        owner: InProcessEnvironments,
        log_stream: str,
    ) -> None:
        self.log_stream = log_stream
        self._function = function
        self._variables = variables
        self._owner = owner
        self._interpreter: _Interpreter | None = None

    def invoke(self, invocation: Invocation) -> EnvironmentAnswer:
        """Run the handler, loading it first if need be."""
        output, init_ms = io.StringIO(), None
        if self._interpreter is None:
            self._interpreter, init_ms = self._owner.borrow(self._function, self._variables), 0.0
        clock = self._interpreter.clock
        started = clock.now()
        try:
            with (
                redirect_stdout(output),
                redirect_stderr(output),
                self._interpreter.logging.in_place(output, invocation.request_id),
            ):
                payload, error_type = self._run(self._interpreter, invocation)
        except TimeIsUpError:
            lost = EnvironmentLostError.timed_out(self._function.timeout_seconds)
        except ProcessEndedError as end:
            lost = EnvironmentLostError(exit_fault(end.status))
        except SystemExit as end:
            lost = EnvironmentLostError(exit_fault(_status(end.code)))
        except KeyboardInterrupt:
            raise  # of whoever sits before this process
        except BaseException:  # noqa: BLE001 - no handler of errors catches it, so it ends the process
            lost = EnvironmentLostError(exit_fault(1))
        else:
            return EnvironmentAnswer(
                payload=payload,
                error_type=error_type,
                duration_ms=(clock.now() - started) * 1000,
                output=tuple(_lines(output)),
                init_ms=init_ms,
            )
        self.close()
        lost.output = _lines(output)
        return lost.answer(invocation.request_id, (clock.now() - started) * 1000)

    def interrupt(self, *, is_timeout: bool = False) -> None:
        """End the running invocation; called from within it, by whoever answers its calls."""
        raise TimeIsUpError if is_timeout else ProcessEndedError

    def close(self) -> None:
        """Give the interpreter up."""
        if self._interpreter is not None:
            self._owner.give_back(self._interpreter)
            self._interpreter = None

    def _run(self, interpreter: _Interpreter, invocation: Invocation) -> tuple[bytes, str | None]:
        context = SimpleNamespace(
            function_name=self._function.name,
            function_version=self._function.version,
            invoked_function_arn=invocation.function_arn,
            aws_request_id=invocation.request_id,
            memory_limit_in_mb=str(self._function.memory_mb),
            log_group_name=self._function.log_group,
            log_stream_name=self.log_stream,
            identity=SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None),
            client_context=None,
            # Time stands still while a handler runs here.
            get_remaining_time_in_millis=lambda: self._function.timeout_seconds * 1000,
        )
        try:
            handler = interpreter.handler(self._function.handler)
            return to_json(handler(json.loads(invocation.event), context)), None
        except Exception as error:  # noqa: BLE001 - whatever the function raises is its answer
            payload = describe(error, invocation.request_id)
            log_error(_PrintedLog(), payload)
            return json.dumps(payload).encode(), payload["errorType"]


def _lines(output: io.StringIO) -> list[str]:
    """Return what was printed by log events; one that was logged may have several lines."""
    events = (line.replace(LINE_JOINT, "\n").rstrip("\n") for line in output.getvalue().split("\n"))
    return [event for event in events if event]


class _PrintedLog(Log):
    """Prints the events of a log, each in one line."""

    def __init__(self) -> None:
        pass  # what is printed here is kept already

    def event(self, text: str) -> None:
        print(text.replace("\n", LINE_JOINT))


def _status(code: Any) -> int:
    """Return the exit status that a process has after `sys.exit(code)`."""
    return code if isinstance(code, int) else int(code is not None)


def _sources(code: Code) -> dict[str, CodeType | SyntaxError]:
    """Return the modules of a function by dotted name; its own hide those of its layers."""
    bundle, *layers = code
    sources: dict[str, CodeType | SyntaxError] = {}
    for layer in layers:
        compiled = _compiled(layer, "/opt/python")
        sources |= {
            LAYER_FOLDERS.sub("", name): source
            for name, source in compiled.items()
            if name.startswith("python.")
        }
    return sources | _compiled(bundle, "/var/task")


@cache
def _compiled(bundle: Bundle, folder: str) -> dict[str, CodeType | SyntaxError]:
    """Return the compiled modules of a bundle by dotted name; equal bundles are compiled once."""
    with zipfile.ZipFile(io.BytesIO(bundle.content)) as archive:
        return {
            name.removesuffix(".py").replace("/", "."): _compile(archive.read(name), f"{folder}/{name}")
            for name in archive.namelist()
            if name.endswith(".py")
        }


def _compile(source: bytes, path: str) -> CodeType | SyntaxError:
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        return error  # whoever imports it gets it
