"""AWS::Scheduler::Schedule makes a schedule.

AWS makes a schedule of EventBridge Scheduler; `Ref` is its name, `Arn` an attribute
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-scheduler-schedule.html).
moto has schedules in its API and leaves them out of stacks. Changed: the resource type exists.
"""

import copy
from datetime import UTC, datetime
from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.core.common_models import CloudFormationModel
from moto.scheduler.models import scheduler_backends

from workshop.clock import Clock
from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, changing, creating, deleting

__all__ = ["ScheduleResource", "install"]

WHOLE_NUMBERS = ("MaximumEventAgeInSeconds", "MaximumRetryAttempts")


def install(clock: Clock) -> None:  # noqa: ARG001  # every correction is installed alike
    """Let moto look for models again; it finds this one by its base class."""
    for remembered in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        remembered.cache_clear()


class ScheduleResource(CloudFormationModel):  # type: ignore[misc]  # moto is untyped
    """A schedule that belongs to a stack; when it is due is known to the scheduler."""

    def __init__(self, name: str, arn: str) -> None:
        self.name = name
        self.arn = arn

    @property
    def physical_resource_id(self) -> str:
        """The name of the schedule."""
        return self.name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Name the property that names the resource."""
        return "Name"

    @staticmethod
    def cloudformation_type() -> str:
        """Name the resource type."""
        return "AWS::Scheduler::Schedule"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Say whether the resource has an attribute."""
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return an attribute."""
        if attribute_name != "Arn":
            raise UnformattedGetAttTemplateException
        return self.arn


def _create(wanted: Wanted) -> ScheduleResource:
    schedule = wanted.backend(scheduler_backends).create_schedule(
        name=wanted.name, action_after_completion=None, **_arguments(wanted.properties)
    )
    return ScheduleResource(schedule.name, schedule.arn)


def _change(wanted: Wanted) -> ScheduleResource:
    schedule = wanted.backend(scheduler_backends).update_schedule(
        name=wanted.name, **_arguments(wanted.properties)
    )
    return ScheduleResource(schedule.name, schedule.arn)


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
    """Return a time of a template as the API takes it: in unix seconds."""
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _target(target: dict[str, Any]) -> dict[str, Any]:
    """Return the target with numbers for what a parameter may have made text of."""
    typed = copy.deepcopy(target)
    policy = typed.get("RetryPolicy", {})
    policy.update({name: int(policy[name]) for name in WHOLE_NUMBERS if name in policy})
    return typed


ScheduleResource.create_from_cloudformation_json = creating(_create)
ScheduleResource.update_from_cloudformation_json = changing(_change)
ScheduleResource.delete_from_cloudformation_json = deleting(_remove)
