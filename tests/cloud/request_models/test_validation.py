"""Requests are held against the models of their operations, and refused in AWS's words."""

import json
from typing import Any

import pytest

from tests.cloud.http.test_dispatch import understood
from tests.cloud.walk.requests import model_of, wire_call
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.http.calls import Answer
from workshop.cloud.offline.http.dispatch import Dispatcher

TOPIC = "arn:aws:sns:eu-west-1:123456789012:t"
TOO_LONG = (
    "1 validation error detected: Value at 'templateBody' failed to satisfy constraint: "
    "Member must have length less than or equal to 51200"
)
LISTS = "docs/offline-cloud.md lists what it does"


@pytest.fixture
def send(account):
    """Sends parameters of any shape to an operation of an empty account."""
    overlay.apply(ManualClock())
    dispatcher = Dispatcher()

    def sent(service: str, operation: str, **parameters: Any) -> Answer:
        call = wire_call(model_of(service).operation_model(operation), parameters)
        assert call is not None
        return dispatcher.answer(call)

    return sent


def unfit(what: str, constraint: str) -> str:
    """Return AWS's words for a value that a model does not allow."""
    return f"1 validation error detected: Value {what} failed to satisfy constraint: {constraint}"


CASES: list[tuple[str, dict[str, Any], str, str]] = [
    (
        "s3.ListObjectsV2",
        {"Bucket": "b", "ExpectedBucketOwner": "000000000000"},
        "AccessDenied",
        "Access Denied",
    ),
    (
        "lambda.Invoke",
        {"FunctionName": "f:1", "Qualifier": "live"},
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
    ),
    (
        "sqs.CreateQueue",
        {"QueueName": "Q", "tags": {f"k{number}": "v" for number in range(51)}},
        "InvalidParameterValue",
        "Too many tags added for the queue.",
    ),
    (
        "cloudformation.ValidateTemplate",
        {"TemplateBody": " " * 51_201},
        "ValidationError",
        TOO_LONG,
    ),
    (
        "cloudformation.CreateStack",
        {"StackName": "1a"},
        "ValidationError",
        unfit("'1a' at 'stackName'", "Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"),
    ),
    (
        "cloudformation.CreateStack",
        {"StackName": "a", "DisableRollback": True, "OnFailure": "DELETE"},
        "ValidationError",
        "Either DisableRollback or OnFailure can be specified, not both.",
    ),
    (
        "kinesis.CreateStream",
        {"StreamName": "S", "ShardCount": 0},
        "ValidationException",
        unfit("'0' at 'shardCount'", "Member must have value greater than or equal to 1"),
    ),
    (
        "kinesis.PutRecords",
        {"StreamName": "S", "Records": [{"Data": "eA==", "PartitionKey": "k" * 257}]},
        "ValidationException",
        unfit(
            f"'{'k' * 200}…' at 'records.1.member.partitionKey'",
            "Member must have length less than or equal to 256",
        ),
    ),
    (
        "kinesis.PutRecord",
        {"StreamName": "S", "PartitionKey": "k", "Data": "a=b="},
        "SerializationException",
        "a blob is not Base64 (Data)",
    ),
    (
        "dynamodb.GetItem",
        {"TableName": "T"},
        "ValidationException",
        unfit("null at 'key'", "Member must not be null"),
    ),
    (
        "dynamodb.Query",
        {"TableName": "T", "Limit": "7"},
        "SerializationException",
        "STRING_VALUE cannot be converted to Integer (Limit)",
    ),
    (
        "dynamodb.BatchGetItem",
        {"RequestItems": {"T": {"Keys": []}}},
        "ValidationException",
        unfit("'[]' at 'requestItems.T.member.keys'", "Member must have length greater than or equal to 1"),
    ),
    (
        "logs.CreateLogGroup",
        {"logGroupName": "a b"},
        "InvalidParameterException",
        unfit(
            "'a b' at 'logGroupName'", r"Member must satisfy regular expression pattern: [\.\-_/#A-Za-z0-9]+"
        ),
    ),
    ("sqs.GetQueueUrl", {}, "MissingParameter", "The request must contain the parameter QueueName."),
    (
        "sns.GetTopicAttributes",
        {"TopicArn": "arn:none"},
        "InvalidParameter",
        "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 2",
    ),
    ("sns.ListTopics", {"NextToken": "x"}, "InvalidParameter", "Invalid parameter: NextToken"),
    (
        "sns.Publish",
        {"Message": "m"},
        "InvalidParameter",
        "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter",
    ),
    (
        "sns.Subscribe",
        {"TopicArn": TOPIC, "Protocol": "sqs"},
        "InvalidParameter",
        "Invalid parameter: Endpoint",
    ),
    ("iam.ListRoles", {"Marker": "x"}, "ValidationError", "Invalid Marker."),
    ("iam.GetRole", {}, "ValidationError", unfit("null at 'roleName'", "Member must not be null")),
    (
        "sts.AssumeRole",
        {"RoleArn": "r" * 20, "RoleSessionName": "session"},
        "ValidationError",
        f"{'r' * 20} is invalid",
    ),
    (
        "events.PutTargets",
        {"Rule": "r", "Targets": [{"Id": "1", "Arn": "x"}]},
        "ValidationException",
        "Parameter x is not valid. Reason: Provided Arn is not in correct format.",
    ),
    (
        "cloudformation.ListExports",
        {"NextToken": "x"},
        "ValidationError",
        "The specified NextToken is invalid.",
    ),
    ("logs.GetQueryResults", {"queryId": "q"}, "ResourceNotFoundException", "q does not exist."),
    (
        "kinesis.SubscribeToShard",
        {},
        "NotImplemented",
        f"the offline cloud does not offer SubscribeToShard of Kinesis; {LISTS}",
    ),
    (
        "iam.TagMFADevice",
        {},
        "NotImplemented",
        f"the offline cloud does not offer TagMFADevice of IAM; {LISTS}",
    ),
]


