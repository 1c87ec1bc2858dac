"""Totals judged only while nothing moves: what changes under a check's eyes is neither right nor wrong.

In goes a course and how to judge it at rest, out comes that verdict, or word of what still moves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workshop.course.exercise import CheckResult, not_attempted

if TYPE_CHECKING:
    from workshop.course.course import Course
    from workshop.course.rest import Rest

__all__ = ["judged_at_rest"]

AGAIN = "Nothing has been judged: let it come to rest (`ws.rest()` waits for that) and run the check again."


def judged_at_rest(course: Course, judge: Callable[[Rest], CheckResult]) -> CheckResult:
    """Return the verdict on the totals at rest; *not attempted* if they are not, or did not stay so.

    Totals that are wrong behind a batch that fails again and again are judged, since they stay like that.
    Nothing is passed as long as a record is on its way, which may change them yet.
    """
    sent = course.sent.records()
    rest = course.rest_state()
    if not rest.is_certain:
        return not_attempted(f"Still moving: {rest.held_up}. {AGAIN}")
    verdict = judge(rest)
    if course.sent.records() != sent:
        return not_attempted(f"Still moving: messages were sent while the check looked. {AGAIN}")
    if verdict.is_passed and rest.held_up:
        return not_attempted(f"Stuck, nothing has changed for a while: {rest.held_up}. {AGAIN}")
    return verdict
