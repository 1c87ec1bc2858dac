"""Values in queries of Logs Insights, and the functions that compute them.

Times are texts in UTC; what cannot be computed is None. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from workshop.cloud.offline.overlay.correct import CLOCK

__all__ = ["FUNCTIONS", "milliseconds", "number", "of_milliseconds", "of_numbers", "tidy", "utc_text"]

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def utc_text(moment_ms: int) -> str:
    """Return a time as queries show it: `2026-01-31 12:00:00.000`."""
    # `fromtimestamp` knows nothing before 1970 on Windows.
    moment = BEGINNING + timedelta(seconds=moment_ms // 1000)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment_ms % 1000:03d}"


def milliseconds(text: Any) -> int | None:
    """Return the time that a text in UTC means, None if it means none."""
    try:
        return round(datetime.fromisoformat(f"{text}+00:00").timestamp() * 1000)
    except (OverflowError, ValueError):
        return None


def number(value: Any) -> int | float | None:
    """Return what a value is as a number, None if it is none."""
    if isinstance(value, int | float):
        return value
    try:
        return tidy(float(value))
    except (TypeError, ValueError):
        return None


def tidy(value: float) -> int | float | None:
    """Return a number, whole ones without a point; None for infinity and what is no number."""
    if not math.isfinite(value):
        return None
    return int(value) if value == int(value) else value


def of_numbers(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Have a function get numbers; without them, or where there is no result, it gives nothing."""

    def run(*values: Any) -> Any:
        numbers = [number(value) for value in values]
        if None in numbers:
            return None
        try:
            return tidy(compute(*numbers))
        except (ArithmeticError, ValueError):
            return None

    return run


def _texts(compute: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: None if None in values else compute(*map(str, values))


def _part(text: Any, start: Any, length: Any = math.inf) -> str | None:
    """Return a part of a text, counted from 0; without a length all that follows."""
    first, count = number(start), number(length) if length != math.inf else length
    if text is None or first is None or count is None or first < 0 or count < 0:
        return None
    whole = str(text)
    return whole[int(first) : int(min(first + count, len(whole)))]


def of_milliseconds(value: Any) -> str | None:
    """Return the time that a number means, None for one that no calendar has."""
    found = number(value)
    try:
        return None if found is None else utc_text(int(found))
    except (OverflowError, ValueError):
        return None


# Name → fewest and most arguments, and what it computes.
FUNCTIONS: dict[str, tuple[int, int, Callable[..., Any]]] = {
    "ispresent": (1, 1, lambda value: value is not None),
    "isempty": (1, 1, lambda value: value is None or value == ""),
    "isblank": (1, 1, lambda value: value is None or not str(value).strip()),
    "coalesce": (1, 99, lambda *values: next((each for each in values if each is not None), None)),
    "strlen": (1, 1, _texts(len)),
    "toupper": (1, 1, _texts(str.upper)),
    "tolower": (1, 1, _texts(str.lower)),
    "trim": (1, 2, _texts(str.strip)),
    "ltrim": (1, 2, _texts(str.lstrip)),
    "rtrim": (1, 2, _texts(str.rstrip)),
    "concat": (2, 99, lambda *values: "".join(str(each) for each in values if each is not None)),
    "strcontains": (2, 2, _texts(lambda text, part: part in text)),
    "replace": (3, 3, _texts(str.replace)),
    "substr": (2, 3, _part),
    "abs": (1, 1, of_numbers(abs)),
    "ceil": (1, 1, of_numbers(math.ceil)),
    "floor": (1, 1, of_numbers(math.floor)),
    "log": (1, 1, of_numbers(math.log)),
    "sqrt": (1, 1, of_numbers(math.sqrt)),
    "greatest": (1, 99, of_numbers(max)),
    "least": (1, 99, of_numbers(min)),
    "frommillis": (1, 1, of_milliseconds),
    "tomillis": (1, 1, milliseconds),
    "now": (0, 0, lambda: int(CLOCK.now())),
}
