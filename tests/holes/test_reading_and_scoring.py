"""H18 to H20: who reads the totals, and who judges them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from generator.judging import Kind, Row, judge

from tests.game.game_bench import TWO_TRADES, GameBench, rows_of
from tests.lambdas.handler_bench import Bench, message
from workshop.clock import ManualClock
from workshop.pipeline.aggregates import take_snapshot
from workshop.pipeline.messages import Message

TABLE = "AggregateTable"
LEAF = "r:PV:FXSpot:EMEA"


class Interrupted:
    """A DynamoDB client into whose scans a commit falls, between two pages, for the first few times."""

    def __init__(self, bench: Bench, *, times: int) -> None:
        self._bench = bench
        self.left = times

    def get_item(self, **request: Any) -> Any:
        """Read as usual."""
        return self._bench.client.get_item(**request)

    def get_paginator(self, _name: str) -> "Interrupted":
        """Be the paginator as well."""
        return self

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield the parents, let somebody commit, and yield the leaves."""
        yield self._page(leaves=False, **request)
        if self.left:
            self.left -= 1
            self._bench.flow(message(f"during scan {self.left}", "1.00"), first=10 - self.left)
        yield self._page(leaves=True, **request)

    def _page(self, *, leaves: bool, **request: Any) -> dict[str, Any]:
        items = self._bench.client.scan(**request)["Items"]
        return {"Items": [item for item in items if (item["Identifier"]["S"].count(":") == 2) is leaves]}


def test_h18_a_scan_alone_is_torn(bench: Bench) -> None:
    """Pages of a scan are read at different moments: a leaf may be newer than the total above it."""
    bench.flow(message("a", "5.00"))

    pages = Interrupted(bench, times=1).paginate(TableName=TABLE)
    values = {
        item["Identifier"]["S"]: item.get("Value", {}).get("N") for page in pages for item in page["Items"]
    }

    assert (values["PV"], values["PV:FXSpot:EMEA"]) == ("5", "6")


@pytest.mark.parametrize("variant", ["textbook", "ledger"])
@pytest.mark.parametrize("commits", [0, 1, 3])
def test_h18_a_snapshot_is_never_torn(bench: Bench, commits: int) -> None:
    """A reader that finds another revision after its scan than before reads again."""
    bench.flow(message("a", "5.00"))

    client: Any = Interrupted(bench, times=commits)

    snapshot = take_snapshot(client, TABLE, clock=ManualClock())

    assert set(snapshot.totals.values()) == {5 + commits}
    assert snapshot.revision == 1 + commits


def test_h19_a_round_that_is_delivered_twice_counts_once(game: GameBench) -> None:
    """Schedules and asynchronous events come at least once; the run id keeps a second one from playing."""
    game.play("r1")
    sent = len(game.stream.accepted)

    assert game.play("r1") == {"run_id": "r1", "outcome": "repeated", "status": "judged"}

    assert (len(game.stream.accepted), game.score) == (sent, (100, 1, 1))


def test_h19_late_results_of_one_round_do_not_spoil_another(game: GameBench) -> None:
    """Totals stand apart by run, so what comes in late belongs to its own round."""
    game.spoil = lambda messages: [each for each in messages if each.run_id != "slow"]
    game.play("slow")
    game.spoil = lambda messages: messages[1:]  # the slow round comes in, but for one message

    assert game.play("next")["points"] == 100
    assert game.score == (100, 2, 1)


def test_h19_one_round_is_played_at_a_time(game: GameBench) -> None:
    """While a round is played others leave at once, without a trace, and may be played afterwards."""
    outcomes: list[str] = []

    def meanwhile() -> None:
        game.work()
        outcomes.append(game.play("another")["outcome"])

    game.clock.meanwhile = meanwhile
    game.play("r1")

    assert set(outcomes) == {"busy"}
    assert game.score == (100, 1, 1)
    assert game.round("another") == {}
    game.clock.meanwhile = game.work
    assert game.play("another")["points"] == 100


def test_h20_the_judge_finds_nothing_in_exact_totals() -> None:
    """Rows that equal the truth, every key of them, are exact."""
    assert judge(rows_of(TWO_TRADES), TWO_TRADES) == ()


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({LEAF: Row(Decimal("10.500001"), 1)}, Kind.AMOUNT),
        ({LEAF: Row(Decimal("10.50"), 2)}, Kind.TRADES),
        ({"r:Delta": Row(Decimal("1.00"), 1)}, Kind.EXTRA),
        ({LEAF: None}, Kind.MISSING),
        ({"r:PV:FXSpot": Row(Decimal("20.00"), 2)}, Kind.TORN),
    ],
    ids=["no tolerance", "trades", "a row too many", "a row too few", "a parent that is no sum"],
)
def test_h20_the_judge_is_blind_to_nothing(change: Mapping[str, Row | None], kind: Kind) -> None:
    """Every key is compared to the last digit, in both directions, and every parent with its children."""
    rows = {path: row for path, row in (rows_of(TWO_TRADES) | change).items() if row is not None}

    assert kind in {difference.kind for difference in judge(rows, TWO_TRADES)}


def test_h20_an_exact_round_stays_exact_for_a_moment(game: GameBench) -> None:
    """A message that is counted once more right after the totals were exact costs the round."""
    start = game.clock.now()

    def doubled_later(messages: list[Message]) -> list[Message]:
        again = [replace(messages[0], trade_id="again")] if game.clock.now() > start + 2.5 else []
        return messages + again

    game.spoil = doubled_later

    assert game.play("r1")["points"] == 0
