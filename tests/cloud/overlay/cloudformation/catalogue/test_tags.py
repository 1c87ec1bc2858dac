"""Tags of a stack reach its resources."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.catalogue.test_names import TYPES
from tests.cloud.overlay.cloudformation.samples import function, get, inline, queue, resource, role, table
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import effects


def by_arn(service: str, operation: str, member: str = "ResourceArn") -> Callable[[Any, str], Any]:
    """Return what reads the tags of a resource by its `Arn`."""
    return lambda aws, arn: getattr(aws.client(service), operation)(**{member: arn})


def tags_of_stream(aws: Any, arn: str) -> Any:
    return aws.client("kinesis").list_tags_for_stream(StreamARN=arn)


def tags_of_queue(aws: Any, arn: str) -> Any:
    sqs = aws.client("sqs")
    return sqs.list_queue_tags(QueueUrl=sqs.get_queue_url(QueueName=arn.rpartition(":")[2])["QueueUrl"])


def tags_of_group(aws: Any, arn: str) -> Any:
    return aws.client("logs").list_tags_for_resource(resourceArn=arn.removesuffix(":*"))


READERS: dict[str, Callable[[Any, str], Any]] = {
    "AWS::CloudWatch::Alarm": by_arn("cloudwatch", "list_tags_for_resource", "ResourceARN"),
    "AWS::DynamoDB::Table": by_arn("dynamodb", "list_tags_of_resource"),
    "AWS::Events::EventBus": by_arn("events", "list_tags_for_resource", "ResourceARN"),
    "AWS::Events::Rule": by_arn("events", "list_tags_for_resource", "ResourceARN"),
    "AWS::IAM::Role": lambda aws, arn: aws.client("iam").list_role_tags(RoleName=arn.rpartition("/")[2]),
    "AWS::KMS::Key": by_arn("kms", "list_resource_tags", "KeyId"),
    "AWS::Kinesis::Stream": tags_of_stream,
    "AWS::Lambda::EventSourceMapping": by_arn("lambda", "list_tags", "Resource"),
    "AWS::Lambda::Function": by_arn("lambda", "list_tags", "Resource"),
    "AWS::Logs::LogGroup": tags_of_group,
    "AWS::S3::Bucket": lambda aws, arn: aws.client("s3").get_bucket_tagging(Bucket=arn.rpartition(":")[2]),
    "AWS::SNS::Topic": by_arn("sns", "list_tags_for_resource"),
    "AWS::SQS::Queue": tags_of_queue,
    "AWS::SSM::Parameter": lambda aws, name: aws.client("ssm").list_tags_for_resource(
        ResourceType="Parameter", ResourceId=name
    ),
    "AWS::Scheduler::ScheduleGroup": by_arn("scheduler", "list_tags_for_resource"),
}


# Its template lies elsewhere: tests/cloud/overlay/cloudformation/test_operations.py.
INNER = "AWS::CloudFormation::Stack"
NAMED = ("AWS::SSM::Parameter",)
ARNS = {"AWS::Lambda::EventSourceMapping": "EventSourceMappingArn", "AWS::SNS::Topic": "TopicArn"}


def read(aws: Any, kind: str, place: str) -> dict[str, str]:
    """Return the tags of a resource, whatever its service calls them."""
    answer = READERS[kind](aws, place)
    found = next(value for name, value in answer.items() if "tag" in name.lower())
    if isinstance(found, dict):
        return found
    return {one.get("Key") or one["TagKey"]: one.get("Value") or one["TagValue"] for one in found}


def test_every_type_with_tags_is_read() -> None:
    """No type whose tags work is left out below."""
    assert {*READERS, INNER} == {kind for kind, each in effects().items() if "Tags" in each["works"]}


@pytest.mark.parametrize("kind", sorted(READERS))
def test_tags_of_a_stack_reach_its_resources(aws: Any, kind: str) -> None:
    """So do CloudFormation's own, later changes too; a resource's own tag counts more than its stack's."""
    name, (_, properties, *_) = next(row for row in TYPES.items() if row[1][0] == kind)
    own = {"own": "1", "both": "mine"}
    listed = [{"Key": key, "Value": value} for key, value in own.items()]
    tagged = {"Type": kind, "Properties": {**properties, "Tags": own if "SSM" in kind else listed}}
    reader = role(Policies=[inline("all", "*")])
    others = {"Role": reader, "Function": function(), "Stream": resource("Kinesis::Stream", ShardCount=1)}
    place = get(name, ARNS.get(kind, "Arn")) if kind not in NAMED else {"Ref": name}
    template = {"Resources": {**others, name: tagged}, "Outputs": {"Place": {"Value": place}}}

    stack = aws.create(template, Tags=[{"Key": "of", "Value": "a"}, {"Key": "both", "Value": "its"}])
    expected = {
        **own,
        "of": "a",
        "aws:cloudformation:stack-name": "stack",
        "aws:cloudformation:stack-id": stack["StackId"],
        "aws:cloudformation:logical-id": name,
    }

    assert stack["StackStatus"] == "CREATE_COMPLETE", aws.reasons(stack["StackId"])
    assert read(aws, kind, aws.outputs()["Place"]) == expected
    place_before = aws.outputs()["Place"]
    assert aws.update(template, Tags=[{"Key": "of", "Value": "b"}])["StackStatus"] == "UPDATE_COMPLETE"
    assert aws.outputs()["Place"] == place_before
    assert read(aws, kind, place_before) == {**expected, "of": "b"}


def test_a_failed_update_takes_its_tags_back(aws: Any) -> None:
    """Stack and resources have the tags that they had."""
    aws.create({"Queue": queue()}, Tags=[{"Key": "of", "Value": "a"}])
    arn = aws.client("sqs").get_queue_attributes(
        QueueUrl=aws.resources()["Queue"], AttributeNames=["QueueArn"]
    )

    stack = aws.update({"Queue": queue(), "Bad": table(BillingMode="x")}, Tags=[{"Key": "of", "Value": "b"}])

    assert (stack["StackStatus"], stack["Tags"]) == (
        "UPDATE_ROLLBACK_COMPLETE",
        [{"Key": "of", "Value": "a"}],
    )
    assert read(aws, "AWS::SQS::Queue", arn["Attributes"]["QueueArn"])["of"] == "a"


def test_a_change_set_shows_what_tags_change(aws: Any) -> None:
    """Other tags change the resources that can have some."""
    aws.create({"Queue": queue(), "Rights": {"Type": "AWS::CDK::Metadata"}})

    aws.cloudformation.create_change_set(
        StackName="stack", ChangeSetName="c", UsePreviousTemplate=True, Tags=[{"Key": "of", "Value": "b"}]
    )

    changes = aws.cloudformation.describe_change_set(StackName="stack", ChangeSetName="c")["Changes"]
    assert [one["ResourceChange"]["LogicalResourceId"] for one in changes] == ["Queue"]
