"""`workshop clear`: whatever was sent before has no effect afterwards, and all that comes after has."""

from dataclasses import replace
from typing import Any

import pytest

from tests.pipeline.operations.pipeline_bench import (
    Bench,
    PipelineClock,
    WatchedCloud,
    deployed,
    some_messages,
)
from workshop.clock import ManualClock
from workshop.cloud.laboratory import Laboratory
from workshop.pipeline.operations import clear as clearing
from workshop.pipeline.operations.clear import clear

EMPTY = {"StateTable": 0, "ReduceTable": 0, "AggregateTable": 0, "QuarantineTable": 0}


def sizes_of_data(bench: Bench) -> dict[str, int]:
    """Return how many items there are, apart from positions and settings."""
    return {table: count for table, count in bench.sizes().items() if table in EMPTY}


def nothing(bench: Bench) -> dict[str, int]:
    """Return the sizes of empty tables."""
    return {table: 0 for table in EMPTY if f"{table}Name" in bench.outputs}


def test_the_tables_are_as_after_a_deployment(bench: Bench) -> None:
    """A cleared pipeline holds no trade, row, total or quarantined record; positions in the streams stay."""
    bench.send(some_messages(1))
    bench.laboratory.client("kinesis").put_record(
        StreamName=bench.outputs["StreamName"], Data=b"poison", PartitionKey="1"
    )
    bench.rest()
    positions = bench.sizes()["LedgerTable"]

    cleared = clear(bench.laboratory, bench.stack, clock=bench.laboratory.clock)
    bench.rest()

    assert sizes_of_data(bench) == nothing(bench)
    assert bench.sizes()["LedgerTable"] >= positions > 0
    assert (cleared.epoch, cleared.deleted["QuarantineTable"]) == (1, 1)


def test_scores_go_and_settings_stay(stateful: Bench) -> None:
    """The game's score and rounds are deleted; the faults that somebody has set stay."""
    for name in ("score", "round#1", "faults"):
        stateful.put("ParameterTable", Parameter={"S": name}, Value={"S": "{}"})

    clear(stateful.laboratory, stateful.stack, clock=stateful.laboratory.clock)

    assert {row["Parameter"] for row in stateful.rows("ParameterTable")} == {"faults", "epoch"}


@pytest.mark.parametrize("steps", range(9))
def test_messages_in_flight_have_no_effect(bench: Bench, steps: int) -> None:
    """However far a message has got when the pipeline is cleared, no total ever shows it."""
    old = some_messages(2, stateful=bench.pipeline == "stateful")
    bench.process(old[:10])
    bench.send(old[10:])
    bench.advance(steps)

    clear(bench.laboratory, bench.stack, clock=ManualClock(bench.laboratory.clock.now()))
    bench.rest()

    assert bench.snapshot().totals == {}
    assert sizes_of_data(bench)["AggregateTable"] == 0


@pytest.mark.parametrize("steps", range(0, 9, 2))
def test_messages_after_the_clear_count_once(bench: Bench, steps: int) -> None:
    """Messages sent after a clear count exactly, while those from before are still on their way."""
    stateful = bench.pipeline == "stateful"
    old, new = some_messages(3, stateful=stateful), some_messages(4, stateful=stateful)
    bench.send(old)
    bench.advance(steps)

    clear(bench.laboratory, bench.stack, clock=ManualClock(bench.laboratory.clock.now()))
    bench.process(new)

    assert bench.differences(new) == ()


def test_ignored_messages_are_counted(bench: Bench) -> None:
    """What was still in the stream when the pipeline was cleared shows in the functions' reports."""
    messages = some_messages(5)
    bench.send(messages)

    clear(bench.laboratory, bench.stack, clock=bench.laboratory.clock)
    bench.rest()

    first = "state" if bench.pipeline == "stateful" else "map"
    assert bench.counts(first)["ignored"] == len(messages)


def test_lower_versions_count_after_a_clear(stateful: Bench) -> None:
    """A trade that was cleared away is new again, whatever version of it comes next."""
    messages = some_messages(6)
    stateful.process([replace(each, version=each.version + 90) for each in messages])

    clear(stateful.laboratory, stateful.stack, clock=stateful.laboratory.clock)
    stateful.process(messages)

    assert stateful.differences(messages) == ()


