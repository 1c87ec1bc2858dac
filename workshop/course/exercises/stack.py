"""The exercise of notebook 01: the course's stack, deployed with the parameters that the desk needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed
from workshop.course.trials.stream_records import open_shards

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["EXERCISES", "PARAMETERS"]

SHARDS = 2
RETENTION_DAYS = 3
# As the solution deploys the stack; `catch_up` and the judge of submissions use the same.
PARAMETERS = {"ShardCount": SHARDS, "LogRetentionDays": RETENTION_DAYS}


def check_stack(course: Course) -> CheckResult:
    """Observe the resources that the parameters have made, rather than the parameters."""
    if not course.is_deployed:
        return not_attempted(f"There is no stack called `{course.stack}` yet.")
    shards = len(open_shards(course))
    if shards < SHARDS:
        return incorrect(
            f"The stream has {shards} shard, so it takes 1,000 messages a second. The desk sends up to 1,500."
        )
    if shards > SHARDS:
        return incorrect(f"The stream has {shards} shards, more than 1,500 messages a second need.")
    days = _retention(course)
    if days != RETENTION_DAYS:
        kept = f"for {days} days" if days else "for ever"
        return incorrect(f"The functions' logs are kept {kept}; the desk wants {RETENTION_DAYS} days.")
    return passed(
        f"`{course.stack}` is there: a stream with {shards} shards, three functions, their tables, "
        f"and logs that are kept for {days} days."
    )


def _retention(course: Course) -> int | None:
    name = f"/aws/lambda/{course.outputs['StateLambdaName']}"
    groups = course.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return groups[0].get("retentionInDays") if groups else None


EXERCISES = (
    Exercise(
        id="deploy-stack",
        title="Deploy the course's stack",
        notebook="01",
        minutes=4,
        answer_location=Cell("01"),
        check=check_stack,
    ),
)
