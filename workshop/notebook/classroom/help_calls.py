"""The call for help of a learner in a class: a button that asks, one that withdraws, and `helped`.

There is one call at a time. What the board says comes from the courier's thread.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path

from workshop.classroom.learner.class_state import HelpCall
from workshop.classroom.learner.delivery import deliver_briefly
from workshop.classroom.learner.membership import read_membership
from workshop.classroom.learner.outbox import Outbox
from workshop.classroom.learner.recording import report
from workshop.clock import Clock
from workshop.notebook.controls.widgets import Buttons
from workshop.notebook.markup.display import Shown
from workshop.notebook.views.cards import status_line

__all__ = ["HelpCalls", "HelpDesk"]

ASK, WITHDRAW = "Ask for help", "Withdraw the call for help"
ASKED = "The class board shows that you need help with `{}`; somebody will come."
NOT_THERE_YET = "That you need help with `{}` will be sent as soon as the class board can be reached."
NOT_KNOWN = (
    "The class board does not know you any more, so it shows no call of yours. Raise your hand, and join "
    "again with the line that its join page shows."
)
CLOSED = "The class is closed, so its board shows no call until it is opened again. Raise your hand."
HELPED = "Helped, says the class board. `{}` asks once more."
WITHDRAWN = "Nobody is called any more."
OVER = "Your call for help with `{}` has ended, as you went on to another notebook or were away for hours."
NOT_KEPT = "This could not be kept on this machine; its disk may be full."
NO_CLASS = "You are in no class any more."
RAISE = "Raise your hand."


class HelpDesk:
    """The learner's call for help, and who shows it."""

    def __init__(self, home: Path, clock: Clock) -> None:
        self._home = home
        self._clock = clock
        self._shown_by: dict[str, Callable[[Shown], None]] = {}
        self._latest = self.call

    @property
    def call(self) -> HelpCall | None:
        """The call that was not withdrawn, or None."""
        membership = read_membership(self._home)
        try:
            return Outbox(self._home, membership.key).help_call if membership else None
        except (sqlite3.Error, OSError):
            return None

    def ask(self, step: str, *, wait: bool = False) -> Shown:
        """Ask for help with a step; `wait` a moment for the board to have it."""
        if not report(self._home, "help", {"step": step}, clock=self._clock):
            return self._tell_all(self._failed("✗ Not asked", RAISE))
        if wait:
            deliver_briefly(self._home)
        return self._tell_all()

    def withdraw(self) -> Shown:
        """Withdraw the call."""
        if not report(self._home, "help_withdrawn", {}, clock=self._clock):
            return self._tell_all(self._failed("✗ Not withdrawn"))
        return self._tell_all()

    def show_with(self, step: str, show: Callable[[Shown], None]) -> None:
        """Let `show` have what changes, in the place of an earlier display of the same step."""
        self._shown_by[step] = show

    def look(self) -> None:
        """Tell everybody if the call stands otherwise than before."""
        if self.call != self._latest:
            self._tell_all()

    def _failed(self, what: str, *advice: str) -> Shown:
        why = NOT_KEPT if read_membership(self._home) else NO_CLASS
        return status_line(what, " ".join([why, *advice]), "bad")

    def _tell_all(self, failed: Shown | None = None) -> Shown:
        """Show what came of a click, or how the call stands, wherever there are buttons."""
        self._latest = self.call
        shown = failed or draw_help(self._latest)
        for show in list(self._shown_by.values()):
            show(shown)
        return shown


class HelpCalls:
    """The buttons of one step, an exercise or a notebook."""

    def __init__(self, desk: HelpDesk, step: str) -> None:
        self._desk = desk
        self._step = step

    def buttons(self) -> Buttons:
        """Return what may be clicked now."""
        call = self._desk.call
        if call is None or call.is_helped or call.is_over or call.step != self._step:
            return {ASK: lambda: self._desk.ask(self._step)}
        return {WITHDRAW: self._desk.withdraw}

    def when_changed(self, show: Callable[[Shown], None]) -> None:
        """Let `show` have what is said after a click, and when the board says that help was there."""
        self._desk.show_with(self._step, show)


def draw_help(call: HelpCall | None) -> Shown:
    """Return how a call for help stands."""
    if call is None or call.is_over:
        return status_line("○ No call", OVER.format(call.step) if call else WITHDRAWN, "info")
    if call.is_helped:
        return status_line("✓ Helped", HELPED.format(ASK), "ok")
    if call.is_unknown:
        return status_line("✗ Not asked", NOT_KNOWN, "bad")
    if not call.has_arrived and call.is_closed:
        return status_line("◐ Not sent yet", CLOSED, "warn")
    if not call.has_arrived:
        return status_line("◐ Not sent yet", NOT_THERE_YET.format(call.step), "warn")
    return status_line("◐ Help is called", ASKED.format(call.step), "warn")
