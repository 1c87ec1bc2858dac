"""What policies may say."""

import json
from typing import Any

import pytest

from tests.cloud.documents import allow, document, make_role, trust
from workshop.cloud.offline.overlay.correct import plain_moto

ASSUME = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
# What plain moto takes of a role that is there, or does not.
ACTIONS = [
    (["sts:AssumeRole", "sts:SetContext"], False),
    (["sts:AssumeRole", "sts:TagSession"], True),
    ("STS:AssumeRole", False),
    ("sts:assumerole", False),
    ("sts:AssumeRole*", False),
]
CONDITIONS: list[tuple[dict[str, Any], bool]] = [
    ({"NumericLessThan": {"aws:MultiFactorAuthAge": 3600}}, False),
    ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, True),
    ({"stringequals": {"aws:SourceAccount": "1"}}, False),
    ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["a", "b"]}}, True),
    ({"forallvalues:stringlikeifexists": {"aws:TagKeys": ["a"]}}, False),
    ({"Bool": {"aws:SecureTransport": True}}, True),
]


@pytest.fixture
def iam(account: Any) -> Any:
    """A client and a role."""
    client = account.client("iam")
    make_role(client)
    return client


def changes(iam: Any, text: str) -> bool:
    """Return whether plain moto takes a trust policy of a role that is there."""
    with plain_moto():
        try:
            iam.update_assume_role_policy(RoleName="lambda", PolicyDocument=text)
        except iam.exceptions.MalformedPolicyDocumentException:
            return False
        return True


@pytest.mark.parametrize(("action", "is_taken"), ACTIONS, ids=str)
def test_a_role_is_assumed_by_any_action_that_does(iam: Any, action: Any, is_taken: bool) -> None:
    """Whatever its capitals, also by a wildcard, when a role is made and later."""
    text = document({**ASSUME, "Action": action})

    iam.create_role(RoleName="r", AssumeRolePolicyDocument=text)
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=text)

    assert changes(iam, text) is is_taken


@pytest.mark.parametrize(
    "action", ["sts:AssumeRoot", "s3:*", "*", ["sts:AssumeRole", "s3:GetObject"]], ids=str
)
def test_no_other_action_is_taken(iam: Any, refused: Any, action: Any) -> None:
    """What assumes no role is refused, in moto's words."""
    text = document({**ASSUME, "Action": action})

    assert (
        refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=text)[0] == "MalformedPolicyDocument"
    )


@pytest.mark.parametrize(("condition", "is_taken"), CONDITIONS, ids=str)
def test_a_condition_has_numbers_and_operators_in_any_letters(iam, condition, is_taken) -> None:
    """In trust policies, inline and managed ones alike."""
    text, trusting = document(allow("*", Condition=condition)), document({**ASSUME, "Condition": condition})

    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trusting)
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=text)
    iam.create_policy(PolicyName="p", PolicyDocument=text)

    assert changes(iam, trusting) is is_taken


@pytest.mark.parametrize(
    "condition",
    [[], {"Like": {"a": "b"}}, {"Bool": "a"}, {"Bool": {"a": None}}, {"NumericEquals": {"a": [{}]}}],
    ids=str,
)
def test_a_condition_is_one(iam: Any, refused: Any, condition: Any) -> None:
    """Operators that there are, each with keys and values."""
    text = document({**ASSUME, "Condition": condition})

    error = refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=text)

    assert error == ("MalformedPolicyDocument", "Syntax errors in policy.")


def test_a_trust_policy_says_who(iam: Any, refused: Any) -> None:
    """One without a principal is refused; plain moto takes it."""
    text = document({"Effect": "Allow", "Action": "sts:AssumeRole"})

    errors = {
        refused(iam.create_role, RoleName="r", AssumeRolePolicyDocument=text),
        refused(iam.update_assume_role_policy, RoleName="lambda", PolicyDocument=text),
    }

    assert errors == {("MalformedPolicyDocument", "Missing required field Principal")}
    assert changes(iam, text)
    assert json.loads(trust())["Statement"][0]["Principal"]
