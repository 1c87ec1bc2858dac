"""The way of one trade: how many files one has to read to explain StateLambda."""

import ast
from pathlib import Path

import pytest

from tests.lambdas.handler_bench import ROOT


def modules_of(path: Path) -> set[str]:
    """Return the modules of `common` that a file imports, at its head or inside its functions."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    named = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    named |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert "common" not in named, f"{path}: import names from the modules of `common`"
    return {name.removeprefix("common.") for name in named if name.startswith("common.")}


def way_of(handler: Path) -> list[Path]:
    """Return a handler's file and those that it imports from `common`, directly or through one another."""
    files, found = [handler], set[str]()
    for path in files:
        new = sorted(modules_of(path) - found)
        found.update(new)
        files.extend(ROOT / "lambdas" / "common" / f"{module}.py" for module in new)
    return files


@pytest.mark.parametrize(
    ("handler", "limit"),
    [("solutions/lambdas/ledger/stateful/state.py", 10), ("lambdas/stateful/state.py", 8)],
)
def test_the_way_of_one_trade_is_short(handler: str, limit: int) -> None:
    """With the ledger, StateLambda can be explained from ten files, the starter's from eight.

    Counted are the handler's own file and every module of `common` that it imports, directly or through
    another module of `common`; the empty `common/__init__.py` is not.
    """
    way = way_of(ROOT / handler)

    assert "storage.py" in {path.name for path in way}
    assert len(way) <= limit, [path.name for path in way]
