"""How far a learner is: the exercises in the order of the course, each with its outcome in word and shape.

In go exercises and what is known of them, out comes a display. Nothing is read here.
"""

from collections.abc import Mapping, Sequence

from workshop.course.exercise import Exercise, Outcome
from workshop.course.progress import ExerciseEntry
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, element, join, table
from workshop.notebook.markup.texts import bar, plain_table
from workshop.notebook.views.cards import OUTCOMES
from workshop.notebook.views.header import meter

__all__ = ["draw_progress"]

HEADS = ("Notebook", "Exercise", "Minutes", "Outcome", "Tries", "Hints")


def draw_progress(
    exercises: Sequence[Exercise], entries: Mapping[str, ExerciseEntry], *, notebook: str
) -> Shown:
    """Return the list; the exercises of `notebook` are marked."""
    done = sum(entries.get(each.id, ExerciseEntry()).is_passed for each in exercises)
    title = f"{done} of {len(exercises)} exercises solved"
    drawn, plain = [], []
    for each in exercises:
        entry = entries.get(each.id, ExerciseEntry())
        sign, word, tone = _standing(entry)
        here = "top" if each.notebook == notebook else ""
        tries = str(entry.attempts) if entry.attempts else ""
        helped = [str(entry.hints)] if entry.hints else []
        hints = " + ".join([*helped, *(["solution"] if entry.solution_taken else [])])
        style = f"word {tone}" if entry.outcome is not Outcome.NOT_ATTEMPTED else "soft"
        mark = element("span", f"{sign} {word}", class_=style)
        name = join([each.title, Html("<br/>"), element("code", each.id)])
        drawn.append((here, [each.notebook, name, str(each.minutes), mark, tries, hints]))
        plain.append(
            [each.notebook, f"{each.title} ({each.id})", each.minutes, f"{sign} {word}", tries, hints]
        )
    heads = list(zip(HEADS, ("tight", "", "num", "tight", "num", ""), strict=True))
    head = element("div", element("strong", title), meter(done, len(exercises)), class_="row")
    html = element("div", head, table(heads, drawn) if drawn else Html(""))
    return Shown(html, f"{title} {bar(done, len(exercises))}\n{plain_table(HEADS, plain, right=(2, 4))}")


def _standing(entry: ExerciseEntry) -> tuple[str, str, str]:
    if entry.is_passed and entry.outcome is not Outcome.PASSED:
        return "✓", "Passed before; the last check did not", "warn"
    return OUTCOMES[entry.outcome]
