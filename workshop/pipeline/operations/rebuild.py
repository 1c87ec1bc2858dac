"""Repairing the totals from StateTable: `workshop reconcile --rebuild`.

StateLambda's mapping is disabled, so messages wait in the stream; producers go on, and nothing is lost. Once
Map and Reduce have come to rest, the error of a total is what it says less the sum over StateTable. Errors
are subtracted in transactions of whole sub-trees, and the mapping is enabled again.

Batches that Map or Reduce gave up are in StateTable and never reach the totals, which is what the repair is
for. Batches that keep failing look just the same, yet would be added later, on top of the repair. So the
positions of both functions are moved to the ends of their shards first (see `positions`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workshop.errors import ConfigurationError, NotSettledError
from workshop.pipeline.aggregates import PROGRESS_ROW, AggregateSnapshot
from workshop.pipeline.operations.actions import MAX_ACTIONS, update
from workshop.pipeline.operations.hold import Hold
from workshop.pipeline.operations.positions import Positions, ShardPosition
from workshop.pipeline.operations.reconcile import Books, Reconciliation, reconcile
from workshop.pipeline.settle import watch
from workshop.pipeline.truth import EXACT, GRAND_TOTAL, Truth

__all__ = ["MAX_PATHS", "Error", "Rebuild", "errors_of", "rebuild", "repair_steps"]

ROUNDS = 10
POLL_SECONDS = 1.0
# How long the positions must stay where they are: when everything was applied, and when records lie beyond
# them. Those may be retried; not to wait for that leaves them out of the message count, and never of a total.
QUIET_SECONDS = 3.0
STALLED_SECONDS = 15.0
TIMEOUT_SECONDS = 600.0
# What a transaction holds beside the hold and the epoch; a repair has the bookkeeping row as well.
MAX_POSITIONS = MAX_ACTIONS - 2
MAX_PATHS = MAX_POSITIONS - 1

Say = Callable[[str], None]


@dataclass(frozen=True)
class Rebuild:
    """How many totals were put right, and how things stand afterwards."""

    repaired: int
    reconciliation: Reconciliation


@dataclass(frozen=True)
class Error:
    """By how much a total is too large."""

    value: Decimal
    trades: int

    def __bool__(self) -> bool:
        return bool(self.value or self.trades)

    def __add__(self, other: Error) -> Error:
        return Error(EXACT.add(self.value, other.value), self.trades + other.trades)

    def __sub__(self, other: Error) -> Error:
        return Error(EXACT.subtract(self.value, other.value), self.trades - other.trades)


NO_ERROR = Error(Decimal(0), 0)


def rebuild(books: Books, *, on_step: Say | None = None) -> Rebuild:
    """Put every total right while producers keep sending; continues a run that was interrupted.

    Raises:
        ConfigurationError: the handlers are not the ledger's, or a `clear` has not ended.
        NotSettledError: the pipeline does not come to rest, was cleared meanwhile, or another rebuild is at
            work. Whatever was repaired by then stays, and StateLambda's mapping is enabled.
    """
    stack, say = books.target.stack, on_step or (lambda _: None)
    if books.variant != "ledger":
        raise ConfigurationError(
            f"`{stack}` runs the variant `{books.variant}`, which cannot be rebuilt; deploy the "
            f"ledger with `workshop deploy stateful --stack {stack}`, and repeat"
        )
    hold = Hold(books.cloud, stack, books.outputs, clock=books.clock)
    if hold.epoch.emptying:
        raise ConfigurationError(
            "a `workshop clear` of this pipeline has not ended; run it again, then rebuild"
        )
    hold.take()
    try:
        say("disabling StateLambda's event source mapping; messages wait in the stream")
        hold.disable()
        repaired = _Repair(books, hold, say).run()
    finally:
        say("enabling StateLambda's event source mapping")
        hold.release()
    return Rebuild(repaired, reconcile(books))


class _Repair:
    """The work of one run while it holds StateLambda's mapping."""

    def __init__(self, books: Books, hold: Hold, say: Say) -> None:
        self._books = books
        self._hold = hold
        self._say = say
        self._positions = Positions(books.cloud, books.outputs, clock=books.clock, beat=hold.keep)
        self._repaired = 0

    def run(self) -> int:
        """Repair the totals, from new sums whenever something moved; return how many were wrong."""
        for _ in range(ROUNDS):
            positions = self._come_to_rest()
            totals = self._books.totals()
            state = self._books.state(self._hold.beating).truth
            # A change from outside, such as an item edited by hand, takes a moment to reach the stream.
            self._books.clock.sleep(POLL_SECONDS)
            if self._positions.look() == positions and self._subtract(totals, state):
                return self._repaired
        raise NotSettledError(
            f"somebody else keeps writing the tables of `{self._books.target.stack}`; "
            "look for other functions and scripts that write them, and run the command again"
        )

    def _come_to_rest(self) -> tuple[ShardPosition, ...]:
        """Wait until Map and Reduce have applied what they will; return their positions, none behind."""
        self._say("waiting until Map and Reduce have applied what is on its way")
        while True:
            found = watch(
                self._positions.look,
                self._wait,
                clock=self._books.clock,
                unchanged_seconds=lambda seen, _: STALLED_SECONDS if _behind(seen) else QUIET_SECONDS,
                timeout_seconds=TIMEOUT_SECONDS,
                poll_seconds=POLL_SECONDS,
            )
            if found.seen is None or not found.is_at_rest:
                raise NotSettledError(
                    f"`{self._books.target.stack}` still moves after {TIMEOUT_SECONDS:.0f} seconds without a "
                    "new message; read the logs of MapLambda and ReduceLambda, and run the command again"
                )
            if not (behind := _behind(found.seen)):
                return found.seen
            self._say("passing over what Map and Reduce could not apply")
            for start in range(0, len(behind), MAX_POSITIONS):
                some = behind[start : start + MAX_POSITIONS]
                self._hold.commit([self._positions.move_to_end(each) for each in some])

    def _wait(self, seconds: float) -> None:
        # The cloud is not asked what is under way: what waits for StateLambda must not count here.
        self._hold.keep()
        self._books.clock.sleep(seconds)

    def _subtract(self, totals: AggregateSnapshot, state: Truth) -> bool:
        """Subtract the errors; return False if the totals have changed since they were read."""
        steps = repair_steps(errors_of(totals, state), order=self._books.target.order)
        for number, step in enumerate(steps):
            self._say(f"repairing {len(step):,} totals")
            if not self._hold.commit(self._actions(step, revision=(totals.revision or 0) + number)):
                return False
            self._repaired += len(step)
        return True

    def _actions(self, errors: Mapping[str, Error], *, revision: int) -> list[dict[str, Any]]:
        """Return the actions that subtract errors from the totals as they were at this revision."""
        table = self._books.outputs["AggregateTableName"]
        progress = {"Identifier": PROGRESS_ROW}
        bookkeeping = update(table, progress, seen={"Revision": revision or None}, plus={"Revision": 1})
        totals = [
            update(
                table,
                {"Identifier": path},
                seen={},
                plus={"Value": EXACT.minus(each.value), "Trades": -each.trades},
            )
            for path, each in errors.items()
        ]
        return [{"Update": request} for request in (bookkeeping, *totals)]


