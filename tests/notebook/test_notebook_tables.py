"""The table viewer and the totals: what changed is said in words, and long tables are cut with a count."""

import re
from dataclasses import replace
from decimal import Decimal

from workshop.diagnosis import Cause, CauseKind, Confidence, Diagnosis, diagnose
from workshop.notebook.charts.totals_chart import SHADES, areas, draw_chart
from workshop.notebook.markup.cells import cell_html
from workshop.notebook.views.diagnosis import draw_comparison, draw_diagnosis
from workshop.notebook.views.differences import ChangeKind, TableMemory
from workshop.notebook.views.table import View, draw_rows
from workshop.notebook.views.totals import TotalsView
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.compare_with_truth import compare
from workshop.pipeline.messages import Message
from workshop.pipeline.truth import Truth, stateful_truth

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

    assert [each.change for each in changes] == [ChangeKind.SAME]
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


def test_rows_with_times_stand_newest_first() -> None:
    """Of rows that say when they were written the newest is first, whatever their keys are."""
    older, newer = ({**FIRST, "TradeID": key, "MappedAt": Decimal(at)} for key, at in (("a", 1), ("b", 2)))

    _, changes = look(TableMemory(), older, newer)

    assert [each.row for each in changes] == [newer, older]


def test_a_long_table_is_cut_with_a_count() -> None:
    """Ten rows are shown, and how many more there are."""
    rows = [{"TradeID": f"{number:04}", "Value": Decimal(number)} for number in range(2000)]
    shown, _ = look(TableMemory(), *rows)

    assert "… and 1,990 more" in shown.text
    assert "… and 1,990 more" in shown.html
    assert len(str(shown._repr_mimebundle_())) < 50_000


def test_deltas_are_a_tree_with_the_trades_beside_it() -> None:
    """Below its parent a path is told by its last name, and a number of trades stands on its path's line."""
    row = {
        "MessageHash": "a" * 32,
        "Deltas": {"PV:FXSpot:EMEA": Decimal(1), "PV:FXSpot": Decimal(1), "PV": Decimal(1)},
        "Trades": {"PV:FXSpot:EMEA": Decimal(3)},
    }
    changes, seen = TableMemory().look("t", [row], "MessageHash")
    shown = draw_rows(changes, View("ReduceTable", "MessageHash", seen_before=seen))

    names = re.findall(r"<span[^>]*>([A-Za-z]+)</span><span>1.00<", shown.html)
    assert names == ["PV", "FXSpot", "EMEA"]
    assert re.findall(r'class="line">([^<]*)', shown.html) == ["", "", "3"]
    assert "PV \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} FXSpot" in shown.text


def test_a_path_without_its_parent_is_told_in_full() -> None:
    """A tree begins where its uppermost path begins."""
    shown = cell_html({"PV:FXSpot:EMEA": Decimal(1), "PV": Decimal(2)}, "Trades", "value")

    assert "PV \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} FXSpot" in shown


def test_a_table_with_times_says_their_zone() -> None:
    """Whoever reads a time need not guess where its clock hangs."""
    timed, _ = look(TableMemory(), {**FIRST, "MappedAt": Decimal(1_795_300_596)})
    untimed, _ = look(TableMemory(), FIRST)

    assert "times in UTC" in timed.text
    assert "times in UTC" in timed.html
    assert "UTC" not in untimed.text


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


def test_a_comparison_names_its_differences_and_weighs_them() -> None:
    """One total differs and two differ; trades are told where they differ, and the Grand Total stands out."""
    truth = Truth({"PV": Decimal(5), "Grand Total": Decimal(5)}, {"PV": 2, "Grand Total": 2}, frozenset())
    one = AggregateSnapshot({"PV": Decimal(4), "Grand Total": Decimal(5)}, {"PV": 2, "Grand Total": 2})
    two = AggregateSnapshot({"PV": Decimal(4), "Grand Total": Decimal(4)}, {"PV": 1, "Grand Total": 1})

    assert "1 total differs" in draw_comparison(compare(one, truth)).text
    assert "+0" not in draw_comparison(compare(one, truth)).text
    assert "Trades off by" not in draw_comparison(compare(one, truth)).html
    shown = draw_comparison(compare(two, truth))
    assert "2 totals differ" in shown.text
    assert "\N{MINUS SIGN}1\n" in shown.text
    assert '<tr class="sum">' in shown.html


