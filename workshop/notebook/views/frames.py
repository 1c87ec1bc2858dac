"""Tables of pandas in the workshop's own form: text to the left, numbers to the right, no types below.

In goes a DataFrame or a Series, out comes a display. pandas is known by name and not imported: most notebooks
do without it.
"""

import re
from decimal import Decimal
from typing import Any

from workshop.notebook.markup.cells import cell_text
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import element, join, table
from workshop.notebook.markup.texts import NONE, plain_table

__all__ = ["FRAMES", "draw_frame"]

# Module and name, in pandas 3 and 2.
FRAMES = (
    ("pandas", "DataFrame"),
    ("pandas", "Series"),
    ("pandas.core.frame", "DataFrame"),
    ("pandas.core.series", "Series"),
)
LONGEST = 60
SHORT = 26
NUMBER = re.compile(r"[+\-\N{MINUS SIGN}]?[\d,]+(\.\d+)?")
DECIMALS = 4


def draw_frame(frame: Any) -> Shown:
    """Return a table; an index that only counts the rows is left out."""
    frame = frame.to_frame() if frame.ndim == 1 else frame
    is_counted = frame.index.name is None and list(frame.index) == list(range(len(frame)))
    heads = [str(name) for name in frame.columns]
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=not is_counted, name=None)]
    heads = heads if is_counted else ["" if frame.index.name is None else str(frame.index.name), *heads]
    numeric = [place for place, column in enumerate(zip(*rows, strict=True)) if _is_numeric(column)]
    short = [place for place, column in enumerate(zip(*rows, strict=True)) if max(map(len, column)) <= SHORT]
    styles = ["num" if place in numeric else "tight" if place in short else "" for place in range(len(heads))]
    count = "No rows." if not rows else f"… and {len(rows) - LONGEST:,} more" if len(rows) > LONGEST else ""
    drawn = table(list(zip(heads, styles, strict=True)), [("", row) for row in rows[:LONGEST]])
    html = join([drawn, element("p", count, class_="soft") if count else ""])
    text = "\n".join(filter(None, [plain_table(heads, rows[:LONGEST], right=numeric), count]))
    return Shown(element("div", html, class_="fit"), text)


def _cell(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - NaN, the only value that differs from itself
        return NONE
    if isinstance(value, dict):
        return cell_text(value).replace("\n", "; ")
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    if isinstance(value, bool | str):
        return str(value)
    if isinstance(value, float):
        return f"{round(value, DECIMALS):,}"
    return f"{value:,}" if isinstance(value, int | Decimal) or hasattr(value, "__index__") else str(value)


def _is_numeric(cells: tuple[str, ...]) -> bool:
    return all(NUMBER.fullmatch(cell) or cell == NONE for cell in cells)
