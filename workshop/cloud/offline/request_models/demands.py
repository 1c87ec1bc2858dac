"""What AWS demands of requests beyond the models of their operations, where moto would stumble."""

import re
from collections.abc import Callable
from typing import Any

from workshop.cloud.offline.request_models.alarms import alarm_problem
from workshop.cloud.offline.request_models.keys import key_spec_problem
from workshop.cloud.offline.request_models.monitoring import (
    dashboard_problem,
    log_events_problem,
    metric_data_problem,
    metric_filter_problem,
    queries_problem,
)
from workshop.cloud.offline.request_models.policies import json_object, policy_problem
from workshop.cloud.offline.request_models.tags import tag_problem
from workshop.cloud.offline.request_models.without_effect import INVALID
from workshop.cloud.offline.request_models.wording import ModelError
from workshop.cloud.offline.runtime.arns import LATEST, FunctionReference
from workshop.settings import ACCOUNT_ID

__all__ = ["unmet_demand"]

Demand = Callable[[dict[str, Any]], ModelError | None]

LONGEST_PARAMETER, LONGEST_ADVANCED_PARAMETER = 4_096, 8_192
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
NAME_OF_BUCKET = r"(?!.*\.\.)(?!\d+(\.\d+){3}$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
NAME_OF_QUEUE = r"[a-zA-Z0-9_-]{1,80}|[a-zA-Z0-9_-]{1,75}\.fifo"
PUT_EVENTS = "events:PutEvents"
# Where the model has a name or an ARN.
NAME_OF_TABLE, LONGEST_TABLE_NAME = "[a-zA-Z0-9_.-]+", 255
STACK_NAME, LONGEST_STACK_NAME = "[a-zA-Z][-a-zA-Z0-9]*", 128
# Larger templates come from a bucket.
LONGEST_TEMPLATE = 51_200
TOO_LONG_TEMPLATE = ModelError(
    "ValidationError",
    "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
    f"Member must have length less than or equal to {LONGEST_TEMPLATE}",
)
# Of Lambda, what nobody asks of one of a function's versions.
OF_WHOLE_FUNCTIONS = frozenset(
    (
        *("CreateAlias", "DeleteAlias", "GetAlias", "ListAliases", "UpdateAlias"),
        *("DeleteFunctionConcurrency", "GetFunctionConcurrency", "PutFunctionConcurrency"),
        *("ListVersionsByFunction", "PublishVersion", "UpdateFunctionCode", "UpdateFunctionConfiguration"),
    )
)
# Whom a caller of S3 believes to own a bucket; all buckets here are the account's.
OWNERS = ("ExpectedBucketOwner", "ExpectedSourceBucketOwner")


def unmet_demand(service: str, operation: str, parameters: dict[str, Any]) -> ModelError | None:
    """Return the error for what a request lacks or says twice, None if AWS would go on."""
    if service == "lambda" and (problem := _qualifier(operation, parameters)) is not None:
        return problem
    if service == "s3" and any(parameters.get(name, ACCOUNT_ID) != ACCOUNT_ID for name in OWNERS):
        return ModelError("AccessDenied", "Access Denied")
    if service == "cloudformation" and len(parameters.get("TemplateBody") or "") > LONGEST_TEMPLATE:
        return TOO_LONG_TEMPLATE
    for problem_of in (tag_problem, policy_problem):
        if (problem := problem_of(service, operation, parameters)) is not None:
            return problem
    demand = _DEMANDS.get((service, operation))
    return None if demand is None else demand(parameters)


def _qualifier(operation: str, given: dict[str, Any]) -> ModelError | None:
    qualifier = FunctionReference.parse(str(given.get("FunctionName", ""))).qualifier
    if qualifier is None:
        return None
    text = "The derived qualifier from the function name does not match the specified qualifier."
    if operation in OF_WHOLE_FUNCTIONS and qualifier != LATEST:
        text = f"{operation} is about a function, not about its version or alias {qualifier}."
    elif given.get("Qualifier", qualifier) == qualifier:
        return None
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


def _permission(given: dict[str, Any]) -> ModelError | None:
    if given.get("Action", PUT_EVENTS) != PUT_EVENTS:
        text = "Provided value in parameter 'action' is not supported."
        return ModelError("ValidationException", text)
    if given.get("Condition") and given.get("Principal") != "*":
        text = "Value of the parameter 'principal' must be '*' when the parameter 'condition' is set."
        return ModelError("InvalidParameterValue", text)
    if json_object(given.get("Policy") or "{}") is not None:
        return None
    return ModelError("ValidationException", "Policy is not a policy document.")


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


def _encryption(given: dict[str, Any]) -> ModelError | None:
    if given["EncryptionType"] == "KMS":
        return None
    return ModelError(INVALID["kinesis"], "The only encryption of a stream that starts and stops is KMS.")


def _shards(given: dict[str, Any]) -> ModelError | None:
    is_on_demand = (given.get("StreamModeDetails") or {}).get("StreamMode") == "ON_DEMAND"
    if not is_on_demand or given.get("ShardCount") is None:
        return None
    return ModelError("ValidationException", "ShardCount is not expected when StreamMode=ON_DEMAND")


