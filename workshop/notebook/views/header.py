"""The head of a notebook: which cloud, which stack, how far the learner is, and what was put in place.

In go plain values, out comes a display. Nothing is read here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workshop.course.catch_up import STUCK
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, code_in, element
from workshop.notebook.markup.texts import bar, wrapped
from workshop.notebook.views.cards import bullets, pill

__all__ = ["HeaderFacts", "WayOn", "draw_header", "meter", "with_mark"]


@dataclass(frozen=True)
class WayOn:
    """Where to go on: words, and a notebook, such as `04 · Map and reduce`, that links to its file `name`."""

    words: str
    notebook: str = ""
    name: str = ""


@dataclass(frozen=True)
class HeaderFacts:
    """What the head tells; `done` and `total` count the course's exercises, `here` those of this notebook."""

    title: str
    badge: str
    is_offline: bool
    stack: str
    is_deployed: bool
    done: int
    total: int
    here: tuple[int, int]
    restored: Sequence[str] = ()
    warnings: Sequence[str] = ()
    ways_on: Sequence[WayOn] = ()


def with_mark(step: str) -> str:
    """Return a step with the mark of how it ended."""
    return f"{'✗' if step.startswith(STUCK) else '✓'} {step}"


def draw_header(facts: HeaderFacts) -> Shown:
    """Return the head."""
    kind, _, rest = facts.badge.partition(": ")
    cloud = pill(f"{'◆' if facts.is_offline else '▲'} {kind}", "info" if facts.is_offline else "warn")
    stack = f"Stack `{facts.stack}`" + ("" if facts.is_deployed else ", not deployed yet")
    here_done, here_total = facts.here
    here = f"{here_done} of {here_total} here" if here_total else "nothing to solve here"
    parts: list[Html | None] = [
        element("div", element("span", facts.title, class_="title grow"), cloud, class_="row"),
        element("p", code_in(f"{stack} · {rest}"), class_="soft"),
        element(
            "div",
            element("span", "Exercises"),
            meter(facts.done, facts.total),
            element("span", f"{facts.done} of {facts.total} solved, {here}", class_="soft"),
            class_="row",
        ),
        *(element("p", code_in(way.words), _link(way)) for way in facts.ways_on),
        bullets(facts.restored) if facts.restored else None,
        *(element("p", pill("⚠ Note", "warn"), " ", code_in(line)) for line in facts.warnings),
    ]
    html = element("div", *parts, class_="card info", role="status")
    lines = [
        facts.title,
        facts.badge,
        stack.replace("`", ""),
        f"Exercises {bar(facts.done, facts.total)} solved, {here}",
        *(wrapped(f"{way.words}{way.notebook}".replace("`", "")) for way in facts.ways_on),
        *(wrapped(f"- {line}") for line in facts.restored),
        *(wrapped(f"Note: {line}") for line in facts.warnings),
    ]
    return Shown(html, "\n".join(lines))


def _link(way: WayOn) -> Html | None:
    return element("a", way.notebook, href=way.name) if way.name else None


def meter(done: int, total: int) -> Html:
    """Return a bar of progress; the figures belong beside it."""
    share = 100 * done / total if total else 0
    return element(
        "div",
        element("span", style=f"width:{share:.0f}%"),
        class_="meter grow",
        role="progressbar",
        aria_valuemin=0,
        aria_valuemax=total,
        aria_valuenow=done,
        aria_label=f"{done} of {total} exercises solved",
    )
