"""Aliases name one version.

AWS refuses a second alias of the same name with a ResourceConflictException
(https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html), and gives one a new revision with each
change. moto names another error, keeps the revision, and keeps weights for versions of which nothing takes
notice. Changed: as above; weights are refused by name, since each alias invokes one version here.
"""

import json
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import ConflictException, InvalidParameterValueException
from moto.awslambda.models import LambdaAlias, LambdaBackend
from moto.awslambda.responses import LambdaResponse
from moto.moto_api._internal import mock_random

from workshop.cloud.offline.overlay.awslambda.policies import ResourceConflictError
from workshop.cloud.offline.overlay.awslambda.revisions import check_revision
from workshop.cloud.offline.overlay.correct import corrects

_MOTO_CREATE = LambdaBackend.create_alias
_MOTO_UPDATE = LambdaBackend.update_alias
_MOTO_UPDATE_CALL = LambdaResponse.update_alias
_MOTO_CHANGE = LambdaAlias.update


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


@corrects(LambdaResponse, "update_alias")
def _update_call(self: Any) -> Any:
    *_, function_name, _, name = self.path.split("/")
    alias = self.backend.get_alias(name, unquote(function_name))
    check_revision(json.loads(self.body).get("RevisionId"), alias.revision_id)
    return _MOTO_UPDATE_CALL(self)


@corrects(LambdaAlias, "update")
def _change(self: Any, *changes: Any) -> None:
    _MOTO_CHANGE(self, *changes)
    self.revision_id = str(mock_random.uuid4())


def _refuse_weights(arguments: tuple[Any, ...], named: dict[str, Any]) -> None:
    for value in (*arguments, named.get("routing_config")):
        if isinstance(value, dict) and value.get("AdditionalVersionWeights"):
            raise InvalidParameterValueException(
                "The offline cloud does not divide invocations of an alias between versions "
                "(docs/offline-cloud.md)"
            )
