"""The answers that lie in what was handed in, whatever somebody made of the files."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.grading.learner import hand_in, write_notebook
from workshop.course.exercise import Outcome
from workshop.course.exercises import find_exercise
from workshop.grading.notebook_cells import UnreadableNotebookError, cell_answers
from workshop.grading.submitted_answers import SubmittedAnswers

EXERCISE = find_exercise("deploy-stack")


def write(folder: Path, document: Any) -> Path:
    file = folder / "01_deploy.ipynb"
    file.write_text(document if isinstance(document, str) else json.dumps(document), encoding="utf-8")
    return file


def test_an_answer_is_the_cell_with_the_tag(tmp_path) -> None:
    """A cell is found by its tag, wherever it stands, and its text comes as it is."""
    file = write_notebook(tmp_path, "01", [("deploy-stack", "ws.deploy()\nprint(1)"), ("other", "pass")])

    assert cell_answers(file)["deploy-stack"] == "ws.deploy()\nprint(1)"


def test_a_split_cell_is_one_answer(tmp_path) -> None:
    """JupyterLab gives both halves of a split cell its tags; together they are the answer."""
    file = write_notebook(tmp_path, "01", [("deploy-stack", "a = 1"), ("deploy-stack", "b = 2")])

    assert cell_answers(file)["deploy-stack"] == "a = 1\nb = 2"


@pytest.mark.parametrize(
    "document",
    ["", "no notebook", "[]", '{"cells": 5}', "[" * 100_000, '{"cells":' * 50_000],
    ids=["empty", "text", "list", "number", "deep", "deep objects"],
)
def test_a_file_that_is_no_notebook_is_named(tmp_path, document: str) -> None:
    """What cannot be read as a notebook is an error with the file's name, and nothing worse."""
    with pytest.raises(UnreadableNotebookError, match="01_deploy"):
        cell_answers(write(tmp_path, document))


def test_odd_cells_are_passed_over(tmp_path) -> None:
    """Cells, tags and sources of the wrong kind hold no answer."""
    tagged = {"tags": ["exercise:deploy-stack"]}
    cells: list[Any] = [
        7,
        {"cell_type": "code"},
        {"cell_type": "code", "metadata": {"tags": "exercise:deploy-stack"}, "source": "x"},
        {"cell_type": "code", "metadata": [1]},
        {"cell_type": "markdown", "metadata": tagged, "source": "x"},
        {"cell_type": "code", "metadata": tagged, "source": {"a": 1}},
        {"cell_type": "code", "metadata": tagged, "source": ["y = 1", 5]},
    ]

    assert cell_answers(write(tmp_path, {"cells": cells})) == {"deploy-stack": "\ny = 1"}


def test_a_missing_answer_is_not_attempted(tmp_path) -> None:
    """Without notebook, cell or file there is nothing to judge, and the feedback says what was missing."""
    empty = SubmittedAnswers(tmp_path)
    file_exercise = SubmittedAnswers(hand_in(tmp_path / "a", {"put-records": "pass"}))
    untagged = SubmittedAnswers(hand_in(tmp_path / "b", {"deploy-stack": "pass"}))

    verdict = empty.missing(EXERCISE)
    assert (verdict.outcome, verdict.feedback) == (Outcome.NOT_ATTEMPTED, "Notebook 01 was not handed in.")
    assert "one-key-one-shard" in str(file_exercise.missing(find_exercise("one-key-one-shard")))
    assert untagged.missing(EXERCISE) is None


def test_an_answer_that_became_prose_is_told(tmp_path) -> None:
    """A cell that was turned into Markdown is no answer, and the feedback says how to turn it back."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    tagged = {"tags": [f"exercise:{EXERCISE.id}"]}
    write(folder, {"cells": [{"cell_type": "markdown", "metadata": tagged, "source": "x = 1"}]})

    verdict = SubmittedAnswers(tmp_path).missing(EXERCISE)

    assert verdict.outcome is Outcome.NOT_ATTEMPTED
    assert "type Markdown" in verdict.feedback
    assert "make it Code again" in verdict.feedback


def test_a_byte_order_mark_is_no_damage(tmp_path) -> None:
    """Editors of Windows put a mark before what they save; the answer is read behind it."""
    file = write_notebook(tmp_path, "01", [("deploy-stack", "a = 1")])
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))

    assert cell_answers(file) == {"deploy-stack": "a = 1"}


def test_a_broken_notebook_is_not_attempted(tmp_path) -> None:
    """A notebook that cannot be read costs its own exercises, and says why."""
    folder = tmp_path / "notebooks"
    folder.mkdir()
    write(folder, "{")

    verdict = SubmittedAnswers(tmp_path).missing(EXERCISE)

    assert verdict.outcome is Outcome.NOT_ATTEMPTED
    assert "cannot be read" in verdict.feedback
