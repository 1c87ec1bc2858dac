"""The front end, drawn into text."""

import re
from decimal import Decimal
from io import StringIO

import pytest
from rich.console import Console

from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.front_end import (
    Dashboard,
    Facts,
    draw_dashboard,
    draw_fitting,
    draw_tree,
    shown_name,
    tree_rows,
)
from workshop.pipeline.latency import LatencyHistogram, bucket_of
from workshop.pipeline.truth import escape_name

FACTS = Facts(now=1_750_000_000, title="desk (stateful)", badge="offline, costs nothing")
TOTALS = {
    "PV": Decimal("13523427.04"),
    "PV:FXSpot": Decimal("690762.45"),
    "PV:FXSpot:EMEA": Decimal("690762.45"),
    "PV:FXOptions": Decimal("12832664.59"),
    "PV:FXOptions:EMEA": Decimal("12832664.59"),
    "Grand Total": Decimal("13523427.04"),
}


def text_of(renderable, *, width: int = 80) -> str:
    console = Console(width=width, file=StringIO())
    console.print(renderable)
    return console.file.getvalue()


def at(count: int, *, seconds: float | None = None) -> AggregateSnapshot:
    latency = LatencyHistogram({bucket_of(seconds): count} if seconds else {})
    return AggregateSnapshot(totals=TOTALS, message_count=count, revision=count, latency=latency)


def test_the_tree_is_indented_and_ends_with_the_grand_total() -> None:
    """Each level stands further in than its parent, amounts are grouped, and the root comes last."""
    lines = [line.rstrip() for line in text_of(draw_tree(tree_rows(TOTALS))).splitlines()]

    assert lines[1].startswith("PV ")
    assert lines[2].startswith("    FXOptions")
    assert lines[3].startswith("        EMEA")
    assert lines[1].endswith("13,523,427.04")
    assert lines[-1].startswith("Grand Total")


@pytest.mark.parametrize("name", ["50:50 %", "#1", "%3A", "%2525", "a b", "Côte d'Ivoire 🌍", "%20", "%23"])
def test_names_are_shown_as_they_were_written(name: str) -> None:
    """Whatever was escaped in a path is shown without escapes."""
    assert shown_name(escape_name(name)) == name


def test_a_name_cannot_command_the_terminal() -> None:
    """Control characters in a name are shown as a mark, so that no message can clear a reader's screen."""
    drawn = text_of(draw_tree(tree_rows({"evil\x1b[2J\nname[bold]": Decimal(1)})))

    assert "\x1b" not in drawn
    assert "evil�[2J�name[bold]" in drawn


def test_the_view_shows_clock_count_speed_latency_and_tree() -> None:
    """Everything that the desk looks at stands in one view, with the cloud's badge."""
    dashboard = Dashboard()
    dashboard.add(100, at(1_000, seconds=1))
    dashboard.add(104, at(9_000, seconds=1))

    drawn = text_of(draw_dashboard(dashboard, FACTS))

    assert re.search(r"2025-06-1\d \d\d:\d\d:\d\d [+-]\d{4}", drawn)
    for part in ("9,000", "2,000", "p50 0.9", "p99", "FXSpot", "Grand Total", "costs nothing"):
        assert part in drawn


def test_the_speed_is_that_of_the_last_five_seconds() -> None:
    """Old snapshots leave the window; after a pause the speed falls to nothing."""
    dashboard = Dashboard(window_seconds=5)
    for second in range(60):
        dashboard.add(second, at(min(second, 10) * 100))

    assert dashboard.messages_per_second == 0

    dashboard.add(60, at(2_000))

    assert dashboard.messages_per_second == pytest.approx(200)


def test_an_emptied_table_does_not_count_backwards() -> None:
    """When the count falls, because somebody emptied the table, the speed is nothing."""
    dashboard = Dashboard()
    dashboard.add(0, at(1_000))
    dashboard.add(1, AggregateSnapshot())

    assert dashboard.messages_per_second == 0
    assert "Waiting for the first message" in text_of(draw_dashboard(dashboard, FACTS))


def test_the_latency_is_that_of_the_window_while_messages_arrive() -> None:
    """Slow messages of the past do not hide how fast it is now; when nothing arrives the past is shown."""
    dashboard = Dashboard(window_seconds=5)
    slow = LatencyHistogram({bucket_of(60): 100})
    both = LatencyHistogram({bucket_of(60): 100, bucket_of(0.5): 10})
    dashboard.add(0, AggregateSnapshot(latency=slow))
    dashboard.add(1, AggregateSnapshot(latency=both))

    assert (dashboard.latency.percentile_seconds(100) or 99) < 1

    dashboard.add(100, AggregateSnapshot(latency=both))
    dashboard.add(200, AggregateSnapshot(latency=both))

    assert (dashboard.latency.percentile_seconds(100) or 0) > 54


def test_nothing_seen_yet_is_a_view_too() -> None:
    """Before the first read there is a view without figures."""
    assert "Waiting for the first message" in text_of(draw_dashboard(Dashboard(), FACTS))


def test_a_partly_filled_table_is_drawn_as_it_is() -> None:
    """A child whose parent has not arrived yet, or a missing Grand Total, does not break the view."""
    dashboard = Dashboard()
    dashboard.add(0, AggregateSnapshot(totals={"PV:FXSpot:EMEA": Decimal(1)}))

    assert "EMEA" in text_of(draw_dashboard(dashboard, FACTS))


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("height", [14, 16, 24, 50])
def test_the_view_fits_a_low_terminal(height: int, width: int) -> None:
    """Where the terminal is too low the deepest levels give way, with a word about it; the root stays."""
    dashboard = Dashboard()
    dashboard.add(0, at(1))
    console = Console(width=width, height=height, file=StringIO())

    console.print(draw_fitting(dashboard, FACTS, console))

    drawn = console.file.getvalue()
    assert len(drawn.splitlines()) <= height
    assert "Grand Total" in drawn
    assert ("taller" in drawn) == (drawn.count("EMEA") < 2)


def test_a_terminal_that_is_much_too_low_gets_the_uppermost_level() -> None:
    """There is always something to see, however low the terminal is."""
    dashboard = Dashboard()
    dashboard.add(0, at(1))
    console = Console(width=80, height=2, file=StringIO())

    assert "PV" in text_of(draw_fitting(dashboard, FACTS, console))


@pytest.mark.parametrize("width", [20, 40, 200])
def test_the_view_survives_any_width(width: int) -> None:
    """A narrow terminal folds names; it never raises or loses the amounts."""
    dashboard = Dashboard()
    dashboard.add(0, at(1))

    drawn = text_of(draw_dashboard(dashboard, FACTS), width=width)

    assert "13,523,427.04" in drawn


def test_wrong_totals_are_marked_with_their_error() -> None:
    """A report can show beside each wrong total by how much it is off."""
    drawn = text_of(draw_tree(tree_rows(TOTALS), {"PV": Decimal("-12.50")}))

    assert "Off by" in drawn
    assert "-12.50" in drawn


def test_a_note_is_shown_below_the_tree() -> None:
    """When the cloud does not answer the last view stays, with a note."""
    facts = Facts(now=0, title="t", badge="b", note="The cloud does not answer")

    assert "The cloud does not answer" in text_of(draw_dashboard(Dashboard(), facts))
