"""Updating stacks."""

from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.cloud.overlay.cloudformation.samples import broken, queue, resource, role, table
from workshop.cloud.offline.overlay.correct import plain_moto

NAMED = {
    "Parameters": {"Word": {"Type": "String", "Default": "one"}, "Other": {"Type": "String", "Default": "x"}},
    "Resources": {
        "Table": table(Tags=[{"Key": "word", "Value": {"Fn::Sub": "-${Word}-"}}]),
        "Queue": queue(),
    },
}


def tag_of(aws: Any) -> str:
    """Return the tag of the table of `NAMED`."""
    arn = aws.client("dynamodb").describe_table(TableName=aws.resources()["Table"])["Table"]["TableArn"]
    return str(aws.client("dynamodb").list_tags_of_resource(ResourceArn=arn)["Tags"][0]["Value"])


def switched(*, on: bool) -> dict[str, Any]:
    """Return a template with a queue that a parameter switches on and off."""
    return {
        "Parameters": {"On": {"Type": "String", "Default": str(on)}},
        "Conditions": {"IsOn": {"Fn::Equals": [{"Ref": "On"}, "True"]}},
        "Resources": {"Table": table(), "Queue": {**queue(), "Condition": "IsOn"}},
    }


def test_a_parameter_inside_a_text_changes_its_resource(aws: Any) -> None:
    """A resource is changed when what its functions give has changed, and no other is."""
    aws.create(NAMED)
    before = len(aws.events())

    aws.update(NAMED, parameters={"Word": "two"})

    assert tag_of(aws) == "-two-"
    assert aws.events()[before:] == [
        "stack UPDATE_IN_PROGRESS",
        "Table UPDATE_IN_PROGRESS",
        "Table UPDATE_COMPLETE",
        "stack UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "stack UPDATE_COMPLETE",
    ]


def test_plain_moto_overlooks_it(plain: Any) -> None:
    """In plain moto the update is complete and the tag is the old one."""
    plain.create(NAMED)

    assert plain.update(NAMED, parameters={"Word": "two"})["StackStatus"] == "UPDATE_COMPLETE"
    assert tag_of(plain) == "-one-"


@pytest.mark.parametrize("parameters", [{}, {"Word": "one"}, {"Other": "y"}])
def test_an_update_that_changes_nothing_is_refused(aws: Any, parameters: dict[str, str]) -> None:
    """The same template with parameters that change no resource is no update."""
    aws.create(NAMED)

    refusal = aws.refusal(aws.update, NAMED, parameters=parameters)

    assert refusal == ("ValidationError", "No updates are to be performed.")


def test_plain_moto_accepts_it(plain: Any) -> None:
    """In plain moto an update that changes nothing is complete."""
    plain.create(NAMED)

    assert plain.update(NAMED)["StackStatus"] == "UPDATE_COMPLETE"


def test_a_condition_switches_a_resource_on_and_off(aws: Any) -> None:
    """A resource comes and goes with its condition, the last after everything else."""
    aws.create(switched(on=False))
    aws.update(switched(on=False), parameters={"On": "True"})
    assert aws.resources().keys() == {"Table", "Queue"}

    aws.update(switched(on=True), parameters={"On": "False"})

    assert aws.resources().keys() == {"Table"}
    assert aws.client("sqs").list_queues().get("QueueUrls", []) == []
    assert aws.events()[-3:] == ["Queue DELETE_IN_PROGRESS", "Queue DELETE_COMPLETE", "stack UPDATE_COMPLETE"]


def test_a_resource_that_cannot_be_changed_is_replaced(aws: Any) -> None:
    """A new resource is made beside the old, what refers to it follows, and the old one goes last."""
    template = {"Table": table(), "Queue": queue(Tags=[{"Key": "table", "Value": {"Ref": "Table"}}])}
    aws.create(template)
    old = aws.resources()

    aws.update({**template, "Table": table("OtherKey")})

    new = aws.resources()
    tags = aws.client("sqs").list_queue_tags(QueueUrl=new["Queue"])["Tags"]
    assert new["Queue"] == old["Queue"]
    assert new["Table"] != old["Table"]
    assert tags["table"] == new["Table"]
    assert aws.client("dynamodb").list_tables()["TableNames"] == [new["Table"]]
    assert aws.events()[-3:] == ["Table DELETE_IN_PROGRESS", "Table DELETE_COMPLETE", "stack UPDATE_COMPLETE"]


def test_a_replaced_resource_may_be_kept(aws: Any) -> None:
    """The update-replace policy `Retain` keeps the old resource."""
    aws.create({"Table": {**table(), "UpdateReplacePolicy": "Retain"}})

    aws.update({"Table": {**table("OtherKey"), "UpdateReplacePolicy": "Retain"}})

    assert len(aws.client("dynamodb").list_tables()["TableNames"]) == 2


def test_a_named_resource_is_not_replaced(aws: Any) -> None:
    """Two resources cannot bear one name, so the update is rolled back and says what to do."""
    aws.create({"Table": table(TableName="named")})

    stack = aws.update({"Table": table("OtherKey", TableName="named")})

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "Rename named and update the stack again." in aws.reason("Table")


def test_a_failed_update_is_undone(aws: Any) -> None:
    """When one change fails, changed resources get their old properties back and new ones go."""
    aws.create(NAMED)
    before = aws.resources()
    template = {
        **NAMED,
        "Resources": {
            **NAMED["Resources"],
            "New": {**queue(), "DependsOn": "Table"},
            "Policy": {**broken(), "DependsOn": "New"},
        },
    }

    stack = aws.update(template, parameters={"Word": "two"})

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert tag_of(aws) == "-one-"
    assert aws.resources() == before
    assert len(aws.client("sqs").list_queues()["QueueUrls"]) == 1
    assert "failed to create: [Policy]" in aws.reason("stack")
    assert [parameter["ParameterValue"] for parameter in aws.stack()["Parameters"]] == ["one", "x"]


