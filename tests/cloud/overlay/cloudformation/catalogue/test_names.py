"""`Ref` and `Fn::GetAtt` give strings that AWS would give, for every type that `effects.toml` has."""

import io
import json
import re
import zipfile
from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.samples import document, function, get, inline, queue, table, trust
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import effects

ARN = r"arn:aws:{0}:us-east-1:123456789012:{1}"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d.*"
named = r"stack-{0}-\w+".format


def arn(service: str, rest: str) -> str:
    """Return the pattern of an ARN."""
    return ARN.format(service, rest)


def iam(rest: str) -> str:
    """Return the pattern of an ARN of IAM."""
    return f"arn:aws:iam::123456789012:{rest}"


TRUST = trust("lambda.amazonaws.com")
TRUST["Statement"][0]["Principal"] = {
    "Service": ["lambda.amazonaws.com", "logs.amazonaws.com", "scheduler.amazonaws.com"]
}
FUNCTION, STREAM, TOPIC = {"Ref": "Function"}, get("Stream"), {"Ref": "Topic"}
TARGET = {"Arn": get("Queue"), "RoleArn": get("Role")}
TRANSFORMATION = {"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}
HELD = {"Roles": [{"Ref": "Role"}]}
STREAM_ARN = arn("kinesis", "stream/" + named("Stream"))

# Type, properties, what `Ref` gives and what each attribute gives, as patterns.
Row = tuple[str, dict[str, Any], str, dict[str, str]]


def row(kind: str, reference: str, attributes: dict[str, str] | None = None, /, **properties: Any) -> Row:
    return f"AWS::{kind}", properties, reference, attributes or {}


IN_GROUP = {"LogGroupName": {"Ref": "Group"}, "FilterPattern": ""}
ALARM = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Period": 60, "Threshold": 1}
ALARM |= {"MetricName": "m", "Namespace": "n", "Statistic": "Sum"}
TABLE = arn("dynamodb", "table/" + named("Table"))
MANAGED = iam("policy/" + named("Managed"))
JOBS = "https?://.*/123456789012/jobs"
# By their logical ids.
TYPES: dict[str, Row] = {
    "Alarm": row(
        "CloudWatch::Alarm", named("Alarm"), {"Arn": arn("cloudwatch", "alarm:" + named("Alarm"))}, **ALARM
    ),
    "Dashboard": row("CloudWatch::Dashboard", named("Dashboard"), DashboardBody='{"widgets": []}'),
    "Table": row(
        "DynamoDB::Table",
        named("Table"),
        {"Arn": TABLE, "StreamArn": f"{TABLE}/stream/{TIME}"},
        **table(StreamSpecification={"StreamViewType": "NEW_IMAGE"})["Properties"],
    ),
    "Bus": row("Events::EventBus", "bus", {"Arn": arn("events", "event-bus/bus"), "Name": "bus"}, Name="bus"),
    "BusPolicy": row(
        "Events::EventBusPolicy", ".+", StatementId="all", Action="events:PutEvents", Principal="*"
    ),
    "Rule": row(
        "Events::Rule",
        named("Rule"),
        {"Arn": arn("events", "rule/" + named("Rule")), "RuleName": named("Rule")},
        EventPattern={"source": ["a"]},
    ),
    "Key": row("IAM::AccessKey", r"AKIA\w+", {"SecretAccessKey": r"\S{40}"}, UserName={"Ref": "User"}),
    "Profile": row(
        "IAM::InstanceProfile", named("Profile"), {"Arn": iam("instance-profile/" + named("Profile"))}, **HELD
    ),
    "Managed": row(
        "IAM::ManagedPolicy",
        MANAGED,
        {
            "PolicyArn": MANAGED,
            "PolicyId": r"A\w{10,}",
            "AttachmentCount": "0",
            "DefaultVersionId": "v1",
            "IsAttachable": "true",
            "CreateDate": TIME,
        },
        PolicyDocument=document("sqs:*"),
    ),
    "Policy": row("IAM::Policy", ".+", **HELD, **inline("p", "sqs:*")),
    "Role": row(
        "IAM::Role",
        named("Role"),
        {"Arn": iam("role/" + named("Role")), "RoleId": r"AROA\w+"},
        AssumeRolePolicyDocument=TRUST,
        Policies=[inline("all", "*")],
    ),
    "User": row("IAM::User", named("User"), {"Arn": iam("user/" + named("User"))}),
    "CryptoAlias": row("KMS::Alias", "alias/a", AliasName="alias/a", TargetKeyId={"Ref": "CryptoKey"}),
    "CryptoKey": row(
        "KMS::Key",
        UUID,
        {"KeyId": UUID, "Arn": arn("kms", "key/" + UUID)},
        KeyPolicy=document("kms:*", Principal="*"),
    ),
    "Stream": row("Kinesis::Stream", named("Stream"), {"Arn": STREAM_ARN}, ShardCount=1),
    "Consumer": row(
        "Kinesis::StreamConsumer",
        STREAM_ARN + r"/consumer/c:\d+",
        {
            "ConsumerARN": arn("kinesis", r"stream/.*/consumer/c:\d+"),
            "ConsumerName": "c",
            "ConsumerStatus": "ACTIVE",
            "ConsumerCreationTimestamp": r"\d+",
            "StreamARN": STREAM_ARN,
        },
        ConsumerName="c",
        StreamARN=STREAM,
    ),
    "Alias": row(
        "Lambda::Alias",
        arn("lambda", "function:f:live"),
        {"AliasArn": arn("lambda", "function:f:live")},
        FunctionName=FUNCTION,
        FunctionVersion=get("Version", "Version"),
        Name="live",
    ),
    "InvokeConfig": row(
        "Lambda::EventInvokeConfig",
        ".+",
        FunctionName=FUNCTION,
        Qualifier="$LATEST",
        MaximumRetryAttempts=0,
    ),
    "Mapping": row(
        "Lambda::EventSourceMapping",
        UUID,
        {"Id": UUID, "EventSourceMappingArn": arn("lambda", "event-source-mapping:" + UUID)},
        FunctionName=FUNCTION,
        EventSourceArn=STREAM,
        StartingPosition="LATEST",
    ),
    "Function": row(
        "Lambda::Function",
        "f",
        {"Arn": arn("lambda", "function:f")},
        **function(FunctionName="f")["Properties"],
    ),
    "Layer": row(
        "Lambda::LayerVersion",
        arn("lambda", "layer:l:1"),
        {"LayerVersionArn": arn("lambda", "layer:l:1")},
        LayerName="l",
        Content={"S3Bucket": "content", "S3Key": "layer.zip"},
    ),
    "Permission": row(
        "Lambda::Permission",
        named("Permission"),
        {"Id": named("Permission")},
        Action="lambda:InvokeFunction",
        FunctionName=FUNCTION,
        Principal="s3.amazonaws.com",
    ),
    "Version": row(
        "Lambda::Version",
        arn("lambda", "function:f:1"),
        {"Version": "1", "FunctionArn": arn("lambda", "function:f:1")},
        FunctionName=FUNCTION,
    ),
    "Group": row("Logs::LogGroup", "/g", {"Arn": arn("logs", r"log-group:/g:\*")}, LogGroupName="/g"),
    "Metric": row("Logs::MetricFilter", named("Metric"), **IN_GROUP, MetricTransformations=[TRANSFORMATION]),
    "LogPolicy": row(
        "Logs::ResourcePolicy",
        "p",
        PolicyName="p",
        PolicyDocument=json.dumps(document("logs:*", Principal="*")),
    ),
    "Subscribed": row(
        "Logs::SubscriptionFilter",
        named("Subscribed"),
        **IN_GROUP,
        DestinationArn=STREAM,
        RoleArn=get("Role"),
    ),
    "Bucket": row(
        "S3::Bucket",
        "bucket",
        {
            "Arn": "arn:aws:s3:::bucket",
            "DomainName": "bucket.s3.amazonaws.com",
            "DualStackDomainName": "bucket.s3.dualstack.us-east-1.amazonaws.com",
            "RegionalDomainName": "bucket.s3.us-east-1.amazonaws.com",
            "WebsiteURL": r"http://bucket.s3-website[.-]us-east-1.amazonaws.com",
        },
        BucketName="bucket",
    ),
    "BucketPolicy": row(
        "S3::BucketPolicy",
        "bucket",
        Bucket={"Ref": "Bucket"},
        PolicyDocument=document("s3:*", Principal="*"),
    ),
    "Subscription": row(
        "SNS::Subscription",
        arn("sns", "topic:" + UUID),
        {"Arn": arn("sns", "topic:" + UUID)},
        Endpoint=get("Queue"),
        Protocol="sqs",
        TopicArn=TOPIC,
    ),
    "Topic": row(
        "SNS::Topic",
        arn("sns", "topic"),
        {"TopicArn": arn("sns", "topic"), "TopicName": "topic"},
        TopicName="topic",
    ),
    "TopicPolicy": row(
        "SNS::TopicPolicy",
        ".+",
        {"Id": ".+"},
        PolicyDocument=document("sns:*", Principal="*"),
        Topics=[TOPIC],
    ),
    "Queue": row(
        "SQS::Queue",
        JOBS,
        {"Arn": arn("sqs", "jobs"), "QueueName": "jobs", "QueueUrl": JOBS},
        QueueName="jobs",
    ),
    "QueuePolicy": row(
        "SQS::QueuePolicy",
        ".+",
        {"Id": ".+"},
        PolicyDocument=document("sqs:*", Principal="*"),
        Queues=[{"Ref": "Queue"}],
    ),
    "Parameter": row(
        "SSM::Parameter",
        r"(CFN|stack)-Parameter-\w+",
        {"Type": "String", "Value": "v"},
        Type="String",
        Value="v",
    ),
    "Schedule": row(
        "Scheduler::Schedule",
        named("Schedule"),
        {"Arn": arn("scheduler", "schedule/group/" + named("Schedule"))},
        FlexibleTimeWindow={"Mode": "OFF"},
        ScheduleExpression="rate(1 day)",
        Target=TARGET,
        GroupName={"Ref": "Schedules"},
    ),
    "Schedules": row(
        "Scheduler::ScheduleGroup",
        "group",
        {
            "Arn": arn("scheduler", "schedule-group/group"),
            "State": "ACTIVE",
            "CreationDate": TIME,
            "LastModificationDate": TIME,
        },
        Name="group",
    ),
    "Inner": row(
        "CloudFormation::Stack",
        arn("cloudformation", r"stack/[\w-]+/" + UUID),
        {"Outputs.Name": "inner"},
        TemplateURL="https://s3.amazonaws.com/content/inner.json",
    ),
}


def test_the_table_has_every_type() -> None:
    """No type of `effects.toml` of which anything works lacks a line."""
    assert {row[0] for row in TYPES.values()} == {name for name, each in effects().items() if each["works"]}


@pytest.fixture
def content(aws: Any) -> None:
    """Put what a layer and a nested stack are made of into a bucket."""
    inner = {
        "Resources": {"Q": queue(QueueName="inner")},
        "Outputs": {"Name": {"Value": get("Q", "QueueName")}},
    }
    aws.client("s3").create_bucket(Bucket="content")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as layer:
        layer.writestr("python/m.py", "")
    aws.client("s3").put_object(Bucket="content", Key="layer.zip", Body=archive.getvalue())
    aws.client("s3").put_object(Bucket="content", Key="inner.json", Body=json.dumps(inner))


@pytest.mark.usefixtures("content")
def test_references_give_what_aws_gives(aws: Any) -> None:
    """Every type's `Ref` and attributes match AWS's form."""
    outputs, expected = {}, {}
    for name, (_, _, reference, attributes) in TYPES.items():
        outputs[name], expected[name] = {"Value": {"Ref": name}}, reference
        for attribute, pattern in attributes.items():
            key = f"{name}{attribute.replace('.', '')}"
            outputs[key], expected[key] = {"Value": get(name, attribute)}, pattern
    resources = {name: {"Type": row[0], "Properties": row[1]} for name, row in TYPES.items()}

    stack = aws.create({"Resources": resources, "Outputs": outputs})

    assert stack["StackStatus"] == "CREATE_COMPLETE", [aws.reason(name, stack["StackId"]) for name in TYPES]
    found = aws.outputs()
    wrong = {key: found.get(key) for key in expected if not re.fullmatch(expected[key], found.get(key, ""))}
    assert wrong == {}


def test_a_missing_attribute_is_refused_by_name(aws: Any) -> None:
    """Each type names an attribute that it does not have."""
    for resource_type in effects():
        resources = {"Thing": {"Type": resource_type}}
        outputs = {"Out": {"Value": get("Thing", "Nothing")}}

        code, message = aws.refusal(aws.create, {"Resources": resources, "Outputs": outputs})

        kind = resource_type.rsplit(":", 1)[1]
        assert code == "ValidationError"
        assert f"{kind} does not support attribute type Nothing in Fn::GetAtt" in message
