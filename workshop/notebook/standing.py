"""What the head of a notebook warns of: faults in force, functions that fail, and code that is another.

In go a course and a notebook's number, out come sentences, empty where there is nothing to say.
"""

from collections.abc import Collection

from botocore.exceptions import ClientError

from workshop.course.answers import is_solved_by
from workshop.course.catch_up import (
    FIRST_WITH_DATA,
    FIRST_WITH_STACK,
    LAST_WITH_STACK,
    WITH_STATELESS,
)
from workshop.course.course import Course
from workshop.course.exercise import Exercise, Function
from workshop.course.exercises import all_exercises, exercises_before
from workshop.course.parameters import has_course_parameters
from workshop.course.trials.trial import is_untouched
from workshop.errors import BundleError
from workshop.pipeline.last_errors import troubles_of
from workshop.pipeline.operations.live_faults import read_faults

__all__ = ["ahead", "behind", "failing", "faults_in_force", "unlike"]

NOT_YET = (
    "Not solved yet in your files: {}. Where this notebook runs them, totals can be off for that alone. "
    "`!workshop catch-up {} --yes`, in a cell of its own, puts in what is missing; your own versions are "
    "kept, and the pipeline's data are not."
)
AHEAD = (
    "Your code has solved `{}` of {} already, so not all that goes wrong in this notebook will. "
    '`ws.exercises.deploy_as_of("{}")` lets the functions run what this notebook begins with; your files '
    "stay, and `ws.deploy()` brings them back."
)
# They show what unguarded code does, and leave it to the learner's files.
UNGUARDED = ("04", "05", "06", "09")
OTHER_CODE = (
    "Other code runs in the cloud than stands in {}. If no experiment has put it there on purpose, "
    "`{}.deploy()` brings your files there."
)
OTHER_PARAMETERS = (
    "`{}` has other parameters than the course gives it, so figures and checks can come out otherwise. "
    "`!workshop catch-up {} --yes`, in a cell of its own, makes it anew, without its data."
)
FAULTS = "Faults on purpose are still in force: {}. `ws.live.faults(clear=True)` ends them."
FAILING = (
    "{} Mend that and run `ws.deploy()`, or let `!workshop catch-up {} --yes`, in a cell of its own, make "
    "all as this notebook needs it; your own versions are kept, and the pipeline's data are not."
)


def faults_in_force(course: Course) -> str:
    """Say which faults somebody has set and not ended; the stack is deployed."""
    try:
        found = read_faults(course.cloud, course.outputs)
    except ClientError:
        return ""  # the table is gone, or not everybody may read it
    plans = [plan for plan in (found.in_functions, found.in_cloud) if plan and not plan.is_empty]
    named = [f"`{name}`" for plan in plans for name in (*plan.rates, *plan.strikes)]
    return FAULTS.format(", ".join(named)) if named else ""


def failing(course: Course, notebook: str) -> str:
    """Say which functions fail from before, so that nothing comes through; the stack is deployed."""
    if not FIRST_WITH_DATA <= notebook <= LAST_WITH_STACK:
        return ""
    try:
        troubles = troubles_of(course.cloud, course.outputs, course.pipeline)
    except ClientError:
        return ""  # not everybody may read logs
    return FAILING.format(" ".join(troubles), notebook) if troubles else ""


def unlike(course: Course, notebook: str) -> list[str]:
    """Say of each stack that a notebook uses whether code or parameters are not what they should be."""
    if not FIRST_WITH_STACK <= notebook <= LAST_WITH_STACK:
        return []
    told = []
    for own in (course, course.stateless) if notebook == WITH_STATELESS else (course,):
        try:
            if not own.is_deployed:
                continue
            if files := [f"`lambdas/{own.pipeline}/{each}.py`" for each in own.undeployed()]:
                call = "ws" if own is course else f"ws.{own.pipeline}"
                told.append(OTHER_CODE.format(" and ".join(files), call))
            if not has_course_parameters(own):
                told.append(OTHER_PARAMETERS.format(own.stack, notebook))
        except BundleError as error:
            told.append(str(error))
        except ClientError:
            continue  # not everybody may read all of that
    return told


def behind(course: Course, notebook: str) -> str:
    """Say which earlier exercises in files the notebook builds on, and the learner has left out."""
    skipped = [
        f"`{each.id}` of {each.notebook}"
        for each in exercises_before(notebook)
        if (place := _place(each, course)) and is_untouched(place, course.root)
    ]
    is_needed = skipped and notebook <= LAST_WITH_STACK
    return NOT_YET.format(", ".join(skipped), notebook) if is_needed else ""


def ahead(course: Course, notebook: str, passed: Collection[str]) -> str:
    """Say which later exercise the code has solved, so that the notebook's experiments end otherwise."""
    if notebook not in UNGUARDED:
        return ""
    for each in all_exercises():
        place = _place(each, course) if each.notebook > notebook else None
        if place is None or is_untouched(place, course.root):
            continue
        if each.id in passed or is_solved_by(each, course.root):
            return AHEAD.format(each.id, each.notebook, notebook)
    return ""


def _place(exercise: Exercise, course: Course) -> Function | None:
    """Return where the answer to an exercise stands in the handler files of the course's pipeline."""
    place = exercise.answer_location
    is_ours = isinstance(place, Function) and place.path.startswith(course.pipeline)
    return place if is_ours and isinstance(place, Function) else None
