"""Each function that replaces one of moto's is compared with moto as it is.

The calls below are made twice, with the corrections and without; both times the answers are the same but for
what is made anew each time. Which corrections took part is noted, so that a new one without a call here, or a
test elsewhere that compares with plain moto, is found.
"""

import re
import sys
from importlib import import_module
from pathlib import Path
from types import CodeType
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.cloud.conftest import NAMES, _client
from tests.cloud.documents import table
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.overlay import correct
from workshop.cloud.offline.overlay.correct import plain_moto

ROOT = Path(__file__).parents[1]
ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
KEY, NUMBER = {"pk": {"S": "a"}}, {":n": {"N": "1"}}
TRUST = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", '
    '"Principal": {"Service": ["lambda.amazonaws.com", "scheduler.amazonaws.com"]}}]}'
)
TAGS = [{"Key": "k", "Value": "v"}]
IN_GROUP = {"logGroupName": "g", "filterName": "m"}
TRANSFORMATION = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
RULE = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "a"}, "Expiration": {"Days": 1}}
WRITE = {"TableName": "T", "Key": KEY}
SCHEDULE: dict[str, Any] = {
    "Name": "d",
    "ScheduleExpression": "rate(1 hour)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": ARN.format("sqs", "Q"), "RoleArn": "arn:aws:iam::123456789012:role/r"},
}
CALLS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "dynamodb": [
        ("create_table", {"TableName": "T", **table()}),
        ("put_item", {"TableName": "T", "Item": {**KEY, "n": {"N": "1"}}}),
        ("update_item", {**WRITE, "UpdateExpression": "SET n = n + :n", "ExpressionAttributeValues": NUMBER}),
        ("update_item", {**WRITE, "UpdateExpression": "SET n = n - :n", "ExpressionAttributeValues": NUMBER}),
        ("update_item", {**WRITE, "AttributeUpdates": {"m": {"Value": {"S": "x"}, "Action": "PUT"}}}),
        ("get_item", {**WRITE, "ProjectionExpression": "n"}),
        (
            "query",
            {
                "TableName": "T",
                "KeyConditionExpression": "pk = :p",
                "ExpressionAttributeValues": {":p": {"S": "a"}},
            },
        ),
        ("scan", {"TableName": "T"}),
        (
            "transact_write_items",
            {"TransactItems": [{"Put": {"TableName": "T", "Item": {"pk": {"S": "b"}}}}]},
        ),
        ("transact_get_items", {"TransactItems": [{"Get": WRITE}]}),
        ("batch_write_item", {"RequestItems": {"T": [{"PutRequest": {"Item": {"pk": {"S": "c"}}}}]}}),
        ("batch_get_item", {"RequestItems": {"T": {"Keys": [KEY]}}}),
        ("describe_time_to_live", {"TableName": "T"}),
        (
            "update_time_to_live",
            {"TableName": "T", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "t"}},
        ),
        ("tag_resource", {"ResourceArn": ARN.format("dynamodb", "table/T"), "Tags": TAGS}),
        ("list_tags_of_resource", {"ResourceArn": ARN.format("dynamodb", "table/T")}),
        ("delete_item", WRITE),
        ("list_tables", {}),
    ],
    "kinesis": [
        ("create_stream", {"StreamName": "S", "ShardCount": 2}),
        ("list_streams", {}),
        ("add_tags_to_stream", {"StreamName": "S", "Tags": {"k": "v"}}),
        ("list_tags_for_stream", {"StreamName": "S"}),
        ("put_record", {"StreamName": "S", "Data": b"x", "PartitionKey": "a"}),
        ("put_records", {"StreamName": "S", "Records": [{"Data": b"x", "PartitionKey": "a"}]}),
        ("increase_stream_retention_period", {"StreamName": "S", "RetentionPeriodHours": 48}),
        ("decrease_stream_retention_period", {"StreamName": "S", "RetentionPeriodHours": 24}),
        ("delete_stream", {"StreamName": "none"}),
    ],
    "sqs": [
        ("create_queue", {"QueueName": "Q", "Attributes": {"DelaySeconds": "0"}}),
        ("tag_queue", {"QueueUrl": "Q", "Tags": {"k": "v"}}),
        ("send_message", {"QueueUrl": "Q", "MessageBody": "a"}),
        ("send_message_batch", {"QueueUrl": "Q", "Entries": [{"Id": "a", "MessageBody": "b"}]}),
        ("receive_message", {"QueueUrl": "Q", "MaxNumberOfMessages": 10}),
        ("get_queue_attributes", {"QueueUrl": "Q", "AttributeNames": ["All"]}),
        ("set_queue_attributes", {"QueueUrl": "Q", "Attributes": {"VisibilityTimeout": "5"}}),
        ("purge_queue", {"QueueUrl": "Q"}),
        ("delete_message", {"QueueUrl": "Q", "ReceiptHandle": "none"}),
        ("change_message_visibility", {"QueueUrl": "Q", "ReceiptHandle": "none", "VisibilityTimeout": 1}),
    ],
    "sns": [
        ("create_topic", {"Name": "T"}),
        (
            "subscribe",
            {
                "TopicArn": ARN.format("sns", "T"),
                "Protocol": "sqs",
                "Endpoint": ARN.format("sqs", "Q"),
                "Attributes": {"FilterPolicy": '{"kind": ["x"]}'},
            },
        ),
        ("publish", {"TopicArn": ARN.format("sns", "T"), "Message": "m"}),
        ("list_subscriptions", {}),
    ],
    "logs": [
        ("create_log_group", {"logGroupName": "g"}),
        ("create_log_stream", {"logGroupName": "g", "logStreamName": "s"}),
        ("put_retention_policy", {"logGroupName": "g", "retentionInDays": 1}),
        (
            "put_log_events",
            {"logGroupName": "g", "logStreamName": "s", "logEvents": [{"timestamp": 1, "message": "a"}]},
        ),
        ("put_metric_filter", {**IN_GROUP, "filterPattern": "", "metricTransformations": [TRANSFORMATION]}),
        ("delete_metric_filter", IN_GROUP),
        ("describe_metric_filters", {"logGroupName": "g"}),
        ("delete_log_stream", {"logGroupName": "g", "logStreamName": "s"}),
    ],
    "iam": [
        ("create_role", {"RoleName": "r", "AssumeRolePolicyDocument": TRUST}),
        ("put_role_policy", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "{"}),
    ],
    "sts": [("assume_role", {"RoleArn": "arn:aws:iam::123456789012:role/r", "RoleSessionName": "session"})],
    "events": [
        ("put_rule", {"Name": "r", "EventPattern": '{"source": ["shop"]}'}),
        ("put_rule", {"Name": "s", "ScheduleExpression": "rate(5 minutes)"}),
        ("tag_resource", {"ResourceARN": ARN.format("events", "rule/r"), "Tags": TAGS}),
        ("put_targets", {"Rule": "r", "Targets": [{"Id": "1", "Arn": ARN.format("sqs", "Q")}]}),
        ("put_events", {"Entries": [{"Source": "other", "DetailType": "t", "Detail": "{}"}]}),
        ("list_rules", {}),
    ],
    "scheduler": [
        ("create_schedule", SCHEDULE),
        ("update_schedule", {**SCHEDULE, "Description": "x", "GroupName": "default", "State": "ENABLED"}),
        ("list_schedules", {}),
    ],
    "s3": [
        (
            "create_bucket",
            {"Bucket": "box", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}},
        ),
        ("put_object", {"Bucket": "box", "Key": "k", "Body": b"x"}),
        (
            "put_bucket_notification_configuration",
            {"Bucket": "box", "NotificationConfiguration": {"EventBridgeConfiguration": {}}},
        ),
        ("delete_object", {"Bucket": "box", "Key": "k"}),
        (
            "put_bucket_lifecycle_configuration",
            {"Bucket": "box", "LifecycleConfiguration": {"Rules": [RULE]}},
        ),
        ("get_bucket_lifecycle_configuration", {"Bucket": "box"}),
    ],
    "cloudwatch": [
        ("put_metric_data", {"Namespace": "N", "MetricData": [{"MetricName": "m", "Value": 1}]}),
        (
            "get_metric_data",
            {
                "StartTime": 0,
                "EndTime": 60,
                "MetricDataQueries": [
                    {
                        "Id": "a",
                        "MetricStat": {
                            "Metric": {"Namespace": "N", "MetricName": "m"},
                            "Period": 60,
                            "Stat": "Sum",
                        },
                    }
                ],
            },
        ),
    ],
    "lambda": [
        ("list_event_source_mappings", {}),
        ("get_event_source_mapping", {"UUID": "5e5b3a5e-0000-4000-8000-000000000000"}),
    ],
}
# Made anew each time, or by a clock.
VOLATILE = re.compile(
    r"Id$|Time|Date|Timestamp|Token|Handle|Signature|Label|MD5|ETag|SecretAccessKey|AccessKey|Sequence"
    r"|uploadSequence|StreamArn|SubscriptionArn|CapacityUnits|MaximumMessageSize|Owner$"
)