@pytest.mark.parametrize(
    ("operation", "parameters", "code", "message"),
    CASES,
    ids=[f"{operation}-{code}" for operation, _, code, _ in CASES],
)
def test_a_request_is_refused_in_the_words_of_its_service(
    send, operation: str, parameters: dict[str, Any], code: str, message: str
) -> None:
    """Each service has AWS's code and text for what is missing, of another type, or not allowed."""
    service, _, name = operation.partition(".")

    answer = send(service, name, **parameters)

    error = understood(service, answer)
    assert (answer.status, error["Code"].rpartition("#")[2]) == (400, code)
    assert error["Message"] == message


ROLE = "arn:aws:iam::123456789012:role/r"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:f"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "code"),
    [
        ("dynamodb", "ListTables", {"Limit": 5.0, "Unknown": "x", "ExclusiveStartTableName": None}, None),
        ("lambda", "GetFunction", {"FunctionName": FUNCTION}, "ResourceNotFoundException"),
        (
            "lambda",
            "CreateFunction",
            {"FunctionName": "f", "Runtime": "python1.0", "Role": ROLE, "Code": {}, "Handler": "a.b"},
            "InvalidParameterValueException",
        ),
    ],
)
def test_what_aws_takes_is_not_refused(send, service: str, operation: str, *, parameters: Any, code) -> None:
    """Nulls, unknown members, whole numbers with a point and names that are ARNs pass the models."""
    answer = send(service, operation, **parameters)

    assert (understood(service, answer)["Code"] if answer.status >= 400 else None) == code


def test_text_must_be_text(send) -> None:
    """Half of a character that takes two is no JSON text, and never reaches a table."""
    answer = send("dynamodb", "PutItem", TableName="T", Item={"id": {"S": "\ud83d"}})

    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "SerializationException")


def test_nesting_has_an_end(send) -> None:
    """A value in a thousand others is refused, not an error of the stack."""
    value: dict[str, Any] = {"S": "x"}
    for _ in range(400):
        value = {"L": [value]}

    answer = send("dynamodb", "PutItem", TableName="T", Item={"id": value})

    assert answer.status == 400
