"""Types of events, notifications and logs: made, named as on AWS, changed in place and taken away."""

import io
import json
import zipfile
from typing import Any

import pytest

from tests.cloud.documents import ACCOUNT
from tests.cloud.overlay.cloudformation.conftest import REGION, Account
from tests.cloud.overlay.cloudformation.samples import function, get, queue, resource, role

SERVICES = {"events": "events.amazonaws.com", "sns": "sns.amazonaws.com", "s3": "s3.amazonaws.com"}


def queue_policy(*queues: str, service: str = "sns") -> dict[str, Any]:
    """Return a policy that lets a service send."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": SERVICES[service]},
        "Action": "sqs:SendMessage",
        "Resource": "*",
    }
    named = [{"Ref": name} for name in queues]
    return resource("SQS::QueuePolicy", Queues=named, PolicyDocument={"Statement": [statement]})


def permission(service: str = "events", name: str = "F", **more: Any) -> dict[str, Any]:
    return resource(
        "Lambda::Permission",
        FunctionName={"Ref": name},
        Action="lambda:InvokeFunction",
        Principal=SERVICES[service],
        **more,
    )


def template(outputs: dict[str, Any] | None = None, /, **resources: Any) -> dict[str, Any]:
    """Return a template with outputs."""
    shown = {name: {"Value": value} for name, value in (outputs or {}).items()}
    return {"Resources": resources, **({"Outputs": shown} if shown else {})}


def complete(aws: Account, wanted: dict[str, Any]) -> None:
    """Create the stack, or update it, and see that it is complete."""
    exists = any(stack["StackName"] == "stack" for stack in aws.cloudformation.describe_stacks()["Stacks"])
    stack = aws.update(wanted) if exists else aws.create(wanted)
    assert stack["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, aws.reasons()


def url(aws: Account, name: str) -> str:
    return str(aws.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def test_a_topic_with_subscription_and_policies(aws: Account) -> None:
    """A subscription follows its template and outlives an update of its topic; policies go with the stack."""
    sns = aws.client("sns")

    def wanted(**subscription: Any) -> dict[str, Any]:
        return template(
            {"Topic": {"Ref": "T"}, "Arn": get("T", "TopicArn"), "Subscription": {"Ref": "S"}},
            T=resource("SNS::Topic", DisplayName=subscription.pop("display", "")),
            Q=queue(QueueName="q"),
            Other=queue(QueueName="other"),
            P=queue_policy(*subscription.pop("queues", ["Q"])),
            S=resource(
                "SNS::Subscription", TopicArn={"Ref": "T"}, Protocol="sqs", Endpoint=get("Q"), **subscription
            ),
        )

    complete(aws, wanted(FilterPolicy={"kind": ["x"]}, RawMessageDelivery=True))
    before = aws.outputs()
    complete(aws, wanted(FilterPolicy={"kind": ["x"]}, DeliveryPolicy={"guaranteed": False}))
    complete(aws, wanted(display="shown", queues=["Other"]))

    assert aws.outputs() == before
    assert before["Topic"] == before["Arn"]
    attributes = sns.get_subscription_attributes(SubscriptionArn=before["Subscription"])["Attributes"]
    assert (attributes["RawMessageDelivery"], attributes.get("FilterPolicy")) == ("false", None)
    assert "DeliveryPolicy" not in attributes
    names = ["Policy"]
    policies = {
        name: aws.client("sqs").get_queue_attributes(QueueUrl=url(aws, name), AttributeNames=names)
        for name in ("q", "other")
    }
    assert "Attributes" not in policies["q"]
    assert "sns.amazonaws.com" in policies["other"]["Attributes"]["Policy"]
    aws.cloudformation.delete_stack(StackName="stack")
    assert sns.list_subscriptions()["Subscriptions"] == sns.list_topics()["Topics"] == []


def test_a_topic_policy_is_replaced_and_taken_back(aws: Account) -> None:
    """Without the resource the topic has its default policy again."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    topic = resource("SNS::Topic", TopicName="t")
    complete(
        aws, template(T=topic, P=resource("SNS::TopicPolicy", Topics=[{"Ref": "T"}], PolicyDocument=policy))
    )
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:t"

    def current() -> Any:
        return json.loads(aws.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]["Policy"])

    assert current() == policy
    complete(aws, template(T=topic))
    assert current()["Id"] == "__default_policy_ID"


