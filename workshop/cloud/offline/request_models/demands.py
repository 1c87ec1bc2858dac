"""What AWS demands of requests beyond the models of their operations, where moto would stumble."""

import json
import re
from collections.abc import Callable
from typing import Any

from workshop.cloud.offline.request_models.tags import tag_problem
from workshop.cloud.offline.request_models.wording import ModelError
from workshop.cloud.offline.runtime.arns import FunctionReference
from workshop.settings import ACCOUNT_ID

__all__ = ["unmet_demand"]

Demand = Callable[[dict[str, Any]], ModelError | None]

MOST_METRICS, MOST_VALUES = 1_000, 150
LONGEST_PARAMETER = 4_096
STACK_NAME, LONGEST_STACK_NAME = "[a-zA-Z][-a-zA-Z0-9]*", 128
# Larger templates come from a bucket.
LONGEST_TEMPLATE = 51_200
TOO_LONG_TEMPLATE = ModelError(
    "ValidationError",
    "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
    f"Member must have length less than or equal to {LONGEST_TEMPLATE}",
)
# Whom a caller of S3 believes to own a bucket; all buckets here are the account's.
OWNERS = ("ExpectedBucketOwner", "ExpectedSourceBucketOwner")


def unmet_demand(service: str, operation: str, parameters: dict[str, Any]) -> ModelError | None:
    """Return the error for what a request lacks or says twice, None if AWS would go on."""
    if service == "lambda" and "Qualifier" in parameters:
        return _contradiction(parameters)
    if service == "s3" and any(parameters.get(name, ACCOUNT_ID) != ACCOUNT_ID for name in OWNERS):
        return ModelError("AccessDenied", "Access Denied")
    if service == "cloudformation" and len(parameters.get("TemplateBody") or "") > LONGEST_TEMPLATE:
        return TOO_LONG_TEMPLATE
    if (problem := tag_problem(service, operation, parameters)) is not None:
        return problem
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


def _name_of_stack(given: dict[str, Any]) -> ModelError | None:
    name = str(given["StackName"])
    if not re.fullmatch(STACK_NAME, name):
        demand = f"satisfy regular expression pattern: {STACK_NAME}"
    elif len(name) > LONGEST_STACK_NAME:
        demand = f"have length less than or equal to {LONGEST_STACK_NAME}"
    else:
        return _only_one_way_to_fail(given)
    text = f"Value '{name}' at 'stackName' failed to satisfy constraint: Member must {demand}"
    return ModelError("ValidationError", f"1 validation error detected: {text}")


def _only_one_way_to_fail(given: dict[str, Any]) -> ModelError | None:
    if given.get("DisableRollback") is None or given.get("OnFailure") is None:
        return None
    return ModelError("ValidationError", "Either DisableRollback or OnFailure can be specified, not both.")


def _metrics(given: dict[str, Any]) -> ModelError | None:
    data, name = given.get("MetricData") or [], str(given["Namespace"])
    if name.startswith("AWS/"):
        return ModelError("InvalidParameterValue", f"The value {name} for parameter Namespace is invalid.")
    sizes = {"MetricData": (len(data), MOST_METRICS)}
    for place, datum in enumerate(data, 1):
        values = len(datum.get("Values") or ())
        sizes[f"MetricData.member.{place}.Values"] = (values, MOST_VALUES)
    for collection, (size, most) in sizes.items():
        if size > most:
            text = f"The collection {collection} must not have a size greater than {most}."
            return ModelError("InvalidParameterValue", text)
    return None


def _parameter(given: dict[str, Any]) -> ModelError | None:
    if (given.get("Tier") or "Standard") != "Standard" or len(str(given["Value"])) <= LONGEST_PARAMETER:
        return None
    text = (
        f"Standard tier parameters support a maximum parameter value of {LONGEST_PARAMETER} characters. To "
        "create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
    )
    return ModelError("ValidationException", text)


_DEMANDS: dict[tuple[str, str], Demand] = {
    ("cloudwatch", "PutMetricData"): _metrics,
    ("ssm", "PutParameter"): _parameter,
    ("cloudformation", "CreateStack"): _name_of_stack,
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
