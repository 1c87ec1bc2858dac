"""What a pipeline costs on AWS: a model that multiplies a load by the unit prices of `prices.toml`.

The model turns a load (messages per second, and how they are packed, batched and kept) into the lines of a
monthly bill, each with its arithmetic. It leaves out free tiers, metrics, alarms and dashboards (see
docs/watching.md), data transfer out of the region, the storage of StateTable, calls of the stream's key, the
look for injected faults (a read a second at most from each busy environment: a third of a dollar a month),
and the producer's own machine.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from workshop.pipeline.load import (
    EXTENDED_HOURS,
    FREE_HOURS,
    UNITS_IN_TRANSACTION,
    WRITES_OF_NEW_TRADE,
    WRITES_OF_STORED_TRADE,
    Load,
    ceiling,
    table_shards,
)
from workshop.pipeline.prices import PRICES, Price
from workshop.pipeline.saturation import Saturated, saturated

__all__ = [
    "HOURS_PER_MONTH",
    "METERED_GB",
    "METERED_KB",
    "CostLine",
    "cannot_keep_up",
    "monthly_bill",
    "standing_cost",
    "total",
    "unconfirmed",
]

HOURS_PER_MONTH = Decimal(730)
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600
MONTH = f"{SECONDS_PER_MONTH:,} s"
TIMES = "\N{MULTIPLICATION SIGN}"
MILLION = Decimal(1_000_000)
PUT_UNIT_BYTES = Decimal(25_000)
GIGABYTE = Decimal(1_000_000_000)
# On-demand streams are metered in kilobytes of 1,024 bytes, and in gigabytes made of those.
METERED_KB = Decimal(1_024)
METERED_GB = Decimal(1_024**3)
METERED = " GB of 1,024³ bytes"
# Rows of ReduceTable expire after a week.
ROW_SECONDS = Decimal(7 * 24 * 3600)
MB_PER_GB = Decimal(1_024)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class CostLine:
    """One line of the bill: how many units at which price, what that comes to in a month, and how."""

    item: str
    quantity: Decimal
    price: Price
    usd: Decimal
    arithmetic: str


def monthly_bill(pipeline: str, load: Load) -> tuple[CostLine, ...]:
    """Return what a pipeline with the ledger costs in a month under a load that never rests.

    Raises:
        ValueError: there is no such pipeline.
    """
    if pipeline not in {"stateless", "stateful"}:
        raise ValueError(f"`{pipeline}` is no pipeline; choose stateless or stateful")
    calls: list[_Calls] = []
    lines = [*_stream(load)]
    full = (load.stateless_map_batch, load.stateless_map_seconds)
    if pipeline == "stateful":
        lines += _state_table(load)
        calls.append(_state_calls(load))
        full = (load.map_batch, load.map_seconds)
    rows = _rows(pipeline, load)
    calls.append(_Calls("Map", rows, _duration(load, _reaching_map(pipeline, load) / rows, *full)))
    adds = _batches(load, rows, rows / load.reduce_batch, table_shards(rows * load.row_units))
    share = rows / adds / load.reduce_batch
    calls.append(_Calls("Reduce", adds, max(load.least_seconds, load.reduce_seconds * share)))
    return (*lines, *_tables(pipeline, load, calls), *_functions(load, calls))


def cannot_keep_up(pipeline: str, load: Load) -> tuple[Saturated, ...]:
    """Return the functions that a load is too much for, so that its bill is that of a pipeline that lags."""
    return saturated(pipeline, load, rows=_rows(pipeline, load))


def standing_cost(*, shards: int, on_demand: bool = False) -> Decimal:
    """Return what a deployed pipeline costs in an hour in which nothing happens, alarms apart."""
    if on_demand:
        return PRICES["on-demand-stream-hour"].usd
    return shards * PRICES["shard-hour"].usd


def total(lines: Iterable[CostLine]) -> Decimal:
    """Return what the lines come to, in whole cents."""
    return sum((line.usd for line in lines), Decimal(0)).quantize(CENT)


def unconfirmed(lines: Iterable[CostLine]) -> str:
    """Say which lines rest on a price that no price list confirms; nothing if none does."""
    items = ", ".join(line.item for line in lines if not line.price.is_confirmed)
    return f"Unconfirmed price, look it up: {items}." if items else ""


@dataclass(frozen=True)
class _Calls:
    """The invocations of one function: how many a second, and how long each of them takes, in seconds."""

    function: str
    rate: Decimal
    seconds: Decimal


def _stream(load: Load) -> list[CostLine]:
    """Return what the stream costs: what it is, what comes in, and what is kept for longer than a day."""
    records, hours = load.records_per_second, f"{HOURS_PER_MONTH} h"
    held = load.messages_per_second * load.message_bytes * 3600
    if load.on_demand:
        kilobytes = ceiling(load.record_bytes / METERED_KB)
        metered = records * kilobytes * METERED_KB / METERED_GB
        arriving = f"records {_figure(records)}/s"
        came_in = _times(arriving, f"{kilobytes} KB")
        went_out = _times(arriving, f"{load.record_bytes:,} bytes")
        read = load.messages_per_second * load.message_bytes / METERED_GB
        lines = [
            _line("stream: on demand", HOURS_PER_MONTH, "on-demand-stream-hour", _times("1 stream", hours)),
            _gigabytes("stream: data in", metered, "on-demand-in", came_in, METERED),
            _gigabytes("stream: data out", read, "on-demand-out", went_out, METERED),
        ]
        extra = min(load.retention_hours, EXTENDED_HOURS) - FREE_HOURS
        kept, price = extra * held / METERED_GB, "on-demand-retention"
        told = _times(f"{_figure(held / METERED_GB)} GB/h", f"{extra} h")
    else:
        units = records * ceiling(load.record_bytes / PUT_UNIT_BYTES)
        shards = _times("1 shard" if load.width == 1 else f"{load.width} shards", hours)
        lines = [
            _line("stream: shards", load.width * HOURS_PER_MONTH, "shard-hour", shards),
            _monthly("stream: puts", units, "put-unit", f"puts {_figure(units)}/s"),
        ]
        kept, price, told = load.width * HOURS_PER_MONTH, "extended-shard-hour", shards
    if load.retention_hours > FREE_HOURS:
        lines.append(_line("stream: kept for up to 7 days", kept, price, told))
    if (hours_over := load.retention_hours - EXTENDED_HOURS) > 0:
        told = _times(f"{_figure(held / METERED_GB)} GB/h", f"{hours_over:,} h")
        over = held * hours_over / METERED_GB
        lines.append(_line("stream: kept for longer", over, "long-retention", told))
    return lines


def _state_table(load: Load) -> Iterator[CostLine]:
    """Yield what writing StateTable costs: a refused INSERT, or UPDATE, is paid as if it had written."""
    modified, repeated = load.modifications_per_second, load.duplicates_per_second
    for messages, what, rate, writes in (
        ("new trades", "INSERT", load.messages_per_second - modified - repeated, WRITES_OF_NEW_TRADE),
        ("newer versions", "refused INSERT, UPDATE", modified, WRITES_OF_STORED_TRADE),
        ("duplicates", "refused INSERT, refused UPDATE", repeated, WRITES_OF_STORED_TRADE),
    ):
        if rate:
            counted = _times(f"{messages} {_figure(rate)}/s", f"{writes} write" + "s" * (writes > 1))
            yield _monthly(f"StateTable: {messages} ({what})", rate * writes, "write-unit", counted)


def _tables(pipeline: str, load: Load, calls: Iterable[_Calls]) -> tuple[CostLine, ...]:
    """Return what Map and Reduce write, and what all functions read, as `docs/ledger.md` counts it."""
    rates = {each.function: each.rate for each in calls}
    rows, adds = rates["Map"], rates["Reduce"]
    # Beside the row, the position and the check of the epoch; beside the totals, `#progress` as well.
    row_units = load.row_units + UNITS_IN_TRANSACTION * 2
    touched = load.totals_touched(_reaching_map(pipeline, load) / adds)
    total_units = UNITS_IN_TRANSACTION * (touched + 3)
    of_rows, of_adds = f"rows {_figure(rows)}/s", f"commits {_figure(adds)}/s"
    # State has no position, so it reads the epoch alone; for the look for faults, see above.
    state = rates.get("State", Decimal(0))
    of_state, reads = f"State {_figure(state)}/s", _times("2", f"({of_rows} + {of_adds})")
    stored = rows * ROW_SECONDS * load.row_bytes / GIGABYTE
    return (
        _monthly(
            "ReduceTable and its ledger: writes",
            rows * row_units,
            "write-unit",
            _times(of_rows, f"{row_units} units"),
        ),
        _monthly(
            "AggregateTable and its ledger: writes",
            adds * total_units,
            "write-unit",
            _times(of_adds, f"{_figure(total_units)} units"),
        ),
        _monthly(
            "positions and epochs: reads",
            state + 2 * (rows + adds),
            "read-unit",
            f"({of_state} + {reads})" if state else reads,
        ),
        _line(
            "ReduceTable: a week of rows",
            stored,
            "table-storage",
            _times(of_rows, "7 days", f"{load.row_bytes} bytes"),
        ),
    )


def _functions(load: Load, calls: Iterable[_Calls]) -> tuple[CostLine, ...]:
    """Return what invocations cost, and the memory that they hold meanwhile."""
    count = sum((each.rate for each in calls), Decimal(0))
    used = (
        sum((each.rate * each.seconds * load.memory(each.function) for each in calls), Decimal(0)) / MB_PER_GB
    )
    each_function = " + ".join(
        _times(
            f"{each.function} {_figure(each.rate)}/s",
            f"{_figure(each.seconds)} s",
            f"{load.memory(each.function)} MB",
        )
        for each in calls
    )
    per_second = f"invocations {_figure(count)}/s"
    written = count * load.log_bytes / GIGABYTE
    return (
        _monthly("functions: invocations", count, "invocation", per_second),
        _line(
            "functions: time",
            used * SECONDS_PER_MONTH,
            f"gb-second-{load.architecture}",
            _times(f"({each_function})", MONTH),
        ),
        _gigabytes("functions: logs", written, "log-in", _times(per_second, f"{load.log_bytes} bytes")),
    )


def _line(item: str, quantity: Decimal, price: str, units: str, kind: str = "") -> CostLine:
    """Return a line: `units` are the factors of the quantity, and `kind` what the quantity is counted in."""
    unit = PRICES[price]
    arithmetic = f"{units} = {_figure(quantity)}{kind}; {TIMES} {unit.usd:f} USD per {unit.per}"
    return CostLine(item, quantity, unit, quantity * unit.usd, arithmetic)


def _monthly(item: str, per_second: Decimal, price: str, units: str) -> CostLine:
    """Return a line that is priced by the million."""
    return _line(item, per_second * SECONDS_PER_MONTH / MILLION, price, _times(units, MONTH), " million")


def _gigabytes(item: str, per_second: Decimal, price: str, units: str, kind: str = " GB") -> CostLine:
    return _line(item, per_second * SECONDS_PER_MONTH, price, _times(units, MONTH), kind)


def _state_calls(load: Load) -> _Calls:
    most = load.most_messages(load.state_batch)
    rate = _batches(load, load.records_per_second, load.messages_per_second / most, load.width)
    seconds = _duration(load, load.messages_per_second / rate, load.state_batch, load.state_seconds)
    return _Calls("State", rate, seconds)


def _reaching_map(pipeline: str, load: Load) -> Decimal:
    """Return how many messages a second reach Map: State keeps duplicates from it."""
    return load.messages_per_second * (load.share_behind_state if pipeline == "stateful" else 1)


def _rows(pipeline: str, load: Load) -> Decimal:
    """Return how many rows Map writes in a second: one for each of its batches."""
    arriving = _reaching_map(pipeline, load)
    if pipeline == "stateful":
        shards = table_shards(load.messages_per_second * load.state_units)
        return _batches(load, arriving, arriving / load.map_batch, shards)
    most = load.most_messages(load.stateless_map_batch)
    return _batches(load, load.records_per_second, arriving / most, load.width)


def _batches(load: Load, records: Decimal, full: Decimal, shards: int) -> Decimal:
    """Return how many batches a second there are: full ones, or one for each shard and window."""
    return min(records, max(Decimal(shards) / load.window_seconds, full))


def _duration(load: Load, messages: Decimal, full: int, seconds: Decimal) -> Decimal:
    """Return how long an invocation with so many messages takes, given what a full one takes."""
    return max(load.least_seconds, seconds * messages / full)


def _times(*factors: str) -> str:
    return f" {TIMES} ".join(factors)


def _figure(number: Decimal) -> str:
    """Return a number for people: whole if it is large, else with three digits that mean something."""
    return f"{number:,.0f}" if number >= 1_000 or number == int(number) else f"{float(number):.3g}"
