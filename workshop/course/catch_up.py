"""Brings a course to where a notebook or an exercise begins.

`restore` adds what is missing when a notebook is opened, and does not touch the learner's files. `catch_up`
is for a learner who asks for it: everything is as the notebook expects, and changed files are kept aside.
Both return the steps that they took, in words. `bring_to` is for judging and for tests: it overwrites the
files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from workshop.course.answers import (
    handler_file,
    is_solved_by,
    put_answer,
    read_handler,
    solution_text,
    starter_file,
    with_answer,
)
from workshop.course.exercise import Cell, Exercise, Function, Outcome, judge
from workshop.course.exercises import all_exercises
from workshop.course.files import write_whole
from workshop.course.parameters import deploy_for_course, has_course_parameters
from workshop.course.progress import CourseProgress
from workshop.course.solving import keep_file
from workshop.deploy.bundles import FUNCTIONS
from workshop.deploy.stacks import destroy
from workshop.errors import ConfigurationError
from workshop.pipeline.operations.live_faults import clear_faults

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.course.course import Course

__all__ = ["NOTEBOOKS", "bring_to", "catch_up", "checked_notebook", "exercises_before", "file_at", "restore"]

NOTEBOOKS = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12", "99")
# The first one that finds the stack deployed; before it, learners deploy it themselves.
FIRST_WITH_STACK = "02"
# The last one that needs it; afterwards everything is to go.
LAST_WITH_STACK = "12"
# The notebook that deploys the stateless stack before its exercises.
WITH_STATELESS = "07"
# The notebook before it makes the stateless stack; no later one needs it.
FIRST_AFTER_STATELESS = "08"
# From here on there are stages for messages to pass.
FIRST_WITH_DATA = "04"
STANDARD_MESSAGES = 300
# In which a single message passes all stages of an idle cloud.
TRY_SECONDS = 8.0
# On AWS a right takes a few seconds until services know of it.
ATTEMPTS = 6
PAUSE_SECONDS = 5.0
NOT_YET = {"AccessDeniedException", "InvalidParameterValueException"}
Say = Callable[[str], None]


def restore(course: Course, notebook: str, *, say: Say | None = None) -> tuple[str, ...]:
    """Bring about what a notebook builds on, and nothing else; never touches the learner's files.

    Deploys a stack that is missing, and runs the solutions of earlier cells whose effect is missing.

    Raises:
        ConfigurationError: there is no such notebook.
    """
    checked_notebook(notebook)
    done = _Steps(say)
    if FIRST_WITH_STACK <= notebook <= LAST_WITH_STACK:
        is_new = not course.is_deployed
        _bring_stack(course, notebook, done, lambda each: _is_missing(each, course))
        _fit_mappings(course, notebook, done)
        if is_new and notebook >= FIRST_WITH_DATA:
            _try_a_message(course, done)
    return tuple(done.steps)


def _fit_mappings(course: Course, notebook: str, done: _Steps) -> None:
    """Change mappings as code from later notebooks needs them: who goes back keeps the files."""
    for place, exercise in enumerate(known := all_exercises()):
        is_later = exercise.notebook >= notebook and exercise.fits
        if not is_later or not all(map(course.mapping, exercise.fits)):
            continue
        if _is_missing(exercise, course) and any(_is_kept(each, course, notebook) for each in known[place:]):
            done.tell(f"solving `{exercise.id}` of notebook {exercise.notebook}, which your code builds on")
            _run_solution(exercise, course)


def _is_kept(exercise: Exercise, course: Course, notebook: str) -> bool:
    """Whether the learner solved a later exercise in a file, and has not gone back with that file."""
    if not isinstance(exercise.answer_location, Function):
        return False
    path, passed = exercise.answer_location.path, CourseProgress(course.home).of(exercise.id).is_passed
    is_solved = passed or is_solved_by(exercise, course.root)
    return is_solved and read_handler(course.root, path) != file_at(path, notebook, course.root)


def _try_a_message(course: Course, done: _Steps) -> None:
    """Send one message through a stack that was just made, and say if it gets stuck; else empty the stack."""
    done.tell("sending a message through it")
    course.send(1)
    rest = course.rest_state(TRY_SECONDS)
    if not rest.is_certain and not rest.trouble:
        rest = course.rest_state()  # a busy machine, or AWS
    held_up = rest.held_up
    # AWS does not tell what is under way: there also the totals of a stuck message are at rest.
    if rest.pending is None and not held_up and (table := course.last_table()) and not course.items(table):
        held_up = f"`{table}` is still empty. {course.trouble()}".rstrip(" .")
    if held_up:
        done.tell(f"the message did not get through: {held_up}")
    else:
        course.clear()


def catch_up(course: Course, notebook: str, *, say: Say | None = None) -> tuple[str, ...]:
    """Bring data, connections, parameters and code to where a notebook begins, also back from a later one.

    Files that are changed are kept aside. A stack with other parameters, with wrong answers, or with what
    later notebooks make, is removed and deployed anew.

    Raises:
        ConfigurationError: there is no such notebook.
    """
    checked_notebook(notebook)
    done = _Steps(say)
    is_deployed = course.is_deployed  # without a cloud, files stay as they are
    _replace_files(course, notebook, done)
    if is_deployed:
        clear_faults(course.cloud, course.outputs)
        _undo_what_comes(course, notebook)
    for own in (course, course.stateless):
        if own.is_deployed and _must_go(own, course, notebook):
            done.tell(f"removing the stack `{own.stack}`, which is not as notebook {notebook} finds it")
            destroy(course.cloud, own.stack, on_event=course.on_event)
        elif own.is_deployed and own.undeployed() and notebook <= LAST_WITH_STACK:
            done.tell(f"deploying the changed code to `{own.stack}`")
            deploy_for_course(own)
    if FIRST_WITH_STACK <= notebook <= LAST_WITH_STACK:
        # Every solution runs, also where its effect is there: a learner may have tried out other settings.
        _bring_stack(course, notebook, done, lambda each: each.is_done is not None)
    _bring_data(course, notebook, done)
    return tuple(done.steps)


def bring_to(course: Course, exercise: Exercise, *, solved: set[str]) -> None:
    """Bring code, stacks and connections to where an exercise begins; overwrites the handler files.

    `solved` are the ids of exercises whose cells have run on these stacks: where an effect cannot be looked
    up, it decides. Those that are run now are added.
    """
    for path, wanted in _files_at(exercise, course.root):
        write_whole(handler_file(course.root, path), wanted)
    if exercise.notebook < FIRST_WITH_STACK:
        return
    if course.is_deployed and course.undeployed():
        course.deploy()
    if exercise.notebook == WITH_STATELESS and not course.stateless.is_deployed:
        deploy_for_course(course.stateless)

    def lacks(earlier: Exercise) -> bool:
        if earlier.is_done:
            return _is_missing(earlier, course)
        return earlier.notebook == exercise.notebook and earlier.id not in solved

    solved |= _bring_stack(course, exercise, _Steps(None), lacks)


def exercises_before(point: str | Exercise) -> tuple[Exercise, ...]:
    """Return the exercises before a notebook or before an exercise, in the course's order."""
    known = tuple(all_exercises())
    if isinstance(point, Exercise):
        return known[: known.index(point)]
    return tuple(each for each in known if each.notebook < point)


