"""Records of many messages through both pipelines: everything counts once, however they are cut or fail."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.lambdas.handler_bench import (
    DELIVERIES,
    Bench,
    Delivery,
    deliver,
    fresh_bench,
    kinesis_event,
    message,
    window_event,
)

BAD = (b"no JSON", b"[1, 2]", message("x", "1.001"))
TRADES = st.tuples(st.sampled_from("abc"), st.integers(1, 4), st.sampled_from(["1.00", "2.50"]))
PACKED = st.lists(st.lists(TRADES | st.sampled_from(BAD), min_size=1, max_size=5), min_size=1, max_size=6)


def packed(messages: Sequence[Any]) -> bytes:
    """Return a record of these messages; a tuple is a trade, a version and a value."""
    return b"\r\n".join(
        each if isinstance(each, bytes) else message(each[0], each[2], version=each[1]) for each in messages
    )


def trades_in(records: Sequence[Sequence[Any]]) -> list[tuple[str, int, str]]:
    return [each for record in records for each in record if isinstance(each, tuple)]


def deliver_packed(bench: Bench, function: str, data: list[bytes], plan: list[Delivery]) -> None:
    def event(start: int, end: int) -> Any:
        return kinesis_event(data[start:end], first=start + 1)

    deliver(bench, function, len(data), event=event, plan=plan)


def bad_in(record: Sequence[Any]) -> int:
    """Return how often a record is set aside: where no line looks like a message, once as a whole."""
    is_packed = any(isinstance(each, tuple) or each.startswith(b"{") for each in record)
    return sum(isinstance(each, bytes) for each in record) if is_packed else 1


@given(PACKED, DELIVERIES)
@settings(max_examples=12)
def test_stateless_counts_every_message_once(records: list[list[Any]], plan: list[Delivery]) -> None:
    """Each good message of each record counts once, each bad one is set aside once, with any re-delivery."""
    data = [packed(record) for record in records]
    with fresh_bench() as bench:
        deliver_packed(bench, "stateless.map", data, plan)
        bench.run("stateless.reduce", window_event(bench.new_changes("ReduceTable")))

        trades = trades_in(records)
        assert bench.totals().get("Grand Total", 0) == sum(Decimal(value) for *_, value in trades)
        assert bench.trades().get("Grand Total", 0) == len(trades)
        assert bench.progress().get("MessageCount", 0) == len(trades)
        assert len(bench.reasons()) == sum(map(bad_in, records))


@given(PACKED, DELIVERIES)
@settings(max_examples=12)
def test_stateful_keeps_the_newest_versions(records: list[list[Any]], plan: list[Delivery]) -> None:
    """StateTable ends with the first content of the newest version of each trade, and the totals with it."""
    data = [packed(record) for record in records]
    with fresh_bench() as bench:
        deliver_packed(bench, "stateful.state", data, plan)
        bench.flow()

        newest: dict[str, tuple[int, str]] = {}
        for trade, version, value in trades_in(records):
            if version > newest.get(trade, (0, ""))[0]:
                newest[trade] = version, value
        stored = {row["TradeID"]: (row["Version"], str(row["Value"])) for row in bench.items("StateTable")}
        assert {trade: (version, Decimal(value)) for trade, (version, value) in newest.items()} == {
            trade: (version, Decimal(value)) for trade, (version, value) in stored.items()
        }
        assert bench.totals().get("Grand Total", 0) == sum(Decimal(value) for _, value in newest.values())


@pytest.mark.parametrize("variant", ["textbook", "ledger"])
@pytest.mark.parametrize("stage", ["stateful.state", "stateless.map"])
def test_bad_messages_are_set_aside_one_by_one(variant: str, stage: str) -> None:
    """Each bad message is filed under its record and its number there; its neighbours count."""
    with fresh_bench(variant) as bench:
        data = [packed([("a", 1, "1.00"), BAD[0], ("b", 1, "1.00"), BAD[1]]), message("c", "1.00"), BAD[0]]
        for _ in range(2):
            bench.run(stage, kinesis_event(data, first=5))

        names = sorted(row["RecordID"].partition("#")[2] for row in bench.items("QuarantineTable"))
        shard = "shardId-000000000000"
        assert names == [f"{shard}#5#2", f"{shard}#5#4", f"{shard}#7"]
        table = "StateTable" if stage == "stateful.state" else "ReduceTable"
        assert len(bench.items(table)) == (3 if table == "StateTable" else 1)


def test_a_partial_answer_names_the_record(bench: Bench) -> None:
    """If DynamoDB is busy in the middle of a record, the whole record comes again, to no second effect."""
    data = [message("a", "1.00"), packed([("b", 1, "1.00"), ("c", 1, "1.00"), ("d", 1, "1.00")])]
    bench.refuse("c", code="ThrottlingError")

    answer = bench.run("stateful.state", kinesis_event(data))
    bench.heal()

    assert answer == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert {row["TradeID"] for row in bench.items("StateTable")} == {"a", "b", "d"}
    assert bench.run("stateful.state", kinesis_event(data[1:], first=2)) == {"batchItemFailures": []}
    assert len(bench.new_changes("StateTable")) == 4


@pytest.mark.parametrize("variant", ["textbook"])
def test_a_textbook_batch_of_packed_records_counts_once(bench: Bench) -> None:
    """The hash of the batch is over its records, so that the same packed batch is recognised as well."""
    event = kinesis_event([packed([("a", 1, "1.00"), ("a", 1, "1.00")]), message("a", "1.00")])

    for _ in range(2):
        bench.run("stateless.map", event)
    bench.run("stateless.reduce", window_event(bench.new_changes("ReduceTable")))

    assert bench.totals()["Grand Total"] == 3


def test_a_record_of_two_megabytes_counts_once(bench: Bench) -> None:
    """A record whose leaves do not fit into one transaction survives a crash between its steps."""
    names = [f"{number:04}" + "x" * 1990 for number in range(1, 1_001)]
    data = b"\n".join(message(name[:4], "1.00", name, "D", "R") for name in names)
    assert len(data) > 2_000_000
    event = kinesis_event([message("a", "1.00", "PV", "D", "R"), data])

    with bench.crash_at(2, after=True):
        bench.run("stateless.map", event)
    bench.run("stateless.map", event)
    bench.run("stateless.map", event)

    rows = bench.items("ReduceTable")
    assert sum(row["MessageCount"] for row in rows) == 1_001
    assert sum(sum(row["Trades"].values()) for row in rows) == 1_001
    assert len({leaf for row in rows for leaf in row["Trades"]}) == 1_001
