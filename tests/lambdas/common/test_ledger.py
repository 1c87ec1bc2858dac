"""The ledger itself: positions that only move forward, together with their effect."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from common.entries import Entry
from common.epoch import Epoch
from common.items import text
from common.ledger import MAX_LOST_RACES, Ledger
from common.records import Rejection, padded
from common.reporting import Quarantine
from common.steps import Cursor
from common.storage import RETRIES, Action, BusyError, put

from tests.lambdas.handler_bench import Bench

QUARANTINE = Quarantine("QuarantineTable", "map", "shard-1")


def entry(number: int) -> Entry[str]:
    return Entry(padded(str(number)), (f"effect-{number}",))


def bad_entry(number: int) -> Entry[str]:
    return Entry(padded(str(number)), rejections=(Rejection(str(number), "bad", b"x"),))


def one_by_one(
    pending: Sequence[Entry[str]], _cursor: Cursor, _now: Decimal
) -> tuple[list[Action], Cursor, dict[int, int]]:
    """Plan a step for each entry: a row that is named after it."""
    first = pending[0]
    row = {"MessageHash": text("".join(first.contents) or "none")}
    return [put("ReduceTable", row)], Cursor(first.position), {}


def apply(*batch: int | Entry[str], key: str = "key") -> dict[str, int]:
    """Apply entries; a number stands for the entry at this position."""
    entries = [entry(each) if isinstance(each, int) else each for each in batch]
    return dict(Ledger("LedgerTable", key, Epoch()).apply(entries, one_by_one, QUARANTINE))


def effects(bench: Bench) -> list[str]:
    return sorted(row["MessageHash"] for row in bench.items("ReduceTable"))


def positions(bench: Bench) -> dict[str, str]:
    """Return where the ledger stands, by ledger key."""
    return {row["LedgerKey"]: row["Position"].lstrip("0") for row in bench.items("LedgerTable")}


def test_every_step_moves_the_position(bench: Bench) -> None:
    """Entries are applied in order, and the ledger stands at the last one."""
    assert apply(3, 1, 2) == {"records": 3, "repeated": 0, "commits": 3, "quarantined": 0}

    assert effects(bench) == ["effect-1", "effect-2", "effect-3"]
    assert positions(bench) == {"key": "3"}


def test_what_was_applied_is_dropped(bench: Bench) -> None:
    """Entries at or before the position have no effect, and are counted as repeated."""
    apply(1, 2)
    bench.client.delete_item(TableName="ReduceTable", Key={"MessageHash": text("effect-2")})

    assert apply(1, 2, 3) == {"records": 3, "repeated": 2, "commits": 1, "quarantined": 0}

    assert effects(bench) == ["effect-1", "effect-3"]


def test_nothing_new_writes_nothing(bench: Bench) -> None:
    """A batch that was applied before costs one read and no write."""
    apply(1, 2)
    before = bench.faults.writes

    apply(2, 1)

    assert bench.faults.writes == before


def test_effect_and_position_are_one_write(bench: Bench) -> None:
    """If the position cannot move, the effect does not happen either."""
    bench.client.delete_table(TableName="ReduceTable")

    with pytest.raises(Exception, match="ResourceNotFound"):
        apply(1)

    assert bench.items("LedgerTable") == []


def test_bad_records_are_set_aside_before_the_position_passes_them(bench: Bench) -> None:
    """A crash right before the commit has set the bad record aside; a repetition does not list it twice."""
    bad = [bad_entry(1), entry(2)]
    with bench.crash_at(2, after=False):
        apply(*bad)
    assert (bench.reasons(), bench.items("LedgerTable")) == (["bad"], [])

    assert apply(*bad)["quarantined"] == 1
    assert bench.reasons() == ["bad"]


def test_only_what_a_step_passes_is_set_aside(bench: Bench) -> None:
    """A bad record further on waits until its own step."""
    bad = [entry(1), bad_entry(2)]

    with bench.crash_at(2, after=False):
        apply(*bad)

    assert positions(bench) == {"key": "1"}
    assert bench.reasons() == []


def test_whoever_loses_the_race_starts_where_the_winner_stands(bench: Bench) -> None:
    """If another invocation moves the position, its work is not repeated."""
    bench.race(lambda: apply(1, 2))

    assert apply(1, 2, 3) == {"records": 3, "repeated": 0, "lost_races": 1, "commits": 1, "quarantined": 0}

    assert effects(bench) == ["effect-1", "effect-2", "effect-3"]


def test_a_race_that_is_always_lost_ends(bench: Bench) -> None:
    """An invocation that loses again and again gives up, and its batch comes again; DynamoDB was not busy."""
    moves, retries = count(1), RETRIES["busy"]

    def move_ahead(_request: dict[str, Any]) -> None:
        row = {"LedgerKey": "key", "Position": padded(str(next(moves))), "ChunkOf": ""}
        item = {name: text(value) for name, value in row.items()} | {"Chunk": {"N": "0"}}
        bench.client.put_item(TableName="LedgerTable", Item=item)

    bench.before_transactions(move_ahead)

    with pytest.raises(BusyError, match="keep moving the position of `key`"):
        apply(*range(1000, 1100))

    assert next(moves) == MAX_LOST_RACES + 2
    assert RETRIES["busy"] == retries


def test_ledger_keys_do_not_disturb_each_other(bench: Bench) -> None:
    """Each ledger key has a position of its own."""
    apply(1, 2)

    apply(1, key="other key")

    assert positions(bench) == {"key": "2", "other key": "1"}
