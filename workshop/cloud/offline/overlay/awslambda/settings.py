"""Settings of functions that are refused, when a function is made and later alike.

AWS refuses timeouts beyond 900 s, memory beyond 10,240 MB, runtimes it does not know, reserved environment
variables and more than 4 KB of variables, a role that Lambda may not assume, and a key that is not there or
that an alias names; what is not offered here is refused by name. Sources:
https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and API_UpdateFunctionConfiguration.html
there; the sentences about roles and keys are those that users report. Support for `functions`; corrects
nothing.
"""

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.awslambda.exceptions import (
    CrossAccountNotAllowed,
    InvalidParameterValueException,
    InvalidRoleFormat,
    ValidationException,
)
from moto.core.utils import get_service_model

from workshop.cloud.offline.overlay.every_service.named_keys import key_problem
from workshop.cloud.offline.permissions.services import LAMBDA, trusts
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.cloud.offline.runtime.environments.sessions import NOT_TRUSTED
from workshop.cloud.offline.runtime.environments.variables import RESERVED_NAMES

__all__ = ["check_settings"]

# What a handler would miss, and why it is not there.
NOT_OFFERED = {
    "CapacityProviderConfig": "functions run on this machine",
    "DurableConfig": "there are no durable functions here",
    "FileSystemConfigs": "nothing is mounted for functions here",
    "ImageConfig": "functions are zip files here",
    "TenancyConfig": "environments are not kept apart by tenant",
}
LIMITS = {"Timeout": ("timeout", 1, 900), "MemorySize": ("memorySize", 128, 10_240)}
LONGEST_NAME, MAX_VARIABLE_BYTES = 64, 4096
LEVELS = ("ApplicationLogLevel", "SystemLogLevel")
FIRST_WITH_SNAPSHOTS = (3, 12)
NO_KEY = (
    "Lambda was unable to configure access to your environment variables because the KMS key is invalid for "
    "CreateGrant. Please check your KMS key settings. KMS Exception: {} KMS Message: {}"
)


def check_settings(backend: Any, name: str, spec: Mapping[str, Any]) -> None:
    """Raise AWS's error unless the function of this name may have these settings."""
    if len(name) > LONGEST_NAME:
        text = f"Member must have length less than or equal to {LONGEST_NAME}"
        raise ValidationException(name, "functionName", text)
    _check_values(spec)
    _check_logging(spec.get("LoggingConfig") or {})
    _check_snapshots(backend, name, spec)
    _check_variables((spec.get("Environment") or {}).get("Variables") or {})
    _check_key(backend, str(spec.get("KMSKeyArn") or ""))
    if role := str(spec.get("Role") or ""):
        _check_role(backend, role, FunctionReference(name))


def _check_values(spec: Mapping[str, Any]) -> None:
    for name, (field, lowest, highest) in LIMITS.items():
        _check_range(spec.get(name), field, lowest=lowest, highest=highest)
    if (runtime := spec.get("Runtime")) is not None and runtime not in _runtimes():
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


def _check_logging(logging: Mapping[str, Any]) -> None:
    if logging.get("LogFormat") == "Text" and any(logging.get(level) for level in LEVELS):
        raise InvalidParameterValueException(
            'LogLevel is not supported when LogFormat is set to "Text". Remove LogLevel from your request or '
            'change the LogFormat to "JSON" and try again.'
        )


def _check_snapshots(backend: Any, name: str, spec: Mapping[str, Any]) -> None:
    stored = backend._lambdas._functions.get(name, {}).get("latest")
    runtime = spec.get("Runtime") or getattr(stored, "run_time", None)
    wanted = spec.get("SnapStart") or getattr(stored, "snap_start", None) or {}
    version = tuple(int(part) for part in re.findall(r"\d+", str(runtime)))
    if wanted.get("ApplyOn") == "PublishedVersions" and version and version < FIRST_WITH_SNAPSHOTS:
        raise InvalidParameterValueException(f"{runtime} is not supported for SnapStart enabled functions.")


def _check_role(backend: Any, role: str, function: FunctionReference) -> None:
    found = re.match(InvalidRoleFormat.pattern, role)
    if found is None:
        raise InvalidRoleFormat(role)
    if found[2] != backend.account_id:
        raise CrossAccountNotAllowed
    if not trusts(role, LAMBDA, on_behalf_of=function.arn(backend.region_name, backend.account_id)):
        raise InvalidParameterValueException(NOT_TRUSTED)


def _check_key(backend: Any, arn: str) -> None:
    if ":alias/" in arn:
        text = "Key Aliases are not supported for this operation"
        raise InvalidParameterValueException(NO_KEY.format("InvalidArnException", text))
    if problem := key_problem(backend, arn):
        raise InvalidParameterValueException(NO_KEY.format("NotFoundException", problem))


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
