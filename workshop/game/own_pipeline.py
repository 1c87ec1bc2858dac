"""The game on a pipeline that a learner has built: emptied before each round, given back empty at the end.

Its totals do not tell rounds apart, so all of them must be the round's. The generator is a stack beside the
pipeline's, which changes nothing in it and goes with the game.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from workshop.cloud.fault_plan import FaultKind, FaultPlan
from workshop.deploy.stacks import destroy
from workshop.game.play import Game, generator_stack
from workshop.pipeline.operations.clear import clear
from workshop.pipeline.operations.live_faults import clear_faults, set_faults

if TYPE_CHECKING:
    from workshop.clock import Clock
    from workshop.cloud.connection import Cloud

__all__ = ["LEVEL_TWO", "borrowed", "make_ready"]

# A round here is small, and must meet in a few batches what a large one meets in hundreds. Crashes happen on
# AWS as well; only the offline cloud cuts batches anew on purpose.
CRASH = 0.15
# The generator's lease in ParameterTable, under which one round is played at a time.
LEASE = {"Parameter": {"S": "generator"}}
FIRST_BATCHES = range(1, 4)
LEVEL_TWO = FaultPlan(
    seed=300,
    rates={
        f"{kind}@{stage}": CRASH
        for stage in ("map", "reduce")
        for kind in (FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER)
    },
    strikes=tuple(f"{FaultKind.BISECTED}@map#{number}" for number in FIRST_BATCHES),
)


@contextmanager
def borrowed(cloud: Cloud, game: Game, *, empty: Callable[[], object]) -> Iterator[None]:
    """Play in this block on a learner's pipeline; at its end the generator and all faults are gone.

    `empty` is called last, however the game ended, to empty the pipeline of the last round.

    Raises:
        TearDownError: something of the generator is still there; names each thing.
    """
    try:
        yield
    finally:
        # The generator first: a round that is still under way must not go on sending.
        destroy(cloud, generator_stack(game.target.stack))
        # With it goes whoever held the lease; of a round that was broken off, it would last for minutes.
        cloud.client("dynamodb").delete_item(TableName=game.table, Key=LEASE)
        clear_faults(cloud, game.target.outputs)
        empty()


def make_ready(cloud: Cloud, game: Game, level: int, *, is_first: bool, clock: Clock) -> None:
    """Empty the pipeline for the next round and set the faults of its level.

    Score and rounds stay, unless the round is the first: they would be those of a game that was killed.
    """
    outputs: Mapping[str, str] = game.target.outputs
    clear_faults(cloud, outputs)
    clear(cloud, game.target.stack, clock=clock, keep_game=not is_first)
    if level > 1:
        set_faults(cloud, outputs, LEVEL_TWO)
