"""Every call that our code makes: recorded, held against the service's model, or cut off."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.validate import ParamValidator

from workshop.cloud.connection import Cloud

SERVICES = (
    *(
        "cloudformation",
        "cloudwatch",
        "dynamodb",
        "dynamodbstreams",
        "iam",
        "kinesis",
        "lambda",
        "logs",
        "s3",
    ),
    *("scheduler", "sqs", "sts"),
)


@dataclass(frozen=True)
class Recorded:
    """One call: operation, and what the service's model has against it."""

    operation: str
    problems: tuple[str, ...]


@contextmanager
def hooked(cloud: Cloud, hook: Callable[..., None]) -> Iterator[None]:
    """Call the hook with `model` and `params` before each call of any service."""
    clients = [cloud.client(service) for service in SERVICES]
    for client in clients:
        client.meta.events.register("before-parameter-build", hook)
    try:
        yield
    finally:
        for client in clients:
            client.meta.events.unregister("before-parameter-build", hook)


@contextmanager
def recorded(cloud: Cloud) -> Iterator[list[Recorded]]:
    """Give a list that every call is added to."""
    calls: list[Recorded] = []

    def note(*, params: dict[str, Any], model: Any, **_: Any) -> None:
        calls.append(examined(model, params))

    with hooked(cloud, note):
        yield calls


@contextmanager
def all_recorded() -> Iterator[list[Recorded]]:
    """Give a list that every call of this process is added to, also those that functions make in it."""
    calls: list[Recorded] = []
    make = BaseClient._make_api_call

    def note(client: Any, operation: str, params: dict[str, Any]) -> Any:
        calls.append(examined(client.meta.service_model.operation_model(operation), params))
        return make(client, operation, params)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", note)
        yield calls


def examined(model: Any, params: dict[str, Any]) -> Recorded:
    """Return a call with what the service's model has against it."""
    shape = model.input_shape
    report = ParamValidator().validate(params, shape) if shape else None
    problems = [report.generate_report()] if report is not None and report.has_errors() else []
    problems += _constraints(shape, params) if shape else []
    return Recorded(f"{model.service_model.service_name}:{model.name}", tuple(problems))


def _constraints(shape: Any, value: Any, place: str = "") -> list[str]:
    """Return what botocore itself does not look at: enumerations, patterns, and the most that is allowed."""
    if shape.type_name == "structure":
        found = [(shape.members[name], inner, f"{place}.{name}") for name, inner in value.items()]
    elif shape.type_name == "list":
        found = [(shape.member, inner, f"{place}[]") for inner in value]
    elif shape.type_name == "map":
        found = [(shape.value, inner, f"{place}.{name}") for name, inner in value.items()]
    else:
        found = []
    problems = [problem for inner in found for problem in _constraints(*inner)]
    limits, choices = shape.metadata, getattr(shape, "enum", ())
    if choices and value not in choices:
        problems.append(f"{place}: {value!r} is none of {choices}")
    size = value if isinstance(value, int) else len(value) if hasattr(value, "__len__") else 0
    if limits.get("max") is not None and size > limits["max"]:
        problems.append(f"{place}: {size} is more than {limits['max']}")
    if isinstance(value, str) and not _fits(limits.get("pattern"), value):
        problems.append(f"{place}: {value!r} does not match {limits['pattern']}")
    return problems


def _fits(pattern: str | None, value: str) -> bool:
    if pattern is None:
        return True
    try:
        return re.search(pattern, value) is not None
    except re.error:  # Java's regular expressions know classes that Python's do not
        return True
