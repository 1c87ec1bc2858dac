"""What requests are refused for, before anything happens, and what they do to a stack in a stack."""

from typing import Any

import pytest
from moto.cloudformation import models

from tests.cloud.documents import trust
from tests.cloud.overlay.cloudformation.conftest import CONSENT
from tests.cloud.overlay.cloudformation.samples import body, broken, queue, role, table
from workshop.cloud.offline.overlay.correct import plain_moto

LIMITED = {
    "Parameters": {
        "Needed": {"Type": "String"},
        "Chosen": {"Type": "String", "Default": "a", "AllowedValues": ["a", "b"]},
        "Counted": {"Type": "Number", "Default": 2, "MinValue": 1, "MaxValue": 3},
        "Shaped": {
            "Type": "String",
            "Default": "ab",
            "AllowedPattern": "[a-z]+",
            "MinLength": 2,
            "MaxLength": 3,
        },
        "Explained": {
            "Type": "String",
            "Default": "x",
            "AllowedPattern": "x+",
            "ConstraintDescription": "must be x",
        },
    },
    "Resources": {"Queue": queue()},
}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({}, "Parameters: [Needed] must have values"),
        ({"Needed": "1", "Odd": "1"}, "Parameters: [Odd] do not exist in the template"),
        ({"Needed": "1", "Chosen": "c"}, "Parameter 'Chosen' must be one of AllowedValues"),
        ({"Needed": "1", "Counted": "0"}, "Parameter 'Counted' must be a number not less than 1"),
        ({"Needed": "1", "Counted": "4"}, "Parameter 'Counted' must be a number not greater than 3"),
        ({"Needed": "1", "Counted": "x"}, "Parameter 'Counted' must be a number"),
        ({"Needed": "1", "Shaped": "A1"}, "Parameter 'Shaped' must match pattern [a-z]+"),
        ({"Needed": "1", "Shaped": "a"}, "Parameter 'Shaped' must contain at least 2 characters"),
        ({"Needed": "1", "Shaped": "abcd"}, "Parameter 'Shaped' must contain at most 3 characters"),
        ({"Needed": "é" * 2049}, "Parameter 'Needed' must contain at most 4096 bytes"),
        ({"Needed": "1", "Explained": "y"}, "Parameter 'Explained' failed to satisfy constraint: must be x"),
    ],
)
def test_parameters_are_checked(aws: Any, parameters: dict[str, str], message: str) -> None:
    """A parameter that is unknown, missing or outside its constraints is refused, and no stack is made."""
    assert aws.refusal(aws.create, LIMITED, parameters=parameters) == ("ValidationError", message)
    assert aws.cloudformation.describe_stacks()["Stacks"] == []


def test_plain_moto_checks_no_constraint(plain: Any) -> None:
    """In plain moto a value outside its constraints is accepted."""
    stack = plain.create(LIMITED, parameters={"Needed": "1", "Chosen": "c", "Counted": "99"})

    assert stack["StackStatus"] == "CREATE_COMPLETE"


