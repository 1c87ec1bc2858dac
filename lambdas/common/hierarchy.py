"""The roll-up tree, as paths: `PV:FXSpot:EMEA` lies below `PV:FXSpot`, which lies below `PV`.

In go the names that a trade has at each level, out come the paths that its value is added to. A name may be
any text: what would be read as something else inside a path is escaped. No AWS, no time, no environment.
"""

from collections.abc import Callable, Iterable, Sequence
from urllib.parse import unquote

__all__ = [
    "MAX_LEVELS",
    "MAX_PATH_BYTES",
    "ROOT",
    "ancestors_of",
    "escape_name",
    "leaf_path",
    "names_of",
    "parent_of",
    "paths_down_to",
    "split_leaves",
    "tree_order",
]

ROOT = "Grand Total"
SEPARATOR = ":"
# A path is the key of a row in AggregateTable, and DynamoDB keys end at 2,048 bytes.
MAX_PATH_BYTES = 2048
# One leaf with all its ancestors must fit into one transaction of 100 actions, beside the bookkeeping.
MAX_LEVELS = 90


def escape_name(name: str, *, top: bool = False) -> str:
    """Return a name as it is written inside a path; `top` says that it is the path's first.

    >>> escape_name("10:30 %"), escape_name("#1"), escape_name("Grand Total", top=True)
    ('10%3A30 %25', '%231', 'Grand%20Total')
    """
    if top and name == ROOT:
        return "Grand%20Total"
    if name.isalnum():
        return name
    escaped = name.replace("%", "%25").replace(SEPARATOR, "%3A")
    # Rows whose key begins with `#` hold the pipeline's own bookkeeping.
    return f"%23{escaped[1:]}" if escaped.startswith("#") else escaped


def leaf_path(names: Sequence[str]) -> str:
    """Return the path of a trade with these names, from the top level down.

    >>> leaf_path(["PV", "FXSpot", "EMEA"])
    'PV:FXSpot:EMEA'
    """
    return SEPARATOR.join(escape_name(name, top=depth == 0) for depth, name in enumerate(names))


def names_of(path: str) -> tuple[str, ...]:
    """Return the names that a path was made from.

    >>> names_of("10%3A30 %25:FXSpot")
    ('10:30 %', 'FXSpot')
    """
    return tuple(unquote(name) for name in path.split(SEPARATOR))


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


def parent_of(path: str) -> str:
    """Return the path one level up; a top-level path lies below the root.

    >>> parent_of("PV:FXSpot"), parent_of("PV")
    ('PV', 'Grand Total')
    """
    return path.rpartition(SEPARATOR)[0] or ROOT


def tree_order(leaves: Iterable[str]) -> list[str]:
    """Return the leaves so that each sub-tree stands together; the order depends on the leaves alone."""
    return sorted(leaves, key=lambda leaf: leaf.split(SEPARATOR))


def split_leaves(leaves: Iterable[str], *, limit: int, cost: Callable[[str], int]) -> list[list[str]]:
    """Cut leaves, in tree order, into few runs that each cost at most `limit`.

    A run costs the sum over its leaves and all their ancestors, each path once. A leaf that is too dear
    alone gets a run of its own.
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
