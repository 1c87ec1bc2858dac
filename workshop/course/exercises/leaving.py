"""Exercise of notebook 99: nothing of the course is left in the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed
from workshop.course.leftovers import Leftover, leftovers

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["EXERCISES"]

SHOWN = 10


def check_clean_up(course: Course) -> CheckResult:
    """Observe by the list calls of every service whether a resource of the course still exists."""
    left = leftovers(course)
    if not left and not _was_deployed(course):
        return not_attempted(
            "There is nothing to clean up: this cloud has nothing of yours, and knows of no stack of yours "
            "that was deleted. Any notebook from 01 on deploys one."
        )
    if not left:
        return passed("Every service was asked, and none of them has anything of yours any more.")
    if any(each.name == course.stack for each in left):
        return not_attempted(f"Still there: {_listed(left)}.")
    per_hour = sum(each.usd_per_hour for each in left)
    costs = f" Together they cost {per_hour:.3f} USD in every hour." if per_hour else ""
    return incorrect(f"Your pipeline is gone, and this is left: {_listed(left)}.{costs}{_bucket(left)}")


def _was_deployed(course: Course) -> bool:
    """Whether CloudFormation remembers a stack of the course; it does for 90 days after its deletion."""
    pages = course.client("cloudformation").get_paginator("list_stacks")
    names = {course.stack, course.stateless.stack, course.tour.stack}
    deleted = pages.paginate(StackStatusFilter=["DELETE_COMPLETE"])
    return any(each["StackName"] in names for page in deleted for each in page["StackSummaries"])


def _bucket(left: tuple[Leftover, ...]) -> str:
    """Say how the bucket goes, if it alone is left of what the workshop made by itself."""
    if any(each.kind == "stack" for each in left) or not any(each.kind == "bucket" for each in left):
        return ""
    return (
        " The bucket held the zips of your functions; `ws.leftovers.destroy(ws.aws.stack)` deletes it, "
        "also now that the stack is gone."
    )


def _listed(left: tuple[Leftover, ...]) -> str:
    shown = ", ".join(str(each) for each in left[:SHOWN])
    return f"{shown} and {len(left) - SHOWN} more" if len(left) > SHOWN else shown


EXERCISES = (
    Exercise(
        id="clean-up",
        title="Leave nothing behind",
        notebook="99",
        minutes=4,
        answer_location=Cell("99"),
        check=check_clean_up,
        deletes="every stack of the course, with all data",
    ),
)
