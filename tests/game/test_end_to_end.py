"""The game in a cloud of its own: deployed, played, scheduled, explained, destroyed."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from workshop.clock import SystemClock
from workshop.cloud.connection import Cloud
from workshop.deploy.stacks import destroy, list_stacks
from workshop.diagnosis import CauseKind
from workshop.game.cause import find_cause
from workshop.game.play import Game, set_up
from workshop.game.scoreboard import Round, Scoreboard, read_scoreboard
from workshop.game.session import Bounds, GameSession
from workshop.pipeline.tables import read_reduce_table

MESSAGES = 300


@pytest.fixture(scope="module")
def game(cloud: Cloud) -> Game:
    """The game against a pipeline that was deployed for it."""
    return set_up(cloud)


def scoreboard(cloud: Cloud, game: Game) -> Scoreboard:
    return read_scoreboard(cloud.client("dynamodb"), game.table)


def sitting(cloud: Cloud, game: Game, *, rounds: int = 1, seconds: float = 120.0) -> GameSession:
    return GameSession(cloud, game, Bounds(rounds, seconds), SystemClock(), lambda _: None)


def add(cloud: Cloud, table: str, path: str, **numbers: Decimal | int) -> None:
    """Add numbers to a row."""
    cloud.client("dynamodb").update_item(
        TableName=table,
        Key={"Identifier": {"S": path}},
        UpdateExpression="ADD " + ", ".join(f"#{name} :{name}" for name in numbers),
        ExpressionAttributeNames={f"#{name}": name for name in numbers},
        ExpressionAttributeValues={f":{name}": {"N": str(number)} for name, number in numbers.items()},
    )


def play_one(cloud: Cloud, game: Game) -> Round:
    session = sitting(cloud, game)
    session.play(MESSAGES)
    [played] = session.rounds
    return played


def test_what_is_missing_is_deployed_once(cloud: Cloud, game: Game) -> None:
    """Pipeline and generator are deployed if they are missing, and left alone if they are there."""
    again = set_up(cloud)

    assert again == game
    assert {stack.name for stack in list_stacks(cloud)} == {"trade-risk-game", "trade-risk-game-generator"}
    assert game.target.order == ("RunID", "RiskType", "TradeDesk", "Region")


def test_the_solution_scores(cloud: Cloud, game: Game) -> None:
    """The ledger pipeline brings an exact round, and a hundred points."""
    before = scoreboard(cloud, game).points

    played = play_one(cloud, game)

    assert (played.exact, played.points, played.accepted) == (True, 100, MESSAGES)
    assert scoreboard(cloud, game).points == before + 100


def test_the_solution_holds_in_the_second_level(cloud: Cloud, game: Game) -> None:
    """With duplicates, stale versions and functions that fail, a round of the ledger pipeline is exact."""
    cloud.client("dynamodb").put_item(
        TableName=game.table, Item={"Parameter": {"S": "score"}, "Value": {"N": "300"}, "Rounds": {"N": "3"}}
    )

    played = play_one(cloud, game)

    assert (played.level, played.exact) == (2, True)
    assert scoreboard(cloud, game).faults
    assert scoreboard(cloud, game).points == 400


def test_a_row_that_is_reduced_twice_is_named(cloud: Cloud, game: Game) -> None:
    """When a row of ReduceTable was added twice, the explanation of the round says so."""
    played = play_one(cloud, game)
    client, table = cloud.client("dynamodb"), game.target.outputs["AggregateTableName"]
    row = next(
        row
        for row in read_reduce_table(client, game.target.outputs["ReduceTableName"])
        if played.run_id in row.deltas
    )
    trades = {
        path: sum(count for leaf, count in row.trades.items() if f"{leaf}:".startswith(f"{path}:"))
        for path in row.deltas
    }
    for path, amount in row.deltas.items():
        add(cloud, table, path, Value=amount, Trades=trades[path])
    add(cloud, table, "Grand Total", Value=row.deltas[played.run_id], Trades=trades[played.run_id])

    finding = find_cause(cloud, game.target, played)

    assert [cause.kind for cause in finding.diagnosis.causes] == [CauseKind.DOUBLE_REDUCE]
    assert row.message_hash in finding.text


def test_the_cloud_plays_by_itself_until_the_end(cloud: Cloud, game: Game) -> None:
    """An enabled schedule plays a round without anybody asking, and none after its last round."""
    judged = scoreboard(cloud, game).judged
    end = datetime.fromtimestamp(cloud.offline.now(), UTC) + timedelta(minutes=5)
    session = sitting(cloud, game)

    set_up(cloud, parameters=schedule(end, rounds=judged + 1))
    session.watch()
    cloud.offline.advance(60)
    later = sitting(cloud, game, seconds=3.0)
    later.watch()

    [played] = session.rounds
    assert (played.exact, played.messages) == (True, MESSAGES)
    assert later.rounds == ()
    assert scoreboard(cloud, game).judged == judged + 1


def test_nothing_is_left_of_a_game(cloud: Cloud, game: Game) -> None:
    """Schedule, function and pipeline go with their stacks."""
    for stack in ("trade-risk-game-generator", "trade-risk-game"):
        destroy(cloud, stack)

    assert list_stacks(cloud) == ()
    assert cloud.client("scheduler").list_schedules()["Schedules"] == []


def schedule(end: datetime, *, rounds: int) -> dict[str, Any]:
    """Return the parameters of a game that plays by itself."""
    return {
        "ScheduleState": "ENABLED",
        "EndDate": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "MaxRounds": str(rounds),
        "MessagesPerRound": str(MESSAGES),
    }
