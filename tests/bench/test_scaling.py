"""Where designs saturate, in figures that can be checked by hand, and what piles up beyond that."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from workshop.bench.scaling import DESIGNS, Design, first_limit, most, simulate, stages
from workshop.pipeline.cost import SECONDS_PER_MONTH, cannot_keep_up, monthly_bill
from workshop.pipeline.load import Load

WIDE = Design(shards=50, parallel=10, table_units=40_000)
SCALE = Path(__file__).resolve().parents[2] / "docs" / "scale.md"


@pytest.mark.parametrize(
    ("design", "rate", "limit"),
    [
        # Two batches of 100 at a time, half a second each.
        (Design(), 400, "StateLambda"),
        # 1,000 records a second for each shard; packed, 19 of 256 keys share the fullest lane.
        (Design(shards=2, parallel=10), 2_000, "shards"),
        (Design(shards=2, parallel=10, messages_per_record=100), 2_694, "StateLambda"),
        (Design(shards=2, parallel=10, messages_per_record=100, table_units=2_500), 2_500, "StateTable"),
        (WIDE, 40_000, "StateTable"),
        # A row for each message, in transactions; and 1,000 rows take ReduceLambda 0.3 s.
        (replace(WIDE, map_batch=1), 2_000, "ReduceTable"),
        (replace(WIDE, map_batch=1, other_units=40_000), 3_333, "ReduceLambda"),
        # Two write units for each message, of 1,000 that an item takes; and four such totals for each.
        (replace(WIDE, map_batch=None), 500, "Grand Total"),
        (replace(WIDE, map_batch=None, total_items=10), 500, "AggregateTable"),
        (replace(WIDE, map_batch=None, total_items=10, other_units=32_000), 4_000, "AggregateTable"),
        (replace(WIDE, map_batch=None, total_items=10, other_units=80_000), 5_000, "Grand Total"),
        # 256 keys in 250 lanes of 200 messages a second: five of them share the fullest.
        (replace(WIDE, shards=25, messages_per_record=20), 10_240, "StateLambda"),
        # A message keeps an invocation for 5 ms of State and 0.3 ms of Map; there may be 10 at a time.
        (Design(shards=50, parallel=10, concurrency=10), 1_886, "concurrency"),
    ],
)
def test_each_limit_stands_where_aws_has_it(design: Design, rate: int, limit: str) -> None:
    """A design keeps up with a rate that follows from one limit by division, and that limit is named."""
    assert most(design) == rate
    assert first_limit(design).name == limit


def test_packed_records_fill_shards_unevenly() -> None:
    """A shard takes 4,000 messages of 250 bytes; 17 of the 256 keys fall to the fullest of 25 shards."""
    [shards, *_] = stages(replace(WIDE, shards=25, messages_per_record=20), Decimal(4_000) * 256 / 17)

    assert (shards.name, round(shards.used, 9)) == ("shards", 1)


@pytest.mark.parametrize(
    ("load", "rate"),
    [
        (Load(modify=Decimal(100)), 2_000),
        (Load(modify=Decimal(25), duplicates=Decimal(75)), 2_000),
        (Load(modify=Decimal(25)), 3_200),
    ],
)
def test_writes_count_as_on_the_bill(load: Load, rate: int) -> None:
    """A new StateTable takes 4,000 writes: half as many messages if each of them costs two on the bill."""
    design = replace(WIDE, table_units=4_000)
    written = sum(line.quantity for line in monthly_bill("stateful", load) if "StateTable" in line.item)

    assert (most(design, load), first_limit(design, load).name) == (rate, "StateTable")
    million = load.messages_per_second * SECONDS_PER_MONTH / 1_000_000
    assert written / million == Decimal(4_000) / rate


def test_duplicates_end_at_the_state() -> None:
    """What StateLambda keeps back uses nothing of what comes behind."""
    half = {each.name: each.used for each in stages(WIDE, Decimal(40_000), Load(duplicates=Decimal(50)))}
    none = {each.name: each.used for each in stages(WIDE, Decimal(40_000))}

    assert half["MapLambda"] == none["MapLambda"] / 2
    assert half["StateLambda"] == none["StateLambda"]


def test_each_shard_of_the_rows_has_a_commit() -> None:
    """A new ReduceTable has four partitions, so in each window four commits of two units meet on one item."""
    used = {each.name: each.used for each in stages(WIDE, Decimal(40_000))}

    assert used["Grand Total"] == Decimal(4 * 2) / 1_000
    # In each of them 19 totals and `#progress`.
    assert used["AggregateTable"] == Decimal(4 * 2 * 20) / 4_000


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("rate", [4_000, 40_000])
def test_latency_is_how_long_it_takes_to_drain(name: str, rate: int) -> None:
    """The newest message is in when nothing waits any more, though there are several bottlenecks."""
    design, minute = DESIGNS[name], [Decimal(rate)] * 60
    windows = 1 if design.map_batch is None else 3
    left = simulate(design, minute)[-1].latency - windows
    after = simulate(design, minute + [Decimal(0)] * (int(left) + 2))[60:]
    drained = next(second for second, moment in enumerate(after, 1) if not any(moment.waiting.values()))

    assert left <= drained <= left + 2 or not left


def test_the_page_has_the_models_figures() -> None:
    """docs/scale.md tells of each design, in this order, what it keeps up with and where it ends."""
    rows = [line.split("|") for line in SCALE.read_text(encoding="utf-8").splitlines() if "/s | " in line]
    told = [(row[2].strip(), row[3]) for row in rows[: len(DESIGNS)]]

    assert [rate for rate, _ in told] == [f"{most(design):,}/s" for design in DESIGNS.values()]
    for design, (_, end) in zip(DESIGNS.values(), told, strict=True):
        assert first_limit(design).name in end


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_is_used_up_where_it_no_longer_keeps_up(name: str) -> None:
    """At the rate that is told every stage has something left, and at the next higher one a stage has not."""
    rate = Decimal(most(DESIGNS[name]))

    assert all(stage.used <= 1 for stage in stages(DESIGNS[name], rate))
    assert any(stage.used > 1 for stage in stages(DESIGNS[name], rate + 1))


def test_each_step_of_ten_takes_ten_times_as_much() -> None:
    """The designs for ten and a hundred times the load of what is deployed do what they are called."""
    deployed = most(DESIGNS["as deployed"])

    assert most(DESIGNS["for ten times as much"]) == 10 * deployed
    assert most(DESIGNS["for a hundred times as much"]) == 100 * deployed


@pytest.mark.parametrize("packed", [1, 20])
def test_the_model_agrees_with_the_bill(packed: int) -> None:
    """Of the stages that `workshop cost` judges, both models say the same, for as many shards and batches."""
    load = Load(messages_per_second=Decimal(5_000), shards=20, messages_per_record=packed)
    [told] = cannot_keep_up("stateful", load)

    assert told.function == "StateLambda"
    assert told.most == most(Design(shards=20, messages_per_record=packed, table_units=40_000), load)


@pytest.mark.parametrize(
    ("shards", "rate", "remedy"),
    [
        (20, 5_000, "a `ParallelizationFactor` of 2 works"),
        (1, 2_000, "it takes 2 shards, and 10 batches of each at a time"),
        (10, 12_000, "it takes 19 shards, and 10 batches of each at a time"),
        (25, 40_000, "it takes 40 shards, and 10 batches of each at a time, with one message a record"),
    ],
)
def test_the_bill_does_not_promise_what_few_keys_cannot_do(shards: int, rate: int, remedy: str) -> None:
    """Keys of packed records share lanes unevenly: more shards help, and if not, one message a record."""
    load = Load(messages_per_second=Decimal(rate), shards=shards, messages_per_record=20)
    [told] = cannot_keep_up("stateful", load)

    assert told.remedy.startswith(remedy)
    assert ("one message a record" in told.remedy) == (rate == 40_000)


@pytest.mark.parametrize("name", DESIGNS)
def test_no_message_is_lost_or_made(name: str) -> None:
    """At the end of each second, what came has been finished or waits."""
    rates = [Decimal(rate) for rate in (100, 6_000, 90_000, 0, 0, 3_000)]
    moments = simulate(DESIGNS[name], rates)

    came = finished = Decimal(0)
    for rate, moment in zip(rates, moments, strict=True):
        came, finished = came + rate, finished + moment.finished
        assert all(waiting >= 0 for waiting in moment.waiting.values())
        assert abs(came - finished - sum(moment.waiting.values())) < Decimal("1e-15")


def test_a_backlog_grows_by_what_is_too_much_and_is_worked_off_afterwards() -> None:
    """Before its narrowest stage a design piles up the difference; what is left of its width works it off."""
    burst = [Decimal(600)] * 10 + [Decimal(200)] * 11
    moments = simulate(Design(), burst)
    waiting = [moment.waiting["StateLambda"] for moment in moments]

    assert waiting[:3] == [200, 400, 600]
    assert waiting[9:12] == [2_000, 1_800, 1_600]
    assert waiting[-2:] == [0, 0]
    # 2,000 messages at 400 a second, and three windows of a second.
    assert moments[9].latency == 2_000 / Decimal(400) + 3


def test_a_design_that_keeps_up_lets_nothing_wait() -> None:
    """Just below its limit a design hands on all that comes; its latency is that of the windows."""
    design = replace(Design(), parallel=4)
    moments = simulate(design, [Decimal(most(design))] * 5)

    assert all(not any(moment.waiting.values()) for moment in moments)
    assert {moment.latency for moment in moments} == {Decimal(3)}


def test_the_bill_has_the_rows_and_commits_of_this_model() -> None:
    """As deployed, both models have a row and a commit a second for each shard of a table's stream."""
    load, design = Load(messages_per_second=Decimal(500)), DESIGNS["as deployed"]
    used = {each.name: each.used for each in stages(design, load.messages_per_second, load)}
    rows = used["ReduceTable"] * design.other_units / load.row_units
    commits = used["Grand Total"] * 1_000 / 2

    bill = {each.item: each.quantity / Decimal("2.628") for each in monthly_bill("stateful", load)}

    assert (rows, commits) == (4, 4)
    assert bill["ReduceTable and its ledger: writes"] == rows * 6
    assert bill["AggregateTable and its ledger: writes"] == commits * 44
