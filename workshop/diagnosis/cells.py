"""The cells of AggregateTable: which differ from the truth, and which differ from their own children.

A total is torn when it is not the sum of the totals one level below: Reduce must add a row to all of its
paths in one transaction, or to none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from workshop.diagnosis.effects import Effect, amount_of, combine, effect_of
from workshop.diagnosis.values import CellElement
from workshop.pipeline.aggregates import AggregateSnapshot, sort_key
from workshop.pipeline.tables import ReduceRow
from workshop.pipeline.truth import GRAND_TOTAL, Truth

__all__ = ["rows_below", "snapshot_below", "torn_by", "torn_cells", "truth_below"]

T = TypeVar("T")


def snapshot_below(snapshot: AggregateSnapshot, within: str | None) -> AggregateSnapshot:
    """Return the part of a snapshot that lies at or below a path; all of it without one."""
    if within is None:
        return snapshot
    totals, trades = _below(snapshot.totals, within), _below(snapshot.trades, within)
    return replace(snapshot, totals=totals, trades=trades, message_count=0)


def truth_below(truth: Truth, within: str | None) -> Truth:
    """Return the part of the truth that lies at or below a path; all of it without one."""
    if within is None:
        return truth
    leaves = frozenset(_below(dict.fromkeys(truth.leaves), within))
    return Truth(_below(truth.totals, within), _below(truth.trades, within), leaves)


def rows_below(rows: Sequence[ReduceRow], within: str | None) -> list[ReduceRow]:
    """Return what the rows add at or below a path; a row that adds nothing there is left out."""
    if within is None:
        return list(rows)
    parts = [
        replace(row, deltas=_below(row.deltas, within), trades=_below(row.trades, within)) for row in rows
    ]
    return [part for part in parts if part.deltas]


def torn_cells(snapshot: AggregateSnapshot, *, depth: int, within: str | None = None) -> list[CellElement]:
    """Return the paths whose total or trades are not the sums of those one level below."""
    cells = effect_of(snapshot.totals, snapshot.trades)
    below = combine(
        (1, {_parent(path): cell}) for path, cell in cells.items() if path not in (GRAND_TOTAL, within)
    )
    torn = combine([(1, cells), (-1, below)])
    return _elements({path: cell for path, cell in torn.items() if _depth(path) < depth})


def torn_by(
    cells: Effect, rows: Sequence[ReduceRow], effects: Sequence[Effect], *, within: str | None = None
) -> list[tuple[ReduceRow, int, list[CellElement]]]:
    """Return the rows that explain every difference between totals and rows, by some of their cells alone.

    `effects` are those of the rows. Beside each row stand -1 if those cells lack it or 1 if they have it
    twice, and the cells.
    """
    parts = [
        combine((1, {path: cell}) for leaf, cell in effect.items() for path in _paths_to(leaf, within))
        for effect in effects
    ]
    # A row in one transaction changes all of its cells or none; a part of them is the sign of a torn one.
    wrong = combine([(1, cells), *((-1, part) for part in parts)])
    return [
        (row, factor, _elements(wrong))
        for row, part in zip(rows, parts, strict=True)
        for factor in (-1, 1)
        if wrong and {path: part.get(path) for path in wrong} == combine([(factor, wrong)])
    ]


def _elements(cells: Effect) -> list[CellElement]:
    return [
        CellElement(path, amount_of(units), trades)
        for path, (units, trades) in sorted(cells.items(), key=lambda cell: sort_key(cell[0]))
    ]


def _paths_to(leaf: str, within: str | None) -> list[str]:
    names = leaf.split(":")
    paths = [":".join(names[:length]) for length in range(1, len(names) + 1)]
    return paths if within else [GRAND_TOTAL, *paths]


def _below(cells: Mapping[str, T], within: str) -> dict[str, T]:
    return {path: each for path, each in cells.items() if path == within or path.startswith(f"{within}:")}


def _depth(path: str) -> int:
    return 0 if path == GRAND_TOTAL else path.count(":") + 1


def _parent(path: str) -> str:
    return path.rpartition(":")[0] or GRAND_TOTAL
