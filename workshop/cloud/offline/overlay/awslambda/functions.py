"""Lambda functions: limits, configuration that is kept, and reserved concurrency.

AWS refuses what `settings` says; keeps `LoggingConfig`, `EphemeralStorage`, `TracingConfig`,
`KMSKeyArn` and `SnapStart`; refuses a reservation that leaves less than 100 of the account's 1,000
unreserved; returns a reservation of 0; and offers the code for download at `Code.Location`. Source:
https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html, API_PutFunctionConcurrency.html and
API_GetFunction.html there.

moto accepts everything, drops `LoggingConfig` and most updates, hides a reservation of 0, and offers a
download address that does not exist. Changed as above; a change of a function also wakes the runtime.
"""

import json
from copy import copy
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import (
    FunctionAlreadyExists,
    InvalidParameterValueException,
    LambdaClientError,
)
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.utils import get_backend
from moto.s3.models import s3_backends

from workshop.cloud.offline.overlay.awslambda.archives import check_code
from workshop.cloud.offline.overlay.awslambda.dead_letters import check_dead_letters
from workshop.cloud.offline.overlay.awslambda.layers import check_layers
from workshop.cloud.offline.overlay.awslambda.modified import moment
from workshop.cloud.offline.overlay.awslambda.revisions import check_revision, renew, revision_of
from workshop.cloud.offline.overlay.awslambda.settings import check_settings
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.runtime.active_runtime import active, wake_active
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.cloud.offline.runtime.invocations.concurrency import check_reservation

LAMBDA_ACCOUNT_ID = "000000000000"

_MOTO_CREATE = LambdaBackend.create_function
_MOTO_DELETE = LambdaBackend.delete_function
_MOTO_ALIASES = LambdaBackend.list_aliases
_MOTO_VERSIONS = LambdaBackend.list_versions_by_function
_MOTO_UPDATE_CONFIGURATION = LambdaFunction.update_configuration
_MOTO_UPDATE_CODE = LambdaFunction.update_function_code
_MOTO_CONFIGURATION = LambdaFunction.get_configuration
_MOTO_CODE = LambdaFunction.get_code


class VersionInUseError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """An alias names the version that is to be deleted."""

    code = 409