def _raw_delivery(given: dict[str, Any]) -> ModelError | None:
    # An operation that sets one attribute names it by a value.
    set_alone = {given.get("AttributeName"): given.get("AttributeValue")}
    value = {**set_alone, **(given.get("Attributes") or {})}.get("RawMessageDelivery")
    if value is None or str(value).lower() in {"", "true", "false"}:
        return None
    text = f"RawMessageDelivery: Invalid value [{value}]. Must be true or false."
    return ModelError(INVALID["sns"], f"Invalid parameter: Attributes Reason: {text}")


def _publication(given: dict[str, Any]) -> ModelError | None:
    arn = given.get("TopicArn") or given.get("TargetArn")
    if str(arn).endswith(".fifo") and not given.get("MessageGroupId"):
        text = "The MessageGroupId parameter is required for FIFO topics"
        return ModelError(INVALID["sns"], f"Invalid parameter: {text}")
    if arn or given.get("PhoneNumber"):
        return None
    text = "TopicArn or TargetArn Reason: no value for required parameter"
    return ModelError(INVALID["sns"], f"Invalid parameter: {text}")


def _name_of_bucket(given: dict[str, Any]) -> ModelError | None:
    if re.fullmatch(NAME_OF_BUCKET, str(given.get("Bucket", "bucket"))):
        return None
    return ModelError("InvalidBucketName", "The specified bucket is not valid.")


def _name_of_queue(given: dict[str, Any]) -> ModelError | None:
    if re.fullmatch(NAME_OF_QUEUE, str(given.get("QueueName", "queue"))):
        return None
    text = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    return ModelError("InvalidParameterValue", text)


def _name_of_table(given: dict[str, Any]) -> ModelError | None:
    name = str(given.get("TableName", "Table"))
    if len(name) > LONGEST_TABLE_NAME:
        text = "TableName must be at least 3 characters long and at most 255 characters long"
        return ModelError("ValidationException", text)
    if re.fullmatch(NAME_OF_TABLE, name):
        return None
    text = f"Member must satisfy regular expression pattern: {NAME_OF_TABLE}"
    return ModelError(
        "ValidationException",
        f"1 validation error detected: Value '{name}' at 'tableName' failed to satisfy constraint: {text}",
    )


def _parameter(given: dict[str, Any]) -> ModelError | None:
    if pattern := given.get("AllowedPattern"):
        try:
            is_allowed = re.search(pattern, str(given["Value"])) is not None
        except re.error:
            text = f"The request does not meet the regular expression requirement: {pattern}"
            return ModelError("InvalidAllowedPatternException", text)
        if not is_allowed:
            text = f"Parameter value, cannot be validated against allowedPattern: {pattern}"
            return ModelError("ParameterPatternMismatchException", text)
    is_standard = (given.get("Tier") or "Standard") == "Standard"
    kind, most = ("Standard", LONGEST_PARAMETER) if is_standard else ("Advanced", LONGEST_ADVANCED_PARAMETER)
    if len(str(given["Value"])) <= most:
        return None
    text = f"{kind} tier parameters support a maximum parameter value of {most} characters."
    if is_standard:
        text += (
            " To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
        )
    return ModelError("ValidationException", text)


_DEMANDS: dict[tuple[str, str], Demand] = {
    ("cloudwatch", "GetMetricData"): queries_problem,
    ("cloudwatch", "PutDashboard"): dashboard_problem,
    ("cloudwatch", "PutMetricAlarm"): alarm_problem,
    ("cloudwatch", "PutMetricData"): metric_data_problem,
    ("dynamodb", "CreateTable"): _name_of_table,
    ("kinesis", "CreateStream"): _shards,
    ("kinesis", "StartStreamEncryption"): _encryption,
    ("kinesis", "StopStreamEncryption"): _encryption,
    ("kms", "CreateKey"): key_spec_problem,
    ("logs", "PutLogEvents"): log_events_problem,
    ("logs", "PutMetricFilter"): metric_filter_problem,
    ("s3", "CreateBucket"): _name_of_bucket,
    ("sqs", "CreateQueue"): _name_of_queue,
    ("ssm", "PutParameter"): _parameter,
    ("cloudformation", "CreateStack"): _name_of_stack,
    ("sns", "SetSubscriptionAttributes"): _raw_delivery,
    ("sns", "Subscribe"): _raw_delivery,
    ("sns", "Publish"): _publication,
    ("logs", "StartQuery"): _one_of(
        "logGroupIdentifiers",
        "logGroupName",
        "logGroupNames",
        error=ModelError("InvalidParameterException", "At least one log group must be given."),
    ),
    ("logs", "PutDeliveryDestination"): _destination,
    ("events", "CreateConnection"): _authorization,
    ("events", "PutPermission"): _permission,
    ("iam", "CreateServiceLinkedRole"): _service_name,
}
