"""AggregateTable as one consistent snapshot."""

from decimal import Decimal

import pytest

from workshop.clock import ManualClock
from workshop.errors import NotSettledError
from workshop.pipeline.aggregates import AggregateSnapshot, amounts, take_snapshot
from workshop.pipeline.latency import LatencyHistogram


def total(path: str, value: str, trades: str = "1") -> dict:
    return {"Identifier": {"S": path}, "Value": {"N": value}, "Trades": {"N": trades}}


def progress(revision: int, **more: str) -> dict:
    numbers = {"Revision": str(revision), "MessageCount": "3", "RowCount": "1", "UpdatedAt": "17.25"} | more
    return {"Identifier": {"S": "#progress"}} | {name: {"N": number} for name, number in numbers.items()}


class Committing:
    """A DynamoDB client between whose calls somebody else commits, right before some scans."""

    def __init__(self, client, commit, times: int) -> None:
        self._client = client
        self._commit = commit
        self._left = times

    def get_item(self, **arguments):
        """Read as usual."""
        return self._client.get_item(**arguments)

    def get_paginator(self, name: str):
        """Commit, then scan."""
        if self._left:
            self._left -= 1
            self._commit()
        return self._client.get_paginator(name)


def test_a_snapshot_holds_totals_and_bookkeeping(dynamodb, make_table) -> None:
    """Totals, trades, counts, revision and latencies are read; bookkeeping rows are no totals."""
    rows = [
        total("PV", "1.5"),
        total("Grand Total", "1.5"),
        progress(4, A007="2", A120="1", AgeSeconds="33.5"),
    ]
    name = make_table("aggregate", "Identifier", *rows)

    snapshot = take_snapshot(dynamodb, name)

    assert snapshot.totals == {"PV": Decimal("1.5"), "Grand Total": Decimal("1.5")}
    assert snapshot.trades == {"PV": 1, "Grand Total": 1}
    assert (snapshot.message_count, snapshot.row_count, snapshot.revision) == (3, 1, 4)
    assert snapshot.updated_at == Decimal("17.25")
    assert snapshot.latency == LatencyHistogram({7: 2, 120: 1}, 33.5)


def test_wider_buckets_of_older_functions_are_read_as_well(dynamodb, make_table) -> None:
    """A bucket of theirs ends where one of today does; their latencies were not summed."""
    rows = [progress(4, L040="2", A080="1", AgeSeconds="1.0")]

    snapshot = take_snapshot(dynamodb, make_table("aggregate", "Identifier", *rows))

    assert snapshot.latency == LatencyHistogram({80: 3})


def test_a_table_that_never_rests_is_reported(dynamodb, make_table) -> None:
    """After many reads with a commit in each the reader gives up and says so."""
    name = make_table("aggregate", "Identifier", progress(1))
    revision = iter(range(2, 1000))

    def commit() -> None:
        dynamodb.put_item(TableName=name, Item=progress(next(revision)))

    with pytest.raises(NotSettledError, match="changed during each of 7 reads"):
        take_snapshot(Committing(dynamodb, commit, times=99), name, clock=ManualClock(), attempts=7)


def test_without_revisions_two_equal_scans_are_a_snapshot(dynamodb, make_table) -> None:
    """A variant that keeps no revision is read until two scans in a row agree."""
    name = make_table("aggregate", "Identifier", total("PV", "1"), total("Grand Total", "1"))

    def commit() -> None:
        dynamodb.put_item(TableName=name, Item=total("PV", "2"))

    snapshot = take_snapshot(Committing(dynamodb, commit, times=2), name, clock=ManualClock())

    assert snapshot.totals["PV"] == 2
    assert snapshot.revision is None


def test_an_empty_table_is_an_empty_snapshot(dynamodb, make_table) -> None:
    """Before the first commit there are no totals, and that is no error."""
    assert take_snapshot(dynamodb, make_table("aggregate", "Identifier")) == AggregateSnapshot()


def test_paths_without_trades_are_left_out_and_the_grand_total_stays() -> None:
    """A place that its last trade has left is no part of the report; an unexplained amount stays visible."""
    snapshot = AggregateSnapshot(
        totals={
            path: Decimal(value) for path, value in [("PV", 0), ("Delta", 5), ("Grand Total", 0), ("A", 0)]
        },
        trades={"PV": 0, "Delta": 0, "Grand Total": 0, "A": 2},
    )

    assert set(snapshot.live_totals) == {"Delta", "A", "Grand Total"}


def test_amounts_are_decimal_strings_in_the_order_of_the_tree() -> None:
    """Parents come before their children, and the Grand Total last."""
    totals = {path: Decimal("1.5") for path in ("Grand Total", "PV:B", "PV-A", "PV", "Delta", "PV:B:C")}

    assert list(amounts(totals)) == ["Delta", "PV", "PV:B", "PV:B:C", "PV-A", "Grand Total"]
    assert set(amounts(totals).values()) == {"1.50"}
