"""MapLambda with the ledger, in both pipelines: each record of a shard reaches ReduceTable exactly once."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from common.items import item_of_trade
from common.storage import BusyError
from common.trades import decode_trade

from tests.lambdas.handler_bench import LEVELS, Bench, Crash, insert, kinesis_event, message, window_event


def image(trade_id: str, value: str, *names: str, **more: Any) -> dict[str, Any]:
    """Return the item that State would keep for this message."""
    return item_of_trade(decode_trade(message(trade_id, value, *names, **more), LEVELS))


def change(number: int, old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """Return a record of StateTable's stream."""
    record = insert("StateTable", number, new or {})
    record["eventName"] = "MODIFY" if old and new else "INSERT" if new else "REMOVE"
    images = {"OldImage": old, "NewImage": new}
    record["dynamodb"] |= images
    record["dynamodb"] = {name: value for name, value in record["dynamodb"].items() if value is not None}
    return record


def run(bench: Bench, *changes: dict[str, Any]) -> Any:
    return bench.run("stateful.map", window_event(changes))


def sums(bench: Bench) -> dict[str, Decimal]:
    """Return the sum over all rows of ReduceTable by path."""
    total: dict[str, Decimal] = {}
    for row in bench.items("ReduceTable"):
        for path, delta in row["Deltas"].items():
            total[path] = total.get(path, Decimal(0)) + delta
    return total


def leaves(bench: Bench) -> dict[str, tuple[Decimal, int]]:
    """Return the sum over all rows of ReduceTable by leaf: amount and number of trades."""
    trades: dict[str, int] = {}
    for row in bench.items("ReduceTable"):
        for leaf, count in row["Trades"].items():
            trades[leaf] = trades.get(leaf, 0) + int(count)
    return {leaf: (sums(bench)[leaf], count) for leaf, count in trades.items()}


def test_a_batch_of_changes_becomes_one_row(bench: Bench) -> None:
    """What a batch does to the totals is summed along the hierarchy into one row."""
    changes = [change(1, None, image("a", "100", "Delta", "FXSpot", "EMEA"))]
    changes += [change(2, None, image("b", "20", "Delta", "FXSpot", "AMER"))]

    assert run(bench, *changes) == {"state": {}}

    [row] = bench.items("ReduceTable")
    assert row["Deltas"] == {
        "Delta": 120,
        "Delta:FXSpot": 120,
        "Delta:FXSpot:EMEA": 100,
        "Delta:FXSpot:AMER": 20,
    }
    assert row["MessageCount"] == 2


@pytest.mark.parametrize("variant", ["ledger", "textbook"])
@pytest.mark.parametrize("pipeline", ["stateful", "stateless"])
def test_a_row_says_which_records_it_sums(bench: Bench, variant: str, pipeline: str) -> None:
    """A row carries the shard, and the first and last sequence number of its batch, bad records included."""
    bench.variant = variant
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

    rows = sorted(bench.items("ReduceTable"), key=lambda row: int(row["FirstSequenceNumber"]))
    assert [(int(row["FirstSequenceNumber"]), int(row["LastSequenceNumber"])) for row in rows] == [
        (1, 2),
        (3, 4),
    ]


def test_modifications_move_trades_between_groups(bench: Bench) -> None:
    """A change is its new image minus its old one, also when the trade changes its group."""
    first, second = image("a", "5.25"), image("a", "7.00", "PV", "FXSpot", "APAC", version=2)

    run(bench, change(1, None, first), change(2, first, second))

    assert leaves(bench) == {"PV:FXSpot:EMEA": (Decimal(0), 0), "PV:FXSpot:APAC": (Decimal(7), 1)}


def test_a_deleted_item_is_subtracted(bench: Bench) -> None:
    """An item that is deleted from StateTable leaves the totals."""
    run(bench, change(1, None, image("a", "5.25")))

    run(bench, change(2, image("a", "5.25"), None))

    assert leaves(bench) == {"PV:FXSpot:EMEA": (Decimal(0), 0)}


