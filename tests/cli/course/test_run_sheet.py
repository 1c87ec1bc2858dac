"""Run sheets: which notebooks fit into a session, in which order, and when there is a break."""

from itertools import pairwise
from pathlib import Path

import pytest

from workshop.cli.course.run_sheet import BREAK, USUAL_MINUTES, read_lessons, run_sheet
from workshop.course.exercises import NOTEBOOKS
from workshop.errors import ConfigurationError
from workshop.settings import project_root

LESSONS = read_lessons(project_root())


@pytest.mark.parametrize("minutes", [30, *USUAL_MINUTES, 300, 1_000])
def test_a_sheet_fills_its_minutes_without_gaps(minutes: int) -> None:
    """Each step begins where the one before it ends, and what remains is said."""
    sheet = run_sheet(LESSONS, minutes)

    assert all(before.begin + before.minutes == after.begin for before, after in pairwise(sheet.steps))
    last = sheet.steps[-1]
    assert last.begin + last.minutes + sheet.in_hand == minutes
    assert sheet.in_hand >= 0


@pytest.mark.parametrize("minutes", [30, *USUAL_MINUTES, 300])
def test_a_notebook_is_taught_once_in_its_order_or_left_out(minutes: int) -> None:
    """Steps follow the course, each as long as its notebook says; what does not fit is listed."""
    sheet = run_sheet(LESSONS, minutes)
    taught = [(step.notebook, step.minutes) for step in sheet.steps if step.notebook]

    assert [number for number, _ in taught] == [each for each in NOTEBOOKS if each not in sheet.left_out]
    assert all(LESSONS[number][1] == length for number, length in taught if number)


def test_the_core_takes_little_more_than_two_hours() -> None:
    """The core, 00 to 06 and 08, fits into 135 minutes with a break, and all of the course into 330."""
    core = {"00", "01", "02", "03", "04", "05", "06", "08"}

    assert core & set(run_sheet(LESSONS, 120).left_out) == {"02"}
    assert core & set(run_sheet(LESSONS, 135).left_out) == set()
    assert run_sheet(LESSONS, 330).left_out == ()


def test_nobody_works_for_long_without_a_break() -> None:
    """A session of more than two hours has a break, and none begins or ends with one."""
    sheets = {minutes: run_sheet(LESSONS, minutes) for minutes in (120, 180, 300)}
    breaks = {
        minutes: [step for step in sheet.steps if step.what == "Break"] for minutes, sheet in sheets.items()
    }

    assert [len(found) for found in breaks.values()] == [0, 1, 2]
    assert all(step.minutes == BREAK for found in breaks.values() for step in found)


def test_too_short_a_session_is_refused() -> None:
    """Less than half an hour is no session."""
    with pytest.raises(ValueError, match="at least 30"):
        run_sheet(LESSONS, 29)


def test_without_notebooks_there_is_no_plan(tmp_path: Path) -> None:
    """Outside of a checkout the error says what is missing."""
    with pytest.raises(ConfigurationError, match="no notebook 00"):
        read_lessons(tmp_path)
