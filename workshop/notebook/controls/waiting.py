"""What a long wait tells: what is waited for, how much is left, and for how long it has lasted.

A wait that is over soon says nothing. A longer one has a line of its own, which moves once a second and goes
when the wait is over, or it moves in the output of the call that waits.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from workshop.clock import stopwatch
from workshop.notebook.controls.background import Loop
from workshop.notebook.markup.display import NOTHING, Live, Shown
from workshop.notebook.views.cards import status_line

__all__ = ["WaitLine", "draw_wait", "told_if_it_fails"]

SILENT_SECONDS = 1.5
EVERY_SECONDS = 1.0
LONGEST_SECONDS = 24 * 3600.0


def draw_wait(what: str, left: str, seconds: float) -> Shown:
    """Return the line of a wait, such as `◐ Waiting: until nothing moves · 540 records on the way · 6 s`."""
    return status_line("◐ Waiting", " · ".join(filter(None, [what, left, f"{seconds:.0f} s"])), "info")


@contextmanager
def told_if_it_fails(output: Live, doing: str) -> Iterator[None]:
    """Say in an output that the block was interrupted or failed, so that nothing seems to go on for ever."""
    try:
        yield
    except KeyboardInterrupt:
        output.close(status_line("‖ Interrupted", f"{doing} was stopped half-way", "warn"))
        raise
    except Exception:
        output.close(status_line("✗ Failed", f"{doing} did not come to its end", "bad"))
        raise


class WaitLine:
    """The waits of one pipeline; one at a time has the line, those inside it are part of it."""

    def __init__(self) -> None:
        self._output: Live | None = None
        self._is_waiting = False

    @contextmanager
    def within(self, output: Live, doing: str) -> Iterator[None]:
        """Let the waits of this block move in an output that is there already, which tells if it fails."""
        self._output = output
        try:
            with told_if_it_fails(output, doing):
                yield
        finally:
            self._output = None

    @contextmanager
    def telling(self, what: str, left: Callable[[], str]) -> Iterator[None]:
        """Tell of a wait while the block lasts; `left` is asked once a second how much is left."""
        if self._is_waiting:
            yield
            return
        self._is_waiting, begun, given = True, stopwatch(), self._output
        own: list[Live] = []

        def tell() -> None:
            if (seconds := stopwatch() - begun) < SILENT_SECONDS:
                return
            shown = draw_wait(what, _asked(left), seconds)
            if given is not None:
                given.update(shown)
            elif own:
                own[0].update(shown)
            else:
                own.append(Live(shown))

        try:
            with Loop(f"wait {id(self)}", tell, every=EVERY_SECONDS, seconds=LONGEST_SECONDS):
                yield
        finally:
            self._is_waiting = False
            for output in own:
                output.replace(NOTHING)


def _asked(left: Callable[[], str]) -> str:
    try:
        return left()
    except Exception:  # noqa: BLE001 - the wait itself will say what is wrong
        return ""
