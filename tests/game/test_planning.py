"""What a round consists of."""

import json
from typing import Any

import pytest
from generator.level_two import LEVEL_TWO_FAULTS
from generator.planning import (
    InvalidRoundError,
    RoundOrder,
    level_of,
    options_document,
    plan_options,
    truth_of_run,
)

from tests.game.game_bench import LEVELS
from workshop.cloud.fault_plan import FaultPlan
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.truth import GRAND_TOTAL, count_messages


def test_a_round_has_ten_thousand_messages_and_a_minute() -> None:
    """Without further wishes a round has 10,000 messages and is judged after at most 60 seconds."""
    order = RoundOrder.from_event({}, fallback_id="abc")

    assert order == RoundOrder("abc", messages=10_000, settle_seconds=60.0, max_rounds=None)


def test_a_run_id_needs_no_escape() -> None:
    """What a path would have to escape is left out, so that a scheduled time may serve as run id."""
    order = RoundOrder.from_event({"run_id": "2026-11-02T10:15:00Z"}, fallback_id="x")

    assert order.run_id == "2026-11-02T101500Z"


@pytest.mark.parametrize(
    "event",
    [
        {"run_id": "r" * 37},
        {"run_id": ":::"},
        {"messages": 0},
        {"messages": "many"},
        {"messages": True},
        {"settle_seconds": 61},
        {"max_rounds": -1},
        {"level": 3},
    ],
)
def test_impossible_rounds_are_refused(event: dict[str, Any]) -> None:
    """A value of another kind or out of its range is refused with a message that quotes it."""
    with pytest.raises(InvalidRoundError, match="`"):
        RoundOrder.from_event(event, fallback_id="x")


def test_a_round_of_a_schedule_needs_the_run_on_top() -> None:
    """A schedule is refused by a pipeline that does not sum up by run id first, since rounds would mix."""
    with pytest.raises(InvalidRoundError, match="RunID"):
        plan_options(RoundOrder("r", max_rounds=5), level=1, hierarchy=LEVELS[1:])


def test_without_the_run_on_top_all_totals_are_the_rounds() -> None:
    """On a pipeline without run ids messages have its levels, and the truth has a Grand Total."""
    plan = make_plan(plan_options(RoundOrder("r", messages=50), level=1, hierarchy=LEVELS[1:]))
    truth = truth_of_run(plan.messages, LEVELS[1:])

    assert {tuple(message.hierarchy) for message in plan.messages} == {LEVELS[1:]}
    assert truth.trades[GRAND_TOTAL] == 50


def test_every_message_carries_its_run() -> None:
    """The run id is a field of each message, and the top level of its hierarchy."""
    plan = make_plan(plan_options(RoundOrder("r", messages=50), level=2, hierarchy=LEVELS))

    assert {(message.run_id, message.hierarchy["RunID"]) for message in plan.messages} == {("r", "r")}


def test_two_runs_share_no_trade() -> None:
    """Rounds draw different trades, so that none is a duplicate of another round's."""
    trades = [
        {
            message.trade_id
            for message in make_plan(plan_options(RoundOrder(run), level=1, hierarchy=LEVELS)).messages
        }
        for run in ("one", "two")
    ]

    assert not trades[0] & trades[1]


def test_the_options_make_the_same_messages_again() -> None:
    """Whoever reads a round's options can make exactly its messages."""
    options = plan_options(RoundOrder("r", messages=400), level=2, hierarchy=LEVELS)

    again = PlanOptions(**json.loads(options_document(options)))

    assert make_plan(again).entries == make_plan(options).entries


@pytest.mark.parametrize(("points", "level"), [(0, 1), (299, 1), (300, 2), (1200, 2)])
def test_three_exact_rounds_lead_to_the_second_level(points: int, level: int) -> None:
    """From 300 points on the second level is played."""
    assert level_of(points) == level


def test_the_first_level_sends_new_trades_only() -> None:
    """Before 300 points nothing comes twice, and nothing changes."""
    counts = count_messages(make_plan(plan_options(RoundOrder("r"), level=1, hierarchy=LEVELS)).messages)

    assert (counts.messages, counts.distinct_trades) == (10_000, 10_000)


def test_the_second_level_sends_duplicates_and_stale_versions() -> None:
    """From 300 points on 12.5 % are duplicates and 3 % modifications, half of which come out of order."""
    counts = count_messages(make_plan(plan_options(RoundOrder("r"), level=2, hierarchy=LEVELS)).messages)

    assert (counts.messages, counts.duplicates, counts.modified, counts.out_of_order) == (
        10_000,
        1250,
        300,
        150,
    )


def test_the_second_level_strikes_all_three_functions() -> None:
    """The fault plan of the second level names the stages of the pipeline, and no other function."""
    rates = FaultPlan.from_json(LEVEL_TWO_FAULTS).rates

    assert {name.partition("@")[2] for name in rates} == {"state", "map", "reduce"}
    assert {name.partition("@")[0] for name in rates} == {"crash_before", "crash_after"}


@pytest.mark.parametrize(
    ("stage", "writes", "percent"), [("state", 100, 5), ("map", 1, 10), ("reduce", 1, 10)]
)
def test_batches_fail_as_often_as_announced(stage: str, writes: int, percent: int) -> None:
    """About 5 % of State's batches fail in the second level, and 10 % of Map's and Reduce's."""
    rates = json.loads(LEVEL_TWO_FAULTS)["rates"]

    survives = ((1 - rates[f"crash_before@{stage}"]) * (1 - rates[f"crash_after@{stage}"])) ** writes

    assert abs((1 - survives) * 100 - percent) < 0.3
