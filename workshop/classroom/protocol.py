"""What a learner and the class board say to each other: shapes, limits, and what is refused.

JSON over HTTP below `/api/1/`, the same on both sides, so neither takes anything that the other may not say.
Nothing leaves a learner's machine but what `KINDS` names. Standard library alone; nothing is sent here.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from workshop.classroom.invitation import checked_alias, checked_code

__all__ = [
    "API",
    "KINDS",
    "LARGEST_BODY_BYTES",
    "MOST_REPORTS",
    "OUTCOMES",
    "TOKEN",
    "JoinRequest",
    "LearnerReport",
    "document_of",
    "instant",
    "pack",
    "read_join",
    "read_reports",
    "unix_seconds",
]

API = "/api/1"
LARGEST_BODY_BYTES = 64 * 1024
MOST_REPORTS = 500
# The id of an exercise, such as `put-records`, or the number of a notebook, such as `05`.
STEP = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
GAME = re.compile(r"[a-z0-9][a-z0-9 -]{0,39}")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)")
# By what the board knows a learner's machine, which makes it; nobody guesses one.
TOKEN = re.compile(r"[A-Za-z0-9_-]{32,128}")
OUTCOMES = ("passed", "incorrect", "error")
HIGHEST_NUMBER = 2**31 - 1
# The kinds of reports, with the only fields that each has beside `number`, `at` and `kind`.
KINDS: dict[str, tuple[str, ...]] = {
    "began": ("step",),
    "checked": ("step", "outcome", "attempts"),
    "hinted": ("step", "hints"),
    "help": ("step",),
    "help_withdrawn": (),
    "played": ("game", "score"),
    # A cell was run or a file saved: told now and then, so that nobody who works is taken to be away.
    "worked": (),
}
# From 0 to these.
MOST_OF = {"attempts": 9_999, "hints": 99, "score": 1_000_000_000}
WORDS = {"step": STEP, "game": GAME}


@dataclass(frozen=True)
class LearnerReport:
    """Something that a learner did; `number` counts a learner's reports from 1, `at` is the learner's clock.

    `fields` holds what `KINDS` names for its kind, and nothing else.
    """

    number: int
    at: str
    kind: str
    fields: Mapping[str, str | int]

    def document(self) -> dict[str, Any]:
        """Return the report as it is sent."""
        return {"number": self.number, "at": self.at, "kind": self.kind, **self.fields}


@dataclass(frozen=True)
class JoinRequest:
    """Somebody who wants to join a class."""

    code: str
    alias: str


def document_of(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a request or an answer.

    Raises:
        ValueError: it is too large, no JSON, nested too deeply, or no object.
    """
    if len(body) > LARGEST_BODY_BYTES:
        raise ValueError(f"{len(body):,} bytes are too many; {LARGEST_BODY_BYTES:,} may be sent at once")
    try:
        document = json.loads(
            body.decode(), object_pairs_hook=_once, parse_constant=_refuse, parse_float=_refuse
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 - whoever reads catches one error
    return document


def read_join(document: Mapping[str, Any]) -> JoinRequest:
    """Return a request to join.

    Raises:
        ValueError: something is missing, unknown, or not as it must be; says which field.
    """
    _only(document, ("code", "alias"))
    return JoinRequest(checked_code(document["code"]), checked_alias(document["alias"]))


def read_reports(document: Mapping[str, Any]) -> tuple[LearnerReport, ...]:
    """Return the reports of a request, in the order of their numbers, which follow each other.

    Raises:
        ValueError: something is missing, unknown, or not as it must be; says which field of which report.
    """
    _only(document, ("reports",))
    sent = document["reports"]
    if not isinstance(sent, list) or not 1 <= len(sent) <= MOST_REPORTS:
        raise ValueError(f"`reports` is a list of 1 to {MOST_REPORTS}")
    reports = tuple(_read_report(each) for each in sent)
    numbers = [report.number for report in reports]
    if numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        raise ValueError("`number` goes up by one from report to report")
    return reports


def pack(reports: Sequence[LearnerReport]) -> tuple[bytes, int]:
    """Return the body of one request with as many of the first reports as it may hold, and their number."""
    parts: list[str] = []
    size = len('{"reports":[]}')
    for report in reports[:MOST_REPORTS]:
        part = json.dumps(report.document(), separators=(",", ":"))
        size += len(part) + 1
        if size > LARGEST_BODY_BYTES:
            break
        parts.append(part)
    return f'{{"reports":[{",".join(parts)}]}}'.encode(), len(parts)


def instant(seconds: float) -> str:
    """Return a time in unix seconds as it is sent: ISO 8601, UTC, milliseconds."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unix_seconds(text: str) -> float:
    """Return a time that was sent in unix seconds.

    Raises:
        ValueError: it is not ISO 8601 in UTC.
    """
    if not isinstance(text, str) or not INSTANT.fullmatch(text):
        raise ValueError("`at` is a time in UTC, such as `2026-11-29T09:30:00Z`")
    return datetime.fromisoformat(text).timestamp()


def _read_report(document: Any) -> LearnerReport:
    if not isinstance(document, dict):
        raise ValueError("a report is a JSON object")  # noqa: TRY004 - whoever reads catches one error
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"`kind` is one of: {', '.join(KINDS)}")
    _only(document, ("number", "at", "kind", *KINDS[kind]))
    number = _whole(document, "number", HIGHEST_NUMBER)
    if number < 1:
        raise ValueError("`number` counts from 1")
    unix_seconds(document["at"])
    return LearnerReport(number, document["at"], kind, {name: _field(document, name) for name in KINDS[kind]})


def _field(document: Mapping[str, Any], name: str) -> str | int:
    if name in MOST_OF:
        return _whole(document, name, MOST_OF[name])
    value = document[name]
    if name == "outcome":
        if not isinstance(value, str) or value not in OUTCOMES:
            raise ValueError(f"`outcome` is one of: {', '.join(OUTCOMES)}")
    elif not isinstance(value, str) or not WORDS[name].fullmatch(value):
        raise ValueError(f"`{name}` is a short name of small letters, digits and hyphens")
    return str(value)


def _whole(document: Mapping[str, Any], name: str, most: int) -> int:
    value = document[name]
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise ValueError(f"`{name}` is a whole number from 0 to {most}")
    return value


def _only(document: Mapping[str, Any], names: Iterable[str]) -> None:
    """Refuse what is missing or unknown; unknown names are cut, since they come from anybody."""
    if missing := [name for name in names if name not in document]:
        raise ValueError(f"`{missing[0]}` is missing")
    if unknown := sorted(set(document) - set(names)):
        raise ValueError(f"`{ascii(unknown[0])[1:41]}` is no field of this; nothing else may be sent")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return document


def _refuse(_text: str) -> Any:
    raise ValueError("numbers are whole")
