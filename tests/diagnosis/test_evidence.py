"""What more evidence does: each table cuts the way into stages, and each stage is judged on its own."""

import json
from dataclasses import replace
from decimal import Decimal
from random import Random

from tests.diagnosis.cases import diagnosis_of, plant, seen
from tests.diagnosis.messages import different, message, plus, state, totals
from tests.diagnosis.pipeline_model import Model
from tests.diagnosis.planting import double_reduce, message_lost, old_kept, state_batch_lost
from workshop.diagnosis import CauseKind, Confidence, Evidence, Stage, diagnose, places_of
from workshop.diagnosis.flow import shard_of
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import ReduceRow
from workshop.pipeline.truth import stateful_truth


def row_of(name: str, messages: list[Message]) -> ReduceRow:
    truth = stateful_truth(messages)
    deltas = {path: total for path, total in truth.totals.items() if path != "Grand Total"}
    trades = {leaf: truth.trades[leaf] for leaf in truth.leaves}
    return ReduceRow(name, deltas, trades, len(messages), Decimal(name[-1]))


def test_stages_are_named() -> None:
    """With both tables at hand, a cause names the stage at which it happened."""
    stages = {}
    for fault in (message_lost, old_kept, double_reduce):
        model = Model("stateful", 3, messages=250)
        planted, outcome = plant(model, [fault])
        (cause,) = diagnosis_of(model, outcome, seen(outcome, "everything")).causes
        assert planted[0].is_named_by(cause)
        stages[fault.__name__] = cause.stage

    assert stages == {
        "message_lost": Stage.STATE,
        "old_kept": Stage.MAP,
        "double_reduce": Stage.REDUCE,
    }


def test_three_faults_at_three_stages_are_all_named() -> None:
    """Faults at different stages do not hide each other."""
    model = Model("stateful", 5)
    planted, outcome = plant(model, [state_batch_lost, old_kept, double_reduce])

    causes = diagnosis_of(model, outcome, seen(outcome, "everything")).causes

    assert all(any(each.is_named_by(cause) for cause in causes) for each in planted)


def test_state_table_shows_many_faults_at_once() -> None:
    """Whatever number of trades StateTable holds wrongly, each of them is named."""
    sent = different(100)
    newer = [replace(each, version=2, value=each.value + 1) for each in sent[:30:10]]
    sent = [*sent, *newer]
    lost = {"trade-41", "trade-55", "trade-78"}
    held = [each for each in sent[:100] if each.trade_id not in lost]

    diagnosis = diagnose(
        sent, totals(held), pipeline="stateful", evidence=Evidence(state=state(held), pending=0)
    )

    named = {
        element.trade_id
        for cause in diagnosis.causes
        if cause.kind is CauseKind.MESSAGE_LOST
        for element in cause.elements
    }
    assert named >= lost


def test_every_stale_version_applied_is_one_cause() -> None:
    """Without the version condition, all trades whose older version came last are named together."""
    news = different(50)
    late = [replace(each, version=2, value=each.value + 5) for each in news[:7]]
    held = [*news[:7], *news[7:]]

    (cause,) = diagnose(
        [*late, *news], totals(held), pipeline="stateful", evidence=Evidence(state=state(held), pending=0)
    ).causes

    assert cause.kind is CauseKind.STALE_VERSION
    assert {element.trade_id for element in cause.elements} == {each.trade_id for each in late}


def test_trade_that_was_never_sent_is_told() -> None:
    """A trade in StateTable that nobody sent is named."""
    sent = different(20)
    held = [*sent, message("stranger", "5.00")]

    (cause,) = diagnose(
        sent, totals(held), pipeline="stateful", evidence=Evidence(state=state(held), pending=0)
    ).causes

    assert cause.kind is CauseKind.UNKNOWN
    assert cause.elements[0].trade_id == "stranger"


def test_content_that_was_never_sent_is_told() -> None:
    """A trade whose value in StateTable was in no message is named."""
    sent = different(20)
    held = [replace(sent[0], value=Decimal("5.55")), *sent[1:]]

    (cause,) = diagnose(
        sent, totals(held), pipeline="stateful", evidence=Evidence(state=state(held), pending=0)
    ).causes

    assert cause.kind is CauseKind.UNKNOWN
    assert cause.elements[0].trade_id == sent[0].trade_id


def test_hierarchy_may_be_text() -> None:
    """StateTable may hold the hierarchy as JSON text."""
    sent = different(40)
    rows = tuple(replace(row, hierarchy=json.dumps(row.hierarchy)) for row in state(sent[1:]))

    (cause,) = diagnose(
        sent, totals(sent[1:]), pipeline="stateful", evidence=Evidence(state=rows, pending=0)
    ).causes

    assert (cause.kind, cause.stage) == (CauseKind.MESSAGE_LOST, Stage.STATE)


