"""What a stack is created and updated with beside template and parameters: it holds, or is refused."""

import json
from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.samples import body

QUEUE = "AWS::SQS::Queue"


def queue(delay: int = 0, **more: Any) -> dict[str, Any]:
    return {"Resources": {"Q": {"Type": QUEUE, "Properties": {"DelaySeconds": delay}, **more}}}


def test_a_protected_stack_is_not_deleted(aws) -> None:
    """Termination protection keeps a stack until it is switched off."""
    aws.create(queue(), EnableTerminationProtection=True)

    refused = aws.refusal(aws.cloudformation.delete_stack, StackName="stack")
    assert aws.stack()["EnableTerminationProtection"] is True
    aws.cloudformation.update_termination_protection(StackName="stack", EnableTerminationProtection=False)
    aws.cloudformation.delete_stack(StackName="stack")

    assert refused == (
        "ValidationError",
        "Stack [stack] cannot be deleted while TerminationProtection is enabled",
    )
    assert aws.cloudformation.describe_stacks()["Stacks"] == []


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Statement": [{"Principal": "*", **one} for one in statements]})


ALL = {"Effect": "Allow", "Action": "Update:*", "Resource": "*"}


def deny(action: Any, resource: str = "LogicalResourceId/Q", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": action, "Resource": resource, **more}


def of_type(name: str) -> dict[str, Any]:
    return {"Condition": {"StringLike": {"ResourceType": [name]}}}


@pytest.mark.parametrize(
    ("text", "modified", "replaced", "deleted"),
    [
        (policy(ALL), True, True, True),
        (policy(ALL, deny("Update:*")), False, False, False),
        (policy(ALL, deny("Update:Replace")), True, False, True),
        (policy(ALL, deny(["Update:Delete", "Update:Modify"], "*")), False, True, False),
        (policy(ALL, deny("Update:*", "LogicalResourceId/R*")), True, True, True),
        (policy(ALL, deny("Update:*", "*", **of_type("AWS::SQS::*"))), False, False, False),
        (policy(ALL, deny("Update:*", "*", **of_type("AWS::SNS::*"))), True, True, True),
        (policy({"Effect": "Allow", "NotAction": "Update:Delete", "Resource": "*"}), True, True, False),
    ],
)
def test_a_stack_policy_says_what_an_update_may_do(aws, text, modified, replaced, deleted) -> None:
    """What no statement allows or one denies fails the update, and the resource stays as it is."""
    replacement = queue()
    replacement["Resources"]["Q"]["Properties"]["QueueName"] = "another"
    removal = {"Resources": {"other": {"Type": "AWS::SNS::Topic"}}}

    for number, (template, allowed) in enumerate(
        ((queue(5), modified), (replacement, replaced), (removal, deleted))
    ):
        aws.create(queue(), f"stack{number}", StackPolicyBody=text)
        status = aws.update(template, f"stack{number}")["StackStatus"]

        assert status == ("UPDATE_COMPLETE" if allowed else "UPDATE_ROLLBACK_COMPLETE")
        assert allowed or "denied by stack policy" in aws.reason("Q", f"stack{number}")


def test_a_policy_may_be_lifted_for_one_update(aws) -> None:
    """The policy of an update holds for that update only."""
    aws.create(queue(), StackPolicyBody=policy(ALL, deny("Update:*")))

    lifted = aws.update(queue(1), StackPolicyDuringUpdateBody=policy(ALL))["StackStatus"]
    after = aws.update(queue(2))["StackStatus"]

    assert (lifted, after) == ("UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


@pytest.mark.parametrize("text", ["{", "{}", '{"Statement": []}', '{"Statement": [{"Effect": "Deny"}]}'])
def test_what_is_no_stack_policy_is_refused(aws, text) -> None:
    """A policy is checked when it is set, however it is set."""
    aws.create(queue())

    called = aws.cloudformation
    refusals = (
        aws.refusal(called.set_stack_policy, StackName="stack", StackPolicyBody=text),
        aws.refusal(called.create_stack, StackName="b", TemplateBody=body(queue()), StackPolicyBody=text),
    )

    assert {code for code, _ in refusals} == {"ValidationError"}


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"ResourceTypes": ["AWS::SNS::*"]}, "not allowed by parameter ResourceTypes"),
        ({"NotificationARNs": ["arn:aws:sns:us-east-1:123456789012:none"]}, "does not exist"),
        (
            {
                "RollbackConfiguration": {
                    "RollbackTriggers": [
                        {
                            "Arn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a",
                            "Type": "AWS::CloudWatch::Alarm",
                        }
                    ]
                }
            },
            "does not offer rollback triggers",
        ),
    ],
)
def test_options_that_cannot_hold_are_refused(aws, options, reason) -> None:
    """Stacks and change sets are refused by the option, and nothing is made."""
    called = aws.cloudformation
    request = {"StackName": "s", "TemplateBody": body(queue()), **options}

    for refusal in (
        aws.refusal(called.create_stack, **request),
        aws.refusal(called.create_change_set, ChangeSetName="c", ChangeSetType="CREATE", **request),
    ):
        assert (refusal[0], reason in refusal[1]) == ("ValidationError", True)
    assert called.describe_stacks()["Stacks"] == []


