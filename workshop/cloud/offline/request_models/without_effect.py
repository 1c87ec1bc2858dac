"""Members of requests that have no effect here, and that no answer would show: they are refused by name.

Templates can be warned of such properties, callers of the API cannot: a message filter that lets everything
through, or a policy that protects nothing, would be believed in.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from workshop.cloud.offline.request_models.wording import ModelError

__all__ = ["REFUSED", "refused_member"]

# What is not asked for by naming it.
NOTHING: tuple[Any, ...] = (None, False, "", {}, [])
INVALID: Mapping[str, str] = {
    "dynamodb": "ValidationException",
    "events": "ValidationException",
    "kinesis": "InvalidArgumentException",
    "lambda": "InvalidParameterValueException",
    "logs": "InvalidParameterException",
    "sns": "InvalidParameter",
    "sqs": "InvalidAttributeValue",
}
IN_LOGS = {"applyOnTransformedLogs": False, "fieldSelectionCriteria": ""}
IN_QUEUES = {"Attributes.RedriveAllowPolicy": '{"redrivePermission":"allowAll"}'}
IN_TOPICS = {
    "ArchivePolicy": "{}",
    "FifoThroughputScope": "Topic",
    "SignatureVersion": "1",
    "TracingConfig": "PassThrough",
    **{
        f"{protocol}{setting}": ""
        for protocol in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
        for setting in ("FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate")
    },
}
# By service and operation: the members, at any depth, and the value of each that changes nothing.
REFUSED: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("dynamodb", "CreateTable"): {
        "GlobalSecondaryIndexes.OnDemandThroughput": {},
        "GlobalTableSourceArn": "",
        "ResourcePolicy": "",
        "TableClass": "STANDARD",
        "VectorIndexes": [],
    },
    ("dynamodb", "UpdateTable"): {
        "GlobalSecondaryIndexUpdates.Create.OnDemandThroughput": {},
        "GlobalSecondaryIndexUpdates.Update.OnDemandThroughput": {},
        "GlobalTableWitnessUpdates": [],
        "ReplicaUpdates": [],
        "SSESpecification": {},
        "TableClass": "STANDARD",
        "VectorIndexUpdates": [],
    },
    ("events", "CreateEventBus"): {"LogConfig": {"Level": "OFF"}},
    ("events", "PutEvents"): {"EndpointId": ""},
    ("kinesis", "CreateStream"): {"RecordDistributionStrategy": "USER_PARTITION_KEY"},
    ("lambda", "CreateEventSourceMapping"): {"LoggingConfig": {}},
    ("lambda", "CreateFunction"): {"Code.ImageUri": "", "Code.S3ObjectVersion": "", "PublishTo": ""},
    ("lambda", "PublishLayerVersion"): {"Content.S3ObjectVersion": ""},
    ("lambda", "PublishVersion"): {"PublishTo": ""},
    ("lambda", "UpdateEventSourceMapping"): {"LoggingConfig": {}},
    ("lambda", "UpdateFunctionCode"): {"ImageUri": "", "PublishTo": "", "S3ObjectVersion": ""},
    ("logs", "CreateLogGroup"): {"deletionProtectionEnabled": False, "logGroupClass": "STANDARD"},
    ("logs", "PutMetricFilter"): {**IN_LOGS, "emitSystemFieldDimensions": []},
    ("logs", "PutSubscriptionFilter"): {**IN_LOGS, "emitSystemFields": []},
    ("logs", "StartQuery"): {"queryLanguage": "CWLI"},
    ("sns", "CreateTopic"): {
        **{f"Attributes.{name}": usual for name, usual in IN_TOPICS.items()},
        "DataProtectionPolicy": "{}",
    },
    ("sns", "SetTopicAttributes"): IN_TOPICS,
    ("sqs", "CreateQueue"): IN_QUEUES,
    ("sqs", "SetQueueAttributes"): IN_QUEUES,
}


def refused_member(service: str, operation: str, parameters: Mapping[str, Any]) -> ModelError | None:
    """Return the error for the first member of a request that would have no effect, None without one."""
    # An operation that sets one attribute names it by a value.
    if "AttributeName" in parameters:
        parameters = {str(parameters["AttributeName"]): parameters.get("AttributeValue")}
    for path, usual in REFUSED.get((service, operation), {}).items():
        taken = (*NOTHING, _read(usual))
        if any(value not in taken for value in _values(parameters, path.split("."))):
            text = f"The offline cloud does not offer {path} of {operation}; see docs/offline-cloud.md"
            return ModelError(INVALID[service], text)
    return None


def _values(given: Any, path: Sequence[str]) -> Iterator[Any]:
    """Yield what is found at a path; it leads through lists without naming them."""
    if isinstance(given, list):
        for each in given:
            yield from _values(each, path)
    elif not path:
        yield _read(given)
    elif isinstance(given, Mapping):
        yield from _values(given.get(path[0]), path[1:])


def _read(value: Any) -> Any:
    """Return what a document in JSON says, however it is written; other values as they are."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        with suppress(ValueError, RecursionError):
            return json.loads(value)
    return value
