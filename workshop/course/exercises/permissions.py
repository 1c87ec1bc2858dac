"""Exercises of notebook 05: what ReduceLambda's role may do, and how many ReduceLambdas run at a time."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed
from workshop.course.trials.policies import Keys, RoleStatement, allows, keys_of_role, statements_of
from workshop.deploy.concurrency import can_reserve

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["EXERCISES"]

FUNCTION = "ReduceLambda"
# The policy that the template has made; it is named after the function.
FROM_TEMPLATE = "ReduceLambda"
READING = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
LISTING = "dynamodb:ListStreams"
# IAM does not look at the case of an action.
ALLOWED = {action.lower() for action in (*READING, LISTING)}


def check_policy(course: Course) -> CheckResult:
    """Observe in IAM whether the learner's policies allow reading the one stream, and nothing else."""
    statements = statements_of(course.client("iam"), course.role_name(FUNCTION))
    keys = keys_of_role(course, course.role_name(FUNCTION))
    own = [each for each in statements if not _is_from_template(each) and each.effect == "Allow"]
    if trouble := _lost_right(course, statements, keys):
        return incorrect(trouble)
    if not own:
        return not_attempted(f"{FUNCTION}'s role has only the policy that the template gave it.")
    stream = course.stream_arn("ReduceTable")
    if trouble := _too_much(own) or _too_little(statements, stream, keys) or _elsewhere(own, stream):
        return incorrect(trouble)
    return passed(
        f"{FUNCTION}'s role may read the stream of ReduceTable, and you have allowed it nothing beyond that."
    )


def _is_from_template(statement: RoleStatement) -> bool:
    return statement.policy == FROM_TEMPLATE and not statement.policy_arn


def _lost_right(course: Course, statements: tuple[RoleStatement, ...], keys: Keys) -> str:
    """Say why the role may not write any more, if so: its first policy is gone, or another one denies it."""
    place, _, _ = course.stream_arn("ReduceTable").partition("/")
    write = ("dynamodb:UpdateItem", f"{place}/{course.outputs['AggregateTableName']}", keys)
    if allows(statements, *write):
        return ""
    for each in statements:
        if each.effect == "Deny" and each.covers(*write):
            return (
                f"`{each.policy}` denies the role to write to AggregateTable, and a denial outweighs every "
                "permission. What nothing allows need not be denied."
            )
    return (
        "The role may not write to AggregateTable any more: your policy has taken the place of the one "
        f"that the template made. Both are called `{FROM_TEMPLATE}`. Give yours another name; "
        "`workshop destroy` and the cell of notebook 01 bring the first one back."
    )


def _too_much(own: list[RoleStatement]) -> str:
    """Say what the learner's statements allow beyond reading a stream."""
    for statement in own:
        if statement.is_negative:
            return (
                f"A statement of `{statement.policy}` names what it does not apply to (`NotAction` or "
                "`NotResource`): it allows all the rest. Name what is to be allowed."
            )
        for action in statement.actions:
            if "*" in action or "?" in action:
                return (
                    f"`{action}` is a pattern: it allows every call that it matches, "
                    "`DeleteTable` and `PutItem` perhaps among them. Name the calls one by one."
                )
            if action.lower() not in ALLOWED:
                return f"`{action}` is allowed as well; reading a stream does without it."
        wide = [each for each in statement.resources if "*" in each or "?" in each]
        if wide and statement.names(*READING):
            return f"`{_reading(statement)}` is allowed on `{wide[0]}`, which is more than one stream."
    return ""


def _elsewhere(own: list[RoleStatement], stream: str) -> str:
    """Say what else may be read, where the one stream may be."""
    for statement in own:
        others = [each for each in statement.resources if each != stream]
        if others and statement.names(*READING):
            return (
                f"`{_reading(statement)}` is allowed on `{others[0]}` "
                "as well, which is not the stream of ReduceTable."
            )
    return ""


