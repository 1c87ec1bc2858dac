"""`workshop play`: the scored game against a pipeline, with a live scoreboard."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from workshop.cli.options import CloudChoice, JsonOption, cloud_options, console, print_json
from workshop.cli.views.deploy_progress import DeployProgress
from workshop.cli.views.play_board import GamePrinter, document_of, draw_view
from workshop.clock import SystemClock
from workshop.cloud.connection import Cloud
from workshop.errors import ConfigurationError
from workshop.game.play import Game, find_game, set_up
from workshop.game.scoreboard import read_scoreboard
from workshop.game.session import Bounds, GameSession, GameView

__all__ = ["play"]


GameArgument = Annotated[
    str | None,
    typer.Argument(help="A stateful pipeline with RunID as its first level; else one is deployed."),
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
    stack: GameArgument = None,
    *,
    rounds: Annotated[int, typer.Option(help="Rounds after which the game ends.", min=1)] = 5,
    minutes: Annotated[float, typer.Option(help="Minutes after which no round begins.", min=0.1)] = 30.0,
    messages: Annotated[int, typer.Option(help="Messages of a round.", min=1, max=100_000)] = 10_000,
    variant: VariantOption = "ledger",
    schedule: ScheduleOption = False,
    watch_only: WatchOption = False,
    as_json: JsonOption = False,
    cloud: CloudChoice,
) -> None:
    """Play rounds against a pipeline: 100 points for totals that are exact within a minute; Ctrl-C ends it.

    From 300 points on there are duplicates and stale versions, and the functions fail. A round that is not
    exact is explained. The exit code is 0 if every round was exact.
    """
    if schedule and watch_only:
        raise ConfigurationError("`--schedule` starts a game, `--watch-only` starts none; choose one of them")
    connected, people = cloud.connect(), console(stderr=as_json)
    people.print(connected.badge, soft_wrap=True)
    bounds = Bounds(rounds, minutes * 60)
    if watch_only:
        game = find_game(connected, stack)
    else:
        parameters = _schedule(connected, stack, bounds, messages) if schedule else {}
        game = _deployed(connected, stack, people, variant=variant, parameters=parameters)
    stage = _Stage(people, title=f"{game.target.stack}: the game", badge=connected.badge)
    session = GameSession(connected, game, bounds, SystemClock(), stage.show)
    stage.begin(session)
    is_played_here = not (watch_only or schedule)
    was_ended = stage.run((lambda: session.play(messages)) if is_played_here else session.watch)
    if was_ended:
        people.print(_farewell(stack, is_played_here=is_played_here))
    if as_json:
        print_json(document_of(session.rounds, session.board, session.findings))
    if not all(each.exact for each in session.rounds):
        raise typer.Exit(1)


def _deployed(
    cloud: Cloud, stack: str | None, people: Console, *, variant: str, parameters: Mapping[str, str]
) -> Game:
    progress = DeployProgress(people)
    with progress.running():
        return set_up(cloud, stack, variant=variant, parameters=parameters, on_event=progress.tell)


def _schedule(cloud: Cloud, stack: str | None, bounds: Bounds, messages: int) -> dict[str, str]:
    """Return the parameters with which the cloud plays by itself, within the bounds."""
    now = cloud.offline.now() if cloud.offline else SystemClock().now()
    end = datetime.fromtimestamp(now, UTC) + timedelta(seconds=bounds.seconds)
    return {
        "ScheduleState": "ENABLED",
        "EndDate": f"{end:%Y-%m-%dT%H:%M:%SZ}",
        "MaxRounds": str(_judged(cloud, stack) + bounds.rounds),
        "MessagesPerRound": str(messages),
    }


def _judged(cloud: Cloud, stack: str | None) -> int:
    """Return how many rounds have been judged, none if the pipeline is still to be deployed."""
    try:
        game = find_game(cloud, stack)
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


def _farewell(stack: str | None, *, is_played_here: bool) -> str:
    """Say what becomes of a game that its player has left."""
    said = "The round that is under way is judged in the cloud." if is_played_here else "The game goes on."
    command = " ".join(filter(None, ["workshop play", stack, "--watch-only"]))
    return f"{said} `{command}` shows it."
