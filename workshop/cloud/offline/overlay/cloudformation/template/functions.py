"""The values of intrinsic functions, with AWS's refusals. Support for `intrinsics`; corrects nothing.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html. Every
function gets its argument as the template has it and `resolve`, which gives the value of anything inside;
that the argument has the right form was checked before (`wellformed`).
"""

import base64
import ipaddress
import itertools
import json
from collections.abc import Callable, Mapping
from typing import Any

from moto.cloudformation.exceptions import ExportNotFound, ValidationError

from workshop.cloud.offline.overlay.cloudformation.handlers import as_text
from workshop.cloud.offline.overlay.cloudformation.references import PLACEHOLDER

__all__ = ["FUNCTIONS", "condition_value"]

Resolve = Callable[[Any], Any]
MOST_SUBNETS = 256
WHOLE = (str, int, float, bool)


def refusal(message: str) -> ValidationError:
    """Return the error of a template that asks for something impossible."""
    return ValidationError(message=f"Template error: {message}")


def condition_value(condition: Any, conditions: Mapping[str, Any], resolve: Resolve) -> bool:
    """Return whether a condition of a template holds."""
    ((name, argument),) = condition.items()
    if name == "Condition":
        return bool(conditions[argument])
    if name == "Fn::Equals":
        # A parameter is text, whatever its type; so is what it is compared with.
        left, right = (_comparable(resolve(operand)) for operand in argument)
        return bool(left == right)
    values = (condition_value(operand, conditions, resolve) for operand in argument)
    if name == "Fn::Not":
        return not next(values)
    return all(values) if name == "Fn::And" else any(values)


def _comparable(value: Any) -> Any:
    return [_comparable(element) for element in value] if isinstance(value, list) else as_text(value)


def _join(argument: Any, _resources: Any, resolve: Resolve) -> str:
    parts = resolve(argument[1])
    if not isinstance(parts, list) or not all(isinstance(part, WHOLE) for part in parts):
        raise refusal("every Fn::Join object requires a list of strings to be joined, or what returns one.")
    return str(argument[0]).join(map(as_text, parts))


def _split(argument: Any, _resources: Any, resolve: Resolve) -> list[str]:
    text = resolve(argument[1])
    if not isinstance(text, str):
        raise refusal("every Fn::Split object requires a string to be split, or what returns a string.")
    return text.split(argument[0])


def _select(argument: Any, _resources: Any, resolve: Resolve) -> Any:
    index, values = as_text(resolve(argument[0])), resolve(argument[1])
    if not isinstance(values, list):
        raise refusal("Fn::Select requires a list argument with two elements: an integer index and a list")
    if not index.isdigit() or int(index) >= len(values):
        raise refusal(f"Fn::Select cannot select nonexistent value at index {index}")
    return values[int(index)]


def _sub(argument: Any, _resources: Any, resolve: Resolve) -> str:
    text, given = argument if isinstance(argument, list) else (argument, {})

    def value_of(name: str) -> str:
        if name in given:
            value = resolve(given[name])
        else:
            value = resolve({"Fn::GetAtt": name.split(".", 1)} if "." in name else {"Ref": name})
        if not isinstance(value, WHOLE):
            raise refusal(f"variable {name} in Fn::Sub expression does not resolve to a string")
        return as_text(value)

    substituted = PLACEHOLDER.sub(lambda found: value_of(found[1].strip()), text)
    # What stands for a literal `${Name}` is written `${!Name}`.
    return substituted.replace("${!", "${")


def _find_in_map(argument: Any, resources: Any, resolve: Resolve) -> Any:
    names = [as_text(resolve(name)) for name in argument[:3]]
    value: Any = resources._template.get("Mappings") or {}
    for name in names:
        if not isinstance(value, dict) or name not in value:
            if len(argument) == 4:
                return resolve(argument[3]["DefaultValue"])
            raise refusal(f"Unable to get mapping for {'::'.join(names)}")
        value = value[name]
    return value


def _if(argument: Any, resources: Any, resolve: Resolve) -> Any:
    return resolve(argument[1] if resources.lazy_condition_map[argument[0]] else argument[2])


def _import_value(argument: Any, resources: Any, resolve: Resolve) -> Any:
    name = as_text(resolve(argument))
    for export in (resources.cross_stack_resources or {}).values():
        if export.name == name:
            return export.value
    raise ExportNotFound(name)


def _zones(argument: Any, resources: Any, resolve: Resolve) -> list[str]:
    region = resolve(argument) or resources._region_name
    return [f"{region}{letter}" for letter in "abcd"]


def _base64(argument: Any, _resources: Any, resolve: Resolve) -> str:
    value = resolve(argument)
    if not isinstance(value, WHOLE):
        raise refusal("every Fn::Base64 object must have a String-typed value.")
    return base64.b64encode(as_text(value).encode()).decode()


def _cidr(argument: Any, _resources: Any, resolve: Resolve) -> list[str]:
    try:
        # The third argument may be missing, and then stands for 8.
        block, count, bits = [*map(resolve, argument), 8][:3]
        network, wanted = ipaddress.ip_network(block), int(count)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        found = [*map(str, itertools.islice(subnets, min(wanted, MOST_SUBNETS)))]
    except (TypeError, ValueError) as error:
        raise refusal(f"Fn::Cidr cannot divide {as_text(resolve(argument[0]))}: {error}") from error
    if not 1 <= wanted == len(found):
        raise refusal(f"Fn::Cidr cannot make {wanted} blocks with {bits} bits for hosts of {block}")
    return found


def _json(argument: Any, _resources: Any, resolve: Resolve) -> str:
    return json.dumps(resolve(argument))


def _length(argument: Any, _resources: Any, resolve: Resolve) -> int:
    values = resolve(argument)
    if not isinstance(values, list):
        raise refusal("Fn::Length requires a list")
    return len(values)


FUNCTIONS: Mapping[str, Callable[[Any, Any, Resolve], Any]] = {
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAZs": _zones,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Length": _length,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _json,
}
