"""MapLambda with the ledger, in both pipelines: each record of a shard reaches ReduceTable exactly once."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from common.aggregation import Delta, add_up
from common.items import item_of_trade
from common.trades import decode_trade

from tests.lambdas.handler_bench import LEVELS, Bench, insert, kinesis_event, message, window_event


def image(trade_id: str, value: str, *names: str, **more: Any) -> dict[str, Any]:
    """Return the item that State would keep for this message."""
    return item_of_trade(decode_trade(message(trade_id, value, *names, **more), LEVELS))


def change(number: int, old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """Return a record of StateTable's stream."""
    images = {"OldImage": old, "NewImage": new}
    record = insert("StateTable", number, {})
    record["eventName"] = "MODIFY" if old and new else "INSERT" if new else "REMOVE"
    del record["dynamodb"]["NewImage"]
    record["dynamodb"] |= {name: value for name, value in images.items() if value is not None}
    return record


def run(bench: Bench, *changes: dict[str, Any]) -> Any:
    return bench.run("stateful.map", window_event(changes))


def total(bench: Bench) -> Decimal:
    """Return the sum over all rows of ReduceTable at the path `PV`."""
    return sum((row["Deltas"]["PV"] for row in bench.items("ReduceTable")), Decimal(0))


def leaves(bench: Bench) -> dict[str, Delta]:
    """Return the sum over all rows of ReduceTable by leaf: amount and number of trades."""
    return add_up(
        (leaf, Delta(row["Deltas"][leaf], int(count)))
        for row in bench.items("ReduceTable")
        for leaf, count in row["Trades"].items()
    )


@pytest.mark.parametrize("variant", ["ledger", "textbook"])
@pytest.mark.parametrize("pipeline", ["stateful", "stateless"])
def test_a_row_says_which_records_it_sums(bench: Bench, pipeline: str) -> None:
    """A row carries the shard, and the first and last sequence number of its batch, bad records included."""
    changes = [change(number, None, image(f"t{number}", "1.00")) for number in (3, 5, 6)]
    data = [message("a", "1.00"), message("b", "1.00"), b"{"]
    event = window_event(changes) if pipeline == "stateful" else kinesis_event(data, first=3)

    bench.run(f"{pipeline}.map", event)

    [row] = bench.items("ReduceTable")
    assert row["ShardId"] == ("shard-1" if pipeline == "stateful" else "shardId-000000000000")
    numbers = int(row["FirstSequenceNumber"]), int(row["LastSequenceNumber"])
    assert numbers == ((3, 6) if pipeline == "stateful" else (3, 5))


def test_a_repeated_batch_says_so_in_the_rows_that_follow(bench: Bench) -> None:
    """When a batch comes again with more behind it, the next row begins after what the first one holds."""
    changes = [change(number, None, image(f"t{number}", "1.00")) for number in range(1, 5)]

    run(bench, *changes[:2])
    run(bench, *changes)

    rows = bench.items("ReduceTable")
    ranges = {(int(row["FirstSequenceNumber"]), int(row["LastSequenceNumber"])) for row in rows}
    assert ranges == {(1, 2), (3, 4)}
    assert len(rows) == 2


def test_an_item_that_is_no_trade_counts_for_nothing(bench: Bench) -> None:
    """Items that are no valid trades are neither added nor subtracted, and are set aside when they appear."""
    good, bad = image("a", "5.25"), {"TradeID": {"S": "a"}, "Value": {"N": "1.005"}}

    run(bench, change(1, None, good), change(2, good, bad), change(3, bad, good), change(4, None, bad))

    assert leaves(bench) == {"PV:FXSpot:EMEA": Delta(Decimal("5.25"), 1)}
    ids = sorted(row["RecordID"] for row in bench.items("QuarantineTable"))
    assert ids == [f"map#shard-1#{number:021}" for number in (2, 4)]


