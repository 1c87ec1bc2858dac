"""Whatever a call has changed is there after a kill: the same names, ids, ARNs, times and contents."""

import json
from typing import Any

from tests.cloud.documents import ACCOUNT, allow, document, trust, zip_of
from tests.cloud.keeping.crashing import KeptCloud, copies_meanwhile

HANDLER = """
def handler(event, context):
    print("got", event)
    if "fail" in str(event):
        raise ValueError("no")
"""
ALL = document(allow("*"))
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lambda"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:P"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:Q"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:F"
STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/S"
TEMPLATE = json.dumps(
    {
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "BillingMode": "PAY_PER_REQUEST",
                    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                },
            },
        },
        "Outputs": {"Topic": {"Value": {"Ref": "Topic"}, "Export": {"Name": "topic"}}},
    }
)
KEYS: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
    ],
}
NEW_IMAGES = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
EVERYTHING: dict[str, Any] = {
    "S": {"S": "é"},
    "N": {"N": "-0.10"},
    "B": {"B": b"\x00\xff"},
    "SS": {"SS": ["a", "b"]},
    "M": {"M": {"L": {"L": [{"NULL": True}, {"BOOL": False}, {"NS": ["1", "2.5"]}]}}},
}
NINE = [{"Data": b"two", "PartitionKey": f"{number}"} for number in range(9)]
SPLIT = {"ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "10"}
CODE = {"Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": zip_of(HANDLER)}}
READING = {"EventSourceArn": STREAM, "StartingPosition": "TRIM_HORIZON"}
RULE = {"Name": "R", "EventPattern": '{"source": ["a"]}'}
SCHEDULE = {
    "Name": "H",
    "ScheduleExpression": "rate(5 minutes)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": FUNCTION, "RoleArn": ROLE},
}
LOG = {"logGroupName": "app", "logStreamName": "s"}
# In this order, on an empty account: the service, the operation, its arguments.
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "iam",
        "create_role",
        {
            "RoleName": "lambda",
            "AssumeRolePolicyDocument": trust(Service=["lambda.amazonaws.com", "scheduler.amazonaws.com"]),
        },
    ),
    (
        "iam",
        "put_role_policy",
        {"RoleName": "lambda", "PolicyName": "p", "PolicyDocument": document(allow("*"))},
    ),
    ("dynamodb", "create_table", {"TableName": "T", "BillingMode": "PAY_PER_REQUEST", **KEYS}),
    ("dynamodb", "put_item", {"TableName": "T", "Item": {"pk": {"S": "a"}, "sk": {"N": "1"}, **EVERYTHING}}),
    ("dynamodb", "put_item", {"TableName": "T", "Item": {"pk": {"S": "a"}, "sk": {"N": "2"}}}),
    ("dynamodb", "delete_item", {"TableName": "T", "Key": {"pk": {"S": "a"}, "sk": {"N": "2"}}}),
    ("dynamodb", "update_table", {"TableName": "T", "StreamSpecification": NEW_IMAGES}),
    ("dynamodb", "update_item", {"TableName": "T", "Key": {"pk": {"S": "b"}, "sk": {"N": "1"}}}),
    ("kinesis", "create_stream", {"StreamName": "S", "ShardCount": 2}),
    ("kinesis", "put_record", {"StreamName": "S", "Data": b"\x00one", "PartitionKey": "k"}),
    ("kinesis", "put_records", {"StreamName": "S", "Records": NINE}),
    ("kinesis", "split_shard", {"StreamName": "S", **SPLIT}),
    ("kinesis", "put_record", {"StreamName": "S", "Data": b"three", "PartitionKey": "k"}),
    ("sqs", "create_queue", {"QueueName": "Q"}),
    ("sqs", "send_message", {"QueueUrl": "Q", "MessageBody": "one"}),
    ("sqs", "send_message", {"QueueUrl": "Q", "MessageBody": "two", "DelaySeconds": 60}),
    (
        "lambda",
        "create_function",
        {
            "FunctionName": "F",
            "Role": ROLE,
            "Runtime": "python3.13",
            "Handler": "index.handler",
            "Code": {"ZipFile": zip_of(HANDLER)},
        },
    ),
    ("lambda", "update_function_configuration", {"FunctionName": "F", "Timeout": 7}),
    ("lambda", "publish_version", {"FunctionName": "F"}),
    ("lambda", "create_event_source_mapping", {"FunctionName": "F", **READING}),
    ("lambda", "put_function_event_invoke_config", {"FunctionName": "F", "MaximumRetryAttempts": 1}),
    ("lambda", "invoke", {"FunctionName": "F", "Payload": b'{"sync": 1}'}),
    ("lambda", "invoke", {"FunctionName": "F", "Payload": b'{"fail": 1}', "InvocationType": "Event"}),
    ("sns", "create_topic", {"Name": "P"}),
    ("sns", "subscribe", {"TopicArn": TOPIC, "Protocol": "sqs", "Endpoint": QUEUE}),
    ("events", "put_rule", RULE),
    ("events", "put_targets", {"Rule": "R", "Targets": [{"Id": "1", "Arn": QUEUE}]}),
    ("scheduler", "create_schedule", SCHEDULE),
    ("s3", "create_bucket", {"Bucket": "box"}),
    ("s3", "put_object", {"Bucket": "box", "Key": "k", "Body": b"body"}),
    ("s3", "delete_object", {"Bucket": "box", "Key": "k"}),
    ("logs", "create_log_group", {"logGroupName": "app"}),
    ("logs", "create_log_stream", LOG),
    ("cloudwatch", "put_metric_data", {"Namespace": "n", "MetricData": [{"MetricName": "m", "Value": 2.5}]}),
    ("ssm", "put_parameter", {"Name": "/p", "Value": "v", "Type": "String"}),
    ("cloudformation", "create_stack", {"StackName": "s", "TemplateBody": TEMPLATE}),
    ("sqs", "purge_queue", {"QueueUrl": "Q"}),
    ("dynamodb", "delete_table", {"TableName": "T"}),
    ("kinesis", "delete_stream", {"StreamName": "S"}),
    ("cloudformation", "delete_stack", {"StackName": "s"}),
]


