"""A sitting at the game: rounds played or watched within bounds, against the bench of the generator."""

import io
import json
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.game.game_bench import LEVELS, GameBench
from workshop.cloud.connection import Cloud
from workshop.errors import ConfigurationError, WorkshopError
from workshop.game import session as game_session
from workshop.game.play import Game, find_game, needs_run_level, new_run_id, start_round
from workshop.game.scoreboard import read_scoreboard
from workshop.game.session import Bounds, GameSession, GameView
from workshop.pipeline.messages import Message
from workshop.pipeline.target import Target

OUTPUTS = {"AggregateTableName": "AggregateTable", "ParameterTableName": "ParameterTable"}


class BenchCloud:
    """A cloud whose only function is the generator on its bench."""

    offline = None
    wait_until_quiet = Cloud.wait_until_quiet

    def __init__(self, game: GameBench) -> None:
        self.game = game
        self.failure: dict[str, Any] | None = None
        self.asked: list[dict[str, Any]] = []
        self.may_answer = threading.Event()
        self.may_answer.set()

    def client(self, service: str) -> Any:
        """Return moto's DynamoDB, or what invokes the generator."""
        return {"dynamodb": self.game.client, "lambda": self}[service]

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - as in boto3
        """Play the round that the event asks for."""
        event = json.loads(Payload)
        self.asked.append(event)
        self.may_answer.wait(10)
        if self.failure:
            return {"FunctionError": "Unhandled", "Payload": io.BytesIO(json.dumps(self.failure).encode())}
        outcome = self.game.play(event["run_id"], messages=event["messages"], settle_seconds=5)
        return {"Payload": io.BytesIO(json.dumps(outcome).encode())}


@pytest.fixture
def cloud(game: GameBench) -> Iterator[BenchCloud]:
    """A cloud with the generator; nothing is left waiting in it."""
    cloud = BenchCloud(game)
    yield cloud
    cloud.may_answer.set()


def sitting(cloud: BenchCloud, rounds: int = 2, seconds: float = 600.0) -> tuple[GameSession, list[GameView]]:
    views: list[GameView] = []
    game = Game(Target("game", "stateful", OUTPUTS, LEVELS), "generator")
    return GameSession(cloud, game, Bounds(rounds, seconds), cloud.game.clock, views.append), views


def test_as_many_rounds_are_played_as_wanted(cloud: BenchCloud) -> None:
    """A sitting plays its rounds one after the other, each with a run id of its own."""
    session, views = sitting(cloud, rounds=3)

    session.play(100)

    assert len({event["run_id"] for event in cloud.asked}) == len(session.rounds) == 3
    assert all(each.exact for each in session.rounds)
    assert views[-1].board.points == 300


def test_no_round_begins_when_the_time_is_over(cloud: BenchCloud) -> None:
    """After its time a sitting ends, however many rounds are left."""
    session, _ = sitting(cloud, rounds=1000, seconds=8.0)

    session.play(100)

    assert 1 <= len(session.rounds) < 5


def test_earlier_rounds_belong_to_another_sitting(cloud: BenchCloud) -> None:
    """What was played before counts in the score, and not in the sitting."""
    cloud.game.play("before", messages=100)

    session, _ = sitting(cloud, rounds=1)
    session.play(100)

    assert "before" not in {each.run_id for each in session.rounds}
    assert session.board.points == 200


def test_a_round_of_somebody_else_is_waited_for(cloud: BenchCloud) -> None:
    """While another round is under way, the sitting waits and asks again."""
    until = int(cloud.game.clock.now() + 12)
    cloud.game.put("ParameterTable", Parameter="generator", Holder="somebody", Until=until)
    session, views = sitting(cloud, rounds=1)

    session.play(100)

    assert len(cloud.asked) > 1
    assert any("another round is under way" in view.note for view in views)
    assert session.rounds[0].exact


def test_a_failing_generator_ends_the_sitting(cloud: BenchCloud) -> None:
    """If the generator fails, the error names it, the cause, and where to read more."""
    cloud.failure = {"errorMessage": "no such stream", "errorType": "X"}
    session, _ = sitting(cloud)

    with pytest.raises(WorkshopError, match=r"`generator` failed: no such stream; its log"):
        session.play(100)


def test_a_round_that_comes_in_late_is_explained(cloud: BenchCloud) -> None:
    """A round that was not exact when it was judged and is exact by now was still in flight."""
    game = cloud.game

    def late(messages: list[Message]) -> list[Message]:
        return messages if game.round(messages[0].run_id).get("Points") is not None else messages[1:]

    game.spoil = late
    session, views = sitting(cloud, rounds=1)
    views_show = session.show

    def arrive_and_show(view: GameView) -> None:
        game.work()
        views_show(view)

    session.show = arrive_and_show
    session.play(100)

    [finding] = session.findings.values()
    assert session.rounds[0].exact is False
    assert "still in flight" in finding.headline
    assert views[-1].findings == session.findings


