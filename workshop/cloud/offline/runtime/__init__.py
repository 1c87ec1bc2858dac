"""The Lambda runtime of the offline cloud: event source mappings, invocations, execution environments."""

from workshop.cloud.offline.runtime.environments.environment import (
    Credentials,
    EnvironmentAnswer,
    EnvironmentFactory,
    ExecutionEnvironment,
    Invocation,
)
from workshop.cloud.offline.runtime.invocations.concurrency import ThrottledError
from workshop.cloud.offline.runtime.invocations.invoker import InvocationResult, PayloadTooLargeError
from workshop.cloud.offline.runtime.runtime import Runtime

__all__ = [
    "Credentials",
    "EnvironmentAnswer",
    "EnvironmentFactory",
    "ExecutionEnvironment",
    "Invocation",
    "InvocationResult",
    "PayloadTooLargeError",
    "Runtime",
    "ThrottledError",
]
