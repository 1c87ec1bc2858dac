"""Tells the class now and then that somebody works here, so that who checks nothing is not shown as away.

A cell that was run, a button that was clicked, and a handler file that was saved are signs of work; a kernel
that only asks the board for news is none. Nothing is told but the time.
"""

from workshop.classroom.learner.recording import report
from workshop.course.answers import HANDLERS
from workshop.course.course import Course

__all__ = ["SignsOfWork"]

# No sign is told sooner after another; a board takes nobody to be away for a quarter of an hour.
EVERY_SECONDS = 60.0


class SignsOfWork:
    """What a kernel sees of its learner; for the kernel's thread and its courier's."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._told_at = 0.0
        self._saved_at = self._newest()

    def note(self, *_: object) -> None:
        """Tell that there was a sign, if none was told a moment ago; nothing outside a class."""
        now = self._course.clock.now()
        # A clock that was set back holds nothing up.
        if abs(now - self._told_at) >= EVERY_SECONDS and report(
            self._course.home, "worked", {}, clock=self._course.clock
        ):
            self._told_at = now

    def look(self) -> None:
        """See whether a handler file was saved since the last look."""
        if (newest := self._newest()) != self._saved_at:
            self._saved_at = newest
            self.note()

    def _newest(self) -> float:
        times = [0.0]
        for file in (self._course.root / HANDLERS).glob("state*/*.py"):
            try:
                times.append(file.stat().st_mtime)
            except OSError:  # saved by replacing it at this moment
                continue
        return max(times)
