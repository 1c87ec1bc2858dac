"""The permissions that a call needs, for every service: which actions on which resources.

Services without rules of their own use a table of the parameters that name a resource, or any parameter with
an ARN. A call that names none concerns all resources, so that only `"Resource": "*"` allows it. Source:
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html.
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from moto.awslambda.utils import get_backend
from moto.kinesis.utils import decompose_shard_iterator

from workshop.cloud.offline.permissions.call_scope import CallScope, Needed, NeedsOf
from workshop.cloud.offline.permissions.dynamodb import needs_of_dynamodb
from workshop.cloud.offline.permissions.iam import needs_of_iam
from workshop.cloud.offline.permissions.operations import Operation
from workshop.cloud.offline.permissions.s3 import needs_of_s3

__all__ = ["log_stream_arn", "needs_of"]

# Name in the signature → prefix of the actions.
PREFIXES = {"monitoring": "cloudwatch", "tagging": "tag", "email": "ses"}

# Service → parameter → the end of the ARN.
NAMES: dict[str, dict[str, str]] = {
    "cloudformation": {"StackName": "stack/{}/*"},
    "events": {"Rule": "rule/{}", "Name": "rule/{}", "EventBusName": "event-bus/{}"},
    "secretsmanager": {"SecretId": "secret:{}", "Name": "secret:{}"},
    "sns": {"Name": "{}"},
}
# The forms that Lambda accepts: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html.
FUNCTION = re.compile(
    r"(?:arn:aws[\w-]*:lambda:)?(?:([a-z]{2}(?:-[a-z]+)+-\d):)?(?:(\d{12}):)?(?:function:)?"
    r"([\w-]+(?::(?:\$LATEST|[\w-]+))?)"
)
# Parameters that name the acting role, not the resource.
ROLES = frozenset({"Role", "RoleArn", "RoleARN"})


def needs_of(operation: Operation, scope: CallScope) -> list[Needed]:
    """Return everything that an operation needs, all of which must be allowed."""
    service = PREFIXES.get(operation.service, operation.service)
    rule = RULES.get(service)
    if rule is not None:
        return list(rule(operation.name, operation.parameters, scope))
    needed = Needed(f"{service}:{operation.name}", _by_table(service, operation.parameters, scope))
    return [needed, *_passed_roles(service, operation)]


def log_stream_arn(scope: CallScope, group: str, stream: str = "") -> str:
    """Return the ARN that permissions on logs are checked with; without a stream its last part is empty."""
    return scope.arn("logs", f"log-group:{group}:log-stream:{stream}")


def _by_table(service: str, parameters: Mapping[str, Any], scope: CallScope) -> str:
    # Names first: other parameters may hold any ARN, such as those of a stack.
    for name, ending in NAMES.get(service, {}).items():
        if isinstance(value := parameters.get(name), str):
            return value if value.startswith("arn:") else scope.arn(service, ending.format(value))
    for name, value in parameters.items():
        if isinstance(value, str) and value.startswith("arn:") and name not in ROLES:
            return value
    return "*"


def _passed_roles(service: str, operation: Operation) -> Iterator[Needed]:
    """Yield the right to pass a role, where a call gives a service a role to act with."""
    parameters = operation.parameters
    target = parameters.get("Target")
    roles = [parameters.get(name) for name in ROLES] if service in {"lambda", "scheduler"} else []
    if isinstance(target, Mapping):
        roles.append(target.get("RoleArn"))
    for role in roles:
        if role:
            keys = {"iam:passedtoservice": (f"{service}.amazonaws.com",)}
            yield Needed("iam:PassRole", str(role), partial(dict, keys))


def _kinesis(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    resource = "*"
    if arn := parameters.get("ConsumerARN") or parameters.get("StreamARN") or parameters.get("ResourceARN"):
        resource = str(arn)
    elif stream := parameters.get("StreamName") or _iterated_stream(parameters):
        resource = scope.arn("kinesis", f"stream/{stream}")
    yield Needed(f"kinesis:{name}", resource)


def _iterated_stream(parameters: Mapping[str, Any]) -> str | None:
    try:
        return str(decompose_shard_iterator(str(parameters["ShardIterator"]))[0])
    except (KeyError, ValueError, binascii.Error):
        return None


def _sqs(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    queue = str(parameters.get("QueueUrl") or parameters.get("QueueName") or "")
    resource = scope.arn("sqs", queue.rpartition("/")[2]) if queue else "*"
    # A batch needs the right to each of its actions.
    yield Needed(f"sqs:{name.removesuffix('Batch')}", resource)


def _lambda(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    action = "lambda:InvokeFunction" if name.startswith("Invoke") else f"lambda:{name}"
    function = _function_arn(str(parameters.get("FunctionName") or ""), scope)
    if "EventSourceMapping" in name:
        uuid, is_change = parameters.get("UUID"), name.startswith(("Update", "Delete"))
        resource = scope.arn("lambda", f"event-source-mapping:{uuid}") if uuid and is_change else "*"
        function = function or _mapped_function(str(uuid), scope)
        keys = {"lambda:functionarn": (function,)} if function else {}
        yield Needed(action, resource, partial(dict, keys))
        return
    if function and (qualifier := parameters.get("Qualifier")):
        function = f"{function}:{qualifier}"
    yield Needed(action, function or str(parameters.get("Resource") or "*"))
    yield from _passed_roles("lambda", Operation("lambda", name, parameters))


def _mapped_function(uuid: str, scope: CallScope) -> str:
    """Return the ARN of the function that a mapping feeds."""
    backend = get_backend(scope.account_id, scope.region)
    mapping = backend._event_source_mappings.get(uuid)  # noqa: SLF001 - moto's only way to look without an error
    return str(mapping.function_arn) if mapping is not None else ""


def _function_arn(text: str, scope: CallScope) -> str:
    """Return the ARN of a function that is named by its name, a part of its ARN, or all of it."""
    found = FUNCTION.fullmatch(text)
    if found is None:  # not named at all, or in a way that Lambda refuses
        return text
    region, account_id, function = found.groups()
    named = CallScope(account_id or scope.account_id, region or scope.region)
    return named.arn("lambda", f"function:{function}")


def _events(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    if name != "PutEvents":
        yield Needed(f"events:{name}", _by_table("events", parameters, scope))
        return
    entries = [entry for entry in parameters.get("Entries") or () if isinstance(entry, Mapping)]
    for bus in sorted({str(entry.get("EventBusName") or "default") for entry in entries}) or ["default"]:
        arn = bus if bus.startswith("arn:") else scope.arn("events", f"event-bus/{bus}")
        yield Needed("events:PutEvents", arn)


def _sns(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    yield Needed(f"sns:{name.removesuffix('Batch')}", _by_table("sns", parameters, scope))


def _ssm(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    named = parameters.get("Names") or [parameters.get("Name") or parameters.get("Path")]
    for parameter in named if isinstance(named, list) else [named]:
        if not isinstance(parameter, str):
            yield Needed(f"ssm:{name}", "*")
        elif parameter.startswith("arn:"):
            yield Needed(f"ssm:{name}", parameter)
        else:  # the slash that begins a name is the one that the ARN has anyway
            yield Needed(f"ssm:{name}", scope.arn("ssm", f"parameter/{parameter.removeprefix('/')}"))


def _logs(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    one = parameters.get("logGroupName") or parameters.get("logGroupIdentifier")
    several = parameters.get("logGroupNames") or parameters.get("logGroupIdentifiers") or ()
    groups = [one] if one is not None else several if name == "StartQuery" else ()
    if not groups:
        yield Needed(f"logs:{name}", _by_table("logs", parameters, scope))
    stream = str(parameters.get("logStreamName") or "")
    for group in groups:
        plain = str(group).rpartition("log-group:")[2].removesuffix(":*")
        yield Needed(f"logs:{name}", log_stream_arn(scope, plain, stream))


def _scheduler(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    resource = "*"
    if schedule := parameters.get("Name"):
        is_group = name.endswith("Group")
        group = parameters.get("GroupName") or "default"
        ending = f"schedule-group/{schedule}" if is_group else f"schedule/{group}/{schedule}"
        resource = scope.arn("scheduler", ending)
    yield Needed(f"scheduler:{name}", resource)
    yield from _passed_roles("scheduler", Operation("scheduler", name, parameters))


def _cloudwatch(name: str, parameters: Mapping[str, Any], scope: CallScope) -> Iterator[Needed]:
    def named(kind: str) -> list[str]:
        return [*filter(None, [parameters.get(f"{kind}Name")]), *(parameters.get(f"{kind}Names") or ())]

    resources = [scope.arn("cloudwatch", f"alarm:{each}") for each in named("Alarm")]
    # Dashboards belong to all regions.
    resources += [scope.arn("cloudwatch", f"dashboard/{each}", is_global=True) for each in named("Dashboard")]
    keys = {"cloudwatch:namespace": (str(parameters.get("Namespace")),)} if name == "PutMetricData" else {}
    for resource in resources or [str(parameters.get("ResourceARN") or "*")]:
        yield Needed(f"cloudwatch:{name}", resource, partial(dict, keys))


RULES: dict[str, NeedsOf] = {
    "cloudwatch": _cloudwatch,
    "dynamodb": needs_of_dynamodb,
    "events": _events,
    "iam": needs_of_iam,
    "kinesis": _kinesis,
    "lambda": _lambda,
    "logs": _logs,
    "s3": needs_of_s3,
    "scheduler": _scheduler,
    "sns": _sns,
    "sqs": _sqs,
    "ssm": _ssm,
}
