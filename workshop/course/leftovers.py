"""What is left of a learner's work in the cloud, and what it costs by the hour.

That is everything with the name of one of the course's stacks: the stacks themselves, and resources that were
made by hand beside them. Reads only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from workshop.deploy.code_bucket import CodeBucket
from workshop.deploy.finding import list_stacks
from workshop.deploy.leftovers import resources_of
from workshop.pipeline.cost import standing_cost

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
        for kind, name in _everything(course)
        if is_ours(name.removeprefix("/aws/lambda/")) and name not in known
    ]
    left += [Leftover("stack", stack.name, _hourly(course, stack.outputs)) for stack in stacks]
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


def _everything(course: Course) -> Iterator[tuple[str, str]]:
    """Yield kind and name of every resource, including those of stacks and of other people."""
    client = course.client
    for role in _pages(client("iam"), "list_roles", "Roles"):
        yield "role", role["RoleName"]
    for alarm in _pages(client("cloudwatch"), "describe_alarms", "MetricAlarms"):
        yield "alarm", alarm["AlarmName"]
    for function in _pages(client("lambda"), "list_functions", "Functions"):
        yield "function", function["FunctionName"]
    for mapping in _pages(client("lambda"), "list_event_source_mappings", "EventSourceMappings"):
        yield "mapping of", mapping["FunctionArn"].rpartition(":")[2]
    for group in _pages(
        client("logs"), "describe_log_groups", "logGroups", logGroupNamePrefix="/aws/lambda/"
    ):
        yield "log group", group["logGroupName"]
    for name in _pages(client("dynamodb"), "list_tables", "TableNames"):
        yield "table", name
    for name in _pages(client("kinesis"), "list_streams", "StreamNames"):
        yield "stream", name


def _pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]


def _hourly(course: Course, outputs: dict[str, str]) -> Decimal:
    """Return what a stack costs in an hour in which nothing happens."""
    if "StreamName" not in outputs:
        return NOTHING
    summary = course.client("kinesis").describe_stream_summary(StreamName=outputs["StreamName"])
    stream = summary["StreamDescriptionSummary"]
    on_demand = stream.get("StreamModeDetails", {}).get("StreamMode") == "ON_DEMAND"
    return standing_cost(shards=stream["OpenShardCount"], on_demand=on_demand)
