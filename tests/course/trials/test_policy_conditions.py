"""Policies with conditions, as learners write them: judged by whether they hold for the calls that matter."""

import json
from typing import Any

import pytest

from tests.course.gate.gate_bench import Bench
from workshop.course.exercise import CheckResult, Outcome
from workshop.course.exercises import find_exercise
from workshop.course.trials.made_role import PRODUCER, make_role

ACCOUNT, REGION = "123456789012", "us-east-1"
READING = [f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator")]
HARMLESS: list[dict[str, Any]] = [
    {"Bool": {"aws:SecureTransport": "true"}},
    {"StringEquals": {"aws:RequestedRegion": REGION, "aws:PrincipalAccount": ACCOUNT}},
    {"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "other"}},
]
NEVER: list[dict[str, Any]] = [
    {"Bool": {"aws:SecureTransport": "false"}},
    {"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}},
    {"StringEquals": {"aws:PrincipalAccount": "999999999999"}},
]


@pytest.fixture(scope="module")
def bench(bench: Bench) -> Bench:
    """A learner at the exercise on ReduceLambda's policy."""
    bench.begin(find_exercise("reduce-policy"))
    return bench


def answered(bench: Bench, exercise_id: str, role: str, statements: list[dict[str, Any]]) -> CheckResult:
    """Return the verdict on a policy with these statements, which is taken away again."""
    exercise = find_exercise(exercise_id)
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    bench.course.client("iam").put_role_policy(RoleName=role, PolicyName="Mine", PolicyDocument=document)
    verdict = bench.judge(exercise)
    exercise.undo(bench.course)
    return verdict


def reduce_policy(bench: Bench, condition: dict[str, Any], *more: dict[str, Any]) -> CheckResult:
    """Return the verdict on the right policy under a condition."""
    course = bench.course
    pairs = ((READING, course.stream_arn("ReduceTable")), ("dynamodb:ListStreams", "*"))
    allowed = [
        {"Effect": "Allow", "Action": actions, "Resource": resource, "Condition": condition}
        for actions, resource in pairs
    ]
    return answered(bench, "reduce-policy", course.role_name("ReduceLambda"), [*allowed, *more])


def producer_policy(bench: Bench, condition: dict[str, Any]) -> CheckResult:
    """Return the verdict on the right policy for a producer under a condition."""
    stream = bench.course.stream_arn("IncomingDataStream")
    allowed = {"Effect": "Allow", "Action": "kinesis:PutRecords", "Resource": stream, "Condition": condition}
    return answered(bench, "producer-policy", make_role(bench.course, PRODUCER), [allowed])


@pytest.mark.parametrize("condition", HARMLESS)
def test_a_condition_that_always_holds_does_no_harm(bench: Bench, condition: dict[str, Any]) -> None:
    """Least privilege with a condition that every call of the role meets is right."""
    for verdict in (reduce_policy(bench, condition), producer_policy(bench, condition)):
        assert verdict.is_passed, verdict.feedback


@pytest.mark.parametrize("condition", NEVER)
def test_a_condition_that_never_holds_allows_nothing(bench: Bench, condition: dict[str, Any]) -> None:
    """A policy that never applies is no answer, however right its actions and resources are."""
    reading, sending = reduce_policy(bench, condition), producer_policy(bench, condition)

    assert reading.outcome is sending.outcome is Outcome.INCORRECT
    assert f"under the condition `{json.dumps(condition)}`" in reading.feedback
    assert "AWS refused it" in sending.feedback


@pytest.mark.parametrize(("condition", "is_passed"), [(HARMLESS[0], False), (NEVER[0], True)])
def test_a_denial_counts_where_its_condition_holds(
    bench: Bench, condition: dict[str, Any], *, is_passed: bool
) -> None:
    """Whoever denies insecure calls denies none; whoever denies secure ones denies all."""
    denial = {"Effect": "Deny", "Action": "dynamodb:*", "Resource": "*", "Condition": condition}

    assert reduce_policy(bench, HARMLESS[0], denial).is_passed is is_passed


def test_a_stage_is_connected_under_a_condition(bench: Bench) -> None:
    """Lambda reads for a role whose right has a condition that holds."""
    course = bench.course
    bench.solve(find_exercise("reduce-policy"))
    role, policy = course.role_name("ReduceLambda"), "ReadReduceTable"
    client = course.client("iam")
    document = client.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    for statement in document["Statement"]:
        statement["Condition"] = HARMLESS[0]
    client.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))

    bench.solve(find_exercise("connect-reduce"))

    assert bench.judge(find_exercise("connect-reduce")).is_passed
