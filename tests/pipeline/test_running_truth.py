"""The truth that is kept up to date while a run goes on."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.pipeline.messages import Message, PlanOptions, make_plan
from workshop.pipeline.running_truth import RunningTruth
from workshop.pipeline.truth import GRAND_TOTAL, stateful_truth, stateless_truth


def message(trade: str, version: int, *, region: str = "EMEA", cancelled: bool = False) -> Message:
    place = {"RiskType": "PV", "TradeDesk": "FXSpot", "Region": region}
    return Message(trade, Decimal(version), version, place, cancelled=cancelled)


@pytest.mark.parametrize("is_stateful", [True, False])
@given(seed=st.integers(0, 10_000), cut=st.integers(0, 200))
def test_it_equals_the_truth_of_all_messages(is_stateful: bool, seed: int, cut: int) -> None:
    """However the messages are portioned, totals, trades and leaves are those of all of them together."""
    options = PlanOptions(messages=200, seed=seed, duplicates=20, modify=40, out_of_order=50, cancel=30)
    sent = list(make_plan(options).messages)
    running = RunningTruth(is_stateful=is_stateful)

    running.add(sent[:cut])
    running.add(sent[cut:])

    assert running.truth == (stateful_truth if is_stateful else stateless_truth)(sent)
    assert running.messages == 200


def test_no_path_can_have_more_trades_than_were_ever_sent_for_it() -> None:
    """A trade counts once at most at each path that one of its versions belongs to."""
    running = RunningTruth(is_stateful=True)
    running.add([message("a", 1), message("a", 2, region="APAC"), message("a", 1), message("b", 1)])

    assert running.most_trades["PV:FXSpot:EMEA"] == 2
    assert running.most_trades["PV:FXSpot:APAC"] == 1
    assert running.most_trades[GRAND_TOTAL] == 2


def test_without_state_every_message_counts() -> None:
    """The stateless pipeline counts messages, cancelled ones excepted."""
    running = RunningTruth(is_stateful=False)
    running.add([message("a", 1), message("a", 1), message("a", 2, cancelled=True)])

    assert running.most_trades[GRAND_TOTAL] == 2
