"""What an invocation leaves in CloudWatch Logs.

Lambda's own lines around the function's output, in a log group per function and a stream per environment.
Source: https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html.
"""

import math
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from moto.logs.models import logs_backends

from workshop.clock import Clock, stopwatch
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.permissions.call_scope import CallScope
from workshop.cloud.offline.permissions.services import may_log
from workshop.cloud.offline.runtime.environments.environment import EnvironmentAnswer
from workshop.cloud.offline.runtime.invocations.functions import FunctionSpec, function_exists
from workshop.cloud.offline.runtime.timestamps import iso_time

__all__ = ["InvocationLog", "new_log_stream", "tail", "write_lines"]

# How much of the log a caller who asks for the tail receives.
TAIL_BYTES = 4096


def new_log_stream(version: str, now: float) -> str:
    """Return the name of a fresh environment's log stream."""
    day = datetime.fromtimestamp(now, UTC).strftime("%Y/%m/%d")
    return f"{day}/[{version}]{secrets.token_hex(16)}"


class InvocationLog:
    """The log of one invocation: START, what the function prints, END and REPORT; begins when it is made."""

    def __init__(self, function: FunctionSpec, log_stream: str, *, request_id: str, clock: Clock) -> None:
        self.lines: list[str] = []
        self._function = function
        self._log_stream = log_stream
        self._request_id = request_id
        self._clock = clock
        self._began = clock.now()

    def write(self, printed: Sequence[str]) -> None:
        """Write what the function has printed until now."""
        self._write(printed, self._clock.now())

    def end(self, answer: EnvironmentAnswer) -> None:
        """Write what has not been written yet, and how it ended."""
        now, lines = self._clock.now(), list(answer.output)
        if answer.is_timeout:
            seconds = f"{self._function.timeout_seconds:.2f}"
            lines.append(f"{iso_time(now)} {self._request_id} Task timed out after {seconds} seconds")
        lines.append(f"END RequestId: {self._request_id}")
        lines.append(_report(self._function, answer, self._request_id))
        self._write(lines, now)

    def _write(self, lines: Sequence[str], now: float) -> None:
        begins = (
            [] if self.lines else [f"START RequestId: {self._request_id} Version: {self._function.version}"]
        )
        new = [*begins, *lines]
        self.lines += new
        write_lines(self._function, self._log_stream, new, began=self._began, now=now)


def tail(lines: list[str]) -> str:
    """Return the last four kilobytes."""
    text = "\n".join(lines) + "\n"
    # Cut by bytes as on AWS, which may halve a character; that one is left out.
    return text.encode()[-TAIL_BYTES:].decode(errors="ignore")


def write_lines(
    function: FunctionSpec, log_stream: str, lines: list[str], *, began: float, now: float
) -> None:
    """Append log events; group and stream are made when they are missing, as Lambda does.

    No line is older than `began`, when the invocation did: a clock that is moved by hand stands still
    meanwhile.

    The last lines of a function that has been deleted make no log group again: whoever has taken it away
    wants it gone. A function whose role may not write logs has none.
    """
    events = [
        {"timestamp": int(moment * 1000), "message": line}
        for moment, line in zip(_moments(lines, began, now), lines, strict=True)
    ]
    with LOCK:
        backend = logs_backends[function.account_id][function.region]
        if function.log_group not in backend.groups and not function_exists(function):
            return
        if not _may_write(function, log_stream, backend):
            return
        backend.ensure_log_group(function.log_group)
        backend.ensure_log_stream(function.log_group, log_stream)
        backend.groups[function.log_group].put_log_events(log_stream, events)


def _moments(lines: list[str], began: float, now: float) -> list[float]:
    """Return when each line was written; those that nobody has timed stand with the printed ones around them.

    Lambda's own line at the start goes with the first line that the function printed, those at the end are
    of now.
    """
    read_at = stopwatch()
    moments, earliest = [], now
    for line in reversed(lines):
        came_at = getattr(line, "came_at", None)
        if came_at is not None:
            earliest = min(earliest, max(began, now - max(0.0, read_at - came_at)))
        moments.append(earliest)
    return moments[::-1]


def _may_write(function: FunctionSpec, log_stream: str, backend: Any) -> bool:
    """Return whether the function's role allows what is still to be made, and to write."""
    scope, group = CallScope(function.account_id, function.region), function.log_group
    known = backend.groups.get(group)
    actions = {"PutLogEvents": log_stream}
    if known is None:
        actions["CreateLogGroup"] = ""
    if known is None or log_stream not in known.streams:
        actions["CreateLogStream"] = log_stream
    return all(
        may_log(function.role_arn, action, scope=scope, group=group, stream=stream)
        for action, stream in actions.items()
    )


def _report(function: FunctionSpec, answer: EnvironmentAnswer, request_id: str) -> str:
    fields = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {answer.duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(answer.duration_ms)} ms",
        f"Memory Size: {function.memory_mb} MB",
        f"Max Memory Used: {answer.memory_mb or function.memory_mb} MB",
    ]
    if answer.init_ms is not None:
        fields.append(f"Init Duration: {answer.init_ms:.2f} ms")
    if answer.is_timeout:
        fields.append("Status: timeout")
    elif answer.error_type:
        fields += ["Status: error", f"Error Type: {answer.error_type}"]
    return "\t".join(fields)
