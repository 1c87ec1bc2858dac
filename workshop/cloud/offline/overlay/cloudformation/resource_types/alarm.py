"""AWS::CloudWatch::Alarm makes an alarm.

AWS makes an alarm on one metric; `Ref` is its name, `Arn` an attribute
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-alarm.html). moto has
alarms in its API and leaves them out of stacks. Changed: the resource type exists. An alarm on an expression
of several metrics (`Metrics`) is refused, since moto would not evaluate it.
"""

from typing import Any

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.common_models import CloudFormationModel

from workshop.clock import Clock
from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    changing,
    creating,
    deleting,
    is_true,
)

__all__ = ["AlarmResource", "install"]


def install(clock: Clock) -> None:  # noqa: ARG001  # every correction is installed alike
    """Let moto look for models again; it finds this one by its base class."""
    for remembered in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        remembered.cache_clear()


class AlarmResource(CloudFormationModel):  # type: ignore[misc]  # moto is untyped
    """An alarm that belongs to a stack; what it watches is kept by CloudWatch."""

    def __init__(self, name: str, arn: str) -> None:
        self.name = name
        self.arn = arn

    @property
    def physical_resource_id(self) -> str:
        """The name of the alarm."""
        return self.name

    @staticmethod
    def cloudformation_name_type() -> str:
        """Name the property that names the resource."""
        return "AlarmName"

    @staticmethod
    def cloudformation_type() -> str:
        """Name the resource type."""
        return "AWS::CloudWatch::Alarm"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        """Say whether the resource has an attribute."""
        return attr == "Arn"

    def get_cfn_attribute(self, attribute_name: str) -> str:
        """Return an attribute."""
        if attribute_name != "Arn":
            raise UnformattedGetAttTemplateException
        return self.arn


def _put(wanted: Wanted) -> AlarmResource:
    """Make an alarm, or put an existing one again: for CloudWatch that is the same call."""
    arguments = _arguments(wanted.name, wanted.properties)
    alarm = wanted.backend(cloudwatch_backends).put_metric_alarm(**arguments)
    return AlarmResource(alarm.name, alarm.alarm_arn)


def _remove(wanted: Wanted) -> None:
    wanted.backend(cloudwatch_backends).delete_alarms([wanted.name])


def _arguments(name: str, properties: dict[str, Any]) -> dict[str, Any]:
    if "Metrics" in properties:
        raise ValidationError(message="The offline cloud evaluates alarms on a single metric only")
    return {
        "name": name,
        "namespace": properties["Namespace"],
        "metric_name": properties["MetricName"],
        "comparison_operator": properties["ComparisonOperator"],
        "evaluation_periods": int(properties["EvaluationPeriods"]),
        "period": int(properties["Period"]),
        "threshold": float(properties["Threshold"]),
        "statistic": properties.get("Statistic"),
        "extended_statistic": properties.get("ExtendedStatistic"),
        "description": properties.get("AlarmDescription", ""),
        "dimensions": properties.get("Dimensions", []),
        "alarm_actions": properties.get("AlarmActions", []),
        "ok_actions": properties.get("OKActions", []),
        "insufficient_data_actions": properties.get("InsufficientDataActions", []),
        "datapoints_to_alarm": properties.get("DatapointsToAlarm"),
        "unit": properties.get("Unit"),
        "actions_enabled": is_true(properties.get("ActionsEnabled", True)),
        "treat_missing_data": properties.get("TreatMissingData", "missing"),
        "tags": properties.get("Tags", []),
    }


AlarmResource.create_from_cloudformation_json = creating(_put)
AlarmResource.update_from_cloudformation_json = changing(_put)
AlarmResource.delete_from_cloudformation_json = deleting(_remove)
