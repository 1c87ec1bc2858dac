"""Attribute values of a request are checked and become moto's values in one go.

AWS refuses an attribute value without a type or with two, empty sets, sets with a member twice (numbers
count by value), a NULL that is not true, and more than 32 levels. Sources:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html and
ServiceQuotas.html there. moto checks some of it in PutItem alone.
"""

from collections.abc import Callable, Mapping
from typing import Any

from moto.dynamodb.exceptions import MockValidationException, SerializationException
from moto.dynamodb.models.dynamo_type import DynamoType

from workshop.cloud.offline.overlay.dynamodb.numbers import canonical_number

__all__ = ["attributes_of", "copied", "item_of", "read_value", "value_of"]

MAXIMUM_LEVELS = 32
INVALID = "One or more parameter values were invalid: "
EMPTY_SETS = {
    "SS": "An string set  may not be empty",
    "NS": "An number set  may not be empty",
    "BS": "Binary sets should not be empty",
}


def value_of(kind: str, content: Any) -> Any:
    """Return moto's value of a type; contents of lists and maps are moto's values already."""
    value = object.__new__(DynamoType)
    value.type = kind
    value.value = content
    return value


def copied(value: Any) -> Any:
    """Return a value that shares no list and no map with the original."""
    if value.type == "M":
        return value_of("M", {name: copied(part) for name, part in value.value.items()})
    if value.type == "L":
        return value_of("L", list(map(copied, value.value)))
    # Nothing changes the other contents in place, not even those of sets.
    return value


def attributes_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of an item or a key; raises as `read_value` does."""
    return {name: read_value(value) for name, value in raw.items()}


def item_of(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return attributes as DynamoDB JSON."""
    return {name: value.to_regular_json() for name, value in attributes.items()}


def read_value(raw: Any, level: int = 1) -> Any:
    """Return a value of a request.

    Raises:
        MockValidationException: AWS refuses it, with its text.
    """
    if not isinstance(raw, dict) or not raw:
        raise MockValidationException(
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
        )
    if len(raw) > 1:
        raise MockValidationException(
            "Supplied AttributeValue has more than one datatypes set, "
            "must contain exactly one of the supported datatypes"
        )
    ((kind, content),) = raw.items()
    if level > MAXIMUM_LEVELS:
        raise MockValidationException(
            "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "
            "beyond supported limit"
        )
    if kind == "M":
        return value_of("M", {name: read_value(part, level + 1) for name, part in content.items()})
    if kind == "L":
        return value_of("L", [read_value(part, level + 1) for part in content])
    return value_of(kind, _READ[kind](content, kind))


def _text(content: Any, _kind: str) -> str:
    if not isinstance(content, str):
        raise SerializationException("NUMBER_VALUE cannot be converted to String")
    return content


def _number(content: Any, kind: str) -> str:
    return canonical_number(_text(content, kind))


def _same(content: Any, _kind: str) -> Any:
    return content


def _null(content: Any, _kind: str) -> Any:
    if content is not True:
        raise MockValidationException(f"{INVALID}Null attribute value types must have the value of true")
    return content


def _set(content: Any, kind: str) -> list[Any]:
    if not content:
        raise MockValidationException(f"1 validation error detected: {INVALID}{EMPTY_SETS[kind]}")
    members = [_READ[kind[0]](member, kind[0]) for member in content]
    if len(set(members)) < len(members):
        listed = ", ".join(map(str, members))
        raise MockValidationException(f"{INVALID}Input collection [{listed}] contains duplicates.")
    return members


_READ: dict[str, Callable[[Any, str], Any]] = {
    "S": _text,
    "N": _number,
    "B": _same,
    "BOOL": _same,
    "NULL": _null,
    "SS": _set,
    "NS": _set,
    "BS": _set,
}
