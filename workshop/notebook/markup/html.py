"""HTML from Python values, with every piece of data escaped on its way in.

In go names, attributes and children, out comes markup. Text becomes markup only through `element` and
`escaped`, so nothing that a learner, a table or a message contains can act as HTML.
"""

import html as standard
import re
from collections.abc import Iterable

from workshop.pipeline.front_end import printable

__all__ = ["Html", "code_in", "element", "escaped", "join", "table"]

VOID = {"br", "hr", "input", "path", "line", "rect", "circle", "polyline", "wbr"}
BETWEEN_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")
CODE = re.compile(r"`([^`\n]+)`")


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


def escaped(text: object) -> Html:
    """Return any value as markup that shows its text; markup stays as it is."""
    if isinstance(text, Html):
        return text
    lines = "\n".join(printable(line) for line in str(text).splitlines())
    return Html(standard.escape(lines, quote=True))


def join(parts: Iterable[object], between: str = "") -> Html:
    """Return the parts as one piece of markup."""
    return Html(between.join(escaped(part) for part in parts))


def element(tag: str, *children: object, **attributes: object) -> Html:
    """Return an element; `class_` stands for class, `aria_label` for aria-label, None leaves something out.

    >>> element("td", "a < b", class_="num")
    '<td class="num">a &lt; b</td>'
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escaped(value)}"' if value is not True else f" {name}"
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in VOID:
        return Html(f"<{tag}{written}/>")
    return Html(f"<{tag}{written}>{join(child for child in children if child is not None)}</{tag}>")


def code_in(text: str) -> Html:
    """Return prose as markup in which what stands between backticks is code, and lines stay lines."""
    parts = CODE.split(text)
    return join(
        (element("code", part) if place % 2 else part for place, part in enumerate(parts)),
    )


def table(
    columns: Iterable[tuple[str, str]],
    rows: Iterable[tuple[str, Iterable[object]]],
    *,
    caption: object = None,
) -> Html:
    """Return a table: `columns` are (heading, class), each row is (class, cells); the first cell heads it."""
    heads = list(columns)
    body = []
    for row_class, cells in rows:
        drawn = [
            element("th", cell, scope="row", class_=style or None)
            if place == 0
            else element("td", cell, class_=style or None)
            for place, (cell, (_, style)) in enumerate(zip(cells, heads, strict=True))
        ]
        body.append(element("tr", *drawn, class_=row_class or None))
    head = element(
        "tr", *(element("th", _foldable(name), scope="col", class_=style or None) for name, style in heads)
    )
    return element(
        "div",
        element(
            "table",
            None if caption is None else element("caption", caption),
            element("thead", head),
            element("tbody", *body),
        ),
        class_="ws-scroll",
        tabindex="0",
        role="region",
        aria_label=str(caption) if isinstance(caption, str) and not isinstance(caption, Html) else "table",
    )


def _foldable(name: str) -> Html:
    """Return a name that may be broken between its words, as `MessageCount` may."""
    return join(BETWEEN_WORDS.split(name), Html("<wbr/>"))
