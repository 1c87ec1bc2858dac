"""The roll-up tree: from the path of a leaf, `PV:FXSpot:EMEA`, to the paths above it, `PV:FXSpot` and `PV`.

Map and Reduce add a trade's value to all of these paths. `trades` makes the leaf's path from the names in a
message. Pure: no AWS, no time, no environment.
"""

from collections.abc import Callable, Iterable

from common.trades import SEPARATOR

__all__ = ["ancestors_of", "paths_down_to", "split_leaves", "tree_order"]


def paths_down_to(leaf: str) -> tuple[str, ...]:
    """Return every path from the top level down to the leaf, without the root.

    >>> paths_down_to("PV:FXSpot:EMEA")
    ('PV', 'PV:FXSpot', 'PV:FXSpot:EMEA')
    """
    return (*ancestors_of(leaf), leaf)


def ancestors_of(path: str) -> tuple[str, ...]:
    """Return every path above this one, from the top level down, without the root."""
    parts = path.split(SEPARATOR)
    return tuple(SEPARATOR.join(parts[:depth]) for depth in range(1, len(parts)))


def tree_order(leaves: Iterable[str]) -> list[str]:
    """Return the leaves with each sub-tree together; the same leaves always come in the same order."""
    return sorted(leaves, key=lambda leaf: leaf.split(SEPARATOR))


def split_leaves(leaves: Iterable[str], *, limit: int, cost: Callable[[str], int]) -> list[list[str]]:
    """Cut leaves, in tree order, into few runs of at most `limit` each.

    A run costs the sum over its leaves and all their ancestors, each path counted once. Tree order keeps
    siblings together, so that they share the cost of their ancestors. A leaf that exceeds the limit alone
    gets a run of its own.
    """
    runs: list[list[str]] = []
    counted: set[str] = set()
    spent = 0
    for leaf in tree_order(leaves):
        added = sum(cost(path) for path in paths_down_to(leaf) if path not in counted)
        if not runs or spent + added > limit:
            runs.append([])
            counted, spent = set(), 0
            added = sum(cost(path) for path in paths_down_to(leaf))
        runs[-1].append(leaf)
        counted.update(paths_down_to(leaf))
        spent += added
    return runs
