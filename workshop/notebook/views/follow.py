"""One trade followed through every stage: where it lies, when it came there, and what it did.

`Trail` is what was read about the trade, `draw_trail` tells it as a table. Which row of ReduceTable holds a
trade is not written anywhere: a row is shown if it has the trade's path and its times fit.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workshop.course.sent import SentRecord, message_of
from workshop.notebook.markup.cells import ZONE, short_id, shown_path, time_of_day
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, code_in, element, join, table
from workshop.notebook.markup.texts import plain_table
from workshop.notebook.views.totals import signed
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.messages import Message
from workshop.pipeline.table_changes import ItemChange
from workshop.pipeline.tables import format_amount
from workshop.pipeline.truth import GRAND_TOTAL, roll_up_paths

__all__ = ["Trail", "draw_trail", "may_hold"]

HEADS = ("Stage", "Where", "What", f"Time ({ZONE})", "After")
LONGEST = 8
CANCELLED = "cancelled"
# The producer's clock and the cloud's are not one.
CLOCKS_DIFFER_SECONDS = 1.0


@dataclass(frozen=True)
class Trail:
    """What the tables and streams tell about one trade; `rows` are those of ReduceTable that may hold it."""

    trade_id: str
    records: Sequence[SentRecord]
    changes: Sequence[ItemChange]
    item: Mapping[str, Any] | None
    rows: Sequence[Mapping[str, Any]]
    totals: AggregateSnapshot
    order: Sequence[str]
    is_stateful: bool = True

    @property
    def messages(self) -> list[Message]:
        """The trade's messages, as they came."""
        found = (message_of(record.data, self.order) for record in self.records)
        return [message for message in found if message is not None]

    @property
    def paths(self) -> list[str]:
        """Every path that a version of the trade counts in, the Grand Total last."""
        found = (path for message in self.messages for path in roll_up_paths(message.hierarchy, self.order))
        return [*dict.fromkeys(found), GRAND_TOTAL]

    @property
    def began(self) -> float | None:
        """When the first message arrived in the stream."""
        return min((record.arrived_at for record in self.records), default=None)


def may_hold(row: Mapping[str, Any], trail: Trail) -> bool:
    """Say whether a row of ReduceTable has the path of one of the trade's messages, and fitting times."""
    for record in trail.records:
        message = message_of(record.data, trail.order)
        if message is None or roll_up_paths(message.hierarchy, trail.order)[-1] not in row.get("Deltas", {}):
            continue
        sent = _sent_at(record)
        first, mapped = row.get("FirstTimestamp"), row.get("MappedAt")
        begins_before = first is None or sent is None or first <= sent
        if begins_before and (mapped is None or float(mapped) >= record.arrived_at - CLOCKS_DIFFER_SECONDS):
            return True
    return False


def _sent_at(record: SentRecord) -> Decimal | None:
    document = json.loads(record.data, parse_float=Decimal, parse_int=Decimal)
    # Without a timestamp, a message is as old as its record, to the millisecond that Lambda tells.
    arrival = Decimal(str(round(record.arrived_at, 3)))
    sent = document.get("RiskMessage", document).get("Timestamp", arrival)
    return sent if isinstance(sent, Decimal) else None


@dataclass(frozen=True)
class Step:
    """A line of the trail; `time` in unix seconds, `is_exact` if it is more than a whole second."""

    stage: str
    where: str
    what: str
    time: float | None = None
    is_exact: bool = True


def draw_trail(trail: Trail) -> Shown:
    """Return the trail as a table, stage after stage."""
    if not trail.records:
        nothing = f"No message of trade `{trail.trade_id}` is in the stream since the pipeline was cleared."
        return Shown(element("p", code_in(nothing), class_="soft", role="status"), nothing)
    rows, previous = [], ""
    for step in _steps(trail):
        stage = "" if step.stage == previous else step.stage
        previous = step.stage
        rows.append((stage, step.where, step.what, _clock(step), _after(step, trail.began)))
    title = f"Trade {trail.trade_id}"
    drawn = [("", [element("strong", row[0]), row[1], _lines(row[2]), *row[3:]]) for row in rows]
    heads = [(HEADS[0], "tight"), (HEADS[1], "tight"), (HEADS[2], ""), (HEADS[3], "num"), (HEADS[4], "num")]
    note = "A row of ReduceTable sums a whole batch; those whose path and time fit are shown."
    html = join([table(heads, drawn, caption=title), element("p", note, class_="soft")])
    plain = [[cell.replace("\n", "; ") for cell in row] for row in rows]
    return Shown(element("div", html), f"{title}\n{plain_table(HEADS, plain, right=(3, 4))}\n{note}")


