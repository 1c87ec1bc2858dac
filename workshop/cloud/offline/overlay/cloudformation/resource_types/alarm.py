"""AWS::CloudWatch::Alarm creates an alarm.

AWS creates an alarm on one metric; `Ref` gives its name, `GetAtt` its `Arn`
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-cloudwatch-alarm.html). moto has
alarms in its API but not in stacks. Changed: the resource type exists. An alarm on an expression of several
metrics (`Metrics`) is refused, since moto would never evaluate it.
"""

from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, check_free, is_true
from workshop.cloud.offline.overlay.cloudformation.resource_types.added import (
    AddedResource,
    add_resource_type,
)


def _put(wanted: Wanted) -> AddedResource:
    """Create an alarm or overwrite it: for CloudWatch that is the same call."""
    check_free(wanted, wanted.name, wanted.backend(cloudwatch_backends).alarms)
    arguments = _arguments(wanted.name, wanted.properties)
    alarm = wanted.backend(cloudwatch_backends).put_metric_alarm(**arguments)
    return AddedResource(alarm.name, Arn=alarm.alarm_arn)


def _remove(wanted: Wanted) -> None:
    wanted.backend(cloudwatch_backends).delete_alarms([wanted.name])


def _arguments(name: str, properties: dict[str, Any]) -> dict[str, Any]:
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


add_resource_type(
    "AWS::CloudWatch::Alarm",
    name_property="AlarmName",
    attributes=("Arn",),
    create=_put,
    change=_put,
    delete=_remove,
)
