"""Aliases name one version, and the statements of a function's policy have names of their own.

AWS refuses a second statement of the same id, and a second alias of the same name, with a
ResourceConflictException
(https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html, API_CreateAlias.html there). moto keeps
both statements, names another error for the alias, and keeps weights for versions of which nothing takes
notice. Changed: as above; weights are refused by name, since each alias invokes one version here.
"""

import json
from typing import Any

from moto.awslambda.exceptions import ConflictException, InvalidParameterValueException, LambdaClientError
from moto.awslambda.models import LambdaBackend

from workshop.cloud.offline.overlay.correct import corrects

_MOTO_ADD_PERMISSION = LambdaBackend.add_permission
_MOTO_CREATE = LambdaBackend.create_alias
_MOTO_UPDATE = LambdaBackend.update_alias


class ResourceConflictError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """Something of that name is there already."""

    code = 409

    def __init__(self, message: str) -> None:
        super().__init__("ResourceConflictException", message)


@corrects(LambdaBackend, "add_permission")
def _add_permission(self: Any, function_name: str, qualifier: str, raw: str) -> Any:
    identity = json.loads(raw).get("StatementId")
    statements = self.get_function(function_name, qualifier).policy.statements
    if any(one.get("Sid") == identity for one in statements):
        raise ResourceConflictError(
            f"The statement id ({identity}) provided already exists. "
            "Please provide a new statement id, or remove the existing statement."
        )
    return _MOTO_ADD_PERMISSION(self, function_name, qualifier, raw)


@corrects(LambdaBackend, "create_alias")
def _create_alias(self: Any, *arguments: Any, **named: Any) -> Any:
    _refuse_weights(arguments, named)
    try:
        return _MOTO_CREATE(self, *arguments, **named)
    except ConflictException as error:
        raise ResourceConflictError(error.message) from error


@corrects(LambdaBackend, "update_alias")
def _update_alias(self: Any, *arguments: Any, **named: Any) -> Any:
    _refuse_weights(arguments, named)
    return _MOTO_UPDATE(self, *arguments, **named)


def _refuse_weights(arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    for value in (*arguments, named.get("routing_config")):
        if isinstance(value, dict) and value.get("AdditionalVersionWeights"):
            raise InvalidParameterValueException(
                "The offline cloud does not divide invocations of an alias between versions "
                "(docs/offline-cloud.md)"
            )
