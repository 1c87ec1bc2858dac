"""H13 to H17 and H25: the producer, the streams and the mappings between the stages."""

import json
from collections import defaultdict
from typing import Any

import pytest

from tests.cloudformation.conftest import read
from tests.lambdas.handler_bench import Bench, kinesis_event, message, window_event
from tests.pipeline.producer.misbehaving import MisbehavingStream
from workshop.clock import ManualClock
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.producer.producer import ATTEMPTS, ProducerOptions, produce

RETENTION_MS = 24 * 3600 * 1000
ONE_THREAD = ProducerOptions(threads=1)
PLAN = make_plan(PlanOptions(messages=1_500, modify=20, out_of_order=50))


@pytest.fixture(params=["stateless", "stateful"])
def template(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each of the templates."""
    return read(request.param)


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of every resource of a type, by logical id."""
    resources = template["Resources"].items()
    return {name: each["Properties"] for name, each in resources if each["Type"] == f"AWS::{kind}"}


def test_h13_refused_records_are_sent_again_and_they_alone() -> None:
    """Of a call that succeeded in part the refused records are repeated; none is lost, none is doubled."""
    stream = MisbehavingStream(lambda call, place: "Throttling" if call < 3 and place % 3 == 0 else None)

    result = produce(stream, "s", PLAN.entries, options=ONE_THREAD, clock=ManualClock())

    assert stream.calls[1] == stream.calls[0][::3]
    assert len(stream.stored) == len(result.accepted) == len(PLAN.entries)
    assert len({record["Data"] for record in stream.stored}) == len(PLAN.entries)
    assert result.resent == sum(map(len, stream.calls)) - len(PLAN.entries) > 0
    assert not result.refused


def test_h13_what_is_refused_for_ever_is_reported() -> None:
    """Attempts are bounded, and the result accounts for every message that the stream did not take."""
    stream = MisbehavingStream(lambda _, place: None if place % 3 else "Throttling")

    result = produce(stream, "s", PLAN.entries, options=ONE_THREAD, clock=ManualClock())

    assert result.refused
    assert len(result.accepted) == len(stream.stored)
    assert len(result.accepted) + len(result.refused) == len(PLAN.entries)
    assert len(stream.calls) <= ATTEMPTS * len(PLAN.entries)


def test_h14_the_stateless_pipeline_counts_a_producer_s_repetition(bench: Bench) -> None:
    """A record that was put twice has two positions, and without versions nobody can tell that it is one."""
    twice = kinesis_event([message("a", "5.00")] * 2)

    bench.run("stateless.map", twice)
    bench.run("stateless.reduce", window_event(bench.changes("ReduceTable")))

    assert bench.totals()["Grand Total"] == 10
    assert bench.trades()["Grand Total"] == 2


@pytest.mark.parametrize("apart", [True, False])
def test_h14_the_stateful_pipeline_knows_a_repetition_by_its_version(bench: Bench, apart: bool) -> None:
    """A message that was put twice is a duplicate in State, in one batch or in two."""
    data = message("a", "5.00")

    bench.flow(*([data] if apart else [data, data]))
    bench.flow(data, first=3)

    assert bench.totals()["Grand Total"] == 5
    assert bench.trades()["Grand Total"] == 1


def test_h15_no_mapping_starts_at_latest(template: dict[str, Any]) -> None:
    """Every mapping starts at the horizon, so what is put while it is being made or changed is read."""
    mappings = of_type(template, "Lambda::EventSourceMapping").values()

    assert {mapping["StartingPosition"] for mapping in mappings} == {"TRIM_HORIZON"}


def test_h15_reading_everything_again_has_no_effect(bench: Bench) -> None:
    """A mapping that is made anew delivers all that its stream still holds; nothing of it counts twice."""
    data = [message("a", "5.00"), message("a", "7.00", version=2), message("b", "1.00")]
    bench.flow(*data)
    before = bench.totals(), bench.trades(), bench.progress()

    bench.run("stateful.state", kinesis_event(data))
    for function, table in (("stateful.map", "StateTable"), ("stateful.reduce", "ReduceTable")):
        bench.run(function, window_event(bench.changes(table)))

    assert (bench.totals(), bench.trades(), bench.progress()) == before


def test_h16_an_alarm_comes_before_records_expire(template: dict[str, Any]) -> None:
    """Every function is watched by the age of its records, to half of the streams' retention at most."""
    alarms = [
        alarm
        for alarm in of_type(template, "CloudWatch::Alarm").values()
        if alarm["MetricName"] == "IteratorAge"
    ]
    functions = {
        mapping["FunctionName"]["Ref"] for mapping in of_type(template, "Lambda::EventSourceMapping").values()
    }

    assert {alarm["Dimensions"][0]["Value"]["Ref"] for alarm in alarms} == functions
    for alarm in alarms:
        threshold = template["Parameters"][alarm["Threshold"]["Ref"]]
        assert int(threshold["Default"]) <= int(threshold["MaxValue"]) <= RETENTION_MS // 2


def test_h16_what_is_given_up_is_reported(template: dict[str, Any]) -> None:
    """A batch that expires unread leaves a message in a queue, and the queue has an alarm."""
    mappings = of_type(template, "Lambda::EventSourceMapping").values()
    metrics = {alarm["MetricName"] for alarm in of_type(template, "CloudWatch::Alarm").values()}

    assert all(mapping["DestinationConfig"]["OnFailure"]["Destination"] for mapping in mappings)
    assert "ApproximateNumberOfMessagesVisible" in metrics


def test_h06_only_state_may_give_a_batch_up() -> None:
    """State splits, answers in part and gives up in the end; Map and Reduce try without end."""
    mappings = of_type(read("stateful"), "Lambda::EventSourceMapping")
    state = mappings.pop("StateEventSourceMapping")

    assert state["BisectBatchOnFunctionError"] is True
    assert state["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert 0 < state["MaximumRetryAttempts"] < 100
    assert {mapping["MaximumRetryAttempts"] for mapping in mappings.values()} == {-1}


@pytest.mark.parametrize(("seen_from", "total"), [("TRIM_HORIZON", 9), ("LATEST", 4)])
def test_h17_a_stage_that_is_connected_late_starts_at_the_horizon(
    bench: Bench, seen_from: str, total: int
) -> None:
    """Read from the oldest record on, nothing is missing; read from the newest, a change is half a trade."""
    bench.run("stateful.state", kinesis_event([message("a", "5.00")]))
    early = bench.new_changes("StateTable")
    bench.run("stateful.state", kinesis_event([message("a", "9.00", version=2)], first=2))
    late = bench.new_changes("StateTable")

    bench.run("stateful.map", window_event([*early, *late] if seen_from == "TRIM_HORIZON" else late))
    bench.run("stateful.reduce", window_event(bench.changes("ReduceTable")))

    assert bench.totals()["Grand Total"] == total


def test_h25_all_versions_of_a_trade_go_into_one_shard_in_order() -> None:
    """The partition key is the trade's id, and whatever is refused, its versions keep their order there."""
    stream = MisbehavingStream(lambda call, place: "Throttling" if (place + call) % 5 == 0 else None)
    planned = defaultdict(list)
    for each in PLAN.messages:
        planned[each.trade_id].append(each.version)

    produce(stream, "s", PLAN.entries, clock=ManualClock())

    assert stream.versions == planned
    assert all(json.loads(record["Data"])["TradeID"] == record["PartitionKey"] for record in stream.stored)


@pytest.mark.parametrize("variant", ["textbook", "ledger"])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_h25_versions_decide_even_if_a_trade_is_scattered(bench: Bench, order: tuple[int, int]) -> None:
    """If the versions of a trade lie in two shards, the highest stands, whichever shard is read first."""
    for shard in order:
        event = kinesis_event([message("a", f"{shard}.50", version=shard)], shard=shard)
        bench.run("stateful.state", event)

    [trade] = bench.items("StateTable")

    assert trade["Version"] == 1