def test_the_generator_is_told_of_rest_and_not_before(cloud: BenchCloud, monkeypatch) -> None:
    """Where the cloud tells, an inexact round is judged once its functions have nothing to do, no earlier."""
    monkeypatch.setattr(game_session, "LOOK_SECONDS", 0.01)
    game, is_told, answers, was_told = cloud.game, threading.Event(), iter([False, False]), []

    def a_round() -> dict[str, Any]:
        return game.round(cloud.asked[0]["run_id"]) if cloud.asked else {}

    def quiet(functions: list[str], *, timeout_seconds: float) -> bool:
        was_told.append("AtRest" in a_round())
        return next(answers, True)

    def work_until_told() -> None:
        game.work()
        assert is_told.wait(30)

    cloud.offline = SimpleNamespace(wait_until_quiet=quiet)
    game.spoil = lambda messages: messages if a_round().get("Points") is not None else messages[1:]
    game.clock.meanwhile = work_until_told
    session, _ = sitting(cloud, rounds=1)

    def show(_: GameView) -> None:
        if "Points" in a_round():
            game.work()
        elif "AtRest" in a_round():
            is_told.set()

    session.show = show

    session.play(100)

    [judged] = session.rounds
    assert judged.exact is False
    assert judged.judged_at - judged.sent_at <= 2
    assert was_told[:3] == [False, False, False]


def test_rounds_of_others_can_be_watched(cloud: BenchCloud) -> None:
    """A sitting that only watches asks for nothing, and ends when enough rounds have ended."""
    session, _ = sitting(cloud, rounds=1)
    cloud.game.clock.meanwhile = lambda: (
        setattr(cloud.game.clock, "meanwhile", cloud.game.work),
        cloud.game.play("theirs", messages=100),
    )

    session.watch()

    assert cloud.asked == []
    assert [each.run_id for each in session.rounds] == ["theirs"]


def test_watching_ends_with_its_time(cloud: BenchCloud) -> None:
    """A sitting that only watches ends when its time is over."""
    session, views = sitting(cloud, rounds=1, seconds=10.0)

    session.watch()

    assert session.rounds == ()
    assert views[-1].board.rounds == ()


def test_nobody_has_to_wait_for_a_round(cloud: BenchCloud) -> None:
    """A round is asked for at once; whoever leaves does not wait for it."""
    cloud.may_answer.clear()
    session, _ = sitting(cloud)

    ticket = start_round(cloud, session.game, run_id="r", messages=100)

    assert not ticket.done.is_set()
    cloud.may_answer.set()
    assert ticket.done.wait(30)
    assert ticket.outcome["points"] == 100


def test_a_round_can_be_made_again(cloud: BenchCloud) -> None:
    """A round that is read back makes exactly the messages that were sent."""
    cloud.game.play("r1", messages=50)

    [played] = read_scoreboard(cloud.game.client, "ParameterTable").rounds
    sent = [json.loads(data) for data in cloud.game.stream.accepted]

    assert [message.trade_id for message in played.sent()] == [fields["TradeID"] for fields in sent]
    assert (played.status, played.messages, played.exact) == ("judged", 50, True)


def test_run_ids_sort_by_time() -> None:
    """A run id begins with the time, fits into its field, and is drawn anew each time."""
    first, second, later = (
        new_run_id(1_750_000_000.0),
        new_run_id(1_750_000_000.0),
        new_run_id(1_750_000_001.0),
    )

    assert first != second
    assert max(first, second) < later
    assert len(later) <= 36


def cloud_with(pipeline: str, levels: str) -> Any:
    """Return a cloud with one stack, called `mine`."""
    stack = {
        "StackName": "mine",
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": "Pipeline", "OutputValue": pipeline}],
        "Parameters": [{"ParameterKey": "HierarchyLevels", "ParameterValue": levels}],
    }
    cloudformation = SimpleNamespace(describe_stacks=lambda **_: {"Stacks": [stack]})
    return SimpleNamespace(client=lambda _: cloudformation)


def test_a_stateless_pipeline_is_not_played_against() -> None:
    """A stateless pipeline is refused with the way out."""
    with pytest.raises(ConfigurationError, match="stateless"):
        find_game(cloud_with("stateless", ",".join(LEVELS)), "mine")


def test_a_schedule_needs_the_run_on_top() -> None:
    """A pipeline that does not sum up by run first is played against by hand alone, and that is said."""
    game = find_game(cloud_with("stateful", "RiskType,TradeDesk,Region"), "mine")

    assert not game.is_apart
    with pytest.raises(ConfigurationError, match="schedule would mix"):
        needs_run_level(game)
    needs_run_level(find_game(cloud_with("stateful", ",".join(LEVELS)), "mine"))
