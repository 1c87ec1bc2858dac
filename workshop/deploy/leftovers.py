"""Whether anything is left of a stack that was deleted.

CloudFormation says `DELETE_COMPLETE`; here each resource is asked for by its own service, and so are the log
groups that Lambda may have made for its functions. In goes what a stack had, out come the names of what is
still there.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from workshop.cloud.connection import Cloud
from workshop.deploy.bundles import FUNCTIONS

__all__ = ["StackResource", "log_groups_of", "remaining", "resources_of"]

# Services say in many words that a thing is not there.
ABSENT = ("NotFound", "NoSuch", "NonExistent", "DoesNotExist")


@dataclass(frozen=True)
class StackResource:
    """Something that belongs to a stack."""

    logical_id: str
    resource_type: str
    physical_id: str

    def __str__(self) -> str:
        return f"{self.resource_type} `{self.physical_id}` ({self.logical_id})"


def resources_of(cloud: Cloud, stack: str) -> tuple[StackResource, ...]:
    """Return what a stack has, also what it failed to delete, in the order of the template."""
    pages = cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    return tuple(
        StackResource(row["LogicalResourceId"], row["ResourceType"], row["PhysicalResourceId"])
        for page in pages
        for row in page["StackResourceSummaries"]
        if row.get("PhysicalResourceId")
    )


def log_groups_of(stack: str, resources: Iterable[StackResource]) -> tuple[StackResource, ...]:
    """Return the log groups that Lambda makes for functions by itself; the stack does not know them.

    Of a deployment that failed early it does not know the functions either: those have the names of our
    templates.
    """
    known = {
        each.physical_id: each.logical_id
        for each in resources
        if each.resource_type == "AWS::Lambda::Function"
    }
    ours = sorted({f"{name.capitalize()}Lambda" for names in FUNCTIONS.values() for name in names})
    functions = {f"{stack}-{name}": name for name in ours} | known
    return tuple(
        StackResource(name, "AWS::Logs::LogGroup", f"/aws/lambda/{function}")
        for function, name in functions.items()
    )


def remaining(cloud: Cloud, resources: Iterable[StackResource]) -> tuple[StackResource, ...]:
    """Return those that their services still know."""
    return tuple(each for each in dict.fromkeys(resources) if _is_there(cloud, each))


def _is_there(cloud: Cloud, resource: StackResource) -> bool:
    look = LOOKS.get(resource.resource_type)
    if look is None:
        return False  # no type of ours; CloudFormation's word has to do
    try:
        return look(cloud, resource.physical_id)
    except ClientError as error:
        if any(word in error.response["Error"]["Code"] for word in ABSENT):
            return False
        raise


def _asked(service: str, operation: str, parameter: str) -> Callable[[Cloud, str], bool]:
    def look(cloud: Cloud, name: str) -> bool:
        getattr(cloud.client(service), operation)(**{parameter: name})
        return True

    return look


def _has_log_group(cloud: Cloud, name: str) -> bool:
    pages = cloud.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    return any(group["logGroupName"] == name for page in pages for group in page["logGroups"])


def _has_alarm(cloud: Cloud, name: str) -> bool:
    return bool(cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"])


LOOKS: Mapping[str, Callable[[Cloud, str], bool]] = {
    "AWS::CloudWatch::Alarm": _has_alarm,
    "AWS::CloudWatch::Dashboard": _asked("cloudwatch", "get_dashboard", "DashboardName"),
    "AWS::DynamoDB::Table": _asked("dynamodb", "describe_table", "TableName"),
    "AWS::IAM::ManagedPolicy": _asked("iam", "get_policy", "PolicyArn"),
    "AWS::IAM::Role": _asked("iam", "get_role", "RoleName"),
    "AWS::Kinesis::Stream": _asked("kinesis", "describe_stream_summary", "StreamName"),
    "AWS::Lambda::EventSourceMapping": _asked("lambda", "get_event_source_mapping", "UUID"),
    "AWS::Lambda::Function": _asked("lambda", "get_function_configuration", "FunctionName"),
    "AWS::Logs::LogGroup": _has_log_group,
    "AWS::Scheduler::Schedule": _asked("scheduler", "get_schedule", "Name"),
    "AWS::SQS::Queue": _asked("sqs", "get_queue_attributes", "QueueUrl"),
}
