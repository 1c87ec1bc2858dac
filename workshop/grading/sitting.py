"""One submission judged, exercise by exercise: the start state, the learner's answer, the check.

Every exercise begins where the course does at that point, with the official solutions of all exercises before
it, so that a wrong answer costs only itself. Answers run elsewhere: handlers in the cloud's execution
environments, cells in a process of their own. What runs here is the workshop's own code alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from workshop.course.answers import (
    handler_file,
    put_answer,
    read_handler,
    solution_text,
    starter_text,
    with_answer,
)
from workshop.course.catch_up import file_at
from workshop.course.course import Course
from workshop.course.exercise import Cell, CheckResult, Exercise, Function, Outcome, incorrect, judge, passed
from workshop.course.exercises import all_exercises
from workshop.course.parameters import deploy_for_course, has_course_parameters
from workshop.deploy.bundles import FUNCTIONS, VARIANTS
from workshop.errors import BundleError
from workshop.grading.handed_in import HandedIn
from workshop.grading.runs import read_runs, write_runs
from workshop.grading.sandbox.cell_process import run_cell_apart

if TYPE_CHECKING:
    from workshop.grading.sandbox.containment import Place

__all__ = ["Sitting"]

# The first notebook that finds the stack deployed; before it, the answer is to deploy it.
FIRST_WITH_STACK = "02"
# The notebook that shows the finished pipeline.
WITH_TOUR = "00"
# The notebook that deploys the other pipeline before its exercises.
WITH_STATELESS = "07"


class Sitting:
    """Judges the answers that lie in `handed_in` on a course of its own, whose cloud nobody else uses."""

    def __init__(self, course: Course, *, handed_in: HandedIn, place: Place) -> None:
        self._course = course
        self._handed_in = handed_in
        self._place = place
        self._is_clean = True
        self._standing: set[str] = set()

    def judge(self, exercise: Exercise, *, begun: Callable[[], None]) -> CheckResult:
        """Return the verdict on one exercise; `begun` is called when its answer is about to be looked at.

        There must be an answer; see `HandedIn.missing`.
        """
        try:
            self._prepare(exercise)
            begun()
            match exercise.answer_location:
                case Cell():
                    return self._judge_cell(exercise)
                case Function():
                    return self._judge_function(exercise, exercise.answer_location)
        # What stops one exercise, whatever an answer has done to the cloud, must not stop the others.
        except Exception as error:  # noqa: BLE001
            self._is_clean = False
            why = f"What stopped it: {type(error).__name__}: {error}"
            return CheckResult(Outcome.BROKEN_CHECK, f"This exercise could not be judged. {why}.")

    def _prepare(self, exercise: Exercise) -> None:
        """Bring the course to where the exercise begins; from nothing if an answer may have disturbed it."""
        is_usable = self._is_clean and self._is_as_deployed()
        if not is_usable and self._course.cloud.offline is not None:
            self._course.cloud.offline.reset()
            self._standing.clear()
        self._write_handlers(exercise)
        if exercise.notebook == WITH_TOUR:
            # Answers do not see the solutions, from which it is made.
            self._course.tour.deploy()
        if exercise.notebook >= FIRST_WITH_STACK:
            self._bring_stack(exercise)
        self._is_clean = True

    def _is_as_deployed(self) -> bool:
        """Whether no answer has deployed a stack with parameters of its own, right as it may have been."""
        stacks = (self._course, self._course.stateless)
        return all(has_course_parameters(each) for each in stacks if each.is_deployed)

    def _bring_stack(self, exercise: Exercise) -> None:
        if not self._course.is_deployed:
            deploy_for_course(self._course)
        self._bring_code()
        if exercise.notebook == WITH_STATELESS and not self._course.stateless.is_deployed:
            deploy_for_course(self._course.stateless)
        for earlier in _before(exercise):
            if isinstance(earlier.answer_location, Cell) and self._lacks(earlier, exercise):
                put_answer(earlier, solution_text(earlier, self._course.root), self._course)
                self._standing.add(earlier.id)

    def _lacks(self, earlier: Exercise, exercise: Exercise) -> bool:
        """Whether an exercise builds on an earlier one whose effect is not there."""
        if earlier.is_done:
            return not earlier.is_done(self._course)
        return earlier.notebook == exercise.notebook and earlier.id not in self._standing

    def _write_handlers(self, exercise: Exercise) -> None:
        root = self._course.root
        for pipeline in ("stateful", "stateless"):
            for function in FUNCTIONS[pipeline]:
                path = f"{pipeline}/{function}.py"
                text = file_at(path, exercise.notebook, root)
                for each in _before(exercise):
                    is_recent = each.notebook == exercise.notebook
                    if (
                        is_recent
                        and isinstance(each.answer_location, Function)
                        and each.answer_location.path == path
                    ):
                        text = with_answer(each, solution_text(each, root), text, root)
                handler_file(root, path).write_text(text, encoding="utf-8", newline="\n")

    def _bring_code(self) -> None:
        """Let the course's functions run the files as they are; a file that is no Python stays a file."""
        with contextlib.suppress(BundleError):
            if self._course.is_deployed and self._course.undeployed():
                self._course.deploy()

    def _judge_function(self, exercise: Exercise, place: Function) -> CheckResult:
        """Judge the file as it was handed in; if that fails, without its answers to other exercises."""
        own = handler_file(self._course.root, place.path)
        handed_in = handler_file(self._handed_in.folder, place.path).read_bytes()
        own.write_bytes(handed_in)
        verdict = self._judged_with_code(exercise)
        if place.name is None or verdict.outcome in (Outcome.PASSED, Outcome.NOT_ATTEMPTED):
            return verdict
        if (later := self._successor(exercise, place)) is not None:
            return later
        eased = self._with_official_neighbours(exercise, place)
        if eased is None:
            return verdict
        own.write_text(eased, encoding="utf-8", newline="\n")
        return self._judged_with_code(exercise)

    def _with_official_neighbours(self, exercise: Exercise, place: Function) -> str | None:
        """Return the handed-in file with other exercises' answers as they are at this point of the course.

        None if that changes nothing, or if the file is no Python.
        """
        root, known = self._course.root, all_exercises()
        handed_in = read_handler(self._handed_in.folder, place.path)
        if handed_in is None:
            return None
        text = handed_in
        for other in known:
            is_neighbour = (
                isinstance(other.answer_location, Function) and other.answer_location.path == place.path
            )
            if (
                is_neighbour
                and other.answer_location != place
                and getattr(other.answer_location, "name", None)
            ):
                is_earlier = known.index(other) < known.index(exercise)
                answer = solution_text(other, root) if is_earlier else starter_text(other, root)
                text = with_answer(other, answer, text, root)
        return text if text != handed_in else None

    def _successor(self, exercise: Exercise, place: Function) -> CheckResult | None:
        """Return the verdict of a later answer that replaced the whole file, if the file passes that."""
        known = all_exercises()
        for later in known[known.index(exercise) + 1 :]:
            if later.answer_location in [replace(place, name=None, variant=each) for each in VARIANTS]:
                verdict = judge(later, self._course)
                if verdict.is_passed:
                    return passed(f"What `{later.id}` has put in its place passes: {verdict.feedback}")
        return None

    def _judged_with_code(self, exercise: Exercise) -> CheckResult:
        self._bring_code()
        return judge(exercise, self._course)

    def _judge_cell(self, exercise: Exercise) -> CheckResult:
        answer = self._handed_in.cell(exercise)
        self._is_clean = False
        seconds = self._place.limits.exercise_seconds / 2
        runs = read_runs(self._course.home)
        run = run_cell_apart(exercise.id, answer, self._course, place=self._place, runs=runs, seconds=seconds)
        write_runs(self._course.home, run.runs)
        verdict = judge(exercise, self._course)
        # The next exercise may begin with what a correct answer leaves, or with what nobody has touched.
        is_starter = answer.strip() == starter_text(exercise, self._course.root).strip()
        self._is_clean = run.trouble is None and (verdict.is_passed or is_starter)
        if verdict.is_passed:
            self._standing.add(exercise.id)
        if run.trouble is None or verdict.is_passed:
            return verdict
        if verdict.outcome is Outcome.BROKEN_CHECK:
            return incorrect(f"{run.trouble} Afterwards the check found nothing that it could judge.")
        return incorrect(f"{run.trouble} {verdict.feedback}")


def _before(exercise: Exercise) -> list[Exercise]:
    """Return the exercises that come earlier."""
    known = all_exercises()
    return list(known[: known.index(exercise)])
