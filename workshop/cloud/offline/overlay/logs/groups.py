"""DescribeLogGroups lists the groups that are asked for, by prefix, part of the name, class or identifier.

AWS: `logGroupNamePattern` is a part of the name, letter by letter, and excludes a prefix; of what is found so
only ARN, name and time are told. `logGroupIdentifiers` are names or ARNs. Source:
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html

moto heeds the prefix alone, and otherwise lists all groups.

Changed: as above. All groups here are of the class STANDARD.
"""

import json
from typing import Any

from moto.logs.exceptions import InvalidParameterException
from moto.logs.responses import LogsResponse

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.pages import LOGS, page

__all__ = ["group_name"]

EXCLUSIVE = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
# What is told of a group that was found by a part of its name.
IN_SHORT = ("arn", "creationTime", "logGroupName")

_MOTO_DESCRIBE = LogsResponse.describe_log_groups


def group_name(identifier: str) -> str:
    """Return the name of a group that is given by its name or its ARN."""
    return identifier.rpartition(":log-group:")[2].removesuffix(":*")


@corrects(LogsResponse, "describe_log_groups")
def _describe(self: Any) -> Any:
    prefix, part = self._get_param("logGroupNamePrefix"), self._get_param("logGroupNamePattern")
    identifiers, kind = self._get_param("logGroupIdentifiers"), self._get_param("logGroupClass")
    if prefix and part:
        raise InvalidParameterException(EXCLUSIVE)
    if not (part or identifiers or kind):
        return _MOTO_DESCRIBE(self)
    names = {group_name(identifier) for identifier in identifiers or ()}
    found = [
        group.to_describe_dict()
        for name, group in sorted(self.logs_backend.groups.items())
        if name.startswith(prefix or "") and (part or "") in name and (not identifiers or name in names)
    ]
    if part:
        found = [{name: group[name] for name in IN_SHORT} for group in found]
    described = found if kind in (None, "STANDARD") else []
    return page(self, json.dumps({"logGroups": described}), "logGroups", LOGS)
