"""One invocation of the generator is one round: sent, waited for, judged, scored once."""

import json
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from generator import round as game_round
from generator.judging import Kind, judge
from generator.planning import InvalidRoundError, truth_of_run
from generator.totals import read_run

from tests.game import game_bench
from tests.game.game_bench import GameBench, Stream


def lose_first_answer(game: GameBench, monkeypatch: pytest.MonkeyPatch, name: str) -> list[dict[str, Any]]:
    """Let the first call of an operation be carried out and its answer be lost; return the calls."""
    operation, calls = getattr(game.client, name), []

    def deaf(**request: Any) -> Any:
        calls.append(request)
        answer = operation(**request)
        if len(calls) == 1:
            raise EndpointConnectionError(endpoint_url="http://gone")
        return answer

    monkeypatch.setattr(game.client, name, deaf)
    return calls


def test_an_exact_round_brings_a_hundred_points(game: GameBench) -> None:
    """Totals that equal the truth are worth 100 points, and the round remembers how it was made."""
    outcome = game.play("r1", messages=300)

    assert outcome == {"run_id": "r1", "outcome": "judged", "exact": True, "points": 100, "differences": 0}
    assert game.score == (100, 1, 1)
    assert game.round()["Status"] == "judged"
    assert (game.round()["Messages"], game.round()["Accepted"], game.round()["Exact"]) == (300, 300, True)
    assert json.loads(game.round()["Options"])["seed"] == game.round()["Seed"]


def test_a_verdict_does_not_wait_for_nothing(game: GameBench) -> None:
    """Once the totals are exact and stay so for three seconds, the round is judged."""
    before = game.clock.now()

    game.play()

    assert 3 <= game.clock.now() - before < 6


def test_a_verdict_comes_a_minute_after_the_last_message(game: GameBench) -> None:
    """Totals that never become exact are judged 60 seconds after the last message, not later."""
    game.spoil = lambda messages: messages[1:]

    outcome = game.play()

    assert outcome["points"] == 0
    assert 60 <= float(game.round()["JudgedAt"] - game.round()["SentAt"]) <= 61


def test_a_round_at_rest_is_judged_at_once(game: GameBench) -> None:
    """Told that nothing is under way any more, the generator judges what is there then, exact or not."""
    game.spoil = lambda messages: messages[1:]

    def end_and_tell() -> None:
        game.work()
        game.client.update_item(
            TableName="ParameterTable",
            Key={"Parameter": {"S": "round#r1"}},
            UpdateExpression="SET AtRest = :Yes",
            ExpressionAttributeValues={":Yes": {"BOOL": True}},
        )

    game.clock.meanwhile = end_and_tell
    outcome = game.play()

    assert outcome["points"] == 0
    assert 1 <= float(game.round()["JudgedAt"] - game.round()["SentAt"]) <= 2


def test_a_lost_message_costs_the_round(game: GameBench) -> None:
    """An inexact round brings nothing, and names the leaf, the paths above it and the amounts."""
    game.spoil = lambda messages: messages[1:]

    game.play("r1", messages=1000)

    differences = json.loads(game.round()["Differences"])
    assert game.score == (0, 1, 0)
    assert game.round()["DifferenceCount"] == len(differences) == 4
    assert {Decimal(each["expected"]) - Decimal(each["found"]) for each in differences} == {
        json.loads(game.stream.accepted[0], parse_float=Decimal)["Value"]
    }


def test_overlapping_rounds_do_not_spoil_each_other(game: GameBench) -> None:
    """Two rounds that are sent at the same time are judged each by its own totals."""
    outcomes = []

    def another() -> None:
        game.clock.meanwhile = game.work
        game.put("ParameterTable", Parameter="generator", Holder="nobody", Until=0)
        outcomes.append(game.play("inner", messages=200))

    game.clock.meanwhile = another
    outcomes.append(game.play("outer", messages=200))

    assert [outcome["points"] for outcome in outcomes] == [100, 100]
    assert game.score == (200, 2, 2)