def test_plain_moto_stops_half_way(plain: Any) -> None:
    """In plain moto the exception escapes and the new queue stays."""
    plain.create(NAMED)
    template = {"Resources": {**NAMED["Resources"], "New": queue(), "Policy": broken()}}

    with pytest.raises((BotoCoreError, ClientError)):
        plain.update(template)

    assert plain.stack()["StackStatus"] == "CREATE_COMPLETE"
    assert len(plain.client("sqs").list_queues()["QueueUrls"]) == 2


def test_an_undone_update_can_be_repeated(aws: Any) -> None:
    """A stack that rolled an update back takes the next one."""
    aws.create(NAMED)
    aws.update({**NAMED, "Resources": {**NAMED["Resources"], "Policy": broken()}})

    assert aws.update(NAMED, parameters={"Word": "two"})["StackStatus"] == "UPDATE_COMPLETE"
    assert tag_of(aws) == "-two-"


def test_a_type_cannot_be_changed(aws: Any) -> None:
    """A logical id keeps its resource type."""
    aws.create({"Thing": queue()})

    code, message = aws.refusal(aws.update, {"Thing": table()})

    assert code == "ValidationError"
    assert "Update of resource type is not permitted" in message
    assert "[Thing]" in message


def test_what_moto_cannot_change_is_said(aws: Any) -> None:
    """A type that moto cannot change fails loudly, instead of being forgotten."""
    roles = {"One": role(), "Two": role()}
    aws.create({**roles, "Profile": resource("IAM::InstanceProfile", Roles=[{"Ref": "One"}])})

    stack = aws.update({**roles, "Profile": resource("IAM::InstanceProfile", Roles=[{"Ref": "Two"}])})

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "cannot change a resource of type AWS::IAM::InstanceProfile" in aws.reason("Profile")


def test_a_policy_of_deletion_is_an_update(aws: Any) -> None:
    """Another deletion policy touches no resource and holds from then on."""
    aws.create({"Table": table()})

    aws.update({"Table": {**table(), "DeletionPolicy": "Retain"}})
    aws.cloudformation.delete_stack(StackName="stack")

    assert len(aws.client("dynamodb").list_tables()["TableNames"]) == 1


def test_a_policy_of_deletion_that_is_none_is_refused(aws: Any) -> None:
    """In the language extensions it may come from a parameter, so an update finds out; the old one holds."""
    kept = {**table(), "DeletionPolicy": {"Ref": "Policy"}}
    wanted = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Policy": {"Type": "String", "Default": "Retain"}},
        "Resources": {"Table": kept},
    }
    consent = ["CAPABILITY_AUTO_EXPAND"]
    aws.create(wanted, Capabilities=consent)

    stack = aws.update(wanted, parameters={"Policy": "Keep"}, Capabilities=consent)
    aws.cloudformation.delete_stack(StackName="stack")

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert len(aws.client("dynamodb").list_tables()["TableNames"]) == 1


def test_outputs_follow_the_resources(aws: Any) -> None:
    """After an update the outputs are those of the new template and the new resources."""
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Table", "StreamArn"]}}}
    aws.create({"Table": table()})

    aws.update(
        {
            "Resources": {"Table": table(StreamSpecification={"StreamViewType": "KEYS_ONLY"})},
            "Outputs": outputs,
        }
    )

    assert ":table/stack-Table-" in aws.outputs()["Arn"]
    assert "/stream/" in aws.outputs()["Arn"]


def test_previous_values_and_templates_can_be_kept(aws: Any) -> None:
    """The previous template and values can be kept; a value that is not mentioned gets its default."""
    aws.create(NAMED, parameters={"Word": "two", "Other": "y"})

    aws.cloudformation.update_stack(
        StackName="stack",
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "Other", "UsePreviousValue": True}],
    )

    values = {each["ParameterKey"]: each["ParameterValue"] for each in aws.stack()["Parameters"]}
    assert values == {"Word": "one", "Other": "y"}


def test_tags_of_the_stack_are_an_update(aws: Any) -> None:
    """Other tags on the stack are a reason to update it."""
    aws.create({"Queue": queue()}, Tags=[{"Key": "a", "Value": "1"}])

    aws.update({"Queue": queue()}, Tags=[{"Key": "a", "Value": "2"}])

    assert aws.stack()["Tags"] == [{"Key": "a", "Value": "2"}]


def test_a_successful_update_ends_as_in_moto(aws: Any) -> None:
    """What moto updates rightly comes out the same with the corrections."""

    def update() -> list[Any]:
        aws.create({"Role": role()})
        aws.update({"Role": role(Description="new")})
        template = aws.cloudformation.get_template(StackName="stack")["TemplateBody"]
        description = aws.client("iam").list_roles()["Roles"][0]["Description"]
        stack = aws.stack()
        aws.cloudformation.delete_stack(StackName="stack")
        return [stack["StackStatus"], stack.get("Parameters"), template, description]

    corrected = update()

    with plain_moto():
        assert update() == corrected


def test_the_same_value_in_other_words_replaces_nothing(aws: Any) -> None:
    """`true` and `"true"` are one boolean, so that a queue stays with what is in it."""
    aws.create({"Queue": queue(FifoQueue=True)})
    before = aws.resources()

    aws.update({"Queue": queue(FifoQueue="true", DelaySeconds="1")})

    assert aws.resources() == before
