"""Rows of ReduceTable: what Map writes, what Reduce reads, and what it refuses."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from common.aggregation import Change, Delta, Summary, add_up, summarise
from common.records import RecordRange
from common.rows import DeltaRow, item_of_row, row_in_image, rows_of
from common.trades import MalformedRecordError
from hypothesis import given
from hypothesis import strategies as st

NOW = Decimal("1750000010.5")
SUMMARY = summarise(
    [
        Change((("Delta:FXSpot:EMEA", Delta(Decimal("100.00"), 1)),), Decimal(1_750_000_000)),
        Change((("Delta:FXSpot:AMER", Delta(Decimal("20.00"), 1)),), Decimal(1_750_000_001)),
    ],
    now=NOW,
    source=RecordRange("shardId-000000000001", "4954", "4960"),
)
[ROW] = rows_of(SUMMARY, key="hash", now=NOW)
ITEM = item_of_row(ROW)
WIDE = Summary(
    {f"PV:{'desk' * 40}-{number}:EMEA": Delta(Decimal(number), 1) for number in range(3000)},
    3000,
    None,
    None,
    {40: 3000},
    RecordRange("shard-1", "7", "3006"),
)
PARTS = rows_of(WIDE, key="hash", now=NOW)


def with_entry(attribute: str, path: str, number: str) -> dict[str, Any]:
    """Return one of the row's maps with another number at this path."""
    return {"M": ITEM[attribute]["M"] | {path: {"N": number}}}


def stored(row: DeltaRow) -> DeltaRow:
    """Return what Reduce finds in the item of a row; its first time and its source are not read back."""
    return row_in_image(item_of_row(row))