def test_values_are_described_as_text(aws: Any) -> None:
    """A stack describes the value of every parameter as text, defaults included, and hides secrets."""
    template = {
        **LIMITED,
        "Parameters": {**LIMITED["Parameters"], "Secret": {"Type": "String", "NoEcho": True}},
    }

    stack = aws.create(template, parameters={"Needed": "1", "Secret": "s"})

    values = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert values["Counted"] == "2"
    assert values["Secret"] == "****"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ({"Resources": {}}, "At least one Resources member must be defined"),
        (
            {"Resources": {"A": {"Properties": {}}}},
            "[/Resources/A] Every Resources object must contain a Type",
        ),
        ({"A": {"Type": "AWS::Cloud9::EnvironmentEC2"}}, "Unrecognized resource types: [AWS::Cloud9::Env"),
        ({"A": {"Type": "AWS::Odd::Thing"}}, "Unrecognized resource types: [AWS::Odd::Thing]"),
        ({"A": queue(QueueName={"Ref": "B"})}, "Unresolved resource dependencies [B] in the Resources block"),
        ({"A": {**queue(), "DependsOn": "B"}}, "Unresolved resource dependencies [B] in the Resources block"),
        ({"A": {**queue(), "Condition": "C"}}, "Unresolved condition dependency C"),
        ({"A": queue(QueueName={"Fn::If": ["C", "a", "b"]})}, "Unresolved condition dependency C"),
        (
            {"A": queue(), "B": queue(QueueName={"Fn::GetAtt": ["A", "Colour"]})},
            "resource Queue does not support attribute type Colour in Fn::GetAtt",
        ),
        (
            {"A": queue(QueueName={"Ref": "B"}), "B": queue(QueueName={"Ref": "A"})},
            "Circular dependency between resources: [A, B]",
        ),
        (
            {"Resources": {"A": queue()}, "Outputs": {"O": {"Value": {"Ref": "B"}}}},
            "Unresolved resource dependencies [B] in the Outputs block",
        ),
        (
            {"Transform": "AWS::Include", "Resources": {"A": queue()}},
            "does not offer the transform AWS::Include",
        ),
        (
            {"A": queue(QueueName={"Fn::Transform": {"Name": "Mine", "Parameters": {}}})},
            "does not offer the transform Mine",
        ),
    ],
)
def test_templates_are_checked(aws: Any, template: dict[str, Any], message: str) -> None:
    """A template that cannot become a stack is refused, and no stack is made."""
    code, refusal = aws.refusal(aws.create, template, Capabilities=[*CONSENT, "CAPABILITY_AUTO_EXPAND"])

    assert code == "ValidationError"
    assert message in refusal
    assert aws.cloudformation.describe_stacks()["Stacks"] == []


