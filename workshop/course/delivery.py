"""What became of an event that was delivered to a function: its answer, its report, or the error."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workshop.errors import FunctionFailedError
from workshop.pipeline.last_errors import shortened

__all__ = ["Delivery", "delivery_of"]


@dataclass(frozen=True)
class Delivery:
    """One invocation of a function, such as `MapLambda`, with a batch of `record_count` records.

    `answer` is what the handler returned, as JSON; None if it raised `error`, which names the line of the
    learner's file. `report` is the JSON line that the stage logged about the batch; empty if it logged none.
    """

    function: str
    record_count: int = 0
    answer: Any = None
    error: FunctionFailedError | None = None
    report: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        batch = f"{self.record_count} record{'' if self.record_count == 1 else 's'}"
        if self.error:
            return f"{self.function} was given {batch} and failed: {self.error}"
        counts = [
            f"{name} {value}"
            for name, value in self.report.items()
            # The names of metrics begin with a capital.
            if name[0].islower() and name not in {"stage", "records"}
        ]
        reported = f"; it reports {', '.join(counts)}" if counts else ""
        return f"{self.function} was given {batch} and answered {json.dumps(self.answer)}{reported}"

    __repr__ = __str__


def delivery_of(function: str, event: Mapping[str, Any], answer: Mapping[str, Any]) -> Delivery:
    """Return what an answer of Invoke (with `LogType="Tail"`) says about an event of records."""
    count = len(event.get("Records", ()))
    document = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" not in answer:
        return Delivery(function, count, document, report=_report_in(answer))
    kind, message = document.get("errorType", "Error"), str(document.get("errorMessage", ""))
    where = _raising_line(document.get("stackTrace", []))
    error = FunctionFailedError(function, kind, shortened(message), where)
    return Delivery(function, count, error=error, report=_report_in(answer))


def _report_in(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the last line of the log that is a stage's report."""
    log = b64decode(answer.get("LogResult", "")).decode("utf-8", "replace")
    for line in reversed(log.splitlines()):
        try:
            found = json.loads(line)
        except ValueError:
            continue
        if isinstance(found, dict) and "stage" in found:
            return found
    return {}


def _raising_line(trace: Sequence[str]) -> str:
    """Return where in the learner's own file an error was raised, by the trace that Lambda returns."""
    own = [entry for entry in trace if "/stateful/" in entry or "/stateless/" in entry]
    lines = (own or list(trace))[-1:]
    words = lines[0].strip().splitlines()[0] if lines else ""
    if 'File "' not in words:
        return words
    path, _, rest = words.partition('File "')[2].partition('"')
    return "/".join(path.replace("\\", "/").split("/")[-2:]) + rest.partition(", in ")[0]
