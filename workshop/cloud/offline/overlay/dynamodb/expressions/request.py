"""The expressions of one request, with the names and values that it gives for them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from moto.dynamodb.exceptions import ExpressionAttributeValuesEmpty, MockValidationException

from workshop.cloud.offline.overlay.dynamodb.attribute_values import read_value
from workshop.cloud.offline.overlay.dynamodb.expressions.actions import BoundUpdate
from workshop.cloud.offline.overlay.dynamodb.expressions.conditions import BoundCondition
from workshop.cloud.offline.overlay.dynamodb.expressions.parser import (
    Parsed,
    parse_condition,
    parse_projection,
    parse_update,
)
from workshop.cloud.offline.overlay.dynamodb.expressions.tokens import ExpressionError

__all__ = ["Expressions"]

_NAME = re.compile(r"#[A-Za-z0-9_]+")
_VALUE = re.compile(r":[A-Za-z0-9_]+")
NAMES, VALUES = "ExpressionAttributeNames", "ExpressionAttributeValues"


class Expressions:
    """Reads the expressions of a request; `kinds` are those that may use values, `paths` one that may not.

    `prefix` is what AWS puts in front of some complaints in requests for one item.

    Raises:
        MockValidationException: names or values are malformed, or no expression can use them.
    """

    def __init__(
        self, request: Mapping[str, Any], kinds: tuple[str, ...], *, paths: str = "", prefix: str = ""
    ) -> None:
        self._request = request
        self._prefix = prefix
        self._used: list[Parsed] = []
        given = [kind for kind in (*kinds, paths) if kind and request.get(kind) is not None]
        self._names = _names(request.get(NAMES), given)
        self.values = self._read_values(request.get(VALUES), [kind for kind in given if kind != paths], kinds)

    def condition(self, kind: str) -> BoundCondition | None:
        """Return the condition in a parameter, None if the request has none; raises `ExpressionError`."""
        text = self._request.get(kind)
        if text is None:
            return None
        parsed = self._note(kind, parse_condition(kind, text, self._names))
        condition = BoundCondition(kind, parsed.tree, self.values)
        condition.check()
        return condition

    def update(self) -> BoundUpdate | None:
        """Return the update, None if the request has none; raises `ExpressionError`."""
        text = self._request.get("UpdateExpression")
        if text is None:
            return None
        parsed = self._note("UpdateExpression", parse_update(text, self._names))
        return BoundUpdate(parsed.tree, self.values)

    def projection(self) -> tuple[tuple[str | int, ...], ...] | None:
        """Return the paths of the projection, None if the request has none; raises `ExpressionError`."""
        text = self._request.get("ProjectionExpression")
        if text is None:
            return None
        parsed = self._note("ProjectionExpression", parse_projection(text, self._names))
        return tuple(path.parts for path in parsed.tree)

    def check_used(self) -> None:
        """Refuse names and values that none of the expressions read so far uses.

        Raises:
            MockValidationException: with AWS's text.
        """
        if self._names:
            self._check_used(NAMES, dict(self._names), [parsed.names for parsed in self._used])
        if self.values:
            self._check_used(VALUES, self.values, [parsed.values for parsed in self._used])

    def _check_used(self, kind: str, given: Iterable[str], used: list[frozenset[str]]) -> None:
        known = used[0] if len(used) == 1 else frozenset().union(*used)
        if unused := [name for name in given if name not in known]:
            raise MockValidationException(
                f"{self._prefix}Value provided in {kind} unused in expressions: keys: {{{', '.join(unused)}}}"
            )

    def _note(self, kind: str, parsed: Parsed) -> Parsed:
        # In order, since that of a set changes from run to run, and the first that is missing is named.
        for name in sorted(parsed.values):
            if name not in self.values:
                raise ExpressionError(
                    kind,
                    "An expression attribute value used in expression is not defined; "
                    f"attribute value: {name}",
                )
        self._used.append(parsed)
        return parsed

    def _read_values(self, raw: Any, given: list[str], kinds: tuple[str, ...]) -> dict[str, Any]:
        if raw is None:
            return {}
        if not given:
            missing = f"{' and '.join(kinds)} {'are' if len(kinds) > 1 else 'is'} null"
            raise MockValidationException(f"{VALUES} can only be specified when using expressions: {missing}")
        if not raw:
            raise ExpressionAttributeValuesEmpty(validation_error_prefix=bool(self._prefix))
        return {name: _read(name, value) for name, value in raw.items()}


def _names(raw: Any, given: list[str]) -> tuple[tuple[str, str], ...]:
    if raw is None:
        return ()
    if not given:
        raise MockValidationException(f"{NAMES} can only be specified when using expressions")
    if not raw:
        raise MockValidationException(f"{NAMES} must not be empty")
    for name, attribute in raw.items():
        if not _NAME.fullmatch(name):
            raise MockValidationException(f'{NAMES} contains invalid key: Syntax error; key: "{name}"')
        if not attribute:
            raise MockValidationException(
                f"{NAMES} contains invalid value: Must have length greater than or equal to 1 for key {name}"
            )
    # A tuple, since trees are remembered by text and names.
    return tuple(raw.items())


def _read(name: str, raw: Any) -> Any:
    if not _VALUE.fullmatch(name):
        raise MockValidationException(f'{VALUES} contains invalid key: Syntax error; key: "{name}"')
    try:
        return read_value(raw)
    except MockValidationException as error:
        raise MockValidationException(
            f"{VALUES} contains invalid value: {error.message} for key {name}"
        ) from error