def _steps(trail: Trail) -> Iterator[Step]:
    yield from _of_stream(trail)
    if trail.is_stateful:
        yield from _of_state(trail)
    yield from _of_rows(trail)
    yield from _of_totals(trail)


def _of_stream(trail: Trail) -> Iterator[Step]:
    seen: set[int] = set()
    for record in trail.records[:LONGEST]:
        message = message_of(record.data, trail.order)
        if message is None:
            continue
        again = ", sent once more" if message.version in seen else ""
        seen.add(message.version)
        value = CANCELLED if message.cancelled else format_amount(message.value, grouped=True)
        leaf = roll_up_paths(message.hierarchy, trail.order)[-1]
        yield Step(
            "Stream",
            f"{_short_shard(record.shard)}, …{record.sequence_number[-8:]}",
            f"version {message.version}: {value}{again}\n{shown_path(leaf)}",
            record.arrived_at,
        )
    if len(trail.records) > LONGEST:
        yield Step("Stream", "", f"… and {len(trail.records) - LONGEST} more messages")


def _of_state(trail: Trail) -> Iterator[Step]:
    for change in trail.changes[-LONGEST:]:
        yield Step("StateTable", f"stream: {change.kind}", _change_text(change), change.time, is_exact=False)
    if trail.item is None:
        yield Step("StateTable", "", "no item yet" if not trail.changes else "the item is gone")
    elif not trail.changes:
        value = format_amount(trail.item["Value"], grouped=True)
        yield Step("StateTable", "item", f"version {trail.item.get('Version')}: {value}")


def _change_text(change: ItemChange) -> str:
    was, now = _state_of(change.old), _state_of(change.new)
    if not change.old or not change.new:
        return now if change.new else f"{was} → gone"
    moved = Decimal(change.new.get("Value", 0)) - Decimal(change.old.get("Value", 0))
    return f"{was} → {now}\ndifference {signed(moved)}"


def _state_of(image: Mapping[str, Any]) -> str:
    value = (
        CANCELLED if image.get("Cancelled") else format_amount(Decimal(image.get("Value", 0)), grouped=True)
    )
    return f"version {image.get('Version', '?')}: {value}"


def _of_rows(trail: Trail) -> Iterator[Step]:
    leaves = [path for path in trail.paths if path.count(":") == len(trail.order) - 1]
    for row in trail.rows[:LONGEST]:
        deltas = row.get("Deltas", {})
        parts = [f"{shown_path(path)} {signed(deltas[path])}" for path in leaves if path in deltas]
        count = int(row.get("MessageCount", 0))
        together = f"\nsums {count:,} {'change' if count == 1 else 'changes'}" if count else ""
        mapped = row.get("MappedAt")
        yield Step(
            "ReduceTable",
            short_id(str(row["MessageHash"])),
            "\n".join(parts) + together,
            None if mapped is None else float(mapped),
        )
    if not trail.rows:
        yield Step("ReduceTable", "", "no row with its path yet")
    if len(trail.rows) > LONGEST:
        yield Step("ReduceTable", "", f"… and {len(trail.rows) - LONGEST} more rows may hold it")


def _of_totals(trail: Trail) -> Iterator[Step]:
    updated = trail.totals.updated_at
    for path in trail.paths:
        if path in trail.totals.totals:
            total = format_amount(trail.totals.totals[path], grouped=True)
            yield Step("AggregateTable", shown_path(path), total, None if updated is None else float(updated))
        else:
            yield Step("AggregateTable", shown_path(path), "no total yet")


def _short_shard(shard: str) -> str:
    """Return the shard that a Kinesis id means: `shardId-000000000001` → `shard 1`."""
    number = shard.rpartition("-")[2]
    return f"shard {int(number)}" if number.isdecimal() else shard


def _clock(step: Step) -> str:
    if step.time is None:
        return ""
    told = time_of_day(step.time)
    return told if step.is_exact else told.partition(".")[0]


def _after(step: Step, began: float | None) -> str:
    if step.time is None or began is None:
        return ""
    seconds = max(0.0, step.time - began)
    return f"+{seconds:.3f} s" if step.is_exact else f"+{seconds:.0f} s"


def _lines(text: str) -> Html:
    return element("span", join(text.split("\n"), "<br/>"))
