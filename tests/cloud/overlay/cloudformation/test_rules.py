"""Rules of templates: assertions about parameters."""

from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.conftest import Account
from tests.cloud.overlay.cloudformation.samples import queue

OLD = {"Fn::Contains": [["1", "2"], {"Ref": "Version"}]}


def template(assertion: Any, **condition: Any) -> dict[str, Any]:
    """Return a template with one rule about the parameters `Stage`, `Zones` and the stored `Version`."""
    described = {"Assert": assertion, "AssertDescription": "bootstrap again"}
    stored = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/version"}
    return {
        "Parameters": {
            "Stage": {"Type": "String", "Default": "dev"},
            "Zones": {"Type": "CommaDelimitedList", "Default": "a,b"},
            "Version": stored,
        },
        "Rules": {"Recent": {**condition, "Assertions": [described]}},
        "Resources": {"Q": queue()},
    }


@pytest.mark.parametrize(
    ("assertion", "condition", "holds"),
    [
        ({"Fn::Not": [OLD]}, {}, True),
        (OLD, {}, False),
        (OLD, {"RuleCondition": {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}}, True),
        ({"Fn::EachMemberIn": [{"Ref": "Zones"}, ["a", "b", "c"]]}, {}, True),
        ({"Fn::EachMemberEquals": [{"Ref": "Zones"}, "a"]}, {}, False),
        ({"Fn::And": [{"Fn::Not": [OLD]}, {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}]}, {}, True),
        ({"Fn::Or": [OLD, {"Fn::Equals": [{"Ref": "Stage"}, "prod"]}]}, {}, False),
    ],
)
def test_an_assertion_refuses_a_template(aws: Account, assertion: Any, condition: Any, holds: bool) -> None:
    """A stack is made only if what its rules assert holds; the message is the rule's own."""
    aws.client("ssm").put_parameter(Name="/version", Value="33", Type="String")
    if holds:
        assert aws.create(template(assertion, **condition))["StackStatus"] == "CREATE_COMPLETE"
    else:
        assert aws.refusal(aws.create, template(assertion, **condition)) == (
            "ValidationError",
            "Template error: rule Recent is not satisfied: bootstrap again",
        )


def test_what_rules_may_not_ask_is_named(aws: Account) -> None:
    """Functions about other kinds of parameters are refused by name."""
    aws.client("ssm").put_parameter(Name="/version", Value="33", Type="String")

    _, message = aws.refusal(
        aws.create, template({"Fn::Contains": [{"Fn::RefAll": "AWS::EC2::VPC::Id"}, "a"]})
    )

    assert "does not offer Fn::RefAll" in message