# Answers that differ on purpose: what was not asked for is left out, and times are the cloud's own.
LEFT_OUT = {
    "ResponseMetadata",
    "ConsumedCapacity",
    "ItemCollectionMetrics",
    "Expiration",
    "TableId",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
}


class Caller:
    """Clients of an account that is corrected or not."""

    client = staticmethod(_client)


def scrubbed(value: Any) -> Any:
    """Return an answer without what differs each time."""
    if isinstance(value, dict):
        return {
            name: "*" if VOLATILE.search(name) and not isinstance(one, dict | list) else scrubbed(one)
            for name, one in value.items()
            if name not in LEFT_OUT
        }
    return [scrubbed(one) for one in value] if isinstance(value, list) else value


def answers() -> dict[str, Any]:
    """Make all calls on an empty account."""
    found: dict[str, Any] = {}
    with mock_aws(config={"lambda": {"use_docker": False}}):
        account = Caller()
        for service, calls in CALLS.items():
            for place, (operation, request) in enumerate(calls):
                try:
                    answer = getattr(account.client(service), operation)(**request)
                except ClientError as error:
                    answer = {"Error": error.response["Error"]["Code"]}
                found[f"{service} {place} {operation}"] = scrubbed(answer)
    return found


def run_with_notes() -> tuple[dict[str, Any], set[CodeType]]:
    """Return the answers, and the code of every function that was called for them."""
    called: set[CodeType] = set()
    sys.setprofile(lambda frame, event, _: called.add(frame.f_code) if event == "call" else None)
    try:
        return answers(), called
    finally:
        sys.setprofile(None)


