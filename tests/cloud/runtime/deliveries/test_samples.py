"""Templates in the style of public samples, one for each trigger: they deploy, work, change and go."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cloud.documents import ACCOUNT
from tests.cloud.overlay.cloudformation.samples import function, get, resource, table
from workshop.cloud.laboratory import Laboratory

REGION = "us-east-1"
CODE = """
import json, os, uuid
import boto3

def handler(event, context):
    item = {"id": {"S": str(uuid.uuid4())}, "event": {"S": json.dumps(event)}, "v": {"S": os.environ["MINE"]}}
    boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
"""
READING = {
    "kinesis": ["GetRecords", "GetShardIterator", "DescribeStream", "ListShards", "ListStreams"],
    "dynamodb": ["GetRecords", "GetShardIterator", "DescribeStream", "ListStreams", "PutItem"],
    "sqs": ["ReceiveMessage", "DeleteMessage", "GetQueueAttributes"],
}
Resources = dict[str, dict[str, Any]]
Act = Callable[[Laboratory], Any]


def role(service: str, *actions: str) -> dict[str, Any]:
    """Return a role for a service; its policy has no version, as in many samples."""
    trusting = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return resource(
        "IAM::Role",
        AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": [trusting]},
        Policies=[{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": [allowed]}}],
    )


def mapped(source: Any, **settings: Any) -> dict[str, Any]:
    return resource(
        "Lambda::EventSourceMapping", FunctionName={"Ref": "F"}, EventSourceArn=source, **settings
    )


def permission(service: str, **source: Any) -> dict[str, Any]:
    return resource(
        "Lambda::Permission",
        FunctionName=get("F"),
        Action="lambda:InvokeFunction",
        Principal=f"{service}.amazonaws.com",
        **source,
    )


def queue_policy(service: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}}
    return resource(
        "SQS::QueuePolicy",
        Queues=[{"Ref": "Q"}],
        PolicyDocument={"Statement": [{**statement, "Action": "sqs:SendMessage", "Resource": get("Q")}]},
    )


STREAM = resource("Kinesis::Stream", Name="numbers", ShardCount=1)
HORIZON = {"StartingPosition": "TRIM_HORIZON"}
OFF = {"Mode": "OFF"}


def put_record(cloud: Laboratory) -> None:
    cloud.client("kinesis").put_record(StreamName="numbers", PartitionKey="k", Data=b"1")


def put_item(cloud: Laboratory) -> None:
    cloud.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "1"}, "t": {"N": str(id(cloud))}})


def change_item(cloud: Laboratory) -> None:
    put_item(cloud)
    cloud.client("dynamodb").delete_item(TableName="orders", Key={"id": {"S": "1"}})


def send(cloud: Laboratory) -> None:
    url = cloud.client("sqs").get_queue_url(QueueName="jobs")["QueueUrl"]
    cloud.client("sqs").send_message(QueueUrl=url, MessageBody="{}")


def publish(cloud: Laboratory) -> None:
    (topic,) = cloud.client("sns").list_topics()["Topics"]
    cloud.client("sns").publish(TopicArn=topic["TopicArn"], Message="m")


def upload(cloud: Laboratory) -> None:
    cloud.client("s3").put_object(Bucket="uploads", Key="a.csv", Body=b"1")
    cloud.client("s3").delete_object(Bucket="uploads", Key="a.csv")


def put_event(cloud: Laboratory) -> None:
    entry = {"Source": "shop", "DetailType": "Sold", "Detail": json.dumps({"price": 7})}
    assert cloud.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def wait(cloud: Laboratory) -> None:
    cloud.client("sts").get_caller_identity()
    clock: Any = cloud.clock
    cloud.step()
    clock.advance(61.0)


def log(cloud: Laboratory) -> None:
    logs = cloud.client("logs")
    if not logs.describe_log_streams(logGroupName="application")["logStreams"]:
        logs.create_log_stream(logGroupName="application", logStreamName="s")
    events = [{"timestamp": int(cloud.clock.now() * 1000), "message": "ERROR x"}]
    logs.put_log_events(logGroupName="application", logStreamName="s", logEvents=events)


JOBS = resource("SQS::Queue", QueueName="jobs")
TOPIC_TO = {"TopicArn": {"Ref": "T"}}
PATTERN = {"source": ["shop"], "detail": {"price": [{"numeric": [">", 5]}]}}
SAMPLES: dict[str, tuple[Resources, Act]] = {
    "kinesis": ({"S": STREAM, "M": mapped(get("S"), **HORIZON)}, put_record),
    "kinesis with a consumer": (
        {
            "S": STREAM,
            "C": resource("Kinesis::StreamConsumer", ConsumerName="c", StreamARN=get("S")),
            "M": mapped({"Ref": "C"}, **HORIZON),
        },
        put_record,
    ),
    "dynamodb": (
        {
            "O": table("id", TableName="orders", StreamSpecification={"StreamViewType": "NEW_IMAGE"}),
            "M": mapped(get("O", "StreamArn"), **HORIZON),
        },
        change_item,
    ),
    "sqs": ({"Q": JOBS, "M": mapped(get("Q"), BatchSize=10)}, send),
    "sns": (
        {
            "T": resource("SNS::Topic", Subscription=[{"Protocol": "lambda", "Endpoint": get("F")}]),
            "P": permission("sns", SourceArn={"Ref": "T"}),
        },
        publish,
    ),
    "sns through sqs": (
        {
            "T": resource("SNS::Topic"),
            "Q": JOBS,
            "QP": queue_policy("sns"),
            "Sub": resource("SNS::Subscription", Protocol="sqs", Endpoint=get("Q"), **TOPIC_TO),
            "M": mapped(get("Q")),
        },
        publish,
    ),
    "s3": (
        {
            "B": {
                "DependsOn": "P",
                **resource(
                    "S3::Bucket",
                    BucketName="uploads",
                    NotificationConfiguration={
                        "LambdaConfigurations": [{"Event": "s3:ObjectCreated:*", "Function": get("F")}]
                    },
                ),
            },
            "P": permission("s3", SourceArn="arn:aws:s3:::uploads", SourceAccount={"Ref": "AWS::AccountId"}),
        },
        upload,
    ),
    "rule with a pattern": (
        {
            "R": resource("Events::Rule", EventPattern=PATTERN, Targets=[{"Id": "F", "Arn": get("F")}]),
            "P": permission("events", SourceArn=get("R")),
        },
        put_event,
    ),
    "rule with a schedule": (
        {
            "R": resource(
                "Events::Rule",
                ScheduleExpression="rate(1 minute)",
                Targets=[{"Id": "F", "Arn": get("F"), "Input": "{}"}],
            ),
            "P": permission("events", SourceArn=get("R")),
        },
        wait,
    ),
    "scheduler": (
        {
            "SR": role("scheduler.amazonaws.com", "lambda:InvokeFunction"),
            "Sch": resource(
                "Scheduler::Schedule",
                ScheduleExpression="rate(1 minute)",
                FlexibleTimeWindow=OFF,
                Target={"Arn": get("F"), "RoleArn": get("SR")},
            ),
        },
        wait,
    ),
    "logs": (
        {
            "G": resource("Logs::LogGroup", LogGroupName="application"),
            "P": permission("logs", SourceArn=get("G")),
            "LF": {
                "DependsOn": "P",
                **resource(
                    "Logs::SubscriptionFilter",
                    LogGroupName={"Ref": "G"},
                    FilterPattern="ERROR",
                    DestinationArn=get("F"),
                ),
            },
        },
        log,
    ),
}


def template(sample: Resources, version: str) -> str:
    """Return a sample with the function that it triggers; the function notes what it gets."""
    actions = [f"{service}:{action}" for service, names in READING.items() for action in names]
    noting = function(
        Code={"ZipFile": CODE}, Environment={"Variables": {"TABLE": {"Ref": "Seen"}, "MINE": version}}
    )
    seen = table("id", TableName="seen")
    common = {"F": noting, "Role": role("lambda.amazonaws.com", *actions), "Seen": seen}
    return json.dumps({"Resources": {**common, **sample}})


@pytest.fixture
def cloud() -> Iterator[Laboratory]:
    """An empty cloud whose functions run in this process."""
    with Laboratory(region=REGION) as laboratory:
        yield laboratory


def seen(cloud: Laboratory) -> list[str]:
    """Return the versions of the function that were triggered."""
    items = cloud.client("dynamodb").scan(TableName="seen")["Items"]
    return sorted({item["v"]["S"] for item in items})


def leftovers(cloud: Laboratory) -> list[Any]:
    """Return what there is in the account, but for log groups."""
    listed = {
        "cloudwatch": [("list_dashboards", "DashboardEntries")],
        "dynamodb": [("list_tables", "TableNames")],
        "events": [("list_rules", "Rules")],
        "iam": [("list_roles", "Roles")],
        "kinesis": [("list_streams", "StreamNames")],
        "lambda": [("list_functions", "Functions"), ("list_event_source_mappings", "EventSourceMappings")],
        "s3": [("list_buckets", "Buckets")],
        "scheduler": [("list_schedules", "Schedules")],
        "sns": [("list_topics", "Topics"), ("list_subscriptions", "Subscriptions")],
        "sqs": [("list_queues", "QueueUrls")],
    }
    return [
        found
        for service, calls in listed.items()
        for operation, member in calls
        for found in getattr(cloud.client(service), operation)().get(member, [])
    ]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_deploys_works_changes_and_goes(cloud: Laboratory, name: str) -> None:
    """Its function is triggered before and after an update in place, and nothing but log groups is left."""
    sample, act = SAMPLES[name]
    stacks = cloud.client("cloudformation")

    def settle() -> str:
        (stack,) = stacks.describe_stacks(StackName="sample")["Stacks"]
        return str(stack["StackStatus"])

    arguments = {"StackName": "sample", "Capabilities": ["CAPABILITY_IAM"]}
    stacks.create_stack(TemplateBody=template(sample, "1"), **arguments)
    assert settle() == "CREATE_COMPLETE", stacks.describe_stack_events(StackName="sample")
    cloud.step()
    act(cloud)
    clock: Any = cloud.clock
    for _ in range(3):
        cloud.step()
        clock.advance(1.0)
    assert seen(cloud) == ["1"]

    stacks.update_stack(TemplateBody=template(sample, "2"), **arguments)
    assert settle() == "UPDATE_COMPLETE"
    act(cloud)
    for _ in range(3):
        cloud.step()
        clock.advance(1.0)
    assert seen(cloud) == ["1", "2"]

    stacks.delete_stack(StackName="sample")
    cloud.step()
    assert leftovers(cloud) == []


MAKER = """
import os
import cfnresponse
from shared import WORD

