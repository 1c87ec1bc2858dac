"""AWS::Lambda::EventSourceMapping updates all its properties.

AWS resets properties that the template no longer mentions to their defaults, takes tags as a list, and has
the attributes `Id` and `EventSourceMappingArn`
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-eventsourcemapping.html).
moto keeps what the template no longer mentions, passes the list of tags on as it is, and has no attributes.
Changed: creation, update and attributes.
"""

from collections.abc import Mapping
from typing import Any

from moto.awslambda.models import EventSourceMapping
from moto.awslambda.utils import get_backend
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

from workshop.cloud.offline.overlay.awslambda.event_sources import QUEUE_DEFAULTS, STREAM_DEFAULTS
from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    changes,
    creates,
    is_true,
    tags_as_dict,
)
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.runtime.arns import SourceReference

FOR_ALL: Mapping[str, Any] = {"Enabled": True, "FilterCriteria": None}
OF_STREAMS: Mapping[str, Any] = {**STREAM_DEFAULTS, **FOR_ALL, "BatchSize": 100}
OF_QUEUES: Mapping[str, Any] = {**QUEUE_DEFAULTS, **FOR_ALL, "BatchSize": 10, "ScalingConfig": {}}
# The API's update does not take them; a change of one of the first three replaces the mapping.
FIXED = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "Tags")
BOOLEANS = ("BisectBatchOnFunctionError", "Enabled")


@creates(EventSourceMapping)
def _create(wanted: Wanted) -> Any:
    backend = get_backend(wanted.account_id, wanted.region_name)
    return backend.create_event_source_mapping(_typed(wanted.properties))


@changes(EventSourceMapping)
def _change(wanted: Wanted) -> Any:
    is_stream = SourceReference.parse(wanted.original.event_source_arn).is_stream
    properties = {**(OF_STREAMS if is_stream else OF_QUEUES), **_typed(wanted.properties)}
    mapping = get_backend(wanted.account_id, wanted.region_name).update_event_source_mapping(
        wanted.original.uuid, {name: value for name, value in properties.items() if name not in FIXED}
    )
    mapping.tags = properties.get("Tags", {})
    return mapping


def _typed(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties as the API takes them; parameters turn numbers and booleans into text."""
    typed = dict(properties)
    for name, value in properties.items():
        if name in BOOLEANS:
            typed[name] = is_true(value)
        elif isinstance(OF_STREAMS.get(name), int):
            typed[name] = int(value)
    if "KmsKeyArn" in typed:
        typed["KMSKeyArn"] = typed.pop("KmsKeyArn")
    if "ScalingConfig" in typed:
        typed["ScalingConfig"] = {name: int(value) for name, value in typed["ScalingConfig"].items()}
    if "Tags" in typed:
        typed["Tags"] = tags_as_dict(properties)
    return typed


@corrects(EventSourceMapping, "has_cfn_attr", kind=staticmethod)
def _has_attribute(attribute: str) -> bool:
    return attribute in {"Id", "EventSourceMappingArn"}


@corrects(EventSourceMapping, "get_cfn_attribute")
def _attribute(mapping: Any, attribute_name: str) -> str:
    if attribute_name == "Id":
        return str(mapping.uuid)
    if attribute_name == "EventSourceMappingArn":
        return str(mapping.arn)
    raise UnformattedGetAttTemplateException
