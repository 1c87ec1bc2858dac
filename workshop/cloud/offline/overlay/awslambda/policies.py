"""A function, each version and each alias have a policy of their own.

AWS keeps statements by qualifier: GetPolicy returns those of the function or of what `Qualifier` names, an id
is unique among them, and RemovePermission takes one from there. A principal that is an account stands for its
root; a role or a user must be there
(https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html). moto returns and removes the
statements of all qualifiers together, keeps two of one id, takes every revision of RemovePermission for a
wrong one, and keeps an account's number. Changed: as above.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import (
    GenericResourcNotFound,
    InvalidParameterValueException,
    LambdaClientError,
)
from moto.awslambda.models import LambdaBackend
from moto.awslambda.responses import LambdaResponse
from moto.iam.models import iam_backends

from workshop.cloud.offline.overlay.awslambda.revisions import check_revision, renew
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.partitions import partition_of
from workshop.cloud.offline.runtime.arns import LATEST, FunctionReference

__all__ = ["ResourceConflictError", "refuse_second"]

READING = "GetPolicy"
_MOTO_ADD_PERMISSION = LambdaBackend.add_permission


class ResourceConflictError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """Something of that name is there already."""

    code = 409

    def __init__(self, message: str) -> None:
        super().__init__("ResourceConflictException", message)


class StatementNotFoundError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """A policy has no statement of that id."""

    code = 404

    def __init__(self, identity: str) -> None:
        super().__init__(
            "ResourceNotFoundException", f"Statement {identity} is not found in resource policy."
        )


@corrects(LambdaBackend, "add_permission")
def _add(self: Any, function_name: str, qualifier: str | None, raw: str) -> Any:
    if qualifier == LATEST or FunctionReference.parse(function_name).qualifier == LATEST:
        raise InvalidParameterValueException("We currently do not support adding policies for $LATEST.")
    statement = json.loads(raw)
    policy, _, own = _policy(self, function_name, qualifier)
    check_revision(statement.pop("RevisionId", None), policy.revision, READING)
    refuse_second(statement.get("StatementId"), own)
    _check_principal(self, str(statement.get("Principal")))
    if str(statement.get("Principal")).isdigit():
        partition = partition_of(self.region_name)
        statement["Principal"] = f"arn:{partition}:iam::{statement['Principal']}:root"
    reference = FunctionReference.parse(function_name)
    return _MOTO_ADD_PERMISSION(self, reference.name, qualifier or reference.qualifier, json.dumps(statement))


def refuse_second(identity: str | None, statements: Iterable[Mapping[str, Any]]) -> None:
    """Refuse a statement if a policy has one of its id already."""
    if any(one.get("Sid") == identity for one in statements):
        raise ResourceConflictError(
            f"The statement id ({identity}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )


def _check_principal(self: Any, principal: str) -> None:
    """Refuse a role or user of the account that is not there."""
    partition = partition_of(self.region_name)
    kind = principal.removeprefix(f"arn:{partition}:iam::{self.account_id}:").partition("/")[0]
    if kind not in {"role", "user"}:
        return
    backend = iam_backends[self.account_id][partition]
    known = backend.roles if kind == "role" else backend.users
    if not any(one.arn == principal for one in known.values()):
        raise InvalidParameterValueException(
            "The provided principal was invalid. Please check the principal and try again."
        )


@corrects(LambdaBackend, "get_policy")
def _get(self: Any, function_name: str, qualifier: str | None = None) -> str:
    policy, _, own = _policy(self, function_name, qualifier)
    if not own:
        raise GenericResourcNotFound
    document = {"Version": "2012-10-17", "Id": "default", "Statement": own}
    return json.dumps({"Policy": json.dumps(document), "RevisionId": policy.revision})


@corrects(LambdaResponse, "remove_permission")
def _remove(self: Any) -> Any:
    *_, function_name, _, identity = unquote(self.path).split("/")
    policy, function, own = _policy(self.backend, function_name, self._get_param("Qualifier"))
    check_revision(self._get_param("RevisionId"), policy.revision, READING)
    if not own:
        raise GenericResourcNotFound
    # A statement of another qualifier may have the same id, and stays.
    kept = [one for one in policy.statements if one not in own or one.get("Sid") != identity]
    if len(kept) == len(policy.statements):
        raise StatementNotFoundError(identity)
    policy.statements[:] = kept
    renew(function)
    return 204, {"status": 204}, "{}"


def _policy(backend: Any, name: str, qualifier: str | None) -> tuple[Any, Any, list[dict[str, Any]]]:
    """Return a function's whole policy, the function, and the statements of a qualifier."""
    reference = FunctionReference.parse(name)
    qualifier = qualifier or reference.qualifier
    backend.get_function(reference.name, qualifier)  # it may not be there
    function = backend.get_function(reference.name)
    named = "" if qualifier in (None, "$LATEST") else f":{qualifier}"
    resource = f"{function.function_arn}{named}"
    return (
        function.policy,
        function,
        [one for one in function.policy.statements if one.get("Resource") == resource],
    )
