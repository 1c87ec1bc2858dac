"""What a walk finds in the account: one resource of each kind, and values that name them."""

import io
import json
import zipfile
from typing import Any

from tests.cloud.walk.requests import model_of, wire_call
from workshop.cloud.offline.http.dispatch import Dispatcher

__all__ = ["known_values"]

KEY = [{"AttributeName": "id", "KeyType": "HASH"}]
ATTRIBUTES = [{"AttributeName": "id", "AttributeType": "S"}]
SERVICES = ["lambda.amazonaws.com", "scheduler.amazonaws.com"]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "sts:AssumeRole"}],
}
TEMPLATE = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}, "Outputs": {"O": {"Value": "o"}}}
ARN = "arn:aws:{}:eu-west-1:123456789012:{}"
ROLE = "arn:aws:iam::123456789012:role/known"


def known_values(dispatcher: Dispatcher) -> dict[str, dict[str, Any]]:
    """Make the resources; return for each service values by the names of members."""

    def make(service: str, operation: str, **parameters: Any) -> None:
        call = wire_call(model_of(service).operation_model(operation), parameters)
        assert call is not None
        answer = dispatcher.answer(call)
        assert answer.status < 300, (service, operation, answer.body)

    make("iam", "CreateRole", RoleName="known", AssumeRolePolicyDocument=json.dumps(TRUST))
    make(
        "s3",
        "CreateBucket",
        Bucket="known-bucket",
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
    )
    make("kinesis", "CreateStream", StreamName="known", ShardCount=2)
    make(
        "dynamodb",
        "CreateTable",
        TableName="known",
        KeySchema=KEY,
        AttributeDefinitions=ATTRIBUTES,
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    make("sqs", "CreateQueue", QueueName="known")
    make("sns", "CreateTopic", Name="known")
    make(
        "sns",
        "Subscribe",
        TopicArn=ARN.format("sns", "known"),
        Protocol="sqs",
        Endpoint=ARN.format("sqs", "known"),
    )
    make("logs", "CreateLogGroup", logGroupName="known")
    make("logs", "CreateLogStream", logGroupName="known", logStreamName="known")
    make("events", "PutRule", Name="known", EventPattern='{"source": ["x"]}')
    make("cloudformation", "CreateStack", StackName="known", TemplateBody=json.dumps(TEMPLATE))
    make("ssm", "PutParameter", Name="known", Value="v", Type="String")
    make(
        "scheduler",
        "CreateSchedule",
        Name="known",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": ARN.format("sqs", "known"), "RoleArn": ROLE},
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("index.py", "def handler(event, context): pass")
    make(
        "lambda",
        "CreateFunction",
        FunctionName="known",
        Runtime="python3.13",
        Role=ROLE,
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    return _values()


def _values() -> dict[str, dict[str, Any]]:
    stream = ARN.format("kinesis", "stream/known")
    topic, queue, function = (
        ARN.format(*parts) for parts in (("sns", "known"), ("sqs", "known"), ("lambda", "function:known"))
    )
    return {
        "kinesis": {"StreamName": "known", "ShardId": "shardId-000000000000", "ResourceARN": stream},
        "dynamodb": {
            "TableName": "known",
            "Key": {"id": {"S": "a"}},
            "Item": {"id": {"S": "a"}},
            "KeySchema": KEY,
            "AttributeDefinitions": ATTRIBUTES,
            "ResourceArn": ARN.format("dynamodb", "table/known"),
            "TableArn": ARN.format("dynamodb", "table/known"),
            "Statement": "SELECT * FROM known",
        },
        "lambda": {
            "FunctionName": "known",
            "Role": ROLE,
            "EventSourceArn": stream,
            "Resource": function,
            "FunctionVersion": "$LATEST",
        },
        "sqs": {"QueueUrl": "http://127.0.0.1/123456789012/known", "QueueName": "known"},
        "sns": {
            "TopicArn": topic,
            "ResourceArn": topic,
            "Endpoint": queue,
            "Protocol": "sqs",
            "Message": "m",
        },
        "logs": {
            "logGroupName": "known",
            "logStreamName": "known",
            "resourceArn": ARN.format("logs", "log-group:known"),
            "logGroupIdentifier": "known",
            "queryString": "fields @message",
            "destinationArn": function,
            "roleArn": ROLE,
        },
        "events": {
            "Name": "known",
            "Rule": "known",
            "ResourceARN": ARN.format("events", "rule/known"),
            "TargetArn": queue,
            "EventPattern": '{"source": ["x"]}',
        },
        "scheduler": {
            "Name": "known",
            "ScheduleExpression": "rate(1 hour)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "Target": {"Arn": queue, "RoleArn": ROLE},
            "ResourceArn": ARN.format("scheduler", "schedule-group/default"),
        },
        "iam": {"RoleName": "known", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        "sts": {"RoleArn": ROLE, "RoleSessionName": "known"},
        "cloudformation": {
            "StackName": "known",
            "TemplateBody": json.dumps(TEMPLATE),
            "LogicalResourceId": "Q",
            "StackSetName": "known",
            "ChangeSetName": "known",
        },
        "cloudwatch": {
            "AlarmName": "known",
            "Namespace": "known",
            "MetricName": "m",
            "DashboardName": "known",
        },
        "s3": {"Bucket": "known-bucket", "Key": "known"},
        "ssm": {"Name": "known", "Value": "v"},
    }
