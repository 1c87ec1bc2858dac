"""An execution environment that is a process of its own.

A handler that loops, crashes, exits or eats the machine hurts only its own process: the process has its own
interpreter, globals, environment variables and working directory, and is killed with everything that it
started when its time is up, when its owner closes it, or when its owner is gone.
"""

import itertools
import os
import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from workshop.clock import stopwatch
from workshop.cloud.offline.runtime.environments.environment import (
    Credentials,
    EnvironmentAnswer,
    Invocation,
    Log,
)
from workshop.cloud.offline.runtime.environments.failures import EnvironmentLostError, exit_fault, fault
from workshop.cloud.offline.runtime.environments.fork_templates import Templates
from workshop.cloud.offline.runtime.environments.pipes import BrokenChannelError, Frame
from workshop.cloud.offline.runtime.environments.process import (
    BOOTSTRAP,
    IS_WINDOWS,
    EnvironmentProcess,
    library_paths,
)
from workshop.cloud.offline.runtime.environments.task_roots import TaskRoots, UnreadableBundleError
from workshop.cloud.offline.runtime.environments.variables import environment_variables, machine_variables
from workshop.cloud.offline.runtime.invocations.functions import Bundle, FunctionSpec

__all__ = ["SubprocessEnvironment", "SubprocessEnvironments"]

# AWS gives the initialisation ten seconds; a learner's busy laptop may need more to import a large library.
INIT_LIMIT_SECONDS = 30.0
# How long the log of a process that has ended may take to arrive.
LOG_GRACE_SECONDS = 2.0
# How often an invocation that lasts is asked for what it has printed.
LOG_SECONDS = 0.5


class SubprocessEnvironments:
    """Makes `SubprocessEnvironment`s; they share the folder that holds unpacked code.

    `launcher` is a command that ends by becoming the one that follows it.
    """

    def __init__(
        self,
        *,
        endpoint_url: str,
        init_limit_seconds: float = INIT_LIMIT_SECONDS,
        launcher: tuple[str, ...] = (),
    ) -> None:
        self._endpoint_url = endpoint_url
        self._launcher = launcher
        self._init_limit_seconds = init_limit_seconds
        self._roots = TaskRoots()
        self._templates = Templates(library_paths(), lambda: self._roots.folder("tmp", "template"))
        self._turns: defaultdict[str, Iterator[int]] = defaultdict(itertools.count)

    def create(
        self, function: FunctionSpec, *, credentials: Credentials, log_stream: str
    ) -> "SubprocessEnvironment":
        """Return an environment; its process starts with the first event."""
        variables = environment_variables(
            function, credentials=credentials, log_stream=log_stream, endpoint_url=self._endpoint_url
        )
        environment = SubprocessEnvironment(
            function, roots=self._roots, variables=variables, log_stream=log_stream
        )
        environment.init_limit_seconds = self._init_limit_seconds
        environment.launcher = self._launcher
        if not self._launcher:
            environment.templates = self._templates
        environment.turns = self._turns[function.name]
        return environment

    def prepare(self) -> None:
        """Start the template of the first environments, where they are forked."""
        if not self._launcher:
            self._templates.prepare()

    def reap(self) -> None:
        """End templates that have been idle for long."""
        self._templates.reap()

    def close(self) -> None:
        """End the templates; delete the unpacked code and all temporary files."""
        self._templates.close()
        self._roots.remove()


