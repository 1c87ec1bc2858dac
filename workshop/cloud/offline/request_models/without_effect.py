"""Members of requests that have no effect here, and that no answer would show: they are refused by name.

Templates can be warned of such properties, callers of the API cannot: a message filter that lets everything
through, or a policy that protects nothing, would be believed in.
"""

from collections.abc import Mapping
from typing import Any

from workshop.cloud.offline.request_models.wording import ModelError

__all__ = ["REFUSED", "refused_member"]

# What is not asked for by naming it.
NOTHING: tuple[Any, ...] = (None, False, "", {}, [])
INVALID: Mapping[str, str] = {
    "dynamodb": "ValidationException",
    "lambda": "InvalidParameterValueException",
    "logs": "InvalidParameterException",
    "sns": "InvalidParameter",
    "sqs": "InvalidAttributeValue",
}
IN_LOGS = {"applyOnTransformedLogs": False, "fieldSelectionCriteria": ""}
IN_QUEUES = {"Attributes.RedriveAllowPolicy": '{"redrivePermission":"allowAll"}'}
# By service and operation: the members, at any depth, and the value of each that changes nothing.
REFUSED: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("dynamodb", "CreateTable"): {"ResourcePolicy": "", "TableClass": "STANDARD"},
    ("dynamodb", "UpdateTable"): {"SSESpecification": {}, "TableClass": "STANDARD"},
    ("lambda", "CreateEventSourceMapping"): {"LoggingConfig": {}},
    ("lambda", "CreateFunction"): {"Code.ImageUri": ""},
    ("lambda", "UpdateEventSourceMapping"): {"LoggingConfig": {}},
    ("lambda", "UpdateFunctionCode"): {"ImageUri": ""},
    ("logs", "CreateLogGroup"): {"deletionProtectionEnabled": False, "logGroupClass": "STANDARD"},
    ("logs", "PutMetricFilter"): {**IN_LOGS, "emitSystemFieldDimensions": []},
    ("logs", "PutSubscriptionFilter"): {**IN_LOGS, "emitSystemFields": []},
    ("sns", "CreateTopic"): {
        "Attributes.ArchivePolicy": "",
        "Attributes.SignatureVersion": "1",
        "Attributes.TracingConfig": "PassThrough",
    },
    ("sqs", "CreateQueue"): IN_QUEUES,
    ("sqs", "SetQueueAttributes"): IN_QUEUES,
}


def refused_member(service: str, operation: str, parameters: Mapping[str, Any]) -> ModelError | None:
    """Return the error for the first member of a request that would have no effect, None without one."""
    for path, usual in REFUSED.get((service, operation), {}).items():
        value: Any = parameters
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value not in NOTHING and value != usual:
            text = f"The offline cloud does not offer {path} of {operation}; see docs/offline-cloud.md"
            return ModelError(INVALID[service], text)
    return None
