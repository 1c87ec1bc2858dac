"""H1 to H4, H22 to H24: batches that come again, cut differently, late, or after an invocation that failed.

Where a test is parametrised by variant, its numbers say what the textbook makes of it, and what the ledger.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError
from common.aggregation import roll_up
from common.storage import BusyError

from tests.lambdas.handler_bench import Bench, kinesis_event, message, refusal, window_event
from workshop.clock import ManualClock
from workshop.cloud.fault_plan import PRESETS, STAGES, FaultKind
from workshop.cloud.offline.faults.dice import FaultDice

KINESIS_RETENTION_DAYS = 365
STREAM_RETENTION_HOURS = 24
Record = dict[str, Any]


def ten_trades(bench: Bench) -> list[Record]:
    """Let State store ten trades of 1.00; return the records of StateTable's stream."""
    data = [message(f"t{number}", "1.00") for number in range(10)]
    bench.run("stateful.state", kinesis_event(data))
    return bench.changes("StateTable")


def two_rows(bench: Bench) -> list[Record]:
    """Let State and Map write two rows of 5.00 each; return the records of ReduceTable's stream."""
    for trade in ("a", "b"):
        bench.run("stateful.state", kinesis_event([message(trade, "5.00")]))
        bench.run("stateful.map", window_event(bench.new_changes("StateTable")))
    return bench.changes("ReduceTable")


def run_and_lose(bench: Bench, function: str, records: Sequence[Record]) -> None:
    """Let an invocation end right after its first write: what it did stands, and nobody hears of it."""
    with bench.crash_at(1, after=True):
        bench.run(function, window_event(records))


def reduce_all(bench: Bench) -> Decimal:
    """Let Reduce take every row of ReduceTable; return the Grand Total."""
    bench.run("stateful.reduce", window_event(bench.changes("ReduceTable")))
    return bench.totals()["Grand Total"]


@pytest.mark.parametrize(("variant", "total"), [("textbook", 20), ("ledger", 10)])
def test_h01_map_batch_hash_counts_twice_after_a_bisect(bench: Bench, total: int) -> None:
    """The halves of a batch have other hashes than the batch, but lie at the same positions."""
    changes = ten_trades(bench)
    run_and_lose(bench, "stateful.map", changes)

    for half in (changes[:5], changes[5:]):
        bench.run("stateful.map", window_event(half))

    assert reduce_all(bench) == total


@pytest.mark.parametrize(("variant", "total"), [("textbook", 15), ("ledger", 10)])
def test_h02_reduce_token_counts_twice_in_a_larger_batch(bench: Bench, total: int) -> None:
    """A row that comes again in the company of a new one is known to the ledger, and not to the token."""
    rows = two_rows(bench)
    run_and_lose(bench, "stateful.reduce", rows[:1])

    bench.run("stateful.reduce", window_event(rows))

    assert bench.totals()["Grand Total"] == total


@pytest.mark.parametrize(("variant", "minutes", "total"), [("textbook", 9, 10), ("textbook", 11, 20)])
def test_h03_a_token_is_forgotten_after_ten_minutes(
    bench: Bench, clock: ManualClock, minutes: int, total: int
) -> None:
    """The same batch counts a second time once DynamoDB has forgotten its token."""
    rows = two_rows(bench)
    run_and_lose(bench, "stateful.reduce", rows)

    clock.advance(60 * minutes)
    bench.run("stateful.reduce", window_event(rows))

    assert bench.totals()["Grand Total"] == total


@pytest.mark.parametrize("days", [0, 1, 7, 365])
def test_h03_a_position_is_not_forgotten(bench: Bench, clock: ManualClock, days: int) -> None:
    """The same batch has no second effect, however long it was on its way."""
    rows = two_rows(bench)
    run_and_lose(bench, "stateful.reduce", rows)

    clock.advance(days * 24 * 3600 + 660)
    bench.run("stateful.reduce", window_event(rows))

    assert bench.totals()["Grand Total"] == 10


@pytest.mark.parametrize("variant", ["textbook", "ledger"])
@pytest.mark.parametrize("function", ["stateful.map", "stateful.reduce"])
@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDeniedException", "InternalServerError"])
def test_h04_a_refused_write_is_never_answered_as_done(bench: Bench, function: str, code: str) -> None:
    """An error of DynamoDB fails the invocation, so that the batch comes again and nothing is missing."""
    changes = ten_trades(bench)
    if function == "stateful.reduce":
        bench.run("stateful.map", window_event(changes))
    records = bench.changes("ReduceTable") if function == "stateful.reduce" else changes

    bench.fail_from(1, refusal(code))
    with pytest.raises((ClientError, BusyError)):
        bench.run(function, window_event(records))
    bench.heal()
    bench.run(function, window_event(records))

    assert reduce_all(bench) == 10