def test_two_groups_of_rows_added_again_are_found() -> None:
    """Rows that were added again at two different times are all named."""
    sent = different(120)
    groups = [sent[start : start + 10] for start in range(0, 120, 10)]
    rows = [row_of(f"row-{number}"[:6], group) for number, group in enumerate(groups[:10])]
    sent = sent[:100]
    again = [each for number in (1, 2, 6) for each in groups[number]]

    observed = totals([*sent, *(replace(each, trade_id=f"{each.trade_id} again") for each in again)])
    (cause,) = diagnose(sent, observed, pipeline="stateful", evidence=Evidence(reduce=rows, pending=0)).causes

    assert cause.kind is CauseKind.DOUBLE_REDUCE
    assert [element.message_hash for element in cause.elements] == ["row-1", "row-2", "row-6"]


def test_row_added_again_and_row_lost_are_told_apart() -> None:
    """One row too often and another not at all are two causes."""
    sent = different(60)
    rows = [row_of(f"row-{number}", sent[10 * number : 10 * number + 10]) for number in range(6)]
    again = [replace(each, trade_id=f"{each.trade_id} again") for each in sent[:10]]

    observed = totals([*again, *sent[:30], *sent[40:]])
    causes = diagnose(sent, observed, pipeline="stateful", evidence=Evidence(reduce=rows, pending=0)).causes

    assert {(cause.kind, cause.elements[0].message_hash) for cause in causes} == {
        (CauseKind.DOUBLE_REDUCE, "row-0"),
        (CauseKind.BATCH_LOST, "row-3"),
    }


def test_arrival_order_finds_a_batch_of_several_producers() -> None:
    """Messages of several producers arrive mixed; if the order is known, a lost batch is still one batch."""
    sent = different(300)
    order = Random(7).sample(range(300), 300)
    records = [(sent[place].trade_id, sent[place].version) for place in order]
    lost = set(order[120:150])
    held = [each for place, each in enumerate(sent) if place not in lost]
    evidence = Evidence(state=state(held), pending=0, arrivals=[places_of(sent, records)])

    (cause,) = diagnose(sent, totals(held), pipeline="stateful", evidence=evidence).causes

    assert (cause.kind, cause.confidence) == (CauseKind.BATCH_LOST, Confidence.CERTAIN)
    assert cause.elements[0].messages == 30


def test_other_numbers_of_shards_are_known() -> None:
    """A batch of one of four shards is found when the number of shards is told."""
    sent = different(400)
    lane = [each for each in sent if shard_of(each.trade_id, 4) == 2]
    lost = {each.trade_id for each in lane[10:40]}

    held = [each for each in sent if each.trade_id not in lost]
    evidence = Evidence(state=state(held), pending=0, shards=4)
    (cause,) = diagnose(sent, totals(held), pipeline="stateful", evidence=evidence).causes

    assert (cause.kind, cause.elements[0].shard, cause.elements[0].messages) == (CauseKind.BATCH_LOST, 2, 30)


def test_totals_without_trades_are_judged_by_amounts() -> None:
    """A variant that counts no trades is diagnosed from its amounts alone."""
    sent = different(80)
    held = sent[:30] + sent[31:]
    observed = replace(totals(held), trades={})
    evidence = Evidence(state=state(held), pending=0)

    (cause,) = diagnose(sent, observed, pipeline="stateful", evidence=evidence).causes

    assert (cause.kind, cause.confidence) == (CauseKind.MESSAGE_LOST, Confidence.CERTAIN)
    assert cause.elements[0].trade_id == sent[30].trade_id


def test_one_run_is_judged_apart_from_others() -> None:
    """Within the path of one run, totals and rows of other runs do not matter."""
    order = ("RunID", "RiskType", "TradeDesk", "Region")
    runs = {
        run: [
            replace(each, trade_id=f"{run} {each.trade_id}", hierarchy={**each.hierarchy, "RunID": run})
            for each in different(60)
        ]
        for run in ("run-1", "run-2")
    }
    arrived = [*runs["run-1"][:20], *runs["run-1"][21:], *runs["run-2"][:10]]
    truth = stateful_truth(arrived, order)
    observed = replace(totals([]), totals=dict(truth.totals), trades=dict(truth.trades), message_count=69)

    (cause,) = diagnose(
        runs["run-1"],
        observed,
        pipeline="stateful",
        evidence=Evidence(state=state(arrived), pending=0),
        order=order,
        within="run-1",
    ).causes

    assert (cause.kind, cause.elements[0].trade_id) == (CauseKind.MESSAGE_LOST, runs["run-1"][20].trade_id)


def test_amounts_of_any_length_are_exact() -> None:
    """A difference of one unit in the last of 36 digits is seen, and told exactly."""
    sent = [message("large", "123456789012345678901234567890123456.78"), *different(10)]
    everywhere = ("PV:FXSpot:EMEA", "PV:FXSpot", "PV", "Grand Total")

    cells = diagnose(sent, plus(totals(sent), dict.fromkeys(everywhere, "0.01")), pipeline="stateful").cells

    assert {cell.path: cell.amount for cell in cells} == dict.fromkeys(everywhere, Decimal("0.01"))
