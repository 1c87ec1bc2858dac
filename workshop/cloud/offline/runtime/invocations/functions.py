"""A function as the runtime runs it: a frozen value, read from the object that the backend keeps.

The value holds the code itself, so that whoever has it can start environments without asking the backend
again; a later change of code or configuration makes another value with another identity, and thus fresh
environments.
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any, Self

from moto.awslambda.utils import get_backend
from moto.core.exceptions import JsonRESTError

from workshop.cloud.offline.runtime.arns import FunctionReference

__all__ = ["Bundle", "FunctionSpec", "find_function", "function_exists"]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A zip file and the name that its content gives it."""

    digest: str
    content: bytes = field(repr=False, compare=False)

    @classmethod
    def of(cls, content: bytes) -> Self:
        """Name the content."""
        return cls(hashlib.sha256(content).hexdigest(), content)


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One version of a function. Equal values may share environments."""

    name: str
    version: str
    region: str
    account_id: str
    role_arn: str
    handler: str
    runtime: str
    package_type: str
    timeout_seconds: float
    memory_mb: int
    log_group: str
    environment: tuple[tuple[str, str], ...]
    code: Bundle
    layers: tuple[Bundle, ...] = ()
    # Not compared: warm environments stay good when only their number is limited.
    reserved_concurrency: int | None = field(default=None, compare=False)

    @property
    def arn(self) -> str:
        """The function's ARN without a version."""
        return FunctionReference(self.name).arn(self.region, self.account_id)

    @property
    def place(self) -> tuple[str, str, str]:
        """What reserved concurrency and metrics are counted by: all versions of the function together."""
        return (self.account_id, self.region, self.name)

    @property
    def slot(self) -> tuple[str, str, str, str]:
        """What a change of code or configuration does not change."""
        return (*self.place, self.version)


def find_function(reference: FunctionReference, *, region: str, account_id: str) -> FunctionSpec:
    """Return the function as it is now; the caller holds the lock.

    Raises:
        UnknownFunctionException: moto's own, if there is no such function, version or alias.
    """
    backend = get_backend(account_id, region)
    function = backend.get_function(reference.name, reference.qualifier)
    return _read(function, backend)


def function_exists(function: FunctionSpec) -> bool:
    """Return whether the function has not been deleted meanwhile; the caller holds the lock."""
    try:
        return bool(get_backend(function.account_id, function.region).get_function(function.name))
    except JsonRESTError:
        return False


def _read(function: Any, backend: Any) -> FunctionSpec:
    variables = function.environment_vars or {}
    logging_config = getattr(function, "logging_config", None) or {}
    reserved = function.reserved_concurrency
    return FunctionSpec(
        name=function.function_name,
        version=str(function.version),
        region=function.region,
        account_id=function.account_id,
        role_arn=function.role,
        handler=function.handler or "",
        runtime=function.run_time or "",
        package_type=function.package_type,
        timeout_seconds=float(function.timeout or 3),
        memory_mb=int(function.memory_size or 128),
        log_group=logging_config.get("LogGroup") or f"/aws/lambda/{function.function_name}",
        environment=tuple(sorted((str(name), str(value)) for name, value in variables.items())),
        code=_bundle(function),
        layers=tuple(_layers(function, backend)),
        reserved_concurrency=None if reserved is None else int(reserved),
    )


def _bundle(function: Any) -> Bundle:
    return _named(function.code_sha_256, getattr(function, "code_bytes", b""))


def _layers(function: Any, backend: Any) -> list[Bundle]:
    # Whoever has a layer keeps it when it is deleted.
    deleted = getattr(backend, "deleted_layers", {})
    arns = [layer["Arn"] for layer in function.layers]
    versions = (backend.layers_versions_by_arn(arn) or deleted.get(arn) for arn in arns)
    return [_named(version.code_sha_256, version.code_bytes) for version in versions if version is not None]


def _named(digest: str, content: bytes) -> Bundle:
    # moto keeps the digest beside the code; computing it for each invocation would take longer than most of
    # them.
    return Bundle(digest, content) if digest else Bundle.of(content)
