"""What a pipeline costs on AWS: the unit prices, all in this file, and a model that multiplies them.

The model turns a load (messages per second, and how they are batched) into the lines of a monthly bill. It
leaves out free tiers, alarms, data transfer out of the region, and the producer's own machine. Prices
change, so each one says where and when it was read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

__all__ = [
    "HOURS_PER_MONTH",
    "PRICES",
    "CostLine",
    "Load",
    "Price",
    "monthly_bill",
    "shards_needed",
    "standing_cost",
    "total",
]

HOURS_PER_MONTH = Decimal(730)
SECONDS_PER_MONTH = HOURS_PER_MONTH * 3600
MILLION = Decimal(1_000_000)
SHARD_RECORDS_PER_SECOND = Decimal(1_000)
SHARD_BYTES_PER_SECOND = Decimal(1_000_000)
PUT_UNIT_BYTES = Decimal(25_000)
ITEM_UNIT_BYTES = Decimal(1_024)
GIGABYTE = Decimal(1_000_000_000)
# Rows of ReduceTable expire after a week.
ROW_SECONDS = Decimal(7 * 24 * 3600)
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Price:
    """One unit price in US dollars, for `per`, with where and when it was read."""

    usd: Decimal
    per: str
    source: str


def _price(usd: str, per: str, source: str) -> Price:
    return Price(Decimal(usd), per, source)


KINESIS = "price list of Kinesis Data Streams, us-east-1, September 2026"
DYNAMODB = "price list of DynamoDB, us-east-2, 11 September 2026"
LAMBDA = "price list of Lambda, us-east-1, read in November 2026"
LOGS = "price list of CloudWatch, us-east-1, read in November 2026"

PRICES = {
    "shard-hour": _price("0.015", "shard and hour", KINESIS),
    "put-unit": _price("0.014", "million puts of up to 25 KB", KINESIS),
    "on-demand-stream-hour": _price("0.04", "on-demand stream and hour", KINESIS),
    "on-demand-in": _price("0.08", "GB in, each record rounded up to 1 KB", KINESIS),
    "on-demand-out": _price("0.04", "GB out", KINESIS),
    "write-unit": _price("0.625", "million write request units, on demand", DYNAMODB),
    "read-unit": _price("0.125", "million read request units, on demand", DYNAMODB),
    "table-storage": _price("0.25", "GB and month", DYNAMODB),
    "stream-read": _price("0", "read of a table's stream by Lambda", DYNAMODB),
    "invocation": _price("0.20", "million invocations", LAMBDA),
    "gb-second": _price("0.0000133334", "GB-second on arm64", LAMBDA),
    "log-in": _price("0.50", "GB of logs written", LOGS),
}


@dataclass(frozen=True)
class Load:
    """What arrives, and the assumptions under which it is worked on.

    Units: durations are those of one invocation with a full batch, in proportion for a smaller one, and at
    least `least_seconds`. `paths` counts the totals that there are, the Grand Total included; a message
    touches that one, and one on each of the `levels` below it.
    """

    messages_per_second: Decimal = Decimal(1_000)
    message_bytes: int = 250
    state_batch: int = 100
    map_batch: int = 1_000
    stateless_map_batch: int = 5_000
    reduce_batch: int = 1_000
    paths: int = 19
    levels: int = 3
    state_seconds: Decimal = Decimal("0.5")
    map_seconds: Decimal = Decimal("0.3")
    reduce_seconds: Decimal = Decimal("0.3")
    least_seconds: Decimal = Decimal("0.05")
    row_bytes: int = 900
    log_bytes: int = 900

    def __post_init__(self) -> None:
        if self.messages_per_second <= 0:
            raise ValueError(f"a load has more than 0 messages a second, not {self.messages_per_second}")


@dataclass(frozen=True)
class CostLine:
    """One line of the bill: how many units at which price, and what that comes to in a month."""

    item: str
    quantity: Decimal
    price: Price
    usd: Decimal


def shards_needed(load: Load) -> int:
    """Return how many provisioned shards take this load, without anything to spare."""
    by_count = load.messages_per_second / SHARD_RECORDS_PER_SECOND
    by_size = load.messages_per_second * load.message_bytes / SHARD_BYTES_PER_SECOND
    return max(1, int(max(by_count, by_size).to_integral_value(ROUND_CEILING)))


def monthly_bill(pipeline: str, load: Load, *, shards: int | None = None) -> tuple[CostLine, ...]:
    """Return what a pipeline with the ledger costs in a month under a load that never rests.

    Raises:
        ValueError: there is no such pipeline.
    """
    if pipeline not in {"stateless", "stateful"}:
        raise ValueError(f"`{pipeline}` is no pipeline; choose stateless or stateful")
    width = shards or shards_needed(load)
    units = _ceiling(Decimal(load.message_bytes) / PUT_UNIT_BYTES)
    messages = load.messages_per_second * SECONDS_PER_MONTH
    lines = [
        _line("stream: shards", width * HOURS_PER_MONTH, "shard-hour"),
        _line("stream: puts", messages * units / MILLION, "put-unit"),
    ]
    calls: list[tuple[Decimal, Decimal, Decimal]] = []
    if pipeline == "stateful":
        lines.append(_line("StateTable: one write for each message", messages / MILLION, "write-unit"))
        rate = _batches(load.messages_per_second, load.state_batch, width)
        calls.append((rate, _duration(load, rate, (load.state_batch, load.state_seconds)), Decimal("0.25")))
    map_batch = load.map_batch if pipeline == "stateful" else load.stateless_map_batch
    rows = _batches(load.messages_per_second, map_batch, width)
    calls.append((rows, _duration(load, rows, (map_batch, load.map_seconds)), Decimal("0.5")))
    adds = _batches(rows, load.reduce_batch, 1)
    calls.append((adds, max(load.least_seconds, load.reduce_seconds), Decimal("0.25")))
    return (*lines, *_tables(load, rows=rows, adds=adds), *_functions(load, calls))


def standing_cost(*, shards: int, on_demand: bool = False) -> Decimal:
    """Return what a deployed pipeline costs in an hour in which nothing happens: its stream alone."""
    if on_demand:
        return PRICES["on-demand-stream-hour"].usd
    return shards * PRICES["shard-hour"].usd


def total(lines: Iterable[CostLine]) -> Decimal:
    """Return what the lines come to, in whole cents."""
    return sum((line.usd for line in lines), Decimal(0)).quantize(CENT)


def _tables(load: Load, *, rows: Decimal, adds: Decimal) -> tuple[CostLine, ...]:
    """Return what Map and Reduce write and read, as `docs/ledger.md` counts it."""
    row_units = 2 * _ceiling(load.row_bytes / ITEM_UNIT_BYTES)
    # In a transaction everything costs double: the row, the position, and the check of the epoch.
    map_units = rows * (row_units + 2 + 2)
    touched = min(Decimal(load.paths), 1 + load.levels * load.messages_per_second / adds)
    reduce_units = adds * (2 * touched + 2 + 2 + 2)
    month = SECONDS_PER_MONTH / MILLION
    stored = rows * ROW_SECONDS * load.row_bytes / GIGABYTE
    return (
        _line("ReduceTable and its ledger: writes", map_units * month, "write-unit"),
        _line("AggregateTable and its ledger: writes", reduce_units * month, "write-unit"),
        _line("positions and epochs: reads", 2 * (rows + adds) * month, "read-unit"),
        _line("ReduceTable: a week of rows", stored, "table-storage"),
    )


def _functions(load: Load, calls: Iterable[tuple[Decimal, Decimal, Decimal]]) -> tuple[CostLine, ...]:
    """Return what invocations cost, given for each function its rate, its duration and its gigabytes."""
    rates = [(rate, seconds * gigabytes) for rate, seconds, gigabytes in calls]
    count = sum((rate for rate, _ in rates), Decimal(0))
    used = sum((rate * each for rate, each in rates), Decimal(0))
    return (
        _line("functions: invocations", count * SECONDS_PER_MONTH / MILLION, "invocation"),
        _line("functions: time", used * SECONDS_PER_MONTH, "gb-second"),
        _line("functions: logs", count * load.log_bytes * SECONDS_PER_MONTH / GIGABYTE, "log-in"),
    )


def _line(item: str, quantity: Decimal, price: str) -> CostLine:
    return CostLine(item, quantity, PRICES[price], quantity * PRICES[price].usd)


def _batches(rate: Decimal, batch: int, shards: int) -> Decimal:
    """Return how many batches a second there are: full ones, or one for each shard and second."""
    return min(rate, max(Decimal(shards), rate / batch))


def _duration(load: Load, rate: Decimal, full: tuple[int, Decimal]) -> Decimal:
    """Return how long an invocation takes, given a full batch and how long that takes."""
    batch, seconds = full
    share = load.messages_per_second / rate / batch
    return max(load.least_seconds, seconds * min(Decimal(1), share))


def _ceiling(number: Decimal) -> Decimal:
    return number.to_integral_value(ROUND_CEILING)
