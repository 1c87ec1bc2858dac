"""Rules: what a template asserts about its parameters before anything is made.

Support for the operations on stacks; corrects nothing. A rule is checked if it has no condition or its
condition holds; the first assertion that fails refuses the template with its own description
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html). CDK asserts in
this way that its bootstrap stack is recent enough.
"""

from collections.abc import Callable, Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError
from moto.ssm.models import ssm_backends

from workshop.cloud.offline.overlay.cloudformation.parameters import effective_parameters

__all__ = ["ruled_parameters"]

STORE = "AWS::SSM::Parameter::"
STORED = f"{STORE}Value<"


def ruled_parameters(template: Mapping[str, Any], given: Mapping[str, str], place: Any) -> dict[str, str]:
    """Return the value of every parameter as text, having checked the rules; `place` has account and region.

    Raises:
        ValidationError: a parameter is refused, an assertion fails, or a rule uses what is not offered.
    """
    values = effective_parameters(template, given)
    slots = (template.get("Parameters") or {}).items()
    known = {
        "AWS::AccountId": place.account_id,
        "AWS::Region": place.region_name,
        **{name: _value(slot, values[name], place) for name, slot in slots},
    }
    for name, rule in (template.get("Rules") or {}).items():
        _check(name, rule, known)
    return values


def _value(slot: Mapping[str, Any], value: str, place: Any) -> Any:
    kind = str(slot.get("Type"))
    if kind.startswith(STORE):
        found = ssm_backends[place.account_id][place.region_name].get_parameter(value)
        if found is None:
            raise ValidationError(
                message=f"Unable to fetch parameters [{value}] from parameter store for this account."
            )
        if found.parameter_type == "SecureString":
            raise ValidationError(
                message=f"Parameters [{value}] referenced by template "
                "have types not supported by CloudFormation."
            )
        if kind.startswith(STORED):
            value, kind = str(found.value), kind.removeprefix(STORED)
    is_list = kind.startswith(("CommaDelimitedList", "List<"))
    return [one.strip() for one in value.split(",")] if is_list else value


def _check(name: str, rule: Mapping[str, Any], known: Mapping[str, Any]) -> None:
    if not _evaluated(rule.get("RuleCondition", True), known):
        return
    for assertion in rule["Assertions"]:
        if not _evaluated(assertion["Assert"], known):
            text = assertion.get("AssertDescription", "an assertion does not hold")
            raise ValidationError(message=f"Template error: rule {name} is not satisfied: {text}")


def _evaluated(value: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_evaluated(element, known) for element in value]
    if not isinstance(value, dict):
        return value
    ((function, argument),) = value.items()
    if function == "Ref" and argument in known:
        return known[argument]
    if function not in FUNCTIONS:
        raise ValidationError(message=f"The offline cloud does not offer {function} of {argument} in Rules")
    return FUNCTIONS[function](_evaluated(argument, known))


FUNCTIONS: Mapping[str, Callable[[Any], bool]] = {
    "Fn::And": all,
    "Fn::Contains": lambda given: given[1] in given[0],
    "Fn::EachMemberEquals": lambda given: all(member == given[1] for member in given[0]),
    "Fn::EachMemberIn": lambda given: set(given[0]) <= set(given[1]),
    "Fn::Equals": lambda given: given[0] == given[1],
    "Fn::Not": lambda given: not given[0],
    "Fn::Or": any,
}
