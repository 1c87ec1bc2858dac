"""Change sets announce exactly what executing them does.

AWS: a change set belongs to its stack, so two stacks may have one of the same name. One without changes ends
`FAILED` with a reason that the AWS CLI looks for. Executing it creates or updates the stack, with rollback
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html).
`aws cloudformation deploy` is built on them. moto finds change sets by name alone, compares templates without
their parameters, and executes without rollback. Changed: creating, describing, executing, deleting and
listing them.
"""

from collections.abc import Mapping
from typing import Any

from moto.cloudformation import models, responses
from moto.cloudformation.exceptions import (
    AlreadyExistsException,
    CloudFormationError,
    ValidationError,
)
from moto.cloudformation.utils import generate_changeset_id, generate_stack_id, validate_create_change_set
from moto.core.responses import ActionResult, EmptyResult

from workshop.cloud.offline.overlay.cloudformation import operations
from workshop.cloud.offline.overlay.cloudformation.events import record
from workshop.cloud.offline.overlay.cloudformation.handlers import is_true
from workshop.cloud.offline.overlay.cloudformation.options import check_options
from workshop.cloud.offline.overlay.cloudformation.parameters import merged_parameters
from workshop.cloud.offline.overlay.cloudformation.plans import plan
from workshop.cloud.offline.overlay.cloudformation.requests import tags_of, template_of
from workshop.cloud.offline.overlay.cloudformation.template.rules import ruled_parameters
from workshop.cloud.offline.overlay.cloudformation.template.transforms import processed_template
from workshop.cloud.offline.overlay.cloudformation.updates import changes_nothing, check_updatable, update
from workshop.cloud.offline.overlay.cloudformation.validation import check_capabilities, check_template
from workshop.cloud.offline.overlay.correct import corrects

NO_CHANGES = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


class ChangeSetNotFoundError(CloudFormationError):  # type: ignore[misc]  # moto is untyped
    """The change set does not exist."""

    code = "ChangeSetNotFound"


class InvalidChangeSetStatusError(CloudFormationError):  # type: ignore[misc]  # moto is untyped
    """The change set cannot be executed."""

    code = "InvalidChangeSetStatus"


@corrects(responses.CloudFormationResponse, "create_change_set")
def _create(request: Any) -> Any:
    backend, name = request.cloudformation_backend, request._get_param("ChangeSetName")
    validate_create_change_set(name)
    kind = request._get_param("ChangeSetType") or "UPDATE"
    if kind not in {"CREATE", "UPDATE"}:
        raise ValidationError(message=f"The offline cloud does not offer change sets of the type {kind}")
    stack = _existing_stack(backend, request._get_param("StackName"), kind)
    _check_name(backend, name, stack)
    template = template_of(request, stack.template if stack else None)
    given = merged_parameters(request._get_param("Parameters") or [], stack.parameters if stack else {})
    content = processed_template(template, given, backend.region_name)
    check_template(content)
    parameters = ruled_parameters(content, given, backend)
    capabilities = request._get_param("Capabilities") or []
    check_capabilities(content, capabilities)
    check_options(request, content)
    # Only now: a request that is refused leaves no stack under review behind.
    stack = stack or _stack_under_review(request)
    change_set = models.ChangeSet(
        change_set_type=kind,
        change_set_id=generate_changeset_id(name, backend.region_name, backend.account_id),
        change_set_name=name,
        stack=stack,
        template=template,
        parameters=parameters,
        description=request._get_param("Description"),
        notification_arns=request._get_param("NotificationARNs") or [],
        tags=tags_of(request),
        role_arn=request._get_param("RoleARN"),
    )
    change_set.capabilities = list(capabilities)
    _judge(change_set, content)
    backend.change_sets[change_set.change_set_id] = change_set
    return ActionResult({"Id": change_set.change_set_id, "StackId": stack.stack_id})


def _check_name(backend: Any, name: str, stack: Any) -> None:
    for other in backend.change_sets.values():
        # One that has been executed is gone on AWS.
        if other.stack is stack and other.change_set_name == name and "EXECUTE" not in other.execution_status:
            raise AlreadyExistsException(f"ChangeSet {name} cannot be created, since it already exists")


def _judge(change_set: Any, content: Mapping[str, Any]) -> None:
    stack = change_set.stack
    same_tags = not change_set.tags or change_set.tags == stack.tags
    # One that creates a stack always has something to do, were it only the stack.
    is_update = change_set.change_set_type == "UPDATE"
    if is_update and same_tags and changes_nothing(stack, content, change_set.parameters):
        change_set.status, change_set.execution_status = "FAILED", "UNAVAILABLE"
        change_set.status_reason = NO_CHANGES
    else:
        change_set.status, change_set.execution_status = "CREATE_COMPLETE", "AVAILABLE"


