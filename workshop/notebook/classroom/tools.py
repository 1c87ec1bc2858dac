"""`ws.classroom`: in and out of a class, calls for help, and where the class is.

What the instructor announces is shown above the next cell that runs, with a button that catches up.
"""

import sqlite3
from collections.abc import Callable
from contextlib import suppress

from workshop.classroom.learner.class_state import ClassState
from workshop.classroom.learner.delivery import Courier
from workshop.classroom.learner.joining import join_class
from workshop.classroom.learner.leaving import leave_class
from workshop.classroom.learner.membership import read_left, read_membership, take_damaged
from workshop.classroom.learner.outbox import Outbox
from workshop.classroom.learner.recording import UNKNOWN, report_anew
from workshop.course.catch_up import catch_up, lost_by
from workshop.course.course import Course
from workshop.course.exercises import NOTEBOOKS
from workshop.errors import ConfigurationError
from workshop.notebook.classroom.announcement import draw_announcement, draw_caught_up
from workshop.notebook.classroom.help_calls import HelpCalls, HelpDesk
from workshop.notebook.classroom.signs_of_work import SignsOfWork
from workshop.notebook.content import read_notebook_file
from workshop.notebook.controls.widgets import ButtonRow, Buttons, Control, show_control
from workshop.notebook.markup.display import NOTHING, Live, Shown, shell, show
from workshop.notebook.views.cards import status_line
from workshop.notebook.views.errors import error_lines
from workshop.settings import CLASS_FILE

__all__ = ["ClassTools"]

# IPython calls what waits for these above the output of each cell, and after each cell and each click.
BEFORE_A_CELL, AFTER_AN_ACT = "pre_run_cell", "post_execute"
NO_MEMBER = (
    "`{}` cannot be read, so you are in no class any more, and nothing is reported. Join again with the "
    "address of the join page, and with another alias if yours is taken; or delete that file."
)
_watching: list[tuple[str, Callable[..., None]]] = []


