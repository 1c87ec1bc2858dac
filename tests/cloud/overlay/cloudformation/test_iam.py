"""AWS::IAM::Role and AWS::IAM::ManagedPolicy."""

import json
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.cloud.overlay.cloudformation.samples import document, inline, queue, resource, role, trust
from workshop.cloud.offline.overlay.correct import plain_moto


def managed(action: str = "sqs:SendMessage", /, **properties: Any) -> dict[str, Any]:
    """Return a managed policy."""
    return resource("IAM::ManagedPolicy", **{"PolicyDocument": document(action), **properties})


def attached(aws: Any) -> list[str]:
    """Return the managed policies of the role."""
    policies = aws.client("iam").list_attached_role_policies(RoleName=aws.resources()["Role"])
    return [policy["PolicyArn"] for policy in policies["AttachedPolicies"]]


def inline_policies(aws: Any) -> dict[str, Any]:
    """Return the inline policies of the role."""
    iam, name = aws.client("iam"), aws.resources()["Role"]
    names = iam.list_role_policies(RoleName=name)["PolicyNames"]
    return {each: iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in names}


def default_document(aws: Any) -> dict[str, Any]:
    """Return the default version of the managed policy."""
    iam, arn = aws.client("iam"), aws.resources()["Policy"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    return dict(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def test_a_role_carries_its_policies(aws: Any) -> None:
    """Inline policies are put and managed ones attached."""
    policies = {"Policies": [inline("one", "s3:GetObject")], "ManagedPolicyArns": [{"Ref": "Policy"}]}
    aws.create({"Policy": managed(), "Role": role(**policies)})

    assert inline_policies(aws) == {"one": document("s3:GetObject")}
    assert attached(aws) == [aws.resources()["Policy"]]


def test_plain_moto_attaches_nothing(plain: Any) -> None:
    """In plain moto `ManagedPolicyArns` has no effect."""
    plain.create({"Policy": managed(), "Role": role(ManagedPolicyArns=[{"Ref": "Policy"}])})

    assert attached(plain) == []


def test_a_role_changes_in_place(aws: Any) -> None:
    """Policies, trust and description become what the template says, and the role stays."""
    aws.create({"Policy": managed(), "Role": role(Policies=[inline("one", "s3:GetObject")])})
    before = aws.resources()

    changed = role(
        Policies=[inline("two", "s3:PutObject")],
        ManagedPolicyArns=[{"Ref": "Policy"}],
        Description="new",
        AssumeRolePolicyDocument=trust("states.amazonaws.com"),
    )
    aws.update({"Policy": managed(), "Role": changed})

    described = aws.client("iam").get_role(RoleName=before["Role"])["Role"]
    assert aws.resources() == before
    assert inline_policies(aws) == {"two": document("s3:PutObject")}
    assert attached(aws) == [before["Policy"]]
    assert described["Description"] == "new"
    assert described["AssumeRolePolicyDocument"] == trust("states.amazonaws.com")


def test_policies_that_were_added_by_hand_stay(aws: Any) -> None:
    """An update removes what was in the template before, and nothing else."""
    aws.create({"Policy": managed(), "Role": role(Policies=[inline("one", "s3:GetObject")])})
    iam, resources = aws.client("iam"), aws.resources()
    iam.put_role_policy(
        RoleName=resources["Role"], PolicyName="hand", PolicyDocument=json.dumps(document("s3:ListBucket"))
    )
    iam.attach_role_policy(RoleName=resources["Role"], PolicyArn=resources["Policy"])

    aws.update({"Policy": managed(), "Role": role(Policies=[inline("two", "s3:PutObject")])})

    assert inline_policies(aws) == {"hand": document("s3:ListBucket"), "two": document("s3:PutObject")}
    assert attached(aws) == [resources["Policy"]]


def test_plain_moto_keeps_the_policies_of_a_role(plain: Any) -> None:
    """In plain moto an update of inline policies changes nothing."""
    plain.create({"Role": role(Policies=[inline("one", "s3:GetObject")])})

    plain.update({"Role": role(Policies=[inline("two", "s3:PutObject")])})

    assert inline_policies(plain).keys() == {"one"}


@pytest.mark.parametrize(
    "policies",
    [
        {"Policies": [{"PolicyName": "bad", "PolicyDocument": {"Version": "2012-10-17"}}]},
        {"ManagedPolicyArns": ["arn:aws:iam::123456789012:policy/none"]},
    ],
)
def test_a_role_that_fails_leaves_nothing(aws: Any, policies: dict[str, Any]) -> None:
    """A role whose policies are refused is not left behind."""
    stack = aws.create({"Role": role(**policies)})

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert aws.client("iam").list_roles()["Roles"] == []


def test_a_managed_policy_changes_in_place(aws: Any) -> None:
    """A new document becomes the default version, of which no more than five are kept."""
    aws.create({"Policy": managed("sqs:Action0")})

    for number in range(1, 8):
        aws.update({"Policy": managed(f"sqs:Action{number}")})

    versions = aws.client("iam").list_policy_versions(PolicyArn=aws.resources()["Policy"])["Versions"]
    assert default_document(aws) == document("sqs:Action7")
    assert len(versions) == 5


def test_plain_moto_changes_no_managed_policy(plain: Any) -> None:
    """In plain moto the update is complete and the document the old one."""
    plain.create({"Policy": managed("sqs:Old")})
    arn = plain.client("iam").list_policies(Scope="Local")["Policies"][0]["Arn"]

    assert plain.update({"Policy": managed("sqs:New")})["StackStatus"] == "UPDATE_COMPLETE"
    versions = plain.client("iam").list_policy_versions(PolicyArn=arn)["Versions"]
    assert len(versions) == 1


def test_a_managed_policy_moves_to_other_roles(aws: Any) -> None:
    """The policy is attached to what the template names, and to nothing else."""
    aws.create({"Role": role(), "Other": role(), "Policy": managed(Roles=[{"Ref": "Other"}])})
    assert attached(aws) == []

    aws.update({"Role": role(), "Other": role(), "Policy": managed(Roles=[{"Ref": "Role"}])})

    assert attached(aws) == [aws.resources()["Policy"]]


def test_an_attached_policy_goes_with_its_stack(aws: Any) -> None:
    """Deleting the stack detaches the policy and deletes policy and role."""
    aws.create({"Role": role(), "Policy": managed(Roles=[{"Ref": "Role"}])})

    aws.cloudformation.delete_stack(StackName="stack")

    iam = aws.client("iam")
    assert (iam.list_roles()["Roles"], iam.list_policies(Scope="Local")["Policies"]) == ([], [])


def test_plain_moto_leaves_an_attached_policy(plain: Any) -> None:
    """In plain moto the deletion fails, the stack is gone from the list, and the policy is still there."""
    plain.create({"Role": role(), "Policy": managed(Roles=[{"Ref": "Role"}])})

    with pytest.raises((BotoCoreError, ClientError)):
        plain.cloudformation.delete_stack(StackName="stack")

    assert plain.cloudformation.describe_stacks()["Stacks"] == []
    assert len(plain.client("iam").list_policies(Scope="Local")["Policies"]) == 1


def test_a_policy_that_others_use_stays(aws: Any) -> None:
    """A policy that somebody else has attached keeps its stack from going, and the reason says so."""
    iam = aws.client("iam")
    aws.create({"Policy": managed()})
    iam.create_user(UserName="somebody")
    iam.attach_user_policy(UserName="somebody", PolicyArn=aws.resources()["Policy"])

    aws.cloudformation.delete_stack(StackName="stack")

    assert aws.stack()["StackStatus"] == "DELETE_FAILED"
    assert "DeleteConflict" in aws.reason("Policy")


def test_ordinary_iam_resources_are_the_same_as_in_moto(aws: Any) -> None:
    """A role and a policy without what moto gets wrong look the same with the corrections."""

    def make() -> list[Any]:
        named = role(RoleName="named", MaxSessionDuration=7200)
        aws.create({"Role": named, "Policy": managed(ManagedPolicyName="mine")})
        iam = aws.client("iam")
        described = iam.get_role(RoleName="named")["Role"]
        policy = iam.list_policies(Scope="Local")["Policies"][0]
        aws.cloudformation.delete_stack(StackName="stack")
        own = ("RoleId", "CreateDate", "PolicyId", "UpdateDate", "Tags")
        return [
            {name: value for name, value in each.items() if name not in own} for each in (described, policy)
        ]

    corrected = make()

    with plain_moto():
        assert make() == corrected


def test_policies_need_no_version(aws: Any) -> None:
    """A policy without `Version` is one of 2008-10-17, wherever a template has one; other versions fail."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    bare = {"Statement": [statement]}
    shared = {"Statement": [{**statement, "Action": "*", "Principal": "*"}]}

    made = aws.create(
        {
            "Role": role(Policies=[{"PolicyName": "inline", "PolicyDocument": bare}]),
            "Managed": managed(PolicyDocument=bare),
            "Queue": queue(),
            "QueuePolicy": resource("SQS::QueuePolicy", Queues=[{"Ref": "Queue"}], PolicyDocument=shared),
            "Topic": resource("SNS::Topic"),
            "TopicPolicy": resource("SNS::TopicPolicy", Topics=[{"Ref": "Topic"}], PolicyDocument=shared),
            "Bucket": resource("S3::Bucket"),
            "BucketPolicy": resource("S3::BucketPolicy", Bucket={"Ref": "Bucket"}, PolicyDocument=shared),
            "CDKMetadata": resource("CDK::Metadata", Analytics="v2:deflate64:x"),
        }
    )
    odd = managed(PolicyDocument={**bare, "Version": "2020-01-01"})

    assert made["StackStatus"] == "CREATE_COMPLETE", aws.events()
    assert aws.create({"Odd": odd}, "odd")["StackStatus"] == "ROLLBACK_COMPLETE"


def test_plain_moto_wants_a_version(plain: Any) -> None:
    """Plain moto refuses a policy without `Version`."""
    policy = json.dumps({"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})

    code, _ = plain.refusal(plain.client("iam").create_policy, PolicyName="bare", PolicyDocument=policy)

    assert code == "MalformedPolicyDocument"
