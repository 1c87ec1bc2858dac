"""What the commands of the course share: marks for outcomes, the progress file, a line about each step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.text import Text

from workshop.classroom.learner.recording import class_progress
from workshop.course.course import Course
from workshop.course.exercise import Outcome
from workshop.course.progress import CourseProgress

__all__ = ["MARKS", "StepPrinter", "mark_of", "open_progress", "warner"]

# Shape and word say what the colour says.
MARKS = {
    Outcome.PASSED: ("✔ passed", "bold green"),
    Outcome.NOT_ATTEMPTED: ("○ not attempted", "dim"),
    Outcome.INCORRECT: ("✘ incorrect", "bold red"),
    Outcome.BROKEN_CHECK: ("! broken check", "bold yellow"),
}


def open_progress(course: Course, people: Console) -> CourseProgress:
    """Return the learner's progress, which the class hears of; say so if a file is damaged."""
    progress = class_progress(course.home)
    course.on_note = progress.on_unsaved = warner(people)
    progress.entries()
    if progress.warning:
        progress.on_unsaved(progress.warning)
    return progress


def warner(people: Console) -> Callable[[str], None]:
    """Return what prints a line that a learner should know."""
    return lambda told: people.print(Text(told, style="yellow"), soft_wrap=True)


def mark_of(outcome: Outcome) -> Text:
    """Return an outcome as a word with a shape and a colour."""
    return Text(*MARKS[outcome])


class StepPrinter:
    """Says what is going on: a line that changes in a terminal, elsewhere one line for each step."""

    def __init__(self, people: Console) -> None:
        self._people = people
        self._status = people.status("", refresh_per_second=4)

    @contextmanager
    def running(self, first: str) -> Iterator["StepPrinter"]:
        """Show the line while the block runs."""
        self.passing(first)
        with self._status:
            yield self

    def passing(self, step: str) -> None:
        """Say what happens now, where the line can change."""
        self._status.update(Text(step))

    def tell(self, step: str) -> None:
        """Say what happens now, for good."""
        self._people.print(Text(step, style="dim"), soft_wrap=True)
        self.passing(step)
