"""Brings reports to the board and the board's word back, once, or in a thread beside a kernel's work.

Whatever fails, the reports stay in the outbox, and nobody who works waits for more than a moment.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from workshop.classroom.learner.calls import CALL_SECONDS, CLOSED_CLASS, UNKNOWN_LEARNER, call
from workshop.classroom.learner.class_state import CLOSED, UNKNOWN, ClassState
from workshop.classroom.learner.leaving import forget_left
from workshop.classroom.learner.membership import Membership, read_membership
from workshop.classroom.learner.outbox import Outbox
from workshop.classroom.learner.released import fetch_released
from workshop.classroom.protocol import pack
from workshop.clock import Clock, SystemClock, stopwatch
from workshop.errors import BoardError
from workshop.settings import has_solutions

if TYPE_CHECKING:
    from typing import Self

__all__ = ["Courier", "bring_released", "deliver", "deliver_briefly", "fetch_news", "poke"]

# How often a kernel asks the board for news; of several kernels, one asks.
ASK_EVERY_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 60.0
BRIEFLY_SECONDS = 1.5
# What may happen to the outbox or on the way, and is no reason to disturb anybody: it is tried again.
TRIED_AGAIN = (BoardError, sqlite3.Error, OSError, ValueError)
# What a board means by a refusal, and the learner is to know.
NOTED = {UNKNOWN_LEARNER: UNKNOWN, CLOSED_CLASS: CLOSED}

_couriers: dict[Path, Courier] = {}
_guard = threading.Lock()


def deliver(
    home: Path, *, clock: Clock | None = None, seconds: float = CALL_SECONDS, ask: bool = True
) -> None:
    """Send what the board has not accepted yet; with nothing to send, `ask` what the board says.

    Does nothing outside a class. That the board does not know this learner, or that the class is closed, is
    kept in the outbox's state.

    Raises:
        BoardError: the board does not answer, or refuses; everything that was not accepted is kept.
    """
    membership = read_membership(home)
    if membership is None:
        return
    outbox, now = Outbox(home, membership.key), (clock or SystemClock()).now()
    try:
        # A file that has never heard of this board may have been lost: the board says first what it has.
        if not outbox.heard_at:
            _ask(outbox, membership, now, seconds)
            ask = False
        if not _send(outbox, membership, now, seconds) and ask:
            _ask(outbox, membership, now, seconds)
    except BoardError as error:
        if error.status in NOTED:
            outbox.note(NOTED[error.status])
        raise


def _send(outbox: Outbox, membership: Membership, now: float, seconds: float) -> bool:
    """Send what is not accepted yet; return whether there was anything."""
    before: int | None = None
    while (reports := outbox.unsent()) and reports[0].number != before:
        before = reports[0].number
        body, _ = pack(reports)
        answer = call(
            membership.address, "POST", "reports", token=membership.token, body=body, seconds=seconds
        )
        accepted, state = answer.get("accepted"), answer.get("state")
        if not isinstance(accepted, int) or accepted < 0 or not isinstance(state, dict):
            raise BoardError(f"the class board at {membership.address} does not say what it has accepted")
        outbox.hear(state, now, accepted=accepted)
    return before is not None


def _ask(outbox: Outbox, membership: Membership, now: float, seconds: float) -> None:
    state = call(membership.address, "GET", "state", token=membership.token, seconds=seconds)
    accepted = state.get("accepted")
    is_known = not outbox.heard_at and isinstance(accepted, int) and accepted >= 0
    outbox.hear(state, now, accepted=accepted if is_known else None)


def fetch_news(home: Path) -> None:
    """Load the solutions that the board has released and that are not here yet; nothing outside a class.

    Raises:
        BoardError: the board does not give them.
    """
    membership = read_membership(home)
    if membership is not None:
        fetch_released(home, membership, Outbox(home, membership.key).state.released)


def deliver_briefly(home: Path, *, ask: bool = False) -> None:
    """Try to deliver and to load for a moment at most; what does not arrive stays in the outbox."""

    def attempt() -> None:
        try:
            deliver(home, seconds=BRIEFLY_SECONDS, ask=ask)
            fetch_news(home)
        except TRIED_AGAIN:
            return

    thread = threading.Thread(target=attempt, name="workshop-class", daemon=True)
    thread.start()
    # Also a name that nobody resolves is waited for no longer than this.
    thread.join(BRIEFLY_SECONDS)


def bring_released(home: Path, root: Path) -> None:
    """Where solutions are held back, ask the board for a moment which ones it has released."""
    if not has_solutions(root) and read_membership(home) is not None:
        deliver_briefly(home, ask=True)


def poke(home: Path) -> bool:
    """Let this process's courier deliver at once; return whether there is one."""
    with _guard:
        courier = _couriers.get(home)
    if courier is not None:
        courier.poke()
    return courier is not None


class Courier:
    """Delivers beside the kernel's own work, and tells what the board says; one for each home.

    After a failure the pauses grow up to a minute. `on_state`, and before each delivery `look`, are called
    from the courier's thread.
    """

    def __init__(
        self,
        home: Path,
        on_state: Callable[[ClassState], None],
        clock: Clock | None = None,
        *,
        look: Callable[[], None] = lambda: None,
    ) -> None:
        self._home = home
        self._on_state = on_state
        self._look = look
        self._clock = clock or SystemClock()
        self._poked = threading.Event()
        self._stopping = False
        self._failures = 0
        self._fetches_again_at = 0.0
        self._thread = threading.Thread(target=self._run, name="workshop-class", daemon=True)

    def start(self) -> Self:
        """Begin, in the place of an earlier courier of the same home."""
        with _guard:
            before = _couriers.get(self._home)
            _couriers[self._home] = self
        if before is not None:
            before.stop()
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the thread, without waiting for a call that is under way."""
        self._stopping = True
        self._poked.set()
        with _guard:
            if _couriers.get(self._home) is self:
                del _couriers[self._home]

    def poke(self) -> None:
        """Deliver at once, or as soon as the call that is under way has ended."""
        self._poked.set()

    def step(self) -> float:
        """Deliver what there is to deliver; return after how many seconds to look again."""
        membership = read_membership(self._home)
        if membership is None:
            self._forget_left()
            return LONGEST_PAUSE_SECONDS
        self._look()
        try:
            self._deliver(membership)
        except TRIED_AGAIN as error:
            self._failures += 1
            told = getattr(error, "wait_seconds", None) or 0.0
            return min(max(2.0**self._failures, told), LONGEST_PAUSE_SECONDS)
        self._failures = 0
        self._fetch()
        return ASK_EVERY_SECONDS

    def _fetch(self) -> None:
        """Load what is released; where that fails, reports and news do not wait for it."""
        now = stopwatch()
        if now < self._fetches_again_at:
            return
        try:
            fetch_news(self._home)
        except TRIED_AGAIN:
            self._fetches_again_at = now + LONGEST_PAUSE_SECONDS

    def _deliver(self, membership: Membership) -> None:
        outbox = Outbox(self._home, membership.key)
        is_old = abs(self._clock.now() - outbox.heard_at) >= ASK_EVERY_SECONDS
        try:
            deliver(self._home, clock=self._clock, ask=is_old)
        finally:
            self._on_state(outbox.state)

    def _forget_left(self) -> None:
        with contextlib.suppress(*TRIED_AGAIN):
            forget_left(self._home)

    def _run(self) -> None:
        # Outside a class, each step does it.
        if read_membership(self._home) is not None:
            self._forget_left()
        while not self._stopping:
            pause = self.step()
            self._poked.wait(pause)
            self._poked.clear()
