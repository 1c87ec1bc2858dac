"""The scored game on the learner's own pipeline, shown while it is played."""

from workshop.classroom.learner.recording import LiveScore
from workshop.course.course import Course
from workshop.errors import ConfigurationError
from workshop.game.own_pipeline import borrowed
from workshop.game.play import find_game, set_up
from workshop.game.session import Bounds, GameSession, GameView
from workshop.notebook.controls.waiting import told_if_it_fails
from workshop.notebook.markup.display import Live, show
from workshop.notebook.views.cards import status_line
from workshop.notebook.views.differences import TableMemory
from workshop.notebook.views.game import draw_game

__all__ = ["GameTools"]

# A round that is neither at rest nor exact by then is judged as it is; offline nothing is far away.
OFFLINE_SECONDS = 30.0
LONGEST_GAME_SECONDS = 1_800.0
MOST_ROUNDS, MOST_MESSAGES, LEVELS = 100, 100_000, 2


class GameTools:
    """The game against one pipeline."""

    def __init__(self, course: Course, memory: TableMemory) -> None:
        self._course = course
        self._memory = memory

    def play(self, rounds: int = 1, *, messages: int = 300, level: int = 2) -> Live:
        """Play rounds of the game against this pipeline: 100 points for totals that are exact to the cent.

        Level 1 sends new trades only; in level 2 there are duplicates and stale versions, functions crash,
        and offline batches are cut differently. Empties the pipeline before each round and at the end, and
        ends all faults. Blocks until each round is at rest and judged: offline some ten seconds, on AWS up to
        a minute and a half. A round that is not exact is explained.

        Raises:
            ConfigurationError: this is no stateful pipeline, or there are no such rounds.
            WorkshopError: the generator failed.
        """
        course = self._course
        _check(rounds, messages, level)
        find_game(course.cloud, course.stack)
        score = LiveScore(course.home, clock=course.clock)

        def look(view: GameView) -> None:
            output.update(draw_game(view))
            score.tell(view.board.points)

        output = Live(status_line("◐ Preparing", "deploying the generator beside the pipeline", "info"))
        with told_if_it_fails(output, "the game"):
            game = set_up(course.cloud, course.stack)
            with borrowed(course.cloud, game, empty=self._empty):
                session = GameSession(
                    course.cloud, game, Bounds(rounds, LONGEST_GAME_SECONDS), course.clock, look
                )
                settle = OFFLINE_SECONDS if course.cloud.offline else None
                session.play(messages, level=level, settle_seconds=settle)
        output.close(draw_game(GameView(session.board, session.findings), is_over=True))
        if not all(each.exact for each in session.rounds) and (trouble := course.trouble()):
            show(status_line("▲ Stuck", trouble, "warn"))
        return output

    def _empty(self) -> None:
        self._course.clear()
        self._memory.forget()


def _check(rounds: object, messages: object, level: object) -> None:
    """Refuse a game that cannot be played before anything is emptied for it."""
    for name, value, most in (
        ("rounds", rounds, MOST_ROUNDS),
        ("messages", messages, MOST_MESSAGES),
        ("level", level, LEVELS),
    ):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise ConfigurationError(f"`{name}` is a whole number from 1 to {most:,}, not `{value!r}`")