def _reading(statement: RoleStatement) -> str:
    """Return the first call of a statement that reads a stream."""
    reading = {action.lower() for action in READING}
    return next(each for each in statement.actions if each.lower() in reading).partition(":")[2]


def _too_little(statements: tuple[RoleStatement, ...], stream: str, keys: Keys) -> str:
    """Say which calls are not allowed yet, and on what, or under which condition, they are instead."""
    missing = [action for action in READING if not allows(statements, action, stream, keys)]
    if trouble := _held_back(statements, missing, stream, keys):
        return trouble
    if missing:
        named = sorted({name for each in statements if each.names(*missing) for name in each.resources})
        elsewhere = f" Your policy names `{named[0]}`; the stream is `{stream}`." if named else ""
        return f"On the stream of ReduceTable the role may not call {', '.join(missing)}.{elsewhere}"
    if not allows(statements, LISTING, "*", keys):
        if trouble := _held_back(statements, [LISTING], "*", keys):
            return trouble
        listed = [each for each in statements if each.names(LISTING)]
        if listed and listed[0].resources:
            return (
                f"`{LISTING}` is allowed on `{listed[0].resources[0]}`. A list belongs to no single stream, "
                "so there it grants nothing."
            )
        return f"The role may not call {LISTING}, the fourth call in AWS's sentence."
    return ""


def _held_back(
    statements: tuple[RoleStatement, ...], missing: Sequence[str], resource: str, keys: Keys
) -> str:
    """Say whose condition does not hold when Lambda reads, where that is what a call lacks."""
    for action in missing:
        for each in statements:
            if each.effect == "Allow" and each.is_held_back(action, resource, keys):
                return (
                    f"`{each.policy}` allows {action} under the condition `{json.dumps(each.condition)}`, "
                    "and when Lambda reads with this role, that does not hold."
                )
    return ""


def policy_works(course: Course) -> bool:
    """Whether the role may read the stream, however generously."""
    statements = statements_of(course.client("iam"), course.role_name(FUNCTION))
    keys, stream = keys_of_role(course, course.role_name(FUNCTION)), course.stream_arn("ReduceTable")
    may_read = all(allows(statements, action, stream, keys) for action in READING)
    return may_read and allows(statements, LISTING, "*", keys)


def undo_policy(course: Course) -> None:
    """Take away what was added to the role by hand."""
    client, role = course.client("iam"), course.role_name(FUNCTION)
    added = {
        (each.policy, each.policy_arn) for each in statements_of(client, role) if not _is_from_template(each)
    }
    for name, arn in added:
        if arn:
            client.detach_role_policy(RoleName=role, PolicyArn=arn)
        else:
            client.delete_role_policy(RoleName=role, PolicyName=name)


def check_concurrency(course: Course) -> CheckResult:
    """Observe the reserved concurrency of the function."""
    reserved = _reserved(course)
    if reserved is None:
        if not can_reserve(course.cloud):
            return passed(
                "This account has no concurrency to reserve: AWS keeps all of it for functions without a "
                "reservation. So we do without; the totals do not depend on it."
            )
        return not_attempted(
            f"{FUNCTION} has no reserved concurrency: as many run at a time as there is work."
        )
    if reserved == 0:
        return incorrect(f"The reserved concurrency is 0: {FUNCTION} may not run at all.")
    if reserved > 1:
        return incorrect(f"Up to {reserved} invocations of {FUNCTION} may run at the same time.")
    return passed(f"At most one {FUNCTION} runs at a time, and that one is always free for it.")


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
        answer_location=Cell("05"),
        check=check_policy,
        is_done=policy_works,
        undo=undo_policy,
    ),
    Exercise(
        id="reduce-concurrency",
        title="One ReduceLambda at a time",
        notebook="05",
        minutes=3,
        answer_location=Cell("05"),
        check=check_concurrency,
        is_done=lambda course: check_concurrency(course).is_passed,
        undo=undo_concurrency,
        is_possible=lambda course: can_reserve(course.cloud) or _reserved(course) is not None,
    ),
)
