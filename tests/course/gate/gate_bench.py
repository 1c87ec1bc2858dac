"""A learner's checkout and course in a cloud of its own, brought to where an exercise begins."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from tests.course.gate.wrong_answers import Wrong
from workshop.cloud.temporary import temporary_cloud
from workshop.course.answers import handler_file, put_answer, solution_text, starter_text, with_answer
from workshop.course.catch_up import file_at
from workshop.course.course import Course
from workshop.course.exercise import Cell, CheckResult, Exercise, Function, judge
from workshop.course.exercises import all_exercises
from workshop.deploy.bundles import FUNCTIONS
from workshop.errors import WorkshopError

ROOT = Path(__file__).resolve().parents[3]
FIRST_WITH_STACK = "02"


class Bench:
    """The course of one learner, who answers what the tests say."""

    def __init__(self, course: Course) -> None:
        self.course = course

    def begin(self, exercise: Exercise) -> None:
        """Bring code and connections to where an exercise begins."""
        self._write_handlers(exercise)
        if exercise.notebook < FIRST_WITH_STACK:
            return
        if not self.course.is_deployed or self.course.undeployed():
            self.course.deploy()
        for each in self._before(exercise):
            if isinstance(each.answer_location, Cell) and each.is_done and not each.is_done(self.course):
                put_answer(each, solution_text(each, self.course.root), self.course)

    def starter(self, exercise: Exercise) -> CheckResult:
        """Return the verdict on an exercise that nobody has begun; its cell must run."""
        put_answer(exercise, starter_text(exercise, self.course.root), self.course)
        return judge(exercise, self.course)

    def wrong(self, exercise: Exercise, wrong: Wrong) -> CheckResult:
        """Return the verdict on a wrong answer, given where the exercise begins."""
        # The learner sees the error in the notebook, goes on, and checks.
        with suppress(ClientError, BotoCoreError, WorkshopError, ValueError, LookupError, TypeError):
            put_answer(exercise, wrong.answer, self.course)
        verdict = judge(exercise, self.course)
        if exercise.undo is not None:
            exercise.undo(self.course)
        return verdict

    def solve(self, exercise: Exercise) -> None:
        """Put the solution in place."""
        put_answer(exercise, solution_text(exercise, self.course.root), self.course)

    def judge(self, exercise: Exercise) -> CheckResult:
        """Return the verdict on what is there."""
        return judge(exercise, self.course)

    def _write_handlers(self, exercise: Exercise) -> None:
        for pipeline in ("stateful", "stateless"):
            for function in FUNCTIONS[pipeline]:
                path = f"{pipeline}/{function}.py"
                text = file_at(path, exercise.notebook, self.course.root)
                for each in self._before(exercise):
                    if isinstance(each.answer_location, Function) and each.answer_location.path == path:
                        text = with_answer(
                            each, solution_text(each, self.course.root), text, self.course.root
                        )
                handler_file(self.course.root, path).write_text(text, encoding="utf-8", newline="\n")

    def _before(self, exercise: Exercise) -> list[Exercise]:
        exercises = all_exercises()
        return list(exercises[: exercises.index(exercise)])


@contextmanager
def open_bench(folder: Path) -> Iterator[Bench]:
    """Give a learner a checkout in a folder, and a cloud."""
    for name in ("lambdas", "solutions", "notebooks", "cloudformation"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    with temporary_cloud() as cloud:
        yield Bench(Course(cloud, root=folder, home=folder / ".workshop"))


def exercises_of(*notebooks: str) -> list[Exercise]:
    """Return the exercises of some notebooks."""
    return [exercise for exercise in all_exercises() if exercise.notebook in notebooks]
