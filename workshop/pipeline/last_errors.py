"""The last error of each function of a pipeline: what a stage suffers from that does not get on.

The offline cloud remembers how invocations ended. On AWS the functions' logs tell, some seconds late; there
nobody knows whether the function has worked since.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workshop.pipeline.hops import FLOWS

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["LastError", "is_failing_again_and_again", "last_errors", "shortened", "troubles_of"]

RECENT = timedelta(minutes=15)
# Longer than any batch of the course takes.
LONG_SECONDS = 20.0
# The offline cloud's pauses between them add up to seven and a half seconds.
MANY_ATTEMPTS = 5
# In a log in JSON as in one in plain text.
ERRORS_IN_LOG = '?errorType ?"[ERROR]" ?"Task timed out" ?timeout'
PROBLEM = "PROBLEM: "
# Says no more than the function's own error.
CALL_FAILED = "PROBLEM: Function call failed"
MAPPING = "EventSourceMapping"
TIMED_OUT = "Sandbox.Timedout"
FRAME = re.compile(r'File "([^"]+)", line (\d+)')
PLAIN_ERROR = re.compile(r"\[ERROR\] ([\w.]+): (.*?)(?:\nTraceback |$)", re.DOTALL)
PLAIN_TIMEOUT = re.compile(r"Task timed out after [\d.]+ seconds")
# Room for what AWS says about a missing right; a program may put anything into a message.
MOST_CHARACTERS = 500
NOT_THE_LEARNERS = ("site-packages", "/python3.", "/common/", "importlib")


@dataclass(frozen=True)
class LastError:
    """The last error of a function, or of its event source mapping (then `kind` is `EventSourceMapping`).

    `at` is in unix seconds, None for a mapping's. `where` names file and line (`map.py, line 33`), nothing
    if that is not known. `is_over` says whether the function has worked since; None: nobody knows.
    """

    function: str
    at: float | None
    kind: str
    message: str
    where: str = ""
    is_over: bool | None = None

    @property
    def verb(self) -> str:
        """`fails`, or `has failed` where nobody knows if it has worked since; nothing if it has."""
        return "" if self.is_over else "has failed" if self.is_over is None else "fails"

    @property
    def text(self) -> str:
        """The error in one line, long ones without their end: `KeyError: 'Value' (map.py, line 33)`."""
        told = shortened(f"{self.kind}: {self.message}" if self.message else self.kind)
        return f"{told} ({self.where})" if self.where else told


def shortened(message: str) -> str:
    """Return an error's message in one line, cut if it is very long; it names files as learners do."""
    line = " ".join(message.split()).replace("/var/task/", "lambdas/")
    return line if len(line) <= MOST_CHARACTERS else f"{line[:MOST_CHARACTERS]} …"


def last_errors(cloud: Cloud, outputs: Mapping[str, str], pipeline: str) -> dict[str, LastError]:
    """Return the last error of each stage that has had one, by names such as `StateLambda`.

    Errors of code that was replaced since are left out. One call offline, and two or three for each function
    on AWS, where errors of the last quarter of an hour are known. A problem of an enabled mapping, such as a
    missing right to read its source, goes before an error.
    """
    functions = {name: outputs[f"{name}Name"] for name, _, _ in FLOWS[pipeline] if f"{name}Name" in outputs}
    if cloud.offline is not None:
        errors = errors_in(cloud.offline.runtime(), functions)
    else:
        found = ((name, _on_aws(cloud, name, function)) for name, function in functions.items())
        errors = {name: error for name, error in found if error is not None}
    return {name: each for name, each in errors.items() if not _is_of_old_code(cloud, functions[name], each)}


def troubles_of(cloud: Cloud, outputs: Mapping[str, str], pipeline: str) -> list[str]:
    """Return which stages fail, and how, or do not answer, in a sentence each; see `last_errors`."""
    errors = last_errors(cloud, outputs, pipeline)
    failing = [f"{each.function} {each.verb}: {each.text}." for each in errors.values() if each.verb]
    if failing or cloud.offline is None:
        return failing
    stages = {outputs.get(f"{name}Name"): name for name, _, _ in FLOWS[pipeline]}
    return [
        f"{stages[function]} has been at work on one batch for {seconds:.0f} s and has not answered; if it "
        "is in a loop without an end, its time-out ends it."
        for function, seconds in longest_batches(cloud.offline.runtime()).items()
        if function in stages and seconds >= LONG_SECONDS
    ]


def is_failing_again_and_again(status: Mapping[str, Any], functions: Collection[str]) -> bool:
    """Whether all that waits before these functions, real names, waits behind a batch that fails for long.

    `status` is what the offline cloud's runtime tells; where nothing waits, nothing fails. Who gives up after
    some attempts gets past such a batch, also if it was told to only now, when the batch had failed for long.
    """
    waiting = [
        (row, shard)
        for row in status["mappings"]
        if row["function"].rpartition(":")[2] in functions and row["state"] == "Enabled"
        for shard in row.get("shards", ())
        if shard.get("pending")
    ]
    return bool(waiting) and all(
        shard.get("attempts", 0) >= MANY_ATTEMPTS and not row.get("gives_up") for row, shard in waiting
    )


