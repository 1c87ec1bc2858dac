"""The table viewer: the rows of a DynamoDB table, and what has changed since they were last shown.

In go rows with their changes, out comes a display. A row that changed bears a shape and a word, and shows
the value before beside the value now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workshop.notebook.differences import Change, RowChange
from workshop.notebook.display import Shown
from workshop.notebook.html import Html, element, join, table
from workshop.notebook.texts import ARROW, BETWEEN, NONE, plain_table, plural
from workshop.pipeline.front_end import shown_name
from workshop.pipeline.tables import format_amount

__all__ = ["View", "cell_text", "draw_rows"]

SHAPES = {Change.ADDED: "+", Change.CHANGED: "△", Change.REMOVED: "✕", Change.SAME: ""}
TONES = {Change.ADDED: "ok", Change.CHANGED: "warn", Change.REMOVED: "bad", Change.SAME: ""}
LONGEST_MAP = 8
LONGEST_TEXT = 400
# Attributes whose numbers are money; others are shown as they are stored.
AMOUNTS = {"Value", "Deltas"}


@dataclass(frozen=True)
class View:
    """How a table is shown: under which name, with its key first, how many rows, and what was asked for."""

    name: str
    key: str
    limit: int = 10
    condition: str = ""
    seen_before: bool = False


def draw_rows(rows: Sequence[RowChange], view: View) -> Shown:
    """Return the viewer's display."""
    shown = rows[: view.limit]
    columns = _columns([each.row for each in shown], view.key)
    changes = view.seen_before
    present = sum(each.change is not Change.REMOVED for each in rows)
    title = f"{view.name}: {plural(present, 'row')}"
    heads = [(name, "num" if _is_numeric(shown, name) else _style_of(name)) for name in columns]
    drawn = [
        (
            "" if each.change is Change.SAME else str(each.change),
            [_cell(each, name) for name in columns] + ([_mark(each.change)] if changes else []),
        )
        for each in shown
    ]
    note = _note(rows, view)
    more = f"… and {len(rows) - len(shown):,} more" if len(rows) > len(shown) else ""
    body: Html | None = None
    if columns:
        heads += [("Since the last look", "tight")] if changes else []
        caption = element("span", title, element("span", note, class_="soft"))
        body = table(heads, drawn, caption=caption)
    else:
        body = element("p", element("strong", title), " ", element("span", note, class_="soft"))
    html = join([body, element("p", more, class_="soft") if more else Html("")])
    return Shown(element("div", html), _plain(shown, columns, (title + note, more), changes=changes))


def cell_text(value: Any, name: str = "") -> str:  # noqa: PLR0911 - one line for each type of DynamoDB
    """Return a value of an item as people read it: maps as `name value`, amounts with two decimals."""
    match value:
        case Decimal() if name in AMOUNTS:
            return format_amount(value, grouped=True)
        case Decimal():
            return f"{value:f}"
        case Mapping():
            parts = [f"{shown_path(str(key))} {cell_text(each, name)}" for key, each in value.items()]
            more = [f"… {len(parts) - LONGEST_MAP} more"] if len(parts) > LONGEST_MAP else []
            return "\n".join(parts[:LONGEST_MAP] + more)
        case bool():
            return "yes" if value else "no"
        case None:
            return NONE
        case set() | frozenset() | list() | tuple():
            return ", ".join(sorted(cell_text(each) for each in value))
        case bytes():
            return f"{len(value):,} bytes"
    text = str(value)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "…"


def shown_path(path: str) -> str:
    """Return a path with names as people wrote them."""
    return BETWEEN.join(shown_name(name) for name in path.split(":"))


def _columns(rows: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    names = dict.fromkeys(name for row in rows for name in row)
    if not names:
        return []
    first = [name for name in (key, "Value") if name in names]
    return first + [name for name in names if name not in first and not _is_bulk(name)]


def _is_bulk(name: str) -> bool:
    """Say whether an attribute is bookkeeping that only fills the screen: histograms, expiry."""
    return name in {"Latency", "TimeToLive"} or (name.startswith("L") and name[1:].isdigit())


def _is_numeric(rows: Sequence[RowChange], name: str) -> bool:
    values = [each.row[name] for each in rows if name in each.row]
    return bool(values) and all(isinstance(value, Decimal) for value in values)


def _style_of(name: str) -> str:
    return "id" if name.endswith(("ID", "Hash", "Key")) or name == "Position" else ""


def _cell(each: RowChange, name: str) -> Html:
    now = cell_text(each.row.get(name), name) if name in each.row else NONE
    if name not in each.before:
        return _lines(now, "value")
    was = cell_text(each.before[name], name)
    return join(
        [_lines(was, "was"), element("span", ARROW, class_="soft", aria_label="became"), _lines(now, "now")]
    )


def _lines(text: str, style: str) -> Html:
    return element("span", join(text.split("\n"), "<br/>") if "\n" in text else text, class_=style)


def _mark(change: Change) -> Html:
    if change is Change.SAME:
        return element("span", "same", class_="soft")
    return element("span", f"{SHAPES[change]} {change}", class_=f"word {TONES[change]}")


def _note(rows: Sequence[RowChange], view: View) -> str:
    where = f" where {view.condition}" if view.condition else ""
    if not view.seen_before:
        return where
    counts = {change: sum(each.change is change for each in rows) for change in list(Change)[:3]}
    told = ", ".join(f"{count:,} {change}" for change, count in counts.items() if count)
    return f"{where} · since the last look: {told or 'nothing changed'}"


def _plain(
    shown: Sequence[RowChange], columns: Sequence[str], around: tuple[str, str], *, changes: bool
) -> str:
    def text(each: RowChange, name: str) -> str:
        now = cell_text(each.row.get(name), name) if name in each.row else NONE
        return f"{cell_text(each.before[name], name)}{ARROW}{now}" if name in each.before else now

    title, more = around
    rows = [
        [
            *(text(each, name).replace("\n", "; ") for name in columns),
            *([str(each.change)] if changes else []),
        ]
        for each in shown
    ]
    numeric = [place for place, name in enumerate(columns) if _is_numeric(shown, name)]
    heads = [*columns, *(["since the last look"] if changes else [])]
    return "\n".join(filter(None, [title, plain_table(heads, rows, right=numeric) if columns else "", more]))
