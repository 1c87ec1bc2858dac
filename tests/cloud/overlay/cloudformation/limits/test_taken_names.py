"""A stack takes nothing over that is there already."""

import json
from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.catalogue.test_names import ALARM, IN_GROUP, TRANSFORMATION, TRUST
from tests.cloud.overlay.cloudformation.samples import document, get, inline, queue, resource, role

LOG_POLICY = json.dumps(document("logs:*", Principal="*"))
WIDGETS = '{"widgets": []}'
BY_GROUP = {**IN_GROUP, "LogGroupName": "g"}
FILTER = {"logGroupName": "g", "filterName": "taken", "filterPattern": ""}
METRIC = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
PUT = {"Action": "events:PutEvents", "Principal": "123456789012", "StatementId": "taken"}
# What makes the thing, and the resource that would be made over it.
CASES: dict[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "queue": ("sqs", "create_queue", {"QueueName": "taken"}, queue(QueueName="taken")),
    "topic": ("sns", "create_topic", {"Name": "taken"}, resource("SNS::Topic", TopicName="taken")),
    "alarm": (
        "cloudwatch",
        "put_metric_alarm",
        {"AlarmName": "taken", **ALARM},
        resource("CloudWatch::Alarm", AlarmName="taken", **ALARM),
    ),
    "dashboard": (
        "cloudwatch",
        "put_dashboard",
        {"DashboardName": "taken", "DashboardBody": WIDGETS},
        resource("CloudWatch::Dashboard", DashboardName="taken", DashboardBody=WIDGETS),
    ),
    "rule": (
        "events",
        "put_rule",
        {"Name": "taken", "EventPattern": '{"source": ["a"]}'},
        resource("Events::Rule", Name="taken", EventPattern={"source": ["a"]}),
    ),
    "bus policy": ("events", "put_permission", PUT, resource("Events::EventBusPolicy", **PUT)),
    "metric filter": (
        "logs",
        "put_metric_filter",
        {**FILTER, "metricTransformations": [METRIC]},
        resource(
            "Logs::MetricFilter", FilterName="taken", MetricTransformations=[TRANSFORMATION], **BY_GROUP
        ),
    ),
    "log policy": (
        "logs",
        "put_resource_policy",
        {"policyName": "taken", "policyDocument": "{}"},
        resource(
            "Logs::ResourcePolicy",
            PolicyName="taken",
            PolicyDocument=json.dumps(document("logs:*", Principal="*")),
        ),
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_a_name_that_is_taken_fails_the_resource(aws: Any, title: str) -> None:
    """Where an API would overwrite, a template is refused, and the thing outlives the stack."""
    service, operation, arguments, wanted = CASES[title]
    aws.client("logs").create_log_group(logGroupName="g")
    getattr(aws.client(service), operation)(**arguments)

    first = aws.create({"Thing": wanted})
    aws.cloudformation.delete_stack(StackName="stack")
    second = aws.create({"Thing": wanted})

    for stack in (first, second):
        assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
        kind = wanted["Type"]
        assert aws.reason("Thing", stack["StackId"]) == (
            f"Resource handler returned message: \"Resource of type '{kind}' with identifier 'taken' "
            'already exists." (HandlerErrorCode: AlreadyExists)'
        )


def test_a_subscription_filter_is_not_taken_over(aws: Any) -> None:
    """A second stack cannot have the filter of the first one, which goes on."""
    trusting = {**role(Policies=[inline("all", "*")]), "Type": "AWS::IAM::Role"}
    trusting["Properties"]["AssumeRolePolicyDocument"] = TRUST
    aws.client("logs").create_log_group(logGroupName="g")
    wanted = resource(
        "Logs::SubscriptionFilter",
        FilterName="taken",
        DestinationArn=get("Stream"),
        RoleArn=get("Role"),
        **BY_GROUP,
    )
    resources = {"Role": trusting, "Stream": resource("Kinesis::Stream", ShardCount=1), "Thing": wanted}

    first, second = aws.create(resources, "first"), aws.create(resources, "second")
    aws.cloudformation.delete_stack(StackName="second")

    assert [first["StackStatus"], second["StackStatus"]] == ["CREATE_COMPLETE", "ROLLBACK_COMPLETE"]
    assert aws.client("logs").describe_subscription_filters(logGroupName="g")["subscriptionFilters"]