# Corrections whose functions are not all called above are compared with plain moto by another test, or that
# says what moto does instead.
COMPARES = re.compile(r"plain_moto\(|\bplain: |\(plain[,)]|, plain[,)]|\(plain_table[,)]")
# By the file of its test, unless that is called as the correction is.
ELSEWHERE = {
    "overlay/events/test_targets.py": "scheduler_schedules",
    "overlay/cloudformation/stacks/test_plain_stacks.py": (
        "cloudformation.options cloudformation.resource_types.bucket "
        "cloudformation.resource_types.keys_and_parameters cloudformation.resource_types.queue "
        "cloudformation.resource_types.rule cloudformation.resource_types.topic "
        "cloudformation.stack_policies"
    ),
    "overlay/cloudformation/test_iam.py": (
        "cloudformation.resource_types.managed_policy cloudformation.resource_types.role iam.versions"
    ),
    "overlay/cloudformation/test_operations.py": (
        "cloudformation.descriptions cloudformation.events cloudformation.exports"
    ),
    "overlay/cloudformation/test_other_types.py": "cloudformation.resource_types.added",
    "overlay/cloudformation/test_requests.py": "cloudformation.template_calls",
    "overlay/dynamodb/test_partiql.py": "dynamodb.partiql.calls",
    "overlay/kinesis/test_arguments.py": (
        "kinesis.consumers kinesis.listed_shards kinesis.shard_changes kinesis.streams"
    ),
    "overlay/logs/test_embedded_metrics.py": "cloudwatch.sums",
    "overlay/test_differential.py": "kinesis.iterators kinesis.shards",
    "overlay/test_forms.py": "s3.forms",
    "overlay/test_overlay.py": "core_lookups",
    "overlay/test_plain_deliveries.py": (
        "events.buses events.rules logs.metric_filters logs.subscriptions s3.bucket_policies s3.notifications"
    ),
    "overlay/test_refusals.py": "awslambda.aliases cloudwatch.expressions",
    "overlay/test_revisions.py": "awslambda.policies awslambda.revisions",
    "overlay/sqs/test_messages.py": "kept_changes",
    "runtime/event_sources/test_differences.py": (
        "awslambda.account awslambda.errors awslambda.event_sources awslambda.function_urls "
        "awslambda.functions awslambda.invocations awslambda.push"
    ),
    "runtime/invocations/test_async_events.py": "awslambda.event_settings",
    "runtime/test_robustness.py": "awslambda.layers",
}
# Types of resources that moto does not have, or has functions run in Docker for. Its schedules call nobody.
INCOMPARABLE = {
    "cloudformation.resource_types.alarm",
    "cloudformation.resource_types.custom_resource",
    "cloudformation.resource_types.event_invoke_config",
    "cloudformation.resource_types.function_parts",
    "cloudformation.resource_types.monitoring",
    "cloudformation.resource_types.resource_policies",
    "cloudformation.scheduled_calls",
}


