"""What runs inside an execution environment: a program of its own, started by `subprocess_environment`.

It needs nothing but the standard library, loads one handler, then answers one event at a time until its input
ends. Events come in on what was standard input, answers go out on what was standard error; the handler gets
other descriptors in their place, so that whatever it prints, closes or forks cannot disturb them. What it
prints goes to standard output, which is its log. Errors, log format and context follow Lambda's own runtime.
Source: https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html, python-context.html,
python-logging.html.
"""

from __future__ import annotations

import _thread
import builtins
import contextlib
import importlib
import json
import logging
import os
import queue
import signal
import struct
import sys
import time
import traceback
from types import SimpleNamespace

if sys.platform == "darwin":
    import resource

TYPE_CHECKING = False
if TYPE_CHECKING:  # importing `typing` would only make cold starts longer
    from collections.abc import Callable
    from typing import Any

FRAME = struct.Struct(">4sII")
MAGIC = b"WSF1"
# Several lines that belong to one log event are joined by it; the reader turns it into a line break again.
LINE_JOINT = "\r"
LOG_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"


class Channel:
    """Frames to and from the environment's owner: a JSON header and a body of bytes."""

    def __init__(self) -> None:
        self.frames: queue.SimpleQueue[tuple[dict[str, Any], bytes]] = queue.SimpleQueue()
        self._source = os.dup(0)
        self._target = os.dup(2)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(1, 2)
        # A thread that the handler cannot see reads, so that a busy handler ends too when the owner is gone.
        _thread.start_new_thread(self._read, ())

    def send(self, header: dict[str, Any], body: bytes = b"") -> None:
        """Write one frame."""
        head = json.dumps(header).encode()
        rest = memoryview(FRAME.pack(MAGIC, len(head), len(body)) + head + body)
        while rest:
            rest = rest[os.write(self._target, rest) :]

    def _read(self) -> None:
        while True:
            _, head, body = FRAME.unpack(self._exactly(FRAME.size))
            self.frames.put((json.loads(self._exactly(head)), self._exactly(body)))

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            part = os.read(self._source, count - len(parts))
            if not part:
                end_everything()
            parts += part
        return bytes(parts)


class Log:
    """The environment's log: a copy of standard output that the handler cannot close."""

    def __init__(self, marker: str) -> None:
        self._descriptor = os.dup(1)
        self._marker = marker.encode()

    def event(self, text: str) -> None:
        """Write one log event, however many lines it has."""
        flush()
        os.write(self._descriptor, text.replace("\n", LINE_JOINT).encode(errors="backslashreplace") + b"\n")

    def mark(self) -> None:
        """Tell the reader that everything the invocation printed has been written."""
        flush()
        os.write(self._descriptor, self._marker)


class LambdaContext:
    """What a handler receives as its second argument."""

    def __init__(self, function: dict[str, Any], header: dict[str, Any]) -> None:
        self._deadline = time.monotonic() + header["timeout_ms"] / 1000
        self.aws_request_id = header["request_id"]
        self.invoked_function_arn = header["function_arn"]
        self.function_name = function["name"]
        self.function_version = function["version"]
        self.memory_limit_in_mb = str(function["memory_mb"])
        self.log_group_name = function["log_group"]
        self.log_stream_name = function["log_stream"]
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = as_namespace(header["client_context"])

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may still take."""
        return max(0, int((self._deadline - time.monotonic()) * 1000))

    def log(self, message: object) -> None:
        """Write to the log, without a line break of its own."""
        sys.stdout.write(str(message))


class LambdaLogFormatter(logging.Formatter):
    """`[LEVEL]`, the time in UTC, the request id and the message, separated by tabs."""

    converter = staticmethod(time.gmtime)
    request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, with line joints inside it."""
        record.aws_request_id = LambdaLogFormatter.request_id
        return super().format(record).replace("\n", LINE_JOINT)


class RuntimeFaultError(Exception):
    """The handler cannot be loaded, or its answer cannot be sent; carries Lambda's error type."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def as_namespace(client_context: str | None) -> SimpleNamespace | None:
    """Return the client context as attributes, as Lambda does."""
    if not client_context:
        return None
    values = json.loads(client_context)
    client = SimpleNamespace(**values.get("client", {}))
    return SimpleNamespace(client=client, custom=values.get("custom"), env=values.get("env"))


def load_handler(name: str, load: Callable[[str], Any] = importlib.import_module) -> Any:
    """Return the function that `module.function` names; a slash may stand for a dot in the module.

    Raises:
        RuntimeFaultError: with Lambda's error type and words.
    """
    path, dot, function = name.rpartition(".")
    if not dot:
        text = f"Bad handler '{name}': not enough values to unpack (expected 2, got 1)"
        raise RuntimeFaultError("Runtime.MalformedHandlerName", text)
    try:
        module = load(path.replace("/", "."))
    except ImportError as error:
        text = f"Unable to import module '{path}': {error}"
        raise RuntimeFaultError("Runtime.ImportModuleError", text) from error
    except SyntaxError as error:
        text = f"Syntax error in module '{path}': {error}"
        raise RuntimeFaultError("Runtime.UserCodeSyntaxError", text) from error
    try:
        return getattr(module, function)
    except AttributeError as error:
        text = f"Handler '{function}' missing on module '{path}'"
        raise RuntimeFaultError("Runtime.HandlerNotFound", text) from error


def describe(error: Exception, request_id: str) -> dict[str, Any]:
    """Return an error as the payload that a caller sees; the function's code lies where Lambda puts it."""
    kind, frames = type(error).__name__, traceback.extract_tb(error.__traceback__)
    if isinstance(error, RuntimeFaultError):
        kind, frames = error.kind, traceback.StackSummary()
    trace = traceback.format_list([frame for frame in frames if frame.filename != __file__])
    here = os.environ.get("LAMBDA_TASK_ROOT") or "/var/task"
    told, *trace = (text.replace(here, "/var/task") for text in (str(error), *trace))
    return {"errorMessage": told, "errorType": kind, "requestId": request_id, "stackTrace": trace}


