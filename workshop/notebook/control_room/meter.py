"""The meter of truth: are the totals exact, not there yet, or wrong, as far as that is certain?

Exact is what equals the truth of all that lies in the stream. Wrong is judged where the pipeline is at rest,
and at once where no message that may still come could make it right: a path with more trades than were ever
sent for it. Everything else is in flight. Pure: a `Sighting` is judged, and who looks keeps to the order in
which that must be read.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from workshop.notebook.markup.cells import shown_path
from workshop.notebook.markup.texts import plural
from workshop.notebook.views.totals import signed
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.compare_with_truth import Difference, compare
from workshop.pipeline.truth import GRAND_TOTAL, Truth

__all__ = ["EMPTY", "EXACT", "IN_FLIGHT", "OFF", "MeterReading", "Sighting", "judge", "surplus"]

EMPTY, EXACT, IN_FLIGHT, OFF = "empty", "exact", "in_flight", "off"


@dataclass(frozen=True)
class Sighting:
    """What was seen of one pipeline, read in this order: messages, whether it is quiet, totals, messages.

    `truth`, `messages` and `most_trades` are of the last reading; nothing came between the first and the last
    if `is_still`. `is_quiet` says whether nothing was under way, and `unread` why records are not read by
    some stage, such as a mapping that is missing. `pending` is None where the cloud does not tell.
    """

    truth: Truth
    messages: int
    most_trades: Mapping[str, int]
    snapshot: AggregateSnapshot
    pending: int | None
    is_quiet: bool
    is_still: bool
    is_stateful: bool = True
    unread: str = ""
    trouble: str = ""


@dataclass(frozen=True)
class MeterReading:
    """How the totals stand; `off_by` is too much at `path`, since so many seconds of the room."""

    state: str
    text: str
    in_flight: int | None = None
    off_by: Decimal | None = None
    path: str | None = None
    since: float | None = None
    trade: str | None = None

    def document(self) -> dict[str, Any]:
        """Return the reading as a JSON object."""
        off_by = None if self.off_by is None else f"{self.off_by:f}"
        return {**vars(self), "off_by": off_by}

    def named(self, trade: str | None, told: str) -> "MeterReading":
        """Return the reading with what a diagnosis has found: the trade, None if it is unknown, and words."""
        return replace(self, trade=trade, text=f"{self.text} {told}")


def judge(look: Sighting, *, since: float) -> MeterReading:
    """Return how the totals stand; `since` is when they were first seen to be wrong, if they are."""
    if not look.messages and not look.snapshot.live_totals.keys() - {GRAND_TOTAL}:
        return MeterReading(EMPTY, "No message has been sent yet.", in_flight=0)
    differences = compare(look.snapshot, look.truth).differences
    if not differences and look.is_still:
        return MeterReading(EXACT, _exact(look), in_flight=0 if look.is_quiet else look.pending)
    if look.is_quiet and look.is_still and not look.unread:
        worst = max(differences, key=lambda each: (*_depth(each.path), abs(each.amount)))
        text = _off(worst, len(differences))
        return MeterReading(OFF, text, in_flight=0, off_by=worst.amount, path=worst.path, since=since)
    if (path := surplus(look.snapshot, look.most_trades)) is not None:
        return MeterReading(OFF, _too_many(look, path), in_flight=look.pending, path=path, since=since)
    return MeterReading(IN_FLIGHT, _on_the_way(look), in_flight=look.pending)


def surplus(snapshot: AggregateSnapshot, most_trades: Mapping[str, int]) -> str | None:
    """Return the deepest path with more trades than were ever sent for it; None if there is none."""
    too_many = [path for path, count in snapshot.trades.items() if count > most_trades.get(path, 0)]
    return max(too_many, key=_depth, default=None)


def _depth(path: str) -> tuple[bool, int]:
    return path != GRAND_TOTAL, path.count(":")


def _exact(look: Sighting) -> str:
    messages = f"Exact to the cent: {plural(look.messages, 'message')}"
    if not look.is_stateful:
        # Of a trade that changed, or came twice, each message counts.
        return f"{messages}, each added as it came."
    return f"{messages}, {plural(look.truth.trades[GRAND_TOTAL], 'live trade')}."


def _on_the_way(look: Sighting) -> str:
    if look.unread:
        told = f"Not there yet: {look.unread}."
    elif look.pending is None:
        told = "Not there yet: messages are on their way; AWS does not tell how many."
    elif look.pending:
        told = f"Not there yet: {plural(look.pending, 'record')} on the way."
    else:
        told = "Not there yet: the totals still move."
    return f"{told} {look.trouble}".strip()


def _off(worst: Difference, paths: int) -> str:
    if worst.amount:
        told = f"Off by {signed(worst.amount)} at {shown_path(worst.path)}"
    else:
        found, expected = worst.found_trades or 0, worst.expected_trades
        told = f"{shown_path(worst.path)} counts {plural(found, 'trade')} instead of {expected:,}"
    return f"{told}, and at {plural(paths - 1, 'more path')}." if paths > 1 else f"{told}."


def _too_many(look: Sighting, path: str) -> str:
    counted, sent = look.snapshot.trades[path], look.most_trades.get(path, 0)
    where = "The Grand Total" if path == GRAND_TOTAL else shown_path(path)
    return f"{where} counts {plural(counted, 'trade')}, and only {sent:,} were ever sent."
