"""H5 to H12 and H21: messages that are late, malformed, awkward, taken back, or in conflict."""

import json
from collections.abc import Sequence
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from tests.lambdas.handler_bench import Bench, insert, kinesis_event, message, window_event

NAMES = [
    "Côte d'Ivoire",
    'the "Rest"',
    "a\\b",
    "{'x': 1}",
    "東京",
    "😀",
    "a:b",
    "%3A",
    "#1",
    "Grand Total",
    "Trades",
    "\n",
]
VARIANTS = pytest.mark.parametrize("variant", ["textbook", "ledger"])


def feed(bench: Bench, *batches: Sequence[bytes]) -> None:
    """Take batches of messages through the pipeline, one after the other."""
    first = 1
    for data in batches:
        bench.flow(*data, first=first)
        first += len(data)


@VARIANTS
@pytest.mark.parametrize("timestamp", [1.0, 1_750_000_000.0, 4_000_000_000.0])
def test_h05_a_late_message_counts_like_any_other(bench: Bench, timestamp: float) -> None:
    """Age decides nothing: a message that is years late, or comes from the future, is in the totals."""
    bench.flow(message("a", "5.00", Timestamp=timestamp))

    assert bench.totals()["Grand Total"] == 5
    assert bench.reasons() == []


def test_h05_how_late_messages_were_is_counted(bench: Bench) -> None:
    """Every message has its age in the histogram; what came more than a month late is in the last bucket."""
    bench.flow(message("a", "5.00"), message("b", "1.00"))

    ages = {name: count for name, count in bench.progress().items() if name[1:].isdecimal()}

    assert ages == {"A255": 2}


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
def test_h06_a_poison_record_is_set_aside_and_blocks_nothing(bench: Bench, poison: bytes) -> None:
    """A record that is no message stands in the quarantine with a reason, and its neighbours count."""
    bench.flow(message("a", "1.00"), poison, message("b", "2.00"))

    assert bench.totals()["Grand Total"] == 3
    [row] = bench.items("QuarantineTable")
    assert (row["Stage"], bool(row["Reason"])) == ("state", True)


@VARIANTS
def test_h06_a_row_that_nobody_can_add_is_set_aside(bench: Bench) -> None:
    """What stands in ReduceTable and is no row goes to the quarantine, and Reduce goes on."""
    bad = insert("ReduceTable", 1, {"MessageHash": {"S": "x"}, "Deltas": {"S": json.dumps({"PV": 1})}})

    assert bench.run("stateful.reduce", window_event([bad])) == {"state": {}}

    assert [row["Stage"] for row in bench.items("QuarantineTable")] == ["reduce"]


@VARIANTS
@pytest.mark.parametrize("region", NAMES)
def test_h07_a_name_may_hold_quotes(bench: Bench, region: str) -> None:
    """Deltas travel as a map of DynamoDB and not as text that is patched, so a name is what it is."""
    bench.flow(message("a", "5.00", "PV", "FXSpot", region))

    [leaf] = [path for path in bench.totals() if path.count(":") == 2]
    assert bench.totals()[leaf] == bench.totals()["Grand Total"] == 5
    assert bench.reasons() == []


@pytest.mark.parametrize(("variant", "exact"), [("textbook", False), ("ledger", True)])
def test_h08_251_totals_do_not_fit_into_one_transaction(bench: Bench, exact: bool) -> None:
    """A tree of 5 by 7 by 6 is committed in parts; cut differently after a crash, only the ledger goes on."""
    requests: list[dict[str, Any]] = []
    places = [(f"R{r}", f"D{d}", f"G{g}") for r, d, g in product(range(5), range(7), range(6))]
    data = [message(":".join(place), "1.00", *place) for place in places]
    bench.run("stateful.state", kinesis_event(data))
    bench.run("stateful.map", window_event(bench.new_changes("StateTable")))
    bench.run("stateful.state", kinesis_event([message("one more", "1.00", *places[0])], first=300))
    bench.run("stateful.map", window_event(bench.new_changes("StateTable")))
    rows = bench.changes("ReduceTable")
    with bench.crash_at(2, after=True):
        bench.run("stateful.reduce", window_event(rows[:1]))
    bench.before_transactions(requests.append)
    bench.check_tree()

    bench.run("stateful.reduce", window_event(rows))

    assert len(bench.totals()) == 5 + 5 * 7 + 5 * 7 * 6 + 1 == 251
    assert max(len(request["TransactItems"]) for request in requests) <= 100
    bench.check_tree()
    assert (bench.totals()["Grand Total"] == 211) is exact