@pytest.mark.parametrize("stage", ["state", "map", "reduce"])
def test_a_mapping_from_the_horizon_brings_nothing_back(stateful: Bench, stage: str) -> None:
    """A new event source mapping reads everything again; what was cleared still has no effect."""
    stateful.process(some_messages(7))
    clear(stateful.laboratory, stateful.stack, clock=stateful.laboratory.clock)
    stateful.rest()

    stateful.restart_mapping(stage)
    stateful.rest()

    assert sizes_of_data(stateful) == nothing(stateful)
    assert stateful.counts(stage)["ignored"] > 0


def test_a_stateless_mapping_from_the_horizon_brings_nothing_back(stateless: Bench) -> None:
    """Without a state as well, a new mapping counts only what came after the clear."""
    new = some_messages(9, stateful=False)
    stateless.process(some_messages(8, stateful=False))
    clear(stateless.laboratory, stateless.stack, clock=stateless.laboratory.clock)

    stateless.restart_mapping("map")
    stateless.process(new)

    assert stateless.differences(new) == ()


@pytest.mark.parametrize("stage", ["state", "map", "reduce"])
def test_a_commit_that_straddles_the_clear_is_refused(stateful: Bench, stage: str) -> None:
    """An invocation that has read the epoch before a clear commits nothing old after it."""
    old, new = some_messages(10), some_messages(10)
    laboratory, happened = stateful.laboratory, []

    def clear_now(operation: str, caller: str) -> None:
        if (operation, caller) == ("GetItem", stage) and not happened:
            happened.append(stage)
            clear(laboratory, stateful.stack, clock=ManualClock(laboratory.clock.now()))

    laboratory.watch(clear_now)
    stateful.process(old)
    totals_of_old = stateful.snapshot().totals
    stateful.process(new)

    assert happened == [stage]
    assert totals_of_old == {}
    assert stateful.differences(new) == ()


def test_an_interrupted_clear_loses_nothing(stateful: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a clear that died half-way no total is added to, until another one has finished the work."""
    stateful.process(some_messages(11))
    with monkeypatch.context() as patch:
        patch.setattr(clearing._Clearing, "empty_totals", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            clear(stateful.laboratory, stateful.stack, clock=stateful.laboratory.clock)
    before = stateful.snapshot()
    new = some_messages(12)
    stateful.send(new)
    stateful.advance(20)

    during = stateful.snapshot()
    cleared = clear(stateful.laboratory, stateful.stack, clock=stateful.laboratory.clock)
    stateful.process(new)

    assert (during.revision, cleared.epoch) == (before.revision, 2)
    assert stateful.differences(new) == ()


def test_a_clear_that_was_overtaken_deletes_nothing_newer(stateful: Bench) -> None:
    """What came after a second clear stays, though the first one was about to delete totals and rounds."""
    laboratory, old, new = stateful.laboratory, some_messages(15), some_messages(16)
    stateful.process(old)
    overtaken: list[str] = []

    def overtake(operation: str) -> None:
        if operation in {"batch_write_item", "transact_write_items"} and not overtaken:
            overtaken.append(operation)
            clear(laboratory, stateful.stack, clock=ManualClock(laboratory.clock.now()))
            stateful.process(new)
            stateful.put("ParameterTable", Parameter={"S": "round#1"}, Value={"S": "{}"})

    slow: Any = WatchedCloud(laboratory, overtake)
    cleared = clear(slow, stateful.stack, clock=ManualClock(laboratory.clock.now()))
    stateful.rest()

    assert (len(overtaken), cleared.epoch, cleared.deleted["AggregateTable"]) == (1, 1, 0)
    assert stateful.differences(new) == ()
    assert "round#1" in {row["Parameter"] for row in stateful.rows("ParameterTable")}


def test_the_marker_is_the_one_that_functions_leave_out(bench: Bench) -> None:
    """A marker is no message: it is neither counted nor set aside."""
    from common.records import MARKER

    bench.laboratory.client("kinesis").put_record(
        StreamName=bench.outputs["StreamName"], Data=clearing.MARKER, PartitionKey="1"
    )
    bench.rest()

    assert clearing.MARKER == MARKER
    assert sizes_of_data(bench) == nothing(bench)


def test_a_variant_without_epochs_is_emptied_as_well(laboratory: Laboratory) -> None:
    """Where the functions know no epoch, everything is deleted until nothing comes any more."""
    textbook = deployed(laboratory, "stateful", variant="textbook").emptied()
    old, new = some_messages(13), some_messages(14)
    textbook.send(old)
    textbook.advance(3)

    cleared = clear(laboratory, textbook.stack, clock=PipelineClock(laboratory))
    emptied = sizes_of_data(textbook)
    textbook.process(new)

    assert (emptied, cleared.epoch) == (nothing(textbook), 0)
    assert textbook.differences(new) == ()
