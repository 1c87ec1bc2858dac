"""Judges one submission, exercise by exercise: where the exercise begins, the learner's answer, the check.

Every exercise begins with the official solutions of all exercises before it, so that a wrong answer costs
only itself. Answers run elsewhere: handlers in the cloud's execution environments, cells in a process of
their own. Only the workshop's own code runs in this process.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace

from workshop.course.answers import handler_file, read_handler, solution_text, starter_text, with_answer
from workshop.course.catch_up import bring_to
from workshop.course.course import Course
from workshop.course.exercise import Cell, CheckResult, Exercise, Function, Outcome, incorrect, judge, passed
from workshop.course.exercises import all_exercises, exercises_before
from workshop.course.parameters import has_course_parameters
from workshop.deploy.bundles import VARIANTS
from workshop.errors import BundleError
from workshop.grading.runs import read_runs, write_runs
from workshop.grading.sandbox.cell_process import run_cell_apart
from workshop.grading.sandbox.sandbox import Sandbox
from workshop.grading.submitted_answers import SubmittedAnswers

__all__ = ["SubmissionJudge"]

# The notebook that shows the finished pipeline.
WITH_TOUR = "00"


class SubmissionJudge:
    """Judges answers on a course whose cloud nobody else uses; exercises must come in the course's order."""

    def __init__(self, course: Course, answers: SubmittedAnswers, sandbox: Sandbox) -> None:
        self._course = course
        self._answers = answers
        self._sandbox = sandbox
        self._is_clean = True
        self._solved: set[str] = set()

    def judge(self, exercise: Exercise, *, begun: Callable[[], None]) -> CheckResult:
        """Return the verdict on one exercise; `begun` is called when its answer is about to be looked at.

        There must be an answer; see `SubmittedAnswers.missing`. Raises nothing.
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
        is_usable = self._is_clean and self._has_course_parameters()
        if not is_usable and self._course.cloud.offline is not None:
            self._course.cloud.offline.reset()
            self._solved.clear()
        bring_to(self._course, exercise, solved=self._solved)
        if exercise.notebook == WITH_TOUR:
            # Answers do not see the solutions, from which it is made.
            self._course.tour.deploy()
        self._is_clean = True

    def _has_course_parameters(self) -> bool:
        """Whether no answer has deployed a stack with parameters of its own, right as it may have been."""
        stacks = (self._course, self._course.stateless)
        return all(has_course_parameters(each) for each in stacks if each.is_deployed)

    def _judge_function(self, exercise: Exercise, place: Function) -> CheckResult:
        """Judge the file as it was handed in; if that fails, without its answers to other exercises."""
        own = handler_file(self._course.root, place.path)
        own.write_bytes(handler_file(self._answers.folder, place.path).read_bytes())
        verdict = self._judge_deployed(exercise)
        if place.name is None or verdict.outcome in (Outcome.PASSED, Outcome.NOT_ATTEMPTED):
            return verdict
        if (later := self._successor(exercise, place)) is not None:
            return later
        eased = self._with_official_neighbours(exercise, place)
        if eased is None:
            return verdict
        own.write_text(eased, encoding="utf-8", newline="\n")
        return self._judge_deployed(exercise)

    def _judge_deployed(self, exercise: Exercise) -> CheckResult:
        """Deploy the files as they are, and judge; a file that is not Python cannot be deployed."""
        with contextlib.suppress(BundleError):
            if self._course.is_deployed and self._course.undeployed():
                self._course.deploy()
        return judge(exercise, self._course)

    def _with_official_neighbours(self, exercise: Exercise, place: Function) -> str | None:
        """Return the handed-in file with other exercises' answers as they are at this point of the course.

        None if that changes nothing, or if the file is not Python.
        """
        root, before = self._course.root, exercises_before(exercise)
        handed_in = read_handler(self._answers.folder, place.path)
        if handed_in is None:
            return None
        text = handed_in
        for other in all_exercises():
            there = other.answer_location
            if isinstance(there, Function) and there.path == place.path and there.name and there != place:
                answer = solution_text(other, root) if other in before else starter_text(other, root)
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

    def _judge_cell(self, exercise: Exercise) -> CheckResult:
        answer = self._answers.cell(exercise)
        # Until the verdict says otherwise, and also if there comes none.
        self._is_clean = False
        # Half of the time is for the check, which may have to wait for what the cell has set in motion.
        seconds = self._sandbox.limits.exercise_seconds / 2
        runs = read_runs(self._course.home)
        run = run_cell_apart(
            exercise.id, answer, self._course, sandbox=self._sandbox, runs=runs, seconds=seconds
        )
        write_runs(self._course.home, run.runs)
        verdict = judge(exercise, self._course)
        # The next exercise may begin with what a correct answer leaves, or with what nobody has touched.
        is_starter = answer.strip() == starter_text(exercise, self._course.root).strip()
        self._is_clean = run.trouble is None and (verdict.is_passed or is_starter)
        if verdict.is_passed:
            self._solved.add(exercise.id)
        if run.trouble is None or verdict.is_passed:
            return verdict
        if verdict.outcome is Outcome.BROKEN_CHECK:
            return incorrect(f"{run.trouble} Afterwards the check found nothing that it could judge.")
        return incorrect(f"{run.trouble} {verdict.feedback}")
