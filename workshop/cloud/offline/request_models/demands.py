"""What AWS demands of requests beyond the models of their operations, where moto would stumble."""

import json
from collections.abc import Callable
from typing import Any

from workshop.cloud.offline.request_models.wording import ModelError
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.settings import ACCOUNT_ID

__all__ = ["unmet_demand"]

Demand = Callable[[dict[str, Any]], ModelError | None]

# Whom a caller of S3 believes to own a bucket; all buckets here are the account's.
OWNERS = ("ExpectedBucketOwner", "ExpectedSourceBucketOwner")


def unmet_demand(service: str, operation: str, parameters: dict[str, Any]) -> ModelError | None:
    """Return the error for what a request lacks or says twice, None if AWS would go on."""
    if service == "lambda" and "Qualifier" in parameters:
        return _contradiction(parameters)
    if service == "s3" and any(parameters.get(name, ACCOUNT_ID) != ACCOUNT_ID for name in OWNERS):
        return ModelError("AccessDenied", "Access Denied")
    demand = _DEMANDS.get((service, operation))
    return None if demand is None else demand(parameters)


def _contradiction(given: dict[str, Any]) -> ModelError | None:
    qualifier = FunctionReference.parse(str(given.get("FunctionName", ""))).qualifier
    if qualifier in (None, given["Qualifier"]):
        return None
    text = "The derived qualifier from the function name does not match the specified qualifier."
    return ModelError("InvalidParameterValueException", text)


def _one_of(*names: str, error: ModelError) -> Demand:
    return lambda given: None if any(given.get(name) for name in names) else error


def _authorization(given: dict[str, Any]) -> ModelError | None:
    kinds = ("BasicAuthParameters", "OAuthParameters", "ApiKeyAuthParameters")
    if any((given.get("AuthParameters") or {}).get(kind) for kind in kinds):
        return None
    text = "AuthParameters must have the parameters of one kind of authorization."
    return ModelError("ValidationException", text)


def _destination(given: dict[str, Any]) -> ModelError | None:
    if (given.get("deliveryDestinationConfiguration") or {}).get("destinationResourceArn"):
        return None
    text = "deliveryDestinationConfiguration must have a destinationResourceArn."
    return ModelError("ValidationException", text)


def _policy(given: dict[str, Any]) -> ModelError | None:
    try:
        is_policy = isinstance(json.loads(given.get("Policy") or "{}"), dict)
    except ValueError:
        is_policy = False
    return None if is_policy else ModelError("ValidationException", "Policy is not a policy document.")


def _service_name(given: dict[str, Any]) -> ModelError | None:
    name = str(given["AWSServiceName"])
    return None if "." in name else ModelError("InvalidInput", f"Service role name {name} is not valid.")


_DEMANDS: dict[tuple[str, str], Demand] = {
    ("sns", "Publish"): _one_of(
        "TopicArn",
        "TargetArn",
        "PhoneNumber",
        error=ModelError(
            "InvalidParameter",
            "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
        ),
    ),
    ("logs", "StartQuery"): _one_of(
        "logGroupIdentifiers",
        "logGroupName",
        "logGroupNames",
        error=ModelError("InvalidParameterException", "At least one log group must be given."),
    ),
    ("logs", "PutDeliveryDestination"): _destination,
    ("events", "CreateConnection"): _authorization,
    ("events", "PutPermission"): _policy,
    ("iam", "CreateServiceLinkedRole"): _service_name,
}
