"""Where a design saturates as the load grows, and what piles up beyond that: a model, not a measurement.

A design says how wide each stage is. Of each stage the model says how much of it a rate uses, 1 being all
that it has; the stage that reaches 1 first is where the design ends. `simulate` lets messages flow through
the stages second by second. Durations and batches are those of `Load`; limits are AWS's, see `docs/scale.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType

from workshop.pipeline.load import (
    PARTITION_WRITE_UNITS,
    SHARD_BYTES_PER_SECOND,
    SHARD_RECORDS_PER_SECOND,
    UNITS_IN_TRANSACTION,
    Load,
    ceiling,
)
from workshop.pipeline.saturation import lanes

__all__ = ["DESIGNS", "Backlog", "Design", "StageUse", "first_limit", "most", "simulate", "stages"]

MOST_MESSAGES_PER_SECOND = 10_000_000
NOTHING = Decimal(0)


@dataclass(frozen=True)
class Design:
    """How wide a stateful pipeline is.

    Units: `parallel` is the `ParallelizationFactor` of the stream's mapping; `table_units` are the write
    units a second that StateTable takes, and `other_units` those of ReduceTable, and of AggregateTable: 4,000
    when a table is new, more with warm throughput, 40,000 by quota; `concurrency` is the account's quota.
    `map_batch` is how many messages a row of ReduceTable sums at most; None is a pipeline without Map and
    Reduce, in which StateLambda adds every message to its totals. `total_items` is how many items share each
    total.
    """

    shards: int = 2
    messages_per_record: int = 1
    parallel: int = 1
    table_units: int = 4_000
    other_units: int = 4_000
    concurrency: int = 1_000
    map_batch: int | None = 1_000
    total_items: int = 1

    @property
    def partitions(self) -> int:
        """How many partitions StateTable has at least, and so shards its stream."""
        return int(ceiling(self.table_units / PARTITION_WRITE_UNITS))

    @property
    def row_partitions(self) -> int:
        """How many partitions ReduceTable has at least, and so shards its stream."""
        return int(ceiling(self.other_units / PARTITION_WRITE_UNITS))


@dataclass(frozen=True)
class StageUse:
    """A part of a design under a load: which share of it is used, and what the limit is."""

    name: str
    used: Decimal
    limit: str


@dataclass(frozen=True)
class Backlog:
    """The end of a second: how many messages wait before each stage, and how long the newest one will take.

    Units: `latency` in seconds, up to the total; it leaves out what one invocation takes.
    """

    waiting: Mapping[str, Decimal]
    finished: Decimal
    latency: Decimal


# What is deployed, what ten and a hundred times its load ask for, and what these would be without one thing.
TEN_TIMES = Design(shards=5, parallel=10)
DESIGNS: Mapping[str, Design] = MappingProxyType(
    {
        "each message adds to its totals": replace(TEN_TIMES, map_batch=None),
        "the same, ten items, AggregateTable warm": replace(
            TEN_TIMES, map_batch=None, total_items=10, other_units=40_000
        ),
        "a row for each message": replace(TEN_TIMES, map_batch=1),
        "as deployed": Design(),
        "for ten times as much, new account": replace(TEN_TIMES, concurrency=10),
        "for ten times as much": TEN_TIMES,
        "for a hundred times as much": Design(shards=50, parallel=10, table_units=40_000),
    }
)


@dataclass(frozen=True)
class _Flow:
    """What a rate of messages makes of itself in a second: how many reach Map, how many rows and commits."""

    messages: Decimal
    rows: Decimal
    commits: Decimal


def stages(design: Design, rate: Decimal, load: Load | None = None) -> tuple[StageUse, ...]:
    """Return how much of each stage of a design a rate uses, in messages a second, in the order of their way.

    Of `load` counts what is not the rate and not the design: durations, batches, windows, sizes and shares.
    The account's concurrency, which the functions share, stands before the first of them.
    """
    load = Load() if load is None else load
    flow = _flow(design, rate, load)
    busy = {"StateLambda": rate * load.state_seconds / load.state_batch}
    if design.map_batch is not None:
        busy["MapLambda"] = flow.messages * load.map_seconds / load.map_batch
        busy["ReduceLambda"] = flow.rows * load.reduce_seconds / load.reduce_batch
    wide = {
        "StateLambda": lanes(design.shards, design.messages_per_record, design.parallel),
        "MapLambda": Decimal(design.partitions),
        "ReduceLambda": Decimal(1),
    }
    state, *later = (
        StageUse(name, each / wide[name], f"{int(wide[name]):,} at a time") for name, each in busy.items()
    )
    concurrency = sum(busy.values(), NOTHING) / design.concurrency
    return (
        StageUse(
            "shards", _of_shards(design, rate, load), f"{design.shards} times 1,000 records or 1 MB a second"
        ),
        StageUse("concurrency", concurrency, f"{design.concurrency:,} at a time"),
        state,
        _table("StateTable", rate * load.state_units, design.table_units),
        *later[:1],
        *_written_at_the_end(design, flow, load, later[1:]),
    )


def _flow(design: Design, rate: Decimal, load: Load) -> _Flow:
    window, messages = Decimal(load.window_seconds), rate * load.share_behind_state
    if design.map_batch is None:
        return _Flow(messages, NOTHING, messages)
    # A row in each window from each shard of StateTable's stream, and more if those would be too large; and
    # so with commits, and shards of ReduceTable's stream.
    rows = min(messages, max(design.partitions / window, messages / design.map_batch))
    return _Flow(messages, rows, min(rows, max(design.row_partitions / window, rows / load.reduce_batch)))


def _written_at_the_end(
    design: Design, flow: _Flow, load: Load, reduce: Sequence[StageUse]
) -> Iterable[StageUse]:
    """Yield ReduceTable and ReduceLambda, if the design has them, and what takes the totals."""
    rows = [_table("ReduceTable", flow.rows * load.row_units, design.other_units)] if reduce else []
    items = PARTITION_WRITE_UNITS * design.total_items
    touched = load.totals_touched(flow.messages / flow.commits) if flow.commits else NOTHING
    # With the totals goes `#progress`, if there are batches whose progress it could be.
    written = flow.commits * (touched + len(reduce)) * UNITS_IN_TRANSACTION
    return (
        *rows,
        *reduce,
        _table("Grand Total", flow.commits * UNITS_IN_TRANSACTION, items),
        _table("AggregateTable", written, design.other_units),
    )


def _table(name: str, units: Decimal, most_units: Decimal | int) -> StageUse:
    return StageUse(name, units / most_units, f"{most_units:,} write units a second")


def _of_shards(design: Design, rate: Decimal, load: Load) -> Decimal:
    by_count = rate / design.messages_per_record / SHARD_RECORDS_PER_SECOND
    by_size = rate * load.message_bytes / SHARD_BYTES_PER_SECOND
    return max(by_count, by_size) / lanes(design.shards, design.messages_per_record)


def most(design: Design, load: Load | None = None) -> int:
    """Return the largest rate that a design keeps up with, in whole messages a second."""
    low, high = 0, MOST_MESSAGES_PER_SECOND
    while low < high:
        middle = (low + high + 1) // 2
        keeps_up = all(stage.used <= 1 for stage in stages(design, Decimal(middle), load))
        low, high = (middle, high) if keeps_up else (low, middle - 1)
    return low


def first_limit(design: Design, load: Load | None = None) -> StageUse:
    """Return the stage that is used up first as the load grows, as it is at that rate."""
    return max(stages(design, Decimal(most(design, load) + 1), load), key=lambda stage: stage.used)


def simulate(design: Design, rates: Iterable[Decimal], load: Load | None = None) -> Sequence[Backlog]:
    """Return what waits where at the end of each second, given how many messages come in each.

    A stage takes what has come and what waits, up to its limit, and hands it on at once. Before the shards it
    is the producer that waits. Who comes last waits for all that is still inside, at the rate of the end.
    """
    load = Load() if load is None else load
    waiting: dict[str, Decimal] = {}
    moments = []
    for rate in rates:
        flow, latency = rate, Decimal(load.window_seconds) * (1 if design.map_batch is None else 3)
        for name in [stage.name for stage in stages(design, Decimal(1), load)]:
            there = flow + waiting.get(name, NOTHING)
            flow = min(there, _capacity(design, name, there, load))
            waiting[name] = there - flow
        latency += sum(waiting.values(), NOTHING) / flow if flow else NOTHING
        moments.append(Backlog(dict(waiting), flow, latency))
    return moments


def _capacity(design: Design, name: str, messages: Decimal, load: Load) -> Decimal:
    """Return how many of so many messages a stage takes in a second."""
    [used] = [stage.used for stage in stages(design, messages, load) if stage.name == name]
    return messages if used <= 1 else messages / used
