"""`docs/mission.md`: every row of the originals, with a status and a place that is really there."""

import re

import pytest

from tests.documents.reading import ROOT, parse
from workshop.course.exercises import all_exercises
from workshop.notebook.session import GUIDE

ROWS = re.findall(
    r"^\| (\d+) \| (.+?) \| (.+?) \| (.+?) \|$",
    (ROOT / "docs" / "mission.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)
STATUS = re.compile(r"works|measured|different: \S.*")
TEMPLATES = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "cloudformation").glob("*.yaml"))
SOURCES = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "lambdas" / "common").glob("*.py"))
NOTEBOOKS = {path.name[:2] for path in (ROOT / "notebooks").glob("*.ipynb")}


def is_there(told: str) -> bool:
    """Tell whether what a row names exists: a command, file, exercise, call, or name in a template."""
    if told.startswith("workshop "):
        parse(tuple(told.split()))
        return True
    if told.startswith("make "):
        return f"\n{told.split()[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")
    if "/" in told:
        return (ROOT / told).exists()
    if told.startswith("ws."):
        return all(part in GUIDE for part in told.removeprefix("ws.").split("(")[0].split("."))
    return told in {each.id for each in all_exercises()} or told in TEMPLATES or told in SOURCES


def test_all_fifty_five_rows_are_there() -> None:
    """The table has each row of the originals' checklist once, in order."""
    assert [int(number) for number, *_ in ROWS] == list(range(1, 56))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_a_row_has_a_status_and_points_to_what_is_there(row: tuple[str, str, str, str]) -> None:
    """A row works, is measured, or differs for a reason; what it names exists."""
    _, _, status, where = row
    named = re.findall(r"`([^`]+)`", where)
    numbers = re.findall(r"\b(\d\d)\b", " ".join(re.findall(r"notebooks? [\d, and]+", where)))

    assert STATUS.fullmatch(status)
    assert named or numbers
    assert [each for each in named if not is_there(each)] == []
    assert set(numbers) <= NOTEBOOKS


def test_a_measured_row_quotes_the_page_about_speed() -> None:
    """A rate that a measured row gives stands in `docs/speed.md`, so that both tell the same measurement."""
    speed = (ROOT / "docs" / "speed.md").read_text(encoding="utf-8")
    rates = [
        rate
        for _, _, status, where in ROWS
        for rate in re.findall(r"([\d,]+) a second", where)
        if status == "measured"
    ]

    assert rates
    assert [rate for rate in rates if f"{rate}/s" not in speed] == []