class ClassTools:
    """The class that this learner is in, if any."""

    def __init__(self, course: Course, notebook: str) -> None:
        self._course = course
        self._notebook = notebook
        self._desk = HelpDesk(course.home, course.clock)
        self._signs = SignsOfWork(course)
        self._state = ClassState()
        self._told: str | None = None
        self._is_told_unknown = False
        self._courier: Courier | None = None

    @property
    def warning(self) -> str:
        """What to tell whoever was in a class and is in none, since the file of it is damaged."""
        file = self._course.home / CLASS_FILE
        return NO_MEMBER.format(file) if file.exists() and read_membership(file.parent) is None else ""

    def join(self, invitation: str, alias: str | None = None) -> Shown:
        """Join a class with the address and code that its board shows, under an `alias` of your choice.

        Checks then report by themselves: alias, steps with outcomes, attempts, hints, calls for help, scores
        and times, and nothing else. Joining again changes the alias. Blocks for some seconds at most.

        Raises:
            ConfigurationError: nobody answers there, the code is not this class's, or the alias is taken.
        """
        notes: list[str] = []
        joined = join_class(self._course.home, invitation, alias, tell=notes.append)
        self.begin()
        told = (
            f"{joined.class_name}: you are {joined.alias}. Checks report by themselves, until "
            "`ws.leave()`. Made-up messages are your own from now on, and so are your numbers."
        )
        return show(status_line("✓ In the class", " ".join([told, *notes]), "ok"))

    def leave(self) -> Shown:
        """Leave the class: nothing is reported any more, and its board forgets you once it can be reached."""
        if self._courier is not None:
            self._courier.stop()
        left = leave_class(self._course.home)
        self.begin()
        told = " ".join([left.told if left else "You were in no class.", *take_damaged()])
        return show(status_line("○ In no class", told, "info"))

    def ask_for_help(self, step: str | None = None) -> Shown:
        """Let the class board show that you need help with an exercise, by its id, or with this notebook.

        Raises:
            ConfigurationError: you are in no class.
        """
        self._needs_class()
        return show(self._desk.ask(step or self._notebook, wait=True))

    def withdraw_help(self) -> Shown:
        """Take the call for help back.

        Raises:
            ConfigurationError: you are in no class.
        """
        self._needs_class()
        return show(self._desk.withdraw())

    def help_calls(self, step: str) -> HelpCalls | None:
        """Return the buttons that call for help with a step; None outside a class."""
        return HelpCalls(self._desk, step) if read_membership(self._course.home) else None

    def begin(self) -> None:
        """Report beside the cells from now on, and show what the class says; nothing outside a class."""
        membership = read_membership(self._course.home)
        if membership is None and not read_left(self._course.home):
            return
        self._courier = Courier(
            self._course.home, self._hear, self._course.clock, look=self._signs.look
        ).start()
        if membership is None:
            return
        with suppress(sqlite3.Error, OSError):
            self._state = Outbox(self._course.home, membership.key).state
        self._show_help_row()
        self._announce()
        if (running := shell()) is not None:
            # The notebook's first cell may run again: one of its sessions watches.
            while _watching:
                with suppress(ValueError):
                    running.events.unregister(*_watching.pop())
            _watching.extend([(BEFORE_A_CELL, self._announce), (AFTER_AN_ACT, self._signs.note)])
            for each in _watching:
                running.events.register(*each)

    def _needs_class(self) -> None:
        if read_membership(self._course.home) is None:
            raise ConfigurationError('you are in no class; join one with `ws.join("…", alias="…")`')

    def _hear(self, state: ClassState) -> None:
        """Take what the board said; called from the courier's thread."""
        self._state = state
        self._desk.look()

    def _show_help_row(self) -> None:
        calls = HelpCalls(self._desk, self._notebook)
        below: list[Live] = []

        def tell(shown: Shown) -> None:
            below[0].update(shown)
            row.offer(calls.buttons())

        row = ButtonRow(calls.buttons(), tell)
        if show_control(row.widget, f"Buttons: {', '.join(calls.buttons())}") is None:
            return
        below.append(Live(NOTHING))
        calls.when_changed(tell)

    def _announce(self, *_: object) -> None:
        """Say once where the class is, if it is further than this notebook, and what is wrong with it."""
        for told in report_anew(self._course.home):
            show(status_line("! Damaged", told, "warn"))
        if self._state.is_unknown and not self._is_told_unknown:
            show(status_line("✗ In no class", UNKNOWN, "bad"))
        self._is_told_unknown = self._state.is_unknown
        announced = self._state.announced
        if announced in {None, self._told} or announced not in NOTEBOOKS:
            return
        self._told = announced
        if announced > self._notebook:
            _Announcement(self._course, announced).begin()


class _Announcement:
    """Where the class is, above a cell, with a button that catches up."""

    def __init__(self, course: Course, notebook: str) -> None:
        self._course = course
        self._notebook = notebook
        self._file = read_notebook_file(course.root, notebook)
        self._control: Control | None = None

    def begin(self) -> None:
        """Show it."""
        self._output = Live(draw_announcement(self._notebook, self._file.title))
        self._row = ButtonRow(self._buttons, self._output.update)
        self._control = show_control(self._row.widget, f"Button: Catch up with {self._notebook}")
        self._output.close()

    @property
    def _buttons(self) -> Buttons:
        return {f"Catch up with {self._notebook}": self._ask}

    def _ask(self) -> None:
        """Catch up at once where nothing is lost by it; else a second click says that it may be."""
        if not (lost := lost_by(self._course, self._notebook)):
            self._catch_up()
            return
        self._row.offer({"Catch up, and delete that": self._catch_up, "Not now": self._leave_it})
        self._output.update(status_line("△ Catch up?", lost, "warn"))

    def _leave_it(self) -> None:
        self._row.offer(self._buttons)
        self._output.update(draw_announcement(self._notebook, self._file.title))

    def _catch_up(self) -> None:
        done: list[str] = []

        def tell(step: str) -> None:
            done.append(step)
            self._output.update(draw_caught_up(self._notebook, self._file, done, is_over=False))

        try:
            catch_up(self._course, self._notebook, say=tell)
        # Whatever it is, a card that seems to go on for ever is worse.
        except Exception as error:  # noqa: BLE001
            told = " · ".join(error_lines(error, error.__traceback__))
            self._output.update(status_line("✗ Not caught up", told, "bad"))
            self._row.offer(self._buttons)
            return
        self._output.update(draw_caught_up(self._notebook, self._file, done, is_over=True))
        if self._control is not None:
            self._control.close()
