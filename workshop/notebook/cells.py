"""How one value of an item looks: as text, and as markup for a cell of a table.

Amounts have two decimals, times are times of day, maps are pairs. Nothing is compared here.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from workshop.notebook.html import Html, element, join
from workshop.notebook.texts import BETWEEN, NONE
from workshop.pipeline.front_end import shown_name
from workshop.pipeline.tables import format_amount

__all__ = ["cell_html", "cell_text", "is_bulk", "is_time", "short_id", "shown_path", "time_of_day"]

LONGEST_MAP = 8
LONGEST_TEXT = 400
LONGEST_ID = 40
# Attributes whose numbers are money; others are shown as they are stored.
AMOUNTS = {"Value", "Deltas"}
UNIX_TIMES = (Decimal(1_000_000_000), Decimal(10_000_000_000))


def cell_text(value: Any, name: str = "") -> str:  # noqa: C901, PLR0911 - one line for each type of DynamoDB
    """Return a value of an item as people read it; entries of a map stand on lines of their own."""
    match value:
        case Decimal() if name in AMOUNTS:
            return format_amount(value, grouped=True)
        case Decimal() if is_time(value, name):
            return time_of_day(float(value))
        case Decimal():
            return f"{value:f}"
        case Mapping():
            lines = [f"{key} {told}" for key, told in _pairs(value, name)]
            return "\n".join([*lines[:LONGEST_MAP], *_more(lines)])
        case bool():
            return "yes" if value else "no"
        case None:
            return NONE
        case set() | frozenset() | list() | tuple():
            return ", ".join(sorted(cell_text(each) for each in value))
        case bytes():
            return f"{len(value):,} bytes"
    text = str(value)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def cell_html(value: Any, name: str, style: str) -> Html:
    """Return a value as markup: a map of numbers in two columns, other maps in pairs, long keys shortened."""
    if isinstance(value, Mapping) and value:
        pairs = _pairs(value, name)
        if all(isinstance(each, Decimal) for each in value.values()):
            cells = [element("span", part) for pair in pairs[:LONGEST_MAP] for part in pair]
            rest = [element("span", more, class_="soft") for more in _more(pairs)]
            return join([element("span", *cells, class_=f"pairs {style}"), *rest])
        told = [element("span", f"{key} ", element("strong", each), class_="pair") for key, each in pairs]
        return element("span", join(told), class_=style)
    text = cell_text(value, name)
    if name.endswith("Hash") and len(text) > len(short_id(text)):
        return element("span", short_id(text), title=text, class_=style)
    return element("span", text, class_=style)


def shown_path(path: str) -> str:
    """Return a path with names as people wrote them."""
    return BETWEEN.join(shown_name(name) for name in path.split(":"))


def short_id(text: str) -> str:
    """Return an id that nobody types by its beginning and end.

    >>> short_id("2fe12b8339e44e4c8b752892e5b66932")
    '2fe12b83…e5b66932'
    """
    return text if len(text) <= 17 else f"{text[:8]}…{text[-8:]}"


def time_of_day(seconds: float) -> str:
    """Return unix seconds as the time on this machine's clock, to the millisecond."""
    moment = datetime.fromtimestamp(seconds).astimezone()
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"


def is_time(value: Decimal, name: str) -> bool:
    """Say whether an attribute holds unix seconds."""
    return name.endswith(("Timestamp", "At")) and UNIX_TIMES[0] < value < UNIX_TIMES[1]


def is_bulk(name: str) -> bool:
    """Say whether an attribute is bookkeeping that only fills the screen: histograms, expiry."""
    return name in {"Latency", "TimeToLive"} or (name.startswith("L") and name[1:].isdigit())


def _pairs(value: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    return [(shown_path(str(key)), cell_text(each, name)) for key, each in value.items()]


def _more(entries: list[Any]) -> list[str]:
    return [f"… {len(entries) - LONGEST_MAP} more"] if len(entries) > LONGEST_MAP else []
