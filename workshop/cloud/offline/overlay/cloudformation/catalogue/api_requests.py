"""The requests by which AWS makes resources of a type; whoever may not send one may not have the resource.

CloudFormation calls the API of each service, so that a limit of a request is one of a property as well, and a
resource fails with the service's message
(https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-develop.html). moto makes most
resources past its API. Support for the operations on stacks; corrects nothing: properties are written as the
requests that would make the resource, and `request_models` judges these as it judges calls. What depends on
what is there already is checked by the modules of the services, for both.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from json import dumps
from typing import Any

from moto.core.utils import get_service_model

from workshop.cloud.offline.overlay.cloudformation.handlers import as_text, is_true
from workshop.cloud.offline.request_models.constraints import compile_check
from workshop.cloud.offline.request_models.demands import unmet_demand
from workshop.cloud.offline.request_models.lenient import is_taken
from workshop.cloud.offline.request_models.reading import ReadCall
from workshop.cloud.offline.request_models.tags import tag_problem
from workshop.cloud.offline.request_models.violations import Find, ViolationKind
from workshop.cloud.offline.request_models.wording import ModelError, constraint_refusal

__all__ = ["REQUESTS", "ApiRequest", "request_problem", "written"]

# CloudFormation's own, which no caller could give.
OWN_TAGS = tuple(f"aws:cloudformation:{name}" for name in ("stack-name", "stack-id", "logical-id"))
# What a template may have none of, unlike a request.
LEFT_OUT = frozenset(("Tags", "Targets"))
# What is missing, the schema of the resource has found; names are made up later.
JUDGED = (ViolationKind.ARN, ViolationKind.CONSTRAINT, ViolationKind.TYPE)


@dataclass(frozen=True)
class ApiRequest:
    """An operation; `members` has the places of properties that have other names there, apart from capitals.

    `always` has what is the same for all resources. With `each` there is one request for every entry of that
    property, with the entry's own members.
    """

    service: str
    operation: str
    members: Mapping[str, str] = field(default_factory=dict)
    each: str = ""
    always: Mapping[str, str] = field(default_factory=dict)


def _of(service: str, operation: str, each: str = "", **members: str) -> ApiRequest:
    return ApiRequest(service, operation, members, each)


REQUESTS: Mapping[str, tuple[ApiRequest, ...]] = {
    "AWS::CloudFormation::Stack": (_of("cloudformation", "UpdateStack"),),
    "AWS::CloudWatch::Alarm": (_of("cloudwatch", "PutMetricAlarm"),),
    "AWS::CloudWatch::Dashboard": (_of("cloudwatch", "PutDashboard"),),
    "AWS::DynamoDB::Table": (
        _of("dynamodb", "CreateTable"),
        _of("dynamodb", "UpdateTimeToLive"),
        _of("dynamodb", "UpdateContinuousBackups"),
    ),
    "AWS::Events::EventBus": (_of("events", "CreateEventBus"),),
    "AWS::Events::EventBusPolicy": (_of("events", "PutPermission", Statement="Policy"),),
    "AWS::Events::Rule": (_of("events", "PutRule"), _of("events", "PutTargets")),
    "AWS::IAM::AccessKey": (_of("iam", "CreateAccessKey"),),
    "AWS::IAM::InstanceProfile": (_of("iam", "CreateInstanceProfile"),),
    "AWS::IAM::ManagedPolicy": (_of("iam", "CreatePolicy", ManagedPolicyName="PolicyName"),),
    "AWS::IAM::Policy": (_of("iam", "PutRolePolicy"),),
    "AWS::IAM::Role": (_of("iam", "CreateRole"), _of("iam", "PutRolePolicy", each="Policies")),
    "AWS::IAM::User": (_of("iam", "CreateUser"), _of("iam", "PutUserPolicy", each="Policies")),
    "AWS::KMS::Alias": (_of("kms", "CreateAlias"),),
    "AWS::KMS::Key": (_of("kms", "CreateKey", KeyPolicy="Policy"),),
    "AWS::Kinesis::Stream": (
        _of("kinesis", "CreateStream", Name="StreamName"),
        _of("kinesis", "StartStreamEncryption", each="StreamEncryption"),
    ),
    "AWS::Kinesis::StreamConsumer": (_of("kinesis", "RegisterStreamConsumer"),),
    "AWS::Lambda::Alias": (_of("lambda", "CreateAlias"),),
    "AWS::Lambda::EventInvokeConfig": (_of("lambda", "PutFunctionEventInvokeConfig"),),
    "AWS::Lambda::EventSourceMapping": (_of("lambda", "CreateEventSourceMapping"),),
    "AWS::Lambda::Function": (_of("lambda", "CreateFunction"),),
    "AWS::Lambda::LayerVersion": (_of("lambda", "PublishLayerVersion"),),
    "AWS::Lambda::Permission": (_of("lambda", "AddPermission"),),
    "AWS::Lambda::Version": (_of("lambda", "PublishVersion"),),
    "AWS::Logs::LogGroup": (_of("logs", "CreateLogGroup"),),
    "AWS::Logs::MetricFilter": (_of("logs", "PutMetricFilter"),),
    "AWS::Logs::ResourcePolicy": (_of("logs", "PutResourcePolicy"),),
    "AWS::Logs::SubscriptionFilter": (_of("logs", "PutSubscriptionFilter"),),
    "AWS::S3::Bucket": (
        _of("s3", "CreateBucket", BucketName="Bucket"),
        _of("s3", "PutBucketTagging", Tags="Tagging.TagSet"),
    ),
    "AWS::S3::BucketPolicy": (_of("s3", "PutBucketPolicy", PolicyDocument="Policy"),),
    "AWS::SNS::Subscription": (_of("sns", "Subscribe"),),
    "AWS::SNS::Topic": (_of("sns", "CreateTopic", TopicName="Name"),),
    "AWS::SNS::TopicPolicy": (
        ApiRequest(
            "sns",
            "SetTopicAttributes",
            {"PolicyDocument": "AttributeValue"},
            always={"AttributeName": "Policy"},
        ),
    ),
    "AWS::SQS::Queue": (_of("sqs", "CreateQueue"),),
    "AWS::SQS::QueuePolicy": (_of("sqs", "SetQueueAttributes", PolicyDocument="Attributes.Policy"),),
    "AWS::SSM::Parameter": (_of("ssm", "PutParameter"),),
    "AWS::Scheduler::Schedule": (_of("scheduler", "CreateSchedule"),),
    "AWS::Scheduler::ScheduleGroup": (_of("scheduler", "CreateScheduleGroup"),),
}


def request_problem(definition: Mapping[str, Any]) -> ModelError | None:
    """Return the error of the first request for a resource that its service refuses, None without one."""
    properties = definition["Properties"]
    for request in REQUESTS.get(definition["Type"], ()):
        for given in _entries(properties, request.each):
            if problem := _problem(request, given):
                return problem
    return None


def _entries(properties: Mapping[str, Any], each: str) -> list[Mapping[str, Any]]:
    if not each:
        return [properties]
    entries = properties.get(each) or []
    return entries if isinstance(entries, list) else [entries]


def _problem(request: ApiRequest, given: Mapping[str, Any]) -> ModelError | None:
    parameters = written(request, given)
    model, find = _operation(request.service, request.operation)
    read = ReadCall(request.service, model, parameters, model.service_model.metadata["protocol"])
    found = [one for one in find(parameters) or () if one.kind in JUDGED and not is_taken(read, one)]
    if found:
        return constraint_refusal(read, found)
    # Nobody has tags of AWS's own in a template, though a request must have those of its bucket.
    problem = tag_problem(request.service, request.operation, {"Tags": _others(given.get("Tags"))})
    return problem or unmet_demand(request.service, request.operation, parameters)


@cache
def _operation(service: str, operation: str) -> tuple[Any, Find]:
    model = get_service_model(service).operation_model(operation)
    return model, compile_check(model.input_shape)


def _others(tags: Any) -> Any:
    """Return tags without CloudFormation's own."""
    if isinstance(tags, Mapping):
        return {key: value for key, value in tags.items() if key not in OWN_TAGS}
    return [one for one in tags or () if one["Key"] not in OWN_TAGS]