@pytest.mark.filterwarnings("ignore:Tried to parse")
def test_plain_moto_leaves_unknown_resources_out(plain: Any) -> None:
    """In plain moto a stack of unknown resources is complete and empty."""
    stack = plain.create({"A": {"Type": "AWS::Cloud9::EnvironmentEC2"}})

    assert stack["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("resource", "capabilities", "needed"),
    [(role(), [], "CAPABILITY_IAM"), (role(RoleName="mine"), ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM")],
)
def test_iam_needs_consent(aws: Any, resource: Any, capabilities: list[str], needed: str) -> None:
    """A template with IAM resources needs a capability, with names of their own the greater one."""
    refusal = aws.refusal(aws.create, {"Role": resource}, Capabilities=capabilities)

    assert refusal == ("InsufficientCapabilitiesException", f"Requires capabilities : [{needed}]")


@pytest.mark.parametrize("capability", ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"])
def test_consent_is_enough(aws: Any, capability: str) -> None:
    """Either capability is consent to IAM resources with generated names."""
    stack = aws.create({"Role": role()}, Capabilities=[capability])

    assert (stack["StackStatus"], stack["Capabilities"]) == ("CREATE_COMPLETE", [capability])


def test_plain_moto_asks_for_no_consent(plain: Any) -> None:
    """In plain moto IAM resources need no capability."""
    assert plain.create({"Role": role()}, Capabilities=[])["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    "host", ["http://127.0.0.1:4566", "https://s3.amazonaws.com", "http://localhost:4566"]
)
def test_a_template_may_lie_in_a_bucket(aws: Any, host: str) -> None:
    """A template URL names bucket and key on whatever host serves S3."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="some/template.json", Body=body({"Queue": queue()}))

    aws.cloudformation.create_stack(StackName="stack", TemplateURL=f"{host}/templates/some/template.json")

    assert aws.stack()["StackStatus"] == "CREATE_COMPLETE"


def test_a_template_can_be_validated(aws: Any) -> None:
    """Validation answers with parameters and capabilities, or with what is wrong."""
    template = body({**LIMITED, "Description": "Words.", "Resources": {"Role": role()}})

    answer = aws.cloudformation.validate_template(TemplateBody=template)

    assert answer["Description"] == "Words."
    assert answer["Capabilities"] == ["CAPABILITY_IAM"]
    assert {"ParameterKey": "Counted", "DefaultValue": "2", "NoEcho": False, "Description": ""} in answer[
        "Parameters"
    ]
    assert aws.refusal(aws.cloudformation.validate_template, TemplateBody="{}")[0] == "ValidationError"


def test_deleting_what_is_not_there_succeeds(aws: Any) -> None:
    """As on AWS, a stack that does not exist can be deleted; others stay, and none appears."""
    aws.create({"Queue": queue()}, "somebody")

    answer = aws.cloudformation.delete_stack(StackName="nobody")

    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    stacks = aws.cloudformation.describe_stacks()["Stacks"]
    assert [(stack["StackName"], stack["StackStatus"]) for stack in stacks] == [
        ("somebody", "CREATE_COMPLETE")
    ]


def test_two_stacks_of_one_template_do_not_meet(aws: Any) -> None:
    """Generated names keep stacks of the same template apart."""
    aws.create({"Table": table()}, "one")
    aws.create({"Table": table()}, "two")

    aws.cloudformation.delete_stack(StackName="one")

    assert aws.client("dynamodb").list_tables()["TableNames"] == list(aws.resources("two").values())


INNER = {
    "Parameters": {"Timeout": {"Type": "Number", "Default": 30}},
    "Resources": {"Queue": queue(VisibilityTimeout={"Ref": "Timeout"})},
    "Outputs": {"Name": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}}},
}
OUTPUTS = {"Name": {"Value": {"Fn::GetAtt": ["Inner", "Outputs.Name"]}}, "Id": {"Value": {"Ref": "Inner"}}}


def with_inner(
    aws: Any, template: Any, key: str, host: str = "https://s3.amazonaws.com", **properties: Any
) -> dict[str, Any]:
    """Return a template with a stack in it, whose template is put into a bucket."""
    aws.client("s3").create_bucket(Bucket="templates")
    aws.client("s3").put_object(Bucket="templates", Key=key, Body=body(template))
    properties["TemplateURL"] = f"{host}/{'' if 'templates.' in host else 'templates/'}{key}"
    inner = {"Type": "AWS::CloudFormation::Stack", "Properties": properties}
    return {"Resources": {"Inner": inner}, "Outputs": OUTPUTS}


def test_a_stack_in_a_stack_is_updated_in_place(aws: Any) -> None:
    """With another parameter, or another template, it is the same stack, queue and messages."""
    sqs = aws.client("sqs")
    aws.create(with_inner(aws, INNER, "one"))
    before = aws.outputs()
    url = sqs.get_queue_url(QueueName=before["Name"])["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="kept")

    aws.update(with_inner(aws, INNER, "one", Parameters={"Timeout": 40}))
    after_parameter = aws.outputs()
    larger = {**INNER, "Resources": {**INNER["Resources"], "Table": table()}}
    stack = aws.update(with_inner(aws, larger, "two", Parameters={"Timeout": 40}))

    assert (before, after_parameter) == (after_parameter, aws.outputs())
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert list(aws.resources(before["Id"])) == ["Queue", "Table"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (found["VisibilityTimeout"], found["ApproximateNumberOfMessages"]) == ("40", "1")


@pytest.mark.parametrize(
    "host", ["http://127.0.0.1:4566", "https://templates.s3.eu-west-1.amazonaws.com", "http://localhost:4566"]
)
def test_the_template_of_a_stack_in_a_stack_may_lie_on_any_host(aws: Any, host: str) -> None:
    """It is found where `aws cloudformation package` puts it, and changed from there."""
    aws.create(with_inner(aws, INNER, "one", host))
    before = aws.outputs()

    aws.update(with_inner(aws, INNER, "one", host, Parameters={"Timeout": 40}))

    assert aws.stack()["StackStatus"] == "UPDATE_COMPLETE"
    assert aws.outputs() == before


def test_a_bucket_that_is_not_there_is_named(aws: Any) -> None:
    """A template URL to nowhere fails the stack in the stack with S3's reason; plain moto has another."""
    wanted = with_inner(aws, INNER, "one")
    wanted["Resources"]["Inner"]["Properties"]["TemplateURL"] = "http://localhost:4566/nowhere/one"
    aws.create(wanted)

    assert "S3 error: The specified bucket does not exist: nowhere" in aws.reason("Inner")
    with plain_moto(), pytest.raises(AttributeError):
        models.get_stack_from_s3_url("https://s3.amazonaws.com/templates/two", "123456789012", "aws")


def test_a_stack_in_a_stack_is_rolled_back_with_it(aws: Any) -> None:
    """If its update fails, or that of its parent after it, it is what it was, and the reason is told."""
    aws.create(with_inner(aws, INNER, "one"))
    before, table_of = aws.outputs(), {**INNER, "Resources": {**INNER["Resources"], "Policy": broken()}}

    assert aws.update(with_inner(aws, table_of, "bad"))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert (
        "Currently in UPDATE_ROLLBACK_COMPLETE with reason: The following resource(s) failed"
        in aws.reason("Inner")
    )
    later = with_inner(aws, INNER, "one", Parameters={"Timeout": 40})
    later["Resources"]["Policy"] = {**broken(), "DependsOn": "Inner"}
    assert aws.update(later)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"

    assert aws.outputs() == before
    assert list(aws.resources(before["Id"])) == ["Queue"]
    sqs = aws.client("sqs")
    url = sqs.get_queue_url(QueueName=before["Name"])["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert found["VisibilityTimeout"] == "30"


def test_plain_moto_makes_another_stack(plain: Any) -> None:
    """In plain moto the queue of a stack in a stack is another one after an update."""
    plain.create(with_inner(plain, INNER, "one"))
    before = set(plain.client("sqs").list_queues()["QueueUrls"])

    plain.update(with_inner(plain, INNER, "one", Parameters={"Timeout": "40"}))

    assert not before & set(plain.client("sqs").list_queues()["QueueUrls"])


def test_a_role_for_stacks_must_be_assumable(aws: Any) -> None:
    """CloudFormation goes on with the role that it was given, if it may assume it; plain moto takes any."""
    iam = aws.client("iam")
    arns = {
        name: iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(Service=f"{name}.amazonaws.com"))
        for name in ("cloudformation", "lambda")
    }
    role_arn, other = (arns[name]["Role"]["Arn"] for name in ("cloudformation", "lambda"))
    template = {"Resources": {"Queue": queue()}}

    for wrong in (other, f"{role_arn}-none"):
        code, message = aws.refusal(
            aws.cloudformation.create_stack, StackName="stack", TemplateBody=body(template), RoleARN=wrong
        )
        assert (code, message) == ("ValidationError", f"Role {wrong} is invalid or cannot be assumed")
    aws.cloudformation.create_stack(StackName="stack", TemplateBody=body(template), RoleARN=role_arn)
    aws.update({"Resources": {"Queue": queue(), "Another": queue()}})

    assert aws.stack()["RoleARN"] == role_arn
    with plain_moto():
        aws.cloudformation.create_stack(StackName="plain", TemplateBody=body(template), RoleARN=other)


def test_an_update_names_a_stack_that_is_not_there(aws: Any) -> None:
    """In the words of UpdateStack, which differ from those of DescribeStacks."""
    error = aws.refusal(aws.update, {"Queue": queue()}, "none")

    assert error == ("ValidationError", "Stack [none] does not exist")
