"""Tables of pandas: they look like all the other tables, and say nothing about types."""

from decimal import Decimal

import pandas as pd
import pytest

from workshop.notebook.views.frames import FRAMES, draw_frame


def test_an_index_with_a_name_heads_the_rows() -> None:
    """What names the rows stands first, under its own name and on the line of the other headings."""
    frame = pd.DataFrame([("state", "PutItem")], columns=["role of", "may call"]).set_index("role of")

    assert draw_frame(frame).text.splitlines()[0].split("  ") == ["role of", "may call"]


def test_an_index_that_counts_is_left_out() -> None:
    """The number of a row says nothing about it."""
    assert draw_frame(pd.DataFrame({"name": ["a", "b"]})).text.splitlines() == ["name", "----", "a", "b"]


def test_text_stands_left_and_numbers_right() -> None:
    """Numbers line up by their last digit, also where the cell has made text of them."""
    html = draw_frame(pd.DataFrame({"line": ["logs"], "USD": ["1,642.50"], "units": [12000]})).html

    assert '<th scope="row" class="tight">logs</th>' in html
    assert '<td class="num">1,642.50</td><td class="num">12,000</td>' in html


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1234.56789, "1,234.5679"),
        (None, "\N{EN DASH}"),
        (Decimal("1000.10"), "1,000.10"),
        (True, "True"),
        (("a", 1), "a, 1"),
    ],
)
def test_a_cell_is_for_people(value: object, told: str) -> None:
    """Numbers have separators, and what is missing is a dash."""
    assert draw_frame(pd.DataFrame({"a": pd.Series([value], dtype=object)})).text.splitlines()[-1] == told


def test_a_series_is_a_table_with_two_columns() -> None:
    """Its name heads the values; no type stands below them."""
    lines = draw_frame(pd.Series({"1,000": 1, "50,000": 50}, name="shards")).text.splitlines()

    assert lines[0].split() == ["shards"]
    assert lines[-1].split() == ["50,000", "50"]


def test_nothing_is_said_to_be_nothing() -> None:
    """A table without rows says so."""
    assert "No rows." in draw_frame(pd.DataFrame([], columns=["what", "name"]).set_index("what")).html


def test_a_long_table_is_cut_with_a_count_of_its_rest() -> None:
    """A learner's own table does not fill the notebook."""
    assert "… and 940 more" in draw_frame(pd.DataFrame({"a": range(1000)})).text


def test_the_tables_are_known_by_the_names_that_pandas_gives_them() -> None:
    """IPython finds them by module and name, without importing pandas."""
    assert {(kind.__module__, kind.__name__) for kind in (pd.DataFrame, pd.Series)} <= set(FRAMES)
