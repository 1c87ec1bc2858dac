"""What the guide to the classroom says about what a board keeps."""

import re
import sqlite3

from tests.classroom.board.running import NOTEBOOKS, RunningBoard
from tests.documents.reading import ROOT
from workshop.classroom.board.tables import make_tables

ROWS = {"learners": "each learner", "steps": "each step of a learner", "scores": "each game of a learner"}


def told() -> dict[str, list[str]]:
    """Return the names that the guide's table gives, by what they are kept of."""
    guide = (ROOT / "docs" / "classroom.md").read_text("utf-8")
    table = guide.partition("**What it keeps**")[2].partition("\n\nIt lies")[0]
    found: dict[str, list[str]] = {}
    of = ""
    for cells in re.findall(r"^\|(.*)\|(.*)\|(.*)\|$", table, re.MULTILINE)[2:]:
        of = cells[0].strip() or of
        found.setdefault(of, []).extend(re.findall("`([a-z_]+)`", cells[2]))
    return found


def test_the_guide_names_every_column_that_a_board_keeps() -> None:
    """The table of what is kept has each column of each table of a board's file, once."""
    base = sqlite3.connect(":memory:")
    make_tables(base)
    for table, of in ROWS.items():
        columns = [row[1] for row in base.execute(f"PRAGMA table_info({table})")]
        assert sorted(told()[of]) == sorted(columns)
    tables = {row[0] for row in base.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    base.close()
    assert tables == {*ROWS, "settings", "sqlite_sequence"}


def test_the_guide_names_everything_that_is_kept_of_a_class(tmp_path) -> None:
    """The table's last row has what a board keeps once every button of its page was pressed."""
    file = tmp_path / "board.db"
    with RunningBoard(file) as running:
        number = next(iter(NOTEBOOKS))
        for action in ("announce", "release", "close"):
            running.act(action, notebook=number)
    base = sqlite3.connect(file)
    kept = [name for (name,) in base.execute("SELECT name FROM settings")]
    base.close()

    assert sorted(kept) == sorted(told()["the class"])
