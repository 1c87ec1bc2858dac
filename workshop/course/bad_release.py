"""A release with a bug: StateLambda, as the learner wrote it, but unable to read one kind of message.

In goes a course, out comes nothing; the function runs the buggy code until the next deployment. The bug is
not in any file of the learner's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.deploy.bundles import build_bundle
from workshop.proof.mutations import Mutation, Replacement, mutated

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["INDIGESTIBLE", "release_with_a_bug"]

# What a message must contain to be too much for the release.
INDIGESTIBLE = "friday"
FUNCTION = "state"
PARSED = "    message = _parse(data)\n"
BUG = Mutation(
    "release of Friday",
    "messages that the release cannot read",
    (
        Replacement(
            "common/trades.py",
            PARSED,
            f'{PARSED}    if b"{INDIGESTIBLE}" in data:\n'
            '        raise RuntimeError("the release of Friday cannot read this message")\n',
        ),
    ),
)


def release_with_a_bug(course: Course) -> None:
    """Let StateLambda raise at every message that contains `friday`; `course.deploy()` mends it.

    Raises:
        BundleError: the learner's handler cannot be packed.
    """
    bundle = build_bundle(course.pipeline, FUNCTION, "starter", root=course.root)
    content = mutated({FUNCTION: bundle.content}, BUG)[FUNCTION]
    client, function = course.client("lambda"), course.physical("StateLambda")
    client.update_function_code(FunctionName=function, ZipFile=content)
    client.get_waiter("function_updated_v2").wait(FunctionName=function)
