"""What `stats` of Logs Insights computes from the events of a group.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html; how AWS
approximates percentiles is not documented: the nearest rank is taken; nor which standard deviation it takes:
that of all values is.
"""

import math
import re
import statistics
from collections.abc import Callable, Sequence
from typing import Any

from workshop.cloud.offline.overlay.logs.insights_expressions import Row, expression
from workshop.cloud.offline.overlay.logs.insights_values import number, tidy
from workshop.cloud.offline.overlay.logs.insights_words import NAME, MalformedQueryError, QueryWords

__all__ = ["Aggregate", "aggregate", "sort_key"]

SHARE = re.compile(r"\d+(?:\.\d+)?")
END = re.compile(r"\)")

Aggregate = Callable[[list[Row]], Any]


def aggregate(words: QueryWords) -> tuple[str, Aggregate]:
    """Read one result, such as `avg(n) as mean`, and return its name and how it is computed.

    Raises:
        MalformedQueryError: the offline cloud does not compute it.
    """
    words.is_next(NAME)
    start = words.at
    function = words.name().lower()
    words.expect("(")
    compute: Aggregate
    if function == "count" and (words.sign("*") or words.is_next(END)):
        compute = len
    elif function in AGGREGATES or function in (*BY_TIME, "pct"):
        compute = _of_values(function, words)
    else:
        known = ", ".join([*AGGREGATES, *BY_TIME, "pct"])
        raise MalformedQueryError(f"the offline cloud computes {known} in `stats`, not `{function}`")
    words.expect(")")
    written = words.text[start : words.at].strip()
    return words.name() if words.word("as") else written, compute


def _of_values(function: str, words: QueryWords) -> Callable[[list[Row]], Any]:
    value = expression(words)
    if function in BY_TIME:
        return _by_time(BY_TIME[function], value)
    compute = _percentile(words) if function == "pct" else AGGREGATES[function]
    return lambda rows: compute([found for row in rows if (found := value(row)) is not None])


def _by_time(choose: Callable[..., Row], value: Callable[[Row], Any]) -> Callable[[list[Row]], Any]:
    """Return what takes the value of the first or the last event that has one."""

    def run(rows: list[Row]) -> Any:
        having = [row for row in rows if value(row) is not None]
        return value(choose(having, key=lambda row: str(row.get("@timestamp", "")))) if having else None

    return run


def _percentile(words: QueryWords) -> Callable[[list[Any]], Any]:
    words.expect(",")
    match = words.take(SHARE)
    if match is None or not 0 <= float(match[0]) <= 100:
        raise words.refusal("a percentage from 0 to 100")
    share = float(match[0])

    def nearest_rank(values: list[Any]) -> Any:
        ordered = sorted(_numbers(values))
        return ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)] if ordered else None

    return nearest_rank


def _numbers(values: Sequence[Any]) -> list[int | float]:
    return [found for value in values if (found := number(value)) is not None]


def _of_numbers(compute: Callable[[list[int | float]], float]) -> Callable[[list[Any]], Any]:
    return lambda values: tidy(compute(numbers)) if (numbers := _numbers(values)) else None


def _extreme(choose: Callable[..., Any]) -> Callable[[list[Any]], Any]:
    return lambda values: choose(values, key=sort_key) if values else None


AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "count": len,
    # By text: a number of a JSON message and one that `parse` found are the same value.
    "count_distinct": lambda values: len(set(map(str, values))),
    "sum": _of_numbers(math.fsum),
    "avg": _of_numbers(statistics.fmean),
    "stddev": _of_numbers(statistics.pstdev),
    "min": _extreme(min),
    "max": _extreme(max),
    "sortsfirst": _extreme(min),
    "sortslast": _extreme(max),
}
BY_TIME: dict[str, Callable[..., Row]] = {"earliest": min, "latest": max}


def sort_key(value: Any) -> tuple[int, float, str]:
    """Sort what is absent first, then numbers by value, then texts."""
    if value is None:
        return 0, 0.0, ""
    if (found := number(value)) is not None:
        return 1, float(found), ""
    return 2, 0.0, str(value)
