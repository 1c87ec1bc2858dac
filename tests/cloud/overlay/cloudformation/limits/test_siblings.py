"""What a call refuses because of what is there already: a template that says it is refused as well."""

from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.samples import document, function, get, queue, resource, role, table

ARN = "arn:aws:{}:us-east-1:123456789012:{}"
AROUND = {"Role": role(), "Function": function(), "Queue": queue()}
FUNCTION = {"Ref": "Function"}
RULES = [{"Name": "infix", "Value": "a"}]
Template = dict[str, Any]


def with_part(kind: str, **properties: Any) -> tuple[Template, Template]:
    """Return templates without and with a resource beside a function and a queue."""
    return AROUND, {**AROUND, "Part": resource(kind, **properties)}


def changed(first: Any, second: Any) -> tuple[Template, Template]:
    return {"Part": first}, {"Part": second}


def permission(qualifier: str) -> tuple[Template, Template]:
    return with_part(
        "Lambda::Permission",
        FunctionName={"Fn::Sub": f"${{Function.Arn}}:{qualifier}"},
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
    )


def expiring(attribute: str) -> Template:
    return table(TimeToLiveSpecification={"AttributeName": attribute, "Enabled": True})


def policies(names: list[str]) -> Template:
    """Return a user and policies attached to it."""
    attached = {"PolicyDocument": document("s3:GetObject"), "Users": [{"Ref": "User"}]}
    managed = resource("IAM::ManagedPolicy", **attached)
    return {"User": resource("IAM::User"), **dict.fromkeys(names, managed)}


TEN = [f"Policy{number}" for number in range(10)]
SECRET = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": ARN.format("kms", "key/none")}
CASES: dict[str, tuple[tuple[Template, Template], str]] = {
    "a policy of what is unpublished": (
        permission("$LATEST"),
        "We currently do not support adding policies for $LATEST.",
    ),
    "a policy of no version": (permission("99"), "Function not found"),
    "a version of other code": (
        with_part("Lambda::Version", FunctionName=FUNCTION, CodeSha256="A" * 43 + "="),
        "is different from current CodeSHA256 in $LATEST",
    ),
    "a mapping's key": (
        with_part(
            "Lambda::EventSourceMapping",
            FunctionName=FUNCTION,
            EventSourceArn=get("Queue"),
            KmsKeyArn=ARN.format("kms", "key/none"),
        ),
        "KMS key is invalid",
    ),
    "a bucket's filter": (
        with_part(
            "S3::Bucket",
            NotificationConfiguration={
                "QueueConfigurations": [
                    {
                        "Event": "s3:ObjectCreated:*",
                        "Queue": get("Queue"),
                        "Filter": {"S3Key": {"Rules": RULES}},
                    }
                ]
            },
        ),
        "filter rule name must be either prefix or suffix",
    ),
    "a FIFO topic's name": (
        with_part("SNS::Topic", FifoTopic=True, TopicName="orders"),
        "Fifo Topic names must end with .fifo",
    ),
    "another attribute of expiry": (
        changed(expiring("one"), expiring("two")),
        "TimeToLive is active on a different AttributeName: current AttributeName is one",
    ),
    "a table's key": (changed(table(), table(SSESpecification=SECRET)), "KMS validation error"),
    "a boundary": (
        changed(role(), role(PermissionsBoundary="arn:aws:iam::123456789012:policy/none")),
        "does not exist or is not attachable.",
    ),
    "eleven policies": (
        (policies(TEN), policies([*TEN, "Part"])),
        "Cannot exceed quota for PoliciesPerUser: 10",
    ),
}


@pytest.mark.parametrize("title", CASES)
def test_an_update_is_held_to_what_calls_are(aws: Any, title: str) -> None:
    """The stack goes back, and says why in the words of the call."""
    (before, after), text = CASES[title]

    created = aws.create(before)
    updated = aws.update(after)

    assert (created["StackStatus"], updated["StackStatus"]) == ("CREATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
    assert any(text in reason for name, reason in aws.reasons() if name == "Part")
