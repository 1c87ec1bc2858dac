"""AWS::Lambda::EventInvokeConfig configures retries and destinations of asynchronous invocations.

AWS sets retries, maximum age and destinations of a function's events; `Ref` identifies the configuration
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html).
moto has the configuration in its API but not in stacks. Changed: the resource type exists, for `$LATEST`
only, since moto keeps no configuration of versions and aliases.
"""

from typing import Any

from moto.awslambda.utils import get_backend
from moto.cloudformation.exceptions import ValidationError

from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted
from workshop.cloud.offline.overlay.cloudformation.resource_types.added import (
    AddedResource,
    add_resource_type,
)

LATEST = "$LATEST"
WHOLE_NUMBERS = ("MaximumEventAgeInSeconds", "MaximumRetryAttempts")


def _put(wanted: Wanted) -> AddedResource:
    """Replace the whole configuration of the function, as AWS does."""
    properties = wanted.properties
    if (qualifier := properties["Qualifier"]) != LATEST:
        raise ValidationError(
            message=f"The offline cloud configures events of {LATEST} only, not {qualifier}"
        )
    backend = get_backend(wanted.account_id, wanted.region_name)
    config: dict[str, Any] = {name: int(properties[name]) for name in WHOLE_NUMBERS if name in properties}
    if "DestinationConfig" in properties:
        config["DestinationConfig"] = properties["DestinationConfig"]
    function = backend.get_function(properties["FunctionName"])
    backend.put_function_event_invoke_config(function.function_name, config)
    # moto appends to a list and reads its first entry.
    function.event_invoke_config = function.event_invoke_config[-1:]
    return AddedResource(f"{function.function_name}|{LATEST}")


def _remove(wanted: Wanted) -> None:
    backend = get_backend(wanted.account_id, wanted.region_name)
    backend.get_function(wanted.name.partition("|")[0]).event_invoke_config = []


add_resource_type("AWS::Lambda::EventInvokeConfig", create=_put, change=_put, delete=_remove)
