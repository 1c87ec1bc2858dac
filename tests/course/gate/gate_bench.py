"""A learner's checkout and course, brought to where an exercise begins."""

import shutil
from contextlib import suppress
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tests.course.gate.wrong_answers import Wrong
from tests.deploy.calls import all_recorded
from workshop.cloud.connection import Cloud
from workshop.course.answers import put_answer, solution_text, starter_text
from workshop.course.catch_up import bring_to
from workshop.course.course import Course
from workshop.course.exercise import CheckResult, Exercise, judge
from workshop.course.exercises import all_exercises
from workshop.errors import WorkshopError

ROOT = Path(__file__).resolve().parents[3]


class Bench:
    """The course of one learner, who answers what the tests say."""

    def __init__(self, course: Course) -> None:
        self.course = course
        self._solved: set[str] = set()

    def begin(self, exercise: Exercise) -> None:
        """Bring code and connections to where an exercise begins."""
        bring_to(self.course, exercise, solved=self._solved)

    def starter(self, exercise: Exercise) -> CheckResult:
        """Return the verdict on an exercise that nobody has begun; its cell must run."""
        put_answer(exercise, starter_text(exercise, self.course.root), self.course)
        return self._judged(exercise)

    def wrong(self, exercise: Exercise, wrong: Wrong) -> CheckResult:
        """Return the verdict on a wrong answer, given where the exercise begins."""
        # The learner sees the error in the notebook, goes on, and checks.
        with suppress(ClientError, BotoCoreError, WorkshopError, ValueError, LookupError, TypeError):
            put_answer(exercise, wrong.answer, self.course)
        verdict = self._judged(exercise)
        if exercise.undo is not None:
            exercise.undo(self.course)
        return verdict

    def solve(self, exercise: Exercise) -> None:
        """Put the solution in place."""
        put_answer(exercise, solution_text(exercise, self.course.root), self.course)
        self._solved.add(exercise.id)

    def judge(self, exercise: Exercise) -> CheckResult:
        """Return the verdict on what is there."""
        return self._judged(exercise)

    def _judged(self, exercise: Exercise) -> CheckResult:
        """Judge; whatever a check asks of AWS is what the services' models say, also about a wrong answer."""
        with all_recorded() as calls:
            verdict = judge(exercise, self.course)
        assert [call for call in calls if call.problems] == []
        return verdict


def open_bench(folder: Path, cloud: Cloud) -> Bench:
    """Give a learner a checkout in a folder, and an empty cloud."""
    for name in ("lambdas", "solutions", "notebooks", "cloudformation"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return Bench(Course(cloud, root=folder, home=folder / ".workshop"))


def exercises_of(*notebooks: str) -> list[Exercise]:
    """Return the exercises of some notebooks."""
    return [exercise for exercise in all_exercises() if exercise.notebook in notebooks]
