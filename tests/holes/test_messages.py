"""H5 to H12 and H21: messages that are late, malformed, awkward, taken back, or in conflict."""

import json
from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from tests.lambdas.handler_bench import Bench, Crash, insert, kinesis_event, message, window_event

VARIANTS = pytest.mark.parametrize("variant", ["textbook", "ledger"])


def feed(bench: Bench, *batches: Sequence[bytes]) -> None:
    """Take batches of messages through the pipeline, one after the other."""
    first = 1
    for data in batches:
        bench.flow(*data, first=first)
        first += len(data)


def broken(values: dict[str, Decimal]) -> list[str]:
    """Return the parents that are not the sum of their children."""
    sums: dict[str, Decimal] = {}
    for path, value in values.items():
        if path != "Grand Total":
            parent = path.rpartition(":")[0] or "Grand Total"
            sums[parent] = sums.get(parent, Decimal(0)) + value
    return [parent for parent, total in sums.items() if values[parent] != total]


@VARIANTS
@pytest.mark.parametrize("timestamp", [1.0, 1_750_000_000.0, 4_000_000_000.0])
def test_h05_a_late_message_counts_like_any_other(bench: Bench, variant: str, timestamp: float) -> None:
    """Age decides nothing: a message that is years late, or comes from the future, is in the totals."""
    bench.variant = variant
    data = message("a", "5.00").replace(b"1750000000.25", str(timestamp).encode())

    bench.flow(data)

    assert bench.totals()["Grand Total"] == 5
    assert bench.reasons() == []


def test_h05_how_late_messages_were_is_counted(bench: Bench) -> None:
    """Every message has its age in the histogram; what came more than a month late is in the last bucket."""
    bench.flow(message("a", "5.00"), message("b", "1.00"))

    ages = {name: count for name, count in bench.progress().items() if name.startswith("L")}

    assert ages == {"L127": 2}


@VARIANTS
@pytest.mark.parametrize(
    "poison",
    [
        b'{"Value": NaN, "TradeID": "p", "Version": 1, "Timestamp": 1, "Hierarchy": {}}',
        message("p", "1.00").replace(b'"Version": 1', b'"Version": 1.5'),
        message("p", "1.00").replace(b'"TradeID"', b'"Trade"'),
        b"\xff\xfe",
        b"[" * 20_000,
    ],
    ids=["NaN", "half a version", "no id", "no text", "too deep"],
)
def test_h06_a_poison_record_is_set_aside_and_blocks_nothing(
    bench: Bench, variant: str, poison: bytes
) -> None:
    """A record that is no message stands in the quarantine with a reason, and its neighbours count."""
    bench.variant = variant

    bench.flow(message("a", "1.00"), poison, message("b", "2.00"))

    assert bench.totals()["Grand Total"] == 3
    [row] = bench.items("QuarantineTable")
    assert (row["Stage"], bool(row["Reason"])) == ("state", True)


@VARIANTS
def test_h06_a_row_that_nobody_can_add_is_set_aside(bench: Bench, variant: str) -> None:
    """What stands in ReduceTable and is no row goes to the quarantine, and Reduce goes on."""
    bench.variant = variant
    bad = insert("ReduceTable", 1, {"MessageHash": {"S": "x"}, "Deltas": {"S": json.dumps({"PV": 1})}})

    assert bench.run("stateful.reduce", window_event([bad])) == {"state": {}}

    assert [row["Stage"] for row in bench.items("QuarantineTable")] == ["reduce"]


@VARIANTS
@pytest.mark.parametrize("region", ["Côte d'Ivoire", 'the "Rest"', "a\\b", "{'x': 1}", "東京"])
def test_h07_a_name_may_hold_quotes(bench: Bench, variant: str, region: str) -> None:
    """Deltas travel as a map of DynamoDB and not as text that is patched, so a name is what it is."""
    bench.variant = variant

    bench.flow(message("a", "5.00", "PV", "FXSpot", region))

    [leaf] = [path for path in bench.totals() if path.count(":") == 2 or region in path]
    assert bench.totals()[leaf] == bench.totals()["Grand Total"] == 5
    assert bench.reasons() == []


@pytest.mark.parametrize(("variant", "exact"), [("textbook", False), ("ledger", True)])
def test_h08_251_totals_do_not_fit_into_one_transaction(bench: Bench, variant: str, exact: bool) -> None:
    """A tree of 5 by 7 by 6 is committed in parts; cut differently after a crash, only the ledger goes on."""
    bench.variant = variant
    sizes: list[int] = []

    def watch(operation: str, request: dict[str, Any]) -> None:
        if operation == "transact_write_items":
            sizes.append(len(request["TransactItems"]))

    places = [(f"R{r}", f"D{d}", f"G{g}") for r, d, g in product(range(5), range(7), range(6))]
    data = [message(":".join(place), "1.00", *place) for place in places]
    bench.run("stateful.state", kinesis_event(data))
    bench.run("stateful.map", window_event(bench.new_changes("StateTable")))
    bench.run("stateful.state", kinesis_event([message("one more", "1.00", *places[0])], first=300))
    bench.run("stateful.map", window_event(bench.new_changes("StateTable")))
    rows = bench.changes("ReduceTable")
    bench.crash_at(2, after=True)
    with pytest.raises(Crash):
        bench.run("stateful.reduce", window_event(rows[:1]))
    bench.heal()
    bench.faults.before_call = watch
    assert broken(bench.totals()) == []

    bench.run("stateful.reduce", window_event(rows))

    assert len(bench.totals()) == 5 + 5 * 7 + 5 * 7 * 6 + 1 == 251
    assert max(sizes) <= 100
    assert broken(bench.totals()) == []
    assert (bench.totals()["Grand Total"] == 211) is exact


