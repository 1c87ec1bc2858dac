"""The table viewer: the rows of a DynamoDB table, and what has changed since they were last shown.

In go rows with their changes, out comes a display. A row that changed bears a shape and a word, and shows
the value before beside the value now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from workshop.notebook.markup.cells import ZONE, cell_html, cell_text, figures_beside, is_bulk, is_time
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, element, join, table
from workshop.notebook.markup.texts import ARROW, NONE, plain_table, plural
from workshop.notebook.views.differences import ChangeKind, RowChange

__all__ = ["View", "draw_rows"]

SHAPES = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "△", ChangeKind.REMOVED: "✕", ChangeKind.SAME: ""}
TONES = {ChangeKind.ADDED: "ok", ChangeKind.CHANGED: "warn", ChangeKind.REMOVED: "bad", ChangeKind.SAME: ""}
CHANGE_COLUMN = "Change"
SHORT_KEY = 26
# The trades of a row belong to leaves of its deltas: they stand beside them, without naming them again.
PATHS, BESIDE = "Deltas", "Trades"


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
    title = f"{view.name}: {plural(sum(each.change is not ChangeKind.REMOVED for each in rows), 'row')}"
    note = _note(rows, view) + (f" · times in {ZONE}" if _has_times(shown) else "")
    more = f"… and {len(rows) - len(shown):,} more" if len(rows) > len(shown) else ""
    if columns:
        body = _table(shown, columns, element("span", title, element("span", note, class_="soft")), view)
    else:
        body = element("p", element("strong", title), element("span", note, class_="soft"), role="status")
    html = join([body, element("p", more, class_="soft") if more else Html("")])
    drawn = _plain(shown, columns, view) if columns else ""
    return Shown(element("div", html), "\n".join(filter(None, [title + note, drawn, more])))


def _table(shown: Sequence[RowChange], columns: Sequence[str], caption: Html, view: View) -> Html:
    heads = [(name, _style_of(name, shown)) for name in columns]
    rows = []
    for each in shown:
        cells = [_cell(each, name) for name in columns]
        if view.seen_before:
            cells.insert(1, _mark(each.change))
        rows.append(("" if each.change is ChangeKind.SAME else str(each.change), cells))
    if view.seen_before:
        heads.insert(1, (CHANGE_COLUMN, "tight"))
    return table(heads, rows, caption=caption)


def _columns(rows: Sequence[Mapping[str, Any]], key: str) -> list[str]:
    names = dict.fromkeys(name for row in rows for name in row)
    first = [name for name in (key, "Value", "Version") if name in names]
    return first + [name for name in names if name not in first and not is_bulk(name)]


def _style_of(name: str, rows: Sequence[RowChange]) -> str:
    if name.endswith(("ID", "Hash", "Key")) or name == "Position":
        return "id"
    if _is_numeric(rows, name) or (name == BESIDE and all(_stands_beside(each.row) for each in rows)):
        return "num"
    values = [each.row.get(name) for each in rows]
    is_text = all(isinstance(value, str) for value in values)
    return "tight" if is_text and all(len(cell_text(value, name)) <= SHORT_KEY for value in values) else ""


def _is_numeric(rows: Sequence[RowChange], name: str) -> bool:
    values = [each.row[name] for each in rows if name in each.row]
    return bool(values) and all(isinstance(value, Decimal) for value in values)


def _cell(each: RowChange, name: str) -> Html:
    if name == BESIDE and each.before.keys().isdisjoint((PATHS, BESIDE)) and _stands_beside(each.row):
        return figures_beside(each.row[BESIDE], each.row[PATHS], name)
    if name not in each.before:
        return cell_html(each.row.get(name), name, "value") if name in each.row else _missing()
    was = _missing() if each.before[name] is None else cell_html(each.before[name], name, "was")
    now = cell_html(each.row[name], name, "now") if name in each.row else _missing()
    return element(
        "span", was, element("span", ARROW.lstrip(), class_="soft", aria_label="became"), now, class_="step"
    )


def _stands_beside(row: Mapping[str, Any]) -> bool:
    paths, values = row.get(PATHS), row.get(BESIDE)
    return isinstance(paths, Mapping) and isinstance(values, Mapping) and set(values) <= set(paths)


def _has_times(rows: Sequence[RowChange]) -> bool:
    return any(is_time(value, name) for each in rows for name, value in each.row.items())


def _missing() -> Html:
    return element("span", NONE, class_="soft")


def _mark(change: ChangeKind) -> Html:
    if change is ChangeKind.SAME:
        return element("span", "same", class_="soft")
    return element("span", f"{SHAPES[change]} {change}", class_=f"word {TONES[change]}")


def _note(rows: Sequence[RowChange], view: View) -> str:
    where = f" where {view.condition}" if view.condition else ""
    if not view.seen_before:
        return where
    counts = {change: sum(each.change is change for each in rows) for change in ChangeKind}
    told = [
        f"{counts[change]:,} {change}"
        for change in ChangeKind
        if counts[change] and change is not ChangeKind.SAME
    ]
    return f"{where} · since the last look: {', '.join(told) or 'nothing changed'}"


def _plain(shown: Sequence[RowChange], columns: Sequence[str], view: View) -> str:
    def text(each: RowChange, name: str) -> str:
        now = cell_text(each.row.get(name), name) if name in each.row else NONE
        return f"{cell_text(each.before[name], name)}{ARROW}{now}" if name in each.before else now

    heads, rows = (
        list(columns),
        [[text(each, name).replace("\n", "; ") for name in columns] for each in shown],
    )
    if view.seen_before:
        heads.insert(1, CHANGE_COLUMN)
        for each, row in zip(shown, rows, strict=True):
            row.insert(1, str(each.change))
    numeric = [place for place, name in enumerate(heads) if name in columns and _is_numeric(shown, name)]
    return plain_table(heads, rows, right=numeric)