def bytes_of(item: dict[str, Any]) -> int:
    """Return the size of a row's item as DynamoDB counts it, to within a few bytes."""
    maps = [*item["Deltas"]["M"].items(), *item["Trades"]["M"].items()]
    return sum(len(path.encode()) + len(value["N"]) // 2 + 3 for path, value in maps) + 5000


def test_a_row_shows_every_path_and_the_trades_of_each_leaf() -> None:
    """A row holds the delta of each path but the root, and its counts and times in fields of their own."""
    assert ITEM == {
        "MessageHash": {"S": "hash"},
        "Deltas": {
            "M": {
                "Delta": {"N": "120.00"},
                "Delta:FXSpot": {"N": "120.00"},
                "Delta:FXSpot:AMER": {"N": "20.00"},
                "Delta:FXSpot:EMEA": {"N": "100.00"},
            }
        },
        "Trades": {"M": {"Delta:FXSpot:AMER": {"N": "1"}, "Delta:FXSpot:EMEA": {"N": "1"}}},
        "MessageCount": {"N": "2"},
        "FirstTimestamp": {"N": "1750000000"},
        "MeanTimestamp": {"N": "1750000000.500000"},
        "MappedAt": {"N": "1750000010.5"},
        "Latency": {"M": {"A106": {"N": "1"}, "A107": {"N": "1"}}},
        "TimeToLive": {"N": "1750604810"},
        "ShardId": {"S": "shardId-000000000001"},
        "FirstSequenceNumber": {"S": "4954"},
        "LastSequenceNumber": {"S": "4960"},
    }


def test_reduce_reads_what_map_wrote() -> None:
    """The row that Reduce finds in the table's stream is the one that Map summed."""
    assert stored(ROW) == replace(ROW, first_timestamp=None, source=None)


def test_a_row_from_before_an_upgrade_keeps_its_latency() -> None:
    """Older rows count in buckets twice as wide, under bare numbers: what was 40 is 80 today."""
    old = {**ITEM, "Latency": {"M": {"40": {"N": "2"}}}}

    assert row_in_image(old).ages == {80: 2}


def test_nothing_gives_no_row() -> None:
    """A batch without a single usable record writes no row."""
    assert rows_of(summarise([], now=NOW), key="hash", now=NOW) == []


def test_a_row_over_300_kb_is_cut_by_leaves() -> None:
    """A summary that is too large for one item becomes several rows, each of which fits and sums up."""
    assert len(PARTS) > 3
    assert all(bytes_of(item_of_row(row)) < 300_000 for row in PARTS)
    assert len({row.key for row in PARTS}) == len(PARTS)
    assert add_up(item for row in PARTS for item in stored(row).leaves.items()) == WIDE.leaves


def test_messages_of_a_cut_row_are_counted_once() -> None:
    """The first of the rows counts all messages and their ages, and the others none."""
    assert [row.message_count for row in PARTS] == [3000, *[0] * (len(PARTS) - 1)]
    assert [sum(row.ages.values()) for row in PARTS] == [3000, *[0] * (len(PARTS) - 1)]


def test_the_parts_of_a_cut_row_say_where_they_come_from() -> None:
    """All parts carry the whole range of sequence numbers, and which part of how many they are."""
    items = [item_of_row(row) for row in PARTS]

    common = {"PartCount": {"N": str(len(items))}, "ShardId": {"S": "shard-1"}}
    common |= {"FirstSequenceNumber": {"S": "7"}, "LastSequenceNumber": {"S": "3006"}}
    assert [item["PartNumber"] for item in items] == [{"N": str(part + 1)} for part in range(len(items))]
    assert all(item.items() >= common.items() for item in items)


def test_a_row_whose_shard_is_unknown_names_its_records_alone() -> None:
    """Where a DynamoDB stream does not name the shard, the range is there all the same."""
    item = item_of_row(replace(ROW, source=RecordRange(None, "4954", "4960")))

    assert "ShardId" not in item
    assert (item["FirstSequenceNumber"], item["LastSequenceNumber"]) == ({"S": "4954"}, {"S": "4960"})


def test_the_widest_row_of_one_record_fits() -> None:
    """One leaf at the deepest level with the longest names still fits into an item of 400 KB."""
    leaf = "x" * (2048 - 2 * 89) + ":y" * 89

    [row] = rows_of(Summary({leaf: Delta(Decimal(1), 1)}, 1, None, None, {}), key="hash", now=NOW)

    assert bytes_of(item_of_row(row)) < 300_000
    assert stored(row).leaves == row.leaves


@given(
    st.dictionaries(st.text(min_size=1, max_size=3).filter(lambda name: name[0] not in "#:%"), st.integers())
)
def test_any_names_survive_a_row(values: dict[str, int]) -> None:
    """Leaves of any names, with any number of trades, are read back as they were written."""
    leaves = {
        f"PV:{name.replace(':', '%3A')}": Delta(Decimal(value % 10**20).scaleb(-2), value % 7)
        for name, value in values.items()
    }

    for row in rows_of(Summary(leaves, len(leaves), None, None, {}), key="hash", now=NOW):
        assert stored(row).leaves == leaves


@pytest.mark.parametrize(
    ("attribute", "value", "reason"),
    [
        ("Deltas", None, "`Deltas` is missing or is not a map of numbers"),
        ("Deltas", {"S": "{'Delta': 120}"}, "`Deltas` is missing or is not a map"),
        ("Deltas", {"M": {}}, "`Deltas` does not sum up to `Delta`"),
        ("Deltas", with_entry("Deltas", "Delta", "119.99"), "does not sum up to `Delta`"),
        ("Deltas", with_entry("Deltas", "PV", "0"), "does not sum up to `PV`"),
        ("Deltas", with_entry("Deltas", "Delta", "1.005"), "more than 2 decimals"),
        ("Deltas", with_entry("Deltas", "Delta", "1E+24"), "more than 24 digits"),
        ("Deltas", with_entry("Deltas", "Delta", "NaN"), "`Delta` in `Deltas` is missing"),
        ("Trades", None, "`Trades` is missing"),
        ("Trades", with_entry("Trades", "Delta", "1"), "`Delta` in `Trades` has paths"),
        ("Trades", {"M": {"a": {"N": "1.5"}}}, "`a` in `Trades` has more than"),
        ("Trades", {"M": {"a": {"S": "1"}}}, "`a` in `Trades` is missing or is not a number"),
        ("Trades", {"M": {"Grand Total": {"N": "1"}}}, "`Grand Total` in `Trades` is not a path"),
        ("Trades", {"M": {"#progress": {"N": "1"}}}, "`#progress` in `Trades` is not a path"),
        ("Trades", {"M": {"a::b": {"N": "1"}}}, "`a::b` in `Trades` is not a path"),
        ("Trades", {"M": {"": {"N": "1"}}}, "`` in `Trades` is not a path"),
        ("Trades", {"M": {"x" * 2049: {"N": "1"}}}, "is too long for a path"),
        ("Trades", {"M": {"x" + ":x" * 90: {"N": "1"}}}, "is too long for a path"),
        ("MessageCount", None, "`MessageCount` is missing"),
        ("MessageCount", {"N": "0.5"}, "`MessageCount` has more than"),
        ("MappedAt", {"S": "now"}, "`MappedAt` is missing or is not a number"),
        ("Latency", {"N": "5"}, "`Latency` is missing or is not a map"),
        ("Latency", {"M": {"A256": {"N": "1"}}}, "`A256` in `Latency` is not a bucket"),
        ("Latency", {"M": {"128": {"N": "1"}}}, "`128` in `Latency` is not a bucket"),
        ("Latency", {"M": {"slow": {"N": "1"}}}, "`slow` in `Latency` is not a bucket"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_row_that_cannot_be_added_is_refused(
    attribute: str, value: dict[str, Any] | None, reason: str
) -> None:
    """A row that somebody else wrote is refused unless each of its parents is the sum of its leaves."""
    image = {name: each for name, each in (ITEM | {attribute: value}).items() if each is not None}

    with pytest.raises(MalformedRecordError, match=reason):
        row_in_image(image)


@pytest.mark.parametrize("mean", [None, {"S": "noon"}, {"N": "1E+40"}, {"NULL": True}])
def test_a_row_with_a_strange_mean_timestamp_is_added(mean: dict[str, Any] | None) -> None:
    """How old messages are is no reason to set amounts aside: the mean is then not known."""
    image = {name: each for name, each in (ITEM | {"MeanTimestamp": mean}).items() if each is not None}

    assert row_in_image(image).mean_timestamp is None
