"""Cards: what the session says in words. Results are announced, and each has a shape beside its colour.

In go plain values, out come displays. Nothing is judged here.
"""

from collections.abc import Iterable, Sequence

from workshop.course.exercise import CheckResult, Exercise, Outcome
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, code_in, element, join
from workshop.notebook.markup.texts import wrapped

__all__ = ["OUTCOMES", "card", "hint_card", "pill", "solution_card", "status_line", "verdict_card"]

# Outcome: shape, word, tone.
OUTCOMES = {
    Outcome.PASSED: ("✓", "Passed", "ok"),
    Outcome.NOT_ATTEMPTED: ("○", "Not attempted yet", "info"),
    Outcome.INCORRECT: ("✗", "Not yet right", "bad"),
    Outcome.BROKEN_CHECK: ("⚠", "The check itself failed", "warn"),
}
LOOKING = ("◐", "Checking", "info")


def pill(text: str, tone: str = "") -> Html:
    """Return a small label."""
    return element("span", text, class_=f"pill {tone}".strip())


def status_line(label: str, text: str, tone: str) -> Shown:
    """Return a pill with a sentence behind it, for a step that is being done or has just been done."""
    html = element("div", pill(label, tone), element("span", code_in(text)), class_="row", role="status")
    return Shown(html, f"{label}: {text}")


def card(title: object, body: object = None, *, tone: str = "info", status: bool = True) -> Html:
    """Return a bordered card; with `status` a screen reader announces it when it appears."""
    return element(
        "div",
        element("div", title, class_="title"),
        None if body is None else body,
        class_=f"card {tone}",
        role="status" if status else None,
    )


def verdict_card(
    exercise: Exercise, verdict: CheckResult, next_step: str = "", *, is_looking: bool = False
) -> Shown:
    """Return what a check found, or that it is looking."""
    sign, word, tone = LOOKING if is_looking else OUTCOMES[verdict.outcome]
    title = element("div", pill(f"{sign} {word}", tone), element("span", exercise.title), class_="row")
    body = [
        element("p", code_in(verdict.feedback), class_="prose"),
        element("p", code_in(next_step), class_="soft") if next_step else None,
    ]
    text = "\n".join(
        filter(
            None,
            [f"{sign} {word}: {exercise.title}", wrapped(verdict.feedback, "  "), wrapped(next_step, "  ")],
        )
    )
    return Shown(card(title, join(filter(None, body)), tone=tone), text)


def hint_card(exercise: Exercise, taken: int) -> Shown:
    """Return the hints that were taken so far, the newest last."""
    hints = exercise.hints[:taken]
    left = len(exercise.hints) - taken
    more = (
        f'`ws.hint("{exercise.id}")` again gives hint {taken + 1} of {len(exercise.hints)}.'
        if left
        else f'That was the last one; `ws.solution("{exercise.id}")` shows a way to do it.'
    )
    items = [_hint(hint) for hint in hints]
    title = f"Hint {taken} of {len(exercise.hints)}: {exercise.title}"
    body = join([element("ol", *items), element("p", code_in(more), class_="soft")])
    lines = [f"{number}. {hint}" for number, hint in enumerate(hints, start=1)]
    return Shown(card(title, body), "\n".join([title, *(wrapped(line, "  ") for line in lines), more]))


def solution_card(title: str, code: str, *, advice: str, is_open: bool, call: str) -> Shown:
    """Return a solution behind a line that opens it; as text only if it is asked for."""
    body = join(
        [
            element("p", code_in(advice), class_="soft"),
            element("details", element("summary", "Show the solution"), element("pre", code), open=is_open),
        ]
    )
    text = f"{title}\n{advice}\n" + (code if is_open else f"Show it with `{call}`.")
    return Shown(card(title, body), text)


def bullets(lines: Iterable[str]) -> Html:
    """Return prose lines, each on a line of its own."""
    return element("ul", *(element("li", code_in(line)) for line in lines), class_="plain soft")


def _hint(text: str) -> Html:
    """Return a hint; the lines of code in it, indented by four or fenced, keep their form."""
    prose, code = ([], text.splitlines()) if _is_code(text) else _split_code(text.splitlines())
    parts: list[Html] = [element("span", code_in("\n".join(prose)), class_="prose")]
    if code:
        parts.append(element("pre", "\n".join(code)))
    return element("li", *parts)


def _is_code(text: str) -> bool:
    """Say whether a hint is nothing but code: it calls something, names arguments and marks none."""
    return "`" not in text and "(" in text and "=" in text and not text.rstrip().endswith(".")


def _split_code(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    prose = [line for line in lines if not line.startswith("    ") and not line.startswith("```")]
    return prose, [line[4:] for line in lines if line.startswith("    ")]
