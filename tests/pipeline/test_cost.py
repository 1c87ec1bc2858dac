"""What a pipeline costs: each price once, exact arithmetic, and figures that can be checked by hand."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from workshop.pipeline import cost
from workshop.pipeline.cost import PRICES, CostLine, Load, monthly_bill, shards_needed, standing_cost, total

ROOT = Path(__file__).parents[2]


def line(lines: tuple[CostLine, ...], beginning: str) -> CostLine:
    """Return the one line that begins like this."""
    [found] = [each for each in lines if each.item.startswith(beginning)]
    return found


def test_every_price_is_a_decimal_with_a_source_and_a_date() -> None:
    """A price without where and when it was read is worth nothing."""
    for price in PRICES.values():
        assert isinstance(price.usd, Decimal)
        assert price.usd >= 0
        assert price.per
        assert "2026" in price.source


def test_no_price_stands_anywhere_else() -> None:
    """Other modules take prices from here, so that a change of price is a change of one line."""
    prices = {str(price.usd) for price in PRICES.values() if len(str(price.usd)) > 4}
    written = re.compile("|".join(rf"(?<![\d.]){re.escape(price)}(?!\d)" for price in prices))

    for path in [*(ROOT / "workshop").rglob("*.py"), *(ROOT / "solutions").rglob("*.py")]:
        if path != Path(cost.__file__):
            assert not written.search(path.read_text(encoding="utf-8")), path


@pytest.mark.parametrize(
    ("rate", "size", "shards"), [(1, 250, 1), (1_000, 250, 1), (1_001, 250, 2), (500, 4_000, 2)]
)
def test_shards_follow_from_records_and_bytes(rate: int, size: int, shards: int) -> None:
    """A shard takes 1,000 records or 1 MB a second, whichever comes first."""
    assert shards_needed(Load(messages_per_second=Decimal(rate), message_bytes=size)) == shards


def test_the_stream_of_fifty_thousand_messages_a_second() -> None:
    """50 shards and 131,400 million puts cost 547.50 and 1,839.60 dollars in a month of 730 hours."""
    bill = monthly_bill("stateless", Load(messages_per_second=Decimal(50_000)))

    assert line(bill, "stream: shards").usd == Decimal("547.50")
    assert line(bill, "stream: puts").usd == Decimal("1839.60")


def test_a_write_for_each_message_is_what_state_costs() -> None:
    """At 50,000 messages a second StateTable alone costs 82,125 dollars a month, and stateless has none."""
    load = Load(messages_per_second=Decimal(50_000))

    assert line(monthly_bill("stateful", load), "StateTable").usd == Decimal(82_125)
    assert not [each for each in monthly_bill("stateless", load) if each.item.startswith("StateTable")]


def test_the_ledger_is_paid_per_batch() -> None:
    """With 19 totals touched, one batch a second costs 6 units in Map and 44 in Reduce."""
    bill = monthly_bill("stateful", Load(messages_per_second=Decimal(1_000)))

    assert line(bill, "ReduceTable and its ledger").quantity == Decimal("2.628") * 6
    assert line(bill, "AggregateTable and its ledger").quantity == Decimal("2.628") * 44


def test_a_single_message_touches_four_totals() -> None:
    """One message a second makes one commit a second, with one total on each level and the Grand Total."""
    bill = monthly_bill("stateful", Load(messages_per_second=Decimal(1)))

    assert line(bill, "AggregateTable and its ledger").quantity == Decimal("2.628") * (2 * 4 + 6)


def test_a_larger_batch_never_costs_more() -> None:
    """Fewer and larger batches write fewer rows and totals."""
    small, large = (Load(messages_per_second=Decimal(20_000), map_batch=size) for size in (100, 1_000))

    assert total(monthly_bill("stateful", large)) < total(monthly_bill("stateful", small))


def test_a_single_message_now_and_then_costs_little_more_than_the_shard() -> None:
    """Batches never outnumber messages."""
    bill = monthly_bill("stateful", Load(messages_per_second=Decimal("0.001")))

    assert Decimal("10.95") < total(bill) < Decimal("11.10")


def test_an_idle_pipeline_costs_its_stream() -> None:
    """Tables, functions and the queue cost nothing while nothing happens."""
    assert standing_cost(shards=2) == Decimal("0.030")
    assert standing_cost(shards=7, on_demand=True) == Decimal("0.04")


@pytest.mark.parametrize("wrong", [{"messages_per_second": Decimal(0)}, {"messages_per_second": Decimal(-1)}])
def test_a_load_without_messages_is_refused(wrong: dict[str, Decimal]) -> None:
    """There is no bill for nothing."""
    with pytest.raises(ValueError, match="more than 0"):
        Load(**wrong)  # type: ignore[arg-type] # the parameters are of different types


def test_an_unknown_pipeline_is_refused() -> None:
    """The two pipelines are named in the message."""
    with pytest.raises(ValueError, match="stateless or stateful"):
        monthly_bill("stateles", Load())
