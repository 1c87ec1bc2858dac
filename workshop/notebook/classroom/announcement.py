"""Where the class is, and what catching up with it has done.

In go plain values, out come displays.
"""

from collections.abc import Sequence

from workshop.notebook.content import NotebookFile
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import code_in, element, join
from workshop.notebook.markup.texts import wrapped
from workshop.notebook.views.cards import bullets, card, pill

__all__ = ["draw_announcement", "draw_caught_up"]

KEPT = "Catching up keeps copies of your files, and brings data and code to where that notebook begins."
CALL = "Without the button: `!workshop catch-up {} --yes`, in a cell of its own."


def draw_announcement(notebook: str, title: str) -> Shown:
    """Return where the class is."""
    told = f"The class is at {notebook} — {title}"
    head = element("div", pill("▶ Class", "info"), element("span", told), class_="row")
    lines = (KEPT, CALL.format(notebook))
    body = join(element("p", code_in(line), class_="soft") for line in lines)
    return Shown(card(head, body), "\n".join([told, *map(wrapped, lines)]))


def draw_caught_up(notebook: str, file: NotebookFile, steps: Sequence[str], *, is_over: bool) -> Shown:
    """Return what has been done so far, and at the end where to go on."""
    sign, word, tone = ("✓", "Caught up", "ok") if is_over else ("◐", "Catching up", "info")
    told = f"Go on with {notebook} · {file.title}" if is_over else f"with {notebook} · {file.title}"
    place = element("a", told, href=file.name) if is_over and file.name else element("span", told)
    head = element("div", pill(f"{sign} {word}", tone), place, class_="row")
    text = "\n".join([f"{sign} {word}: {told}", *(wrapped(f"- {step}") for step in steps)])
    return Shown(card(head, bullets(steps) if steps else None, tone=tone), text)
