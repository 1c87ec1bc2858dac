"""A refusal is AWS's error in the words and the protocol of each service."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import ACCOUNT, allow
from tests.cloud.permissions.conftest import REGION, Roles, make_client, table_arn

SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/me"
UUID = "1f3c1f5e-0f6a-4b0e-9f0d-3a3b7d1c2e4f"
QUEUE = f"http://127.0.0.1:1/{ACCOUNT}/q"


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


DENIED, REFUSED = "AccessDenied", "AccessDeniedException"
# The code and the HTTP status with which each service refuses a call.
REFUSALS = {
    "dynamodb": (REFUSED, 400),
    "dynamodbstreams": (REFUSED, 400),
    "kinesis": (REFUSED, 400),
    "sqs": (DENIED, 403),
    "sns": ("AuthorizationError", 403),
    "lambda": (REFUSED, 403),
    "s3": (DENIED, 403),
    "logs": (REFUSED, 400),
    "cloudwatch": (DENIED, 403),
    "iam": (DENIED, 403),
    "scheduler": (REFUSED, 403),
    "events": (REFUSED, 400),
    "ssm": (REFUSED, 400),
    "cloudformation": (DENIED, 403),
    "sts": (DENIED, 403),
}
STREAM = f"{table_arn('T')}/stream/2026-01-01T00:00:00.000"
BATCH = {"QueueUrl": QUEUE, "Entries": [{"Id": "1", "MessageBody": "x"}]}
LOG = {"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "x"}]}
ENTRY = {"Source": "a", "DetailType": "b", "Detail": "{}", "EventBusName": "shop"}
EVENTS = {"Entries": [ENTRY]}
TOPIC_BATCH = {"TopicArn": arn("sns", "t"), "PublishBatchRequestEntries": [{"Id": "1", "Message": "x"}]}
LIVE = {"FunctionName": "f", "Qualifier": "live"}
METRICS = {"Namespace": "n", "MetricData": []}
RECORD = {"StreamName": "s", "Data": b"", "PartitionKey": "k"}
CREATED = arn("cloudformation", "stack/n/*")
MAPPING = arn("lambda", f"event-source-mapping:{UUID}")
SCHEDULE = arn("scheduler", "schedule/default/n")


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "action", "resource"),
    [
        ("dynamodb", "scan", {"TableName": "T"}, "dynamodb:Scan", table_arn("T")),
        ("dynamodbstreams", "describe_stream", {"StreamArn": STREAM}, "dynamodb:DescribeStream", STREAM),
        ("kinesis", "put_record", RECORD, "kinesis:PutRecord", arn("kinesis", "stream/s")),
        ("sqs", "send_message_batch", BATCH, "sqs:sendmessage", arn("sqs", "q")),
        ("sns", "publish", {"TopicArn": arn("sns", "t"), "Message": "x"}, "SNS:Publish", arn("sns", "t")),
        ("lambda", "invoke", LIVE, "lambda:InvokeFunction", arn("lambda", "function:f:live")),
        ("lambda", "delete_event_source_mapping", {"UUID": UUID}, "lambda:DeleteEventSourceMapping", MAPPING),
        ("s3", "put_object", {"Bucket": "b", "Key": "k/a b"}, "s3:PutObject", '"arn:aws:s3:::b/k/a b"'),
        ("s3", "list_objects_v2", {"Bucket": "b"}, "s3:ListBucket", '"arn:aws:s3:::b"'),
        ("s3", "list_buckets", {}, "s3:ListAllMyBuckets", "*"),
        ("logs", "put_log_events", LOG, "logs:PutLogEvents", arn("logs", "log-group:g:log-stream:s")),
        ("cloudwatch", "put_metric_data", METRICS, "cloudwatch:PutMetricData", "*"),
        ("iam", "get_role", {"RoleName": "r"}, "iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/r"),
        ("scheduler", "delete_schedule", {"Name": "n"}, "scheduler:DeleteSchedule", SCHEDULE),
        ("events", "put_events", EVENTS, "events:PutEvents", arn("events", "event-bus/shop")),
        ("sns", "publish_batch", TOPIC_BATCH, "SNS:Publish", arn("sns", "t")),
        ("ssm", "get_parameter", {"Name": "/a/b"}, "ssm:GetParameter", arn("ssm", "parameter/a/b")),
        ("ssm", "get_parameters", {"Names": ["p"]}, "ssm:GetParameters", arn("ssm", "parameter/p")),
        ("events", "delete_rule", {"Name": "n"}, "events:DeleteRule", arn("events", "rule/n")),
        ("cloudformation", "delete_stack", {"StackName": "n"}, "cloudformation:DeleteStack", CREATED),
        ("sts", "get_session_token", {}, "sts:GetSessionToken", "*"),
    ],
)
def test_a_refusal_reads_as_on_aws(
    roles: Roles, service: str, operation: str, *, parameters: dict[str, Any], action: str, resource: str
) -> None:
    """Code, status and sentence are those of the service, and name caller, action and resource."""
    roles.make("r")

    with pytest.raises(ClientError) as caught:
        getattr(roles.client(service, "r"), operation)(**parameters)

    response = caught.value.response
    code, status = REFUSALS[service]
    assert response["Error"]["Code"] == code
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert response["Error"]["Message"] == (
        f"User: {SESSION} is not authorized to perform: {action} on resource: {resource} "
        f"because no identity-based policy allows the {action} action"
    )


def test_a_role_is_handed_on_only_with_the_right_to(roles: Roles) -> None:
    """Whoever makes a function must be allowed to pass its role to Lambda."""
    function, role = arn("lambda", "function:f"), f"arn:aws:iam::{ACCOUNT}:role/r"
    roles.make("r", allow("lambda:CreateFunction", function))
    functions = make_client("lambda", roles.assume("r"))

    with pytest.raises(ClientError, match="iam:PassRole on resource: " + role):
        functions.create_function(
            FunctionName="f", Role=role, Code={"ZipFile": b""}, Handler="a.b", Runtime="python3.13"
        )