@pytest.mark.parametrize("kind", list(FaultKind))
def test_h22_a_plan_has_faults_at_every_point(kind: FaultKind) -> None:
    """With the plan `all`, a fault of each kind strikes at every stage: sometimes, and at most ten times."""
    dice = FaultDice(PRESETS["all"])

    struck = {stage: sum(dice.falls(kind, stage) for _ in range(20_000)) for stage in STAGES}

    assert struck.keys() == {"producer", "state", "map", "reduce"}
    assert all(1 <= count <= 10 for count in struck.values()), struck
    assert dice.met == {kind: sum(struck.values())}


@pytest.mark.parametrize("function", ["stateful.state", "stateful.map", "stateful.reduce"])
@pytest.mark.parametrize("write", [1, 2, 3, 4])
@pytest.mark.parametrize("after", [False, True])
def test_h22_a_crash_at_any_write_changes_nothing(
    bench: Bench, function: str, write: int, after: bool
) -> None:
    """Whichever write a function ends at, before or after it, the batch that comes again puts it right."""
    data = [message("a", "1.00"), b"{", message("a", "2.50", version=2), message("b", "4.00")]
    sources: dict[str, Callable[[], Any]] = {
        "stateful.state": lambda: kinesis_event(data),
        "stateful.map": lambda: window_event(bench.changes("StateTable")),
        "stateful.reduce": lambda: window_event(bench.changes("ReduceTable")),
    }
    for stage, event in sources.items():
        if stage == function:
            with bench.crash_at(write, after=after, surely=False):
                bench.run(stage, event())
        bench.run(stage, event())

    assert bench.totals()["Grand Total"] == Decimal("6.50")
    assert bench.trades()["Grand Total"] == 2
    assert len(bench.reasons()) == 1


def test_h23_a_token_blocks_its_batch_once_the_code_has_changed(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If a deployment lets a batch lead to other actions, its token is refused however often it is tried."""
    bench.variant = "textbook"
    rows = two_rows(bench)
    run_and_lose(bench, "stateful.reduce", rows)

    new_code(monkeypatch)

    for _ in range(2):
        with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
            bench.run("stateful.reduce", window_event(rows))


def test_h23_a_position_outlives_the_code(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ledger sends no token: after a deployment a batch that was applied is passed over, as before."""
    rows = two_rows(bench)
    run_and_lose(bench, "stateful.reduce", rows)

    new_code(monkeypatch)
    bench.run("stateful.reduce", window_event(rows))

    assert bench.totals()["Grand Total"] == 10


def new_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Change what a batch leads to, as a deployment between two attempts may do."""
    monkeypatch.setattr(
        "common.steps.roll_up",
        lambda leaves: {path: delta for path, delta in roll_up(leaves).items() if path != "PV"},
    )


@pytest.mark.parametrize(("variant", "total"), [("textbook", 20), ("ledger", 10)])
def test_h24_a_guard_must_outlive_the_row_it_stands_in(bench: Bench, total: int) -> None:
    """Once a row has expired its key guards nothing; the ledger's position does not depend on it."""
    changes = ten_trades(bench)
    run_and_lose(bench, "stateful.map", changes)
    for row in bench.items("ReduceTable"):
        bench.client.delete_item(TableName="ReduceTable", Key={"MessageHash": {"S": row["MessageHash"]}})

    bench.run("stateful.map", window_event(changes))

    assert reduce_all(bench) == total


def test_h24_rows_go_after_a_week_and_positions_after_every_stream(bench: Bench) -> None:
    """A row outlives its stream's 24 hours seven times, a position the longest retention of any stream."""
    bench.flow(message("a", "1.00"))

    [row], entries = bench.items("ReduceTable"), bench.items("LedgerTable")

    assert row["TimeToLive"] - row["MappedAt"] >= 7 * STREAM_RETENTION_HOURS * 3600 - 1
    assert len(entries) == 2
    for entry in entries:
        assert entry["TimeToLive"] - entry["UpdatedAt"] > KINESIS_RETENTION_DAYS * 24 * 3600
