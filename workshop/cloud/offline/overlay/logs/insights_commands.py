"""The commands of Logs Insights: each turns the rows of a query into others.

    query = read_query("filter level = 'ERROR' | stats count(*) as n by bin(5m) | sort n desc | limit 3")
    query.run(rows)                 # what the results show, row by row

Sources: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workshop.cloud.offline.overlay.logs.insights_expressions import Expression, Row, compiled, expression
from workshop.cloud.offline.overlay.logs.insights_stats import aggregate, sort_key
from workshop.cloud.offline.overlay.logs.insights_words import (
    NAME,
    REGEX,
    TEXT,
    MalformedQueryError,
    QueryWords,
)

__all__ = ["Query", "read_query"]

MOST_ROWS = 10_000
# Between the bars, except for those in texts and in regular expressions.
PARTS = re.compile(
    r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|"""
    r"""(?:\blike|=~|(?<![^|])\s*parse\s+[@\w.`]+)\s*/(?:[^/\\]|\\.)+/|[^|])+""",
    re.IGNORECASE,
)
WHOLE = re.compile(r"\d+(?![\w.])")

Step = Callable[[list[Row]], list[Row]]


@dataclass
class Query:
    """A query that has been read."""

    steps: list[Step] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    has_groups: bool = False
    has_dedup: bool = False

    def run(self, rows: list[Row]) -> list[Row]:
        """Return the results for the events of a time range, newest first."""
        for step in self.steps:
            rows = step(rows)
        wanted = self.shown or ["@timestamp", "@message"]
        # A group is no event that a pointer could lead to.
        names = dict.fromkeys([*wanted] if self.has_groups else [*wanted, "@ptr"])
        return [
            {name: _shown(row[name]) for name in names if row.get(name) is not None}
            for row in rows[:MOST_ROWS]
        ]


def read_query(text: str) -> Query:
    """Read a query.

    Raises:
        MalformedQueryError: AWS refuses it, or the offline cloud does not know what it asks for.
    """
    query = Query()
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for part in PARTS.findall(lines):
        command, rest = (*part.strip().split(None, 1), "")[:2]
        read = COMMANDS.get(command.lower())
        if read is None:
            known = ", ".join(COMMANDS)
            raise MalformedQueryError(f"the offline cloud knows {known} in queries, not `{command}`")
        if query.has_dedup and read is not _limit:
            raise MalformedQueryError(f"after `dedup` there is only `limit`, not `{command}`")
        words = QueryWords(rest.strip())
        read(query, words)
        if words.rest:
            raise words.refusal("the end")
    return query


def _fields(query: Query, words: QueryWords) -> None:
    for name, value in words.list_of(_named):
        query.steps.append(_computed(name, value))
        query.shown.append(name)


def _display(query: Query, words: QueryWords) -> None:
    query.shown = words.list_of(QueryWords.name)


def _named(words: QueryWords) -> tuple[str, Expression]:
    """Read an expression; without a name of its own it is called as it is written."""
    words.is_next(NAME)
    start = words.at
    value = expression(words)
    written = words.text[start : words.at].strip().strip("`")
    return words.name() if words.word("as") else written, value


def _computed(name: str, value: Expression) -> Step:
    return lambda rows: [{**row, name: value(row)} for row in rows]


def _filter(query: Query, words: QueryWords) -> None:
    test = expression(words)
    query.steps.append(lambda rows: [row for row in rows if test(row)])


def _sort(query: Query, words: QueryWords) -> None:
    keys = words.list_of(_sort_key)

    def run(rows: list[Row]) -> list[Row]:
        # The last key first: what is equal by the next one keeps this order.
        for value, descending in reversed(keys):
            rows = sorted(rows, key=lambda row: sort_key(value(row)), reverse=descending)
        return rows

    query.steps.append(run)


def _sort_key(words: QueryWords) -> tuple[Expression, bool]:
    words.is_next(NAME)
    start = words.at
    value = expression(words)
    written = words.text[start : words.at].strip()
    descending = words.word("asc", "desc") == "desc"
    # After `stats`, what is written may be the name of a column, such as `count(*)`.
    return lambda row: row[written] if written in row else value(row), descending


def _limit(query: Query, words: QueryWords) -> None:
    match = words.take(WHOLE)
    if match is None or not 1 <= int(match[0]) <= MOST_ROWS:
        raise MalformedQueryError(f"`limit {words.text}` is no number from 1 to {MOST_ROWS}")
    query.steps.append(lambda rows: rows[: int(match[0])])


def _dedup(query: Query, words: QueryWords) -> None:
    names = words.list_of(QueryWords.name)
    query.has_dedup = True

    def run(rows: list[Row]) -> list[Row]:
        seen: set[tuple[str, ...]] = set()
        kept = []
        for row in rows:
            values = [row.get(name) for name in names]
            key = tuple(map(str, values))
            if None in values or key not in seen:  # what is absent is no duplicate
                kept.append(row)
                seen.add(key)
        return kept

    query.steps.append(run)


def _parse(query: Query, words: QueryWords) -> None:
    source = words.name()
    if match := words.take(REGEX):
        pattern = compiled(match[1])
        places = dict(pattern.groupindex)
    elif match := words.take(TEXT):
        pattern = _of_glob(match[0][1:-1])
        places = _places(words, pattern.groups)
    else:
        raise words.refusal("a text with `*` or a /regular expression/")
    if not places:
        raise MalformedQueryError(f"`parse {words.text}` names nothing; write `*`, or `(?<name>...)`")
    query.shown = [*(query.shown or ["@timestamp", "@message"]), *places]

    def parsed(row: Row) -> Row:
        found = pattern.search(str(row.get(source, "")))
        return row if found is None else {**row, **{name: found[place] for name, place in places.items()}}

    query.steps.append(lambda rows: [parsed(row) for row in rows])


def _of_glob(text: str) -> re.Pattern[str]:
    """Return what a text with stars stands for: each star is as short as can be, one at the end the rest."""
    found = "(.*?)".join(map(re.escape, text.split("*")))
    return re.compile(found.removesuffix("(.*?)") + "(.*)" if text.endswith("*") else found)


def _places(words: QueryWords, stars: int) -> dict[str, int]:
    if words.word("as") is None:
        raise words.refusal("`as` and a name for each `*`")
    names = words.list_of(QueryWords.name)
    if len(names) != stars:
        raise MalformedQueryError(f"`parse {words.text}` has {stars} `*` and {len(names)} names")
    return {name: place for place, name in enumerate(names, start=1)}


def _stats(query: Query, words: QueryWords) -> None:
    results = words.list_of(aggregate)
    groups = words.list_of(_named) if words.word("by") else []
    query.has_groups = True
    query.shown = [name for name, _ in [*groups, *results]]

    def run(rows: list[Row]) -> list[Row]:
        members: dict[tuple[Any, ...], list[Row]] = {}
        for row in rows:
            members.setdefault(tuple(value(row) for _, value in groups), []).append(row)
        return [
            {name: value for (name, _), value in zip(groups, key, strict=True)}
            | {name: compute(chosen) for name, compute in results}
            for key, chosen in members.items()
        ]

    query.steps.append(run)


COMMANDS: dict[str, Callable[[Query, QueryWords], None]] = {
    "fields": _fields,
    "display": _display,
    "filter": _filter,
    "parse": _parse,
    "stats": _stats,
    "sort": _sort,
    "dedup": _dedup,
    "limit": _limit,
}


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return str(value)