def test_a_cancelled_trade_is_subtracted_once(bench: Bench) -> None:
    """A tombstone takes the trade out of the totals; deleting the tombstone changes nothing more."""
    live = image("a", "5.25")
    tombstone = image("a", "5.25", version=2, Cancelled=True)

    run(bench, change(1, None, live), change(2, live, tombstone), change(3, tombstone, None))

    assert leaves(bench) == {"PV:FXSpot:EMEA": (Decimal(0), 0)}


def test_an_item_that_is_no_trade_counts_for_nothing(bench: Bench) -> None:
    """Items that are no valid trades are neither added nor subtracted, and are set aside when they appear."""
    good, bad = image("a", "5.25"), {"TradeID": {"S": "a"}, "Value": {"N": "1.005"}}

    run(bench, change(1, None, good), change(2, good, bad), change(3, bad, good), change(4, None, bad))

    assert leaves(bench) == {"PV:FXSpot:EMEA": (Decimal("5.25"), 1)}
    ids = sorted(row["RecordID"] for row in bench.items("QuarantineTable"))
    assert ids == [f"map#shard-1#{number:021}" for number in (2, 4)]


def test_bad_records_alone_move_the_position(bench: Bench) -> None:
    """A batch of nothing but bad records writes no row, and the shard goes on behind it."""
    bad = {"TradeID": {"S": "a"}}

    run(bench, change(1, None, bad))
    run(bench, change(1, None, bad), change(2, None, image("b", "1.00")))

    assert sums(bench)["PV"] == 1
    assert len(bench.reasons()) == 1


def test_the_last_event_of_a_window_may_be_empty(bench: Bench) -> None:
    """An event without records is answered with the state, and touches no table."""
    assert bench.run("stateful.map", window_event([])) == {"state": {}}

    assert bench.items("LedgerTable") == []


@pytest.mark.parametrize(
    "cuts", [[0, 4], [0, 1, 2, 3, 4], [0, 3, 1, 4], [0, 2, 0, 3, 0, 4], [0, 4, 0, 4, 2, 4]]
)
def test_records_count_once_however_they_are_cut(bench: Bench, cuts: Sequence[int]) -> None:
    """Batches that overlap, repeat or are cut anew have no further effect."""
    changes = [change(number, None, image(f"t{number}", "1.00")) for number in range(1, 5)]

    for start, end in pairwise(cuts):
        run(bench, *changes[min(start, end) : max(start, end)])

    assert leaves(bench) == {"PV:FXSpot:EMEA": (Decimal(4), 4)}


def test_a_record_twice_in_one_batch_counts_once(bench: Bench) -> None:
    """A batch that holds a record twice, or out of order, has the effect of each record once."""
    changes = [change(number, None, image(f"t{number}", "1.00")) for number in (2, 1, 2)]

    run(bench, *changes)

    assert leaves(bench) == {"PV:FXSpot:EMEA": (Decimal(2), 2)}


@pytest.mark.parametrize("after", [False, True])
def test_a_crash_around_the_commit_loses_and_doubles_nothing(bench: Bench, after: bool) -> None:
    """If the invocation ends right before or right after its commit, the repetition completes it once."""
    bench.crash_at(1, after=after)
    with pytest.raises(Crash):
        run(bench, change(1, None, image("a", "5.25")))
    bench.heal()

    run(bench, change(1, None, image("a", "5.25")), change(2, None, image("b", "1.00")))

    assert leaves(bench) == {"PV:FXSpot:EMEA": (Decimal("6.25"), 2)}


def test_shards_have_positions_of_their_own(bench: Bench) -> None:
    """The same sequence number in another shard, or from another table, is another record."""
    record = change(7, None, image("a", "1.00"))
    elsewhere = dict(record, eventSourceARN="arn:aws:dynamodb:::table/other/stream/1")

    for event in (window_event([record]), window_event([record], shard="shard-2"), window_event([elsewhere])):
        bench.run("stateful.map", event)

    assert sums(bench)["PV"] == 3


