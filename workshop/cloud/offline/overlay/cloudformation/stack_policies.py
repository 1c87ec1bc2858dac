"""Stack policies: which changes an update may make to which resources.

AWS refuses what no statement allows or one denies; a stack without a policy may be changed as one likes.
Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html. moto only
keeps the text. Changed: SetStackPolicy checks it; updates ask `denial`.
"""

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.cloudformation import models
from moto.cloudformation.exceptions import ValidationError

from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["check_policy", "denial"]

CONDITIONS = ("StringEquals", "StringLike")

_MOTO_SET = models.CloudFormationBackend.set_stack_policy


def check_policy(text: str) -> None:
    """Refuse what is no stack policy.

    Raises:
        ValidationError: naming what is wrong.
    """
    try:
        policy = json.loads(text)
        statements = _as_list(policy["Statement"])
        broken = [one for one in statements if not _is_statement(one)]
    except (ValueError, KeyError, TypeError, AttributeError):
        statements, broken = [], [text]
    if broken or not statements:
        raise ValidationError(message="Error validating stack policy: Invalid stack policy")


def _is_statement(one: Mapping[str, Any]) -> bool:
    parts = [
        sum(name in one for name in pair) for pair in (("Action", "NotAction"), ("Resource", "NotResource"))
    ]
    conditions = one.get("Condition", {})
    known = all(name in CONDITIONS and set(wanted) == {"ResourceType"} for name, wanted in conditions.items())
    return one["Effect"] in {"Allow", "Deny"} and parts == [1, 1] and "Principal" in one and known


def denial(policy: str, action: str, logical_id: str, resource_type: str) -> str | None:
    """Return why a policy, or none, keeps an update from `Update:Modify`, `Replace` or `Delete`, or None."""
    if not policy:
        return None
    resource, allowed = f"LogicalResourceId/{logical_id}", False
    for number, statement in enumerate(_as_list(json.loads(policy)["Statement"]), 1):
        if not _is_about(statement, action, resource, resource_type):
            continue
        if statement["Effect"] == "Deny":
            return (
                f"Action denied by stack policy: Statement [#{number}] does not allow [{action}] "
                f"for resource [{resource}]"
            )
        # Not decided yet: a later statement may deny it.
        allowed = True
    return (
        None if allowed else f"Action denied by stack policy: no statement allows [{action}] for [{resource}]"
    )


def _is_about(statement: Mapping[str, Any], action: str, resource: str, resource_type: str) -> bool:
    if _is_met(statement, "Action", action) and _is_met(statement, "Resource", resource):
        types = [kinds["ResourceType"] for kinds in statement.get("Condition", {}).values()]
        return all(_any_matches(each, resource_type) for each in types)
    return False


def _is_met(statement: Mapping[str, Any], name: str, value: str) -> bool:
    if name in statement:
        return _any_matches(statement[name], value)
    return not _any_matches(statement[f"Not{name}"], value)


def _any_matches(patterns: Any, value: str) -> bool:
    return any(fnmatchcase(value, pattern) for pattern in _as_list(patterns))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@corrects(models.CloudFormationBackend, "set_stack_policy")
def _set_stack_policy(backend: Any, stack_name: str, policy_body: str) -> None:
    check_policy(policy_body)
    _MOTO_SET(backend, stack_name, policy_body)