def _existing_stack(backend: Any, name: str, kind: str) -> Any:
    stack = next((stack for stack in backend.stacks.values() if name in (stack.name, stack.stack_id)), None)
    # A stack under review is a name with change sets: nothing is there that could be updated.
    if kind == "UPDATE" and (stack is None or stack.status == "REVIEW_IN_PROGRESS"):
        raise ValidationError(message=f"Stack [{name}] does not exist")
    if kind == "CREATE" and stack is not None and stack.status != "REVIEW_IN_PROGRESS":
        raise ValidationError(
            message=f"Stack [{name}] already exists and cannot be created again with a changeSet"
        )
    if stack is not None:
        check_updatable(stack)
    return stack


def _stack_under_review(request: Any) -> Any:
    backend, name = request.cloudformation_backend, request._get_param("StackName")
    stack = models.Stack(
        stack_id=generate_stack_id(name, backend.region_name, backend.account_id),
        name=name,
        template={},
        parameters={},
        account_id=backend.account_id,
        region_name=backend.region_name,
    )
    backend.stacks[stack.stack_id] = stack
    record(stack, "REVIEW_IN_PROGRESS", "User Initiated")
    return stack


@corrects(models.ChangeSet, "_parse_template")
def _read_own_template(change_set: Any) -> None:
    # With the parameters' values: what a transform makes depends on them.
    change_set.template_dict = processed_template(
        change_set.template, change_set.parameters, change_set.stack.region_name
    )


@corrects(models.ChangeSet, "diff")
def _diff(change_set: Any) -> list[Any]:
    tags = change_set.tags or None  # it keeps those of the stack if it names none
    return list(plan(change_set.stack, change_set.template_dict, change_set.parameters, tags))


@corrects(responses.CloudFormationResponse, "describe_change_set")
def _describe(request: Any) -> Any:
    return ActionResult(_find(request))


@corrects(responses.CloudFormationResponse, "execute_change_set")
def _execute(request: Any) -> Any:
    change_set = _find(request)
    if change_set.execution_status != "AVAILABLE":
        raise InvalidChangeSetStatusError(
            f"ChangeSet [{change_set.change_set_id}] cannot be executed "
            f"in its current execution status of [{change_set.execution_status}]"
        )
    stack = change_set.stack
    tags = change_set.tags or stack.tags
    stack.capabilities = change_set.capabilities
    stack.disable_rollback = is_true(request._get_param("DisableRollback"))
    # Before anything runs: the lock is given up while the function of a custom resource does, and nobody
    # else may execute this one then.
    change_set.execution_status = "EXECUTE_IN_PROGRESS"
    if change_set.change_set_type == "CREATE":
        _become(stack, change_set, request.cloudformation_backend)
        operations.create(stack, "DO_NOTHING" if stack.disable_rollback else "ROLLBACK")
    else:
        update(stack, change_set.template, change_set.parameters, policy=stack.policy, tags=tags)
    worked = stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
    change_set.execution_status = "EXECUTE_COMPLETE" if worked else "EXECUTE_FAILED"
    return EmptyResult()


def _become(stack: Any, change_set: Any, backend: Any) -> None:
    """Turn a stack in `REVIEW_IN_PROGRESS` into the one that its change set describes."""
    # It was made before any template was known, so all that moto derives from one is derived now.
    stack.parameters, stack.tags = change_set.parameters, change_set.tags or stack.tags
    stack.notification_arns = change_set.notification_arns
    stack.role_arn = change_set.role_arn
    stack.cross_stack_resources = backend.exports
    operations.become(stack, change_set.template, change_set.template_dict)


@corrects(responses.CloudFormationResponse, "delete_change_set")
def _delete(request: Any) -> Any:
    change_set = _find(request)
    del request.cloudformation_backend.change_sets[change_set.change_set_id]
    return EmptyResult()


@corrects(responses.CloudFormationResponse, "list_change_sets")
def _list(request: Any) -> Any:
    name = request._get_param("StackName")
    return ActionResult(
        {
            "Summaries": [
                change_set
                for change_set in request.cloudformation_backend.change_sets.values()
                if name in (change_set.stack.name, change_set.stack.stack_id)
            ]
        }
    )


def _find(request: Any) -> Any:
    name, stack_name = request._get_param("ChangeSetName"), request._get_param("StackName")
    # The latest of a name: one that was executed stays here, where AWS drops it.
    for change_set in reversed(request.cloudformation_backend.change_sets.values()):
        names = (change_set.stack.name, change_set.stack.stack_id)
        if name == change_set.change_set_id or (name == change_set.change_set_name and stack_name in names):
            return change_set
    raise ChangeSetNotFoundError(f"ChangeSet [{name}] does not exist")
