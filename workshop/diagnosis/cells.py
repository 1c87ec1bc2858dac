"""The cells of AggregateTable: which differ from the truth, and which differ from their own children.

In go a snapshot and the truth, out come the paths with their exact differences, those of them where a parent
is not the sum of its children, and the rows of ReduceTable that could have torn them.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from workshop.diagnosis.effects import EXACT
from workshop.diagnosis.values import CellElement
from workshop.pipeline.aggregates import AggregateSnapshot, sort_key
from workshop.pipeline.tables import ReduceRow
from workshop.pipeline.truth import GRAND_TOTAL, Truth

__all__ = ["leaves_of", "rows_below", "snapshot_below", "torn_by", "torn_cells", "truth_below"]

NOTHING = (Decimal(0), 0)
Cell = tuple[Decimal, int]


def snapshot_below(snapshot: AggregateSnapshot, within: str | None) -> AggregateSnapshot:
    """Return the part of a snapshot that lies at or below a path; all of it without one."""
    if within is None:
        return snapshot
    return replace(
        snapshot,
        totals={path: total for path, total in snapshot.totals.items() if _is_below(path, within)},
        trades={path: count for path, count in snapshot.trades.items() if _is_below(path, within)},
        message_count=0,
    )


def truth_below(truth: Truth, within: str | None) -> Truth:
    """Return the part of the truth that lies at or below a path; all of it without one."""
    if within is None:
        return truth
    return Truth(
        {path: total for path, total in truth.totals.items() if _is_below(path, within)},
        {path: count for path, count in truth.trades.items() if _is_below(path, within)},
        frozenset(leaf for leaf in truth.leaves if _is_below(leaf, within)),
    )


def rows_below(rows: Sequence[ReduceRow], within: str | None) -> list[ReduceRow]:
    """Return what the rows add at or below a path; a row that adds nothing there is left out."""
    if within is None:
        return list(rows)
    parts = [
        replace(
            row,
            deltas={path: amount for path, amount in row.deltas.items() if _is_below(path, within)},
            trades={path: count for path, count in row.trades.items() if _is_below(path, within)},
        )
        for row in rows
    ]
    return [part for part in parts if part.deltas]


def leaves_of(snapshot: AggregateSnapshot, depth: int) -> tuple[dict[str, Decimal], dict[str, int]]:
    """Return totals and trades of the paths with this many names."""
    return (
        {path: total for path, total in snapshot.totals.items() if _depth(path) == depth},
        {path: count for path, count in snapshot.trades.items() if _depth(path) == depth},
    )


def torn_cells(snapshot: AggregateSnapshot, depth: int, within: str | None = None) -> list[CellElement]:
    """Return the paths whose total or trades are not the sums of those one level below."""
    cells = _cells(snapshot)
    sums: dict[str, Cell] = {}
    for path, (total, count) in cells.items():
        if path not in (GRAND_TOTAL, within) and (parent := _parent(path)):
            known = sums.get(parent, NOTHING)
            sums[parent] = EXACT.add(known[0], total), known[1] + count
    torn = []
    for path in sorted({*cells, *sums}, key=sort_key):
        if _depth(path) < depth:
            own, children = cells.get(path, NOTHING), sums.get(path, NOTHING)
            if own != children:
                torn.append(CellElement(path, EXACT.subtract(own[0], children[0]), own[1] - children[1]))
    return torn


def torn_by(
    snapshot: AggregateSnapshot, rows: Sequence[ReduceRow], within: str | None = None
) -> list[tuple[ReduceRow, int, tuple[CellElement, ...]]]:
    """Return the rows that explain every difference between totals and rows, by some of their cells alone.

    Beside each row stand -1 if those cells lack it or 1 if they have it twice, and the cells.
    """
    counted = bool(snapshot.trades)
    parts = [_cells_of_row(row, within, counted=counted) for row in rows]
    expected: dict[str, Cell] = {}
    for part in parts:
        for path, cell in part.items():
            expected[path] = _add(expected.get(path, NOTHING), cell)
    cells = _cells(snapshot)
    differences = {
        path: _add(cells.get(path, NOTHING), expected.get(path, NOTHING), -1) for path in {*cells, *expected}
    }
    wrong = {path: cell for path, cell in differences.items() if any(cell)}
    found = []
    for row, part in zip(rows, parts, strict=True):
        for factor in (-1, 1):
            predicted = {path: _add(NOTHING, part.get(path, NOTHING), factor) for path in wrong}
            if wrong and predicted == wrong:
                elements = [CellElement(path, *wrong[path]) for path in sorted(wrong, key=sort_key)]
                found.append((row, factor, tuple(elements)))
    return found


def _cells(snapshot: AggregateSnapshot) -> dict[str, Cell]:
    return {
        path: (snapshot.totals.get(path, Decimal(0)), snapshot.trades.get(path, 0))
        for path in {*snapshot.totals, *snapshot.trades}
    }


def _cells_of_row(row: ReduceRow, within: str | None, *, counted: bool) -> dict[str, Cell]:
    """Return what a row adds to every path; its trades stand at the leaves alone, and are summed here."""
    cells: dict[str, Cell] = {path: (amount, 0) for path, amount in row.deltas.items()}
    for leaf, count in row.trades.items() if counted else ():
        parts = leaf.split(":")
        for length in range(1, len(parts) + 1):
            path = ":".join(parts[:length])
            cells[path] = _add(cells.get(path, NOTHING), (Decimal(0), count))
    if within is None:
        tops = [cell for path, cell in cells.items() if _depth(path) == 1]
        root = NOTHING
        for cell in tops:
            root = _add(root, cell)
        cells[GRAND_TOTAL] = root
    return cells


def _add(one: Cell, other: Cell, factor: int = 1) -> Cell:
    return EXACT.fma(other[0], Decimal(factor), one[0]), one[1] + factor * other[1]


def _is_below(path: str, within: str) -> bool:
    return path == within or path.startswith(f"{within}:")


def _depth(path: str) -> int:
    return 0 if path == GRAND_TOTAL else path.count(":") + 1


def _parent(path: str) -> str:
    return path.rpartition(":")[0] or GRAND_TOTAL