def handler(event, context):
    kind, wanted = event["RequestType"], event["ResourceProperties"]
    print("REQUEST", kind, event.get("PhysicalResourceId"), wanted)
    if wanted.get("Fail") == kind:
        cfnresponse.send(event, context, cfnresponse.FAILED, {}, "made", reason="because")
    elif wanted.get("Silent") != "true":
        answer = {"Word": WORD, "Old": event.get("OldResourceProperties", {}).get("Number", "-")}
        cfnresponse.send(event, context, cfnresponse.SUCCESS, answer, "made-" + wanted["Name"])
"""


def custom(**properties: Any) -> str:
    """Return a template with a custom resource, whose function has a layer."""
    content = {"S3Bucket": "code", "S3Key": "l.zip"}
    logging = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    resources = {
        "Role": role("lambda.amazonaws.com", *logging),
        "Layer": resource("Lambda::LayerVersion", LayerName="words", Content=content),
        "F": function(FunctionName="maker", Code={"ZipFile": MAKER}, Layers=[{"Ref": "Layer"}]),
        "Made": {"Type": "Custom::Made", "Properties": {"ServiceToken": get("F"), **properties}},
    }
    values = {"Word": get("Made", "Word"), "Old": get("Made", "Old"), "Id": {"Ref": "Made"}}
    outputs = {name: {"Value": value} for name, value in values.items()}
    return json.dumps({"Resources": resources, "Outputs": outputs})


def requests(cloud: Laboratory) -> list[list[str]]:
    """Return what the function of custom resources was asked for, and the physical id that it was told."""
    found = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/maker", filterPattern="REQUEST")[
        "events"
    ]
    return [event["message"].split()[1:3] for event in found if event["message"].startswith("REQUEST")]


def test_a_custom_resource_is_made_by_its_function() -> None:
    """It is created, updated, replaced and deleted by requests; its function has a layer on its path."""
    from tests.cloud.documents import zip_of

    with Laboratory(region=REGION, subprocesses=True) as cloud:
        cloud.client("s3").create_bucket(Bucket="code")
        layer = zip_of("WORD = 'yes'", "python/shared.py")
        cloud.client("s3").put_object(Bucket="code", Key="l.zip", Body=layer)
        stacks = cloud.client("cloudformation")
        arguments = {"StackName": "s", "Capabilities": ["CAPABILITY_IAM"]}

        def outputs() -> dict[str, str]:
            (stack,) = stacks.describe_stacks(StackName="s")["Stacks"]
            found = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}
            return {"Status": stack["StackStatus"], **found}

        stacks.create_stack(TemplateBody=custom(Name="a", Number=1, Flag=True), **arguments)
        assert outputs() == {"Status": "CREATE_COMPLETE", "Word": "yes", "Old": "-", "Id": "made-a"}
        stacks.update_stack(TemplateBody=custom(Name="a", Number=2), **arguments)
        assert outputs() == {"Status": "UPDATE_COMPLETE", "Word": "yes", "Old": "1", "Id": "made-a"}
        stacks.update_stack(TemplateBody=custom(Name="b", Number=3), **arguments)
        assert outputs() == {"Status": "UPDATE_COMPLETE", "Word": "yes", "Old": "2", "Id": "made-b"}
        stacks.update_stack(TemplateBody=custom(Name="b", Number=4, Fail="Update"), **arguments)
        assert outputs()["Status"] == "UPDATE_ROLLBACK_COMPLETE"
        events = stacks.describe_stack_events(StackName="s")["StackEvents"]
        assert any("because" in event.get("ResourceStatusReason", "") for event in events)
        stacks.delete_stack(StackName="s")

        lines = requests(cloud)
        assert lines[:2] == [["Create", "None"], ["Update", "made-a"]]
        assert ["Delete", "made-a"] in lines
        assert lines[-1] == ["Delete", "made-b"]
        assert [bucket["Name"] for bucket in cloud.client("s3").list_buckets()["Buckets"]] == ["code"]

        stacks.create_stack(TemplateBody=custom(Name="a", Fail="Create"), **{**arguments, "StackName": "f"})
        (stack,) = stacks.describe_stacks(StackName="f")["Stacks"]
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        assert ["Delete", "made"] in requests(cloud)

        stacks.create_stack(TemplateBody=custom(Name="a", Silent=True), **{**arguments, "StackName": "t"})
        (stack,) = stacks.describe_stacks(StackName="t")["Stacks"]
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        events = stacks.describe_stack_events(StackName="t")["StackEvents"]
        assert any("did not receive a response" in one.get("ResourceStatusReason", "") for one in events)


def test_a_custom_resource_of_a_topic_is_refused(cloud: Laboratory) -> None:
    """What would never be answered is refused by its name."""
    stacks = cloud.client("cloudformation")
    token = f"arn:aws:sns:{REGION}:{ACCOUNT}:t"
    made = {"Type": "AWS::CloudFormation::CustomResource", "Properties": {"ServiceToken": token}}

    stacks.create_stack(StackName="s", TemplateBody=json.dumps({"Resources": {"M": made}}))

    events = stacks.describe_stack_events(StackName="s")["StackEvents"]
    assert any("by functions only" in event.get("ResourceStatusReason", "") for event in events)
