"""Policies that resources are given: each operation that takes one refuses what is none."""

import json
from typing import Any

import pytest

from tests.cloud.request_models.test_without_effect import nested
from tests.cloud.walk.requests import model_of
from workshop.cloud.offline.request_models.policies import POLICIES, policy_problem

RIGHT = {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}


def without(name: str) -> str:
    return json.dumps({"Statement": [{key: value for key, value in RIGHT.items() if key != name}]})


WRONG = [
    ("{", "valid JSON"),
    ("[]", "valid JSON"),
    ("[" * 5000, "valid JSON"),
    ("{}", "Missing required field Statement"),
    ('{"Statement": []}', "Missing required field Statement"),
    ('{"Statement": ["x"]}', "Missing required field Effect"),
    (json.dumps({"Statement": [{**RIGHT, "Effect": "Maybe"}]}), "Invalid effect: Maybe"),
    (json.dumps({"Statement": RIGHT | {"Condition": "x"}}), "Invalid condition"),
    (json.dumps({"Statement": RIGHT | {"Condition": {"Bool": "x"}}}), "Invalid condition"),
    *((without(name), f"Missing required field {name}") for name in ("Effect", "Principal", "Action")),
]
TAKEN = [
    json.dumps({"Statement": RIGHT}),
    json.dumps({"Version": "2012-10-17", "Statement": [RIGHT, {**RIGHT, "Effect": "Deny"}]}),
    json.dumps({"Statement": [{"Effect": "Deny", "NotPrincipal": {"AWS": "*"}, "NotAction": "*"}]}),
]


def given(service: str, operation: str, policy: str) -> dict[str, Any]:
    """Return the parameters that have the policy."""
    shape: Any = model_of(service).operation_model(operation).input_shape
    path = POLICIES[service, operation][0]
    named = "AttributeName" in shape.members
    return dict(nested(shape, path.rpartition(".")[2] if named else path, policy))


@pytest.mark.parametrize(("service", "operation"), POLICIES)
def test_a_policy_is_one(service: str, operation: str) -> None:
    """What is no JSON, or says not what to whom, is refused; an empty attribute takes a policy away."""
    path, code, text = POLICIES[service, operation]
    empty = policy_problem(service, operation, given(service, operation, ""))

    assert (empty is None) is path.startswith("Attributes.")
    for policy, reason in WRONG:
        problem = policy_problem(service, operation, given(service, operation, policy))

        assert problem is not None, policy
        assert problem.code == code
        assert reason in problem.message or "{}" not in text
    for policy in TAKEN:
        assert policy_problem(service, operation, given(service, operation, policy)) is None, policy


@pytest.mark.parametrize(
    ("service", "operation", "statement", "reason"),
    [
        ("s3", "PutBucketPolicy", {"Action": "sqs:*"}, "Policy has invalid action"),
        ("s3", "PutBucketPolicy", {"Action": ["s3:*", "*"]}, None),
        ("s3", "PutBucketPolicy", {"Resource": "arn:aws:s3:::other/*"}, "Policy has invalid resource"),
        ("s3", "PutBucketPolicy", {"Resource": "arn:aws:sqs:::b"}, "Policy has invalid resource"),
        ("s3", "PutBucketPolicy", {"Resource": "b"}, "Policy has invalid resource"),
        (
            "s3",
            "PutBucketPolicy",
            {"Resource": ["arn:aws:s3:::b", "arn:aws:s3:::b/x", "arn:*:s3:::?/*"]},
            None,
        ),
        (
            "sns",
            "CreateTopic",
            {"Action": "SQS:SendMessage"},
            "Policy statement action out of service scope!",
        ),
        ("sns", "CreateTopic", {"Action": ["SNS:Publish", "sns:*"]}, None),
    ],
)
def test_a_policy_is_about_its_own_resource(
    service: str, operation: str, statement: dict[str, Any], reason: str | None
) -> None:
    """Buckets and topics refuse actions of other services, and a bucket what is in another one."""
    parameters = given(service, operation, json.dumps({"Statement": {**RIGHT, **statement}}))

    problem = policy_problem(service, operation, {**parameters, "Bucket": "b"})

    assert (problem is None) == (reason is None)
    assert problem is None or problem.message.endswith(str(reason))


def test_a_policy_of_a_session_is_one() -> None:
    """It names no principal, and no session needs one."""
    own = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policies = {"nope": False, "[" * 5000: False, "{}": False}
    policies |= {json.dumps({"Statement": RIGHT}): False, json.dumps({"Statement": own}): True}

    found = {text: policy_problem("sts", "AssumeRole", {"Policy": text}) for text in policies}

    assert {text: problem is None for text, problem in found.items()} == policies
    assert {problem.code for problem in found.values() if problem} == {"MalformedPolicyDocument"}
    assert policy_problem("sts", "AssumeRole", {}) is None


def test_other_attributes_are_no_policies() -> None:
    """SetTopicAttributes and SetQueueAttributes are asked for others as well."""
    shown = {"TopicArn": "t", "AttributeName": "DisplayName", "AttributeValue": "{"}

    assert policy_problem("sns", "SetTopicAttributes", shown) is None
    assert policy_problem("sqs", "SetQueueAttributes", {"Attributes": {"DelaySeconds": "1"}}) is None
