"""The plain twins: tables and small drawings for whoever reads text instead of HTML."""

import textwrap
from collections.abc import Iterable, Sequence

from workshop.pipeline.front_end import printable

__all__ = ["ARROW", "BETWEEN", "MINUS", "NONE", "bar", "plain_table", "plural", "took", "wrapped"]

WIDTH = 96
SHORTEST = 0.1
NONE = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
ARROW = " → "
# Between the names of a path, for people.
BETWEEN = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "


def plain_table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, right: Iterable[int] = ()
) -> str:
    """Return rows under headings in columns as wide as their widest cell; `right` are numbers.

    >>> print(plain_table(["Risk", "Total"], [["PV", "1.00"], ["Delta", "-20.00"]], right=[1]))
    Risk    Total
    -----  ------
    PV       1.00
    Delta  -20.00
    """
    numeric = set(right)
    cells = [[_one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
    lines = [headings, ["-" * width for width in widths], *cells]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if place in numeric else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def bar(done: int, total: int, width: int = 20) -> str:
    """Return a bar of characters.

    >>> bar(1, 4, 8)
    '[##------] 1 of 4'
    """
    full = round(width * done / total) if total else 0
    return f"[{'#' * full}{'-' * (width - full)}] {done} of {total}"


def wrapped(text: str, indent: str = "", *, width: int = WIDTH) -> str:
    """Return prose in lines of a readable length; paragraphs and lists keep their lines."""
    return "\n".join(
        textwrap.fill(line, width, initial_indent=indent, subsequent_indent=indent) if line else ""
        for line in text.splitlines()
    )


def plural(count: int, word: str) -> str:
    """Return a number with its noun.

    >>> plural(1, "item"), plural(2000, "item")
    ('1 item', '2,000 items')
    """
    return f"{count:,} {word}{'' if count == 1 else 's'}"


def took(seconds: float) -> str:
    """Return how long something took.

    >>> took(0.004), took(12.34)
    ('under 0.1 s', '12.3 s')
    """
    return f"{seconds:,.1f} s" if seconds >= SHORTEST else f"under {SHORTEST} s"


def _one_line(cell: object) -> str:
    return " ".join(printable(line) for line in str(cell).splitlines())