def test_the_lease_of_a_lost_invocation_runs_out(game: GameBench) -> None:
    """An invocation that vanished blocks the game for as long as it could have run, and no longer."""
    game.put(
        "ParameterTable", Parameter="generator", Holder="lost", Until=Decimal(str(game.clock.now() + 100))
    )

    assert game.play("r1")["outcome"] == "busy"

    game.clock.advance(101)
    assert game.play("r1")["outcome"] == "judged"


def test_a_verdict_is_entered_once_though_its_answer_is_lost(
    game: GameBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the answer to the scoring transaction is lost, trying again adds no points."""
    calls = lose_first_answer(game, monkeypatch, "transact_write_items")

    outcome = game.play("r1")

    assert len(calls) == 2
    assert outcome["points"] == 100
    assert game.score == (100, 1, 1)
    assert game.round()["Status"] == "judged"


def test_a_claim_whose_answer_is_lost_stands(game: GameBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An invocation that does not hear that it has claimed its round plays it all the same."""
    calls = lose_first_answer(game, monkeypatch, "put_item")

    assert game.play("r1")["points"] == 100
    assert "Holder" in calls[0]["Item"]


def test_three_exact_rounds_switch_the_faults_on(game: GameBench) -> None:
    """With 300 points the next round has duplicates and modifications, and the functions fail."""
    for number in range(3):
        game.play(f"r{number}", messages=100)
        assert game.setting("faults") == {}

    game.play("r3", messages=400)

    options = json.loads(game.round("r3")["Options"])
    assert (game.round("r2")["Level"], game.round("r3")["Level"]) == (1, 2)
    assert (options["duplicates"], options["modify"]) == (12.5, 3.0)
    assert "crash_after@reduce" in json.loads(game.setting("faults")["Value"])["rates"]
    assert game.score == (400, 4, 4)


def test_faults_that_somebody_chose_stay(game: GameBench) -> None:
    """The second level does not overwrite a fault plan that is there."""
    game.put("ParameterTable", Parameter="score", Value=300, Rounds=3, ExactRounds=3)
    game.put("ParameterTable", Parameter="faults", Value="{}")

    game.play()

    assert game.setting("faults")["Value"] == "{}"


def test_a_game_on_a_schedule_ends(game: GameBench) -> None:
    """After as many rounds as the schedule allows, nothing is sent any more."""
    game.play("r1", max_rounds=1)
    sent = len(game.stream.accepted)

    outcome = game.play("r2", max_rounds=1)

    assert outcome == {"run_id": "r2", "outcome": "over", "rounds": 1}
    assert len(game.stream.accepted) == sent


def test_only_refused_records_are_sent_again(game: GameBench) -> None:
    """Of a call that is partly refused, the refused records alone are sent again."""
    limited = iter([True] * 50)
    game.stream.refuse = lambda number: (
        "ProvisionedThroughputExceededException" if number >= 250 and next(limited, False) else None
    )

    outcome = game.play("r1", messages=300)

    assert game.stream.calls == [300, 50]
    assert outcome["points"] == 100
    assert game.round()["Resent"] == 50


def test_messages_go_out_five_hundred_at_a_time(game: GameBench) -> None:
    """A call holds at most 500 records, as many as PutRecords takes."""
    game.play("r1", messages=1200)

    assert game.stream.calls == [500, 500, 200]


def test_a_duplicate_has_the_bytes_of_its_original(game: GameBench) -> None:
    """What a round sends twice is the same record, byte for byte."""
    game.put("ParameterTable", Parameter="score", Value=300, Rounds=3, ExactRounds=3)

    game.play("r1", messages=400)

    assert len(game.stream.accepted) - len(set(game.stream.accepted)) == 50


def test_a_round_that_cannot_be_sent_is_void(game: GameBench) -> None:
    """If the stream refuses to the end, nobody knows what it holds: no points, no verdict, and the reason."""
    game.stream.refuse = lambda _: "ProvisionedThroughputExceededException"

    outcome = game.play("r1")

    assert outcome["outcome"] == game.round()["Status"] == "void"
    assert "ProvisionedThroughputExceededException" in game.round()["Reason"]
    assert game.score == (0, 0, 0)


def test_a_round_that_the_pipeline_was_cleared_under_is_void(game: GameBench) -> None:
    """A round during which the epoch rose does not count."""

    def clear() -> None:
        game.work()
        game.put("ParameterTable", Parameter="epoch", Number=1)

    game.clock.meanwhile = clear

    assert game.play("r1")["outcome"] == "void"
    assert game.score == (0, 0, 0)

    game.clock.meanwhile = game.work
    assert game.play("r2")["points"] == 100


def test_a_round_that_was_cleared_away_does_not_come_back(game: GameBench) -> None:
    """If the round's item is deleted while it is played, neither round nor points are written again."""

    def clear() -> None:
        game.work()
        game.client.delete_item(TableName="ParameterTable", Key={"Parameter": {"S": "round#r1"}})

    game.clock.meanwhile = clear

    assert game.play("r1")["outcome"] == "void"
    assert game.round() == {}
    assert game.score == (0, 0, 0)


def test_a_failing_round_says_why(game: GameBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected error closes the round with its reason, frees the lease, and reaches Lambda."""

    def explode(_: str) -> Any:
        raise RuntimeError("no table")

    monkeypatch.setattr(game.client, "get_paginator", explode)

    with pytest.raises(RuntimeError, match="no table"):
        game.play("r1")

    assert game.round()["Status"] == "failed"
    assert "no table" in game.round()["Reason"]
    assert int(game.setting("generator")["Until"]) == 0


def test_the_handler_plays_what_its_event_asks_for(game: GameBench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function takes the round from the event, and its id from the request if the event has none."""
    monkeypatch.setattr(game_round, "SystemClock", lambda: game.clock)
    context = SimpleNamespace(aws_request_id="c0ffee", get_remaining_time_in_millis=lambda: 300_000)

    outcome = game_round.handler({"messages": 100}, context)

    assert outcome["run_id"] == "c0ffee"
    assert outcome["points"] == 100


def test_a_schedule_is_refused_without_the_run_on_top(
    game: GameBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A scheduled round is not played against a pipeline that mixes the rounds; nothing is sent."""
    monkeypatch.setenv("HIERARCHY_LEVELS", "RiskType,TradeDesk,Region")

    with pytest.raises(InvalidRoundError, match="RunID"):
        game.play(max_rounds=5)

    assert game.stream == Stream(refuse=game.stream.refuse)


def test_a_level_can_be_asked_for(game: GameBench) -> None:
    """A round is played at the level that its event names, whatever the score is."""
    game.play("r1", messages=100, level=2)

    assert game.round()["Level"] == 2
    assert game.setting("faults") != {}


def test_a_total_that_was_there_before_costs_the_round(
    game: GameBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the run on top every total counts, so a pipeline that was not emptied is not exact."""
    monkeypatch.setenv("HIERARCHY_LEVELS", "RiskType,TradeDesk,Region")
    monkeypatch.setattr(game_bench, "LEVELS", ("RiskType", "TradeDesk", "Region"))

    assert game.play("r1", messages=100)["exact"] is True

    game.put("AggregateTable", Identifier="Vega", Value=1, Trades=1)
    game.put("AggregateTable", Identifier="#rows", Value=1)

    [difference] = judge(
        read_run("AggregateTable", None, clock=game.clock),
        truth_of_run(game.seen, ("RiskType", "TradeDesk", "Region")),
    )
    assert (difference.path, difference.kind) == ("Vega", Kind.EXTRA)
