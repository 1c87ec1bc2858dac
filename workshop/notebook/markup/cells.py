"""How one value of an item looks: as text, and as markup for a cell of a table.

Amounts have two decimals, times are UTC, as in AWS's own answers, and a map is a list of pairs or a tree.
Nothing is compared here.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from workshop.notebook.markup.html import Html, element, join
from workshop.notebook.markup.texts import BETWEEN, NONE
from workshop.pipeline.aggregates import sort_key
from workshop.pipeline.front_end import shown_name
from workshop.pipeline.tables import format_amount

__all__ = [
    "ZONE",
    "cell_html",
    "cell_text",
    "figures_beside",
    "is_bulk",
    "is_time",
    "short_id",
    "short_key",
    "shown_path",
    "time_of_day",
]

LONGEST_MAP = 8
LONGEST_TEXT = 400
LONGEST_ID = 40
# Attributes whose numbers are money; others are shown as they are stored.
AMOUNTS = {"Value", "Deltas"}
UNIX_TIMES = (Decimal(1_000_000_000), Decimal(10_000_000_000))
TIMES = ("Timestamp", "At", "Time")
ZONE = "UTC"
KEYS = ("ID", "Key", "Position")
# A row of ReduceTable says which records it sums for the diagnosis: three columns too long to read.
SOURCE = {"ShardId", "FirstSequenceNumber", "LastSequenceNumber", "PartNumber", "PartCount"}
BULK = {"Latency", "FirstTimestamp", "MeanTimestamp", "TimeToLive", *SOURCE}
ZEROS = re.compile(r"0{7,}")
ARN = re.compile(r"arn:[\w-]+:\w+:[\w-]*:\d*:")


def cell_text(value: Any, name: str = "") -> str:  # noqa: C901, PLR0911 - one line for each type of DynamoDB
    """Return a value of an item as people read it; entries of a map stand on lines of their own."""
    match value:
        case Decimal() if name in AMOUNTS:
            return format_amount(value, grouped=True)
        case Decimal() if is_time(value, name):
            return time_of_day(float(value))
        case str() if is_time(value, name):
            return _moment(datetime.fromisoformat(value))
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
    """Return a value as markup: a map of numbers as a tree, other maps in pairs, long keys shortened."""
    if isinstance(value, Mapping) and value:
        if all(isinstance(each, Decimal) for each in value.values()):
            return _tree(value, name, style)
        pairs = _pairs(value, name)
        told = [element("span", f"{key} ", element("strong", each), class_="pair") for key, each in pairs]
        return element("span", join(told), class_=style)
    text = cell_text(value, name)
    short = short_id(text) if name.endswith("Hash") else short_key(text) if name.endswith(KEYS) else text
    if len(short) < len(text):
        return element("span", short, title=text, class_=style)
    return element("span", text, class_=style)


def figures_beside(values: Mapping[str, Any], paths: Mapping[str, Any], name: str) -> Html:
    """Return the numbers of a map alone, each on the line that its path has in the tree of another map."""
    lines = [cell_text(values[path], name) if path in values else "" for path in _in_order(paths)]
    return join(element("span", line, class_="line") for line in lines[:LONGEST_MAP])


def shown_path(path: str) -> str:
    """Return a path with names as people wrote them."""
    return BETWEEN.join(shown_name(name) for name in path.split(":"))


def short_id(text: str) -> str:
    """Return an id that nobody types by its beginning and end.

    >>> short_id("2fe12b8339e44e4c8b752892e5b66932")
    '2fe12b83…e5b66932'
    """
    return text if len(text) <= 17 else f"{text[:8]}…{text[-8:]}"


def short_key(text: str) -> str:
    """Return a long key without what is the same in all of them: runs of zeros, and how an ARN begins.

    >>> short_key("state#shardId-000000000000#49179531404310300000000000000000000000000000470000")
    'state#shardId-0…0#4917953140431030…0470000'
    """
    return text if len(text) <= LONGEST_ID else ZEROS.sub("0…0", ARN.sub("…", text))


def time_of_day(seconds: float) -> str:
    """Return unix seconds as the time of day in UTC, to the millisecond.

    >>> time_of_day(1_795_300_596.6051)
    '22:36:36.605'
    """
    return _moment(datetime.fromtimestamp(seconds, UTC)).partition(" ")[2]


def is_time(value: object, name: str) -> bool:
    """Say whether an attribute holds a time: unix seconds, or a date and a time with their zone."""
    if not name.endswith(TIMES):
        return False
    if isinstance(value, Decimal):
        return UNIX_TIMES[0] < value < UNIX_TIMES[1]
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False


def is_bulk(name: str) -> bool:
    """Say whether an attribute is bookkeeping that only fills the screen: latency, source, expiry."""
    return name in BULK or (name.startswith("L") and name[1:].isdigit())


def _moment(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}"


def _tree(values: Mapping[str, Any], name: str, style: str) -> Html:
    """Return paths with their numbers; below its parent, a path needs its last name only."""
    cells = []
    for path in _in_order(values)[:LONGEST_MAP]:
        parent, _, last = path.rpartition(":")
        told, depth = (shown_name(last), path.count(":")) if parent in values else (shown_path(path), 0)
        indent = f"padding-left:{14 * depth}px" if depth else None
        cells += [element("span", told, style=indent), element("span", cell_text(values[path], name))]
    rest = [element("div", more, class_="soft") for more in _more(list(values))]
    return join([element("span", *cells, class_=f"pairs {style}"), *rest])


def _in_order(paths: Mapping[str, Any]) -> list[str]:
    return sorted(paths, key=sort_key)


def _pairs(value: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    return [(shown_path(str(key)), cell_text(each, name)) for key, each in value.items()]


def _more(entries: list[Any]) -> list[str]:
    return [f"… {len(entries) - LONGEST_MAP} more"] if len(entries) > LONGEST_MAP else []