@pytest.fixture(scope="module")
def both() -> tuple[dict[str, Any], dict[str, Any], set[CodeType]]:
    """What is answered with the corrections and without, and what was called with them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ACCOUNT_ID_ENDPOINT_MODE", "disabled")
        overlay.apply(ManualClock(), NAMES)
        ours, called = run_with_notes()
        with plain_moto():
            return ours, answers(), called


def test_calls_are_answered_as_by_moto(both) -> None:
    """What no correction means to change is answered as before."""
    ours, plain, _ = both

    assert ours == plain


def test_every_correction_is_compared(both) -> None:
    """Each function that replaces one of moto's takes part above, or a test of its module runs plain moto."""
    called = {name for name in map(_place, both[2]) if name}
    not_called = {
        module
        for module, codes in replacements().items()
        if not all(_place(code) in called for code in codes)
    }

    named = {name: path for path, names in ELSEWHERE.items() for name in names.split()}
    without = [
        module
        for module in not_called - INCOMPARABLE
        if not COMPARES.search((ROOT / named.get(module, _test_of(module))).read_text(encoding="utf-8"))
    ]

    assert without == []
    assert (set(named) | INCOMPARABLE) - set(overlay.CORRECTIONS) == set()


def _test_of(correction: str) -> str:
    *folders, name = correction.replace("resource_types.", "").split(".")
    return "/".join(["overlay", *folders, f"test_{name}.py"])


def _place(code: CodeType) -> str:
    return f"{code.co_filename}:{code.co_firstlineno}" if "overlay" in code.co_filename else ""


def replacements() -> dict[str, list[CodeType]]:
    """Return the code of all corrections by their modules; a type of resource has none."""
    for name in overlay.CORRECTIONS:
        import_module(f"{overlay.__name__}.{name}")
    found: dict[str, list[CodeType]] = {name: [] for name in overlay.CORRECTIONS}
    for correction in correct._corrections.values():
        function = getattr(correction.replacement, "fget", None) or correction.replacement
        code = getattr(function, "__code__", None) or getattr(
            getattr(function, "__func__", None), "__code__", None
        )
        module = correction.module.removeprefix(f"{overlay.__name__}.")
        if module in found and code is not None:
            found[module].append(code)
    return found
