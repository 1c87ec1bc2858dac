"""A run in the control room: sent in slices, steered while it lasts, watched at each tick, told truly."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.effort import LONG
from tests.notebook.control_room.conftest import MakeRoom
from workshop.cloud.fault_plan import FaultPlan
from workshop.errors import NotSettledError
from workshop.notebook.control_room.history import MOST_TICKS
from workshop.notebook.control_room.meter import Sighting, judge
from workshop.notebook.control_room.model import RoomModel
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.truth import GRAND_TOTAL, Truth


def test_a_run_ends_exact_and_done(make_room: MakeRoom) -> None:
    """All messages are sent at their rate, and when nothing moves any more the totals are exact."""
    room = make_room(messages=300, rate=50, duplicates=10, modify=20, out_of_order=50)

    tick = room.run()

    assert tick["run"]["state"] == "done"
    assert (tick["run"]["sent"], tick["run"]["total"]) == (300, 300)
    assert room.pipeline["meter"]["state"] == "exact"
    assert 5 <= tick["seconds"] <= 15


def test_a_tick_is_plain_json(make_room: MakeRoom) -> None:
    """A tick goes to the view as it is."""
    room = make_room(messages=20)
    tick = room.run()

    assert json.loads(json.dumps(tick)) == tick
    assert set(tick) == {"seconds", "run", "pipelines", "marks", "levels", "controls"}
    assert Decimal(tick["pipelines"][0]["totals"]["Grand Total"])


def test_nothing_is_said_before_the_first_message(make_room: MakeRoom) -> None:
    """A room that has not begun is ready, and its meter empty."""
    room = make_room()
    room.seconds(1)

    assert room.tick["run"]["state"] == "ready"
    assert room.pipeline["meter"]["state"] == "empty"
    assert set(room.pipeline["latency"].values()) == {None}


def test_what_was_there_before_is_no_speed_of_the_room(make_room: MakeRoom) -> None:
    """A room over a pipeline that has worked before shows its totals, but no rate and no latency of them."""
    room = make_room()
    room.courses["stateful"].send(50)
    room.courses["stateful"].rest()

    tick = room.seconds(2)

    shown = tick["pipelines"][0]
    assert (shown["meter"]["state"], shown["applied_per_second"]) == ("exact", 0.0)
    assert set(shown["latency"].values()) == {None}


def test_messages_on_their_way_are_in_flight(make_room: MakeRoom) -> None:
    """While records wait, the meter says how many, and does not call the totals wrong."""
    room = make_room(messages=100, rate=100)
    room.model.command({"do": "start"})
    room.model.tick()

    room.seconds(1, steps=False)

    meter = room.pipeline["meter"]
    assert (meter["state"], meter["in_flight"]) == ("in_flight", 100)
    assert meter["off_by"] is None


def test_pause_and_start_work_at_once(make_room: MakeRoom) -> None:
    """A paused run sends nothing, and goes on where it was."""
    room = make_room(messages=100, rate=20)
    room.model.command({"do": "start"})
    room.seconds(2)
    room.model.command({"do": "pause"})
    sent = room.seconds(3)["run"]["sent"]

    assert room.tick["run"]["state"] == "paused"
    room.model.command({"do": "start"})
    assert room.seconds(1)["run"]["sent"] - sent == pytest.approx(20, abs=3)
    assert room.run()["run"]["sent"] == 100


def test_what_would_do_nothing_does_nothing(make_room: MakeRoom) -> None:
    """Pause counts while messages are sent, Start not before the run is over, Stop not after it."""
    room = make_room(messages=20, rate=100)
    room.model.command({"do": "pause"})
    assert room.seconds(1)["run"]["state"] == "ready"
    room.model.command({"do": "start"})
    room.model.tick()
    assert room.seconds(1, steps=False)["run"]["state"] == "settling"

    for word in ("start", "pause"):
        room.model.command({"do": word})
    settling = room.seconds(1, steps=False)["run"]
    room.seconds(10)
    for word in ("pause", "stop"):
        room.model.command({"do": word})
    over = room.seconds(1)

    assert [(run["state"], run["sent"]) for run in (settling, over["run"])] == [
        ("settling", 20),
        ("done", 20),
    ]
    assert [mark["text"] for mark in over["marks"]] == ["started"]


def test_what_is_set_holds_from_the_next_slice_on(make_room: MakeRoom) -> None:
    """Rate and duplicates change while the run goes on; each change leaves a mark."""
    room = make_room(messages=400, rate=20)
    room.model.command({"do": "start"})
    room.seconds(2)
    room.model.command({"do": "set", "set": {"rate": 100, "duplicates": 40}})
    room.run()

    sent = room.courses["stateful"].messages()
    assert len(sent) == 400
    assert len({(each.trade_id, each.version) for each in sent}) == pytest.approx(400 - 0.4 * 360, abs=8)
    assert {"rate", "duplicates"} <= {mark["text"].split()[0] for mark in room.tick["marks"]} | {"rate"}
    assert "100 messages a second" in [mark["text"] for mark in room.tick["marks"]]
    assert room.tick["seconds"] < 12


def test_what_is_impossible_is_told_and_changes_nothing(make_room: MakeRoom) -> None:
    """A rate of zero, or a control that is not there, is a mark and no more."""
    room = make_room(messages=10)
    room.model.command({"do": "set", "set": {"rate": 0, "speed": 5}})
    room.seconds(1)

    assert [mark["text"].split(":")[0] for mark in room.tick["marks"]] == ["not changed"] * 2
    assert room.tick["controls"]["rate"] == 100


def test_the_batch_size_is_set_at_the_first_stage(make_room: MakeRoom) -> None:
    """Batches become smaller, and the hop says so."""
    room = make_room(messages=100, rate=100)
    before = room.tick if hasattr(room, "tick") else room.seconds(1)
    room.model.command({"do": "set", "set": {"batch_size": 5}})
    room.run()

    first = room.pipeline["hops"][0]
    assert before["controls"]["batch_size"] != 5
    assert (first["function"], first["batch_size"]) == ("StateLambda", 5)
    assert first["mean_batch"] <= 5
    room.model.command({"do": "set", "set": {"batch_size": before["controls"]["batch_size"]}})
    room.seconds(1)


def test_sent_and_applied_agree_at_the_end_of_a_short_run(run_room: MakeRoom) -> None:
    """When a run is over, its rates are those of the whole run."""
    room = run_room(messages=200, rate=40)

    assert room.pipeline["sent_per_second"] == pytest.approx(40, rel=0.15)
    assert room.pipeline["applied_per_second"] == pytest.approx(room.pipeline["sent_per_second"], rel=0.25)


def test_latency_is_given_as_mean_percentiles_and_maximum(run_room: MakeRoom) -> None:
    """The figures of the recent past are in order, and no message is faster than nothing."""
    room = run_room(messages=100, rate=50)

    latency = room.pipeline["latency"]
    assert 0 < latency["p50"] <= latency["p95"] <= latency["p99"] <= latency["max"]
    assert 0 < latency["mean"] <= latency["max"] * 1.05


def test_two_pipelines_get_the_same_messages(run_room: MakeRoom) -> None:
    """Side by side both see every message, and each is held against its own truth."""
    room = run_room("stateful", "stateless", messages=100, rate=100, duplicates=20)

    stateful, stateless = (course.messages() for course in room.courses.values())
    assert sorted(each.trade_id for each in stateful) == sorted(each.trade_id for each in stateless)
    assert [each["name"] for each in room.tick["pipelines"]] == ["stateful", "stateless"]
    assert [each["meter"]["state"] for each in room.tick["pipelines"]] == ["exact", "exact"]
    assert room.tick["pipelines"][0]["trades"]["Grand Total"] == 80
    assert room.tick["pipelines"][1]["trades"]["Grand Total"] == 100


def change_total(room: Any, path: str, amount: str, trades: int = 0) -> None:
    room.laboratory.client("dynamodb").update_item(
        TableName=room.courses["stateful"].outputs["AggregateTableName"],
        Key={"Identifier": {"S": path}},
        UpdateExpression="ADD #Value :amount, Trades :trades",
        ExpressionAttributeNames={"#Value": "Value"},
        ExpressionAttributeValues={":amount": {"N": amount}, ":trades": {"N": str(trades)}},
    )


def test_without_state_the_meter_promises_messages_and_no_trades() -> None:
    """In the stateless pipeline exact means that each message was added, be it a new trade or not."""
    truth = Truth({GRAND_TOTAL: Decimal(2)}, {GRAND_TOTAL: 2}, frozenset())
    snapshot = AggregateSnapshot(totals=truth.totals, trades=truth.trades)
    seen = Sighting(truth, 2, truth.trades, snapshot, 0, is_quiet=True, is_still=True, is_stateful=False)

    assert judge(seen, since=0.0).text == "Exact to the cent: 2 messages, each added as it came."


def test_totals_that_are_wrong_at_rest_are_off(run_room: MakeRoom) -> None:
    """The meter says by how much and where, and since when, until they are right again."""
    room = run_room(messages=50)
    leaf = max(room.pipeline["totals"], key=lambda path: path.count(":"))
    change_total(room, leaf, "3.50")
    since = room.seconds(1)["seconds"]

    meter = room.seconds(2) and room.pipeline["meter"]
    assert (meter["state"], meter["off_by"], meter["path"]) == ("off", "3.50", leaf)
    assert meter["since"] == since
    change_total(room, leaf, "-3.50")
    assert room.seconds(1)["pipelines"][0]["meter"]["state"] == "exact"


def test_more_trades_than_were_ever_sent_are_wrong_at_once(make_room: MakeRoom) -> None:
    """What no message that may still come could mend is said while they are on their way; not how much."""
    room = make_room(messages=400, rate=20)
    room.model.command({"do": "start"})
    room.seconds(12)
    leaf = max(room.pipeline["totals"], key=lambda path: path.count(":"))
    change_total(room, leaf, "1.00", trades=500)

    room.seconds(1, steps=False)

    meter = room.pipeline["meter"]
    assert (meter["state"], meter["path"], meter["off_by"]) == ("off", leaf, None)
    assert "ever sent" in meter["text"]


def lost_trade(room: Any) -> str:
    """Take away, behind the pipeline's back, what one trade has added; return the trade."""
    course = room.courses["stateful"]
    trade = course.messages()[0]
    names = [trade.hierarchy[level] for level in course.target.order]
    for path in (*(":".join(names[: depth + 1]) for depth in range(len(names))), "Grand Total"):
        change_total(room, path, f"{-trade.value:f}", -1)
    return str(trade.trade_id)


