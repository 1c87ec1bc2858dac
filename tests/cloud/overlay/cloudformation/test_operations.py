"""Creating and deleting stacks."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.cloud.overlay.cloudformation.samples import (
    body,
    broken,
    document,
    get,
    queue,
    resource,
    role,
    table,
)
from workshop.clock import ManualClock
from workshop.cloud.offline.runtime.leftovers import shorten_stack_events

WITHOUT_TABLE = {
    "Conditions": {"Never": {"Fn::Equals": ["a", "b"]}},
    "Resources": {"Queue": queue(), "Table": {**table(), "Condition": "Never"}},
}


def chain() -> dict[str, Any]:
    """Return three resources, the first of which needs the last."""
    needs_queue = {"Fn::Sub": "${Queue.QueueName}"}
    return {
        "First": table(Tags=[{"Key": "queue", "Value": needs_queue}]),
        "Other": table(),
        "Queue": {**queue(), "DependsOn": "Other"},
    }


def test_resources_are_made_in_the_order_of_their_dependencies(aws: Any) -> None:
    """What another resource refers to or depends on is made first, with an event at both ends."""
    aws.create(chain())

    assert aws.events() == [
        "stack CREATE_IN_PROGRESS",
        "Other CREATE_IN_PROGRESS",
        "Other CREATE_COMPLETE",
        "Queue CREATE_IN_PROGRESS",
        "Queue CREATE_COMPLETE",
        "First CREATE_IN_PROGRESS",
        "First CREATE_COMPLETE",
        "stack CREATE_COMPLETE",
    ]


def test_the_oldest_events_of_a_stack_go_first(aws: Any) -> None:
    """Beyond a limit, what happened first to a stack is told no more."""
    aws.create(chain())

    shorten_stack_events(3)

    assert aws.events() == ["First CREATE_IN_PROGRESS", "First CREATE_COMPLETE", "stack CREATE_COMPLETE"]


def test_plain_moto_tells_nothing_of_resources(plain: Any) -> None:
    """In plain moto the events are those of the stack."""
    plain.create(chain())

    assert plain.events() == ["stack CREATE_IN_PROGRESS", "stack CREATE_COMPLETE"]


def test_time_is_the_clocks(aws: Any, clock: ManualClock) -> None:
    """Stacks, events and resources bear the time of the offline cloud."""
    aws.create({"Queue": queue()})

    clock.advance(600)
    aws.update({"Queue": queue(DelaySeconds=5)})

    stack = aws.stack()
    resource = aws.cloudformation.describe_stack_resources(StackName="stack")["StackResources"][0]
    assert stack["LastUpdatedTime"].timestamp() == resource["Timestamp"].timestamp() == clock.now()
    assert stack["CreationTime"].timestamp() == clock.now() - 600


def test_a_failure_rolls_back(aws: Any) -> None:
    """When a resource fails, what was made is deleted, and the events name the resource and its reason."""
    stack = aws.create({"Table": table(), "Policy": {**broken(), "DependsOn": "Table"}, "Never": queue()})

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert aws.events() == [
        "stack CREATE_IN_PROGRESS",
        "Table CREATE_IN_PROGRESS",
        "Table CREATE_COMPLETE",
        "Policy CREATE_IN_PROGRESS",
        "Policy CREATE_FAILED",
        "stack ROLLBACK_IN_PROGRESS",
        "Table DELETE_IN_PROGRESS",
        "Table DELETE_COMPLETE",
        "stack ROLLBACK_COMPLETE",
    ]
    assert "Role nobody not found" in aws.reason("Policy")
    assert "failed to create: [Policy]" in aws.reason("stack")
    assert aws.client("dynamodb").list_tables()["TableNames"] == []
    assert aws.client("iam").list_policies(Scope="Local")["Policies"] == []


def test_plain_moto_leaves_debris(plain: Any) -> None:
    """In plain moto the exception escapes, the stack stays in progress, and the table stays."""
    with pytest.raises((BotoCoreError, ClientError)):
        plain.create({"Table": table(), "Policy": {**broken(), "DependsOn": "Table"}})

    assert plain.stack()["StackStatus"] == "CREATE_IN_PROGRESS"
    assert len(plain.client("dynamodb").list_tables()["TableNames"]) == 1


@pytest.mark.parametrize(
    ("options", "status", "tables"),
    [
        ({"OnFailure": "DO_NOTHING"}, "CREATE_FAILED", 1),
        ({"DisableRollback": True}, "CREATE_FAILED", 1),
        ({"OnFailure": "DELETE"}, "DELETE_COMPLETE", 0),
    ],
)
def test_the_caller_decides_what_a_failure_does(aws: Any, options: Any, status: str, tables: int) -> None:
    """A failed stack can be kept for a look, or deleted completely."""
    stack = aws.create({"Table": table(), "Policy": broken()}, **options)

    assert stack["StackStatus"] == status
    assert len(aws.client("dynamodb").list_tables()["TableNames"]) == tables


def test_a_failed_name_can_be_used_again(aws: Any) -> None:
    """A stack that rolled back refuses updates; once it is deleted, its name is free."""
    aws.create({"Policy": broken()})
    code, message = aws.refusal(aws.update, {"Queue": queue()})
    aws.cloudformation.delete_stack(StackName="stack")

    assert code == "ValidationError"
    assert "is in ROLLBACK_COMPLETE state and can not be updated" in message
    assert aws.create({"Queue": queue()})["StackStatus"] == "CREATE_COMPLETE"


def test_a_name_is_taken_only_once(aws: Any) -> None:
    """A second stack of the same name is refused."""
    aws.create({"Queue": queue()})

    assert aws.refusal(aws.create, {"Queue": queue()}) == (
        "AlreadyExistsException",
        "Stack [stack] already exists",
    )


def test_deleting_goes_the_other_way_round(aws: Any) -> None:
    """Resources are deleted before what they depend on; afterwards the stack is found by its id alone."""
    stack = aws.create(chain())["StackId"]

    aws.cloudformation.delete_stack(StackName="stack")

    assert [event for event in aws.events(stack) if event.endswith("DELETE_COMPLETE")] == [
        "First DELETE_COMPLETE",
        "Queue DELETE_COMPLETE",
        "Other DELETE_COMPLETE",
        "stack DELETE_COMPLETE",
    ]
    assert aws.refusal(aws.stack) == ("ValidationError", "Stack with id stack does not exist")


def test_what_is_retained_stays(aws: Any) -> None:
    """A resource with the deletion policy `Retain` outlives its stack."""
    stack = aws.create({"Table": {**table(), "DeletionPolicy": "Retain"}})["StackId"]

    aws.cloudformation.delete_stack(StackName="stack")

    assert "Table DELETE_SKIPPED" in aws.events(stack)
    assert len(aws.client("dynamodb").list_tables()["TableNames"]) == 1


def test_what_is_gone_counts_as_deleted(aws: Any) -> None:
    """A resource that somebody deleted by hand does not keep its stack from going."""
    aws.create({"Table": table(), "Queue": queue(), "Role": role()})
    resources = aws.resources()
    aws.client("dynamodb").delete_table(TableName=resources["Table"])
    aws.client("sqs").delete_queue(QueueUrl=resources["Queue"])
    aws.client("iam").delete_role(RoleName=resources["Role"])

    aws.cloudformation.delete_stack(StackName="stack")

    assert aws.cloudformation.describe_stacks()["Stacks"] == []


def test_a_delete_that_fails_keeps_the_stack(aws: Any) -> None:
    """What cannot be deleted is named, the rest goes, and a second try works when the cause is removed."""
    iam = aws.client("iam")
    aws.create({"Role": role(), "Queue": queue()})
    name = aws.resources()["Role"]
    policy = iam.create_policy(PolicyName="mine", PolicyDocument=json.dumps(document("sqs:SendMessage")))
    iam.attach_role_policy(RoleName=name, PolicyArn=policy["Policy"]["Arn"])

    aws.cloudformation.delete_stack(StackName="stack")
    failed, reason = aws.stack(), aws.reason("Role")
    iam.detach_role_policy(RoleName=name, PolicyArn=policy["Policy"]["Arn"])
    aws.cloudformation.delete_stack(StackName="stack")

    assert failed["StackStatus"] == "DELETE_FAILED"
    assert failed["StackStatusReason"] == "The following resource(s) failed to delete: [Role]."
    assert "must detach all policies first" in reason
    assert aws.cloudformation.describe_stacks()["Stacks"] == []


def test_what_cannot_be_deleted_can_be_left_behind(aws: Any) -> None:
    """`RetainResources` lets a stack go without its stubborn resources."""
    aws.create({"Table": table(DeletionProtectionEnabled=True)})
    aws.cloudformation.delete_stack(StackName="stack")

    aws.cloudformation.delete_stack(StackName="stack", RetainResources=["Table"])

    assert aws.cloudformation.describe_stacks()["Stacks"] == []
    assert len(aws.client("dynamodb").list_tables()["TableNames"]) == 1


def test_a_resource_with_a_false_condition_is_not_there(aws: Any) -> None:
    """A resource whose condition is false is neither made nor listed."""
    aws.create(WITHOUT_TABLE)

    listed = aws.cloudformation.list_stack_resources(StackName="stack")["StackResourceSummaries"]
    assert [row["LogicalResourceId"] for row in listed] == ["Queue"]
    assert "Table CREATE_IN_PROGRESS" not in aws.events()


def test_a_stack_in_a_stack_fails_with_it(aws: Any) -> None:
    """A stack whose embedded stack rolls back rolls back itself."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="inner.json", Body=body({"Policy": broken()}))
    inner = resource("CloudFormation::Stack", TemplateURL="https://s3.amazonaws.com/templates/inner.json")

    assert aws.create({"Queue": queue(), "Inner": inner})["StackStatus"] == "ROLLBACK_COMPLETE"
    assert aws.client("sqs").list_queues().get("QueueUrls", []) == []


