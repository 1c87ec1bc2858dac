"""Exercise of notebook 99: nothing of the course is left in the cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed
from workshop.course.leftovers import Leftover, leftovers

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["EXERCISES"]

SHOWN = 6


def check_clean_up(course: Course) -> CheckResult:
    """Observe by the list calls of every service whether a resource of the course still exists."""
    left = leftovers(course)
    if not left:
        return passed("Every service was asked, and none of them has anything of yours any more.")
    if any(each.name == course.stack for each in left):
        return not_attempted(f"Still there: {_listed(left)}.")
    per_hour = sum(each.usd_per_hour for each in left)
    costs = f" Together they cost {per_hour:.3f} USD in every hour." if per_hour else ""
    return incorrect(f"Your pipeline is gone, and this is left: {_listed(left)}.{costs}{_bucket(left)}")


def _bucket(left: tuple[Leftover, ...]) -> str:
    """Say how the bucket goes, if it alone is left of what the workshop made by itself."""
    if any(each.kind == "stack" for each in left) or not any(each.kind == "bucket" for each in left):
        return ""
    return (
        " The bucket held the zips of your functions; "
        "`ws.leftovers.destroy` deletes it together with the last stack."
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
        hints=(
            "What did CloudFormation make, and what did you make beside it? Who will delete which?",
            (
                "`ws.leftovers.destroy(name)` deletes a stack with everything in it. What you made by hand "
                "needs the call that is the opposite of the one that made it; IAM deletes a role once no "
                "policy is left on it. `ws.leftovers.find()` gives each thing with its `kind` and `name`."
            ),
            (
                'for thing in ws.leftovers.find():\n    if thing.kind == "role":\n        '
                'for name in ….list_role_policies(RoleName=thing.name)["PolicyNames"]: '
                "…delete_role_policy(RoleName=…, PolicyName=name)\n        …delete_role(…)\n"
                '    if thing.kind == "alarm": …\n'
                '    if thing.kind == "stack": …'
            ),
        ),
        check=check_clean_up,
    ),
)
