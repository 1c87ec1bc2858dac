"""Exercises of notebook 05: what ReduceLambda's role may do, and how many ReduceLambdas run at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.checks.exercise import Cell, Exercise, Verdict, incorrect, not_attempted, passed
from workshop.checks.policies import Statement, allows, statements_of

if TYPE_CHECKING:
    from workshop.checks.course import Course

__all__ = ["EXERCISES"]

FUNCTION = "ReduceLambda"
# The policy that the template has made; it is named after the function.
FROM_TEMPLATE = "ReduceLambda"
READING = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
LISTING = "dynamodb:ListStreams"
# An account that is new may run ten functions at a time, and has to keep as many unreserved.
SMALLEST_ACCOUNT = 10


def check_policy(course: Course) -> Verdict:
    """Judge the policies that the learner added to the role: enough to read one stream, and no more."""
    statements = statements_of(course.client("iam"), course.role_name(FUNCTION))
    own = [each for each in statements if each.policy != FROM_TEMPLATE and each.effect == "Allow"]
    if not any(each.policy == FROM_TEMPLATE for each in statements) or not _may_write(course, statements):
        return incorrect(
            f"The role may not write to AggregateTable any more: your policy has taken the place of the one "
            f"that the template made. Both are called `{FROM_TEMPLATE}`. Give yours another name; "
            "`workshop destroy` and the cell of notebook 01 bring the first one back."
        )
    if not own:
        return not_attempted(f"{FUNCTION}'s role has only the policy that the template gave it.")
    stream = course.stream_arn("ReduceTable")
    if trouble := _too_much(own, stream) or _too_little(statements, stream):
        return incorrect(trouble)
    return passed(
        f"{FUNCTION}'s role may read the stream of ReduceTable, and you have allowed it nothing beyond that."
    )


def _may_write(course: Course, statements: tuple[Statement, ...]) -> bool:
    table, _, _ = course.stream_arn("ReduceTable").partition("/")
    return allows(statements, "dynamodb:UpdateItem", f"{table}/{course.outputs['AggregateTableName']}")


def _too_much(own: list[Statement], stream: str) -> str:
    """Say what the learner's statements allow beyond reading the stream."""
    for statement in own:
        for action in statement.actions:
            if "*" in action or "?" in action:
                return (
                    f"`{action}` is a pattern: it allows every call that it matches, "
                    "`DeleteTable` and `PutItem` perhaps among them. Name the calls one by one."
                )
            if action not in (*READING, LISTING):
                return f"`{action}` is allowed as well; reading a stream does without it."
        narrow = [action for action in statement.actions if action in READING]
        if narrow and (wide := [each for each in statement.resources if "*" in each.replace(stream, "")]):
            return f"`{narrow[0].split(':')[1]}` is allowed on `{wide[0]}`, which is more than one stream."
    return ""


def _too_little(statements: tuple[Statement, ...], stream: str) -> str:
    """Say which calls are not allowed yet, and on what they are allowed instead."""
    missing = [action for action in READING if not allows(statements, action, stream)]
    if missing:
        named = sorted(
            {name for each in statements if set(each.actions) & set(missing) for name in each.resources}
        )
        elsewhere = f" Your policy speaks of `{named[0]}`; the stream is `{stream}`." if named else ""
        return f"On the stream of ReduceTable the role may not call {', '.join(missing)}.{elsewhere}"
    if not allows(statements, LISTING, "*"):
        listed = [each for each in statements if LISTING in each.actions]
        if listed:
            return (
                f"`{LISTING}` is allowed on `{listed[0].resources[0]}`. A list belongs to no single stream, "
                "so there it grants nothing."
            )
        return f"The role may not call {LISTING}, the fourth call in AWS's sentence."
    return ""


def policy_in_place(course: Course) -> bool:
    """Whether the role may read the stream, however generously."""
    statements = statements_of(course.client("iam"), course.role_name(FUNCTION))
    stream = course.stream_arn("ReduceTable")
    return all(allows(statements, action, stream) for action in READING) and allows(statements, LISTING, "*")


