"""What a long wait tells: what is waited for, how much is left, how long it has lasted and may last.

A wait that is over soon says nothing. A longer one has a line of its own, which moves once a second and goes
when the wait is over, or it moves in the output of the call that waits.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field

from workshop.clock import stopwatch
from workshop.notebook.controls.background import Loop
from workshop.notebook.markup.display import NOTHING, Live, Shown
from workshop.notebook.views.cards import status_line

__all__ = ["WaitLine", "draw_wait", "told_if_it_fails"]

SILENT_SECONDS = 1.5
EVERY_SECONDS = 1.0
LONGEST_SECONDS = 24 * 3600.0


def draw_wait(what: str, left: str, seconds: float, longest: float | None = None) -> Shown:
    """Return the line of a wait, such as `◐ Waiting: until nothing moves · 540 records on the way · 6 s`.

    With the seconds that it lasts at the `longest`, it ends in `6 s of at most 60 s`.
    """
    lasted = (
        f"{seconds:.0f} s" if longest is None else f"{min(seconds, longest):.0f} s of at most {longest:.0f} s"
    )
    return status_line("◐ Waiting", " · ".join(filter(None, [what, left, lasted])), "info")


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


@dataclass(eq=False)
class _Wait:
    """One wait; `longest` is after how many seconds it gives up, None if nobody knows."""

    what: str
    left: Callable[[], str]
    longest: float | None
    begun: float = field(default_factory=stopwatch)


class WaitLine:
    """The waits of one pipeline; of waits within each other the line tells of the innermost."""

    def __init__(self) -> None:
        self._output: Live | None = None
        self._waits: list[_Wait] = []

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
    def telling(self, what: str, left: Callable[[], str], longest: float | None = None) -> Iterator[None]:
        """Tell of a wait while the block lasts; `left` is asked once a second how much is left.

        `longest` is after how many seconds it will give up.
        """
        wait = _Wait(what, left, longest)
        self._waits.append(wait)
        try:
            with nullcontext() if len(self._waits) > 1 else self._line(wait.begun):
                yield
        finally:
            self._waits.remove(wait)

    @contextmanager
    def _line(self, begun: float) -> Iterator[None]:
        given, own = self._output, list[Live]()

        def tell() -> None:
            if stopwatch() - begun < SILENT_SECONDS or not (waits := list(self._waits)):
                return
            shown = _told(waits)
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
            for output in own:
                output.replace(NOTHING)


def _told(waits: Sequence[_Wait]) -> Shown:
    """Return the line of the innermost wait, with what those around it wait for."""
    innermost = waits[-1]
    what = ", ".join(each.what for each in waits)
    return draw_wait(what, _asked(innermost.left), stopwatch() - innermost.begun, innermost.longest)


def _asked(left: Callable[[], str]) -> str:
    try:
        return left()
    except Exception:  # noqa: BLE001 - the wait itself will say what is wrong
        return ""