def test_bad_records_alone_move_the_position(bench: Bench) -> None:
    """A batch of nothing but bad records writes no row, and the shard goes on behind it."""
    bad = {"TradeID": {"S": "a"}}

    run(bench, change(1, None, bad))
    run(bench, change(1, None, bad), change(2, None, image("b", "1.00")))

    assert total(bench) == 1
    assert len(bench.reasons()) == 1


@pytest.mark.parametrize(
    "cuts", [[0, 4], [0, 1, 2, 3, 4], [0, 3, 1, 4], [0, 2, 0, 3, 0, 4], [0, 4, 0, 4, 2, 4]]
)
def test_records_count_once_however_they_are_cut(bench: Bench, cuts: Sequence[int]) -> None:
    """Batches that overlap, repeat or are cut anew have no further effect."""
    changes = [change(number, None, image(f"t{number}", "1.00")) for number in range(1, 5)]

    for start, end in pairwise(cuts):
        run(bench, *changes[min(start, end) : max(start, end)])

    assert leaves(bench) == {"PV:FXSpot:EMEA": Delta(Decimal(4), 4)}


def test_a_record_twice_in_one_batch_counts_once(bench: Bench) -> None:
    """A batch that holds a record twice, or out of order, has the effect of each record once."""
    changes = [change(number, None, image(f"t{number}", "1.00")) for number in (2, 1, 2)]

    run(bench, *changes)

    assert leaves(bench) == {"PV:FXSpot:EMEA": Delta(Decimal(2), 2)}


def test_shards_have_positions_of_their_own(bench: Bench) -> None:
    """The same sequence number in another shard, or from another table, is another record."""
    record = change(7, None, image("a", "1.00"))
    elsewhere = dict(record, eventSourceARN="arn:aws:dynamodb:::table/other/stream/1")

    for event in (window_event([record]), window_event([record], shard="shard-2"), window_event([elsewhere])):
        bench.run("stateful.map", event)

    assert total(bench) == 3


def test_a_batch_that_is_too_large_is_committed_in_parts(bench: Bench) -> None:
    """A batch over the limits of a transaction becomes several commits, each of which moves the position."""
    long = "x" * 1900
    changes = [
        change(number, None, image(f"t{number}", "1.00", "PV", f"{number:04}{long}", "E"))
        for number in range(1, 1300)
    ]
    with bench.crash_at(2, after=False):
        run(bench, *changes)
    committed = len(bench.items("ReduceTable"))

    run(bench, *changes)

    assert 0 < committed < len(bench.items("ReduceTable"))
    assert total(bench) == 1299


def test_the_function_needs_a_window(bench: Bench) -> None:
    """An event that names no shard fails with what to set, instead of guessing."""
    event = {"Records": [change(1, None, image("a", "1.00"))]}

    with pytest.raises(RuntimeError, match="TumblingWindowInSeconds"):
        bench.run("stateful.map", event)


def test_every_message_of_the_stateless_pipeline_counts(bench: Bench) -> None:
    """Without state every message counts, whatever its trade and version, but a cancelled one for nothing."""
    data = [message("a", "1.00"), message("a", "1.00"), message("a", "9.00", version=2, Cancelled=True), b"{"]

    bench.run("stateless.map", kinesis_event(data))

    assert leaves(bench) == {"PV:FXSpot:EMEA": Delta(Decimal(2), 2)}
    assert [row["MessageCount"] for row in bench.items("ReduceTable")] == [3]
    assert [row["RecordID"] for row in bench.items("QuarantineTable")] == ["map#shardId-000000000000#4"]


def test_the_stateless_map_counts_each_record_once(bench: Bench) -> None:
    """In the stateless pipeline the position of the Kinesis shard keeps re-deliveries out."""
    data = [message("a", "1.00") for _ in range(5)]

    bench.run("stateless.map", kinesis_event(data[:3]))
    bench.run("stateless.map", kinesis_event(data[1:], first=2))
    bench.run("stateless.map", kinesis_event(data, shard=1))

    assert total(bench) == 10