def undo_policy(course: Course) -> None:
    """Take away what was added to the role by hand."""
    client, role = course.client("iam"), course.role_name(FUNCTION)
    for name in {each.policy for each in statements_of(client, role)} - {FROM_TEMPLATE}:
        client.delete_role_policy(RoleName=role, PolicyName=name)


def check_concurrency(course: Course) -> Verdict:
    """Judge the function's reserved concurrency."""
    if course.cloud.offline is None and _account_limit(course) <= SMALLEST_ACCOUNT:
        return passed(
            f"This account may run {SMALLEST_ACCOUNT} functions at a time, and AWS lets none of them be "
            "reserved. So we do without; the totals do not depend on it."
        )
    reserved = _reserved(course)
    if reserved is None:
        return not_attempted(
            f"{FUNCTION} has no reserved concurrency: as many run at a time as there is work."
        )
    if reserved == 0:
        return incorrect(f"The reserved concurrency is 0: {FUNCTION} may not run at all.")
    if reserved > 1:
        return incorrect(f"Up to {reserved} invocations of {FUNCTION} may run at the same time.")
    return passed(f"At most one {FUNCTION} runs at a time, and that one is always free for it.")


def _account_limit(course: Course) -> int:
    limits = course.client("lambda").get_account_settings()["AccountLimit"]
    return int(limits["ConcurrentExecutions"])


def _reserved(course: Course) -> int | None:
    answer = course.client("lambda").get_function_concurrency(FunctionName=course.outputs[f"{FUNCTION}Name"])
    reserved = answer.get("ReservedConcurrentExecutions")
    return None if reserved is None else int(reserved)


def undo_concurrency(course: Course) -> None:
    """Let as many run as there is work."""
    course.client("lambda").delete_function_concurrency(FunctionName=course.outputs[f"{FUNCTION}Name"])


EXERCISES = (
    Exercise(
        id="reduce-policy",
        title="Let ReduceLambda read one stream, and nothing else",
        notebook="05",
        minutes=6,
        place=Cell("05"),
        hints=(
            (
                "AWS's sentence says who was not allowed something, and what. Which calls are those, and on "
                "what?"
            ),
            (
                "A policy document is a list of statements; each has an Effect, a list of Actions "
                "(`dynamodb:GetRecords`, …) and a Resource. Three of the four calls belong to one stream, "
                "whose ARN you have. The fourth makes a list, belongs to no stream, and needs the Resource "
                "`*`."
            ),
            (
                'statements = [{"Effect": "Allow", "Action": ["dynamodb:DescribeStream", …], "Resource": '
                'ws.stream_arn("ReduceTable")}, {"Effect": "Allow", "Action": "dynamodb:…", "Resource": '
                '"*"}]\nws.client("iam").put_role_policy(RoleName=ws.role_name("ReduceLambda"), '
                'PolicyName="ReadReduceTable", PolicyDocument=json.dumps({"Version": "2012-10-17", '
                '"Statement": statements}))'
            ),
        ),
        check=check_policy,
        in_place=policy_in_place,
        undo=undo_policy,
    ),
    Exercise(
        id="reduce-concurrency",
        title="One ReduceLambda at a time",
        notebook="05",
        minutes=3,
        place=Cell("05"),
        hints=(
            "How many ReduceLambdas can add to `Grand Total` at once without getting into each other's way?",
            (
                "Lambda's call PutFunctionConcurrency sets how many invocations of a function may run at "
                "the same time. `ws.outputs` knows the function's name."
            ),
            (
                'ws.client("lambda").put_function_concurrency(FunctionName=ws.outputs["ReduceLambdaName"], '
                "ReservedConcurrentExecutions=…)"
            ),
        ),
        check=check_concurrency,
        in_place=lambda course: check_concurrency(course).is_passed,
        undo=undo_concurrency,
    ),
)
