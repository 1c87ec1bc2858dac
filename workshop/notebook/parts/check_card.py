"""The card of a check: its verdict, with buttons for a hint, the solution, the starter and another look.

Hints and solutions appear below the verdict. The starter is put back only after a second click. A check of a
handler file can be repeated whenever that file is saved.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workshop.course.exercise import CheckResult, Exercise, Outcome
from workshop.course.files import saved_at
from workshop.notebook.classroom.help_calls import HelpCalls
from workshop.notebook.controls.background import Loop, stop_named
from workshop.notebook.controls.waiting import WaitLine
from workshop.notebook.controls.widgets import ButtonRow, Buttons, show_control
from workshop.notebook.markup.display import NOTHING, Live, Shown
from workshop.notebook.views.cards import status_line, verdict_card

__all__ = ["CheckActions", "CheckCard"]

LOOK_EVERY_SECONDS = 0.5
WATCH_SECONDS = 3_600.0
LOOKING = CheckResult(Outcome.NOT_ATTEMPTED, "Looking …")


@dataclass(frozen=True)
class CheckActions:
    """What the buttons of a card do; `file` is the handler file that holds the answer, if one does.

    `look` judges, records, and returns the verdict with a sentence on what to do next; what it waits for goes
    to the line that it is given. `help_calls` is given
    in a class, whose board shows that help is needed.
    """

    look: Callable[[WaitLine], tuple[CheckResult, str]]
    hint: Callable[[], Shown]
    solution: Callable[[], Shown]
    reset: Callable[[], Shown]
    file: Path | None = None
    help_calls: HelpCalls | None = None


class CheckCard:
    """One check in the output of its cell; the buttons work as long as the kernel lives."""

    def __init__(self, exercise: Exercise, actions: CheckActions) -> None:
        self._exercise = exercise
        self._actions = actions
        self._looking = verdict_card(exercise, LOOKING, is_looking=True)
        self._output = Live(self._looking)
        self._below: Live | None = None
        self._wait = WaitLine()
        self.row = ButtonRow(self._buttons(), self._tell)
        self._loop = f"check {exercise.id}"
        # A card of the same exercise that still watches its file has gone from the output.
        stop_named(self._loop)
        if actions.help_calls is not None:
            actions.help_calls.when_changed(self._tell_of_help)

    def check(self) -> CheckResult:
        """Look at the answer and show the verdict; the buttons come with the first one."""
        self._output.update(self._looking)
        with self._wait.within(self._output, "the check"), self._wait.telling("for the check", str):
            verdict, next_step = self._actions.look(self._wait)
        self._output.close(verdict_card(self._exercise, verdict, next_step))
        if self._below is None and self._show_buttons():
            self._below = Live(NOTHING)
        return verdict

    def _buttons(self) -> Buttons:
        file = self._actions.file
        watch: Buttons = {"Check when saved": lambda: self._watch(file)} if file else {}
        return {
            "Check again": self.check,
            **watch,
            "Hint": lambda: self._tell(self._actions.hint()),
            "Solution": lambda: self._tell(self._actions.solution()),
            "Reset": self._ask_to_reset,
            **(self._actions.help_calls.buttons() if self._actions.help_calls else {}),
        }

    def _tell_of_help(self, shown: Shown) -> None:
        self._tell(shown)
        self.row.offer(self._buttons())

    def _ask_to_reset(self) -> None:
        self.row.offer({"Put the starter back": self._reset, "Keep my answer": self._keep})
        what = "A copy of what you wrote is kept." if self._actions.file else self._undone
        then = "The exercise then counts as not begun; help that you took stays counted."
        self._tell(status_line("△ Reset?", f"{what} {then}", "warn"))

    @property
    def _undone(self) -> str:
        if self._exercise.undo is None:
            return "Nothing in the cloud is changed, nor is your cell."
        return "What your cell has made in the cloud is deleted; the cell itself stays as it is."

    def _reset(self) -> None:
        self._tell(self._actions.reset())
        self.row.offer(self._buttons())

    def _keep(self) -> None:
        self._tell(NOTHING)
        self.row.offer(self._buttons())

    def _watch(self, file: Path) -> None:
        """Check again whenever the handler file is saved, for an hour at most."""
        seen = saved_at(file)

        def look() -> None:
            nonlocal seen
            if (now := saved_at(file)) not in {None, seen}:
                seen = now
                self.check()

        def end(error: BaseException | None) -> None:
            self._tell(status_line("✗ Stopped", f"The check failed: {error}", "bad") if error else NOTHING)
            self.row.offer(self._buttons())

        loop = Loop(self._loop, look, every=LOOK_EVERY_SECONDS, seconds=WATCH_SECONDS, on_end=end).start()
        self._tell(status_line("◐ Watching", f"Checks again when you save `{file.name}`.", "info"))
        self.row.offer({"Stop watching": loop.stop})

    def _show_buttons(self) -> bool:
        label = f"Buttons: {', '.join(self._buttons())}"
        return show_control(self.row.widget, label) is not None

    def _tell(self, shown: Shown) -> None:
        if self._below is not None:
            self._below.update(shown)
