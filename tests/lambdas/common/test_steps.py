"""How much goes into one transaction, and where the ledger stands then; tried with every way of cutting."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from common import steps
from common.aggregation import Change, Delta, add_up
from common.entries import Entry
from common.hierarchy import tree_order
from common.records import Rejection, padded
from common.rows import DeltaRow
from common.steps import START, Cursor, Progress, map_step, reduce_step, with_root
from common.trades import ROOT
from hypothesis import given
from hypothesis import strategies as st

from tests.lambdas.handler_bench import parent_of

NOW = Decimal(1_750_000_010)


def row_entry(number: int, leaves: dict[str, Delta]) -> Entry[DeltaRow]:
    row = DeltaRow(f"row-{number}", leaves, len(leaves), NOW, {40: len(leaves)})
    return Entry(padded(str(number)), (row,))


def change_entry(number: int, *leaves: str) -> Entry[Change]:
    deltas = tuple((leaf, Delta(Decimal(number), 1)) for leaf in leaves)
    return Entry(padded(str(number)), (Change(deltas, NOW),))


def map_entries(
    entries: Sequence[Entry[Change]], ledger_key: str = "key", cursor: Cursor = START
) -> steps.MapStep:
    return map_step(entries, cursor, ledger_key=ledger_key, shard_id="shard-1", now=NOW)


def wide(count: int, *, desk: str = "desk") -> dict[str, Delta]:
    """Return leaves in as many groups of two regions each."""
    return {
        f"PV:{desk}{number:03}:{region}": Delta(Decimal(number), 1)
        for number in range(count)
        for region in "ab"
    }


LEAVES = st.dictionaries(
    st.lists(st.sampled_from("abcd"), min_size=3, max_size=3).map(":".join),
    st.builds(Delta, st.integers(-99, 99).map(Decimal), st.integers(-2, 2)),
    max_size=12,
)
ROWS = st.lists(LEAVES | st.none(), min_size=1, max_size=6)


def entries_of(rows: Sequence[dict[str, Delta] | None]) -> list[Entry[DeltaRow]]:
    """Return entries in the order of a shard; None is a record without effect."""
    return [
        row_entry(number, leaves) if leaves is not None else Entry(padded(str(number)))
        for number, leaves in enumerate(rows, 1)
    ]


def apply(step: steps.ReduceStep, totals: dict[str, Delta]) -> dict[str, Delta]:
    """Return the totals after a step, and check that they are whole."""
    after = add_up([*totals.items(), *step.additions.items()])
    below = add_up((parent_of(path), delta) for path, delta in after.items() if path != ROOT)
    leaves = after.keys() - below.keys()
    assert below == {path: delta for path, delta in after.items() if path not in leaves}
    return after


def test_a_map_step_takes_every_record_that_fits() -> None:
    """A batch that fits becomes one row, and the position moves to its last record."""
    step = map_entries([change_entry(4, "a"), change_entry(5, "b"), change_entry(7, "a")])

    assert [row.leaves for row in step.rows] == [{"a": Delta(Decimal(11), 2), "b": Delta(Decimal(5), 1)}]
    assert step.cursor == Cursor(padded("7"))


def test_a_map_step_without_effect_still_moves_the_position() -> None:
    """Records that are all set aside write no row, and are passed all the same."""
    bad: Entry[Change] = Entry(padded("3"), rejections=(Rejection("3", "bad", b""),))

    step = map_entries([bad])

    assert (step.rows, step.cursor) == ([], Cursor(padded("3")))


def test_rows_of_different_records_have_different_keys() -> None:
    """A row is named after its ledger key and its first and last record."""
    batches = {("key", (1, 2)), ("key", (1, 3)), ("key", (2, 3)), ("other", (1, 2))}

    steps_taken = [
        map_entries([change_entry(each, "a") for each in records], key) for key, records in batches
    ]
    keys = {step.rows[0].key for step in steps_taken}

    assert len(keys) == len(batches)


def test_a_map_step_stays_within_4_mb() -> None:
    """Records that make more rows than one transaction carries are applied in prefixes."""
    entries = [change_entry(number, f"{number:06}" + "x" * 2000) for number in range(1, 1200)]
    cursor, rows = START, []
    while pending := [entry for entry in entries if entry.position > cursor.position]:
        step = map_entries(pending)
        assert len(step.rows) <= 12
        cursor, rows = step.cursor, [*rows, *step.rows]

    assert len(rows) > 12
    assert len(add_up(item for row in rows for item in row.leaves.items())) == len(entries)
    assert sum(row.message_count for row in rows) == len(entries)


def packed_entry(number: int, messages: int) -> Entry[Change]:
    """Return a record with so many messages, each of a leaf of its own with a long name."""
    leaves = [f"{number:02}-{message:06}" + "x" * 2000 for message in range(messages)]
    return Entry(padded(str(number)), tuple(Change(((leaf, Delta(Decimal(1), 1)),), NOW) for leaf in leaves))


def test_a_record_too_large_for_one_step_is_applied_row_by_row() -> None:
    """Every message counts once, whatever stands beside a packed record that makes more than 12 rows."""
    entries = [change_entry(1, "a"), packed_entry(2, 2_000), change_entry(3, "a"), packed_entry(4, 2_000)]
    cursor, rows, cursors = START, [], []
    while pending := [entry for entry in entries if entry.position > cursor.position]:
        step = map_entries(pending, cursor=cursor)
        assert len(step.rows) <= 12
        cursor, rows = step.cursor, [*rows, *step.rows]
        cursors.append(cursor)

    assert {each.chunk for each in cursors} >= {0, 12, 24}
    assert {each.chunk_of for each in cursors} == {"", padded("2"), padded("4")}
    assert add_up(item for row in rows for item in row.leaves.items()) == add_up(
        delta for entry in entries for change in entry.contents for delta in change.deltas
    )
    assert sum(row.message_count for row in rows) == 4_002
    assert len({row.key for row in rows}) == len(rows)


def test_what_comes_before_a_record_that_was_applied_in_part_leaves_that_part_applied() -> None:
    """A record that turns up before the one under way moves the position, and the rest follows after it."""
    under_way = Cursor(padded("1"), 12, padded("3"))

    step = map_entries([change_entry(2, "a"), packed_entry(3, 2_000)], cursor=under_way)

    assert step.cursor == Cursor(padded("2"), 12, padded("3"))
    assert [row.message_count for row in step.rows] == [1]


def test_a_reduce_step_takes_every_row_that_fits() -> None:
    """Rows that fit are added together, with their ancestors and the root, and counted."""
    entries = entries_of([{"a:b": Delta(Decimal(1), 1)}, None, {"a:c": Delta(Decimal(2), 1)}])

    step = reduce_step(entries, START, now=NOW)

    total = Delta(Decimal(3), 2)
    leaves = {"a:b": Delta(Decimal(1), 1), "a:c": Delta(Decimal(2), 1)}
    assert step.additions == {**leaves, "a": total, ROOT: total}
    assert step.progress == Progress(
        row_count=2, message_count=2, ages={40: 2}, age_seconds=Decimal("0.064000")
    )
    assert step.cursor == Cursor(padded("3"))


def test_a_reduce_step_stops_before_the_row_that_does_not_fit() -> None:
    """A row that would pass 100 actions is left for the next transaction."""
    entries = entries_of([wide(20), wide(20, desk="other"), wide(20)])

    step = reduce_step(entries, START, now=NOW)

    assert step.cursor == Cursor(padded("1"))
    assert len(step.additions) + 2 <= 100


def test_a_row_that_is_too_wide_is_added_leaf_by_leaf() -> None:
    """A row over the limit is added in runs of whole leaves; only the last run counts it."""
    entries = entries_of([wide(150)])
    cursor, totals, steps_taken = START, {}, []
    for _ in range(5):
        step = reduce_step(entries, cursor, now=NOW)
        assert len(step.additions) + 3 <= 100
        totals, cursor = apply(step, totals), step.cursor
        steps_taken.append(step)

    assert totals == with_root(wide(150))
    assert [step.progress.row_count for step in steps_taken] == [*[0] * (len(steps_taken) - 1), 1]
    assert [step.cursor.chunk for step in steps_taken] == [63, 126, 189, 252, 0]


@given(ROWS, st.data())
def test_rows_are_added_once_however_they_are_delivered(
    rows: list[dict[str, Delta] | None], data: st.DataObject
) -> None:
    """Whatever batches come, in whatever sizes and as often as they like, each leaf is added once."""
    entries = entries_of(rows)
    expected = with_root(add_up(item for row in rows if row for item in row.items()))
    cursor: Cursor = START
    totals: dict[str, Delta] = {}
    counted = 0
    with pytest.MonkeyPatch.context() as patch:
        while cursor.position < entries[-1].position:
            # The chunk size may change between deliveries, as it does with a new version of the code.
            patch.setattr(steps, "MAX_PATHS", data.draw(st.integers(3, 12), label="limit"))
            # A delivery starts at or before the first record that is not applied, and ends anywhere.
            done = sum(entry.position <= cursor.position for entry in entries)
            start = data.draw(st.integers(0, done), label="start")
            end = data.draw(st.integers(done + 1, len(entries)), label="end")
            pending = [entry for entry in entries[start:end] if entry.position > cursor.position]
            for _ in range(data.draw(st.integers(1, 4), label="steps before the crash")):
                if not pending:
                    break
                step = reduce_step(pending, cursor, now=NOW)
                totals, cursor = apply(step, totals), step.cursor
                counted += step.progress.row_count
                pending = [entry for entry in pending if entry.position > cursor.position]

    assert totals == expected
    assert counted == sum(row is not None for row in rows)


def test_a_chunk_belongs_to_its_row_alone() -> None:
    """If the row that was begun never comes again, the next row is still added whole."""
    cursor = Cursor(padded("4"), chunk=2, chunk_of=padded("5"))

    step = reduce_step([row_entry(9, wide(2))], cursor, now=NOW)

    assert step.additions == with_root(wide(2))
    assert step.cursor == Cursor(padded("9"))


def test_a_begun_row_is_remembered_while_earlier_records_pass() -> None:
    """Records before the row that was begun do not make the ledger forget what was added of it."""
    cursor = Cursor(padded("4"), chunk=2, chunk_of=padded("9"))

    passed = reduce_step([Entry(padded("6"))], cursor, now=NOW)
    rest = reduce_step([row_entry(9, wide(3))], passed.cursor, now=NOW)

    assert passed.cursor == Cursor(padded("6"), chunk=2, chunk_of=padded("9"))
    assert rest.additions == with_root({leaf: wide(3)[leaf] for leaf in tree_order(wide(3))[2:]})