@VARIANTS
def test_h09_no_name_meets_a_key_of_the_bookkeeping(bench: Bench, variant: str) -> None:
    """Counts and times are fields of their own, and names are escaped where they would be misread."""
    bench.variant = variant
    names = ["message_count", "#progress", "Grand Total", "PV:FXSpot", "100%"]

    bench.flow(*(message(name, "100.00", name, "FX", "EMEA") for name in names))

    totals = bench.totals()
    tops = {path for path in totals if ":" not in path and path != "Grand Total"}
    assert tops == {"message_count", "%23progress", "Grand%20Total", "PV%3AFXSpot", "100%25"}
    assert {totals[path] for path in tops} == {100}
    assert totals["Grand Total"] == 500
    assert bench.progress()["MessageCount"] == 5


@VARIANTS
def test_h10_a_deleted_trade_is_subtracted(bench: Bench, variant: str) -> None:
    """An item that is deleted from StateTable leaves the totals; so does a trade that is cancelled."""
    bench.variant = variant
    feed(bench, [message("a", "1.00"), message("b", "2.00"), message("c", "4.00")])

    bench.client.delete_item(TableName="StateTable", Key={"TradeID": {"S": "a"}})
    feed_again = message("b", "2.00", version=2, Cancelled=True)
    bench.flow(feed_again, first=4)

    assert bench.totals()["Grand Total"] == 4
    assert bench.trades()["Grand Total"] == 1


@VARIANTS
def test_h10_a_row_that_expires_is_not_subtracted(bench: Bench, variant: str) -> None:
    """A row of ReduceTable is a change and no state: when its time to live ends, what it added stays."""
    bench.variant = variant
    bench.flow(message("a", "1.00"))
    [row] = bench.items("ReduceTable")
    bench.client.delete_item(TableName="ReduceTable", Key={"MessageHash": {"S": row["MessageHash"]}})

    bench.run("stateful.reduce", window_event(bench.new_changes("ReduceTable")))

    assert bench.totals()["Grand Total"] == 1


@pytest.mark.parametrize(("variant", "reported"), [("textbook", 0), ("ledger", 1)])
@pytest.mark.parametrize("together", [True, False])
def test_h11_an_equal_version_with_other_content_is_a_conflict(
    bench: Bench, variant: str, reported: int, together: bool
) -> None:
    """The first content of a version stands; the ledger's State says that there was another one."""
    bench.variant = variant
    data = [message("a", "1.00"), message("a", "9.00")]

    feed(bench, *([data] if together else [data[:1], data[1:]]))

    assert bench.totals()["Grand Total"] == 1
    assert len(bench.reasons()) == reported
    assert all("stored with other content" in reason for reason in bench.reasons())


@VARIANTS
def test_h12_amounts_never_become_floats(bench: Bench, variant: str) -> None:
    """Ten times ten cents is a euro, and what cancels leaves nothing behind."""
    bench.variant = variant
    tens = [message(f"t{number}", "0.10") for number in range(10)]
    assert 0.1 + 0.2 != 0.3

    feed(bench, tens, [message("large", "9999999999.99", version=1), message("small", "-0.01")])
    feed_back = message("large", "0.00", version=2)
    bench.flow(feed_back, first=20)

    assert bench.totals()["Grand Total"] == Decimal("0.99")


@VARIANTS
def test_h12_amounts_are_numbers_from_the_first_table_to_the_last(bench: Bench, variant: str) -> None:
    """Each table keeps an amount digit for digit as the message said it."""
    bench.variant = variant

    bench.flow(message("a", "34624.50"))

    [trade], [row] = bench.items("StateTable"), bench.items("ReduceTable")
    assert {trade["Value"], *row["Deltas"].values(), *bench.totals().values()} == {Decimal("34624.5")}


@VARIANTS
@pytest.mark.parametrize(("order", "records"), [((1, 2), 2), ((2, 1), 1)])
def test_h21_trades_are_counted_apart_from_records(
    bench: Bench, variant: str, order: tuple[int, int], records: int
) -> None:
    """How many records were summed depends on the order of arrival; how many trades there are does not."""
    bench.variant = variant

    feed(bench, *([message("a", f"{version}.00", version=version)] for version in order))

    assert bench.progress()["MessageCount"] == records
    assert bench.trades() == {"PV": 1, "PV:FXSpot": 1, "PV:FXSpot:EMEA": 1, "Grand Total": 1}
    assert bench.totals()["Grand Total"] == 2