def errors_of(totals: AggregateSnapshot, state: Truth) -> dict[str, Error]:
    """Return the error of each path that has one: what the totals say, less what the state says."""
    nothing = Decimal(0)
    errors = {
        path: Error(totals.totals.get(path, nothing), totals.trades.get(path, 0))
        - Error(state.totals.get(path, nothing), state.trades.get(path, 0))
        for path in {*totals.totals, *totals.trades, *state.totals}
    }
    return {path: error for path, error in errors.items() if error}


def repair_steps(errors: Mapping[str, Error], *, order: Sequence[str]) -> list[dict[str, Error]]:
    """Cut the errors into steps that each fit into a transaction.

    First come leaves together with every path above them: these steps keep each total the sum of its
    children. Errors that are left then belong to totals that were not the sum of their children before.
    """
    steps: list[dict[str, Error]] = []
    left = dict(errors)
    for leaf in sorted(errors, key=lambda path: path.split(":")):
        if leaf == GRAND_TOTAL or leaf.count(":") < len(order) - 1:
            continue
        paths = [*_ancestors(leaf), leaf, GRAND_TOTAL]
        if not steps or len({*steps[-1], *paths}) > MAX_PATHS:
            steps.append({})
        for path in paths:
            steps[-1][path] = steps[-1].get(path, NO_ERROR) + errors[leaf]
            left[path] = left.get(path, NO_ERROR) - errors[leaf]
    torn = [(path, error) for path, error in left.items() if error]
    steps += [dict(torn[start : start + MAX_PATHS]) for start in range(0, len(torn), MAX_PATHS)]
    return steps


def _ancestors(leaf: str) -> list[str]:
    parts = leaf.split(":")
    return [":".join(parts[:depth]) for depth in range(1, len(parts))]


def _behind(positions: Iterable[ShardPosition]) -> list[ShardPosition]:
    return [each for each in positions if each.is_behind]