def test_what_holds_totals_up_stands_with_their_difference() -> None:
    """Totals that differ because something has not arrived say what that is."""
    truth = stateful_truth([])
    wrong = AggregateSnapshot({"Grand Total": Decimal("1.00")}, {"Grand Total": 1})

    shown = draw_comparison(replace(compare(wrong, truth), held_up="`MapLambda` fails"))

    assert "`MapLambda` fails." in shown.text
    assert "<code>MapLambda</code> fails." in shown.html


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
        assert ("10.00" in trace["labels"][trace["ids"].index("PV")]) == (kind == "treemap")
        assert trace["marker"]["pattern"]["shape"][place]
        assert bundle["text/plain"] == tree.text
        assert len(str(bundle)) < 50_000


def test_charts_tell_the_groups_of_the_top_level_apart() -> None:
    """Each group of the top level has a hue of its own, which all below it keep, and no area has another."""
    totals = {path: Decimal(1) for path in ("PV", "PV:FXSpot", "Delta", "Delta:FXSpot", "Grand Total")}
    snapshot = AggregateSnapshot(totals=totals)

    bundle = draw_chart("sunburst", snapshot, TotalsView(snapshot).draw())._repr_mimebundle_()

    trace = bundle["application/vnd.plotly.v1+json"]["data"][0]
    colours = dict(zip(trace["ids"], trace["marker"]["colors"], strict=True))
    assert len(set(colours.values())) == len(totals)
    assert {colours["PV"], colours["PV:FXSpot"]} < set(SHADES[1])
    assert {colours["Delta"], colours["Delta:FXSpot"]} < set(SHADES[0])


def test_several_causes_share_the_headline() -> None:
    """Where several things happened, none of them is named as the reason above the list of all."""
    found = diagnose([], AggregateSnapshot(TOTALS), pipeline="stateful")
    kinds = (CauseKind.STALE_VERSION, CauseKind.MAP_BATCH_TWICE)
    causes = [Cause(kind, Confidence.CERTAIN, "Seen.") for kind in kinds]

    one, two = (draw_diagnosis(replace(found, causes=tuple(causes[:count]))).text for count in (1, 2))

    assert one.startswith(f"✗ Not exact: {kinds[0].value} (certain)")
    assert two.startswith("✗ Not exact: 2 causes together")


def test_totals_of_nothing_are_no_success() -> None:
    """Whoever looks before anything was sent, or after all of it has gone, is not told that all is exact."""
    nothing = AggregateSnapshot()

    for shown in (
        draw_diagnosis(diagnose([], nothing, pipeline="stateful")),
        draw_comparison(compare(nothing, stateful_truth([]))),
    ):
        assert shown.text.startswith("○ Nothing to judge: no live trade was sent")
        assert "✓" not in shown.html


def test_exact_totals_are_no_success_while_records_are_held_up() -> None:
    """Totals that are right may not stay so: what has not arrived is told beside them."""
    sent = [Message("t", Decimal(1), 1, {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": "EMEA"})]
    truth = stateful_truth(sent)
    totals = AggregateSnapshot(dict(truth.totals), dict(truth.trades))
    held_up = "1 record is still on the way. MapLambda fails: KeyError: 'a'"

    for found in (diagnose(sent, totals, pipeline="stateful"), compare(totals, truth)):
        drawn = draw_diagnosis if isinstance(found, Diagnosis) else draw_comparison

        assert drawn(found).text.startswith("✓ Exact")
        assert drawn(replace(found, held_up=held_up)).text.startswith("▲ Exact so far")
        assert held_up in drawn(replace(found, held_up=held_up)).text
