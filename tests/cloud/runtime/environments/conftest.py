"""Execution environments as tests make them, and one event for each of them."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.cloud.documents import ROLE_ARN, zip_of
from workshop.cloud.offline.runtime import Credentials, EnvironmentAnswer, Invocation
from workshop.cloud.offline.runtime.environments.subprocess_environment import (
    SubprocessEnvironment,
    SubprocessEnvironments,
)
from workshop.cloud.offline.runtime.invocations.functions import Bundle, FunctionSpec

ARN = "arn:aws:lambda:us-east-1:123456789012:function:F"
LOG_STREAM = "2026/01/01/[$LATEST]0123456789abcdef0123456789abcdef"

Make = Callable[..., SubprocessEnvironment]


def spec(source: str, **settings) -> FunctionSpec:
    content = zip_of(source, **settings.pop("modules", {}))
    values = {
        "name": "F",
        "version": "$LATEST",
        "region": "us-east-1",
        "account_id": "123456789012",
        "role_arn": ROLE_ARN,
        "handler": "index.handler",
        "runtime": "python3.13",
        "package_type": "Zip",
        "timeout_seconds": 10.0,
        "memory_mb": 256,
        "log_group": "/aws/lambda/F",
        "environment": (),
        "code": Bundle.of(content),
    }
    return FunctionSpec(**{**values, **settings})


@pytest.fixture
def make() -> Iterator[Make]:
    """Make environments, and end them afterwards."""
    factory = SubprocessEnvironments(endpoint_url="http://127.0.0.1:4566", init_limit_seconds=10)
    made: list[SubprocessEnvironment] = []

    def create(source: str, **settings) -> SubprocessEnvironment:
        environment = factory.create(
            spec(source, **settings), credentials=Credentials("key", "secret", "token"), log_stream=LOG_STREAM
        )
        made.append(environment)
        return environment

    yield create
    for environment in made:
        environment.close()
    factory.close()


def call(
    environment: SubprocessEnvironment, event: object = None, request_id: str = "req"
) -> EnvironmentAnswer:
    body = json.dumps({} if event is None else event).encode()
    return environment.invoke(Invocation(request_id, body, ARN))
