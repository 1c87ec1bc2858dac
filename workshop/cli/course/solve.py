"""`workshop hint`, `solve`, `reset`, `catch-up`: help on the way, and ways back and forth in the course."""

from collections.abc import Callable
from typing import Annotated

import typer
from rich.console import Console
from rich.syntax import Syntax
from rich.text import Text

from workshop.classroom.learner.delivery import bring_released
from workshop.classroom.learner.recording import class_progress
from workshop.cli.course.opened import StepPrinter, open_progress, warner
from workshop.cli.options import CloudChoice, YesOption, agree, cloud_options, console
from workshop.clock import stopwatch
from workshop.course.answers import solution_text
from workshop.course.catch_up import catch_up as catch_up_with
from workshop.course.catch_up import lost_by
from workshop.course.course import Course
from workshop.course.exercise import Cell, Exercise, Function
from workshop.course.exercises import checked_notebook, find_exercise
from workshop.course.progress import CourseProgress
from workshop.course.solving import Done
from workshop.course.solving import reset as reset_exercise
from workshop.course.solving import solve as solve_exercise
from workshop.errors import ConfigurationError, StackNotFoundError
from workshop.settings import home_folder, project_root

__all__ = ["catch_up", "hint", "reset", "solve"]

ExerciseArgument = Annotated[str, typer.Argument(help="Id of an exercise, such as connect-state.")]
STEPS = ("a question", "a pointer", "nearly the code")
NOT_DEPLOYED = "no stack is called `{}`; run notebook {} from its first cell on, which sets it up"


def hint(
    exercise: ExerciseArgument,
    *,
    step: Annotated[
        int | None,
        typer.Option(help="1, 2 or 3; without it, the one after the last that you saw.", min=1, max=3),
    ] = None,
) -> None:
    """Show the next hint of an exercise: first a question, then a pointer, then nearly the code."""
    found, people = find_exercise(exercise), console()
    progress = class_progress(home_folder())
    progress.on_unsaved = warner(people)
    shown = step or min(progress.of(found.id).hints + 1, len(found.hints))
    progress.take_hint(found.id, shown)
    people.print(Text(f"{found.title} ({found.id}, notebook {found.notebook})", style="bold"))
    people.print(Text(f"Hint {shown} of {len(found.hints)}, {STEPS[shown - 1]}:", style="dim"))
    people.print(Text(found.hints[shown - 1]), soft_wrap=True)
    if shown == len(found.hints):
        people.print(
            Text(f"There is no further hint; `workshop solve {found.id}` shows the solution.", style="dim")
        )


@cloud_options
def solve(
    exercise: ExerciseArgument,
    *,
    yes: YesOption = False,
    cloud: CloudChoice,
) -> None:
    """Put the solution of an exercise in place; your own version is kept beside."""
    found = find_exercise(exercise)
    bring_released(home_folder(), project_root())
    if found.deletes:
        if not yes:
            _print_code(solution_text(found, project_root()), console())
        agree(f"The solution of `{found.id}` deletes {found.deletes}.", yes=yes)
    _put(exercise, cloud, "solving", solve_exercise, CourseProgress.take_solution)


@cloud_options
def reset(
    exercise: ExerciseArgument,
    *,
    yes: YesOption = False,
    cloud: CloudChoice,
) -> None:
    """Put the starter of one exercise back; your own version is kept beside."""
    found = find_exercise(exercise)
    place = found.answer_location
    lost = f"your code in `lambdas/{place.path}`" if isinstance(place, Function) else "what its cell has made"
    agree(
        f"This takes back {lost}, and what is recorded of your progress with `{found.id}`; "
        "help that you took stays counted.",
        yes=yes,
    )
    _put(exercise, cloud, "resetting", reset_exercise, CourseProgress.reset)


@cloud_options
def catch_up(
    notebook: Annotated[str, typer.Argument(help="Number of a notebook, such as 05.", metavar="NN")],
    *,
    yes: YesOption = False,
    cloud: CloudChoice,
) -> None:
    """Bring code, data, connections and parameters to where a notebook begins; your own versions are kept."""
    number, people = checked_notebook(notebook.zfill(2)), console()
    course = Course(cloud.connect())
    if lost := lost_by(course, number):
        agree(lost, yes=yes)
    bring_released(course.home, course.root)
    started = stopwatch()
    with StepPrinter(people).running(f"catching up with notebook {number}") as teller:
        steps = catch_up_with(course, number, say=teller.tell)
    counted = "1 step" if len(steps) == 1 else f"{len(steps)} steps"
    done = f"{counted} in {stopwatch() - started:.0f} s" if steps else "everything was in place"
    people.print(Text(f"Ready for notebook {number}: {done}.", style="bold green"))


def _put(
    exercise_id: str,
    cloud: CloudChoice,
    doing: str,
    put: Callable[[Exercise, Course], Done],
    note: Callable[[CourseProgress, str], object],
) -> None:
    """Put a text in an answer's place, note that in the progress, and show the text if it is short."""
    exercise, people = find_exercise(exercise_id), console()
    course = Course(cloud.connect())
    with StepPrinter(people).running(f"{doing} {exercise.id}"):
        try:
            done = put(exercise, course)
        except StackNotFoundError as error:
            raise ConfigurationError(NOT_DEPLOYED.format(error.stack, exercise.notebook)) from error
    note(open_progress(course, people), exercise.id)
    people.print(Text(done.message), soft_wrap=True)
    is_short = isinstance(exercise.answer_location, Cell) or exercise.answer_location.name is not None
    if is_short:
        _print_code(done.text, people)


def _print_code(code: str, people: Console) -> None:
    """Print code whole, however narrow the window is: it is there to be copied."""
    people.print(Syntax("", "python", background_color="default").highlight(code.rstrip()), soft_wrap=True)
