"""`workshop check --submission`, as an instructor uses it in a terminal."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from tests.grading.learner import ROOT, hand_in
from workshop.course.exercises import all_exercises


def check(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "workshop", "check", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


@pytest.fixture
def classroom(tmp_path) -> Path:
    """A class in which nobody has answered anything that could run."""
    (tmp_path / "class" / "bob" / "lambdas").mkdir(parents=True)
    hand_in(tmp_path / "class" / "ada", {})
    (tmp_path / "class" / "ada" / "notebooks").mkdir(parents=True)
    return tmp_path / "class"


def test_a_class_is_a_table_and_a_file(classroom, tmp_path) -> None:
    """One line for each learner on the screen, every outcome in the file, and an exit code that says it."""
    file = tmp_path / "class.csv"

    done = check("--submission", classroom, "--csv", file)

    rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    assert done.returncode == 1, done.stderr
    assert "ada" in done.stdout
    assert "bob" in done.stdout
    assert "0 of 2 submissions" in done.stdout
    assert len(rows) == 1 + 2 * len(all_exercises())
    assert {row[2] for row in rows[1:]} == {"not_attempted"}