def test_the_trade_is_named_only_by_the_diagnosis(run_room: MakeRoom) -> None:
    """Before it was asked no trade is named; then the one that it is certain of, or none is known."""
    room = run_room(messages=30)
    lost_trade(room)
    assert room.seconds(1)["pipelines"][0]["meter"]["trade"] is None

    room.model.investigate()
    meter = room.seconds(1)["pipelines"][0]["meter"]

    assert meter["state"] == "off"
    assert meter["trade"] is not None or "unknown" in meter["text"]


def test_a_diagnosis_of_other_totals_is_not_used(run_room: MakeRoom) -> None:
    """What was found out about totals that have changed since says nothing about these."""
    room = run_room(messages=30)
    lost_trade(room)
    room.seconds(1)
    room.model.investigate()
    room.courses["stateful"].send(1, seed=99)

    meter = room.seconds(12)["pipelines"][0]["meter"]

    assert (meter["state"], meter["trade"]) == ("off", None)


def test_a_stage_that_is_not_connected_is_no_fault_of_the_totals(make_room: MakeRoom) -> None:
    """Records that nobody reads are not there yet, and the meter says whose mapping is missing."""
    room = make_room(messages=20)
    course = room.courses["stateful"]
    mapping = course.mapping("MapLambda")
    client = room.laboratory.client("lambda")
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    room.run(5)

    meter = room.pipeline["meter"]
    client.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    assert meter["state"] == "in_flight"
    assert "MapLambda is disabled" in meter["text"]


