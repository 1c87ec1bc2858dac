"""Lambda functions: limits, configuration that is kept, and reserved concurrency.

AWS refuses timeouts beyond 900 s, memory beyond 10,240 MB, runtimes it does not know, reserved environment
variables and more than 4 KB of variables; keeps `LoggingConfig`, `EphemeralStorage`, `TracingConfig`,
`KMSKeyArn` and `SnapStart`; refuses a reservation that leaves less than 100 of the account's 1,000
unreserved; returns a reservation of 0; and offers the code for download at `Code.Location`. Source:
https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html, API_PutFunctionConcurrency.html and
API_GetFunction.html there.

moto accepts everything, drops `LoggingConfig` and most updates, hides a reservation of 0, and offers a
download address that does not exist. Changed as above; a change of a function also wakes the runtime.
"""

import json
from copy import copy
from functools import cache
from typing import Any

from moto.awslambda.exceptions import (
    FunctionAlreadyExists,
    InvalidParameterValueException,
    LambdaClientError,
    ValidationException,
)
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.utils import get_backend
from moto.core.utils import get_service_model
from moto.s3.models import s3_backends

from workshop.cloud.offline.overlay.awslambda.archives import check_code
from workshop.cloud.offline.overlay.awslambda.dead_letters import check_dead_letters
from workshop.cloud.offline.overlay.awslambda.layers import check_layers
from workshop.cloud.offline.overlay.awslambda.modified import moment
from workshop.cloud.offline.overlay.awslambda.revisions import check_revision, renew, revision_of
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.runtime.active_runtime import active, wake_active
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.cloud.offline.runtime.environments.variables import RESERVED_NAMES
from workshop.cloud.offline.runtime.invocations.concurrency import check_reservation

# What a handler would miss, and why it is not there.
NOT_OFFERED = {
    "CapacityProviderConfig": "functions run on this machine",
    "DurableConfig": "there are no durable functions here",
    "FileSystemConfigs": "nothing is mounted for functions here",
    "ImageConfig": "functions are zip files here",
    "TenancyConfig": "environments are not kept apart by tenant",
}
LIMITS = {"Timeout": ("timeout", 1, 900), "MemorySize": ("memorySize", 128, 10_240)}
MAX_VARIABLE_BYTES = 4096
LAMBDA_ACCOUNT_ID = "000000000000"

_MOTO_CREATE = LambdaBackend.create_function
_MOTO_DELETE = LambdaBackend.delete_function
_MOTO_UPDATE_CONFIGURATION = LambdaFunction.update_configuration
_MOTO_UPDATE_CODE = LambdaFunction.update_function_code
_MOTO_CONFIGURATION = LambdaFunction.get_configuration
_MOTO_CODE = LambdaFunction.get_code


class VersionInUseError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """An alias names the version that is to be deleted."""

    code = 409


@corrects(LambdaBackend, "create_function")
def _create_function(self: Any, spec: dict[str, Any]) -> Any:
    _check(spec)
    if (name := FunctionReference.parse(str(spec.get("FunctionName"))).name) in self._lambdas._functions:
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


@corrects(LambdaFunction, "update_configuration")
def _update_configuration(self: Any, config_updates: dict[str, Any]) -> dict[str, Any]:
    check_revision(config_updates.get("RevisionId"), revision_of(self))
    _check(config_updates)
    check_layers(get_backend(self.account_id, self.region), config_updates.get("Layers") or [])
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
    function = self.backend.get_function(self.path.rstrip("/").split("/")[-2])
    reserved = function.reserved_concurrency
    return 200, {}, json.dumps({} if reserved is None else {"ReservedConcurrentExecutions": int(reserved)})


def _check(spec: dict[str, Any]) -> None:
    for name, (field, lowest, highest) in LIMITS.items():
        _check_range(spec.get(name), field, lowest=lowest, highest=highest)
    if (runtime := spec.get("Runtime")) and runtime not in _runtimes():
        raise InvalidParameterValueException(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(_runtimes())}] or be a valid ARN"
        )
    if runtime and not runtime.startswith("python"):
        raise InvalidParameterValueException(f"The offline cloud runs Python functions, not `{runtime}`.")
    if spec.get("PackageType", "Zip") != "Zip":
        raise InvalidParameterValueException("The offline cloud runs zip files, not images.")
    for name in sorted(NOT_OFFERED.keys() & spec.keys()):
        if spec[name]:
            raise InvalidParameterValueException(
                f"The offline cloud does not offer {name}: {NOT_OFFERED[name]} (docs/offline-cloud.md)"
            )
    _check_variables((spec.get("Environment") or {}).get("Variables") or {})


def _check_version(backend: Any, name: str, version: str) -> None:
    """Refuse to delete a version that an alias names, and `$LATEST` alone."""
    if version == "$LATEST":
        raise InvalidParameterValueException(
            "$LATEST version cannot be deleted without deleting the function."
        )
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


def _check_range(value: Any, field: str, *, lowest: int, highest: int) -> None:
    if value is None or lowest <= int(value) <= highest:
        return
    side, bound = ("greater", lowest) if int(value) < lowest else ("less", highest)
    raise ValidationException(value, field, f"Member must have value {side} than or equal to {bound}")


def _check_variables(variables: dict[str, Any]) -> None:
    reserved = sorted(RESERVED_NAMES & variables.keys())
    explanation = (
        "Lambda was unable to configure your environment variables "
        "because the environment variables you have provided"
    )
    if reserved:
        raise InvalidParameterValueException(
            f"{explanation} contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    # The limit is on the JSON text, quotes and commas included; AWS quotes that text in its message.
    text = json.dumps(variables, separators=(",", ":"))
    if len(text.encode()) > MAX_VARIABLE_BYTES:
        raise InvalidParameterValueException(f"{explanation} exceeded the 4KB limit. String measured: {text}")


@cache
def _runtimes() -> tuple[str, ...]:
    """Return the runtimes that the installed API model lists."""
    # AWS adds and retires runtimes; botocore's model follows with each of its releases.
    return tuple(get_service_model("lambda").shape_for("Runtime").enum)
