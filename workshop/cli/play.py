"""`workshop play`: the scored game against a pipeline, with a live scoreboard."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from workshop.classroom.learner.recording import LiveScore
from workshop.cli.clear import begin_run
from workshop.cli.options import (
    CloudChoice,
    JsonOption,
    YesOption,
    agree,
    cloud_options,
    console,
    print_json,
    say_delivered,
)
from workshop.cli.views.deploy_progress import DeployProgress
from workshop.cli.views.play_board import GamePrinter, document_of, draw_view
from workshop.clock import SystemClock
from workshop.cloud.connection import Cloud
from workshop.errors import CloudNotRunningError, ConfigurationError
from workshop.game.own_pipeline import borrowed
from workshop.game.play import GAME_STACK, Game, find_game, needs_run_level, set_up
from workshop.game.scoreboard import read_scoreboard
from workshop.game.session import Bounds, GameSession, GameView
from workshop.pipeline.operations.clear import clear
from workshop.settings import home_folder

__all__ = ["play"]

LARGE_ROUND = 10_000
SMALL_ROUND = 1_000
StackOption = Annotated[
    str | None,
    typer.Option(
        "--stack",
        help="A stateful pipeline to play against, such as course-stateful; else one is deployed. "
        "Unless its first level is RunID, it is emptied before each round and at the end.",
    ),
]
MessagesOption = Annotated[
    int | None,
    typer.Option(
        help="Messages of a round; by default 10,000, or 1,000 where it is emptied.", min=1, max=100_000
    ),
]
LevelOption = Annotated[
    int | None, typer.Option(help="Play this level, whatever the score is: 1 or 2.", min=1, max=2)
]
VariantOption = Annotated[
    str, typer.Option(help="Handlers of a pipeline that is deployed: starter, textbook or ledger.")
]
ScheduleOption = Annotated[
    bool, typer.Option("--schedule", help="Let the cloud play a round every minute, and watch.")
]
WatchOption = Annotated[
    bool, typer.Option("--watch-only", help="Deploy and play nothing; show what others play.")
]


@cloud_options
def play(  # noqa: PLR0913 - each argument is an option of the command
    *,
    stack: StackOption = None,
    rounds: Annotated[int, typer.Option(help="Rounds after which the game ends.", min=1)] = 5,
    minutes: Annotated[float, typer.Option(help="Minutes after which no round begins.", min=0.1)] = 30.0,
    messages: MessagesOption = None,
    level: LevelOption = None,
    variant: VariantOption = "ledger",
    schedule: ScheduleOption = False,
    watch_only: WatchOption = False,
    yes: YesOption = False,
    as_json: JsonOption = False,
    cloud: CloudChoice,
) -> None:
    """Play rounds against a pipeline: 100 points for totals that are exact within a minute; Ctrl-C ends it.

    From 300 points on there are duplicates and stale versions, and the functions fail. A round that is not
    exact is explained. The exit code is 0 if every round was exact.
    """
    if schedule and (watch_only or level):
        raise ConfigurationError(
            "`--schedule` starts a game of its own; leave out `--watch-only` and `--level`"
        )
    connected, people = cloud.connect(), console(stderr=as_json)
    people.print(connected.badge, soft_wrap=True)
    bounds, wishes = Bounds(rounds, minutes * 60), _Wishes(messages, level)
    is_played_here = not (watch_only or schedule)
    if watch_only:
        game = find_game(connected, stack)
    else:
        if stack and not (mine := find_game(connected, stack)).is_apart:
            _consider(mine, schedule=schedule, yes=yes)
        parameters = _schedule(connected, stack, bounds, wishes) if schedule else {}
        game = _deployed(connected, stack, people, variant=variant, parameters=parameters)
    with _lent(connected, game, people) if is_played_here and not game.is_apart else nullcontext():
        session = _sit(connected, game, bounds, people, wishes if is_played_here else None)
    if as_json:
        print_json(document_of(session.rounds, session.board, session.findings))
    if not all(each.exact for each in session.rounds):
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Wishes:
    """What the player wants of a round."""

    messages: int | None
    level: int | None

    def messages_of(self, *, is_large: bool) -> int:
        """Return how many messages a round has."""
        return self.messages or (LARGE_ROUND if is_large else SMALL_ROUND)


def _consider(game: Game, *, schedule: bool, yes: bool) -> None:
    """Go on only if the player agrees that the pipeline is emptied; a schedule could not empty it."""
    if schedule:
        needs_run_level(game)
    agree(
        f"Playing empties `{game.target.stack}` before each round and at the end: its trades and totals "
        "are deleted, and faults that you have set are ended.",
        yes=yes,
    )


@contextmanager
def _lent(cloud: Cloud, game: Game, people: Console) -> Iterator[None]:
    """Play on a pipeline that is emptied, and say at the end how it is left."""
    stack = game.target.stack
    with borrowed(cloud, game, empty=lambda: clear(cloud, stack)):
        yield
    begin_run(cloud, game.target)
    people.print(f"`{stack}` is empty again, and the generator is gone.", markup=False, soft_wrap=True)


def _sit(cloud: Cloud, game: Game, bounds: Bounds, people: Console, wishes: _Wishes | None) -> GameSession:
    """Play the game as wished, or watch it; return the session as it ended."""
    stage = _Stage(people, title=f"{game.target.stack}: the game", badge=cloud.badge)
    score = LiveScore(home_folder())

    def look(view: GameView) -> None:
        stage.show(view)
        if wishes is not None and score.tell(view.board.points):
            say_delivered(people)

    session = GameSession(cloud, game, bounds, SystemClock(), look)
    stage.begin(session)

    def go_on() -> None:
        if wishes is None:
            session.watch()
        else:
            session.play(wishes.messages_of(is_large=game.is_apart), level=wishes.level)

    if stage.run(go_on):
        people.print(_farewell(game, is_played_here=wishes is not None))
    return session


def _deployed(
    cloud: Cloud, stack: str | None, people: Console, *, variant: str, parameters: Mapping[str, str]
) -> Game:
    progress = DeployProgress(people)
    with progress.running():
        return set_up(cloud, stack, variant=variant, parameters=parameters, on_event=progress.tell)


def _schedule(cloud: Cloud, stack: str | None, bounds: Bounds, wishes: _Wishes) -> dict[str, str]:
    """Return the parameters with which the cloud plays by itself, within the bounds."""
    now = cloud.offline.now() if cloud.offline else SystemClock().now()
    end = datetime.fromtimestamp(now, UTC) + timedelta(seconds=bounds.seconds)
    return {
        "ScheduleState": "ENABLED",
        "EndDate": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "MaxRounds": str(_judged(cloud, stack) + bounds.rounds),
        "MessagesPerRound": str(wishes.messages_of(is_large=True)),
    }


def _judged(cloud: Cloud, stack: str | None) -> int:
    """Return how many rounds have been judged, none if the pipeline is still to be deployed."""
    try:
        game = find_game(cloud, stack)
    except CloudNotRunningError:
        raise
    except ConfigurationError:
        return 0
    return read_scoreboard(cloud.client("dynamodb"), game.table).judged


class _Stage:
    """Where the game is shown: redrawn in a terminal, told in lines elsewhere."""

    def __init__(self, people: Console, *, title: str, badge: str) -> None:
        self._people = people
        self._title = title
        self._badge = badge
        self._live: Live | None = None
        self._teller: GamePrinter | None = None

    def begin(self, session: GameSession) -> None:
        """Take what is known already as told."""
        self._teller = GamePrinter(
            lambda line: self._people.print(line, markup=False, soft_wrap=True), known=session.board
        )

    def show(self, view: GameView) -> None:
        """Show a view."""
        if self._live is not None:
            self._live.update(draw_view(view, title=self._title, badge=self._badge), refresh=True)
        elif self._teller is not None:
            self._teller.show(view)

    def run(self, game: Callable[[], None]) -> bool:
        """Show the game while it runs; say whether Ctrl-C ended it. What is seen stays."""
        try:
            if self._people.is_terminal:
                with Live(console=self._people, auto_refresh=False) as self._live:
                    game()
            else:
                game()
        except KeyboardInterrupt:
            return True
        return False


def _farewell(game: Game, *, is_played_here: bool) -> str:
    """Say what becomes of a game that its player has left."""
    if is_played_here and not game.is_apart:
        return "The round that is under way is given up."
    said = "The round that is under way is judged in the cloud." if is_played_here else "The game goes on."
    stack = "" if game.target.stack == GAME_STACK else f"--stack {game.target.stack} "
    return f"{said} `workshop play {stack}--watch-only` shows it."
