"""What policies allow, as the checks of the course read them."""

import pytest

from workshop.course.trials.policies import RoleStatement, allows

STREAM = "arn:aws:dynamodb:us-east-1:123456789012:table/T/stream/1"


def statement(*, effect="Allow", actions=("dynamodb:GetRecords",), resources=(STREAM,), **others):
    return RoleStatement("P", effect, tuple(actions), tuple(resources), **others)


def test_what_no_statement_names_is_forbidden() -> None:
    """Without any statement, nothing is allowed."""
    assert not allows([], "dynamodb:GetRecords", STREAM)


@pytest.mark.parametrize(
    "pattern", ["dynamodb:GetRecords", "dynamodb:Get*", "dynamodb:*", "*", "DYNAMODB:getrecords"]
)
def test_actions_match_by_pattern_whatever_their_case(pattern) -> None:
    """A star stands for any text, and the case of an action does not matter."""
    assert allows([statement(actions=[pattern])], "dynamodb:GetRecords", STREAM)


@pytest.mark.parametrize("resource", [STREAM, "*", STREAM.rpartition("/")[0] + "/*"])
def test_resources_match_by_pattern(resource) -> None:
    """A star stands for any text in a resource as well."""
    assert allows([statement(resources=[resource])], "dynamodb:GetRecords", STREAM)


@pytest.mark.parametrize("resource", [STREAM.partition("/stream/")[0], STREAM.lower(), STREAM + "2"])
def test_a_resource_must_match_wholly(resource) -> None:
    """The table is not its stream, case matters, and a longer name is another one."""
    assert not allows([statement(resources=[resource])], "dynamodb:GetRecords", STREAM)


def test_a_denial_outweighs_every_permission() -> None:
    """What one statement denies, no other one allows."""
    statements = [statement(actions=["*"]), statement(effect="Deny")]

    assert not allows(statements, "dynamodb:GetRecords", STREAM)
    assert allows(statements, "dynamodb:DescribeStream", STREAM)


def test_not_action_and_not_resource_mean_all_the_rest() -> None:
    """A statement may name what it does not speak of, and then speaks of everything else."""
    statements = [statement(actions=(), not_actions=("iam:*",), resources=(), not_resources=(STREAM,))]

    assert allows(statements, "dynamodb:GetRecords", "another")
    assert not allows(statements, "dynamodb:GetRecords", STREAM)
    assert not allows(statements, "IAM:CreateRole", "another")


@pytest.mark.parametrize(("tag", "is_allowed"), [("risk", True), ("other", False)])
def test_a_statement_speaks_where_its_condition_holds(tag: str, is_allowed: bool) -> None:
    """A condition is looked at with the keys of the call, whatever the case of their names."""
    statements = [statement(condition={"StringEquals": {"aws:PrincipalTag/Team": "risk"}})]

    assert allows(statements, "dynamodb:GetRecords", STREAM, {"AWS:principaltag/team": tag}) is is_allowed
    assert not allows(statements, "dynamodb:GetRecords", STREAM)


def test_a_variable_stands_for_the_callers_own() -> None:
    """A policy may name what is the caller's; before version 2012-10-17 that is mere text."""
    own = {"resources": [STREAM.replace("123456789012", "${aws:PrincipalAccount}")]}
    keys = {"aws:PrincipalAccount": "123456789012"}

    assert allows([statement(**own)], "dynamodb:GetRecords", STREAM, keys)
    assert not allows([statement(**own, has_variables=False)], "dynamodb:GetRecords", STREAM, keys)


def test_only_a_condition_holds_a_statement_back() -> None:
    """What another action or resource keeps from being allowed is not the condition's doing."""
    never = statement(condition={"Bool": {"aws:SecureTransport": "false"}})
    keys = {"aws:SecureTransport": "true"}

    assert never.is_held_back("dynamodb:GetRecords", STREAM, keys)
    assert not never.is_held_back("dynamodb:PutItem", STREAM, keys)
    assert not statement().is_held_back("dynamodb:GetRecords", STREAM, keys)
