"""A deleted layer version stays with the functions that have it.

AWS lets nobody configure a function with it any more, but functions and versions that already use it go on
(https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html). moto forgets its content, so that their
next environments lack it. Changed: the backend keeps it under `deleted_layers`, while a function has it.
"""

from typing import Any

from moto.awslambda.models import LambdaBackend

from workshop.cloud.offline.overlay.correct import corrects

_MOTO_DELETE = LambdaBackend.delete_layer_version


@corrects(LambdaBackend, "delete_layer_version")
def _delete(self: Any, layer_name: str, layer_version: str) -> None:
    used = {layer["Arn"] for function in self.list_functions("ALL") for layer in function.layers}
    kept = getattr(self, "deleted_layers", {})
    for version in self.list_layer_versions(layer_name.rpartition(":")[2]):
        if str(version.version) == str(layer_version):
            kept = {**kept, version.arn: version}
    # Also those deleted earlier are forgotten that no function has any more.
    self.deleted_layers = {arn: version for arn, version in kept.items() if arn in used}
    _MOTO_DELETE(self, layer_name, layer_version)
