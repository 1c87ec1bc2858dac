"""What teachers get: a note in every notebook, and for every exercise what people misunderstand."""

import re

import pytest

from tests.documents.reading import ROOT
from workshop.course.exercises import NOTEBOOKS, all_exercises


@pytest.mark.parametrize("number", NOTEBOOKS)
def test_every_notebook_has_a_note_for_teachers(number: str) -> None:
    """A notebook's source holds a cell for those who teach, which learners do not see."""
    [source] = (ROOT / "solutions" / "notebooks").glob(f"{number}_*.py")
    [path] = (ROOT / "notebooks").glob(f"{number}_*.ipynb")

    assert '# %% [markdown] tags=["instructor-note"]\n# **For instructors:** ' in source.read_text("utf-8")
    assert "For instructors" not in path.read_text("utf-8")


def test_the_guide_tells_the_slips_of_every_exercise() -> None:
    """The table of misunderstandings has each exercise once, in the course's order."""
    guide = (ROOT / "docs" / "instructor.md").read_text("utf-8")
    table = guide.partition("## What people misunderstand")[2].partition("\n## ")[0]

    assert re.findall(r"^\| `([a-z-]+)` \|", table, re.MULTILINE) == [each.id for each in all_exercises()]