def seen(cloud: KeptCloud) -> dict[str, Any]:
    """Return what clients see of the account."""

    def ask(service: str, operation: str, **arguments: Any) -> Any:
        answer = getattr(cloud.client(service), operation)(**arguments)
        answer.pop("ResponseMetadata")
        return answer

    tables = ask("dynamodb", "list_tables")["TableNames"]
    streams = ask("kinesis", "list_streams")["StreamNames"]
    functions = [each["FunctionName"] for each in ask("lambda", "list_functions")["Functions"]]
    groups = [each["logGroupName"] for each in ask("logs", "describe_log_groups")["logGroups"]]
    buckets = [each["Name"] for each in ask("s3", "list_buckets")["Buckets"]]
    stacks = [each["StackName"] for each in ask("cloudformation", "describe_stacks")["Stacks"]]
    return {
        "tables": [ask("dynamodb", "describe_table", TableName=each) for each in tables],
        "items": [ask("dynamodb", "scan", TableName=each) for each in tables],
        "table streams": ask("dynamodbstreams", "list_streams"),
        "streams": [ask("kinesis", "describe_stream", StreamName=each) for each in streams],
        "records": {each: records(cloud, each) for each in streams},
        "queues": ask("sqs", "list_queues"),
        "messages": [
            ask("sqs", "get_queue_attributes", QueueUrl=each, AttributeNames=["All"])
            for each in ask("sqs", "list_queues").get("QueueUrls", [])
        ],
        "roles": ask("iam", "list_roles"),
        "functions": [ask("lambda", "get_function", FunctionName=each) for each in functions],
        "versions": [ask("lambda", "list_versions_by_function", FunctionName=each) for each in functions],
        "mappings": ask("lambda", "list_event_source_mappings"),
        "topics": ask("sns", "list_topics"),
        "subscriptions": ask("sns", "list_subscriptions"),
        "rules": ask("events", "list_rules"),
        "schedules": ask("scheduler", "list_schedules"),
        "groups": ask("logs", "describe_log_groups"),
        # AWS takes any sequence token, and none.
        "log streams": [
            {**stream, "uploadSequenceToken": ""}
            for each in groups
            for stream in ask("logs", "describe_log_streams", logGroupName=each)["logStreams"]
        ],
        "log events": [ask("logs", "filter_log_events", logGroupName=each) for each in groups],
        "buckets": ask("s3", "list_buckets")["Buckets"],
        "objects": [ask("s3", "list_objects_v2", Bucket=each) for each in buckets],
        "metrics": ask("cloudwatch", "list_metrics"),
        "parameters": ask("ssm", "describe_parameters"),
        "stacks": ask("cloudformation", "describe_stacks"),
        "stack resources": [
            ask("cloudformation", "describe_stack_resources", StackName=each) for each in stacks
        ],
        "exports": ask("cloudformation", "list_exports"),
    }


