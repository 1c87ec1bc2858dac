"""What more evidence does: each table cuts the way into stages, and each stage is judged on its own."""

import json
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest

from tests.diagnosis.cases import diagnosis_of, plant, seen
from tests.diagnosis.messages import changes_of, diagnosed, different, message, plus, row_of, state, totals
from tests.diagnosis.pipeline_model import Model
from tests.diagnosis.planting import double_reduce, message_lost, old_kept, state_batch_lost
from workshop.diagnosis import CauseKind, Confidence, Evidence, Stage, diagnose
from workshop.diagnosis.flow import shard_of
from workshop.pipeline.truth import stateful_truth


def test_stages_are_named() -> None:
    """With both tables at hand, a cause names the stage at which it happened."""
    expected = {message_lost: Stage.STATE, old_kept: Stage.MAP, double_reduce: Stage.REDUCE}
    for fault, stage in expected.items():
        model = Model("stateful", 3, messages=250)
        planted, outcome = plant(model, [fault])
        (cause,) = diagnosis_of(model, outcome, seen(outcome, "everything")).causes

        assert planted[0].is_named_by(cause)
        assert cause.stage is stage


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

    causes = [each for each in diagnosed(sent, held=held).causes if each.kind is CauseKind.MESSAGE_LOST]

    assert {element.trade_id for cause in causes for element in cause.elements} >= lost


def test_every_stale_version_applied_is_one_cause() -> None:
    """Without the version condition, all trades whose older version came last are named together."""
    news = different(50)
    late = [replace(each, version=2, value=each.value + 5) for each in news[:7]]

    (cause,) = diagnosed([*late, *news], held=news).causes

    assert cause.kind is CauseKind.STALE_VERSION
    assert {element.trade_id for element in cause.elements} == {each.trade_id for each in late}


def test_what_was_never_sent_is_told() -> None:
    """A trade in StateTable that nobody sent is named, as is one whose value was in no message.

    Neither is certain: whoever sends while the tables are read is not yet among what was sent.
    """
    sent = different(20)
    strangers = message("stranger", "5.00"), replace(sent[0], value=Decimal("5.55"))

    for stranger, held in zip(strangers, (sent, sent[1:]), strict=True):
        (cause,) = diagnosed(sent, held=[stranger, *held]).causes

        assert (cause.kind, cause.confidence) == (CauseKind.UNKNOWN, Confidence.POSSIBLE)
        assert cause.elements[0].trade_id == stranger.trade_id


def test_hierarchy_may_be_text() -> None:
    """StateTable may hold the hierarchy as JSON text."""
    sent = different(40)
    rows = tuple(replace(row, hierarchy=json.dumps(row.hierarchy)) for row in state(sent[1:]))

    (cause,) = diagnosed(sent, totals(sent[1:]), state=rows).causes

    assert (cause.kind, cause.stage) == (CauseKind.MESSAGE_LOST, Stage.STATE)


@pytest.mark.parametrize(
    ("again", "lost", "kinds"),
    [
        pytest.param([1, 2, 6], [], [CauseKind.DOUBLE_REDUCE], id="rows added again at two times"),
        pytest.param([0], [3], [CauseKind.DOUBLE_REDUCE, CauseKind.BATCH_LOST], id="one again, one never"),
    ],
)
def test_two_faults_of_reduce_are_told_apart(again: list[int], lost: list[int], kinds: list) -> None:
    """Rows that are not neighbours are all named, whether they were added again or never."""
    sent = different(100)
    groups = [sent[start : start + 10] for start in range(0, 100, 10)]
    records = changes_of(sent)
    rows = [row_of(f"row-{number}", records[10 * number : 10 * number + 10]) for number in range(10)]
    added = [each for number, group in enumerate(groups) if number not in lost for each in group]
    copies = [replace(each, trade_id=f"{each.trade_id} again") for number in again for each in groups[number]]

    causes = diagnosed(sent, totals([*added, *copies]), reduce=rows).causes

    assert [cause.kind for cause in causes] == kinds
    named = [[each.message_hash for each in cause.elements] for cause in causes]
    assert named == [[f"row-{number}" for number in numbers] for numbers in (again, lost) if numbers]


def test_arrival_order_finds_a_batch_of_several_producers() -> None:
    """Messages of several producers arrive mixed; if the order is known, a lost batch is still one batch."""
    sent = different(300)
    order = Random(7).sample(range(300), 300)
    lost = set(order[120:150])
    held = [each for place, each in enumerate(sent) if place not in lost]

    (cause,) = diagnosed(sent, held=held, arrivals=[order]).causes

    assert (cause.kind, cause.confidence) == (CauseKind.BATCH_LOST, Confidence.CERTAIN)
    assert cause.elements[0].messages == 30


def test_other_numbers_of_shards_are_known() -> None:
    """A batch of one of four shards is found when the number of shards is told."""
    sent = different(400)
    lane = [each for each in sent if shard_of(each.trade_id, 4) == 2]
    lost = {each.trade_id for each in lane[10:40]}

    (cause,) = diagnosed(sent, held=[each for each in sent if each.trade_id not in lost], shards=4).causes

    assert (cause.kind, cause.elements[0].shard, cause.elements[0].messages) == (CauseKind.BATCH_LOST, 2, 30)


def test_totals_without_trades_are_judged_by_amounts() -> None:
    """A variant that counts no trades is diagnosed from its amounts alone."""
    sent = different(80)
    held = sent[:30] + sent[31:]

    (cause,) = diagnosed(sent, replace(totals(held), trades={}), held=held).causes

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
