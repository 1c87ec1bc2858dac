"""The truth: what the totals must be, worked out from the messages alone.

From the messages, in the order in which they were sent, it gives the exact total and the live trades of
every path, and what the messages were (modified, out of order, duplicate). It shares no code with the
pipeline that it judges, and uses the standard library only.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Protocol

__all__ = [
    "DEFAULT_ORDER",
    "GRAND_TOTAL",
    "MessageCounts",
    "RiskMessage",
    "Truth",
    "count_messages",
    "escape_name",
    "roll_up_paths",
    "stateful_truth",
    "stateless_truth",
]

DEFAULT_ORDER = ("RiskType", "TradeDesk", "Region")
GRAND_TOTAL = "Grand Total"
# Sums are exact or an error, never rounded.
EXACT = Context(prec=400, traps=[Inexact, InvalidOperation])


class RiskMessage(Protocol):
    """What the truth needs to know of a message."""

    @property
    def trade_id(self) -> str: ...  # noqa: D102 - the names say it
    @property
    def value(self) -> Decimal: ...  # noqa: D102
    @property
    def version(self) -> int: ...  # noqa: D102
    @property
    def hierarchy(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def cancelled(self) -> bool: ...  # noqa: D102


@dataclass(frozen=True)
class Truth:
    """The totals as they must be; a path that no live trade belongs to is absent.

    `totals` and `trades` have the same keys: every path at every level, and the Grand Total.
    In the stateless pipeline every message counts as a trade.
    """

    totals: Mapping[str, Decimal]
    trades: Mapping[str, int]
    leaves: frozenset[str]


@dataclass(frozen=True)
class MessageCounts:
    """What a sequence of messages consists of."""

    messages: int = 0
    distinct_trades: int = 0
    duplicates: int = 0
    modified: int = 0
    out_of_order: int = 0
    cancelled: int = 0
    conflicts: int = 0


def escape_name(name: str, *, top: bool = False) -> str:
    """Return a name as it stands inside a path.

    >>> escape_name("50:50 %"), escape_name("#1"), escape_name("Grand Total", top=True)
    ('50%3A50 %25', '%231', 'Grand%20Total')
    """
    if top and name == GRAND_TOTAL:
        return name.replace(" ", "%20")
    safe = name.replace("%", "%25").replace(":", "%3A")
    return f"%23{safe[1:]}" if safe.startswith("#") else safe


def roll_up_paths(hierarchy: Mapping[str, str], order: Sequence[str] = DEFAULT_ORDER) -> tuple[str, ...]:
    """Return the paths from the top level down to the leaf, without the Grand Total.

    >>> roll_up_paths({"RiskType": "PV", "Region": "EMEA", "TradeDesk": "FXSpot"})
    ('PV', 'PV:FXSpot', 'PV:FXSpot:EMEA')
    """
    names = [escape_name(hierarchy[level], top=depth == 0) for depth, level in enumerate(order)]
    return tuple(":".join(names[: depth + 1]) for depth in range(len(names)))


def stateful_truth(messages: Iterable[RiskMessage], order: Sequence[str] = DEFAULT_ORDER) -> Truth:
    """Return the totals over the newest version of each trade; of equal versions the first one counts."""
    newest: dict[str, RiskMessage] = {}
    for message in messages:
        known = newest.get(message.trade_id)
        if known is None or message.version > known.version:
            newest[message.trade_id] = message
    return _sum((message for message in newest.values() if not message.cancelled), order)


def stateless_truth(messages: Iterable[RiskMessage], order: Sequence[str] = DEFAULT_ORDER) -> Truth:
    """Return the totals over every message that is not cancelled, whatever its trade and version."""
    return _sum((message for message in messages if not message.cancelled), order)


def count_messages(messages: Iterable[RiskMessage]) -> MessageCounts:
    """Say what the messages are, in the order given.

    A message with the trade and version of an earlier one is a duplicate, or a conflict if its content
    differs; with an older version than an earlier one it is out of order.
    """
    seen: dict[tuple[str, int], str] = {}
    newest: dict[str, int] = {}
    total = duplicates = conflicts = out_of_order = cancelled = 0
    for message in messages:
        total += 1
        key, content = (message.trade_id, message.version), _content(message)
        if key in seen:
            duplicates += seen[key] == content
            conflicts += seen[key] != content
            continue
        seen[key] = content
        cancelled += message.cancelled
        out_of_order += message.version < newest.get(message.trade_id, message.version)
        newest[message.trade_id] = max(message.version, newest.get(message.trade_id, message.version))
    return MessageCounts(
        messages=total,
        distinct_trades=len(newest),
        duplicates=duplicates,
        modified=len(seen) - len(newest),
        out_of_order=out_of_order,
        cancelled=cancelled,
        conflicts=conflicts,
    )


def _sum(messages: Iterable[RiskMessage], order: Sequence[str]) -> Truth:
    # By place first: there are few of them, and each has several paths.
    places: dict[tuple[str, ...], tuple[Decimal, int]] = {}
    for message in messages:
        place = tuple([message.hierarchy[level] for level in order])
        total, count = places.get(place, (Decimal(0), 0))
        places[place] = EXACT.add(total, message.value), count + 1
    totals: dict[str, Decimal] = {GRAND_TOTAL: Decimal("0.00")}
    trades: dict[str, int] = {GRAND_TOTAL: 0}
    leaves = set()
    for place, (total, count) in places.items():
        paths = roll_up_paths(dict(zip(order, place, strict=True)), order)
        leaves.add(paths[-1])
        for path in (*paths, GRAND_TOTAL):
            totals[path] = EXACT.add(totals.get(path, Decimal(0)), total)
            trades[path] = trades.get(path, 0) + count
    return Truth(totals, trades, frozenset(leaves))


def _content(message: RiskMessage) -> str:
    hierarchy = json.dumps(dict(message.hierarchy), sort_keys=True)
    return f"{message.value.normalize(EXACT)} {message.cancelled} {hierarchy}"