@pytest.fixture
def inner(aws: Any) -> Callable[..., dict[str, Any]]:
    """Return what makes a stack of a queue in a stack, with an output Url."""
    template = {"Resources": {"Q": queue()}, "Outputs": {"Url": {"Value": {"Ref": "Q"}}}}
    aws.client("s3").create_bucket(Bucket="templates")
    aws.client("s3").put_object(Bucket="templates", Key="inner.json", Body=body(template))
    url = "https://s3.amazonaws.com/templates/inner.json"
    return lambda **properties: resource("CloudFormation::Stack", TemplateURL=url, **properties)


def test_a_stack_in_a_stack_has_the_tags_of_both(aws: Any, inner: Any) -> None:
    """So have its resources, and again after an update; it names the stack around it and the outermost."""
    queues, url = aws.client("sqs"), {"Url": {"Value": get("Inner", "Outputs.Url")}}

    def tags_of(value: str, create: Any) -> dict[str, str]:
        own = {"Inner": inner(Tags=[{"Key": "own", "Value": value}])}
        create({"Resources": own, "Outputs": url}, Tags=[{"Key": "outer", "Value": "o"}])
        found = queues.list_queue_tags(QueueUrl=aws.outputs()["Url"])["Tags"]
        return {key: value for key, value in found.items() if not key.startswith("aws:")}

    made, changed = tags_of("a", aws.create), tags_of("b", aws.update)
    within = aws.stack(aws.resources()["Inner"])

    assert (made, changed) == ({"own": "a", "outer": "o"}, {"own": "b", "outer": "o"})
    assert (within["ParentId"], within["RootId"]) == (aws.stack()["StackId"],) * 2
    assert {"Key": "own", "Value": "b"} in within["Tags"]


