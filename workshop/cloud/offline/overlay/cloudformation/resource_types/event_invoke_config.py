"""AWS::Lambda::EventInvokeConfig tells Lambda what to do with asynchronous events that fail.

AWS sets retries, age and destinations of a function's events; `Ref` is an identifier of the configuration
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventinvokeconfig.html).
moto has the configuration in its API and leaves it out of stacks. Changed: the resource type exists, for
`$LATEST`; moto keeps no configuration of versions and aliases.
"""

from typing import Any

from moto.awslambda.utils import get_backend
from moto.cloudformation import parsing
from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError
from moto.core.common_models import CloudFormationModel

from workshop.clock import Clock
from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted, changing, creating, deleting

__all__ = ["EventInvokeConfigResource", "install"]

LATEST = "$LATEST"
WHOLE_NUMBERS = ("MaximumEventAgeInSeconds", "MaximumRetryAttempts")


def install(clock: Clock) -> None:  # noqa: ARG001  # every correction is installed alike
    """Let moto look for models again; it finds this one by its base class."""
    for remembered in (parsing.get_model_list, parsing.get_model_map, parsing.get_name_type_map):
        remembered.cache_clear()


class EventInvokeConfigResource(CloudFormationModel):  # type: ignore[misc]  # moto is untyped
    """The configuration of a function's events that belongs to a stack; Lambda keeps it with the function."""

    def __init__(self, function: str) -> None:
        self.function = function

    @property
    def physical_resource_id(self) -> str:
        """Function and qualifier."""
        return f"{self.function}|{LATEST}"

    @staticmethod
    def cloudformation_name_type() -> str:
        """Name the property that names the resource: none."""
        return ""

    @staticmethod
    def cloudformation_type() -> str:
        """Name the resource type."""
        return "AWS::Lambda::EventInvokeConfig"

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:  # noqa: ARG003  # moto's signature
        """Say whether the resource has an attribute: it has none."""
        return False

    def get_cfn_attribute(self, attribute_name: str) -> str:  # noqa: ARG002  # moto's signature
        """Refuse, since there are no attributes."""
        raise UnformattedGetAttTemplateException


def _put(wanted: Wanted) -> EventInvokeConfigResource:
    """Put the configuration in place of whatever the function has."""
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
    return EventInvokeConfigResource(function.function_name)


def _remove(wanted: Wanted) -> None:
    backend = get_backend(wanted.account_id, wanted.region_name)
    backend.get_function(wanted.name.partition("|")[0]).event_invoke_config = []


EventInvokeConfigResource.create_from_cloudformation_json = creating(_put)
EventInvokeConfigResource.update_from_cloudformation_json = changing(_put)
EventInvokeConfigResource.delete_from_cloudformation_json = deleting(_remove)
