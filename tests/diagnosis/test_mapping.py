"""What Map did wrong is read from the ranges of its rows; small pipelines, written by hand."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from tests.diagnosis.messages import changes_of, diagnosed, different, message, row_of, totals
from workshop.diagnosis import Cause, CauseKind, Confidence, MapRecord, RowElement, Stage
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import ReduceRow

SENT = different(30)
RECORDS = changes_of(SENT)


def added(rows: Sequence[ReduceRow]) -> AggregateSnapshot:
    """Return the totals after Reduce has added these rows once."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    trades: dict[str, int] = defaultdict(int)
    for row in rows:
        for path, amount in row.deltas.items():
            count = sum(each for leaf, each in row.trades.items() if f"{leaf}:".startswith(f"{path}:"))
            for target in (path, "Grand Total") if ":" not in path else (path,):
                amounts[target] += amount
                trades[target] += count
    return AggregateSnapshot(
        dict(amounts), dict(trades), message_count=sum(row.message_count for row in rows)
    )


def causes(
    sent: Sequence[Message], rows: Sequence[ReduceRow], records: Sequence[MapRecord] | None
) -> tuple[Cause, ...]:
    held = {each.trade_id: each for each in sent}.values()
    return diagnosed(sent, added(rows), held=held, reduce=rows, records=records).causes


def test_overlapping_ranges_are_batches_cut_anew() -> None:
    """Records in two rows of different ranges count twice, and no others; they are named as messages."""
    rows = [row_of("a", RECORDS[:20]), row_of("b", RECORDS[12:])]

    (cause,) = causes(SENT, rows, RECORDS)

    assert (cause.kind, cause.confidence) == (CauseKind.MAP_BATCH_TWICE, Confidence.CERTAIN)
    assert all(13 <= each.first <= each.last <= 20 for each in cause.elements)
    assert sum(each.messages for each in cause.elements) == 8


def test_a_row_names_its_trades() -> None:
    """A row that counts twice tells the trades that it sums, with what each changes, if the stream does."""
    rows = [row_of("a", RECORDS[:3]), row_of("a", RECORDS[:3]), row_of("b", RECORDS[3:])]

    (cause,) = causes(SENT, rows, RECORDS)
    (row,) = cause.elements
    (forgotten,) = causes(SENT, rows, None)

    assert isinstance(row, RowElement)
    assert sorted(row.trades) == sorted((each.trade_id, abs(each.value)) for each in SENT[:3])
    assert [each.trades for each in forgotten.elements if isinstance(each, RowElement)] == [()]


def test_gap_and_repeated_range_are_both_seen() -> None:
    """A range that was written twice and one that nobody wrote do not hide each other."""
    rows = [row_of("a", RECORDS[:10]), row_of("b", RECORDS[:10]), row_of("c", RECORDS[20:])]

    found = {cause.kind: cause for cause in causes(SENT, rows, RECORDS)}

    assert found.keys() == {CauseKind.MAP_BATCH_TWICE, CauseKind.BATCH_LOST}
    assert all(cause.confidence is Confidence.CERTAIN for cause in found.values())
    assert found[CauseKind.MAP_BATCH_TWICE].elements == (RowElement("a", 10, 2),)
    assert sum(each.messages for each in found[CauseKind.BATCH_LOST].elements) == 10


def test_a_repeated_range_is_seen_without_the_stream() -> None:
    """When the stream is forgotten after a day, the rows alone tell that a range was written twice."""
    rows = [row_of("a", RECORDS[:10]), row_of("b", RECORDS[10:]), row_of("c", RECORDS[:10])]

    (cause,) = causes(SENT, rows, None)

    assert (cause.kind, cause.confidence) == (CauseKind.MAP_BATCH_TWICE, Confidence.CERTAIN)


def test_parts_of_a_split_row_are_one_row() -> None:
    """The parts of a row that was too large carry the same range, and count as written once."""
    whole = row_of("a", RECORDS[:20])
    parts = [
        replace(
            whole,
            message_hash=f"a-{number}" if number else "a",
            deltas={"PV": whole.deltas[leaf], "PV:FXSpot": whole.deltas[leaf], leaf: whole.deltas[leaf]},
            trades={leaf: whole.trades[leaf]},
            message_count=20 if number == 0 else 0,
            part=number + 1,
        )
        for number, leaf in enumerate(whole.trades)
    ]

    (cause,) = causes(SENT, parts, RECORDS)

    assert len(parts) == 2
    assert cause.kind is CauseKind.BATCH_LOST
    assert sum(each.messages for each in cause.elements) == 10


