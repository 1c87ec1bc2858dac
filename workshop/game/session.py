"""A session of the game: plays rounds, or watches those that others play, within bounds.

`show` is called with a view whenever something may have changed. A round that is not exact gets its most
likely cause.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from workshop.clock import Clock
from workshop.errors import CloudNotRunningError, WorkshopError
from workshop.game.cause import RoundCause, find_cause
from workshop.game.own_pipeline import make_ready
from workshop.game.play import Game, Ticket, new_run_id, start_round, tell_rest
from workshop.game.scoreboard import Round, Scoreboard, read_scoreboard
from workshop.pipeline.settle import quiet_of

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["Bounds", "GameSession", "GameView"]

LOOK_SECONDS = 1.0
BUSY_SECONDS = 5.0


@dataclass(frozen=True)
class Bounds:
    """When a session ends: after `rounds` rounds; after `seconds` no further round begins."""

    rounds: int
    seconds: float


@dataclass(frozen=True)
class GameView:
    """What to show: the score and rounds, causes by run id, and a note on what happens at the moment."""

    board: Scoreboard
    findings: dict[str, RoundCause]
    note: str = ""


@dataclass
class GameSession:
    """One session; `rounds` are those that ended during it, in the order in which they began."""

    cloud: Cloud
    game: Game
    bounds: Bounds
    clock: Clock
    show: Callable[[GameView], None]
    findings: dict[str, RoundCause] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._board = self._read()
        self._explained: set[str] = set()
        self._before = frozenset(each.run_id for each in self._board.rounds if each.is_over)
        self._deadline = self.clock.now() + self.bounds.seconds

    @property
    def rounds(self) -> tuple[Round, ...]:
        """The rounds that ended during this session."""
        return tuple(each for each in self._board.rounds if each.is_over and each.run_id not in self._before)

    @property
    def board(self) -> Scoreboard:
        """The game as it was seen last."""
        return self._board

    def play(self, messages: int, *, level: int | None = None, settle_seconds: float | None = None) -> None:
        """Play rounds of `messages` messages, one after the other, each on an empty pipeline if it has to be.

        Without a level the score decides; without `settle_seconds` totals have a minute to become exact.
        Where the cloud tells that nothing is under way any more, a round is judged then.

        Raises:
            WorkshopError: the generator failed, and would fail again.
        """
        played = 0
        while played < self.bounds.rounds and self.clock.now() < self._deadline:
            run_id = new_run_id(self.clock.now())
            if not self.game.is_apart:
                self._look("emptying the pipeline")
                self._make_ready(level, is_first=not played)
            ticket = start_round(
                self.cloud,
                self.game,
                run_id=run_id,
                messages=messages,
                level=level,
                settle_seconds=settle_seconds,
            )
            self._wait_for(ticket)
            if ticket.error:
                # On a learner's own pipeline the generator and its log are gone when this is read.
                log = f"; its log in `/aws/lambda/{self.game.generator}` says more"
                raise WorkshopError(ticket.error + (log if self.game.is_apart else ""))
            if ticket.outcome.get("outcome") == "busy":
                self._look("another round is under way, or was broken off; waiting for it, minutes at most")
                self.clock.sleep(BUSY_SECONDS)
                continue
            played += 1
            self._explain()

    def watch(self) -> None:
        """Watch rounds that others play, until `rounds` of them have ended or the time is over."""
        while len(self.rounds) < self.bounds.rounds and self.clock.now() < self._deadline:
            self._look()
            self._explain()
            self.clock.sleep(LOOK_SECONDS)
        self._look()

    def _make_ready(self, level: int | None, *, is_first: bool) -> None:
        wanted = level or (1 if is_first else self._board.level)
        make_ready(self.cloud, self.game, wanted, is_first=is_first, clock=self.clock)

    def _wait_for(self, ticket: Ticket) -> None:
        while not ticket.done.wait(LOOK_SECONDS):
            self._look()
            self._tell_rest(ticket.run_id)
        self._look()

    def _tell_rest(self, run_id: str) -> None:
        quiet = quiet_of(self.cloud, self.game.target.outputs, clock=self.clock)
        under_way = self._board.round(run_id)
        # All of it was sent before it settles: whatever follows from it is over where all is quiet now.
        if under_way and under_way.is_settling and quiet(0.0):
            # The generator judges without being told as well, only later.
            with suppress(ClientError, BotoCoreError, CloudNotRunningError):
                tell_rest(self.cloud, self.game, run_id)

    def _look(self, note: str = "") -> None:
        try:
            self._board = self._read()
        except (ClientError, BotoCoreError, CloudNotRunningError) as error:
            note = f"the score cannot be read: {error}"
        self.show(GameView(self._board, self.findings, note))

    def _explain(self) -> None:
        for judged in self.rounds:
            if judged.exact is not False or judged.run_id in self._explained:
                continue
            self._explained.add(judged.run_id)
            self.show(GameView(self._board, self.findings, f"looking for the cause in round {judged.run_id}"))
            try:
                self.findings[judged.run_id] = find_cause(
                    self.cloud, self.game.target, judged, clock=self.clock
                )
            except (WorkshopError, ClientError, BotoCoreError) as error:
                self.show(GameView(self._board, self.findings, f"no cause was found: {error}"))
            else:
                self.show(GameView(self._board, self.findings))

    def _read(self) -> Scoreboard:
        return read_scoreboard(self.cloud.client("dynamodb"), self.game.table)
