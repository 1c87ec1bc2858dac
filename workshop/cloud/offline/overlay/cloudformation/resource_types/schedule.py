"""AWS::Scheduler::Schedule creates a schedule.

AWS creates a schedule of EventBridge Scheduler; `Ref` gives its name, `GetAtt` its `Arn`
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html).
moto has schedules in its API but not in stacks. Changed: the resource type exists.
"""

import copy
from datetime import UTC, datetime
from typing import Any

from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import scheduler_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted
from workshop.cloud.offline.overlay.cloudformation.resource_types.added import (
    AddedResource,
    add_resource_type,
)

WHOLE_NUMBERS = ("MaximumEventAgeInSeconds", "MaximumRetryAttempts")


def _create(wanted: Wanted) -> AddedResource:
    schedule = wanted.backend(scheduler_backends).create_schedule(
        name=wanted.name, action_after_completion=None, **_arguments(wanted.properties)
    )
    return AddedResource(schedule.name, Arn=schedule.arn)


def _change(wanted: Wanted) -> AddedResource:
    schedule = wanted.backend(scheduler_backends).update_schedule(
        name=wanted.name, **_arguments(wanted.properties)
    )
    return AddedResource(schedule.name, Arn=schedule.arn)


def _remove(wanted: Wanted) -> None:
    wanted.backend(scheduler_backends).delete_schedule(wanted.properties.get("GroupName"), wanted.name)


def _arguments(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": properties.get("Description"),
        "end_date": _moment(properties.get("EndDate")),
        "flexible_time_window": properties["FlexibleTimeWindow"],
        "group_name": properties.get("GroupName"),
        "kms_key_arn": properties.get("KmsKeyArn"),
        "schedule_expression": properties["ScheduleExpression"],
        "schedule_expression_timezone": properties.get("ScheduleExpressionTimezone"),
        "start_date": _moment(properties.get("StartDate")),
        "state": properties.get("State"),
        "target": _target(properties["Target"]),
    }


def _moment(text: str | None) -> float | None:
    """Return a time of a template as the API takes it: in Unix seconds, UTC unless it names a zone."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValidationException(f"Invalid date: {text} is not in the form of ISO 8601.") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _target(target: dict[str, Any]) -> dict[str, Any]:
    """Return the target with the numbers of its retry policy as numbers; parameters turn them into text."""
    typed = copy.deepcopy(target)
    policy = typed.get("RetryPolicy", {})
    policy.update({name: int(policy[name]) for name in WHOLE_NUMBERS if name in policy})
    return typed


add_resource_type(
    "AWS::Scheduler::Schedule",
    name_property="Name",
    attributes=("Arn",),
    create=_create,
    change=_change,
    delete=_remove,
)