def test_an_output_that_a_stack_in_a_stack_lacks_fails_the_operation(aws: Any, inner: Any) -> None:
    """The reason names the output."""
    template = {"Resources": {"Inner": inner()}, "Outputs": {"O": {"Value": get("Inner", "Outputs.No")}}}

    stack = aws.create(template)

    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    reasons = [reason for _, reason in aws.reasons()]
    assert any("does not support attribute type Outputs.No in Fn::GetAtt" in reason for reason in reasons)


def test_a_stack_set_makes_stacks_as_before(aws: Any) -> None:
    """Stack sets create and delete their stacks through the same operations."""
    cloudformation, place = aws.cloudformation, {"Accounts": ["123456789012"], "Regions": ["us-east-1"]}
    cloudformation.create_stack_set(StackSetName="set", TemplateBody=body({"Queue": table()}))

    cloudformation.create_stack_instances(StackSetName="set", **place)
    made = len(aws.client("dynamodb").list_tables()["TableNames"])
    cloudformation.delete_stack_instances(StackSetName="set", RetainStacks=False, **place)

    assert made == 1
    assert aws.client("dynamodb").list_tables()["TableNames"] == []


def test_plain_moto_lists_what_is_not_there(plain: Any) -> None:
    """In plain moto a resource with a false condition is listed without a name, at a moment in 2010."""
    plain.create(WITHOUT_TABLE)

    rows = plain.cloudformation.describe_stack_resources(StackName="stack")["StackResources"]
    assert len(rows) == 2
    assert {row["Timestamp"].year for row in rows} == {2010}


def test_a_resource_is_found_by_its_physical_name(aws: Any) -> None:
    """One resource can be described by its logical id, or by the name that its service knows."""
    aws.create({"Queue": queue(), "Table": table()})
    name = aws.resources()["Table"]

    by_name = aws.cloudformation.describe_stack_resources(PhysicalResourceId=name)["StackResources"]
    one = aws.cloudformation.describe_stack_resource(StackName="stack", LogicalResourceId="Table")
    nobody = aws.refusal(aws.cloudformation.describe_stack_resource, StackName="stack", LogicalResourceId="X")

    assert [row["LogicalResourceId"] for row in by_name] == ["Queue", "Table"]
    assert one["StackResourceDetail"]["PhysicalResourceId"] == name
    assert nobody == ("ValidationError", "Resource X does not exist for stack stack")
