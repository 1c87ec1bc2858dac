"""What learners begin with: handlers that work while nothing happens twice or in another order."""

from decimal import Decimal
from pathlib import Path

import pytest
from common.aggregation import Change, Delta, summarise
from common.rows import rows_of

from tests.lambdas.handler_bench import ROOT, Bench, kinesis_event, message, window_event

STARTERS = sorted((ROOT / "lambdas").glob("state*/*.py"))


@pytest.fixture
def variant() -> str:
    """The handlers that learners begin with."""
    return "starter"


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_a_starter_fits_on_a_screen_and_a_half(path: Path) -> None:
    """A learner's file has less than 60 lines, and none of the marks that its source has."""
    text = path.read_text(encoding="utf-8")

    assert text.count("\n") < 60
    assert "###" not in text


def test_new_trades_are_summed(bench: Bench) -> None:
    """Trades that come once, in one version, are in the totals of the stateful pipeline."""
    bench.flow(message("a", "1.50"), message("b", "2.25", "PV", "Bonds", "APAC"))

    assert bench.totals()["Grand Total"] == Decimal("3.75")
    assert bench.totals()["PV:Bonds:APAC"] == Decimal("2.25")
    assert bench.trades()["PV"] == 2


def test_messages_are_summed_without_state(bench: Bench) -> None:
    """Messages that come once are in the totals of the stateless pipeline."""
    bench.run("stateless.map", kinesis_event([message("a", "1.50"), message("b", "2.00")]))
    bench.run("stateless.reduce", window_event(bench.new_changes("ReduceTable")))

    assert bench.totals()["Grand Total"] == Decimal("3.50")


def test_rows_without_a_key_are_all_different(bench: Bench) -> None:
    """Rows that are written without a key take the place of no other row."""
    summary = summarise([Change((("PV", Delta(Decimal("1.00"), 1)),), Decimal(1))], now=Decimal(2))

    [one], [other] = (rows_of(summary, now=Decimal(2)) for _ in range(2))

    assert one.key != other.key


def test_what_cannot_be_read_is_set_aside(bench: Bench) -> None:
    """A message that is no trade does not stop the others."""
    bench.flow(b"no trade", message("a", "1.50"))

    assert bench.totals()["Grand Total"] == Decimal("1.50")
    assert len(bench.reasons()) == 1


def test_an_older_version_overwrites_a_newer_one(bench: Bench) -> None:
    """State keeps what came last, whatever its version."""
    bench.run("stateful.state", kinesis_event([message("a", "2.00", version=2)]))
    bench.run("stateful.state", kinesis_event([message("a", "1.00", version=1)], first=2))

    assert [item["Version"] for item in bench.items("StateTable")] == [1]


def test_a_modification_counts_beside_what_it_replaces(bench: Bench) -> None:
    """Map adds what is new and leaves in the totals what was there before."""
    bench.flow(message("a", "1.00", version=1))
    bench.flow(message("a", "5.00", version=2), first=2)

    assert bench.totals()["Grand Total"] == 6


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_a_batch_that_comes_twice_leaves_two_rows(bench: Bench, pipeline: str) -> None:
    """Map writes a row for each delivery of a batch."""
    messages = kinesis_event([message("a", "1.00")])
    bench.run("stateful.state", messages)
    event = messages if pipeline == "stateless" else window_event(bench.changes("StateTable"))

    for _ in range(2):
        bench.run(f"{pipeline}.map", event)

    assert len(bench.items("ReduceTable")) == 2


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_rows_that_come_twice_are_added_twice(bench: Bench, pipeline: str) -> None:
    """Reduce adds a batch with each of its deliveries."""
    bench.run("stateless.map", kinesis_event([message("a", "1.50")]))
    event = window_event(bench.changes("ReduceTable"))

    for _ in range(2):
        bench.run(f"{pipeline}.reduce", event)

    assert bench.totals()["Grand Total"] == 3
