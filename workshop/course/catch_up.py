"""Brings a course to where a notebook or an exercise begins.

`restore` adds what is missing when a notebook is opened, and does not touch the learner's files. `catch_up`
is for a learner who asks for it: everything is as the notebook expects, and changed files are kept aside.
Both return the steps that they took, in words. `bring_to` is for judging and tests: it overwrites files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from workshop.course.answers import (
    handler_file,
    is_solved_by,
    read_handler,
    solution_text,
    starter_file,
    with_answer,
)
from workshop.course.exercise import Cell, Exercise, Function, Outcome, judge
from workshop.course.exercises import all_exercises, checked_notebook, exercises_before
from workshop.course.files import write_whole
from workshop.course.parameters import deploy_for_course, has_course_parameters
from workshop.course.progress import CourseProgress
from workshop.course.settled import try_a_message
from workshop.course.solving import Say, Steps, keep_file, run_solution
from workshop.deploy.bundles import FUNCTIONS
from workshop.deploy.stacks import destroy
from workshop.errors import NotSettledError
from workshop.pipeline.operations.live_faults import clear_faults

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.course.course import Course

__all__ = [
    "FIRST_WITH_DATA",
    "FIRST_WITH_STACK",
    "LAST_WITH_STACK",
    "STUCK",
    "WITH_STATELESS",
    "bring_to",
    "catch_up",
    "file_at",
    "fit_mappings",
    "lost_by",
    "restore",
]

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
# How the step begins that says that it failed.
STUCK = "the message did not get through"
LOST = "This deletes all data of {}, and whatever notebook {} does not begin with; your files are kept."


def restore(course: Course, notebook: str, *, say: Say | None = None) -> tuple[str, ...]:
    """Bring about what a notebook builds on, and nothing else; never touches the learner's files.

    Deploys a stack that is missing, and runs the solutions of earlier cells whose effect is missing.

    Raises:
        ConfigurationError: there is no such notebook.
    """
    checked_notebook(notebook)
    done = Steps(say)
    if FIRST_WITH_STACK <= notebook <= LAST_WITH_STACK:
        is_new = not course.is_deployed
        _bring_stack(course, notebook, done, lambda each: _is_missing(each, course))
        done.steps += fit_mappings(course, notebook, say=say)
        if is_new and notebook >= FIRST_WITH_DATA:
            done.tell("sending a message through it")
            if held_up := try_a_message(course):
                done.tell(f"{STUCK}: {held_up}")
    return tuple(done.steps)


def fit_mappings(course: Course, notebook: str, *, say: Say | None = None) -> tuple[str, ...]:
    """Change mappings as code from later notebooks needs them: who goes back keeps the files."""
    done = Steps(say)
    for place, exercise in enumerate(known := all_exercises()):
        if exercise.notebook < notebook or not exercise.fits or not all(map(course.mapping, exercise.fits)):
            continue
        if _is_missing(exercise, course) and any(_is_kept(each, course, notebook) for each in known[place:]):
            done.tell(f"solving `{exercise.id}` of notebook {exercise.notebook}, which your code builds on")
            run_solution(exercise, course)
    return tuple(done.steps)


def _is_kept(exercise: Exercise, course: Course, notebook: str) -> bool:
    """Whether the learner solved a later exercise in a file, and has not gone back with that file."""
    if not isinstance(exercise.answer_location, Function):
        return False
    path, passed = exercise.answer_location.path, CourseProgress(course.home).of(exercise.id).is_passed
    is_solved = passed or is_solved_by(exercise, course.root)
    return is_solved and read_handler(course.root, path) != file_at(path, notebook, course.root)


def catch_up(course: Course, notebook: str, *, say: Say | None = None) -> tuple[str, ...]:
    """Bring data, connections, parameters and code to where a notebook begins, also back from a later one.

    Files that are changed are kept aside. A stack with other parameters, with wrong answers, or with what
    later notebooks make, is removed and deployed anew.

    Raises:
        ConfigurationError: there is no such notebook, or a solution is held back; then nothing was changed.
        NotSettledError: messages do not get through the pipeline, even through one that was made anew.
    """
    checked_notebook(notebook)
    for each in exercises_before(notebook):
        solution_text(each, course.root)  # one that is held back: nothing is begun that could not be ended
    done, is_deployed = Steps(say), course.is_deployed  # without a cloud, files stay as they are
    _replace_files(course, notebook, done)
    _remove_broken(course, done)
    if is_deployed and course.is_deployed:
        clear_faults(course.cloud, course.outputs)
        _undo_what_comes(course, notebook)
    for own in (course, course.stateless):
        if own.is_deployed and _must_go(own, course, notebook):
            _remove(own, f", which is not as notebook {notebook} finds it", done)
        elif own.is_deployed and own.undeployed() and notebook <= LAST_WITH_STACK:
            done.tell(f"deploying the changed code to `{own.stack}`")
            deploy_for_course(own)
    if held_up := _bring_all(course, notebook, done):
        # Something was changed that nobody looks at, such as the rights of a role.
        _remove(course, f", which lets no messages through: {held_up}", done)
        if held_up := _bring_all(course, notebook, done):
            raise NotSettledError(f"a pipeline for notebook {notebook} was made, but {held_up}")
    return tuple(done.steps)


def lost_by(course: Course, notebook: str) -> str:
    """Say what catching up with a notebook deletes for good; nothing where there is nothing to delete."""
    stacks = [
        f"`{own.stack}`"
        for own in (course, course.stateless)
        if own.is_deployed
        and ((own is course and notebook <= LAST_WITH_STACK) or _must_go(own, course, notebook))
    ]
    return LOST.format(" and ".join(stacks), notebook) if stacks else ""


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

    solved |= _bring_stack(course, exercise, Steps(None), lacks)


def file_at(path: str, point: str | Exercise, root: Path) -> str:
    """Return a handler file as a notebook or an exercise finds it: the starter with earlier solutions."""
    text = starter_file(path, "textbook", root)
    for each in exercises_before(point):
        if isinstance(each.answer_location, Function) and each.answer_location.path == path:
            text = with_answer(each, solution_text(each, root), text, root)
    return text


def _files_at(point: str | Exercise, root: Path) -> Iterator[tuple[str, str]]:
    for pipeline in ("stateful", "stateless"):
        for function in FUNCTIONS[pipeline]:
            path = f"{pipeline}/{function}.py"
            yield path, file_at(path, point, root)


def _replace_files(course: Course, notebook: str, done: Steps) -> None:
    for path, wanted in _files_at(notebook, course.root):
        if read_handler(course.root, path) != wanted:
            kept = keep_file(path, course)
            write_whole(handler_file(course.root, path), wanted)
            aside = f"; your version is kept in `{kept}`" if kept else ""
            done.tell(f"`lambdas/{path}` is as notebook {notebook} needs it{aside}")


def _remove(own: Course, why: str, done: Steps) -> None:
    done.tell(f"removing the stack `{own.stack}`{why}")
    destroy(own.cloud, own.stack, on_event=own.on_event)


def _remove_broken(course: Course, done: Steps) -> None:
    for own in (course, course.stateless):
        if own.is_deployed and (gone := own.deleted_parts()):
            _remove(own, f", whose `{'`, `'.join(gone)}` was deleted", done)


def _bring_all(course: Course, notebook: str, done: Steps) -> str:
    """Bring stack and data; return what does not get through the stack, in words, nothing if all does."""
    if FIRST_WITH_STACK <= notebook <= LAST_WITH_STACK:
        # Every solution runs, also where its effect is there: a learner may have tried out other settings.
        _bring_stack(course, notebook, done, lambda each: each.is_done is not None)
    if FIRST_WITH_DATA <= notebook <= LAST_WITH_STACK:
        done.tell(f"emptying the pipeline and sending {STANDARD_MESSAGES} messages")
        course.clear()
        course.send(STANDARD_MESSAGES)
        rest = course.rest_state()
        return rest.held_up if rest.is_certain or rest.trouble else ""  # else it is only slow
    if FIRST_WITH_STACK <= notebook < FIRST_WITH_DATA and course.messages():
        done.tell("emptying the pipeline")
        course.clear()
    return ""


def _bring_stack(
    course: Course, point: str | Exercise, done: Steps, lacks: Callable[[Exercise], bool]
) -> set[str]:
    """Deploy the stack if it is missing; run the earlier cells that are lacking, and return their ids."""
    if not course.is_deployed:
        done.tell(f"deploying the stack `{course.stack}`")
        deploy_for_course(course)
    solved = set()
    for exercise in exercises_before(point):
        if isinstance(exercise.answer_location, Cell) and lacks(exercise) and exercise.is_possible(course):
            done.tell(f"solving `{exercise.id}` of notebook {exercise.notebook}")
            run_solution(exercise, course)
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
    if own.deleted_parts():
        return True
    if own is not course:
        return notebook < FIRST_AFTER_STATELESS or not has_course_parameters(own)
    if not FIRST_WITH_STACK <= notebook <= LAST_WITH_STACK:
        return notebook < FIRST_WITH_STACK
    lasting = (each for each in all_exercises() if each.is_done and each.is_possible(course))
    return not has_course_parameters(own) or any(_is_otherwise(each, course, notebook) for each in lasting)


def _is_otherwise(exercise: Exercise, course: Course, notebook: str) -> bool:
    """Whether an answer is wrong, or there before its time; one that is only missing is given later."""
    outcome = judge(exercise, course).outcome
    is_earlier = exercise.notebook < notebook
    return outcome is not Outcome.NOT_ATTEMPTED and not (is_earlier and outcome is Outcome.PASSED)
