"""How many bytes DynamoDB counts for a value, an item, a stream record.

Names and strings count their UTF-8 bytes; a number one byte per two significant digits and one more (and
one for a minus sign); a list or map three bytes and one for each element; booleans and nulls one. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
"""

import base64
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["attributes_size", "item_size", "value_size"]


def attributes_size(attributes: Mapping[str, Any]) -> int:
    """Return the size of attributes by name, each a moto `DynamoType` or DynamoDB JSON (`{"N": "1"}`)."""
    total = 0
    for name, value in attributes.items():
        kind, content = next(iter(value.items())) if type(value) is dict else (value.type, value.value)
        total += len(name) if name.isascii() else len(name.encode())
        # Spares most values a call.
        total += len(content) if kind == "S" and content.isascii() else _SIZES[kind](content)
    return total


def item_size(item: Any) -> int:
    """Return the size of an item of a table, which is measured once: writes put another item in its place."""
    size: int | None = getattr(item, "size_bytes", None)
    if size is None:
        size = item.size_bytes = attributes_size(item.attrs)
    return size


def value_size(value: Any) -> int:
    """Return the size of one attribute value, without its name."""
    kind, content = next(iter(value.items())) if type(value) is dict else (value.type, value.value)
    return _SIZES[kind](content)


def _text(content: str) -> int:
    # Nearly every text is ASCII, and `isascii` looks at a flag; encoding would copy the text.
    return len(content) if content.isascii() else len(content.encode())


def _number(content: str) -> int:
    # Signs, points and zeros at either end take no digit: 1200 has two significant ones, as 0.012 has.
    if content.isdecimal():
        return (len(content.strip("0")) + 1) // 2 + 1
    mantissa = content.lower().partition("e")[0].lstrip("+-").replace(".", "").strip("0")
    return (len(mantissa) + 1) // 2 + 1 + content.startswith("-")


def _binary(content: str | bytes) -> int:
    # DynamoDB JSON holds binary content as Base64; AWS counts the bytes, not that text.
    return len(base64.b64decode(content)) if isinstance(content, str) else len(content)


def _map(content: Mapping[str, Any]) -> int:
    return 3 + len(content) + attributes_size(content)


def _list(content: list[Any]) -> int:
    return 3 + len(content) + sum(map(value_size, content))


_SIZES: dict[str, Callable[[Any], int]] = {
    "S": _text,
    "N": _number,
    "B": _binary,
    "SS": lambda members: sum(map(_text, members)),
    "NS": lambda members: sum(map(_number, members)),
    "BS": lambda members: sum(map(_binary, members)),
    "M": _map,
    "L": _list,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
}
