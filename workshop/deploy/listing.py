"""Everything of an account and region that pipelines are made of, by listing it.

A stack forgets what it failed to delete; lists do not. Reads only.
"""

import re
from collections.abc import Iterator
from typing import Any

from workshop.cloud.connection import Cloud

__all__ = ["everything", "strays"]

# Kind, service, operation, the key of the list in its answer, and that of the name in each entry.
NAMED = (
    ("role", "iam", "list_roles", "Roles", "RoleName"),
    ("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
    ("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    ("function", "lambda", "list_functions", "Functions", "FunctionName"),
)


def everything(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """Yield kind and name of every resource, including those of stacks and of other people."""
    for kind, service, operation, key, name in NAMED:
        for found in _pages(cloud, service, operation, key):
            yield kind, found[name]
    for mapping in _pages(cloud, "lambda", "list_event_source_mappings", "EventSourceMappings"):
        yield "mapping of", mapping["FunctionArn"].rpartition(":")[2]
    for group in _pages(cloud, "logs", "describe_log_groups", "logGroups", logGroupNamePrefix="/aws/lambda/"):
        yield "log group", group["logGroupName"]
    for name in _pages(cloud, "dynamodb", "list_tables", "TableNames"):
        yield "table", name
    for name in _pages(cloud, "kinesis", "list_streams", "StreamNames"):
        yield "stream", name


def strays(cloud: Cloud, stack: str) -> Iterator[str]:
    """Yield what bears the name of a stack that is gone, as CloudFormation or our templates name things.

    `one-StateTable-4X2` belongs to the stack `one`, `one-more-StateTable-4X2` to another. Roles and policies
    are left out: IAM has no regions, and a stack of this name in another one may have made them.
    """
    is_its = re.compile(rf"{re.escape(stack)}-[A-Z][A-Za-z]*(-[A-Za-z0-9]+)?").fullmatch
    found = ((kind, name) for kind, name in (*everything(cloud), *_others(cloud)) if kind != "role")
    yield from (f"{kind} `{name}`" for kind, name in found if is_its(name.removeprefix("/aws/lambda/")))


def _others(cloud: Cloud) -> Iterator[tuple[str, str]]:
    for schedule in _pages(cloud, "scheduler", "list_schedules", "Schedules"):
        yield "schedule", schedule["Name"]
    for url in _pages(cloud, "sqs", "list_queues", "QueueUrls"):
        yield "queue", url.rpartition("/")[2]


def _pages(cloud: Cloud, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    for page in cloud.client(service).get_paginator(operation).paginate(**arguments):
        yield from page.get(key, [])