def test_faults_begin_and_end_with_the_room(make_room: MakeRoom) -> None:
    """Functions crash after the mark, the hop counts it and tells the error; a stop ends the faults."""
    room = make_room(messages=3_000, rate=50)
    room.model.command({"do": "set", "set": {"faults": {"crash_before": 0.3}}})
    room.run(1)
    # Functions keep what they have read of the settings for a moment, before they see the faults.
    while room.tick["run"]["state"] == "sending" and not sum(hop["errors"] for hop in room.pipeline["hops"]):
        room.seconds(1)

    hops = room.pipeline["hops"]
    assert sum(hop["errors"] for hop in hops) > 0
    assert any(hop["last_error"] for hop in hops)
    assert any("crash_before 0.3" in mark["text"] for mark in room.tick["marks"])
    room.model.stop()
    outputs = room.courses["stateful"].outputs
    found = room.laboratory.client("dynamodb").get_item(
        TableName=outputs["ParameterTableName"], Key={"Parameter": {"S": "faults"}}
    )
    assert "Item" not in found
    room.laboratory.rest()
    assert room.seconds(1)["run"]["state"] == "stopped"


def test_a_second_run_sends_other_messages(run_room: MakeRoom) -> None:
    """Start after the end begins anew, with trades of its own."""
    room = run_room(messages=30)
    room.run()

    assert room.tick["run"]["sent"] == 30
    assert room.pipeline["trades"]["Grand Total"] == 60


