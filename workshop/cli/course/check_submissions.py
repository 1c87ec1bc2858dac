"""`workshop check --submission`: checks what learners handed in, without touching the running cloud."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group, RenderableType
from rich.table import Column
from rich.text import Text

from workshop.cli.course.opened import mark_of
from workshop.cli.options import print_json
from workshop.cli.views.tables import folded, lean_table, unbroken
from workshop.course.exercise import Exercise, Outcome
from workshop.errors import ConfigurationError
from workshop.grading import (
    ClassResult,
    SubmissionProgress,
    SubmissionResult,
    check_submissions,
    find_containment,
)
from workshop.pipeline.front_end import printable

__all__ = ["check_folder", "draw_class"]


def check_folder(
    folder: Path,
    chosen: Sequence[Exercise],
    *,
    jobs: int,
    csv: Path | None,
    people: Console,
    as_json: bool,
) -> bool:
    """Check the submissions of a folder, and show or write the results; return whether all passed.

    Raises:
        ConfigurationError: there is no submission, or the file for the outcomes cannot be written.
    """
    # Shown before any submitted code runs, while the instructor can still stop.
    for warning in find_containment().warnings:
        people.print(Text(f"Not contained: {warning}", style="yellow"), soft_wrap=True)
    counter = _Counter(people)
    with counter.status:
        result = check_submissions(folder, exercises=chosen, jobs=jobs, on_progress=counter.count)
    if csv is not None:
        _write(csv, result.csv_text())
    if as_json:
        print_json(result.document())
    else:
        people.print(draw_class(result) if result.is_class else draw_one(result.submissions[0]))
        if csv is not None:
            people.print(Text(f"Every outcome stands in {csv}."))
    return result.is_passed


def draw_one(submission: SubmissionResult) -> RenderableType:
    """Draw one submission: each exercise with its outcome and feedback."""
    table = lean_table(*unbroken("Exercise", "Outcome"), *folded("What was seen"))
    for each in submission.exercises:
        table.add_row(Text(each.id), mark_of(each.outcome), Text(printable(each.feedback)))
    notes = [Text(printable(note), style="yellow") for note in submission.notes]
    return Group(table, *notes, Text(_summary(submission), style="bold"))


def draw_class(result: ClassResult) -> RenderableType:
    """Draw a class: how many exercises of each submission have which outcome."""
    counted = [Column(mark_of(outcome), justify="right") for outcome in Outcome]
    table = lean_table(*unbroken("Submission"), *counted, *folded("Notes"))
    for each in result.submissions:
        counts = (str(each.count(outcome) or "") for outcome in Outcome)
        table.add_row(Text(printable(each.name)), *counts, Text(printable(" ".join(each.notes))))
    done = sum(each.is_passed for each in result.submissions)
    return Group(
        table, Text(f"{done} of {len(result.submissions)} submissions passed every exercise.", style="bold")
    )


class _Counter:
    """Shows how far a class is: in a terminal as one changing line, elsewhere as a line per submission."""

    def __init__(self, people: Console) -> None:
        self._people = people
        self._judged: dict[str, SubmissionProgress] = {}
        self.status = people.status("checking", refresh_per_second=4)

    def count(self, progress: SubmissionProgress) -> None:
        """Show the progress of one submission; called from several threads."""
        self._judged[progress.name] = progress
        if progress.is_done and not self._people.is_terminal:
            self._people.print(Text(f"{printable(progress.name)}: checked", style="dim"))
        now = ", ".join(
            f"{printable(each.name)} {each.judged} of {each.exercises}"
            for each in self._judged.values()
            if not each.is_done
        )
        done = sum(each.is_done for each in self._judged.values())
        self.status.update(Text(f"{done} checked; now {now}" if now else f"{done} checked"))


def _summary(submission: SubmissionResult) -> str:
    done = submission.count(Outcome.PASSED)
    return f"{printable(submission.name)}: {done} of {len(submission.exercises)} passed."


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigurationError(
            f"the outcomes cannot be written to `{file}`: {error.strerror}; choose another file by `--csv`"
        ) from error