@corrects(LambdaBackend, "create_function")
def _create_function(self: Any, spec: dict[str, Any]) -> Any:
    name = FunctionReference.parse(str(spec.get("FunctionName"))).name
    check_settings(self, name, spec)
    if name in self._lambdas._functions:
        raise FunctionAlreadyExists(name)
    if not (spec.get("Runtime") and spec.get("Handler")):
        raise InvalidParameterValueException(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    check_layers(self, spec.get("Layers") or [])
    check_code(spec.get("Code") or {}, self.account_id, operation="CreateFunction")
    check_dead_letters(spec, str(spec.get("Role")))
    function = _MOTO_CREATE(self, {**spec, "Publish": False})
    function.logging_config = spec.get("LoggingConfig") or {}
    function.dead_letter_config = spec.get("DeadLetterConfig") or {}
    function.snap_start = spec.get("SnapStart") or {}
    function.last_modified = moment()
    if spec.get("Publish"):
        # Only now, since a version has all that its function has; moto would publish before. What is answered
        # is the function under the version's number.
        published = self.publish_version(name)
        function = copy(function)
        function.version = published.version
    wake_active()
    return function


@corrects(LambdaBackend, "delete_function")
def _delete_function(self: Any, function_name: str, qualifier: str | None = None) -> None:
    reference = FunctionReference.parse(function_name)
    version = reference.qualifier or qualifier
    if version is not None:
        _check_version(self, reference.name, version)
    _MOTO_DELETE(self, function_name, qualifier)
    wake_active()


@corrects(LambdaBackend, "list_versions_by_function")
def _list_versions(self: Any, function_name: str) -> Any:
    return _MOTO_VERSIONS(self, _name_of(self, function_name))


@corrects(LambdaBackend, "list_aliases")
def _list_aliases(self: Any, function_name: str) -> Any:
    return _MOTO_ALIASES(self, _name_of(self, function_name))


def _name_of(backend: Any, in_path: str) -> str:
    """Return the bare name of a function that is there; moto leaves it as it is in the path."""
    return str(backend.get_function(FunctionReference.parse(unquote(in_path)).name).function_name)


@corrects(LambdaFunction, "update_configuration")
def _update_configuration(self: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
    check_revision(config_updates.get("RevisionId"), revision_of(self))
    backend = get_backend(self.account_id, self.region)
    check_settings(backend, self.function_name, config_updates)
    check_layers(backend, config_updates.get("Layers") or [])
    check_dead_letters(config_updates, str(config_updates.get("Role") or self.role))
    # moto fails on an environment without variables.
    updates = {name: value for name, value in config_updates.items() if value is not None}
    if "Environment" in updates:
        updates["Environment"] = {"Variables": updates["Environment"].get("Variables", {})}
    _MOTO_UPDATE_CONFIGURATION(self, updates)
    if "LoggingConfig" in updates:
        self.logging_config = updates["LoggingConfig"]
    if "EphemeralStorage" in updates:
        self.ephemeral_storage = int(updates["EphemeralStorage"]["Size"])
    if "TracingConfig" in updates:
        self.tracing_config = updates["TracingConfig"]
    if "DeadLetterConfig" in updates:
        self.dead_letter_config = updates["DeadLetterConfig"]
    if "SnapStart" in updates:
        self.snap_start = updates["SnapStart"]
    if "KMSKeyArn" in updates:  # an empty one takes the key away
        self.kms_key_arn = updates["KMSKeyArn"] or None
    self.last_modified = moment()
    renew(self)
    wake_active()
    return dict(self.get_configuration())


@corrects(LambdaFunction, "update_function_code")
def _update_code(self: Any, updated_spec: dict[str, Any]) -> dict[str, Any]:
    check_revision(updated_spec.get("RevisionId"), revision_of(self))
    check_code(updated_spec, self.account_id, operation="UpdateFunctionCode")
    _MOTO_UPDATE_CODE(self, updated_spec)
    # A dry run only validates: https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html
    if not updated_spec.get("DryRun"):
        if "Architectures" in updated_spec:
            self.architectures = updated_spec["Architectures"]
        self.last_modified = moment()
        renew(self)
        wake_active()
    return dict(self.get_configuration())


@corrects(LambdaBackend, "update_function_code")
def _update_code_call(self: Any, function_name: str, qualifier: str, body: dict[str, Any]) -> dict[str, Any]:
    # moto updates twice, of which the second expects a revision that is gone.
    answer: dict[str, Any] = self.get_function(function_name, qualifier).update_function_code(body)
    if body.get("Publish") and not body.get("DryRun"):
        answer = self.publish_version(function_name).get_configuration()
    return answer


@corrects(LambdaFunction, "get_configuration")
def _get_configuration(self: Any, on_create: bool = False) -> dict[str, Any]:
    configuration: dict[str, Any] = _MOTO_CONFIGURATION(self, on_create)
    # AWS shows the group and the format that it logs with, also where nobody has set them.
    logging = getattr(self, "logging_config", None) or {}
    configuration["LoggingConfig"] = {
        "LogFormat": "Text",
        "LogGroup": f"/aws/lambda/{self.function_name}",
        **logging,
    }
    apply_on = (getattr(self, "snap_start", None) or {}).get("ApplyOn", "None")
    is_snapped = apply_on == "PublishedVersions" and self.version != "$LATEST"
    configuration["SnapStart"] = {
        "ApplyOn": apply_on,
        "OptimizationStatus": "On" if is_snapped else "Off",
    }
    configuration["RevisionId"] = revision_of(self)
    if dead_letter := getattr(self, "dead_letter_config", None):
        configuration["DeadLetterConfig"] = dead_letter
    return configuration


@corrects(LambdaFunction, "get_code")
def _get_code(self: Any) -> dict[str, Any]:
    answer: dict[str, Any] = _MOTO_CODE(self)
    # 0 is a reservation, too: it stops the function altogether.
    if self.reserved_concurrency is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": int(self.reserved_concurrency)}
    runtime = active()
    if runtime is not None and "Location" in answer.get("Code", {}):
        answer["Code"]["Location"] = f"{runtime.endpoint_url}/{_publish(self)}?X-Amz-Signature=offline"
    return answer


def _publish(function: Any) -> str:
    """Store the code where it can be downloaded, and return bucket and key.

    As on AWS the bucket belongs to Lambda's own account, so learners do not see it among their buckets.
    """
    storage = s3_backends[LAMBDA_ACCOUNT_ID]["aws"]
    bucket = f"awslambda-{function.region}-tasks"
    if bucket not in storage.buckets:
        storage.create_bucket(bucket, function.region)
    # With the digest in the key, an address that was handed out keeps giving the code of its time.
    key = f"snapshots/{function.account_id}/{function.function_name}-{function.code_digest}"
    if key not in storage.buckets[bucket].keys:
        storage.put_object(bucket, key, function.code_bytes)
    return f"{bucket}/{key}"


@corrects(LambdaBackend, "put_function_concurrency")
def _put_concurrency(self: Any, function_name: str, reserved_concurrency: Any) -> int:
    function = self.get_function(function_name)
    amount = int(reserved_concurrency)
    # The new reservation takes the place of the function's own, which therefore does not count.
    others = (one for one in self.list_functions() if one.function_name != function.function_name)
    check_reservation(amount, reserved_by_others=sum(int(one.reserved_concurrency or 0) for one in others))
    function.reserved_concurrency = amount
    wake_active()
    return amount


@corrects(LambdaResponse, "get_function_concurrency")
def _get_concurrency_call(self: Any) -> tuple[int, dict[str, str], str]:
    function = self.backend.get_function(_name_of(self.backend, self.path.rstrip("/").split("/")[-2]))
    reserved = function.reserved_concurrency
    return 200, {}, json.dumps({} if reserved is None else {"ReservedConcurrentExecutions": int(reserved)})


def _check_version(backend: Any, name: str, version: str) -> None:
    """Refuse to delete a version that an alias names, an alias as if it were one, and `$LATEST` alone."""
    if version == "$LATEST":
        raise InvalidParameterValueException(
            "$LATEST version cannot be deleted without deleting the function."
        )
    if not version.isdecimal():
        raise InvalidParameterValueException("Deletion of aliases is not currently supported.")
    users = sorted(
        alias.name
        for alias in backend.list_aliases(name)
        if version
        in {alias.function_version, *((alias.routing_config or {}).get("AdditionalVersionWeights") or {})}
    )
    if users:
        raise VersionInUseError(
            "ResourceConflictException",
            f"Function version {version} is currently used by aliases: {', '.join(users)}. "
            "Please delete the aliases first.",
        )