def test_the_shard_is_found_by_the_records() -> None:
    """A row that names no shard, as outside of a tumbling window, is placed by its sequence numbers."""
    rows = [replace(row_of("a", RECORDS[:20]), shard_id=None)]

    (cause,) = causes(SENT, rows, RECORDS)

    assert (cause.kind, cause.confidence) == (CauseKind.BATCH_LOST, Confidence.CERTAIN)


def test_a_row_written_by_hand_makes_nothing_certain() -> None:
    """A row that does not say where it comes from leaves the diagnosis unsure."""
    foreign = ReduceRow("by hand", row_of("x", RECORDS[:1]).deltas, {}, 0, None)

    found = causes(SENT, [row_of("a", RECORDS), foreign], RECORDS)

    assert [(cause.kind, cause.confidence) for cause in found] == [(CauseKind.UNKNOWN, Confidence.POSSIBLE)]


def test_a_row_that_is_not_its_records_is_named() -> None:
    """A row whose sum no single fault explains is named itself, and nothing is claimed about a trade."""
    right = row_of("a", RECORDS)
    wrong = replace(right, deltas={path: each + ("A" not in path) for path, each in right.deltas.items()})

    (cause,) = causes(SENT, [wrong], RECORDS)

    assert (cause.kind, cause.elements) == (CauseKind.UNKNOWN, (RowElement("a", 30, 1),))
    assert "not the sum of the records" in cause.sentence


def test_map_that_never_subtracts_is_one_cause() -> None:
    """When no old value is subtracted, every trade that changed is named, whatever row it is in."""
    first = different(100)
    sent = [*first, *(replace(each, version=2, value=each.value + 3) for each in first[:40])]
    records = changes_of(sent)
    rows = [row_of(str(start), records[start : start + 30], subtracts=False) for start in range(0, 140, 30)]

    (cause,) = causes(sent, rows, records)

    assert cause.kind is CauseKind.OLD_VALUE_KEPT
    assert len(cause.elements) == 40


def test_equal_trades_are_said_to_be_candidates() -> None:
    """When one of twenty trades of equal value is missing in a row, each of them is a candidate."""
    sent = [message(f"trade-{number}", "100.00") for number in range(20)]
    records = changes_of(sent)
    row = replace(row_of("a", records[:19]), last_sequence_number=records[-1].sequence_number)

    (cause,) = causes(sent, [row], records)

    assert (cause.kind, cause.confidence) == (CauseKind.MESSAGE_LOST, Confidence.LIKELY)
    assert len(cause.others) == 19
    assert "one of 20 candidates" in cause.sentence


def test_changes_of_an_earlier_run_are_not_missed() -> None:
    """What was deleted when the pipeline was cleared is in no row any more, and is not taken for lost."""
    sent = different(30)
    before = changes_of(sent, start=1)
    deleted = [MapRecord("shard-1", 50 + n, None, each.new) for n, each in enumerate(before)]
    records = [*before, *deleted, *changes_of(sent)]
    rows = [row_of("a", records[-30:-15])]

    (cause,) = causes(sent, rows, records)

    assert cause.kind is CauseKind.BATCH_LOST
    assert sum(each.messages for each in cause.elements) == 15


def test_what_is_missing_at_the_end_may_be_on_its_way() -> None:
    """The last changes without a row are in flight as long as nobody says that nothing is pending."""
    evidence = {"reduce": [row_of("a", RECORDS[:20])], "records": RECORDS, "pending": 10}

    (cause,) = diagnosed(SENT, totals(SENT[:20]), held=SENT, **evidence).causes

    assert (cause.kind, cause.confidence) == (CauseKind.IN_FLIGHT, Confidence.CERTAIN)


@pytest.mark.parametrize(("value", "first"), [("0.01", Stage.REDUCE), ("900000000.00", Stage.STATE)])
def test_what_moved_most_is_told_first(value: str, first: Stage) -> None:
    """Of faults at several stages, the one behind most of the difference comes first, not the earliest."""
    rows = [row_of("a", RECORDS[:20]), row_of("b", RECORDS[20:])]
    sent = [*SENT, message("trade-lost", value)]

    found = diagnosed(sent, added([*rows, rows[0]]), held=SENT, records=RECORDS, reduce=rows).causes

    assert found[0].stage is first
    assert {cause.stage for cause in found} == {Stage.STATE, Stage.REDUCE}
