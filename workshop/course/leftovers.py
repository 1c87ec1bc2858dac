"""What is left of a learner's work in the cloud, and what it costs by the hour.

That is everything with the name of one of the course's stacks: the stacks themselves, and resources that were
made by hand beside them. Reads only.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from workshop.deploy.code_bucket import CodeBucket
from workshop.deploy.finding import list_stacks
from workshop.deploy.leftovers import resources_of
from workshop.deploy.listing import everything
from workshop.pipeline.running_cost import cost_per_hour

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["Leftover", "leftovers"]

NOTHING = Decimal(0)
# What a course calls its stacks, behind its prefix. Another learner's prefix may begin with ours, so that the
# prefix alone would not tell whose a thing is.
STACKS = r"(?:tour-|exam-|textbook-)?(?:stateful|stateless)"


@dataclass(frozen=True)
class Leftover:
    """A resource that still exists; `usd_per_hour` is what it costs while idle."""

    kind: str
    name: str
    usd_per_hour: Decimal = NOTHING

    def __str__(self) -> str:
        return f"{self.kind} `{self.name}`"


def leftovers(course: Course) -> tuple[Leftover, ...]:
    """Return what is left, in the order in which it can be deleted: what refers to others comes first."""
    is_ours = _owner(course.prefix)
    stacks = [stack for stack in list_stacks(course.cloud) if is_ours(stack.name)]
    known = {each.physical_id for stack in stacks for each in resources_of(course.cloud, stack.name)}
    left = [
        Leftover(kind, name)
        for kind, name in everything(course.cloud)
        if is_ours(name.removeprefix("/aws/lambda/")) and name not in known
    ]
    left += [Leftover("stack", stack.name, cost_per_hour(course.cloud, stack.outputs)) for stack in stacks]
    bucket = CodeBucket(course.cloud)
    # Other people's stacks may need the bucket as well, so it is ours only as long as our zips lie in it.
    has_ours = any(is_ours(key) for key in bucket.keys())  # noqa: SIM118 - no dict
    if has_ours or (bucket.exists() and not list_stacks(course.cloud)):
        left.append(Leftover("bucket", bucket.name))
    return tuple(left)


def _owner(prefix: str) -> Callable[[str], bool]:
    """Return what tells whether a name is that of one of the course's stacks, or begins with it."""
    name = re.compile(rf"{re.escape(prefix)}-{STACKS}(?![^-/])")
    return lambda text: name.match(text) is not None