def test_two_invocations_on_one_shard_share_the_work(bench: Bench) -> None:
    """If another invocation moves the position first, only what it left is applied."""
    changes = [change(number, None, image(f"t{number}", "1.00")) for number in range(1, 5)]

    def interfere(operation: str, _request: dict[str, Any]) -> None:
        if operation == "transact_write_items":
            bench.heal()
            run(bench, *changes[:3])

    bench.faults.before_call = interfere

    run(bench, *changes)

    assert leaves(bench) == {"PV:FXSpot:EMEA": (Decimal(4), 4)}
    assert sorted(row["MessageCount"] for row in bench.items("ReduceTable")) == [1, 3]


def test_a_conflict_with_another_transaction_is_repeated(bench: Bench) -> None:
    """A transaction that meets another one raises, so that the batch comes again."""
    cancelled = {
        "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
        "CancellationReasons": [{"Code": "TransactionConflict"}, {"Code": "None"}],
    }

    def conflict(operation: str, _request: dict[str, Any]) -> None:
        if operation == "transact_write_items":
            raise ClientError(cancelled, "TransactWriteItems")

    bench.faults.before_call = conflict

    with pytest.raises(BusyError):
        run(bench, change(1, None, image("a", "1.00")))


def test_a_refused_transaction_is_never_taken_for_done(bench: Bench) -> None:
    """A transaction that is cancelled for another reason than the position raises as it is."""
    bench.client.delete_table(TableName="ReduceTable")

    with pytest.raises(ClientError):
        run(bench, change(1, None, image("a", "1.00")))


def test_a_batch_that_is_too_large_is_committed_in_parts(bench: Bench) -> None:
    """A batch over the limits of a transaction becomes several commits, each of which moves the position."""
    long = "x" * 1900
    changes = [
        change(number, None, image(f"t{number}", "1.00", "PV", f"{number:04}{long}", "E"))
        for number in range(1, 1300)
    ]
    bench.crash_at(2, after=False)
    with pytest.raises(Crash):
        run(bench, *changes)
    bench.heal()
    committed = len(bench.items("ReduceTable"))

    run(bench, *changes)

    assert 0 < committed < len(bench.items("ReduceTable"))
    assert sums(bench)["PV"] == 1299


def test_the_function_needs_a_window(bench: Bench) -> None:
    """An event that names no shard fails with what to set, instead of guessing."""
    event = {"Records": [change(1, None, image("a", "1.00"))]}

    with pytest.raises(RuntimeError, match="TumblingWindowInSeconds"):
        bench.run("stateful.map", event)


def test_every_message_of_the_stateless_pipeline_counts(bench: Bench) -> None:
    """Without state every message counts, whatever its trade and version, but a cancelled one for nothing."""
    data = [message("a", "1.00"), message("a", "1.00"), message("a", "9.00", version=2, Cancelled=True), b"{"]

    bench.run("stateless.map", kinesis_event(data))

    assert leaves(bench) == {"PV:FXSpot:EMEA": (Decimal(2), 2)}
    assert [row["MessageCount"] for row in bench.items("ReduceTable")] == [3]
    assert [row["RecordID"] for row in bench.items("QuarantineTable")] == ["map#shardId-000000000000#4"]


def test_the_stateless_map_counts_each_record_once(bench: Bench) -> None:
    """In the stateless pipeline the position of the Kinesis shard keeps re-deliveries out."""
    data = [message("a", "1.00") for _ in range(5)]

    bench.run("stateless.map", kinesis_event(data[:3]))
    bench.run("stateless.map", kinesis_event(data[1:], first=2))
    bench.run("stateless.map", kinesis_event(data, shard=1))

    assert sums(bench)["PV"] == 10
