"""Where a pipeline cannot keep up with a load: which function, from which rate on, and what would help.

A model, like that of the bill: it takes the durations of `Load`, and knows no quota of an account. Map of the
stateful pipeline is left out, since a table's stream gets shards of its own as the table grows.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from workshop.pipeline.load import Load, ceiling, shards_filled, shards_needed
from workshop.pipeline.producer.packing import BUCKETS, buckets_of_fullest_lane

__all__ = ["Saturated", "lanes", "saturated"]

# How many batches of a shard Lambda works on at the same time, at most.
MOST_PARALLEL = 10
# Beyond so many times the shards that even keys would take, uneven ones hardly spread any further.
TRIED = 4


@dataclass(frozen=True)
class Saturated:
    """A function or stream that cannot keep up: how many messages a second it takes, and what would help."""

    function: str
    most: int
    remedy: str

    def __str__(self) -> str:
        return f"{self.function} keeps up with {self.most:,} messages a second and no more: {self.remedy}"


def lanes(shards: int, messages_per_record: int, parallel: int = 1) -> Decimal:
    """Return how many lanes' worth a stream's keys fill, each shard having `parallel` lanes.

    A lane works on one batch after the other, and a key stays in its lane. Trades' own keys fill all lanes
    alike. Packed records have few keys, so the fullest lane is at its limit while others wait.
    """
    if messages_per_record == 1:
        return Decimal(shards * parallel)
    return Decimal(BUCKETS) / buckets_of_fullest_lane(shards, parallel)


def saturated(pipeline: str, load: Load, *, rows: Decimal) -> tuple[Saturated, ...]:
    """Return the functions, and the stream, for which a load is too much; Map writes `rows` a second."""
    first = ("StateLambda", load.state_batch, load.state_seconds)
    if pipeline == "stateless":
        first = ("MapLambda", load.stateless_map_batch, load.stateless_map_seconds)
    found = [_in_the_stream(load), _at_the_stream(load, *first), _at_the_end(load, rows)]
    return tuple(each for each in found if each is not None)


def _in_the_stream(load: Load) -> Saturated | None:
    """Judge the shards, which the few keys of packed records fill unevenly."""
    filled, packed = shards_filled(load), load.messages_per_record
    width = lanes(load.width, packed)
    if load.on_demand or filled <= width:
        return None
    tried = range(load.width, TRIED * load.width) if filled <= BUCKETS else ()
    enough = next((each for each in tried if lanes(each, packed) >= filled), None)
    found = f"{enough:,} shards" if enough else "more keys"
    remedy = f"it takes {found}, since packed records have {BUCKETS} keys, which fill shards unevenly"
    return Saturated("IncomingDataStream", int(load.messages_per_second * width / filled), remedy)


def _at_the_stream(load: Load, function: str, messages: int, seconds: Decimal) -> Saturated | None:
    """Judge the function that reads the stream: one batch of a shard after the other, unless in parallel."""
    one = messages / seconds
    packed, needed = load.messages_per_record, load.messages_per_second / one
    width = lanes(load.width, packed)
    if needed <= width:
        return None
    shards = "the one shard" if load.width == 1 else f"each of the {load.width:,} shards"
    enough = [each for each in range(2, MOST_PARALLEL + 1) if lanes(load.width, packed, each) >= needed]
    if enough:
        remedy = (
            f"a `ParallelizationFactor` of {enough[0]} works on {enough[0]} batches of {shards} at a time"
        )
    else:
        remedy = _more_shards(load, needed)
    return Saturated(function, int(one * width), remedy)


def _more_shards(load: Load, needed: Decimal) -> str:
    """Say how many shards have the lanes that are needed; packed records may have too few keys for that."""
    least = int(ceiling(needed / MOST_PARALLEL))
    packed = load.messages_per_record
    tried = range(least, least + 1 if packed == 1 or needed > BUCKETS else TRIED * least)
    enough = (each for each in tried if lanes(each, packed, MOST_PARALLEL) >= needed)
    told = "it takes {:,} shards, and {} batches of each at a time"
    if found := next(enough, None):
        return told.format(found, MOST_PARALLEL)
    singly = max(least, shards_needed(replace(load, messages_per_record=1, shards=None)))
    why = f"with one message a record: packed ones have no more than {BUCKETS} keys"
    return f"{told.format(singly, MOST_PARALLEL)}, {why}"


def _at_the_end(load: Load, rows: Decimal) -> Saturated | None:
    """Judge Reduce, which runs once at a time: commits to the same totals follow one another."""
    most = load.reduce_batch / load.reduce_seconds
    if rows <= most:
        return None
    remedy = "Map must write fewer rows, by larger batches that wait for longer"
    return Saturated("ReduceLambda", int(load.messages_per_second * most / rows), remedy)