class SubprocessEnvironment:
    """One process, started again after it was lost; its temporary folder survives that, as `/tmp` does."""

    init_limit_seconds = INIT_LIMIT_SECONDS
    launcher: tuple[str, ...] = ()
    templates: Templates | None = None
    # Each start takes the next, also that of another environment of the function.
    turns: Iterator[int] = itertools.count()

    def __init__(
        self, function: FunctionSpec, *, roots: TaskRoots, variables: dict[str, str], log_stream: str
    ) -> None:
        self.log_stream = log_stream
        self._function = function
        self._roots = roots
        self._variables = variables
        self._process: EnvironmentProcess | None = None
        self._is_closed = False
        # The process whose time was said to be up; not another one that took its place meanwhile.
        self._cut_short: EnvironmentProcess | None = None
        self._lock = threading.Lock()

    def invoke(self, invocation: Invocation) -> EnvironmentAnswer:
        """Run the handler in the process, starting it first if need be."""
        output = _Output(invocation.log)
        init_ms: float | None = None
        started = stopwatch()
        try:
            process = self._process
            if process is None or not process.is_running:
                process, init_ms = self._start(output)
            # Taken anew: a cold start is not part of the duration.
            # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
            started = stopwatch()
            report, payload = self._exchange(process, invocation, output)
        except EnvironmentLostError as lost:
            lost.output[:0] = output.lines
            return lost.answer(invocation.request_id, (stopwatch() - started) * 1000)
        except Exception:
            # The log could not be written. The answer that will come must not become the next event's.
            self.interrupt()
            raise
        return EnvironmentAnswer(
            payload=payload,
            error_type=report["error_type"],
            duration_ms=report["duration_ms"],
            output=(*output.lines, *process.log.collect(LOG_GRACE_SECONDS)),
            init_ms=init_ms,
            memory_mb=report["memory_mb"],
        )

    def interrupt(self, *, is_timeout: bool = False) -> None:
        """End the running invocation from outside, as a crash of the process or as if its time were up."""
        with self._lock:
            process = self._process
        if process is not None:
            # Noted before the kill: the waiting thread wakes with it, and looks here for the reason.
            if is_timeout:
                self._cut_short = process
            process.kill()

    def close(self) -> None:
        """Kill the process and whatever it started."""
        with self._lock:
            self._is_closed = True
            process, self._process = self._process, None
        if process is not None:
            process.kill()

    def _start(self, output: "_Output") -> tuple[EnvironmentProcess, float]:
        process = self._spawn()
        report, _ = self._receive(process, self.init_limit_seconds, output)
        output.lines += process.log.collect(LOG_GRACE_SECONDS)
        if report["fault"]:
            self._forget(process)
            raise EnvironmentLostError(report["fault"])
        return process, report["init_ms"]

    def _spawn(self) -> EnvironmentProcess:
        if self._process is not None:  # it ended by itself, between two events
            self._forget(self._process)
        try:
            task_root = self._roots.unpack(self._function.code)
            layers = [folder for layer in self._function.layers for folder in self._folders(layer)]
        except UnreadableBundleError as error:
            raise EnvironmentLostError(fault("Runtime.InvalidCode", str(error))) from error
        home = self._roots.folder("tmp", self.log_stream.rpartition("]")[2])
        variables = {
            **machine_variables(os.environ, home=home, windows=IS_WINDOWS),
            **self._variables,
            "LAMBDA_TASK_ROOT": str(task_root),
            "LAMBDA_RUNTIME_DIR": str(BOOTSTRAP.parent),
            "PYTHONPATH": str(BOOTSTRAP.parent),
        }
        process = self._new_process(variables, task_root, layers)
        with self._lock:
            self._process = process
            # `close` may have come while the process was starting, and found none to kill.
            is_closed = self._is_closed
        if is_closed:
            process.kill()
        self._send(process, self._introduction(task_root, layers, process.log.marker))
        return process

    def _folders(self, layer: Bundle) -> tuple[Path, Path]:
        """Return where a layer has its modules; of the two the later covers the earlier."""
        root = self._roots.unpack(layer) / "python"
        return root, root / "lib" / self._function.runtime / "site-packages"

    def _new_process(
        self, variables: dict[str, str], task_root: Path, layers: Sequence[Path]
    ) -> EnvironmentProcess:
        name = f"lambda-{self._function.name}"
        if self.templates is not None:
            modules = frozenset(module for folder in (task_root, *layers) for module in _modules(folder))
            forked = EnvironmentProcess.fork(
                self.templates, variables, folder=task_root, modules=modules, turn=next(self.turns), name=name
            )
            if forked is not None:
                return forked
        return EnvironmentProcess.start(variables, folder=task_root, name=name, launcher=self.launcher)

    def _introduction(self, task_root: Path, layers: Sequence[Path], marker: str) -> dict[str, Any]:
        return {
            "name": self._function.name,
            "version": self._function.version,
            "handler": self._function.handler,
            "memory_mb": self._function.memory_mb,
            "log_group": self._function.log_group,
            "log_stream": self.log_stream,
            "task_root": str(task_root),
            # A later layer covers an earlier one.
            "layer_paths": [str(path) for path in reversed(layers)],
            "library_paths": library_paths(),
            "marker": marker,
        }

    def _exchange(self, process: EnvironmentProcess, invocation: Invocation, output: "_Output") -> Frame:
        limit = self._function.timeout_seconds
        header = {
            "request_id": invocation.request_id,
            "function_arn": invocation.function_arn,
            "timeout_ms": limit * 1000,
            "client_context": invocation.client_context,
        }
        self._send(process, header, invocation.event)
        return self._receive(process, limit, output)

    def _send(self, process: EnvironmentProcess, header: dict[str, Any], body: bytes = b"") -> None:
        try:
            process.send(header, body)
        except BrokenChannelError as error:
            raise self._lost(process, str(error)) from error

    def _receive(self, process: EnvironmentProcess, limit_seconds: float, output: "_Output") -> Frame:
        ends = stopwatch() + limit_seconds
        while True:
            left = ends - stopwatch()
            try:
                return process.answers.receive(min(left, LOG_SECONDS))
            except TimeoutError:
                if left <= LOG_SECONDS:
                    lost = EnvironmentLostError.timed_out(limit_seconds)
                    lost.output = self._forget(process)
                    raise lost from None
                output.tell(process.log.printed())
            except BrokenChannelError as error:
                raise self._lost(process, str(error)) from error

    def _lost(self, process: EnvironmentProcess, said: str) -> EnvironmentLostError:
        if self._cut_short is process:
            lost = EnvironmentLostError.timed_out(self._function.timeout_seconds)
            lost.output = self._forget(process)
            return lost
        exit_code = process.exit_code()
        return EnvironmentLostError(exit_fault(exit_code, said), output=self._forget(process))

    def _forget(self, process: EnvironmentProcess) -> list[str]:
        """Kill the process and return the rest of its log; the next event starts another."""
        process.kill()
        with self._lock:
            if self._process is process:
                self._process = None
        return [*process.log.collect(LOG_GRACE_SECONDS)]


class _Output:
    """The log events of one invocation that nobody was told of yet."""

    def __init__(self, log: Log | None) -> None:
        self.lines: list[str] = []
        self._log = log

    def tell(self, more: Sequence[str]) -> None:
        self.lines += more
        if self.lines and self._log is not None:
            told, self.lines = self.lines, []
            self._log(told)


def _modules(folder: Path) -> list[str]:
    """Return the names of what can be imported from a folder."""
    return [each.name.partition(".")[0] for each in folder.iterdir()] if folder.is_dir() else []