def longest_batches(status: Mapping[str, Any]) -> dict[str, float]:
    """Return for each function how long its oldest batch in flight lasts by now, in seconds."""
    longest: dict[str, float] = {}
    for row in status["mappings"]:
        for shard in row.get("shards", ()):
            name = row["function"].rpartition(":")[2]
            longest[name] = max(longest.get(name, 0.0), shard.get("busy_seconds", 0.0))
    return longest


def _is_of_old_code(cloud: Cloud, function: str, error: LastError) -> bool:
    """Whether the function was changed since, so that nobody knows if it still fails."""
    if error.at is None or error.is_over:
        return False
    told = cloud.client("lambda").get_function_configuration(FunctionName=function)["LastModified"]
    return datetime.fromisoformat(told).timestamp() > error.at


def errors_in(status: Mapping[str, Any], functions: Mapping[str, str]) -> dict[str, LastError]:
    """Return the last errors that the offline cloud's runtime tells; `functions` maps names to real ones."""
    errors: dict[str, LastError] = {}
    for name, function in functions.items():
        for row in status["functions"]:
            if row["function"] == function and row["last_error"]:
                errors[name] = _remembered(name, row)
        for row in status["mappings"]:
            if row["function"].rpartition(":")[2] == function and row["state"] == "Enabled":
                # A success of another shard does not help the one whose batch fails again and again.
                if name in errors and any(shard.get("attempts") for shard in row.get("shards", ())):
                    errors[name] = replace(errors[name], is_over=False)
                errors |= _of_mapping(name, row["last_result"])
    return errors


def _remembered(name: str, row: Mapping[str, Any]) -> LastError:
    told = row["last_error"]
    return LastError(
        name,
        at=told["at"],
        kind=told["type"],
        message=told["message"],
        where=_where(told["trace"]),
        is_over=(row["succeeded_at"] or 0.0) > told["at"],
    )


def _of_mapping(name: str, result: str) -> dict[str, LastError]:
    if not result.startswith(PROBLEM) or result == CALL_FAILED:
        return {}
    return {name: LastError(name, None, MAPPING, result.removeprefix(PROBLEM), is_over=False)}


def _on_aws(cloud: Cloud, name: str, function: str) -> LastError | None:
    rows = cloud.client("lambda").list_event_source_mappings(FunctionName=function)["EventSourceMappings"]
    for row in rows:
        if row.get("State") == "Enabled" and (
            found := _of_mapping(name, row.get("LastProcessingResult", ""))
        ):
            return found[name]
    last = None
    for event in _logged(cloud, f"/aws/lambda/{function}"):
        error = _in_log(name, event["timestamp"] / 1000, event["message"])
        if error is not None and (last is None or (error.at or 0) >= (last.at or 0)):
            last = error
    return last


def _logged(cloud: Cloud, group: str) -> Iterator[Any]:
    """Yield the events of a log group that may tell of errors; none if it is missing or may not be read."""
    since = int((datetime.now(UTC) - RECENT).timestamp() * 1000)
    pages = cloud.client("logs").get_paginator("filter_log_events")
    try:
        for page in pages.paginate(logGroupName=group, startTime=since, filterPattern=ERRORS_IN_LOG):
            yield from page["events"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"ResourceNotFoundException", "AccessDeniedException"}:
            raise


def _in_log(name: str, at: float, message: str) -> LastError | None:
    """Return the error that an event of a log tells; None for other events."""
    try:
        document = json.loads(message)
    except ValueError:
        return _in_plain_log(name, at, message)
    if not isinstance(document, dict):
        return None
    if document.get("type") == "platform.report":
        is_timeout = document.get("record", {}).get("status") == "timeout"
        return LastError(name, at, TIMED_OUT, "the function used up its time") if is_timeout else None
    if "errorType" in document:
        trace = document.get("stackTrace")
        where = _where(trace if isinstance(trace, list) else [])
        return LastError(name, at, str(document["errorType"]), str(document.get("errorMessage", "")), where)
    return _in_plain_log(name, at, str(document.get("message", "")))


def _in_plain_log(name: str, at: float, message: str) -> LastError | None:
    if timed_out := PLAIN_TIMEOUT.search(message):
        return LastError(name, at, TIMED_OUT, timed_out[0])
    if found := PLAIN_ERROR.search(message):
        return LastError(name, at, found[1], found[2].strip(), _where(message.splitlines()))
    return None


def _where(trace: Sequence[Any]) -> str:
    """Return file and line of the learner's code in a stack trace, or else of its last line; may be empty."""
    frames = [frame for line in trace for frame in FRAME.findall(str(line))]
    own = [frame for frame in frames if not any(part in frame[0] for part in NOT_THE_LEARNERS)]
    for path, line in (own or frames)[-1:]:
        return f"{path.replace(chr(92), '/').rpartition('/')[2]}, line {line}"
    return ""
