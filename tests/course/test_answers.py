"""Where answers come from, and how a text becomes one."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.clock import ManualClock
from workshop.course.answers import (
    handler_file,
    is_solved_by,
    learners_text,
    put_answer,
    read_handler,
    solution_text,
    starter_file,
    starter_text,
    with_answer,
)
from workshop.course.course import Course
from workshop.course.exercise import Cell, Exercise, Function, not_attempted
from workshop.course.solving import reset, solve
from workshop.errors import ConfigurationError

NOTEBOOK = """# %%
import json

names = ["a"]
words = {"first": names[0], "number": json.loads("1")}
raise SystemExit

# %% [markdown]
# Text with `# %%` in it.

# %% tags=["exercise:make-it"]
### BEGIN SOLUTION
ws.send(words["first"])
### STARTER
# ...  # make it
### END SOLUTION

# %%
ws.check("make-it")
"""
TEXTBOOK = '''"""A handler."""

from common.storage import write


def keep(trade):
    """Keep it."""
    ### BEGIN SOLUTION keep-it
    return write(trade, condition=1)
    ### STARTER
    # return write(trade)
    ### END SOLUTION


def handler(event):
    return keep(event)
'''
LEDGER = '"""The ledger."""\n\n\ndef handler(event):\n    return {}\n'


def an_exercise(exercise_id: str, place: Cell | Function, **more: Any) -> Exercise:
    return Exercise(exercise_id, "T", "03", 5, place, lambda _: not_attempted("."), **more)


CELL = an_exercise("make-it", Cell("03"))
KEEP = an_exercise("keep-it", Function("stateful/state.py", "keep", "textbook"))
WHOLE = an_exercise("whole-it", Function("stateful/state.py", None, "ledger"))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with one notebook and one handler."""
    cell = {"cell_type": "code", "metadata": {"tags": ["exercise:make-it"]}, "source": ["ws.send(", "1)"]}
    files = {
        "solutions/notebooks/03_state.py": NOTEBOOK,
        "solutions/lambdas/textbook/stateful/state.py": TEXTBOOK,
        "solutions/lambdas/ledger/stateful/state.py": LEDGER,
        "notebooks/03_state.ipynb": json.dumps({"cells": [cell]}),
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    file = handler_file(tmp_path, "stateful/state.py")
    file.parent.mkdir(parents=True)
    file.write_text(starter_file("stateful/state.py", "textbook", tmp_path), encoding="utf-8")
    return tmp_path


class NotedCourse(Course):
    """A course that notes what a cell sends, in place of sending it."""

    def __init__(self, cloud: Any, **more: Any) -> None:
        self.noted: list[Any] = []
        super().__init__(cloud, **more)

    def send(self, messages: Any, **_: Any) -> Any:
        """Note it."""
        self.noted.append(messages)


@pytest.fixture
def course(root: Path) -> Any:
    """The course of that checkout, in no cloud."""
    return NotedCourse(SimpleNamespace(client=None), root=root, home=root / ".workshop", clock=ManualClock())


def own_file(root: Path) -> str:
    return handler_file(root, "stateful/state.py").read_text(encoding="utf-8")


def test_cells_and_functions_come_from_the_solutions(root: Path) -> None:
    """The solution and the starter of an answer are the two sides of its marked block."""
    assert solution_text(CELL, root) == 'ws.send(words["first"])\n'
    assert starter_text(CELL, root) == "...  # make it\n"
    assert "condition=1" in solution_text(KEEP, root)
    assert starter_text(KEEP, root).endswith("    return write(trade)\n")


def test_the_ledger_begins_with_the_textbook(root: Path) -> None:
    """Whoever begins an exercise on the ledger finds the solved textbook in its place."""
    assert solution_text(WHOLE, root) == LEDGER
    assert "condition=1" in starter_text(WHOLE, root)


def test_the_learners_answer_is_what_is_saved(root: Path) -> None:
    """The learner's answer is the cell of the saved notebook, or the function of the saved file."""
    assert learners_text(CELL, root) == "ws.send(1)"
    assert learners_text(KEEP, root) == starter_text(KEEP, root)


@pytest.mark.parametrize("text", ["def keep(:\n", "", "x = 1\n"])
def test_a_function_that_cannot_be_found_is_no_answer(root: Path, text: str) -> None:
    """A file that is broken, empty, or without the function holds no answer."""
    handler_file(root, "stateful/state.py").write_text(text, encoding="utf-8")

    assert learners_text(KEEP, root) is None


def test_a_checkout_without_the_solution_says_so(root: Path) -> None:
    """Where a solution is missing, an error names its place."""
    with pytest.raises(ConfigurationError, match=r"solutions/notebooks/03_\*\.py"):
        solution_text(an_exercise("x", Cell("03")), root)
    with pytest.raises(ConfigurationError, match=r"stateless/map\.py"):
        solution_text(an_exercise("x", Function("stateless/map.py", None, "textbook")), root)


def test_a_cell_runs_with_the_course_and_earlier_definitions(course: Any) -> None:
    """The text of a cell finds `ws`, and what earlier cells define; what else they do is not done."""
    put_answer(CELL, solution_text(CELL, course.root), course)

    assert course.noted == ["a"]


def test_a_function_is_put_into_the_learners_file(course: Any) -> None:
    """Solving a function changes that function alone, and keeps the learner's file beside."""
    file = handler_file(course.root, "stateful/state.py")
    file.write_text(own_file(course.root) + "\n# mine\n", encoding="utf-8")

    done = solve(KEEP, course)

    assert is_solved_by(KEEP, course.root)
    assert own_file(course.root).endswith("# mine\n")
    assert "condition=1" not in done.kept.read_text(encoding="utf-8")


def test_solving_twice_keeps_no_second_copy(course: Any) -> None:
    """A solution that is in place is left alone."""
    solve(KEEP, course)
    before = own_file(course.root)

    assert solve(KEEP, course).kept is None
    assert own_file(course.root) == before


def test_a_reset_puts_the_starter_back(course: Any) -> None:
    """A reset restores one function, and keeps what the learner had there."""
    solve(KEEP, course)
    done = reset(KEEP, course)

    assert learners_text(KEEP, course.root) == starter_text(KEEP, course.root)
    assert "condition=1" in done.kept.read_text(encoding="utf-8")


def test_kept_versions_do_not_overwrite_each_other(course: Any) -> None:
    """Two versions that are kept in the same second lie in two places."""
    kept = {solve(KEEP, course).kept, reset(KEEP, course).kept, solve(KEEP, course).kept}

    assert len(kept) == 3


def test_a_broken_file_is_repaired_by_solving(course: Any) -> None:
    """A file that is no Python begins anew, with the solution in it."""
    handler_file(course.root, "stateful/state.py").write_text("def keep(:\n", encoding="utf-8")

    solve(KEEP, course)

    assert is_solved_by(KEEP, course.root)


def test_a_mark_of_the_encoding_costs_nothing(course: Any) -> None:
    """A file that an editor has saved with a byte order mark keeps all that stands in it."""
    file = handler_file(course.root, "stateful/state.py")
    file.write_text(own_file(course.root) + "\n# mine\n", encoding="utf-8-sig")

    solve(KEEP, course)

    assert is_solved_by(KEEP, course.root)
    assert own_file(course.root).endswith("# mine\n")


def test_a_whole_file_is_replaced(course: Any) -> None:
    """Where the answer is a file, the solution takes the place of all of it."""
    solve(WHOLE, course)

    assert own_file(course.root) == LEDGER


def test_an_answer_that_is_no_python_is_put_in_as_it_is(root: Path) -> None:
    """A broken answer stands in the file, so that the check sees what the learner saved."""
    text = with_answer(KEEP, "def keep(trade)\n    return 1\n", own_file(root), root)

    assert "def keep(trade)\n    return 1\n" in text
    assert "def handler(event):" in text


def test_resetting_a_cell_undoes_what_it_made(course: Any) -> None:
    """A reset of a cell takes back what it made in the cloud, and shows how the cell began."""
    undone: list[Any] = []
    exercise = an_exercise("make-it", Cell("03"), undo=undone.append)

    done = reset(exercise, course)

    assert undone == [course]
    assert done.text == "...  # make it\n"
    assert "is gone" in done.message


def test_a_byte_order_mark_is_no_part_of_an_answer(course: Any) -> None:
    """Editors of Windows put a mark before what they save, and other line ends into it."""
    file = handler_file(course.root, "stateful/state.py")
    text = file.read_text(encoding="utf-8")

    file.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())

    assert read_handler(course.root, "stateful/state.py") == text


@pytest.mark.parametrize(
    "content",
    [b"# caf\xe9\n", b"x = 1\0\n", b"x = " + b"(" * 5000 + b")" * 5000, b"x = " + b"-" * 100_000 + b"1"],
    ids=["not UTF-8", "NUL", "brackets", "signs"],
)
@pytest.mark.parametrize("put", [solve, reset])
def test_a_file_that_is_no_text_is_replaced_and_kept(course: Any, content: bytes, put: Any) -> None:
    """Bytes that Python cannot read are no answer, and are kept unchanged when one takes their place."""
    file = handler_file(course.root, "stateful/state.py")
    file.write_bytes(content)
    assert read_handler(course.root, "stateful/state.py") is None
    assert learners_text(WHOLE, course.root) is None

    done = put(KEEP, course)

    assert done.kept.read_bytes() == content
    assert learners_text(KEEP, course.root) is not None
