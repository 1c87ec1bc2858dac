"""`Ref` and `Fn::GetAtt` give strings that AWS would give, for every type that `effects.toml` has."""

import io
import json
import re
import zipfile
from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.samples import document, function, inline, queue, table, trust
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import effects

ARN = r"arn:aws:{0}:us-east-1:123456789012:{1}"
LATEST = "$LATEST"
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d.*"
NAME = r"stack-{0}-\w+"


def arn(service: str, rest: str) -> str:
    """Return the pattern of an ARN."""
    return ARN.format(service, rest)


def iam(rest: str) -> str:
    """Return the pattern of an ARN of IAM."""
    return f"arn:aws:iam::123456789012:{rest}"


def get(name: str, attribute: str = "Arn") -> dict[str, Any]:
    """Return the reference to an attribute."""
    return {"Fn::GetAtt": [name, attribute]}


TRUST = trust("lambda.amazonaws.com")
TRUST["Statement"][0]["Principal"] = {"Service": ["lambda.amazonaws.com", "logs.amazonaws.com"]}
FUNCTION, STREAM, TOPIC = {"Ref": "Function"}, get("Stream"), {"Ref": "Topic"}
TARGET = {"Arn": get("Queue"), "RoleArn": get("Role")}
TRANSFORMATION = {"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}
HELD = {"Roles": [{"Ref": "Role"}]}

# Logical id: type, properties, what `Ref` gives and what each attribute gives, as patterns.
Row = tuple[str, dict[str, Any], str, dict[str, str]]
TYPES: dict[str, Row] = {
    "Alarm": (
        "AWS::CloudWatch::Alarm",
        {
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "MetricName": "m",
            "Namespace": "n",
            "Period": 60,
            "Statistic": "Sum",
            "Threshold": 1,
        },
        NAME.format("Alarm"),
        {"Arn": arn("cloudwatch", "alarm:" + NAME.format("Alarm"))},
    ),
    "Dashboard": (
        "AWS::CloudWatch::Dashboard",
        {"DashboardBody": '{"widgets": []}'},
        NAME.format("Dashboard"),
        {},
    ),
    "Table": (
        "AWS::DynamoDB::Table",
        {**table()["Properties"], "StreamSpecification": {"StreamViewType": "NEW_IMAGE"}},
        NAME.format("Table"),
        {
            "Arn": arn("dynamodb", "table/" + NAME.format("Table")),
            "StreamArn": arn("dynamodb", "table/" + NAME.format("Table") + "/stream/" + TIME),
        },
    ),
    "Bus": (
        "AWS::Events::EventBus",
        {"Name": "bus"},
        "bus",
        {"Arn": arn("events", "event-bus/bus"), "Name": "bus"},
    ),
    "BusPolicy": (
        "AWS::Events::EventBusPolicy",
        {"StatementId": "all", "Action": "events:PutEvents", "Principal": "*"},
        ".+",
        {},
    ),
    "Rule": (
        "AWS::Events::Rule",
        {"EventPattern": {"source": ["a"]}},
        NAME.format("Rule"),
        {"Arn": arn("events", "rule/" + NAME.format("Rule")), "RuleName": NAME.format("Rule")},
    ),
    "Key": ("AWS::IAM::AccessKey", {"UserName": {"Ref": "User"}}, r"AKIA\w+", {"SecretAccessKey": r"\S{40}"}),
    "Profile": (
        "AWS::IAM::InstanceProfile",
        HELD,
        NAME.format("Profile"),
        {"Arn": iam("instance-profile/" + NAME.format("Profile"))},
    ),
    "Managed": (
        "AWS::IAM::ManagedPolicy",
        {"PolicyDocument": document("sqs:*")},
        iam("policy/" + NAME.format("Managed")),
        {
            "PolicyArn": iam("policy/" + NAME.format("Managed")),
            "PolicyId": r"A\w{10,}",
            "AttachmentCount": "0",
            "DefaultVersionId": "v1",
            "IsAttachable": "true",
            "CreateDate": TIME,
        },
    ),
    "Policy": ("AWS::IAM::Policy", {**HELD, **inline("p", "sqs:*")}, ".+", {}),
    "Role": (
        "AWS::IAM::Role",
        {"AssumeRolePolicyDocument": TRUST, "Policies": [inline("all", "*")]},
        NAME.format("Role"),
        {"Arn": iam("role/" + NAME.format("Role")), "RoleId": r"AROA\w+"},
    ),
    "User": ("AWS::IAM::User", {}, NAME.format("User"), {"Arn": iam("user/" + NAME.format("User"))}),
    "CryptoAlias": (
        "AWS::KMS::Alias",
        {"AliasName": "alias/a", "TargetKeyId": {"Ref": "CryptoKey"}},
        "alias/a",
        {},
    ),
    "CryptoKey": (
        "AWS::KMS::Key",
        {"KeyPolicy": document("kms:*")},
        UUID,
        {"KeyId": UUID, "Arn": arn("kms", "key/" + UUID)},
    ),
    "Stream": (
        "AWS::Kinesis::Stream",
        {"ShardCount": 1},
        NAME.format("Stream"),
        {"Arn": arn("kinesis", "stream/" + NAME.format("Stream"))},
    ),
    "Consumer": (
        "AWS::Kinesis::StreamConsumer",
        {"ConsumerName": "c", "StreamARN": STREAM},
        arn("kinesis", "stream/" + NAME.format("Stream") + r"/consumer/c:\d+"),
        {
            "ConsumerARN": arn("kinesis", r"stream/.*/consumer/c:\d+"),
            "ConsumerName": "c",
            "ConsumerStatus": "ACTIVE",
            "ConsumerCreationTimestamp": r"\d+",
            "StreamARN": arn("kinesis", "stream/" + NAME.format("Stream")),
        },
    ),
    "Alias": (
        "AWS::Lambda::Alias",
        {"FunctionName": FUNCTION, "FunctionVersion": get("Version", "Version"), "Name": "live"},
        arn("lambda", "function:f:live"),
        {"AliasArn": arn("lambda", "function:f:live")},
    ),
    "InvokeConfig": (
        "AWS::Lambda::EventInvokeConfig",
        {"FunctionName": FUNCTION, "Qualifier": LATEST},
        ".+",
        {},
    ),
    "Mapping": (
        "AWS::Lambda::EventSourceMapping",
        {"FunctionName": FUNCTION, "EventSourceArn": STREAM, "StartingPosition": "LATEST"},
        UUID,
        {"Id": UUID, "EventSourceMappingArn": arn("lambda", "event-source-mapping:" + UUID)},
    ),
    "Function": (
        "AWS::Lambda::Function",
        function(FunctionName="f")["Properties"],
        "f",
        {"Arn": arn("lambda", "function:f")},
    ),
    "Layer": (
        "AWS::Lambda::LayerVersion",
        {"LayerName": "l", "Content": {"S3Bucket": "content", "S3Key": "layer.zip"}},
        arn("lambda", "layer:l:1"),
        {"LayerVersionArn": arn("lambda", "layer:l:1")},
    ),
    "Permission": (
        "AWS::Lambda::Permission",
        {"Action": "lambda:InvokeFunction", "FunctionName": FUNCTION, "Principal": "s3.amazonaws.com"},
        NAME.format("Permission"),
        {"Id": NAME.format("Permission")},
    ),
    "Version": (
        "AWS::Lambda::Version",
        {"FunctionName": FUNCTION},
        arn("lambda", "function:f:1"),
        {"Version": "1", "FunctionArn": arn("lambda", "function:f:1")},
    ),
    "Group": ("AWS::Logs::LogGroup", {"LogGroupName": "/g"}, "/g", {"Arn": arn("logs", r"log-group:/g:\*")}),
    "Metric": (
        "AWS::Logs::MetricFilter",
        {"FilterPattern": "", "LogGroupName": {"Ref": "Group"}, "MetricTransformations": [TRANSFORMATION]},
        NAME.format("Metric"),
        {},
    ),
    "LogPolicy": (
        "AWS::Logs::ResourcePolicy",
        {"PolicyName": "p", "PolicyDocument": json.dumps(document("logs:*"))},
        "p",
        {},
    ),
    "Subscribed": (
        "AWS::Logs::SubscriptionFilter",
        {
            "DestinationArn": STREAM,
            "FilterPattern": "",
            "LogGroupName": {"Ref": "Group"},
            "RoleArn": get("Role"),
        },
        NAME.format("Subscribed"),
        {},
    ),
    "Bucket": (
        "AWS::S3::Bucket",
        {"BucketName": "bucket"},
        "bucket",
        {
            "Arn": "arn:aws:s3:::bucket",
            "DomainName": "bucket.s3.amazonaws.com",
            "DualStackDomainName": "bucket.s3.dualstack.us-east-1.amazonaws.com",
            "RegionalDomainName": "bucket.s3.us-east-1.amazonaws.com",
            "WebsiteURL": r"http://bucket.s3-website[.-]us-east-1.amazonaws.com",
        },
    ),
    "BucketPolicy": (
        "AWS::S3::BucketPolicy",
        {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": document("s3:*")},
        "bucket",
        {},
    ),
    "Subscription": (
        "AWS::SNS::Subscription",
        {"Endpoint": get("Queue"), "Protocol": "sqs", "TopicArn": TOPIC},
        arn("sns", "topic:" + UUID),
        {"Arn": arn("sns", "topic:" + UUID)},
    ),
    "Topic": (
        "AWS::SNS::Topic",
        {"TopicName": "topic"},
        arn("sns", "topic"),
        {"TopicArn": arn("sns", "topic"), "TopicName": "topic"},
    ),
    "TopicPolicy": (
        "AWS::SNS::TopicPolicy",
        {"PolicyDocument": document("sns:*"), "Topics": [TOPIC]},
        ".+",
        {"Id": ".+"},
    ),
    "Queue": (
        "AWS::SQS::Queue",
        queue(QueueName="jobs")["Properties"],
        "https?://.*/123456789012/jobs",
        {"Arn": arn("sqs", "jobs"), "QueueName": "jobs", "QueueUrl": "https?://.*/123456789012/jobs"},
    ),
    "QueuePolicy": (
        "AWS::SQS::QueuePolicy",
        {"PolicyDocument": document("sqs:*"), "Queues": [{"Ref": "Queue"}]},
        ".+",
        {"Id": ".+"},
    ),
    "Parameter": (
        "AWS::SSM::Parameter",
        {"Type": "String", "Value": "v"},
        r"(CFN|stack)-Parameter-\w+",
        {"Type": "String", "Value": "v"},
    ),
    "Schedule": (
        "AWS::Scheduler::Schedule",
        {
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ScheduleExpression": "rate(1 day)",
            "Target": TARGET,
            "GroupName": {"Ref": "Schedules"},
        },
        NAME.format("Schedule"),
        {"Arn": arn("scheduler", "schedule/group/" + NAME.format("Schedule"))},
    ),
    "Schedules": (
        "AWS::Scheduler::ScheduleGroup",
        {"Name": "group"},
        "group",
        {
            "Arn": arn("scheduler", "schedule-group/group"),
            "State": "ACTIVE",
            "CreationDate": TIME,
            "LastModificationDate": TIME,
        },
    ),
    "Inner": (
        "AWS::CloudFormation::Stack",
        {"TemplateURL": "https://s3.amazonaws.com/content/inner.json"},
        arn("cloudformation", r"stack/[\w-]+/" + UUID),
        {"Outputs.Name": "inner"},
    ),
}


def test_the_table_has_every_type() -> None:
    """No type of `effects.toml` lacks a line."""
    assert {row[0] for row in TYPES.values()} == effects().keys()


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
