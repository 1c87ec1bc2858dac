"""Which layers a function may have; a deleted version stays with the functions that have it.

AWS takes five layers, one version of each, that are there, and archives that are zip files; deleting a
version that is not there succeeds (https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html,
API_DeleteLayerVersion.html there). moto takes any number and any bytes, and fails.

AWS lets nobody configure a function with it any more, but functions and versions that already use it go on
(https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html). moto forgets its content, so that their
next environments lack it. Changed: all of this; the backend keeps such a version under `deleted_layers`,
while a function has it.

A policy of a version has one statement of an id, as that of a function has. moto keeps two. Changed.
"""

import json
from collections.abc import Sequence
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaBackend

from workshop.cloud.offline.overlay.awslambda.archives import check_code
from workshop.cloud.offline.overlay.awslambda.policies import refuse_second
from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["check_layers"]

MOST_LAYERS = 5
_MOTO_DELETE = LambdaBackend.delete_layer_version
_MOTO_PUBLISH = LambdaBackend.publish_layer_version
_MOTO_ADD_PERMISSION = LambdaBackend.add_layer_version_permission


def check_layers(backend: Any, arns: Sequence[str]) -> None:
    """Raise AWS's error unless a function may have these layers."""
    if len(arns) > MOST_LAYERS:
        raise InvalidParameterValueException(f"Cannot reference more than {MOST_LAYERS} layers.")
    known: dict[str, str] = {}
    for arn in arns:
        if (other := known.setdefault(arn.rpartition(":")[0], arn)) is not arn:
            raise InvalidParameterValueException(
                "Two different versions of the same layer are not allowed to be referenced in the same "
                f"function. {other} and {arn} are versions of the same layer."
            )
        if backend.layers_versions_by_arn(arn) is None:
            raise InvalidParameterValueException(f"Layer version {arn} does not exist.")


@corrects(LambdaBackend, "publish_layer_version")
def _publish(self: Any, spec: dict[str, Any]) -> Any:
    check_code(spec.get("Content") or {}, self.account_id, operation="PublishLayerVersion")
    return _MOTO_PUBLISH(self, spec)


@corrects(LambdaBackend, "add_layer_version_permission")
def _add_permission(self: Any, layer_name: str, version_number: int, statement: str) -> Any:
    own = self.get_layer_version(layer_name, str(version_number)).policy.statements
    refuse_second(json.loads(statement).get("StatementId"), own)
    return _MOTO_ADD_PERMISSION(self, layer_name, version_number, statement)


@corrects(LambdaBackend, "delete_layer_version")
def _delete(self: Any, layer_name: str, layer_version: str) -> None:
    used = {layer["Arn"] for function in self.list_functions("ALL") for layer in function.layers}
    kept = getattr(self, "deleted_layers", {})
    for version in self.list_layer_versions(layer_name.rpartition(":")[2]):
        if str(version.version) == str(layer_version):
            kept = {**kept, version.arn: version}
    # Also those deleted earlier are forgotten that no function has any more.
    self.deleted_layers = {arn: version for arn, version in kept.items() if arn in used}
    if layer_name.rpartition(":")[2] in self._layers._layers:
        _MOTO_DELETE(self, layer_name, layer_version)