@VARIANTS
def test_h09_no_name_meets_a_key_of_the_bookkeeping(bench: Bench) -> None:
    """Counts and times are fields of their own, and names are escaped where they would be misread."""
    names = ["message_count", "#progress", "Grand Total", "PV:FXSpot", "100%"]

    bench.flow(*(message(name, "100.00", name, "FX", "EMEA") for name in names))

    totals = bench.totals()
    tops = {path for path in totals if ":" not in path and path != "Grand Total"}
    assert tops == {"message_count", "%23progress", "Grand%20Total", "PV%3AFXSpot", "100%25"}
    assert {totals[path] for path in tops} == {100}
    assert totals["Grand Total"] == 500
    assert bench.progress()["MessageCount"] == 5


@VARIANTS
def test_h10_a_deleted_trade_is_subtracted(bench: Bench) -> None:
    """An item that is deleted from StateTable leaves the totals; so does a trade that is cancelled."""
    feed(bench, [message("a", "1.00"), message("b", "2.00"), message("c", "4.00")])

    bench.client.delete_item(TableName="StateTable", Key={"TradeID": {"S": "a"}})
    bench.flow(message("b", "2.00", version=2, Cancelled=True), first=4)

    assert bench.totals()["Grand Total"] == 4
    assert bench.trades()["Grand Total"] == 1


@VARIANTS
def test_h10_a_row_that_expires_is_not_subtracted(bench: Bench) -> None:
    """A row of ReduceTable is a change and no state: when its time to live ends, what it added stays."""
    bench.flow(message("a", "1.00"))
    [row] = bench.items("ReduceTable")
    bench.client.delete_item(TableName="ReduceTable", Key={"MessageHash": {"S": row["MessageHash"]}})

    bench.run("stateful.reduce", window_event(bench.new_changes("ReduceTable")))

    assert bench.totals()["Grand Total"] == bench.progress()["RowCount"] == 1


@pytest.mark.parametrize(("variant", "reported"), [("textbook", 0), ("ledger", 1)])
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("without_version", [False, True])
def test_h11_an_equal_version_with_other_content_is_a_conflict(
    bench: Bench, reported: int, together: bool, without_version: bool
) -> None:
    """The first content of a version, or of none, stands; the ledger's State reports the other one."""
    data = [message("a", "1.00"), message("a", "9.00")]
    if without_version:
        data = [each.replace(b'"Version": 1, ', b"") for each in data]

    feed(bench, *([data] if together else [data[:1], data[1:]]))

    assert bench.totals()["Grand Total"] == 1
    assert len(bench.reasons()) == reported
    assert all("stored with other content" in reason for reason in bench.reasons())


@VARIANTS
def test_h12_amounts_never_become_floats(bench: Bench) -> None:
    """Ten times ten cents is a euro, and what cancels leaves nothing behind."""
    tens = [message(f"t{number}", "0.10") for number in range(10)]
    assert 0.1 + 0.2 != 0.3

    feed(bench, tens, [message("large", "9999999999.99", version=1), message("small", "-0.01")])
    bench.flow(message("large", "0.00", version=2), first=20)

    assert bench.totals()["Grand Total"] == Decimal("0.99")


@VARIANTS
def test_h12_amounts_are_numbers_from_the_first_table_to_the_last(bench: Bench) -> None:
    """Each table keeps an amount digit for digit as the message said it."""
    bench.flow(message("a", "34624.50"))

    [trade], [row] = bench.items("StateTable"), bench.items("ReduceTable")
    assert {trade["Value"], *row["Deltas"].values(), *bench.totals().values()} == {Decimal("34624.5")}


@VARIANTS
@pytest.mark.parametrize(("order", "records"), [((1, 2), 2), ((2, 1), 1)])
def test_h21_trades_are_counted_apart_from_records(
    bench: Bench, order: tuple[int, int], records: int
) -> None:
    """How many records were summed depends on the order of arrival; how many trades there are does not."""
    feed(bench, *([message("a", f"{version}.00", version=version)] for version in order))

    assert bench.progress()["MessageCount"] == records
    assert bench.trades() == {"PV": 1, "PV:FXSpot": 1, "PV:FXSpot:EMEA": 1, "Grand Total": 1}
    assert bench.totals()["Grand Total"] == 2
