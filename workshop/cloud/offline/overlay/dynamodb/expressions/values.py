"""How values compare: equal or not, smaller or larger, and what they contain."""

import base64
import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from moto.dynamodb.models.dynamo_type import DynamoType

__all__ = ["ORDERED", "SETS", "as_bytes", "compare", "contains", "length", "same", "shown", "value_at"]

# Types whose values have an order.
ORDERED = ("S", "N", "B")
SETS = ("SS", "NS", "BS")
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def as_bytes(content: str | bytes) -> bytes:
    """Return binary content, which moto keeps as bytes or as Base64."""
    return base64.b64decode(content) if isinstance(content, str) else content


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal: numbers by value, sets in any order."""
    if left.type != right.type:
        return False
    if left.type == "M":
        return left.value.keys() == right.value.keys() and all(
            same(part, right.value[name]) for name, part in left.value.items()
        )
    if left.type == "L":
        return len(left.value) == len(right.value) and all(map(same, left.value, right.value))
    if left.type in SETS:
        return set(map(_scalar(left.type[0]), left.value)) == set(map(_scalar(left.type[0]), right.value))
    return bool(_scalar(left.type)(left.value) == _scalar(right.type)(right.value))


def compare(sign: str, left: Any | None, right: Any | None) -> bool:
    """Whether a comparison holds; one with an absent value, or of two types, holds for `<>` alone."""
    if sign == "<>":
        return not compare("=", left, right)
    if left is None or right is None:
        return False
    if sign == "=":
        return same(left, right)
    if left.type != right.type or left.type not in ORDERED:
        return False
    cast = _scalar(left.type)
    # Texts by code points, whose order is that of the UTF-8 bytes by which AWS compares:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
    return _ORDERS[sign](cast(left.value), cast(right.value))


def contains(whole: Any | None, part: Any | None) -> bool:
    """Whether a text has a part, a set a member, or a list an element."""
    if whole is None or part is None:
        return False
    if whole.type == "L":
        return any(same(element, part) for element in whole.value)
    if whole.type in SETS:
        cast = _scalar(whole.type[0])
        return part.type == whole.type[0] and cast(part.value) in set(map(cast, whole.value))
    if whole.type != part.type or whole.type not in ("S", "B"):
        return False
    cast = _scalar(whole.type)
    return cast(part.value) in cast(whole.value)


def length(value: Any | None) -> Any | None:
    """Return the size of a value as a number; None if it has none."""
    if value is None or value.type in ("N", "BOOL", "NULL"):
        return None
    content = as_bytes(value.value) if value.type == "B" else value.value
    return DynamoType({"N": str(len(content))})


def value_at(attributes: Mapping[str, Any], parts: tuple[str | int, ...]) -> Any | None:
    """Return the value at a path, None if there is none."""
    found = attributes.get(parts[0])  # type: ignore[arg-type] # a path begins with a name
    for part in parts[1:]:
        if found is None:
            return None
        if isinstance(part, int):
            found = found.value[part] if found.type == "L" and part < len(found.value) else None
        else:
            found = found.value.get(part) if found.type == "M" else None
    return found


def shown(value: Any) -> str:
    """Return a value as AWS's messages show it: `{S:a}`."""
    return f"{{{value.type}:{value.value}}}"


def _same(content: Any) -> Any:
    return content


def _scalar(kind: str) -> Callable[[Any], Any]:
    return Decimal if kind == "N" else as_bytes if kind == "B" else _same
