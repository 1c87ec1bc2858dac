"""What a service does not delete keeps its stack, until what is in the way is gone."""

import json
from typing import Any

import pytest
from moto.cloudformation import parsing

from tests.cloud.overlay.cloudformation.samples import body, document, inline, resource, role
from workshop.cloud.offline.overlay.cloudformation.catalogue.properties import effects

BUCKET = resource("S3::Bucket", BucketName="full")
USER = resource("IAM::User", UserName="full")
POLICY = resource("IAM::ManagedPolicy", ManagedPolicyName="full", PolicyDocument=document("sqs:SendMessage"))
BUS = resource("Events::EventBus", Name="full")
URL = "https://s3.amazonaws.com/templates/inner.json"
BY_HAND = {"PolicyName": "by-hand", "PolicyDocument": json.dumps(document("sqs:SendMessage"))}
ARN = "arn:aws:iam::123456789012:policy/full"
# Resource, service, what puts something in the way, what takes it away, and the reason in between.
CASES: dict[str, tuple[dict[str, Any], str, tuple[str, Any], tuple[str, Any], str]] = {
    "a bucket with an object": (
        BUCKET,
        "s3",
        ("put_object", {"Bucket": "full", "Key": "k", "Body": b""}),
        ("delete_object", {"Bucket": "full", "Key": "k"}),
        "The bucket you tried to delete is not empty",
    ),
    "a role with an inline policy of somebody else": (
        role(RoleName="full", Policies=[inline("own", "sqs:SendMessage")]),
        "iam",
        ("put_role_policy", {"RoleName": "full", **BY_HAND}),
        ("delete_role_policy", {"RoleName": "full", "PolicyName": "by-hand"}),
        "must delete policies first",
    ),
    "a user with a key": (
        USER,
        "iam",
        ("create_login_profile", {"UserName": "full", "Password": "Xy1!xxxxxxx"}),
        ("delete_login_profile", {"UserName": "full"}),
        "must delete login profile first",
    ),
    "a policy that somebody has attached": (
        POLICY,
        "iam",
        ("attach_group_policy", {"GroupName": "there", "PolicyArn": ARN}),
        ("detach_group_policy", {"GroupName": "there", "PolicyArn": ARN}),
        "Cannot delete a policy attached to entities",
    ),
    "a bus with a rule": (
        BUS,
        "events",
        ("put_rule", {"Name": "r", "EventBusName": "full", "EventPattern": '{"source": ["a"]}'}),
        ("delete_rule", {"Name": "r", "EventBusName": "full"}),
        "EventBus can't be deleted since it has rules",
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("is_nested", [False, True])
def test_what_a_service_keeps_keeps_its_stack(aws: Any, case: str, is_nested: bool) -> None:
    """The stack, and the one around it, fail with the service's reason, and go at the second try."""
    wanted, service, (obstruct, with_this), (clear, of_that), reason = CASES[case]
    client = aws.client(service)
    aws.client("iam").create_group(GroupName="there")
    aws.create({"Kept": nested(aws, wanted) if is_nested else wanted})
    getattr(client, obstruct)(**with_this)

    aws.cloudformation.delete_stack(StackName="stack")
    failed, told = aws.stack(), aws.reason("Kept")
    inner = aws.reason("Kept", told.split()[2]) if is_nested else told
    getattr(client, clear)(**of_that)
    aws.cloudformation.delete_stack(StackName="stack")

    assert failed["StackStatus"] == "DELETE_FAILED"
    assert ("was not successfully deleted: The following resource(s)" in told) is is_nested
    assert reason in inner
    assert aws.cloudformation.describe_stacks()["Stacks"] == []


def nested(aws: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return a stack with this resource, whose template lies in a bucket."""
    aws.client("s3").create_bucket(Bucket="templates")
    aws.client("s3").put_object(Bucket="templates", Key="inner.json", Body=body({"Kept": wanted}))
    return resource("CloudFormation::Stack", TemplateURL=URL)


def test_a_replaced_bucket_that_is_not_empty_stays_behind(aws: Any) -> None:
    """The update is complete, and an event says that the old bucket could not be deleted."""
    aws.create({"Kept": BUCKET})
    aws.client("s3").put_object(Bucket="full", Key="k", Body=b"")

    stack = aws.update({"Kept": resource("S3::Bucket", BucketName="other")})

    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert "Kept DELETE_FAILED" in aws.events()
    assert [one["Name"] for one in aws.client("s3").list_buckets()["Buckets"]] == ["full", "other"]


def test_plain_moto_says_that_it_has_deleted_what_it_keeps(plain: Any) -> None:
    """In plain moto the stack is gone, and the bucket with its object is not."""
    plain.create({"Kept": BUCKET})
    plain.client("s3").put_object(Bucket="full", Key="k", Body=b"")

    plain.cloudformation.delete_stack(StackName="stack")

    assert plain.cloudformation.describe_stacks()["Stacks"] == []
    assert [one["Name"] for one in plain.client("s3").list_buckets()["Buckets"]] == ["full"]


@pytest.mark.parametrize("resource_type", effects())
def test_whatever_a_stack_makes_it_can_delete(aws: Any, resource_type: str) -> None:
    """Each type whose properties have effects has a deletion: none is told to be gone and stays."""
    del aws
    model = parsing.resource_class_from_type(resource_type)
    can_delete = not hasattr(model.delete_from_cloudformation_json, "__isabstractmethod__")

    assert can_delete or hasattr(model, "delete")
