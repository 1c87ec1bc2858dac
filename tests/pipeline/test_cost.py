"""What a pipeline costs: each price once, exact arithmetic, and figures that can be checked by hand."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from workshop.pipeline.cost import (
    TIMES,
    CostLine,
    cannot_keep_up,
    monthly_bill,
    standing_cost,
    total,
    unconfirmed,
)
from workshop.pipeline.load import Load, shards_needed
from workshop.pipeline.prices import DATED, PRICES

ROOT = Path(__file__).parents[2]
# Millions in a month of what happens once a second, and the price of a write.
MONTH = Decimal("2.628")
WRITE = "0.625 USD per million write request units, on demand"


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
        assert str(DATED.year) in price.source
        assert "https://aws.amazon.com/" in price.source


def test_no_price_stands_anywhere_else() -> None:
    """Other modules take prices from here, so that a change of price is a change of one line."""
    prices = {str(price.usd) for price in PRICES.values() if len(str(price.usd)) > 4}
    written = re.compile("|".join(rf"(?<![\d.]){re.escape(price)}(?!\d)" for price in prices))

    for path in [*(ROOT / "workshop").rglob("*.py"), *(ROOT / "solutions").rglob("*.py")]:
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


def test_the_published_rate_with_our_settings_and_with_tuned_ones() -> None:
    """Stateless, 50,000 messages a second: 3,407.00 dollars a month, and 372.64 with packing and patience."""
    load = Load(messages_per_second=Decimal(50_000))
    tuned = replace(load, messages_per_record=40, window_seconds=5)

    assert total(monthly_bill("stateless", load)) == Decimal("3407.00")
    assert total(monthly_bill("stateless", tuned)) == Decimal("372.64")
    assert line(monthly_bill("stateless", tuned), "stream: puts").usd == Decimal("45.99")


def test_an_on_demand_stream_is_paid_by_the_gigabyte() -> None:
    """50,000 records of up to 1 KB a second are 125,313 GB a month, however small they are."""
    load = Load(messages_per_second=Decimal(50_000), on_demand=True)
    bill = monthly_bill("stateless", load)

    assert line(bill, "stream: on demand").usd == Decimal("29.20")
    assert round(line(bill, "stream: data in").quantity) == 125_313
    assert round(line(bill, "stream: data in").usd) == 10_025
    assert not [each for each in bill if each.item in {"stream: shards", "stream: puts"}]


@pytest.mark.parametrize(
    ("settings", "amounts"),
    [
        ({"retention_hours": 168}, ["29.20"]),
        # 250,000 bytes a second make 0.838 GB an hour; the first seven days are paid by the shard.
        ({"retention_hours": 168 + 100}, ["29.20", "1.93"]),
        ({"retention_hours": 168 + 100, "on_demand": True}, ["12.07", "1.93"]),
    ],
)
def test_what_the_stream_keeps_for_longer_costs_more(settings: dict[str, Any], amounts: list[str]) -> None:
    """A day is free; up to a week is paid by the shard or by the gigabyte, what is older by the gigabyte."""
    load = Load(shards=None if "on_demand" in settings else 2, **settings)

    kept = [each.usd for each in monthly_bill("stateless", load) if "kept" in each.item]

    assert [f"{usd:.2f}" for usd in kept] == amounts


def test_time_is_paid_by_memory_and_architecture() -> None:
    """Twice the memory costs twice as much, and x86_64 a quarter more than arm64."""
    usd = {
        (memory, architecture): line(
            monthly_bill("stateful", Load(memory_mb=memory, architecture=architecture)), "functions: time"
        ).usd
        for memory in (512, 1_024)
        for architecture in ("arm64", "x86_64")
    }

    assert usd[1_024, "arm64"] == 2 * usd[512, "arm64"]
    assert round(usd[512, "x86_64"] / usd[512, "arm64"], 4) == Decimal("1.2500")


def test_the_arithmetic_of_a_line_comes_to_its_amount() -> None:
    """What a line tells can be worked out: the units, how many there are, and the price of each."""
    bill = monthly_bill("stateless", Load(messages_per_second=Decimal(50_000)))

    assert line(bill, "stream: shards").arithmetic == (
        f"50 shards {TIMES} 730 h = 36,500; {TIMES} 0.015 USD per shard and hour"
    )
    assert all(each.usd == each.quantity * each.price.usd for each in bill)
    assert all(each.arithmetic.endswith(each.price.per) for each in bill)


def test_a_write_for_each_new_trade_is_what_state_costs() -> None:
    """At 50,000 new trades a second StateTable alone costs 82,125 dollars a month, and stateless has none."""
    load = Load(messages_per_second=Decimal(50_000))

    assert line(monthly_bill("stateful", load), "StateTable").usd == Decimal(82_125)
    assert not [each for each in monthly_bill("stateless", load) if each.item.startswith("StateTable")]


def test_a_trade_that_is_there_costs_two_writes() -> None:
    """What INSERT refuses is paid, and so is the UPDATE that follows, even one that is refused as well."""
    bill = monthly_bill("stateful", Load(duplicates=Decimal("12.5"), modify=Decimal(3)))

    told = [(each.quantity / MONTH, each.arithmetic) for each in bill if each.item.startswith("StateTable")]

    assert told == [
        (845, f"new trades 845/s {TIMES} 1 write {TIMES} 2,628,000 s = 2,221 million; {TIMES} {WRITE}"),
        (60, f"newer versions 30/s {TIMES} 2 writes {TIMES} 2,628,000 s = 158 million; {TIMES} {WRITE}"),
        (250, f"duplicates 125/s {TIMES} 2 writes {TIMES} 2,628,000 s = 657 million; {TIMES} {WRITE}"),
    ]


def test_duplicates_end_at_state() -> None:
    """Map gets what State has applied; the stateless pipeline adds everything."""
    load = Load(messages_per_second=Decimal(20_000), window_seconds=5)
    doubled = replace(load, duplicates=Decimal(50))

    rows = [line(monthly_bill("stateful", each), "ReduceTable: a week").quantity for each in (load, doubled)]

    assert rows[0] == 2 * rows[1]
    assert monthly_bill("stateless", load) == monthly_bill("stateless", doubled)


@pytest.mark.parametrize(("pipeline", "units"), [("stateless", 2 * 2), ("stateful", 10 + 2 * 8)])
def test_each_invocation_reads_the_epoch_and_all_but_state_a_position(pipeline: str, units: int) -> None:
    """A thousand messages make ten batches of State, and for each of four shards a row and a commit."""
    assert line(monthly_bill(pipeline, Load()), "positions and epochs").quantity / MONTH == units


def test_the_ledger_is_paid_per_batch() -> None:
    """With 19 totals touched a batch costs 6 units in Map and 44 in Reduce, and four shards make four."""
    bill = monthly_bill("stateful", Load(messages_per_second=Decimal(1_000)))

    assert line(bill, "ReduceTable and its ledger").quantity == 4 * MONTH * 6
    assert line(bill, "AggregateTable and its ledger").quantity == 4 * MONTH * 44


def test_a_single_message_touches_four_totals() -> None:
    """One message a second makes one commit a second, with one total on each level and the Grand Total."""
    bill = monthly_bill("stateful", Load(messages_per_second=Decimal(1)))

    assert line(bill, "AggregateTable and its ledger").quantity == Decimal("2.628") * (2 * 4 + 6)


def test_a_larger_batch_never_costs_more() -> None:
    """Fewer and larger batches write fewer rows and totals."""
    small, large = (Load(messages_per_second=Decimal(20_000), map_batch=size) for size in (100, 1_000))

    assert total(monthly_bill("stateful", large)) < total(monthly_bill("stateful", small))


@pytest.mark.parametrize(
    ("pipeline", "settings", "said"),
    [
        ("stateful", {"messages_per_second": 200}, []),
        (
            "stateful",
            {"messages_per_second": 201},
            ["StateLambda keeps up with 200 messages a second and no more: a `ParallelizationFactor` of 2"],
        ),
        (
            "stateful",
            {"messages_per_second": 50_000, "messages_per_record": 40},
            [
                "IncomingDataStream keeps up with 37,925 messages a second and no more: it takes 20 shards",
                "StateLambda keeps up with 1,896 messages a second and no more: it takes 50 shards, and 10",
            ],
        ),
        ("stateless", {"messages_per_second": 50_000}, []),
        ("stateless", {"messages_per_second": 50_000, "messages_per_record": 40, "shards": 20}, []),
        ("stateless", {"messages_per_second": 50_000, "messages_per_record": 40, "on_demand": True}, []),
        (
            "stateless",
            {"messages_per_second": 9_000_000, "messages_per_record": 1_000},
            [
                "IncomingDataStream keeps up with 341,333 messages a second and no more: it takes more keys",
                "MapLambda keeps up with 853,333 messages a second and no more",
            ],
        ),
        (
            "stateless",
            {"messages_per_second": 10_000_000},
            ["ReduceLambda keeps up with 3,333,333 messages a second and no more: Map must write fewer rows"],
        ),
    ],
)
def test_a_load_that_is_too_much_is_said_with_where_it_ends(
    pipeline: str, settings: dict[str, int], said: list[str]
) -> None:
    """A function that cannot keep up is named, with the rate at which that begins and what would help."""
    rate = Decimal(settings.pop("messages_per_second"))

    found = cannot_keep_up(pipeline, Load(messages_per_second=rate, **settings))

    assert len(found) == len(said)
    for each, beginning in zip(found, said, strict=True):
        assert str(each).startswith(beginning)


@pytest.mark.parametrize("function", ["State", "Map", "Reduce"])
def test_a_batch_that_is_not_full_takes_its_share_of_the_time(function: str) -> None:
    """At one message a second no function is billed for more than the shortest invocation."""
    bill = monthly_bill("stateful", Load(messages_per_second=Decimal(1)))

    assert f"{function} 1/s {TIMES} 0.05 s" in line(bill, "functions: time").arithmetic


def test_a_price_that_nobody_confirms_is_named() -> None:
    """Lines that rest on a price from memory are said beside the bill, and no others."""
    bill = monthly_bill("stateless", Load(retention_hours=200, shards=2))

    assert unconfirmed(bill) == "Unconfirmed price, look it up: stream: kept for longer."
    assert unconfirmed(monthly_bill("stateless", Load())) == ""


def test_a_single_message_now_and_then_costs_little_more_than_the_shard() -> None:
    """Batches never outnumber messages."""
    bill = monthly_bill("stateful", Load(messages_per_second=Decimal("0.001")))

    assert Decimal("10.95") < total(bill) < Decimal("11.10")


def test_an_idle_pipeline_costs_its_stream() -> None:
    """Tables, functions and the queue cost nothing while nothing happens."""
    assert standing_cost(shards=2) == Decimal("0.030")
    assert standing_cost(shards=7, on_demand=True) == Decimal("0.04")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"messages_per_second": Decimal(0)}, "more than 0"),
        ({"messages_per_second": Decimal(-1)}, "more than 0"),
        ({"architecture": "riscv"}, "arm64 or x86_64"),
        ({"messages_per_record": 0}, "messages in a record: 1 to 4,000, not 0"),
        ({"messages_per_record": 4_001}, "messages in a record"),
        ({"retention_hours": 23}, "hours of retention: 24 to 8,760, not 23"),
        ({"memory_mb": 64}, "MB of memory: 128 to 10,240, not 64"),
        ({"window_seconds": 0}, "seconds of a batch window: 1 to 300, not 0"),
        ({"shards": 2, "on_demand": True}, "choose one of the two"),
        ({"shards": 1, "messages_per_second": Decimal(1_001)}, "needs 2 shards, more than 1"),
        ({"shards": 0}, "needs 1 shards, more than 0"),
        ({"duplicates": Decimal(-1)}, "-1 % duplicates and 0 % modifications are no shares"),
        ({"duplicates": Decimal(100)}, "duplicates alone less"),
        ({"duplicates": Decimal(51), "modify": Decimal(50)}, "together they are at most 100 %"),
        ({"modify": Decimal("NaN")}, "are no shares of the messages"),
    ],
)
def test_a_load_that_cannot_be_is_refused(wrong: dict[str, Any], said: str) -> None:
    """There is no bill for nothing, nor for settings that AWS does not have."""
    with pytest.raises(ValueError, match=said):
        Load(**wrong)


def test_an_unknown_pipeline_is_refused() -> None:
    """The two pipelines are named in the message."""
    with pytest.raises(ValueError, match="stateless or stateful"):
        monthly_bill("stateles", Load())