def log_error(log: Log, payload: dict[str, Any]) -> None:
    """Write the error as one log event."""
    title = f"[ERROR] {payload['errorType']}: {payload['errorMessage']}"
    trace = [line.rstrip("\n") for line in payload["stackTrace"]]
    log.event("\n".join([title, "Traceback (most recent call last):", *trace]))


def to_json(answer: object) -> bytes:
    """Return the handler's answer as JSON; decimals are numbers, as in Lambda's own runtime."""
    try:
        return json.dumps(answer, ensure_ascii=False, default=plain_number).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise RuntimeFaultError("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def plain_number(value: Any) -> int | float:
    """Return a decimal as a number; anything else has no JSON form."""
    if type(value).__name__ == "Decimal":
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def memory_mb() -> int:
    """Return the most memory that this process has used, or 0 where that cannot be asked."""
    if sys.platform == "darwin":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 * 1024)
    # Linux counts what the parent used before the interpreter started into `ru_maxrss`.
    with contextlib.suppress(OSError), open("/proc/self/status", "rb") as status:  # noqa: PTH123 - lean start
        return next((int(line.split()[1]) // 1024 for line in status if line.startswith(b"VmHWM")), 0)
    return 0


def flush() -> None:
    """Empty the handler's output streams, whatever it has done to them."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, OSError, ValueError):
            stream.flush()


def end_everything() -> None:
    """End this process and every process that the handler started; called when the owner is gone."""
    if os.name == "posix" and os.getpgrp() == os.getpid():
        os.killpg(os.getpid(), signal.SIGKILL)
    os._exit(1)


def prepare(function: dict[str, Any]) -> None:
    """Make the process look like an environment: paths, working directory, output, logging."""
    sys.path[:0] = [function["task_root"], *function["layer_paths"]]
    sys.path.extend(path for path in function["library_paths"] if path not in sys.path)
    os.chdir(function["task_root"])
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(  # type: ignore[union-attr]  # nobody has replaced the streams yet
            encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
    vars(builtins).update(exit=sys.exit, quit=sys.exit)  # `site`, which defines them, is not loaded
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(LambdaLogFormatter(LOG_FORMAT, "%Y-%m-%dT%H:%M:%S"))
    logging.getLogger().addHandler(lines)


def initialise(function: dict[str, Any], log: Log) -> tuple[Any, dict[str, Any] | None]:
    """Return the handler, or None and the error payload if it cannot be loaded."""
    try:
        return load_handler(function["handler"]), None
    except Exception as error:  # noqa: BLE001 - whatever the function's code raises is reported
        payload = describe(error, "")
        log_error(log, payload)
        return None, payload


def answer(
    handler: Callable[[Any, LambdaContext], object], event: bytes, context: LambdaContext, log: Log
) -> tuple[bytes, str | None]:
    """Return (payload, error type or None) of one invocation."""
    try:
        try:
            document = json.loads(event)
        except ValueError as error:
            raise RuntimeFaultError(
                "Runtime.UnmarshalError", f"Unable to unmarshal input: {error}"
            ) from error
        return to_json(handler(document, context)), None
    except Exception as error:  # noqa: BLE001 - whatever the function raises is its answer
        payload = describe(error, context.aws_request_id)
        log_error(log, payload)
        return json.dumps(payload, ensure_ascii=False).encode(errors="backslashreplace"), payload["errorType"]


def main() -> None:
    """Load the handler, then answer events until the input ends."""
    channel = Channel()
    function, _ = channel.frames.get()
    log = Log(function["marker"])
    started = time.perf_counter()
    prepare(function)
    handler, fault = initialise(function, log)
    log.mark()
    channel.send({"init_ms": (time.perf_counter() - started) * 1000, "fault": fault})
    own_process = os.getpid()
    while handler is not None:
        header, event = channel.frames.get()
        LambdaLogFormatter.request_id = header["request_id"]
        started = time.perf_counter()
        payload, error_type = answer(handler, event, LambdaContext(function, header), log)
        duration_ms = (time.perf_counter() - started) * 1000
        if os.getpid() != own_process:  # a forked child that came back from the handler
            os._exit(0)
        log.mark()
        report = {"duration_ms": duration_ms, "error_type": error_type, "memory_mb": memory_mb()}
        channel.send(report, payload)


if __name__ == "__main__":
    main()