def test_a_bucket_with_notifications_and_policy(aws: Account) -> None:
    """Notifications, versions and policy follow the template; a destination that is closed fails it."""
    s3 = aws.client("s3")
    to_queue = {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": get("Q")}]}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}

    def wanted(*, policy: dict[str, Any], **properties: Any) -> dict[str, Any]:
        return template(
            Q=queue(),
            P=policy,
            B={"DependsOn": "P", **resource("S3::Bucket", BucketName="box", **properties)},
            BP=resource("S3::BucketPolicy", Bucket={"Ref": "B"}, PolicyDocument={"Statement": [statement]}),
        )

    versioned = {"VersioningConfiguration": {"Status": "Enabled"}}
    complete(
        aws, wanted(policy=queue_policy("Q", service="s3"), NotificationConfiguration=to_queue, **versioned)
    )

    (configured,) = s3.get_bucket_notification_configuration(Bucket="box")["QueueConfigurations"]
    assert configured["Events"] == ["s3:ObjectCreated:*"]
    assert s3.get_bucket_versioning(Bucket="box")["Status"] == "Enabled"
    assert "Deny" in s3.get_bucket_policy(Bucket="box")["Policy"]

    bridge = {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    complete(aws, wanted(policy=queue_policy("Q", service="s3"), NotificationConfiguration=bridge))

    answer = s3.get_bucket_notification_configuration(Bucket="box")
    assert "QueueConfigurations" not in answer
    assert s3.get_bucket_versioning(Bucket="box")["Status"] == "Suspended"
    aws.cloudformation.delete_stack(StackName="stack")
    assert s3.list_buckets()["Buckets"] == []

    refused = aws.create(wanted(policy=queue_policy("Q"), NotificationConfiguration=to_queue), "closed")
    assert refused["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Unable to validate the following destination" in aws.reason("B", "closed")


def test_new_targets_take_the_place_of_old_ones(aws: Account) -> None:
    """Old and new ones together may be more than a rule can have."""

    def wanted(*targets: str) -> dict[str, Any]:
        named = [{"Id": name, "Arn": get("Q")} for name in targets]
        rule = resource("Events::Rule", EventPattern={"source": ["a"]}, Targets=named)
        return template({"Rule": {"Ref": "R"}}, Q=queue(), R=rule)

    complete(aws, wanted("a", "b", "c"))
    complete(aws, wanted("d", "e", "f"))

    targets = aws.client("events").list_targets_by_rule(Rule=aws.outputs()["Rule"])["Targets"]
    assert [target["Id"] for target in targets] == ["d", "e", "f"]


def test_a_permission_is_for_somebody_who_is_there(aws: Account) -> None:
    """A role that does not exist fails the stack, as AddPermission would be refused."""
    nobody = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    allowed = {**permission(), "Properties": {**permission()["Properties"], "Principal": nobody}}

    refused = aws.create(template(F=function(), Role=role(), P=allowed))

    assert refused["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "The provided principal was invalid" in aws.reason("P")


def test_rules_and_buses(aws: Account) -> None:
    """A rule keeps its name and replaces its targets; `Ref` names the bus where it is not the default one."""
    events = aws.client("events")

    def wanted(*targets: str, **properties: Any) -> dict[str, Any]:
        named = [{"Id": name, "Arn": get(name)} for name in targets]
        statement = {"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": get("B")}
        return template(
            {"Bus": {"Ref": "B"}, "Arn": get("B"), "Rule": {"Ref": "R"}, "Custom": {"Ref": "C"}},
            Q=queue(),
            Q2=queue(),
            B=resource("Events::EventBus", Name="bus"),
            BP=resource(
                "Events::EventBusPolicy", EventBusName={"Ref": "B"}, StatementId="s", Statement=statement
            ),
            R=resource("Events::Rule", Targets=named, **properties),
            C=resource("Events::Rule", Name="c", EventBusName={"Ref": "B"}, EventPattern={"source": ["a"]}),
        )

    complete(aws, wanted("Q", "Q2", EventPattern={"source": ["shop"]}, Description="d"))
    before = aws.outputs()
    rule = events.describe_rule(Name=before["Rule"])
    assert (json.loads(rule["EventPattern"]), rule["Description"]) == ({"source": ["shop"]}, "d")
    assert (before["Bus"], before["Custom"]) == ("bus", "bus|c")
    assert json.loads(events.describe_event_bus(Name="bus")["Policy"])["Statement"][0]["Sid"] == "s"

    complete(aws, wanted("Q2", ScheduleExpression="rate(5 minutes)", State="DISABLED"))

    assert aws.outputs() == before
    rule = events.describe_rule(Name=before["Rule"])
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(5 minutes)", "DISABLED")
    assert [target["Id"] for target in events.list_targets_by_rule(Rule=before["Rule"])["Targets"]] == ["Q2"]
    aws.cloudformation.delete_stack(StackName="stack")
    assert events.list_rules()["Rules"] == []
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default"]


def test_versions_aliases_and_permissions(aws: Account) -> None:
    """They give ARNs, an alias moves, and permissions end with their resource."""
    functions = aws.client("lambda")
    version_2 = {"V2": {"DependsOn": "V1", **resource("Lambda::Version", FunctionName={"Ref": "F"})}}

    def wanted(to: str, code: str, **more: Any) -> dict[str, Any]:
        return template(
            {"Version": {"Ref": "V1"}, "Alias": {"Ref": "A"}},
            Role=role(),
            F=function(FunctionName="f", Code={"ZipFile": code}),
            V1=resource("Lambda::Version", FunctionName={"Ref": "F"}),
            A=resource(
                "Lambda::Alias", Name="live", FunctionName={"Ref": "F"}, FunctionVersion=get(to, "Version")
            ),
            **more,
        )

    complete(aws, wanted("V1", "a = 1", P=permission(SourceAccount=ACCOUNT)))
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"
    assert aws.outputs() == {"Version": f"{arn}:1", "Alias": f"{arn}:live"}
    (statement,) = json.loads(functions.get_policy(FunctionName="f")["Policy"])["Statement"]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Sid"] == aws.resources()["P"]

    complete(aws, wanted("V2", "a = 2", **version_2))

    assert functions.get_alias(FunctionName="f", Name="live")["FunctionVersion"] == "2"
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_policy(FunctionName="f")
    aws.cloudformation.delete_stack(StackName="stack")
    assert functions.list_functions()["Functions"] == []


def test_an_alias_with_weights_is_refused(aws: Account) -> None:
    """What would have no effect fails by its name."""
    weights = {"AdditionalVersionWeights": [{"FunctionVersion": "1", "FunctionWeight": 0.5}]}
    alias = resource(
        "Lambda::Alias",
        Name="live",
        FunctionName={"Ref": "F"},
        FunctionVersion="$LATEST",
        RoutingConfig=weights,
    )

    stack = aws.create(template(Role=role(), F=function(), A=alias))

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "RoutingConfig" in aws.reason("A")


def test_a_layer_keeps_its_name_and_goes_with_its_stack(aws: Account) -> None:
    """A change makes another version, and takes the old one away."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("python/shared.py", "x = 1")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="code")
    s3.put_object(Bucket="code", Key="layer.zip", Body=archive.getvalue())

    def wanted(description: str) -> dict[str, Any]:
        return template(
            {"Layer": {"Ref": "L"}},
            L=resource(
                "Lambda::LayerVersion",
                LayerName="shared",
                Description=description,
                Content={"S3Bucket": "code", "S3Key": "layer.zip"},
            ),
            Role=role(),
            F=function(Layers=[{"Ref": "L"}]),
        )

    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:layer:shared"
    for number in (1, 2):
        complete(aws, wanted(f"number {number}"))
        assert aws.outputs() == {"Layer": f"{arn}:{number}"}
        listed = aws.client("lambda").list_layer_versions(LayerName="shared")["LayerVersions"]
        assert [version["Version"] for version in listed] == [number]
    aws.cloudformation.delete_stack(StackName="stack")
    assert aws.client("lambda").list_layers()["Layers"] == []


def test_filters_dashboards_consumers_and_groups(aws: Account) -> None:
    """Each has its name or ARN, changes in place and goes with its stack."""
    logs = aws.client("logs")

    def wanted(pattern: str, body: str) -> dict[str, Any]:
        transformation = {"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}
        return template(
            {"Consumer": {"Ref": "C"}, "Group": get("SG"), "Filter": {"Ref": "M"}, "Board": {"Ref": "D"}},
            G=resource("Logs::LogGroup", LogGroupName="g"),
            M=resource(
                "Logs::MetricFilter",
                LogGroupName={"Ref": "G"},
                FilterPattern=pattern,
                MetricTransformations=[transformation],
            ),
            D=resource("CloudWatch::Dashboard", DashboardBody=body),
            K=resource("Kinesis::Stream", Name="k", ShardCount=1),
            C=resource("Kinesis::StreamConsumer", ConsumerName="c", StreamARN=get("K")),
            SG=resource("Scheduler::ScheduleGroup", Name="sg"),
        )

    complete(aws, wanted("ERROR", '{"widgets": []}'))
    before = aws.outputs()
    complete(aws, wanted("WARN", '{"widgets": [{}]}'))

    assert aws.outputs() == before
    assert f":{ACCOUNT}:stream/k/consumer/c" in before["Consumer"]
    assert before["Group"] == f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/sg"
    (found,) = logs.describe_metric_filters()["metricFilters"]
    assert (found["filterName"], found["filterPattern"]) == (before["Filter"], "WARN")
    board = aws.client("cloudwatch").get_dashboard(DashboardName=before["Board"])
    assert board["DashboardBody"] == '{"widgets": [{}]}'
    aws.cloudformation.delete_stack(StackName="stack")
    assert logs.describe_metric_filters()["metricFilters"] == []
    groups = aws.client("scheduler").list_schedule_groups()["ScheduleGroups"]
    assert [group["Name"] for group in groups] == ["default"]


def test_a_subscription_filter_follows_its_template(aws: Account) -> None:
    """It is refused without the function's permission, changes in place and goes with its stack."""
    logs = aws.client("logs")

    def wanted(pattern: str, **more: Any) -> dict[str, Any]:
        return template(
            G=resource("Logs::LogGroup", LogGroupName="g"),
            Role=role(),
            F=function(),
            **more,
            S={
                "DependsOn": list(more),
                **resource(
                    "Logs::SubscriptionFilter",
                    LogGroupName={"Ref": "G"},
                    FilterPattern=pattern,
                    DestinationArn=get("F"),
                ),
            },
        )

    allowed = permission()
    allowed["Properties"]["Principal"] = "logs.amazonaws.com"
    complete(aws, wanted("ERROR", P=allowed))
    # The service has a name in each region, too.
    allowed["Properties"]["Principal"] = "logs.us-east-1.amazonaws.com"
    complete(aws, wanted("WARN", P=allowed))

    (found,) = logs.describe_subscription_filters(logGroupName="g")["subscriptionFilters"]
    assert found["filterPattern"] == "WARN"
    aws.cloudformation.delete_stack(StackName="stack")
    allowed["Properties"]["Principal"] = "logs.eu-west-1.amazonaws.com"
    assert aws.create(wanted("ERROR", P=allowed), "elsewhere")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert aws.create(wanted("ERROR"), "closed")["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "Could not execute the lambda function" in aws.reason("S", "closed")
