"""How the source reads: no literal is torn, no comment tears its line, and a class name means one thing."""

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SHORTEST_PIECE = 20
# Two things each, in parts that never meet in one module. The generator has clocks of its own, since it
# imports only what its bundle holds.
DEFINED_TWICE = {"Batch", "Bundle", "Change", "Clock", "SystemClock", "Target"}


def sources(*folders: str) -> list[Path]:
    return [
        path
        for folder in folders or ("workshop", "lambdas", "solutions", "tests")
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]


def adjacent_literals(path: Path) -> Iterator[list[str]]:
    """Yield the pieces of every string that is written as several literals side by side."""
    pieces: list[str] = []
    for token in tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline):
        if token.type == tokenize.STRING:
            pieces.append(token.string.lstrip("bBfFrR")[1:-1])
        elif token.type not in {tokenize.NL, tokenize.COMMENT}:
            if len(pieces) > 1:
                yield pieces
            pieces = []


def torn_pieces(pieces: list[str]) -> list[str]:
    """Return pieces with hardly a word in them; one that is a line of its own (of code, say) may be short."""
    is_line = [piece.endswith("\\n") or before.endswith("\\n") for before, piece in pairwise(["", *pieces])]
    return [
        piece
        for piece, whole in zip(pieces, is_line, strict=True)
        if not whole and len(piece) < SHORTEST_PIECE
    ]


def test_no_literal_is_torn() -> None:
    """A string over several lines fills them: no piece is a lone word that a wrapper left behind."""
    strings = [(path, pieces) for path in sources() for pieces in adjacent_literals(path)]
    assert strings
    torn = [
        f"{path.relative_to(ROOT)}: {piece!r}" for path, pieces in strings for piece in torn_pieces(pieces)
    ]
    assert not torn, torn


def test_no_comment_tears_an_except_clause() -> None:
    """A comment behind `except X as error:` fits on its line, lest the formatter put parentheses around X."""
    handlers = [
        (path, node)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
    ]
    assert handlers
    torn = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, node in handlers
        if isinstance(node.type, ast.Name | ast.Attribute) and node.type.lineno != node.lineno
    ]
    assert not torn, torn


def test_a_class_name_means_one_thing() -> None:
    """No public class name is defined twice in workshop and lambdas, but for the few that are named here."""
    defined = Counter(
        node.name
        for path in sources("workshop", "lambdas")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert defined
    assert {name for name, count in defined.items() if count > 1} <= DEFINED_TWICE
