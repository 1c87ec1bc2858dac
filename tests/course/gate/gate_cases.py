"""What every file of the gate does with its exercises: the starter, the wrong answers, and the solution.

Its learner is in a class, so that made-up messages are other ones than those of a learner who is alone.
"""

import json
import re
from dataclasses import dataclass

import pytest

from tests.course.gate.gate_bench import Bench
from tests.course.gate.wrong_answers import Wrong, all_wrong_answers
from workshop.course.exercise import Exercise, Outcome
from workshop.settings import CLASS_FILE, class_seed

__all__ = [
    "begin",
    "pytest_generate_tests",
    "test_a_starter_is_neither_passed_nor_broken",
    "test_each_wrong_answer_hears_what_was_observed",
    "test_the_solution_passes_twice_in_a_row",
]

WRONG = all_wrong_answers()
CLASS_SEED = 900_000_001


@dataclass(frozen=True)
class Stage:
    """An exercise that is about to begin."""

    bench: Bench
    exercise: Exercise

    @property
    def wrong(self) -> tuple[Wrong, ...]:
        """The wrong answers to it."""
        return WRONG.get(self.exercise.id, ())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run all tests of one exercise before those of the next."""
    exercises = metafunc.module.EXERCISES
    metafunc.parametrize("stage", exercises, indirect=True, scope="module", ids=lambda each: each.id)


@pytest.fixture(scope="module", name="stage")
def begin(request: pytest.FixtureRequest, bench: Bench) -> Stage:
    """An exercise at its beginning, for a learner to whom a class has given a seed."""
    home = bench.course.home
    home.mkdir(exist_ok=True)
    (home / CLASS_FILE).write_text(json.dumps({"seed": CLASS_SEED}), encoding="utf-8")
    assert class_seed(home) == CLASS_SEED
    bench.begin(request.param)
    return Stage(bench, request.param)


def test_a_starter_is_neither_passed_nor_broken(stage: Stage) -> None:
    """A starter runs, and its check says that the exercise is not attempted or incorrect."""
    verdict = stage.bench.starter(stage.exercise)

    assert verdict.outcome in {Outcome.NOT_ATTEMPTED, Outcome.INCORRECT}, verdict.feedback


def test_each_wrong_answer_hears_what_was_observed(stage: Stage) -> None:
    """Each recorded wrong answer, of which there are some, gets the outcome and feedback that it must get."""
    assert stage.wrong
    for wrong in stage.wrong:
        verdict = stage.bench.wrong(stage.exercise, wrong)

        assert verdict.outcome is wrong.outcome, f"{wrong.answer}\n{verdict.outcome}: {verdict.feedback}"
        assert re.search(wrong.feedback, verdict.feedback), f"{wrong.answer}\n{verdict.feedback}"


def test_the_solution_passes_twice_in_a_row(stage: Stage) -> None:
    """The solution passes its check, and passes again without anything having been done in between."""
    stage.bench.solve(stage.exercise)

    first, second = (stage.bench.judge(stage.exercise) for _ in range(2))

    assert first.outcome is Outcome.PASSED, first.feedback
    assert second.outcome is Outcome.PASSED, second.feedback