def file_at(path: str, point: str | Exercise, root: Path) -> str:
    """Return a handler file as a notebook or an exercise finds it: the starter with earlier solutions."""
    text = starter_file(path, "textbook", root)
    for each in exercises_before(point):
        if isinstance(each.answer_location, Function) and each.answer_location.path == path:
            text = with_answer(each, solution_text(each, root), text, root)
    return text


def checked_notebook(notebook: str) -> str:
    """Return the number of a notebook.

    Raises:
        ConfigurationError: there is no such notebook.
    """
    if notebook in NOTEBOOKS:
        return notebook
    raise ConfigurationError(
        f"`{notebook}` is not the number of a notebook; choose one of: {', '.join(NOTEBOOKS)}"
    )


class _Steps:
    """Collects what is done, and tells it as it begins."""

    def __init__(self, say: Say | None) -> None:
        self.steps: list[str] = []
        self._say = say

    def tell(self, step: str) -> None:
        self.steps.append(step)
        if self._say:
            self._say(step)


def _files_at(point: str | Exercise, root: Path) -> Iterator[tuple[str, str]]:
    for pipeline in ("stateful", "stateless"):
        for function in FUNCTIONS[pipeline]:
            path = f"{pipeline}/{function}.py"
            yield path, file_at(path, point, root)


