"""Policies may say whatever IAM's grammar allows.

AWS reads names of actions and of condition operators without regard to case, and numbers and truth values of
a condition without quotation marks; a trust policy names a principal and any action by which a role is
assumed, also by a wildcard
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html and
reference_policies_elements_condition_operators.html there). moto refuses numbers, operators in small letters,
`sts:SetContext` and wildcards, and takes a trust policy without a principal. Changed: as above.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from moto.iam.exceptions import MalformedPolicyDocument
from moto.iam.policy_validation import (
    VALID_CONDITIONS,
    BaseIAMPolicyValidator,
    IAMTrustPolicyDocumentValidator,
)

from workshop.cloud.offline.overlay.correct import corrects

OPERATORS = frozenset(name.lower() for name in VALID_CONDITIONS)
QUALIFIERS, IF_EXISTS = ("foranyvalue:", "forallvalues:"), "ifexists"
VALUES = (bool, float, int, str)
ASSUMING = tuple(
    f"sts:{name}"
    for name in (
        *("assumerole", "assumerolewithsaml", "assumerolewithwebidentity"),
        *("setcontext", "setsourceidentity", "tagsession"),
    )
)

_MOTO_VALIDATE = IAMTrustPolicyDocumentValidator.validate
_MOTO_ACTION = IAMTrustPolicyDocumentValidator._validate_trust_policy_action


@corrects(BaseIAMPolicyValidator, "_validate_condition_syntax", kind=staticmethod)
def _validate_conditions(statement: Mapping[str, Any]) -> None:
    # moto makes a refusal of any exception.
    for operator, keys in _mapping(statement.get("Condition", {})).items():
        values = [one for value in _mapping(keys).values() for one in _listed(value)]
        if (keys and _plain(operator) not in OPERATORS) or not all(isinstance(one, VALUES) for one in values):
            raise ValueError(operator)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise TypeError(value)
    return value


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _plain(operator: str) -> str:
    name = operator.lower()
    for qualifier in QUALIFIERS:
        name = name.removeprefix(qualifier)
    return name.removesuffix(IF_EXISTS)


@corrects(IAMTrustPolicyDocumentValidator, "_validate_trust_policy_action", kind=staticmethod)
def _validate_action(action: str) -> None:
    is_of_sts = action.lower().startswith("sts:")
    if not (is_of_sts and any(fnmatchcase(known, action.lower()) for known in ASSUMING)):
        _MOTO_ACTION(action)


@corrects(IAMTrustPolicyDocumentValidator, "validate")
def _validate(self: Any) -> None:
    _MOTO_VALIDATE(self)
    if not all({"Principal", "NotPrincipal"} & one.keys() for one in self._statements):
        raise MalformedPolicyDocument("Missing required field Principal")
