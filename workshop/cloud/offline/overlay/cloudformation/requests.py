"""CreateStack, UpdateStack and DeleteStack check their input, then run an operation.

AWS requires capabilities for IAM resources, supports `OnFailure`, `DisableRollback` and `RetainResources`,
and refuses an update that changes nothing with `No updates are to be performed.`
(https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStack.html). Here the operation
has ended when the call returns, so a client's first poll finds the final status. moto requires no
capabilities and ignores these options. A stack in a stack is updated with it, keeps what its resources hold,
and fails with it (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html);
moto deletes it and makes another one, and drops its tags and topics. Changed: the three calls, stacks in
stacks, and template URLs, which moto can only read from hosts of `amazonaws.com`.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlparse

from moto.cloudformation import models, responses
from moto.cloudformation.exceptions import ValidationError
from moto.core.responses import ActionResult, EmptyResult
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends
from moto.utilities.utils import get_partition

from workshop.cloud.offline.overlay.cloudformation import operations
from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    as_text,
    changes,
    creates,
    is_true,
    tags_as_dict,
)
from workshop.cloud.offline.overlay.cloudformation.options import (
    check_options,
    check_unprotected,
    policy_of,
)
from workshop.cloud.offline.overlay.cloudformation.parameters import merged_parameters
from workshop.cloud.offline.overlay.cloudformation.resources import ResourceFailure
from workshop.cloud.offline.overlay.cloudformation.template.rules import ruled_parameters
from workshop.cloud.offline.overlay.cloudformation.template.transforms import (
    processed_template,
    transforms_of,
)
from workshop.cloud.offline.overlay.cloudformation.updates import changes_nothing, check_updatable, update
from workshop.cloud.offline.overlay.cloudformation.validation import (
    check_capabilities,
    check_expansion,
    check_template,
)
from workshop.cloud.offline.overlay.cloudformation.yaml import read_template
from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["tags_of", "template_of"]


def template_of(request: Any, previous: str | None = None) -> str:
    """Return the text of the template that a request contains or links to.

    Raises:
        ValidationError: it does neither.
    """
    if previous is not None and is_true(request._get_param("UsePreviousTemplate")):
        return previous
    if body := request._get_param("TemplateBody"):
        return str(body)
    if url := request._get_param("TemplateURL"):
        return str(request._get_stack_from_s3_url(url))
    raise ValidationError(message="Either Template URL or Template Body must be specified.")


def tags_of(request: Any) -> dict[str, str]:
    """Return the tags of a request."""
    return {tag["Key"]: tag["Value"] for tag in request._get_param("Tags") or []}


def _checked(request: Any, template: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return a template with its transform expanded, if the caller agreed to it and to its IAM resources."""
    capabilities = request._get_param("Capabilities") or []
    # Change sets need no such consent, since they show what would be made.
    check_expansion(transforms_of(read_template(template)), capabilities)
    content = processed_template(template, given, request.cloudformation_backend.region_name)
    check_template(content)
    check_capabilities(content, capabilities)
    check_options(request, content)
    return content


@corrects(responses.CloudFormationResponse, "create_stack")
def _create_stack(request: Any) -> Any:
    template, capabilities = template_of(request), request._get_param("Capabilities") or []
    parameters = merged_parameters(request._get_param("Parameters") or [], {})
    _checked(request, template, parameters)
    stack = operations.new_stack(
        request.cloudformation_backend,
        request._get_param("StackName"),
        template,
        parameters=parameters,
        notification_arns=request._get_param("NotificationARNs") or [],
        tags=tags_of(request),
        role_arn=request._get_param("RoleARN"),
        enable_termination_protection=request._get_param("EnableTerminationProtection"),
        timeout_in_mins=request._get_param("TimeoutInMinutes"),
        stack_policy_body=policy_of(request),
    )
    stack.capabilities = list(capabilities)
    stack.disable_rollback = is_true(request._get_param("DisableRollback"))
    # `DisableRollback` is the older way to say `DO_NOTHING`; AWS takes one of the two.
    on_failure = "DO_NOTHING" if stack.disable_rollback else request._get_param("OnFailure") or "ROLLBACK"
    operations.create(stack, on_failure)
    return ActionResult({"StackId": stack.stack_id})


