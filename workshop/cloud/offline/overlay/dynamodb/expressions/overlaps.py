"""No path of an update or a projection may lie within another, nor use one place as a map and as a list."""

from collections.abc import Iterable

from workshop.cloud.offline.overlay.dynamodb.expressions.tokens import ExpressionError
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import Path

__all__ = ["check_distinct"]

Prefix = tuple[str | int, ...]


def check_distinct(kind: str, paths: Iterable[Path]) -> None:
    """Compare all paths with each other.

    Raises:
        ExpressionError: two of them overlap, or cannot both exist.
    """
    # Where a path ends, and where one leads through: two overlap if one ends where the other ends or leads
    # through.
    ends: dict[Prefix, Path] = {}
    inner: dict[Prefix, Path] = {}
    for path in paths:
        prefixes = [path.parts[:length] for length in range(1, len(path.parts))]
        met = next((ends[prefix] for prefix in (*prefixes, path.parts) if prefix in ends), None)
        if met is None:
            met = inner.get(path.parts)
        if met is not None:
            raise _error(kind, "overlap", met, path)
        # `a.b` wants a map at `a`, and `a[0]` a list, so no item can have both.
        for place, prefix in enumerate(prefixes, start=1):
            first = inner.setdefault(prefix, path)
            if isinstance(first.parts[place], int) != isinstance(path.parts[place], int):
                raise _error(kind, "conflict", first, path)
        ends[path.parts] = path


def _error(kind: str, relation: str, first: Path, second: Path) -> ExpressionError:
    return ExpressionError(
        kind,
        f"Two document paths {relation} with each other; must remove or rewrite one of these paths; "
        f"path one: {first}, path two: {second}",
    )
