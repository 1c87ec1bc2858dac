"""Logs Insights: simple queries are answered, others refused by name.

AWS: `fields`, `filter`, `sort` and `limit` select events by their fields; times are texts in UTC; a query
that cannot be read is a MalformedQueryException. Sources:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html and
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html

moto leaves every other command aside, `filter` and `stats` among them, and so answers with all events.

Changed: `filter` works with comparisons and `like`, joined by `and`; fields of JSON messages are known by
their dotted names; whatever else a query holds is refused.
"""

import contextlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.logs import models
from moto.logs.exceptions import LogsClientError

from workshop.cloud.offline.overlay.correct import corrects

MOST_ROWS = 10_000
PARTS = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|/(?:[^/\\]|\\.)*/|[^|])+""")
NAME = r"[@\w.]+"
VALUE = r"""(?:"[^"]*"|'[^']*'|-?\d+(?:\.\d+)?)"""
LIKE = re.compile(
    rf"""({NAME})\s+(not\s+)?like\s+(?:/((?:[^/\\]|\\.)*)/|"([^"]*)"|'([^']*)')\s*""", re.IGNORECASE
)
COMPARISON = re.compile(rf"({NAME})\s*(<=|>=|!=|=|<|>)\s*({VALUE})\s*")
AND = re.compile(r"and\s+", re.IGNORECASE)
SORT = re.compile(rf"({NAME})(?:\s+(asc|desc))?", re.IGNORECASE)

Row = dict[str, Any]
Test = Callable[[Row], bool]


class MalformedQueryError(LogsClientError):  # type: ignore[misc]  # moto is untyped
    """The query cannot be read, or the offline cloud does not know what it asks for."""

    def __init__(self, problem: str) -> None:
        super().__init__("MalformedQueryException", f"{problem}; see docs/offline-cloud.md")


@dataclass
class _Query:
    fields: list[str] = field(default_factory=list)
    tests: list[Test] = field(default_factory=list)
    sort: tuple[str, bool] = ("@timestamp", True)
    limit: int = MOST_ROWS


@corrects(models, "execute_query")
def _execute(log_groups: list[Any], query: str, start_time: int, end_time: int) -> list[Row]:
    parsed = _parse(query)
    rows = [
        _row(event, stream, group)
        for group in log_groups
        for stream in group.streams.values()
        for event in stream.events
        if start_time * 1000 <= event.timestamp <= end_time * 1000 + 999
    ]
    rows = [row for row in rows if all(test(row) for test in parsed.tests)]
    name, descending = parsed.sort
    rows.sort(key=lambda row: _order(row.get(name)), reverse=descending)
    wanted = parsed.fields or ["@timestamp", "@message"]
    return [
        {name: row[name] for name in (*wanted, "@ptr") if row.get(name) is not None}
        for row in rows[: parsed.limit]
    ]


def _parse(text: str) -> _Query:
    query = _Query()
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for part in PARTS.findall(lines):
        command, _, rest = part.strip().partition(" ")
        read = COMMANDS.get(command.lower())
        if read is None:
            known = ", ".join(COMMANDS)
            raise MalformedQueryError(f"the offline cloud knows {known} in queries, not `{command}`")
        read(query, rest.strip())
    return query


def _read_fields(query: _Query, rest: str) -> None:
    names = [name.strip() for name in rest.split(",")]
    for name in names:
        if re.fullmatch(NAME, name) is None:
            raise MalformedQueryError(f"the offline cloud shows fields by their names, not `{name}`")
    query.fields = names


def _read_limit(query: _Query, rest: str) -> None:
    if not rest.isdigit() or not 1 <= int(rest) <= MOST_ROWS:
        raise MalformedQueryError(f"`limit {rest}` is no number from 1 to {MOST_ROWS}")
    query.limit = int(rest)


def _read_sort(query: _Query, rest: str) -> None:
    match = SORT.fullmatch(rest)
    if match is None:
        raise MalformedQueryError(f"the offline cloud sorts by one field, not by `{rest}`")
    query.sort = match[1], (match[2] or "asc").lower() == "desc"


def _read_filter(query: _Query, rest: str) -> None:
    at = 0
    while True:
        if (match := LIKE.match(rest, at)) is not None:
            query.tests.append(_like(match))
        elif (match := COMPARISON.match(rest, at)) is not None:
            query.tests.append(_comparison(match[1], match[2], match[3]))
        else:
            raise MalformedQueryError(f"the offline cloud does not understand `filter … {rest[at:]}`")
        at = match.end()
        if at == len(rest):
            return
        if (match := AND.match(rest, at)) is None:
            raise MalformedQueryError(f"the offline cloud joins conditions by `and`, not by `{rest[at:]}`")
        at = match.end()


COMMANDS: dict[str, Callable[[_Query, str], None]] = {
    "fields": _read_fields,
    "display": _read_fields,
    "filter": _read_filter,
    "sort": _read_sort,
    "limit": _read_limit,
}


def _like(match: re.Match[str]) -> Test:
    name, negated = match[1], bool(match[2])
    text = next((group for group in (match[4], match[5]) if group is not None), None)
    try:
        expression = re.compile(match[3] if text is None else re.escape(text))
    except re.error as error:
        raise MalformedQueryError(f"`{match[3]}` is no regular expression: {error}") from error
    return lambda row: (expression.search(str(row.get(name, ""))) is not None) != negated


def _comparison(name: str, sign: str, literal: str) -> Test:
    quoted = literal[0] in "\"'"
    wanted: Any = literal[1:-1] if quoted else float(literal)

    def holds(row: Row) -> bool:
        value = row.get(name)
        if not quoted:
            try:
                value = float(str(value))
            except ValueError:
                return sign == "!="
        elif value is None:
            return sign == "!="
        else:
            value = str(value)
        order = (value > wanted) - (value < wanted)
        return order in ORDERS[sign]

    return holds


ORDERS = {"=": {0}, "!=": {-1, 1}, "<": {-1}, "<=": {-1, 0}, ">": {1}, ">=": {0, 1}}


def _row(event: Any, stream: Any, group: Any) -> Row:
    moment = datetime.fromtimestamp(event.timestamp / 1000, UTC)
    row: Row = {
        "@timestamp": moment.strftime("%Y-%m-%d %H:%M:%S.") + f"{event.timestamp % 1000:03d}",
        "@message": event.message,
        "@logStream": stream.log_stream_name,
        "@log": f"{group.account_id}:{group.name}",
        "@ptr": str(event.event_id),
    }
    if event.message.lstrip().startswith("{"):
        with contextlib.suppress(ValueError):  # no JSON after all: only the fields of every event
            _flatten(json.loads(event.message), "", row)
    return row


def _flatten(value: Any, name: str, row: Row) -> None:
    if isinstance(value, dict):
        for key, inner in value.items():
            _flatten(inner, f"{name}.{key}" if name else key, row)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _flatten(inner, f"{name}.{index}", row)
    else:
        row[name] = value


def _order(value: Any) -> tuple[int, float, str]:
    """Sort what is absent first, then numbers by value, then texts."""
    if value is None:
        return 0, 0.0, ""
    if isinstance(value, int | float):
        return 1, float(value), ""
    return 2, 0.0, str(value)
