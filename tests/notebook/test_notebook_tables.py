"""The table viewer and the totals: what changed is said in words, and long tables are cut with a count."""

from decimal import Decimal

from workshop.notebook.differences import Change, TableMemory
from workshop.notebook.table_view import View, draw_rows
from workshop.notebook.totals_chart import areas, draw_chart
from workshop.notebook.totals_view import TotalsView
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.truth import Truth

FIRST = {"TradeID": "a", "Value": Decimal("1.00"), "Version": Decimal(1)}
SECOND = {"TradeID": "b", "Value": Decimal("5.00"), "Version": Decimal(1)}
TOTALS = {
    "PV": Decimal(-10),
    "PV:FXSpot": Decimal(-30),
    "PV:FXOptions": Decimal(20),
    "Grand Total": Decimal(-10),
}


def look(memory: TableMemory, *rows: dict) -> tuple:
    changes, seen = memory.look("t", rows, "TradeID")
    return draw_rows(changes, View("StateTable", "TradeID", seen_before=seen)), changes


def test_the_first_look_knows_no_changes() -> None:
    """A table that is shown for the first time has no column for changes."""
    shown, changes = look(TableMemory(), FIRST)

    assert [each.change for each in changes] == [Change.SAME]
    assert "look" not in shown.text


def test_every_kind_of_change_has_its_word() -> None:
    """Added, changed and removed rows say so, in HTML and in text."""
    memory = TableMemory()
    look(memory, FIRST, SECOND)
    shown, _ = look(memory, {**FIRST, "Value": Decimal("2.50")}, {**SECOND, "TradeID": "c"})

    for word in ("added", "changed", "removed"):
        assert word in shown.text
        assert word in shown.html
    assert "1.00 → 2.50" in shown.text


def test_rows_that_changed_stand_first() -> None:
    """What is the same waits behind what changed."""
    memory = TableMemory()
    look(memory, FIRST, SECOND)
    _, changes = look(memory, FIRST, {**SECOND, "Version": Decimal(2)})

    assert [each.row["TradeID"] for each in changes] == ["b", "a"]


def test_a_long_table_is_cut_with_a_count() -> None:
    """Ten rows are shown, and how many more there are."""
    rows = [{"TradeID": f"{number:04}", "Value": Decimal(number)} for number in range(2000)]
    shown, _ = look(TableMemory(), *rows)

    assert "… and 1,990 more" in shown.text
    assert "… and 1,990 more" in shown.html
    assert len(str(shown._repr_mimebundle_())) < 50_000


def test_an_empty_table_is_shown_as_such() -> None:
    """No rows are no error."""
    shown, _ = look(TableMemory())

    assert "0 rows" in shown.text


def test_totals_stand_as_a_tree_with_the_grand_total_last() -> None:
    """Parents come before children, and the sum of everything at the end."""
    lines = TotalsView(AggregateSnapshot(totals=TOTALS)).draw().text.splitlines()

    assert [line.split("  ")[0].strip() or line.split()[0] for line in lines[-2:]][1] == "Grand Total"
    assert "-30.00" in next(line for line in lines if "FXSpot" in line)


def test_totals_beside_the_truth_say_by_how_much() -> None:
    """A total that differs from what was sent says how far off it is, also where there is none at all."""
    truth = Truth({**TOTALS, "Delta": Decimal(7)}, {}, frozenset())
    shown = TotalsView(AggregateSnapshot(totals={**TOTALS, "PV": Decimal(-9)}), truth=truth).draw()

    assert "2 totals differ" in shown.text
    assert "+1.00" in shown.text
    assert "\N{MINUS SIGN}7.00" in shown.text


def test_an_area_is_never_negative() -> None:
    """A leaf's area is its amount without sign, a parent's the sum of its children's areas."""
    assert areas(TOTALS) == {
        "PV:FXSpot": Decimal(30),
        "PV:FXOptions": Decimal(20),
        "PV": Decimal(50),
        "Grand Total": Decimal(50),
    }


def test_charts_tell_the_sign_without_colour() -> None:
    """A negative total bears a word and a pattern, the chart has the tree as its twin, and it is small."""
    snapshot = AggregateSnapshot(totals=TOTALS)
    tree = TotalsView(snapshot).draw()

    for kind in ("sunburst", "treemap"):
        bundle = draw_chart(kind, snapshot, tree)._repr_mimebundle_()
        trace = bundle["application/vnd.plotly.v1+json"]["data"][0]
        place = trace["ids"].index("PV:FXSpot")
        assert "negative" in trace["text"][place]
        assert trace["marker"]["pattern"]["shape"][place]
        assert bundle["text/plain"] == tree.text
        assert len(str(bundle)) < 50_000
