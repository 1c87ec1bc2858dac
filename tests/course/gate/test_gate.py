"""What holds for every exercise of the course, before anybody answers it."""

import ast
import json
import re

import pytest

from tests.course.gate.gate_bench import ROOT
from tests.course.gate.wrong_answers import all_wrong_answers
from workshop.build.starters import blocks_of
from workshop.course.answers import learners_text, solution_text, starter_text
from workshop.course.exercise import Cell, Exercise, Function
from workshop.course.exercises import all_exercises

EXERCISES = all_exercises()
WRONG = all_wrong_answers()
GATE_FILES = ("connecting", "breaking", "repairing")
# What only code has: a call with arguments, an assignment, a keyword of Python.
CODE = re.compile(r"```|\w\([^)]*[=\"'\[{]|^\s*(import|def|return|for|if) .*|\w+ = [\w\"'\[({]", re.MULTILINE)
LONGEST_CELL = 25


def each_exercise() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


def test_every_exercise_has_an_id_of_its_own() -> None:
    """No two exercises have the same id, and each id is made of lower-case words."""
    ids = [exercise.id for exercise in EXERCISES]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", each) for each in ids)


def test_every_exercise_goes_through_the_gate() -> None:
    """Each exercise belongs to a notebook that one file of the gate takes."""
    gated = set()
    for name in GATE_FILES:
        text = (ROOT / "tests" / "course" / "gate" / f"test_gate_{name}.py").read_text(encoding="utf-8")
        gated |= set(re.findall(r'"(\d\d)"', text))

    assert {exercise.notebook for exercise in EXERCISES} <= gated


@each_exercise()
def test_an_exercise_stands_in_its_notebook(exercise: Exercise) -> None:
    """The notebook of an exercise exists; it checks it, and has its cell if the answer is one."""
    [file] = (ROOT / "notebooks").glob(f"{exercise.notebook}_*.ipynb")
    cells = json.loads(file.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]

    assert any(f'check("{exercise.id}")' in text for text in code)
    if isinstance(exercise.answer_location, Cell):
        assert learners_text(exercise, ROOT) is not None


@each_exercise()
def test_hints_ask_then_point_then_show(exercise: Exercise) -> None:
    """There are three hints: the first asks, and only the last one may show code."""
    ask, point, show = exercise.hints

    assert "?" in ask
    assert not CODE.search(ask)
    assert not CODE.search(point)
    assert show
    assert len(set(exercise.hints)) == 3


@each_exercise()
def test_an_answer_is_short(exercise: Exercise) -> None:
    """A solution in one place has at most 25 lines, and its starter can be read by Python."""
    solution, starter = solution_text(exercise, ROOT), starter_text(exercise, ROOT)

    ast.parse(starter)
    ast.parse(solution)
    assert ast.dump(ast.parse(solution)) != ast.dump(ast.parse(starter))
    if not (isinstance(exercise.answer_location, Function) and exercise.answer_location.name is None):
        assert len(solution.splitlines()) <= LONGEST_CELL


@each_exercise()
def test_wrong_answers_are_recorded(exercise: Exercise) -> None:
    """Each exercise has at least two wrong answers, each with feedback that it must get."""
    wrong = WRONG.get(exercise.id, ())

    assert len(wrong) >= 2
    assert all(each.feedback for each in wrong)


def test_wrong_answers_belong_to_exercises() -> None:
    """There are no wrong answers to exercises that do not exist."""
    assert WRONG.keys() <= {exercise.id for exercise in EXERCISES}


@each_exercise()
def test_a_wrong_answer_is_not_the_solution(exercise: Exercise) -> None:
    """No recorded wrong answer is what the solution is."""
    solution = ast.dump(ast.parse(solution_text(exercise, ROOT)))

    for each in WRONG.get(exercise.id, ()):
        try:
            assert ast.dump(ast.parse(each.answer)) != solution
        except SyntaxError:
            continue


def test_marked_answers_belong_to_exercises() -> None:
    """Each exercise that a solution's marker names exists."""
    known = {exercise.id for exercise in EXERCISES}
    named = {
        block.exercise
        for file in (ROOT / "solutions").rglob("*.py")
        for block in blocks_of(file.read_text(encoding="utf-8"), file.name)
        if block.exercise
    }

    assert named <= known
