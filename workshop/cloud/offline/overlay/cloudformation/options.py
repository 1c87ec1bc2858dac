"""The options of CreateStack, UpdateStack and CreateChangeSet beside template and parameters.

AWS refuses resources of types that `ResourceTypes` leaves out, topics that are not there, a role that it may
not assume, and the deletion of a stack under termination protection
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html). moto heeds
none of these, has no UpdateTerminationProtection, and fails half-way where a topic is gone. Changed: as
above. Rollback triggers are refused, since alarms are not evaluated here, and so are imports.
"""

from collections.abc import Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any

from moto.cloudformation import models
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.responses import CloudFormationResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.sns.models import sns_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import is_true
from workshop.cloud.offline.overlay.cloudformation.stack_policies import check_policy
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.permissions.services import trusts

__all__ = ["check_options", "check_unprotected", "policy_of"]

SERVICE = "cloudformation.amazonaws.com"
_MOTO_SEND = models.Event.sendToSns


def check_options(request: Any, template: Mapping[str, Any]) -> None:
    """Refuse options that forbid what the template has, or that nothing here could follow.

    Raises:
        ValidationError: naming the option.
    """
    allowed = request._get_param("ResourceTypes") or ["*"]
    for resource in template["Resources"].values():
        if not any(fnmatchcase(resource["Type"], pattern) for pattern in allowed):
            raise ValidationError(
                message=f"Resource type {resource['Type']} is not allowed by parameter ResourceTypes "
                f"[{', '.join(allowed)}]"
            )
    for arn in request._get_param("NotificationARNs") or []:
        if arn not in sns_backends[request.current_account][request.region].topics:
            raise ValidationError(message=f"Topic {arn} of NotificationARNs does not exist")
    role = request._get_param("RoleARN")
    stacks = f"arn:{request.partition}:cloudformation:{request.region}:{request.current_account}:stack/*"
    if role and not trusts(role, SERVICE, on_behalf_of=stacks):
        raise ValidationError(message=f"Role {role} is invalid or cannot be assumed")
    if (request._get_param("RollbackConfiguration") or {}).get("RollbackTriggers"):
        raise _not_offered("rollback triggers, since alarms are not evaluated here")
    if request._get_param("ResourcesToImport") or is_true(request._get_param("ImportExistingResources")):
        raise _not_offered("the import of resources")


def _not_offered(what: str) -> Any:
    return ValidationError(message=f"The offline cloud does not offer {what} (docs/offline-cloud.md)")


def policy_of(request: Any, name: str = "StackPolicy") -> str:
    """Return the stack policy that a request contains or links to, or nothing.

    Raises:
        ValidationError: it is none.
    """
    text = str(request._get_param(f"{name}Body") or "")
    if url := request._get_param(f"{name}URL"):
        text = str(request._get_stack_from_s3_url(url))
    if text:
        check_policy(text)
    return text


def check_unprotected(stack: Any) -> None:
    """Refuse to delete a stack under termination protection.

    Raises:
        ValidationError: it is.
    """
    if is_true(stack.enable_termination_protection):
        raise ValidationError(
            message=f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled"
        )


@corrects(CloudFormationResponse, "update_termination_protection")
def _update_termination_protection(request: Any) -> Any:
    stack = request.cloudformation_backend.get_stack(request._get_param("StackName"))
    stack.enable_termination_protection = is_true(request._get_param("EnableTerminationProtection"))
    return ActionResult({"StackId": stack.stack_id})


@corrects(models.Event, "sendToSns")
def _send(event: Any, account_id: str, region: str, topics: list[str]) -> None:
    # The topic may have gone meanwhile; that is no reason to stop.
    with suppress(ServiceException):
        _MOTO_SEND(event, account_id, region, topics)
