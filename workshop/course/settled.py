"""Totals judged only while nothing moves: what changes under a check's eyes is neither right nor wrong.

In goes a course and how to judge it at rest, out comes that verdict, or word of what still moves. A new stack
is tried in the same way, with a single message.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from workshop.course.exercise import CheckResult, not_attempted

if TYPE_CHECKING:
    from workshop.course.course import Course
    from workshop.course.rest import Rest

__all__ = ["judged_at_rest", "try_a_message"]

# In which a single message passes all stages of an idle cloud.
TRY_SECONDS = 8.0
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


def try_a_message(course: Course) -> str:
    """Send one message through a stack that was just made; return how it got stuck, else empty the stack."""
    course.send(1)
    rest = course.rest_state(TRY_SECONDS)
    if not rest.is_certain and not rest.trouble:
        rest = course.rest_state()  # a busy machine, or AWS
    held_up = rest.held_up
    # AWS does not tell what is under way: there also the totals of a stuck message are at rest.
    if rest.pending is None and not held_up and (table := course.last_table()) and not course.items(table):
        held_up = f"`{table}` is still empty. {course.trouble()}".rstrip(" .")
    if not held_up:
        course.clear()
    return held_up
