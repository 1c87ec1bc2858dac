"""Where a pipeline cannot keep up with a load: which function, from which rate on, and what would help.

A model, like that of the bill: it takes the durations of `Load`, and knows no quota of an account. Map of the
stateful pipeline is left out, since a table's stream gets shards of its own as the table grows.
"""

from dataclasses import dataclass
from decimal import Decimal

from workshop.pipeline.load import Load, ceiling

__all__ = ["Saturated", "saturated"]

# How many batches of a shard Lambda works on at the same time, at most.
MOST_PARALLEL = 10


@dataclass(frozen=True)
class Saturated:
    """A function that cannot keep up: how many messages a second it takes, and what would help."""

    function: str
    most: int
    remedy: str

    def __str__(self) -> str:
        return f"{self.function} keeps up with {self.most:,} messages a second and no more: {self.remedy}"


def saturated(pipeline: str, load: Load, *, rows: Decimal) -> tuple[Saturated, ...]:
    """Return the functions for which a load is too much; `rows` is how many Map writes in a second."""
    first = ("StateLambda", load.state_batch, load.state_seconds)
    if pipeline == "stateless":
        first = ("MapLambda", load.stateless_map_batch, load.stateless_map_seconds)
    found = [_at_the_stream(load, *first), _at_the_end(load, rows)]
    return tuple(each for each in found if each is not None)


def _at_the_stream(load: Load, function: str, messages: int, seconds: Decimal) -> Saturated | None:
    """Judge the function that reads the stream: one batch of a shard after the other, unless in parallel."""
    one = messages / seconds
    most, rate = one * load.width, load.messages_per_second
    if rate <= most:
        return None
    shards = "the one shard" if load.width == 1 else f"each of the {load.width:,} shards"
    if rate <= most * MOST_PARALLEL:
        parallel = int(ceiling(rate / most))
        remedy = f"a `ParallelizationFactor` of {parallel} works on {parallel} batches of {shards} at a time"
    else:
        needed = int(ceiling(rate / one / MOST_PARALLEL))
        remedy = f"it takes {needed:,} shards, and {MOST_PARALLEL} batches of each at a time"
    return Saturated(function, int(most), remedy)


def _at_the_end(load: Load, rows: Decimal) -> Saturated | None:
    """Judge Reduce, which runs once at a time: commits to the same totals follow one another."""
    most = load.reduce_batch / load.reduce_seconds
    if rows <= most:
        return None
    remedy = "Map must write fewer rows, by larger batches that wait for longer"
    return Saturated("ReduceLambda", int(load.messages_per_second * most / rows), remedy)