def records(cloud: KeptCloud, stream: str) -> list[Any]:
    client = cloud.client("kinesis")
    found = []
    for shard in client.list_shards(StreamName=stream)["Shards"]:
        iterator = client.get_shard_iterator(
            StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        found += client.get_records(ShardIterator=iterator)["Records"]
    return found


def test_each_call_survives_a_kill(cloud: KeptCloud) -> None:
    """After each of these calls, and whatever follows from it, a kill changes nothing that clients see."""
    for service, operation, arguments in CALLS:
        getattr(cloud.client(service), operation)(**arguments)
        cloud.laboratory.step()
        before = seen(cloud)

        cloud.crash()
        cloud.laboratory.step()

        after = seen(cloud)
        assert {name: after[name] for name in before if after[name] != before[name]} == {}, operation


def test_a_call_that_was_not_answered_is_there_or_is_not(cloud: KeptCloud) -> None:
    """A kill amid a transaction leaves all of it or nothing."""
    client = cloud.client("dynamodb")
    client.create_table(TableName="T", BillingMode="PAY_PER_REQUEST", **KEYS)
    items = [{"Put": {"TableName": "T", "Item": {"pk": {"S": "a"}, "sk": {"N": f"{n}"}}}} for n in range(20)]

    copies = copies_meanwhile(
        cloud, lambda: client.transact_write_items(TransactItems=items), seed=1, one_in=1
    )

    for copy in copies:
        cloud.crash(copy)
        assert cloud.client("dynamodb").scan(TableName="T")["Count"] in {0, 20}


def test_a_stack_that_was_being_made_has_failed(cloud: KeptCloud) -> None:
    """An operation that was under way has failed, says why, and its stack can be deleted."""
    for service, operation, arguments in CALLS[:2]:
        getattr(cloud.client(service), operation)(**arguments)
    cloud.client("lambda").create_function(FunctionName="F", Role=ROLE, **CODE)
    template = {"Resources": {"C": {"Type": "Custom::C", "Properties": {"ServiceToken": FUNCTION}}}}
    stacks = cloud.client("cloudformation")

    copies = copies_meanwhile(
        cloud,
        lambda: stacks.create_stack(StackName="s", TemplateBody=json.dumps(template), DisableRollback=True),
        seed=1,
        one_in=1,
    )

    statuses = set()
    for copy in copies:
        cloud.crash(copy)
        for stack in cloud.client("cloudformation").describe_stacks()["Stacks"]:
            statuses.add(stack["StackStatus"])
            assert stack["StackStatusReason"]
            cloud.client("cloudformation").delete_stack(StackName="s")
            assert cloud.client("cloudformation").describe_stacks()["Stacks"] == []
    assert statuses == {"CREATE_FAILED"}