def _replace_files(course: Course, notebook: str, done: _Steps) -> None:
    for path, wanted in _files_at(notebook, course.root):
        if read_handler(course.root, path) != wanted:
            kept = keep_file(path, course)
            write_whole(handler_file(course.root, path), wanted)
            aside = f"; your version is kept in `{kept}`" if kept else ""
            done.tell(f"`lambdas/{path}` is as notebook {notebook} needs it{aside}")


def _bring_data(course: Course, notebook: str, done: _Steps) -> None:
    if FIRST_WITH_DATA <= notebook <= LAST_WITH_STACK:
        done.tell(f"emptying the pipeline and sending {STANDARD_MESSAGES} messages")
        course.clear()
        course.send(STANDARD_MESSAGES)
        course.rest()
    elif FIRST_WITH_STACK <= notebook < FIRST_WITH_DATA and course.messages():
        done.tell("emptying the pipeline")
        course.clear()


def _bring_stack(
    course: Course, point: str | Exercise, done: _Steps, lacks: Callable[[Exercise], bool]
) -> set[str]:
    """Deploy the stack if it is missing; run the earlier cells that are lacking, and return their ids."""
    if not course.is_deployed:
        done.tell(f"deploying the stack `{course.stack}`")
        deploy_for_course(course)
    solved = set()
    for exercise in exercises_before(point):
        if isinstance(exercise.answer_location, Cell) and lacks(exercise):
            done.tell(f"solving `{exercise.id}` of notebook {exercise.notebook}")
            _run_solution(exercise, course)
            solved.add(exercise.id)
    return solved


def _is_missing(exercise: Exercise, course: Course) -> bool:
    """Whether later notebooks build on an exercise whose effect is not there."""
    return exercise.is_done is not None and not exercise.is_done(course)


def _undo_what_comes(course: Course, notebook: str) -> None:
    """Take away what exercises from a notebook on have made beside the stacks."""
    first = max(notebook, FIRST_AFTER_STATELESS)  # what is before it goes with the stateless stack
    for exercise in all_exercises():
        if exercise.notebook >= first and exercise.undo and not exercise.is_done:
            exercise.undo(course)


def _must_go(own: Course, course: Course, notebook: str) -> bool:
    """Whether a stack cannot be what a notebook finds: another one is made in its place."""
    if own is not course:
        return notebook < FIRST_AFTER_STATELESS or not has_course_parameters(own)
    if notebook > LAST_WITH_STACK:
        return False
    if notebook < FIRST_WITH_STACK or not has_course_parameters(own):
        return True
    return any(_is_otherwise(each, course, notebook) for each in all_exercises() if each.is_done)


def _is_otherwise(exercise: Exercise, course: Course, notebook: str) -> bool:
    """Whether an answer is wrong, or there before its time; one that is only missing is given later."""
    outcome = judge(exercise, course).outcome
    is_earlier = exercise.notebook < notebook
    return outcome is not Outcome.NOT_ATTEMPTED and not (is_earlier and outcome is Outcome.PASSED)


def _run_solution(exercise: Exercise, course: Course) -> None:
    attempts = ATTEMPTS if course.cloud.offline is None else 1
    for attempt in range(1, attempts + 1):
        try:
            put_answer(exercise, solution_text(exercise, course.root), course)
        except ClientError as error:
            if attempt == attempts or error.response["Error"]["Code"] not in NOT_YET:
                raise
            course.clock.sleep(PAUSE_SECONDS)
        else:
            return
