"""Exports that other stacks import, and dynamic references."""

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
    """An export that another stack imports can be neither changed nor deleted; afterwards it can."""
    aws.create(exporting(), "from")
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
    assert (kept, reason) == ("DELETE_FAILED", "Export shared cannot be deleted as it is in use by to")
    assert aws.cloudformation.describe_stacks()["Stacks"] == []


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
    assert message in " ".join(
        event.get("ResourceStatusReason", "")
        for event in aws.cloudformation.describe_stack_events(StackName="stack")["StackEvents"]
    )
