"""The game on a learner's own pipeline: emptied for each round, judged as a whole, given back empty."""

from contextlib import suppress

import pytest

from workshop.clock import SystemClock
from workshop.cloud.connection import Cloud
from workshop.deploy.stacks import deploy, list_stacks
from workshop.game.own_pipeline import borrowed
from workshop.game.play import find_game, set_up
from workshop.game.session import Bounds, GameSession
from workshop.pipeline.aggregates import take_snapshot
from workshop.pipeline.messages import PlanOptions, make_plan
from workshop.pipeline.operations.clear import clear
from workshop.pipeline.operations.live_faults import read_faults
from workshop.pipeline.producer.producer import produce
from workshop.pipeline.tables import scan_rows

STACK = "mine"
# By level: in the second one a batch in ten fails, so there must be many.
MESSAGES = {1: 200, 2: 3_000}


@pytest.fixture(scope="module")
def cloud(cloud: Cloud) -> Cloud:
    """A cloud in which a learner has deployed a pipeline."""
    deploy(cloud, "stateful", stack=STACK, variant="textbook")
    return cloud


def play(cloud: Cloud, *, level: int, rounds: int = 1) -> GameSession:
    """Play on the learner's pipeline, and leave it as a player does."""
    game = set_up(cloud, STACK)
    session = GameSession(cloud, game, Bounds(rounds, 300.0), SystemClock(), lambda _: None)
    with borrowed(cloud, game, empty=lambda: clear(cloud, STACK)):
        session.play(MESSAGES[level], level=level, settle_seconds=30)
    return session


def test_the_textbook_scores_in_the_first_level(cloud: Cloud) -> None:
    """As long as nothing goes wrong, the learner's own pipeline is exact, whatever was in it before."""
    outputs = find_game(cloud, STACK).target.outputs
    before = make_plan(PlanOptions(messages=20)).entries
    produce(cloud.client("kinesis"), outputs["StreamName"], before)

    [first, second] = play(cloud, level=1, rounds=2).rounds

    assert (first.exact, second.exact, first.points) == (True, True, 100)
    assert first.levels == ("RiskType", "TradeDesk", "Region")


def test_the_textbook_fails_the_second_level(cloud: Cloud) -> None:
    """A batch that is cut anew after it was written counts twice; the round gets no points and its cause."""
    session = play(cloud, level=2)

    [played] = session.rounds
    assert (played.exact, played.points, played.level) == (False, 0, 2)
    assert session.findings[played.run_id].diagnosis.causes


def test_the_ledger_holds_in_the_second_level(cloud: Cloud) -> None:
    """With the ledger's handlers the same faults change nothing."""
    deploy(cloud, "stateful", stack=STACK, variant="ledger")

    [played] = play(cloud, level=2).rounds

    assert (played.exact, played.points, played.level) == (True, 100, 2)


def test_nothing_of_a_game_stays_in_the_pipeline(cloud: Cloud) -> None:
    """Totals, score, faults, generator and its lease are gone, even if the game was broken off in a round."""
    game = set_up(cloud, STACK)
    lease = {"Parameter": {"S": "generator"}, "Holder": {"S": "gone"}, "Until": {"N": "99999999999"}}
    cloud.client("dynamodb").put_item(TableName=game.table, Item=lease)

    with suppress(KeyboardInterrupt), borrowed(cloud, game, empty=lambda: clear(cloud, STACK)):
        raise KeyboardInterrupt

    client, outputs = cloud.client("dynamodb"), game.target.outputs
    left = {str(row["Parameter"]) for row in scan_rows(client, game.table)}
    assert [stack.name for stack in list_stacks(cloud)] == [STACK]
    assert left <= {"epoch"}
    assert read_faults(cloud, outputs).in_functions.rates == {}
    assert take_snapshot(client, outputs["AggregateTableName"]).totals == {}
