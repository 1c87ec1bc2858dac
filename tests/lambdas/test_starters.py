"""What learners begin with: handlers that work while nothing happens twice or in another order."""

from decimal import Decimal
from pathlib import Path

import pytest
from common.aggregation import Change, Delta, summarise
from common.rows import rows_of

from tests.lambdas.handler_bench import ROOT, Bench, kinesis_event, message, window_event

STARTERS = sorted((ROOT / "lambdas").glob("state*/*.py"))


@pytest.fixture
def starter(bench: Bench) -> Bench:
    """A bench whose functions are those that learners begin with."""
    bench.variant = "starter"
    return bench


@pytest.mark.parametrize("path", STARTERS, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_a_starter_fits_on_a_screen_and_a_half(path: Path) -> None:
    """A learner's file has less than 60 lines, and none of the marks that its source has."""
    text = path.read_text(encoding="utf-8")

    assert text.count("\n") < 60
    assert "###" not in text


def test_new_trades_are_summed(starter: Bench) -> None:
    """Trades that come once, in one version, are in the totals of the stateful pipeline."""
    starter.flow(message("a", "1.50"), message("b", "2.25", "PV", "Bonds", "APAC"))

    assert starter.totals()["Grand Total"] == Decimal("3.75")
    assert starter.totals()["PV:Bonds:APAC"] == Decimal("2.25")
    assert starter.trades()["PV"] == 2


def test_messages_are_summed_without_state(starter: Bench) -> None:
    """Messages that come once are in the totals of the stateless pipeline."""
    starter.run("stateless.map", kinesis_event([message("a", "1.50"), message("b", "2.00")]))
    starter.run("stateless.reduce", window_event(starter.new_changes("ReduceTable")))

    assert starter.totals()["Grand Total"] == Decimal("3.50")


def test_rows_without_a_key_are_all_different(starter: Bench) -> None:
    """Rows that are written without a key take the place of no other row."""
    summary = summarise([Change((("PV", Delta(Decimal("1.00"), 1)),), Decimal(1))], now=Decimal(2))

    [one], [other] = (rows_of(summary, now=Decimal(2)) for _ in range(2))

    assert one.key != other.key


def test_what_cannot_be_read_is_set_aside(starter: Bench) -> None:
    """A message that is no trade does not stop the others."""
    starter.flow(b"no trade", message("a", "1.50"))

    assert starter.totals()["Grand Total"] == Decimal("1.50")
    assert len(starter.reasons()) == 1


def test_an_older_version_overwrites_a_newer_one(starter: Bench) -> None:
    """State keeps what came last, whatever its version."""
    starter.run("stateful.state", kinesis_event([message("a", "2.00", version=2)]))
    starter.run("stateful.state", kinesis_event([message("a", "1.00", version=1)], first=2))

    assert [item["Version"] for item in starter.items("StateTable")] == [1]


def test_a_modification_counts_beside_what_it_replaces(starter: Bench) -> None:
    """Map adds what is new and leaves in the totals what was there before."""
    starter.flow(message("a", "1.00", version=1))
    starter.flow(message("a", "5.00", version=2), first=2)

    assert starter.totals()["Grand Total"] == 6


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_a_batch_that_comes_twice_leaves_two_rows(starter: Bench, pipeline: str) -> None:
    """Map writes a row for each delivery of a batch."""
    messages = kinesis_event([message("a", "1.00")])
    starter.run("stateful.state", messages)
    event = messages if pipeline == "stateless" else window_event(starter.changes("StateTable"))

    for _ in range(2):
        starter.run(f"{pipeline}.map", event)

    assert len(starter.items("ReduceTable")) == 2


@pytest.mark.parametrize("pipeline", ["stateless", "stateful"])
def test_rows_that_come_twice_are_added_twice(starter: Bench, pipeline: str) -> None:
    """Reduce adds a batch with each of its deliveries."""
    starter.run("stateless.map", kinesis_event([message("a", "1.50")]))
    event = window_event(starter.changes("ReduceTable"))

    for _ in range(2):
        starter.run(f"{pipeline}.reduce", event)

    assert starter.totals()["Grand Total"] == 3
