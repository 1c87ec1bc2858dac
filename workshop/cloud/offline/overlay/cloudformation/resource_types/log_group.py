"""AWS::Logs::LogGroup changes its retention in place, and its ARN covers its streams.

AWS sets or removes the retention. `Arn` ends in `:*`, so that a policy with it covers the log streams of the
group (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-logs-loggroup.html). moto
has no update, and its `Arn` lacks the ending. Changed: both.
"""

from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.logs.models import LogGroup, logs_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, changes
from workshop.cloud.offline.overlay.correct import corrects


@changes(LogGroup)
def _change(wanted: Wanted) -> Any:
    backend = wanted.backend(logs_backends)
    if days := wanted.properties.get("RetentionInDays"):
        backend.put_retention_policy(wanted.name, days)
    else:
        backend.delete_retention_policy(wanted.name)
    return wanted.original


@corrects(LogGroup, "get_cfn_attribute")
def _attribute(group: Any, attribute_name: str) -> str:
    if attribute_name != "Arn":
        raise UnformattedGetAttTemplateException
    return f"{group.arn}:*"