def test_messages_of_others_belong_to_the_truth(make_room: MakeRoom) -> None:
    """What another cell sends into the stream is counted as sent, though not by this room."""
    room = make_room(messages=30)
    room.courses["stateful"].send(10, seed=5)
    room.run()

    assert room.tick["run"]["sent"] == 30
    assert room.pipeline["meter"]["state"] == "exact"
    assert "40 messages" in room.pipeline["meter"]["text"]


def test_a_clear_while_the_room_is_open_begins_a_new_truth(run_room: MakeRoom) -> None:
    """After `clear` nothing has been sent, and nothing is wrong."""
    room = run_room(messages=30)
    room.courses["stateful"].clear()

    assert room.seconds(2)["pipelines"][0]["meter"]["state"] == "empty"


def test_the_history_is_a_frame_with_exact_amounts(run_room: MakeRoom) -> None:
    """A row for each tick and pipeline; amounts are Decimal, and marks stand where they were made."""
    room = run_room("stateful", "stateless", messages=50, rate=50)

    frame = room.model.history.frame()

    assert len(frame) == 2 * len(room.model.history)
    assert all(isinstance(each, Decimal) for each in frame["Grand Total"])
    assert list(frame["marks"]).count("started") == 2
    assert {"latency_mean", "latency_max", "waiting_StateLambda"} <= set(frame.columns)


def test_a_run_tells_what_each_pipeline_held_before(make_room: MakeRoom) -> None:
    """Pipelines that begin with different messages are apart by these; the room says how many."""
    room = make_room("stateful", "stateless", messages=10)
    room.courses["stateful"].send(5, seed=8)
    room.laboratory.rest()

    assert [each["held"] for each in room.run()["pipelines"]] == [5, 0]
    assert [each["held"] for each in room.run()["pipelines"]] == [15, 10]


def test_a_slider_leaves_the_faults_of_other_kinds_alone(make_room: MakeRoom) -> None:
    """Faults that strike in one function alone go on when another slider is moved; all end alike."""
    room = make_room(messages=3_000, rate=50)
    plan = FaultPlan.from_words(["crash_after@map=0.25", "re_batched=0.5"])
    room.model = RoomModel(room.courses, room.model.controls, fault_plan=plan)
    room.model.command({"do": "start"})
    room.seconds(1)

    room.model.command({"do": "set", "set": {"faults": {"re_batched": 0.0, "duplicate": 0.1}}})
    marks = room.seconds(1)["marks"]

    assert marks[-1]["text"] == "faults: crash_after@map 0.25, duplicate 0.1"
    room.model.command({"do": "set", "set": {"faults": {"crash_after": 0, "duplicate": 0}}})
    assert room.seconds(1)["marks"][-1]["text"] == "no faults"
    room.model.stop()
    room.laboratory.rest()


