"""Change sets."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.overlay.cloudformation.samples import body, broken, pairs, queue, role, table

PLACED = {
    "Parameters": {"Delay": {"Type": "Number", "Default": 0}},
    "Resources": {"Queue": queue(DelaySeconds={"Ref": "Delay"})},
}


def propose(aws: Any, template: Any, name: str = "stack", /, **options: Any) -> str:
    """Create a change set and return its ARN."""
    arguments = {"ChangeSetType": "UPDATE", "ChangeSetName": "change", **pairs(options)}
    arguments.setdefault("TemplateBody", body(template))
    created = aws.cloudformation.create_change_set(
        StackName=name, Capabilities=["CAPABILITY_IAM"], **arguments
    )
    return str(created["Id"])


def test_a_change_set_creates_a_stack(aws: Any) -> None:
    """A stack is under review until its change set is executed, and then like any other."""
    change = propose(aws, PLACED, ChangeSetType="CREATE", parameters={"Delay": "7"})
    described = aws.cloudformation.describe_change_set(ChangeSetName=change)
    review = aws.stack()["StackStatus"]

    aws.cloudformation.execute_change_set(ChangeSetName=change)

    assert review == "REVIEW_IN_PROGRESS"
    assert described["Status"] == "CREATE_COMPLETE"
    assert [each["ResourceChange"]["Action"] for each in described["Changes"]] == ["Add"]
    assert aws.stack()["StackStatus"] == "CREATE_COMPLETE"
    assert aws.events()[-2:] == ["Queue CREATE_COMPLETE", "stack CREATE_COMPLETE"]
    attributes = aws.client("sqs").get_queue_attributes(
        QueueUrl=aws.resources()["Queue"], AttributeNames=["DelaySeconds"]
    )
    assert attributes["Attributes"]["DelaySeconds"] == "7"


def test_a_change_set_says_what_it_would_do(aws: Any) -> None:
    """Additions, changes, replacements and removals are listed, with what they concern."""
    aws.create({"Changed": queue(), "Replaced": table(), "Removed": queue(), "Kept": queue()})

    change = propose(
        aws, {"Changed": queue(DelaySeconds=1), "Replaced": table("Other"), "Added": queue(), "Kept": queue()}
    )

    changes = [
        each["ResourceChange"]
        for each in aws.cloudformation.describe_change_set(ChangeSetName=change)["Changes"]
    ]
    assert {(each["LogicalResourceId"], each["Action"], each.get("Replacement")) for each in changes} == {
        ("Changed", "Modify", "False"),
        ("Replaced", "Modify", "True"),
        ("Added", "Add", None),
        ("Removed", "Remove", None),
    }
    told = {each["LogicalResourceId"]: [one["Target"] for one in each["Details"]] for each in changes}
    assert told["Changed"] == [
        {"Attribute": "Properties", "Name": "DelaySeconds", "RequiresRecreation": "Never"}
    ]
    assert {(one["Name"], one["RequiresRecreation"]) for one in told["Replaced"]} == {
        ("AttributeDefinitions", "Never"),
        ("KeySchema", "Always"),
    }
    assert {each["LogicalResourceId"]: each["Scope"] for each in changes if each["Scope"]} == {
        "Changed": ["Properties"],
        "Replaced": ["Properties"],
    }


def test_a_parameter_alone_is_a_change(aws: Any) -> None:
    """A change set looks at values, not only at the template."""
    aws.create(PLACED)

    change = propose(aws, PLACED, parameters={"Delay": "3"})
    described = aws.cloudformation.describe_change_set(ChangeSetName=change)
    aws.cloudformation.execute_change_set(ChangeSetName=change)

    assert [each["ResourceChange"]["LogicalResourceId"] for each in described["Changes"]] == ["Queue"]
    assert aws.stack()["StackStatus"] == "UPDATE_COMPLETE"


def test_plain_moto_overlooks_parameters(plain: Any) -> None:
    """In plain moto a change set for another value lists no change."""
    plain.create(PLACED)

    change = propose(plain, PLACED, parameters={"Delay": "3"})

    assert plain.cloudformation.describe_change_set(ChangeSetName=change).get("Changes", []) == []


def test_a_change_set_without_changes_fails(aws: Any) -> None:
    """Nothing to change ends as the AWS CLI expects it, and cannot be executed."""
    aws.create(PLACED)

    change = propose(aws, PLACED)

    described = aws.cloudformation.describe_change_set(ChangeSetName=change)
    code, message = aws.refusal(aws.cloudformation.execute_change_set, ChangeSetName=change)
    assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert described["StatusReason"].startswith("The submitted information didn't contain changes.")
    assert code == "InvalidChangeSetStatus"
    assert "cannot be executed in its current execution status" in message


def test_a_failing_change_set_rolls_back(aws: Any) -> None:
    """Executing a change set rolls back like the operation that it stands for."""
    change = propose(aws, {"Table": table(), "Policy": broken()}, ChangeSetType="CREATE")

    aws.cloudformation.execute_change_set(ChangeSetName=change)

    described = aws.cloudformation.describe_change_set(ChangeSetName=change)
    assert aws.stack()["StackStatus"] == "ROLLBACK_COMPLETE"
    assert described["ExecutionStatus"] == "EXECUTE_FAILED"
    assert aws.client("dynamodb").list_tables()["TableNames"] == []


def test_plain_moto_leaves_a_failing_one_half_way(plain: Any) -> None:
    """In plain moto the exception escapes and the table stays."""
    change = propose(plain, {"Table": table(), "Policy": broken()}, ChangeSetType="CREATE")

    with pytest.raises(ClientError):
        plain.cloudformation.execute_change_set(ChangeSetName=change)

    assert len(plain.client("dynamodb").list_tables()["TableNames"]) == 1


def test_change_sets_belong_to_their_stack(aws: Any) -> None:
    """Two stacks may have a change set of the same name."""
    for name in ("one", "two"):
        aws.create(PLACED, name)
        propose(aws, PLACED, name, parameters={"Delay": "3"})

    aws.cloudformation.execute_change_set(ChangeSetName="change", StackName="one")

    assert aws.stack("one")["StackStatus"] == "UPDATE_COMPLETE"
    assert aws.stack("two")["StackStatus"] == "CREATE_COMPLETE"
    assert len(aws.cloudformation.list_change_sets(StackName="two")["Summaries"]) == 1


def test_a_change_set_can_be_dropped(aws: Any) -> None:
    """A deleted change set is unknown."""
    aws.create(PLACED)
    propose(aws, PLACED, parameters={"Delay": "3"})

    aws.cloudformation.delete_change_set(ChangeSetName="change", StackName="stack")

    refusal = aws.refusal(aws.cloudformation.describe_change_set, ChangeSetName="change", StackName="stack")
    assert refusal == ("ChangeSetNotFound", "ChangeSet [change] does not exist")


def test_a_change_set_needs_its_stack(aws: Any) -> None:
    """An update needs a stack that can be updated, a creation one that does not exist."""
    aws.create({"Policy": broken()}, "broken")
    aws.create(PLACED)

    assert aws.refusal(propose, aws, PLACED, "nobody")[1] == "Stack [nobody] does not exist"
    assert "is in ROLLBACK_COMPLETE state" in aws.refusal(propose, aws, PLACED, "broken")[1]
    assert "already exists" in aws.refusal(propose, aws, PLACED, ChangeSetType="CREATE")[1]


def test_a_change_set_keeps_what_it_is_told_to(aws: Any) -> None:
    """A change set can use the stack's template and values."""
    aws.create(PLACED, parameters={"Delay": "3"})

    change = aws.cloudformation.create_change_set(
        StackName="stack",
        ChangeSetName="change",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Delay", "UsePreviousValue": True}],
    )["Id"]

    assert aws.cloudformation.describe_change_set(ChangeSetName=change)["Status"] == "FAILED"


def test_a_change_set_needs_consent(aws: Any) -> None:
    """IAM resources need a capability in a change set as well, and a refusal leaves no stack behind."""
    code, _ = aws.refusal(propose, aws, {"Role": role(RoleName="mine")}, ChangeSetType="CREATE")

    assert code == "InsufficientCapabilitiesException"
    assert aws.cloudformation.describe_stacks()["Stacks"] == []
