"""How much a benchmark does: everything in a few seconds, as a whole in some minutes, or in full."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

__all__ = ["FULL", "PARTS", "QUICK", "USUAL", "Plan"]

# In the order in which they are measured.
PARTS = ("start", "pipelines", "put", "transactions", "updates", "tree", "idle")


@dataclass(frozen=True)
class Plan:
    """The size of each measurement.

    `sizes` are the messages of each run of a pipeline. After the run of `paced_after` messages, messages
    come evenly for `paced_seconds`. `idle_stacks` stand still for `idle_seconds`.
    """

    name: str
    sizes: Mapping[str, tuple[int, ...]]
    paced_after: int
    paced_seconds: float
    put_records: int
    transactions: int
    transaction_items: int
    updates: int
    update_shards: tuple[int, ...]
    tree_shards: int
    tree_rounds: int
    tree_records: int
    idle_stacks: int
    idle_seconds: float

    def up_to(self, messages: int) -> Self:
        """Return the plan without runs of more messages; the smallest run of each pipeline stays."""
        sizes = {
            pipeline: tuple(size for size in of if size <= max(messages, of[0]))
            for pipeline, of in self.sizes.items()
        }
        return replace(self, sizes=sizes)


QUICK = Plan(
    name="quick",
    sizes={"stateless": (600,), "stateful": (300,)},
    paced_after=0,
    paced_seconds=1.0,
    put_records=2_000,
    transactions=5,
    transaction_items=100,
    updates=100,
    update_shards=(1,),
    tree_shards=2,
    tree_rounds=1,
    tree_records=200,
    idle_stacks=1,
    idle_seconds=0.5,
)
USUAL = Plan(
    name="usual",
    sizes={"stateless": (10_000, 100_000, 1_000_000), "stateful": (10_000, 100_000, 1_000_000)},
    paced_after=100_000,
    paced_seconds=20.0,
    put_records=500_000,
    transactions=1_500,
    transaction_items=20_000,
    updates=10_000,
    update_shards=(1, 4),
    tree_shards=20,
    tree_rounds=10,
    tree_records=10_000,
    idle_stacks=30,
    # Longer than a template waits for its first fork.
    idle_seconds=90.0,
)
FULL = Plan(
    **{
        **USUAL.__dict__,
        "name": "full",
        "sizes": {**USUAL.sizes, "stateless": (*USUAL.sizes["stateless"], 10_000_000)},
    }
)
