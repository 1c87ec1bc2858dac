"""AWS::Lambda::EventInvokeConfig configures retries and destinations of asynchronous invocations.

AWS sets retries, maximum age and destinations of a function's events; `Ref` identifies the configuration
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html).
moto has the configuration in its API but not in stacks. Changed: the resource type exists.
"""

from contextlib import suppress
from typing import Any

from moto.awslambda.exceptions import UnknownEventConfig, UnknownFunctionException
from moto.awslambda.utils import get_backend

from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted
from workshop.cloud.offline.overlay.cloudformation.resource_types.added import (
    AddedResource,
    add_resource_type,
)
from workshop.cloud.offline.runtime.arns import FunctionReference

WHOLE_NUMBERS = ("MaximumEventAgeInSeconds", "MaximumRetryAttempts")


def _put(wanted: Wanted) -> AddedResource:
    """Replace the whole configuration of the version or alias, as AWS does."""
    properties = wanted.properties
    backend = get_backend(wanted.account_id, wanted.region_name)
    config: dict[str, Any] = {name: int(properties[name]) for name in WHOLE_NUMBERS if name in properties}
    if "DestinationConfig" in properties:
        config["DestinationConfig"] = properties["DestinationConfig"]
    name, qualifier = FunctionReference.parse(properties["FunctionName"]).name, properties["Qualifier"]
    backend.put_function_event_invoke_config(f"{name}:{qualifier}", config)
    return AddedResource(f"{name}|{qualifier}")


def _remove(wanted: Wanted) -> None:
    backend = get_backend(wanted.account_id, wanted.region_name)
    # Whoever has deleted it, or the function, the alias or the version with it, was faster.
    with suppress(UnknownEventConfig, UnknownFunctionException):
        backend.delete_function_event_invoke_config(wanted.name.replace("|", ":"))


add_resource_type("AWS::Lambda::EventInvokeConfig", create=_put, change=_put, delete=_remove)
