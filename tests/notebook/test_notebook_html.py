"""Markup: data never becomes HTML, and every display has a twin in text."""

import re
from decimal import Decimal

import pytest

from workshop.notebook.markup.cells import cell_html, cell_text
from workshop.notebook.markup.display import Live, Shown
from workshop.notebook.markup.html import Html, code_in, element, escaped, table
from workshop.notebook.markup.style import STYLESHEET
from workshop.notebook.markup.texts import plain_table, took

EVIL = '<script>alert("1")</script>\x1b[31m\u202e'


@pytest.mark.parametrize(
    "drawn",
    [
        element("p", EVIL, title=EVIL),
        code_in(f"a `{EVIL}` b"),
        table([(EVIL, "")], [("", [EVIL])], caption=EVIL),
        cell_html(EVIL, "TradeID", "value"),
        cell_html({EVIL: Decimal(1)}, "Deltas", "value"),
        cell_html({EVIL: EVIL}, "Hierarchy", "value"),
    ],
)
def test_data_is_escaped_wherever_it_stands(drawn: Html) -> None:
    """Text from a table or a message never becomes markup, an attribute's end, or a control character."""
    assert "<script" not in drawn
    assert '"1"' not in drawn
    assert "\x1b" not in drawn
    assert "\u202e" not in drawn


def test_markup_is_not_escaped_twice() -> None:
    """What is markup already stays as it is."""
    inner = element("b", "1 < 2")

    assert escaped(inner) == inner
    assert element("p", inner) == "<p><b>1 &lt; 2</b></p>"


def test_a_table_names_its_columns_and_rows() -> None:
    """Each heading says what it is the heading of, so that a screen reader can."""
    drawn = table([("Risk", ""), ("Total", "num")], [("", ["PV", "1.00"])])

    assert drawn.count('scope="col"') == 2
    assert drawn.count('scope="row"') == 1


def test_nothing_is_loaded_from_outside() -> None:
    """The stylesheet names no address, import or font that would have to be fetched."""
    assert not re.search(r"https?:|@import|url\(", STYLESHEET)


def test_a_display_has_html_and_text() -> None:
    """Jupyter gets both forms, the HTML with its stylesheet."""
    bundle = Shown(element("p", "seen"), "seen")._repr_mimebundle_()

    assert bundle["text/plain"] == "seen"
    assert "<p>seen</p>" in bundle["text/html"]
    assert "<style>" in bundle["text/html"]


def test_a_plain_python_prints_the_text_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Outside of IPython only the last state of something that moved is printed."""
    output = Live(Shown(Html(""), "first"))
    output.update(Shown(Html(""), "second"))
    output.close(Shown(Html(""), "last"))

    assert capsys.readouterr().out == "last\n"


def test_amounts_and_times_are_for_people() -> None:
    """Money has separators and two decimals, times are UTC; all else stays digit for digit as it is."""
    assert cell_text(Decimal("34624.5"), "Value") == "34,624.50"
    assert cell_text(Decimal("1.10"), "Version") == "1.10"
    assert cell_text(Decimal("1795300596.6051"), "Timestamp") == "22:36:36.605"
    assert cell_text("2026-11-22T02:58:56.981+01:00", "Time") == "2026-11-22 01:58:56.981"
    assert cell_text("2026-11-22T02:58:56.981", "Time") == "2026-11-22T02:58:56.981"


def test_a_long_key_is_told_shortly_and_kept_in_full() -> None:
    """Zeros and the beginning of an ARN tell nothing; pointing at the key shows all of it."""
    key = f"MapLambda#arn:aws:dynamodb:us-east-1:123456789012:table/T/stream/1#shardId-{'0' * 12}1"
    drawn = cell_html(key, "LedgerKey", "value")

    assert ">MapLambda#…table/T/stream/1#shardId-0…01<" in drawn
    assert f'title="{key}"' in drawn
    assert ">trade-000000001<" in cell_html("trade-000000001", "TradeID", "value")


@pytest.mark.parametrize(("seconds", "told"), [(0.004, "under 0.1 s"), (1234.56, "1,234.6 s")])
def test_no_duration_is_told_as_zero(seconds: float, told: str) -> None:
    """What is over at once took some time all the same."""
    assert took(seconds) == told


def test_text_tables_line_up() -> None:
    """Numbers stand right, words left, and a line break in a cell does not break the table."""
    drawn = plain_table(["a", "n"], [["x\ny", "1"], ["z", "22"]], right=[1])

    assert drawn.splitlines()[2:] == ["x y   1", "z    22"]