def test_a_long_run_neither_leaks_nor_slows_down(make_room: MakeRoom) -> None:
    """At a tick a second the end of a long run reads no more than its start, and history is bounded.

    Two minutes show it; `make test-long` looks at fifteen.
    """
    room = make_room(messages=1_000, rate=1)
    calls = CallCount(room)
    room.model.command({"do": "start"})
    window = 60 if LONG else 30
    room.seconds(window)
    first = calls.taken()
    room.seconds(780 if LONG else 60)
    calls.taken()
    room.seconds(window)

    assert calls.taken() == pytest.approx(first, rel=0.2)
    assert len(room.model.history) <= MOST_TICKS
    assert max(map(len, map(json.dumps, room.model.history.ticks[-10:]))) < 12_000


class CallCount:
    """Counts the calls that a room makes to the cloud."""

    def __init__(self, room: Any) -> None:
        self._count = 0
        for service in ("kinesis", "dynamodb", "lambda"):
            room.laboratory.client(service).meta.events.register("before-call", self._note)

    def _note(self, **_: Any) -> None:
        self._count += 1

    def taken(self) -> int:
        """Return the calls since this was last asked."""
        count, self._count = self._count, 0
        return count


def test_totals_that_never_stand_still_are_not_judged(run_room: MakeRoom, monkeypatch: Any) -> None:
    """Where commits come faster than a scan, the last totals stay in sight, and the meter waits."""
    room = run_room(messages=30)
    course = room.courses["stateful"]
    course.send(5, seed=8)
    totals, shown = course.totals, room.pipeline["totals"]

    def restless() -> Any:
        raise NotSettledError("they move")

    monkeypatch.setattr(course, "totals", restless)
    meter = room.seconds(12)["pipelines"][0]["meter"]

    assert (meter["state"], room.pipeline["totals"]) == ("in_flight", shown)
    monkeypatch.setattr(course, "totals", totals)
    assert room.seconds(1)["pipelines"][0]["meter"]["state"] == "exact"


def test_totals_are_not_judged_while_they_are_deleted(run_room: MakeRoom, monkeypatch: Any) -> None:
    """While `clear` is at work in another thread, totals that are gone are no fault."""
    room = run_room(messages=30)
    course = room.courses["stateful"]
    change_total(room, "Grand Total", "-1.00")
    monkeypatch.setattr(course, "is_clearing", True)

    meter = room.seconds(1)["pipelines"][0]["meter"]

    assert (meter["state"], meter["text"]) == ("in_flight", "Not there yet: the pipeline is being emptied.")


def test_a_run_that_is_over_stays_over(run_room: MakeRoom) -> None:
    """What another cell sends after its end does not bring a run back; the meter tells of it all the same."""
    room = run_room(messages=30)
    room.courses["stateful"].send(5, seed=8)

    tick = room.seconds(1, steps=False)

    assert tick["run"]["state"] == "done"
    assert tick["pipelines"][0]["meter"]["state"] == "in_flight"


def test_exact_totals_are_no_end_while_duplicates_are_on_their_way(run_room: MakeRoom) -> None:
    """Totals that are exact by now may still go wrong, so a run is over only when nothing is under way."""
    room = run_room(messages=30)
    sent = room.courses["stateful"].messages()
    room.courses["stateful"].send(sent)
    room.model.command({"do": "set", "set": {"messages": 1}})
    room.model.command({"do": "start"})

    tick = room.seconds(2, steps=False)

    assert tick["run"]["state"] == "settling"
    assert room.run()["run"]["state"] == "done"
