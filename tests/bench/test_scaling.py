"""Where designs saturate, in figures that can be checked by hand, and what piles up beyond that."""

from dataclasses import replace
from decimal import Decimal

import pytest

from workshop.bench.scaling import DESIGNS, Design, first_limit, most, simulate, stages
from workshop.pipeline.cost import cannot_keep_up
from workshop.pipeline.load import Load


@pytest.mark.parametrize(
    ("design", "rate", "limit"),
    [
        # Two batches of 100 at a time, half a second each.
        (Design(), 400, "StateLambda"),
        # 1,000 records a second for each shard, and 4,000 messages of 250 bytes if they are packed.
        (Design(shards=2, parallel=10), 2_000, "shards"),
        (Design(shards=2, parallel=10, messages_per_record=100), 4_000, "StateLambda"),
        (Design(shards=2, parallel=10, messages_per_record=100, table_units=3_000), 3_000, "StateTable"),
        (Design(shards=50, parallel=10, table_units=40_000), 40_000, "StateTable"),
        # A row for each message: 1,000 of them take ReduceLambda 0.3 s.
        (Design(shards=50, parallel=10, table_units=40_000, map_batch=1), 3_333, "ReduceLambda"),
        # Two write units for each message, of 1,000 that an item takes; and ten such items.
        (Design(shards=50, parallel=10, table_units=40_000, map_batch=None), 500, "Grand Total"),
        (
            Design(shards=50, parallel=10, table_units=40_000, map_batch=None, total_items=10),
            5_000,
            "Grand Total",
        ),
        # A message keeps an invocation for 5 ms of State and 0.3 ms of Map; there may be 10 at a time.
        (Design(shards=50, parallel=10, concurrency=10), 1_886, "concurrency"),
    ],
)
def test_each_limit_stands_where_aws_has_it(design: Design, rate: int, limit: str) -> None:
    """A design keeps up with a rate that follows from one limit by division, and that limit is named."""
    assert most(design) == rate
    assert first_limit(design).name == limit


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


def test_the_model_agrees_with_the_bill() -> None:
    """Of the stages that `workshop cost` judges, both models say the same, for as many shards and batches."""
    load = Load(messages_per_second=Decimal(5_000), shards=20)
    [told] = cannot_keep_up("stateful", load)

    assert told.function == "StateLambda"
    assert told.most == most(Design(shards=20, table_units=40_000), load)


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
