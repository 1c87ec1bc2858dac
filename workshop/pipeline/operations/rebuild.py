"""Repairing the totals of a running pipeline from its state: `workshop reconcile --rebuild`.

A generation begins. Each item of StateTable that is not in it gets touched, which sends it through the
pipeline once more; what is written meanwhile is in the generation anyhow. Reduce sums the generation into
attributes beside the totals, in the same transactions. When every touch has arrived, the two sums of a total
differ by its error, and by the same amount at any later time: that is subtracted. Nothing has to stop.

A run that was interrupted is continued by the next one. Batches that a stage gave up meanwhile make touches
go missing; then another generation is begun.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workshop.errors import ConfigurationError, NotSettledError
from workshop.pipeline.operations.rebuild_tables import InterruptedRebuildError, RebuildTables
from workshop.pipeline.operations.reconcile import Books, Reconciliation, reconcile
from workshop.pipeline.operations.repair import Mark, errors_of, repair_steps

__all__ = ["Rebuild", "rebuild"]

GENERATIONS = 3
POLL_SECONDS = 1.0
# How long nothing at all may move, and how long no touch may arrive, before touches are taken for lost.
STALLED_SECONDS = 45.0
TOUCHLESS_SECONDS = 600.0
PASSES = 1000


@dataclass(frozen=True)
class Rebuild:
    """What a rebuild did: how many items it touched, how many totals it put right, and how things stand."""

    generations: int
    touched: int
    repaired: int
    reconciliation: Reconciliation


def rebuild(books: Books, *, on_step: Callable[[str], None] | None = None) -> Rebuild:
    """Put every total right, while the pipeline runs.

    Raises:
        ConfigurationError: the handlers are not those of the ledger, which alone can do this.
        NotSettledError: touches get lost again and again, or the pipeline was cleared meanwhile.
    """
    if books.variant != "ledger":
        raise ConfigurationError(
            f"`{books.target.stack}` runs the variant `{books.variant}`, which cannot be rebuilt; deploy the "
            f"ledger with `workshop deploy stateful --stack {books.target.stack}`, and repeat"
        )
    work = _Work(books, on_step or (lambda _: None))
    touched = repaired = 0
    for generations in range(1, GENERATIONS + 1):
        try:
            has_arrived = work.run()
        except InterruptedRebuildError as error:
            raise NotSettledError(
                f"the rebuild of `{books.target.stack}` was ended by somebody else's `clear` or rebuild; "
                "run `workshop reconcile` to see how things stand"
            ) from error
        touched, repaired = touched + work.touched, repaired + work.repaired
        if has_arrived and (found := reconcile(books)).exact | found.is_moving:
            return Rebuild(generations, touched, repaired, found)
    raise NotSettledError(
        f"touches of `{books.target.stack}` did not arrive in its totals in {GENERATIONS} attempts; see "
        "whether MapLambda and ReduceLambda have enabled event source mappings, and read their logs"
    )


class _Work:
    """One generation after the other."""

    def __init__(self, books: Books, say: Callable[[str], None]) -> None:
        self._tables = RebuildTables(books)
        self._clock = books.clock
        self._order = books.target.order
        self._say = say
        self.touched = self.repaired = 0

    def run(self) -> bool:
        """Begin a generation, or continue one, and end it; return False if touches were lost."""
        self.touched = self.repaired = 0
        self._tables.begin()
        self._say(f"rebuilding, generation {self._tables.generation}")
        for _ in range(PASSES):
            mark = self._gather()
            if mark is None:
                break
            if self._repair(mark):
                self._tables.end()
                return True
        self._tables.end()
        return False

    def _gather(self) -> Mark | None:
        """Touch until a whole pass finds nothing left outside; None if touches do not arrive.

        Strays are read before the pass: one that was counted by then has been seen by it.
        """
        for _ in range(PASSES):
            strays = self._tables.mark().strays
            found = self._tables.touch_all()
            self.touched += found
            if found:
                self._say(f"touched {self.touched:,} items")
            if not self._wait_for_touches():
                return None
            mark = self._tables.mark()
            if not found and mark.strays == strays:
                return mark
        return None

    def _wait_for_touches(self) -> bool:
        """Wait until every touch is in the totals; return False if that will not happen any more."""
        touches = self._tables.touches()
        mark = self._tables.mark()
        moved_at = arrived_at = self._clock.now()
        while mark.touches < touches:
            self._clock.sleep(POLL_SECONDS)
            now, latest = self._clock.now(), self._tables.mark()
            moved_at = now if latest != mark else moved_at
            arrived_at = now if latest.touches != mark.touches else arrived_at
            mark = latest
            if now - moved_at >= STALLED_SECONDS or now - arrived_at >= TOUCHLESS_SECONDS:
                return False
        return mark.touches == touches

    def _repair(self, mark: Mark) -> bool:
        """Subtract the errors; return False if a stray came in between, and touching has to go on."""
        steps = repair_steps(errors_of(self._tables.totals()), order=self._order)
        for number, step in enumerate(steps):
            self._say(f"repairing {len(step):,} totals")
            if not self._tables.subtract(step, mark, repairs=mark.repairs + number):
                return False
            self.repaired += len(step)
        return True
