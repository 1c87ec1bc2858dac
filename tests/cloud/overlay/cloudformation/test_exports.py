"""Exports that other stacks import, dynamic references, and references to what a condition leaves out."""

import json
from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.samples import queue


def exporting(value: str = "1") -> dict[str, Any]:
    """Return a template that exports a value."""
    return {
        "Resources": {"Queue": queue()},
        "Outputs": {"Value": {"Value": value, "Export": {"Name": "shared"}}},
    }


IMPORTING = {"Queue": queue(DelaySeconds={"Fn::ImportValue": {"Fn::Sub": "shared"}})}


def test_what_is_imported_stays(aws: Any) -> None:
    """What a stack imports can be neither exported again, nor changed or deleted; afterwards it can."""
    aws.create(exporting(), "from")
    assert aws.create(exporting(), "again")["StackStatus"] == "ROLLBACK_COMPLETE"
    aws.cloudformation.delete_stack(StackName="again")
    aws.create(IMPORTING, "to")

    imports = aws.cloudformation.list_imports(ExportName="shared")["Imports"]
    changed = aws.update(exporting("2"), "from")
    dropped = aws.update({"Resources": {"Queue": queue(), "Other": queue()}}, "from")
    values = [export["Value"] for export in aws.cloudformation.list_exports()["Exports"]]
    aws.cloudformation.delete_stack(StackName="from")
    kept, reason = aws.stack("from")["StackStatus"], aws.reason("from", "from")
    aws.cloudformation.delete_stack(StackName="to")
    aws.cloudformation.delete_stack(StackName="from")

    assert imports == ["to"]
    assert [stack["StackStatus"] for stack in (changed, dropped)] == ["UPDATE_ROLLBACK_COMPLETE"] * 2
    assert values == ["1"]
    assert (kept, reason) == (
        "UPDATE_ROLLBACK_COMPLETE",
        "Export shared cannot be deleted as it is in use by to",
    )
    assert aws.cloudformation.describe_stacks()["Stacks"] == []
    assert aws.cloudformation.list_exports()["Exports"] == []


def test_an_export_that_nobody_imports_has_no_imports(aws: Any) -> None:
    """ListImports refuses the name of such an export."""
    aws.create(exporting())

    assert aws.refusal(aws.cloudformation.list_imports, ExportName="shared") == (
        "ValidationError",
        "Export 'shared' is not imported by any stack.",
    )


def test_dynamic_references_are_resolved(aws: Any) -> None:
    """A reference to a parameter or a secret gives its value, also in the middle of a text."""
    aws.client("ssm").put_parameter(Name="/q/delay", Value="7", Type="String")
    aws.client("secretsmanager").create_secret(Name="s", SecretString=json.dumps({"name": "trades"}))

    made = aws.create(
        {
            "Queue": queue(
                DelaySeconds="{{resolve:ssm:/q/delay}}",
                QueueName="{{resolve:secretsmanager:s:SecretString:name}}-1",
            )
        }
    )

    assert made["StackStatus"] == "CREATE_COMPLETE", aws.reason("Queue")
    url = aws.client("sqs").get_queue_url(QueueName="trades-1")["QueueUrl"]
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])
    assert attributes["Attributes"]["DelaySeconds"] == "7"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("{{resolve:ssm:absent}}", "Parameters: [ssm:absent] cannot be found."),
        ("{{resolve:secretsmanager:absent}}", "Secrets Manager can't find the specified secret."),
        ("{{resolve:ssm-secure:x}}", "SSM Secure reference is not supported"),
        ("{{resolve:other:x}}", "kind `other` are not offered by the offline cloud"),
    ],
)
def test_dynamic_references_without_a_value_fail(aws: Any, reference: str, message: str) -> None:
    """A reference that leads nowhere, or is not offered, fails the resource with the reason."""
    made = aws.create({"Queue": queue(QueueName=reference)})

    assert made["StackStatus"] == "ROLLBACK_COMPLETE"
    assert message in str(aws.reasons())


def conditional(wanted: str, **members: Any) -> dict[str, Any]:
    """Return a template whose resource `Left` is there only if `wanted` is yes; `Queue` has the members."""
    return {
        "Parameters": {"Wanted": {"Type": "String", "Default": wanted}},
        "Conditions": {"IsWanted": {"Fn::Equals": [{"Ref": "Wanted"}, "yes"]}},
        "Resources": {"Left": {**queue(), "Condition": "IsWanted"}, "Queue": {**queue(), **members}},
    }


REFERRING = [
    {"DependsOn": "Left"},
    {"Properties": {"Tags": [{"Key": "k", "Value": {"Ref": "Left"}}]}},
    {"Properties": {"Tags": [{"Key": "k", "Value": {"Fn::Sub": "${Left.Arn}"}}]}},
]


@pytest.mark.parametrize("members", REFERRING)
def test_what_a_condition_leaves_out_cannot_be_referred_to(aws: Any, members: dict[str, Any]) -> None:
    """A stack is neither made nor updated to refer to a resource whose condition is false."""
    message = (
        "Template format error: Unresolved resource dependencies [Left] "
        "in the Resources block of the template"
    )
    refusal = ("ValidationError", message)
    assert aws.refusal(aws.create, conditional("no", **members)) == refusal
    assert aws.create(conditional("yes", **members))["StackStatus"] == "CREATE_COMPLETE"
    assert aws.refusal(aws.update, conditional("no", **members)) == refusal


def test_a_branch_that_is_not_taken_refers_to_nothing(aws: Any) -> None:
    """`Fn::If` may name a resource that is left out in the branch that its condition does not choose."""
    value = {"Fn::If": ["IsWanted", {"Ref": "Left"}, "none"]}

    made = aws.create(conditional("no", Properties={"Tags": [{"Key": "k", "Value": value}]}))

    assert made["StackStatus"] == "CREATE_COMPLETE"