def written(request: ApiRequest, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties as the parameters of a request, without those that it does not have."""
    placed: dict[str, Any] = {**request.always}
    for name, value in properties.items():
        given = _others(value) if name == "Tags" else value
        if name in LEFT_OUT and not given:
            continue
        *outer, last = request.members.get(name, name).split(".")
        place = placed
        for part in outer:
            place = place.setdefault(part, {})
        place[last] = given
    model, _ = _operation(request.service, request.operation)
    parameters: dict[str, Any] = _structure(model.input_shape, placed)
    return parameters


def _value(shape: Any, value: Any) -> Any:
    write = _WRITERS.get(shape.type_name)
    return value if value is None or write is None else write(shape, value)


def _structure(shape: Any, value: Any) -> Any:
    if not isinstance(value, Mapping) or shape.is_document_type:
        return value
    # Capitals are the service's own, and some tags are called by their kind (`TagKey`).
    names = {name.removeprefix("Tag").lower(): name for name in shape.members} if shape.name == "Tag" else {}
    names |= {name.lower(): name for name in shape.members}
    known = {names[name.lower()]: one for name, one in value.items() if name.lower() in names}
    needed = shape.required_members
    # A template's empty list is as good as none.
    given = {name: one for name, one in known.items() if one is not None and (one != [] or name in needed)}
    return {name: _value(shape.members[name], one) for name, one in given.items()}


def _list(shape: Any, value: Any) -> Any:
    if isinstance(value, Mapping):  # tags of a parameter
        value = [{"Key": key, "Value": one} for key, one in value.items()]
    return [_value(shape.member, one) for one in value] if isinstance(value, list) else value


def _map(shape: Any, value: Any) -> Any:
    if isinstance(value, list):  # tags and dimensions
        value = {one.get("Key"): one.get("Value") for one in value if isinstance(one, Mapping)}
    return {key: _value(shape.value, one) for key, one in value.items()} if isinstance(value, dict) else value


def _string(_: Any, value: Any) -> Any:
    # As short as it can be: the length of some is limited.
    is_json = isinstance(value, dict | list)
    return dumps(value, separators=(",", ":")) if is_json else as_text(value)


_WRITERS: Mapping[str, Callable[[Any, Any], Any]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": lambda _, value: int(float(value)),
    "long": lambda _, value: int(float(value)),
    "float": lambda _, value: float(value),
    "double": lambda _, value: float(value),
    "boolean": lambda _, value: is_true(value),
    "blob": lambda _, value: as_text(value).encode(),
}
