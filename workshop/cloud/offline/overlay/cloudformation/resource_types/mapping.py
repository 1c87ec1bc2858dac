"""AWS::Lambda::EventSourceMapping is changed as a whole.

AWS sets properties that a template no longer mentions to their defaults, takes tags as a list, and offers
`Id` and `EventSourceMappingArn` as attributes
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-eventsourcemapping.html).
moto keeps what is no longer mentioned, hands the list of tags on as it is, and offers no attribute. Changed:
creation, update and attributes.
"""

from collections.abc import Mapping
from typing import Any

from moto.awslambda.models import EventSourceMapping
from moto.awslambda.utils import get_backend
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException

from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    changes,
    creates,
    is_true,
    tags_as_dict,
)
from workshop.cloud.offline.overlay.correct import corrects

STREAM_DEFAULTS: Mapping[str, Any] = {
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "Enabled": True,
    "FilterCriteria": None,
    "FunctionResponseTypes": [],
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}
FIXED = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp", "Tags")
BOOLEANS = ("BisectBatchOnFunctionError", "Enabled")


@creates(EventSourceMapping)
def _create(wanted: Wanted) -> Any:
    backend = get_backend(wanted.account_id, wanted.region_name)
    return backend.create_event_source_mapping(_typed(wanted.properties))


@changes(EventSourceMapping)
def _change(wanted: Wanted) -> Any:
    is_stream = ":sqs:" not in wanted.original.event_source_arn
    properties = {**(STREAM_DEFAULTS if is_stream else {}), **_typed(wanted.properties)}
    mapping = get_backend(wanted.account_id, wanted.region_name).update_event_source_mapping(
        wanted.original.uuid, {name: value for name, value in properties.items() if name not in FIXED}
    )
    mapping.tags = properties.get("Tags", {})
    return mapping


def _typed(properties: dict[str, Any]) -> dict[str, Any]:
    """Return the properties as the API takes them; a parameter may have made text of numbers and booleans."""
    typed = dict(properties)
    for name, value in properties.items():
        if name in BOOLEANS:
            typed[name] = is_true(value)
        elif isinstance(STREAM_DEFAULTS.get(name), int):
            typed[name] = int(value)
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
