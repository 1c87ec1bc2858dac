"""What the lines of an error say."""

import pytest

from workshop.notebook.views.errors import error_lines

CELL_FILE = "/tmp/ipykernel_1/2.py"  # noqa: S108 - the name that a kernel gives to a cell


def test_a_mistake_in_the_syntax_is_told_where_it_stands() -> None:
    """A cell that cannot be read has no frame; the line comes from the error itself."""
    with pytest.raises(SyntaxError) as caught:
        compile("here = 1\nthere = (", CELL_FILE, "exec")

    lines = error_lines(caught.value, caught.tb)

    assert lines[1] == "In line 2 of this cell: `there = (`"


def test_an_error_that_never_was_in_a_cell_names_no_line() -> None:
    """What happens outside of cells is not said to be in one."""
    with pytest.raises(ZeroDivisionError) as caught:
        print(1 // 0)

    assert not any("of this cell" in line for line in error_lines(caught.value, caught.tb))
