"""The values of a template's parameters, checked against their constraints.

Support for the operations on stacks; no correction of its own. The constraints are those of
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html, the messages
follow CloudFormation's. moto checks none of them.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from moto.cloudformation.exceptions import ValidationError

from workshop.cloud.offline.overlay.cloudformation.handlers import as_text

__all__ = ["effective_parameters", "merged_parameters"]

# Those of AWS's own resources are ids of EC2 and Route 53.
_OF_AWS = r"AWS::(EC2|Route53)::[\w:]+"
_STORED = rf"(String|CommaDelimitedList|List<(String|{_OF_AWS})>|{_OF_AWS})"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_BYTES = 4096
TYPES = re.compile(
    rf"String|Number|CommaDelimitedList|List<(String|Number|{_OF_AWS})>|{_OF_AWS}"
    rf"|AWS::SSM::Parameter::(Name|Value<{_STORED}>)"
)


def effective_parameters(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    """Return the value of every parameter of the template as text, defaults filled in.

    Raises:
        ValidationError: a parameter is unknown, has no value or breaks a constraint.
    """
    declared: Mapping[str, Mapping[str, Any]] = template.get("Parameters") or {}
    if unknown := [name for name in given if name not in declared]:
        raise ValidationError(message=f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values = {
        name: given[name] if name in given else as_text(slot["Default"])
        for name, slot in declared.items()
        if name in given or "Default" in slot
    }
    if missing := [name for name in declared if name not in values]:
        raise ValidationError(message=f"Parameters: [{', '.join(missing)}] must have values")
    for name, slot in declared.items():
        if not TYPES.fullmatch(str(slot["Type"])):
            raise ValidationError(
                message=f"Template format error: Unrecognized parameter type: {slot['Type']}"
            )
        _check(name, slot, values[name])
    return values


def merged_parameters(given: Iterable[Mapping[str, Any]], previous: Mapping[str, str]) -> dict[str, str]:
    """Return the values of a request, with the stack's own value wherever it says `UsePreviousValue`.

    Raises:
        ValidationError: the stack has no such value.
    """
    values = {}
    for parameter in given:
        name = parameter["ParameterKey"]
        if str(parameter.get("UsePreviousValue", "")).lower() != "true":
            values[name] = parameter.get("ParameterValue", "")
        elif name in previous:
            values[name] = previous[name]
        else:
            raise ValidationError(
                message=f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true "
                "for a parameter key not in the previous template"
            )
    return values


def _check(name: str, slot: Mapping[str, Any], value: str) -> None:
    if len(value.encode()) > MOST_BYTES:
        raise ValidationError(message=f"Parameter '{name}' must contain at most {MOST_BYTES} bytes")
    broken = next(_broken_constraints(slot, value), None)
    if broken is None:
        return
    if text := slot.get("ConstraintDescription"):
        broken = f"failed to satisfy constraint: {text}"
    raise ValidationError(message=f"Parameter '{name}' {broken}")


def _broken_constraints(slot: Mapping[str, Any], value: str) -> Iterator[str]:
    if "AllowedValues" in slot and value not in map(as_text, slot["AllowedValues"]):
        yield "must be one of AllowedValues"
    # The pattern must cover the whole value, whether or not it has anchors.
    if "AllowedPattern" in slot and not re.fullmatch(slot["AllowedPattern"], value):
        yield f"must match pattern {slot['AllowedPattern']}"
    if slot.get("Type") in {"Number", "List<Number>"}:
        for number in value.split(",") if slot["Type"] == "List<Number>" else [value]:
            yield from _broken_limits_of_number(slot, number)
    if len(value) < int(slot.get("MinLength", 0)):
        yield f"must contain at least {slot['MinLength']} characters"
    if "MaxLength" in slot and len(value) > int(slot["MaxLength"]):
        yield f"must contain at most {slot['MaxLength']} characters"


def _broken_limits_of_number(slot: Mapping[str, Any], value: str) -> Iterator[str]:
    try:
        number = float(value)
    except ValueError:
        yield "must be a number"
        return
    if "MinValue" in slot and number < float(slot["MinValue"]):
        yield f"must be a number not less than {slot['MinValue']}"
    if "MaxValue" in slot and number > float(slot["MaxValue"]):
        yield f"must be a number not greater than {slot['MaxValue']}"
