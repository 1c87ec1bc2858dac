"""`workshop check`: says how far the exercises of the course are, one by one."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.text import Text

from workshop.cli.course.check_watch import check_when_saved
from workshop.cli.course.opened import StepPrinter, mark_of, open_progress
from workshop.cli.options import CloudChoice, JsonOption, cloud_options, console, print_json
from workshop.cli.views.tables import folded, lean_table, unbroken
from workshop.course.course import Course
from workshop.course.exercise import CheckResult, Exercise, Outcome, judge
from workshop.course.exercises import all_exercises, find_exercise
from workshop.errors import ConfigurationError
from workshop.pipeline.front_end import printable

__all__ = ["check", "draw_verdicts"]

WIDE = 100
BEFORE = "You passed it before."
Judged = Sequence[tuple[Exercise, CheckResult]]


SubmissionOption = Annotated[
    Path | None,
    typer.Option(
        help="A learner's folder, or a folder of such folders; each is run on its own.", metavar="DIR"
    ),
]
CsvOption = Annotated[
    Path | None, typer.Option(help="With --submission: also write the outcomes to this file.", metavar="FILE")
]
WatchOption = Annotated[
    bool, typer.Option("--watch", help="Check again whenever a handler file is saved; Ctrl-C ends it.")
]
JobsOption = Annotated[
    int, typer.Option(help="With --submission: how many to check at the same time.", min=1)
]


@cloud_options
def check(  # noqa: PLR0913 - each argument is an option of the command
    exercises: Annotated[
        list[str] | None,
        typer.Argument(help="Ids of exercises, such as connect-state.", metavar="[EXERCISE]..."),
    ] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Check all; the same as naming none.")] = False,
    submission: SubmissionOption = None,
    csv: CsvOption = None,
    jobs: JobsOption = 1,
    watch: WatchOption = False,
    as_json: JsonOption = False,
    cloud: CloudChoice,
) -> None:
    """Say which exercises are passed; ends with 0 only if all that were asked for are."""
    _check_options(exercises, every=every, submission=submission, csv=csv, watch=watch, as_json=as_json)
    chosen = tuple(map(find_exercise, exercises)) if exercises else all_exercises()
    people = console(stderr=as_json)
    if submission is not None:
        # Imported here, since other checks need not wait for it.
        from workshop.cli.course.check_submissions import check_folder  # noqa: PLC0415

        is_passed = check_folder(submission, chosen, jobs=jobs, csv=csv, people=people, as_json=as_json)
        raise typer.Exit(0 if is_passed else 1)
    course = Course(cloud.connect())
    if watch:
        check_when_saved(chosen, course.root, lambda some: _print_verdicts(course, some, people), people)
        return
    judged = _judge_all(course, chosen, people)
    if as_json:
        print_json(document_of(judged))
    else:
        people.print(draw_verdicts(judged, width=people.width))
        people.print(_summary(judged), course.cloud.badge, sep="\n")
    raise typer.Exit(0 if all(verdict.is_passed for _, verdict in judged) else 1)


def _check_options(
    exercises: Sequence[str] | None,
    *,
    every: bool,
    submission: Path | None,
    csv: Path | None,
    watch: bool,
    as_json: bool,
) -> None:
    """Refuse options that contradict each other.

    Raises:
        ConfigurationError: names the options and what to leave out.
    """
    if exercises and every:
        raise ConfigurationError("`--all` and ids of exercises contradict each other; leave one of them out")
    if csv is not None and submission is None:
        raise ConfigurationError("`--csv` belongs to `--submission`; add that, or take `--json` instead")
    if watch and (submission is not None or as_json):
        raise ConfigurationError("`--watch` is for people; leave out `--submission` and `--json`")


def document_of(judged: Judged) -> dict[str, Any]:
    """Return verdicts in the form of `--json`."""
    return {
        "exercises": [
            {"id": exercise.id, "outcome": verdict.outcome.value, "feedback": verdict.feedback}
            for exercise, verdict in judged
        ]
    }


def draw_verdicts(judged: Judged, *, width: int = WIDE) -> RenderableType:
    """Draw the exercises in the order of the course; in a narrow window the feedback stands below each."""
    seen_beside = folded("What was seen") if width >= WIDE else []
    table = lean_table(*unbroken("Notebook", "Exercise", "Outcome"), *seen_beside)
    parts: list[RenderableType] = [table]
    for exercise, verdict in judged:
        style = "dim" if verdict.outcome is Outcome.NOT_ATTEMPTED else ""
        seen = Text(printable(verdict.feedback), style=style)
        row = (exercise.notebook, Text(exercise.id), mark_of(verdict.outcome))
        if width >= WIDE:
            table.add_row(*row, seen)
        else:
            table.add_row(*row)
            if verdict.outcome is not Outcome.NOT_ATTEMPTED:
                parts += [Text(f"\n{exercise.id}", style="bold"), seen]
    return Group(*parts)


def _print_verdicts(course: Course, chosen: Sequence[Exercise], people: Console) -> None:
    people.print(draw_verdicts(_judge_all(course, chosen, people), width=people.width))


def _judge_all(
    course: Course, chosen: Sequence[Exercise], people: Console
) -> list[tuple[Exercise, CheckResult]]:
    progress, judged = open_progress(course, people), []
    with StepPrinter(people).running("checking") as teller:
        for number, exercise in enumerate(chosen, start=1):
            teller.passing(f"checking {exercise.id} ({number} of {len(chosen)})")
            verdict = judge(exercise, course)
            entry = progress.record(exercise.id, verdict)
            if entry.is_passed and not verdict.is_passed:
                # Many answers are about one moment: later notebooks empty tables and change code.
                verdict = replace(verdict, feedback=f"{verdict.feedback} {BEFORE}")
            judged.append((exercise, verdict))
    return judged


def _summary(judged: Judged) -> Text:
    done = sum(verdict.is_passed for _, verdict in judged)
    text = f"{done} of {len(judged)} passed."
    open_ones = [(exercise, verdict) for exercise, verdict in judged if not verdict.is_passed]
    if before := sum(verdict.feedback.endswith(BEFORE) for _, verdict in open_ones):
        text += f" {before} more passed before."
    following = next((each for each, verdict in open_ones if not verdict.feedback.endswith(BEFORE)), None)
    if following is not None:
        text += (
            f" Next: `{following.id}` in notebook {following.notebook}; `workshop hint {following.id}` helps."
        )
    return Text(text, style="bold" if open_ones else "bold green")
