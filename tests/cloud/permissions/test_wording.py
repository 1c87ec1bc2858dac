"""A refusal is AWS's error in the words and the protocol of each service."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.permissions.conftest import ACCOUNT, REGION, Roles, allow, make_client, table_arn

SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/me"
UUID = "1f3c1f5e-0f6a-4b0e-9f0d-3a3b7d1c2e4f"
QUEUE = f"http://127.0.0.1:1/{ACCOUNT}/q"


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "refused"),
    [
        (
            "dynamodb",
            "scan",
            {"TableName": "T"},
            ("AccessDeniedException", "dynamodb:Scan", table_arn("T"), 400),
        ),
        (
            "dynamodbstreams",
            "describe_stream",
            {"StreamArn": f"{table_arn('T')}/stream/2026-01-01T00:00:00.000"},
            (
                "AccessDeniedException",
                "dynamodb:DescribeStream",
                f"{table_arn('T')}/stream/2026-01-01T00:00:00.000",
                400,
            ),
        ),
        (
            "kinesis",
            "put_record",
            {"StreamName": "s", "Data": b"", "PartitionKey": "k"},
            ("AccessDeniedException", "kinesis:PutRecord", arn("kinesis", "stream/s"), 400),
        ),
        (
            "sqs",
            "send_message_batch",
            {"QueueUrl": QUEUE, "Entries": [{"Id": "1", "MessageBody": "x"}]},
            ("AccessDenied", "sqs:sendmessage", arn("sqs", "q"), 403),
        ),
        (
            "sns",
            "publish",
            {"TopicArn": arn("sns", "t"), "Message": "x"},
            ("AuthorizationError", "SNS:Publish", arn("sns", "t"), 403),
        ),
        (
            "lambda",
            "invoke",
            {"FunctionName": "f", "Qualifier": "live"},
            ("AccessDeniedException", "lambda:InvokeFunction", arn("lambda", "function:f:live"), 403),
        ),
        (
            "lambda",
            "delete_event_source_mapping",
            {"UUID": UUID},
            (
                "AccessDeniedException",
                "lambda:DeleteEventSourceMapping",
                arn("lambda", f"event-source-mapping:{UUID}"),
                403,
            ),
        ),
        (
            "s3",
            "put_object",
            {"Bucket": "b", "Key": "k/a b"},
            ("AccessDenied", "s3:PutObject", '"arn:aws:s3:::b/k/a b"', 403),
        ),
        (
            "s3",
            "list_objects_v2",
            {"Bucket": "b"},
            ("AccessDenied", "s3:ListBucket", '"arn:aws:s3:::b"', 403),
        ),
        ("s3", "list_buckets", {}, ("AccessDenied", "s3:ListAllMyBuckets", "*", 403)),
        (
            "logs",
            "put_log_events",
            {"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "x"}]},
            ("AccessDeniedException", "logs:PutLogEvents", arn("logs", "log-group:g:log-stream:s"), 400),
        ),
        (
            "cloudwatch",
            "put_metric_data",
            {"Namespace": "n", "MetricData": []},
            ("AccessDenied", "cloudwatch:PutMetricData", "*", 403),
        ),
        (
            "iam",
            "get_role",
            {"RoleName": "r"},
            ("AccessDenied", "iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/r", 403),
        ),
        (
            "scheduler",
            "delete_schedule",
            {"Name": "n"},
            (
                "AccessDeniedException",
                "scheduler:DeleteSchedule",
                arn("scheduler", "schedule/default/n"),
                403,
            ),
        ),
        (
            "events",
            "delete_rule",
            {"Name": "n"},
            ("AccessDeniedException", "events:DeleteRule", arn("events", "rule/n"), 400),
        ),
        (
            "cloudformation",
            "delete_stack",
            {"StackName": "n"},
            ("AccessDenied", "cloudformation:DeleteStack", arn("cloudformation", "stack/n/*"), 403),
        ),
        ("sts", "get_session_token", {}, ("AccessDenied", "sts:GetSessionToken", "*", 403)),
    ],
)
def test_a_refusal_reads_as_on_aws(
    roles: Roles, service: str, operation: str, parameters: dict[str, Any], refused: tuple[str, str, str, int]
) -> None:
    """Code, status and sentence are those of the service, and name caller, action and resource."""
    code, action, resource, status = refused
    roles.make("r")

    with pytest.raises(ClientError) as caught:
        getattr(roles.client(service, "r"), operation)(**parameters)

    response = caught.value.response
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