@corrects(responses.CloudFormationResponse, "update_stack")
def _update_stack(request: Any) -> Any:
    stack = _stack_to_update(request)
    check_updatable(stack)
    template = template_of(request, stack.template)
    given = merged_parameters(request._get_param("Parameters") or [], stack.parameters)
    content = _checked(request, template, given)
    parameters = ruled_parameters(content, given, request.cloudformation_backend)
    capabilities = request._get_param("Capabilities") or []
    tags = tags_of(request) or stack.tags  # an update that names no tags keeps them
    if changes_nothing(stack, content, parameters) and tags == stack.tags:
        raise ValidationError(message="No updates are to be performed.")
    stack.capabilities = list(capabilities)
    # AWS goes on with the role of the last operation.
    stack.role_arn = request._get_param("RoleARN") or stack.role_arn
    stack.policy = policy_of(request) or stack.policy
    policy = policy_of(request, "StackPolicyDuringUpdate") or stack.policy
    update(stack, template, parameters, policy=policy, tags=tags)
    return ActionResult({"StackId": stack.stack_id})


def _stack_to_update(request: Any) -> Any:
    name = request._get_param("StackName")
    for stack in request.cloudformation_backend.stacks.values():
        if name in (stack.name, stack.stack_id):
            return stack
    raise ValidationError(message=f"Stack [{name}] does not exist")


@corrects(responses.CloudFormationResponse, "delete_stack")
def _delete_stack(request: Any) -> Any:
    name = request._get_param("StackName")
    retained = request._get_param("RetainResources") or []
    # As on AWS, deleting a stack that is not there succeeds.
    for stack in list(request.cloudformation_backend.stacks.values()):
        if name in (stack.name, stack.stack_id):
            check_unprotected(stack)
            for logical_id in retained:
                stack.deployed[logical_id].definition["DeletionPolicy"] = "Retain"
            operations.delete(stack)
    return EmptyResult()


@creates(models.Stack)
def _create_inner(wanted: Wanted) -> Any:
    backend = wanted.backend(models.cloudformation_backends)
    outer, properties = backend.stacks[wanted.names["StackId"]], wanted.properties
    template, given = _inner_template(wanted)
    stack = operations.new_stack(
        backend,
        wanted.name,
        template,
        parameters=given,
        notification_arns=properties.get("NotificationARNs"),
        tags=tags_as_dict(properties),
        timeout_in_mins=properties.get("TimeoutInMinutes"),
    )
    stack.parent_id, stack.root_id = outer.stack_id, getattr(outer, "root_id", outer.stack_id)
    operations.create(stack)
    return stack


def _inner_template(wanted: Wanted) -> tuple[str, dict[str, str]]:
    """Return the template of a stack in a stack, and what it gives for parameters."""
    properties, partition = wanted.properties, get_partition(wanted.region_name)
    template = responses.get_stack_from_s3_url(properties["TemplateURL"], wanted.account_id, partition)
    return template, {name: as_text(value) for name, value in properties.get("Parameters", {}).items()}


@changes(models.Stack)
def _change_inner(wanted: Wanted) -> Any:
    stack, tags = wanted.original, tags_as_dict(wanted.properties)
    check_updatable(stack)
    template, given = _inner_template(wanted)
    content = processed_template(template, given, wanted.region_name)
    check_template(content)
    parameters = ruled_parameters(content, given, stack)
    stack.notification_arns = wanted.properties.get("NotificationARNs") or []
    if changes_nothing(stack, content, parameters) and tags == stack.tags:
        return stack
    update(stack, template, parameters, tags=tags)
    if stack.status != "UPDATE_COMPLETE":
        # A stack keeps the events of earlier updates as well; of each status, the latest counts.
        reasons = {event.resource_status: event.resource_status_reason for event in stack.events}
        raise ResourceFailure(
            f"Embedded stack {stack.stack_id} was not successfully updated. "
            f"Currently in {stack.status} with reason: {reasons['UPDATE_ROLLBACK_IN_PROGRESS']}"
        )
    return stack


# Each of the two modules has imported it under a name of its own.
@corrects(models, "get_stack_from_s3_url")
@corrects(responses, "get_stack_from_s3_url")
def _template_from_url(template_url: str, account_id: str, partition: str) -> str:
    address = urlparse(template_url)
    host, path = address.hostname or "", unquote(address.path).lstrip("/")
    # This cloud's own S3 has buckets in the path.
    bucket, _, key = path.partition("/")
    if host.endswith("amazonaws.com") and not host.startswith(("s3.", "s3-")):
        bucket, key = host.partition(".s3")[0], path
    try:
        found = s3_backends[account_id][partition].get_object(bucket, key)
    except MissingBucket:
        raise ValidationError(message=f"S3 error: The specified bucket does not exist: {bucket}") from None
    if found is None:
        raise ValidationError(message=f"S3 error: The specified key does not exist: {key}")
    return str(found.value.decode("utf-8"))