def test_a_topic_that_goes_does_not_stop_a_deletion(aws) -> None:
    """Events that nobody can be told of are written all the same."""
    topic = aws.client("sns").create_topic(Name="T")["TopicArn"]
    aws.create(queue(), NotificationARNs=[topic])
    aws.client("sns").delete_topic(TopicArn=topic)

    aws.cloudformation.delete_stack(StackName="stack")

    assert aws.cloudformation.describe_stacks()["Stacks"] == []


def test_resources_are_not_imported(aws) -> None:
    """A change set of the type IMPORT is refused by name."""
    refusal = aws.refusal(
        aws.cloudformation.create_change_set,
        StackName="s",
        ChangeSetName="c",
        ChangeSetType="IMPORT",
        TemplateBody=body(queue(DeletionPolicy="Retain")),
        ResourcesToImport=[
            {"ResourceType": QUEUE, "LogicalResourceId": "Q", "ResourceIdentifier": {"QueueUrl": "x"}}
        ],
    )

    assert refusal == ("ValidationError", "The offline cloud does not offer change sets of the type IMPORT")


def test_a_change_set_has_a_name_of_its_own(aws) -> None:
    """A second one of the same name is refused as long as the first one waits."""
    request = {"StackName": "s", "ChangeSetName": "c", "ChangeSetType": "CREATE"}
    aws.cloudformation.create_change_set(**request, TemplateBody=body(queue()))

    code, _ = aws.refusal(aws.cloudformation.create_change_set, **request, TemplateBody=body(queue()))
    aws.cloudformation.execute_change_set(StackName="s", ChangeSetName="c")
    aws.cloudformation.create_change_set(StackName="s", ChangeSetName="c", TemplateBody=body(queue(3)))

    assert code == "AlreadyExistsException"


def test_what_is_retained_except_on_creation_goes_with_its_creation(aws) -> None:
    """A creation that is rolled back takes it along; deleting the stack leaves it."""
    kept = queue(DeletionPolicy="RetainExceptOnCreate")
    broken = {**kept["Resources"], "X": {"Type": QUEUE, "DependsOn": "Q", "Properties": {"QueueName": "a b"}}}

    aws.create({"Resources": broken}, "broken")
    after_rollback = aws.client("sqs").list_queues().get("QueueUrls", [])
    aws.create(kept)
    aws.cloudformation.delete_stack(StackName="stack")

    assert after_rollback == []
    assert len(aws.client("sqs").list_queues()["QueueUrls"]) == 1


def test_snapshots_are_for_types_that_have_them(aws) -> None:
    """A deletion policy that a type cannot follow is refused."""
    code, message = aws.refusal(aws.create, queue(DeletionPolicy="Snapshot"))

    assert (code, "does not support DeletionPolicy Snapshot" in message) == ("ValidationError", True)


@pytest.mark.parametrize(
    ("slot", "reason"),
    [
        ({"Type": "Boolean"}, "Unrecognized parameter type: Boolean"),
        ({"Type": "AWS::SSM::Parameter::Value<SecureString>"}, "Unrecognized parameter type"),
        ({"Type": "List<Number>", "Default": "1,x"}, "must be a number"),
        (
            {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "none"},
            "Unable to fetch parameters [none]",
        ),
        ({"Type": "AWS::SSM::Parameter::Name", "Default": "none"}, "Unable to fetch parameters [none]"),
        ({"Type": "AWS::SSM::Parameter::Value<String>", "Default": "secret"}, "types not supported"),
    ],
    ids=str,
)
def test_parameters_are_of_types_that_exist(aws, slot, reason) -> None:
    """An unknown type, and a stored parameter that is absent or secret, refuse the template."""
    aws.client("ssm").put_parameter(Name="secret", Value="x", Type="SecureString")

    code, message = aws.refusal(aws.create, {"Parameters": {"P": {"Default": "1", **slot}}, **queue()})

    assert (code, reason in message) == ("ValidationError", True)


def test_stored_parameters_are_what_is_stored(aws) -> None:
    """A value, a list and a name; the description has what they stood for."""
    aws.client("ssm").put_parameter(Name="list", Value="a,b", Type="StringList")
    kinds = {"One": "Value<String>", "Many": "Value<List<String>>", "Named": "Name"}
    template = {
        "Parameters": {name: {"Type": f"AWS::SSM::Parameter::{kind}"} for name, kind in kinds.items()},
        **queue(),
        "Outputs": {
            "One": {"Value": {"Ref": "One"}},
            "Many": {"Value": {"Fn::Select": [1, {"Ref": "Many"}]}},
            "Named": {"Value": {"Ref": "Named"}},
        },
    }

    stack = aws.create(template, parameters=dict.fromkeys(kinds, "list"))
    resolved = {one["ParameterKey"]: one.get("ResolvedValue") for one in stack["Parameters"]}

    assert aws.outputs() == {"One": "a,b", "Many": "b", "Named": "list"}
    assert resolved == {"One": "a,b", "Many": "a,b", "Named": None}
