"""Plays the game: deploys what is missing, and lets GeneratorLambda play one round after the other.

The generator is invoked as its schedule invokes it, but synchronously. Nothing is drawn here.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from workshop.deploy.stacks import StackEvent, deploy, list_stacks
from workshop.errors import CloudNotRunningError, ConfigurationError
from workshop.game.scoreboard import RUN_LEVEL
from workshop.pipeline.target import Target, find_target

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = [
    "GAME_STACK",
    "Game",
    "Ticket",
    "find_game",
    "generator_stack",
    "needs_run_level",
    "new_run_id",
    "set_up",
    "start_round",
    "tell_rest",
]

GAME_STACK = "trade-risk-game"
GAME_LEVELS = f"{RUN_LEVEL},RiskType,TradeDesk,Region"
# Outputs of the pipeline that the game's stack takes as parameters.
TAKEN_OVER = ("StreamName", "AggregateTableName", "ParameterTableName")


@dataclass(frozen=True)
class Game:
    """The pipeline that is played against, and the name of the generator; empty if it is not deployed."""

    target: Target
    generator: str = ""

    @property
    def is_apart(self) -> bool:
        """Whether the totals of a round lie apart from all others, so that the pipeline need not be empty."""
        return self.target.order[0] == RUN_LEVEL

    @property
    def table(self) -> str:
        """The table with the score."""
        return self.target.outputs["ParameterTableName"]


@dataclass
class Ticket:
    """A round that was started: `outcome` is the generator's answer, `error` why it gave none."""

    run_id: str
    outcome: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    done: threading.Event = field(default_factory=threading.Event)


def find_game(cloud: Cloud, stack: str | None = None) -> Game:
    """Return the game of a deployed stack.

    Raises:
        StackNotFoundError: there is no such stack.
        ConfigurationError: the game cannot be played against this pipeline.
    """
    return Game(_playable(find_target(cloud, stack or GAME_STACK)))


def needs_run_level(game: Game) -> None:
    """Refuse a game that plays by itself where nobody empties the pipeline between its rounds.

    Raises:
        ConfigurationError: the rounds would mix.
    """
    if not game.is_apart:
        raise ConfigurationError(
            f"`{game.target.stack}` sums up by {', '.join(game.target.order)}, so that rounds of a "
            f"schedule would mix; deploy it with `--set HierarchyLevels={GAME_LEVELS}`, or name no stack, so "
            "that one is deployed"
        )


def set_up(
    cloud: Cloud,
    stack: str | None = None,
    *,
    variant: str = "ledger",
    parameters: Mapping[str, str] | None = None,
    on_event: Callable[[StackEvent], None] | None = None,
) -> Game:
    """Deploy what is missing of a game: a pipeline of its own if no stack is named, and the generator.

    A pipeline that is there stays as it is. `parameters` are those of the game's template.

    Raises:
        StackNotFoundError: the stack that is named is not there.
        ConfigurationError: the game cannot be played against this pipeline.
        DeploymentError: CloudFormation refused or rolled back.
    """
    name = stack or GAME_STACK
    if stack is None and name not in {each.name for each in list_stacks(cloud) if each.outputs}:
        deploy(
            cloud, "stateful", stack=name, variant=variant, parameters=_parameters(cloud), on_event=on_event
        )
    target = _playable(find_target(cloud, name))
    taken = {name: target.outputs[name] for name in TAKEN_OVER} | {"AlarmTopicArn": target.alarm_topic}
    deployment = deploy(
        cloud,
        "game",
        stack=generator_stack(name),
        parameters={**taken, "HierarchyLevels": ",".join(target.order), **(parameters or {})},
        on_event=on_event,
    )
    return Game(target, deployment.outputs["GeneratorLambdaName"])


def generator_stack(pipeline: str) -> str:
    """Return the name of the stack with the generator that plays against a pipeline."""
    return f"{pipeline}-generator"


def new_run_id(now: float) -> str:
    """Return a run id that sorts by time and is unique within a second."""
    return f"{datetime.fromtimestamp(now, UTC):%Y-%m-%dT%H%M%SZ}-{secrets.token_hex(2)}"


def start_round(
    cloud: Cloud,
    game: Game,
    *,
    run_id: str,
    messages: int,
    level: int | None = None,
    settle_seconds: float | None = None,
) -> Ticket:
    """Start a round and return at once; the ticket's `done` is set when it is over.

    Without a level the score decides; without `settle_seconds` totals have a minute to become exact.

    The round goes on in the cloud, and is judged there, even if this process ends.
    """
    ticket = Ticket(run_id)
    wishes = {"level": level, "settle_seconds": settle_seconds}
    given = {name: value for name, value in wishes.items() if value is not None}
    event = json.dumps({"run_id": run_id, "messages": messages, **given})
    # A daemon, so that the process can end before the round does.
    threading.Thread(target=_invoke, args=(cloud, game, event, ticket), name="round", daemon=True).start()
    return ticket


def tell_rest(cloud: Cloud, game: Game, run_id: str) -> None:
    """Tell the generator that nothing of a round is under way any more, so that it judges at once.

    Where nobody tells, as on AWS, it waits until the time for settling is over. May be repeated.

    Raises:
        ClientError: there is no such round any more, or DynamoDB refused.
    """
    cloud.client("dynamodb").update_item(
        TableName=game.table,
        Key={"Parameter": {"S": f"round#{run_id}"}},
        UpdateExpression="SET AtRest = :AtRest",
        ConditionExpression="attribute_exists(RunID)",
        ExpressionAttributeValues={":AtRest": {"BOOL": True}},
    )


def _parameters(cloud: Cloud) -> dict[str, str]:
    """Return what a pipeline for a game needs: rounds kept apart, and on AWS a State that keeps up with them.

    There a batch waits for a hundred writes one after the other; offline it waits for the processor.
    """
    levels = {"HierarchyLevels": GAME_LEVELS}
    return levels if cloud.offline else {**levels, "StateParallelizationFactor": "5"}


def _invoke(cloud: Cloud, game: Game, event: str, ticket: Ticket) -> None:
    try:
        answer = cloud.client("lambda").invoke(FunctionName=game.generator, Payload=event.encode())
        document = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            ticket.error = f"`{game.generator}` failed: {document.get('errorMessage', document)}"
        else:
            ticket.outcome = document
    except (ClientError, BotoCoreError, CloudNotRunningError, ValueError) as error:
        ticket.error = f"`{game.generator}` could not be invoked: {error}"
    finally:
        ticket.done.set()


def _playable(target: Target) -> Target:
    if target.pipeline != "stateful":
        raise ConfigurationError(
            f"`{target.stack}` is a {target.pipeline} stack, and the game sends duplicates and stale "
            "versions, for which it needs a stateful one; name another, or none, so that one is deployed"
        )
    return target
