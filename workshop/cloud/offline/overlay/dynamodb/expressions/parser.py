"""Reads conditions, updates and projections into trees.

A tree depends on the text and the attribute names only, so it is kept for the next call with other values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from workshop.cloud.offline.overlay.dynamodb.expressions.grammar import ConditionGrammar, PathGrammar
from workshop.cloud.offline.overlay.dynamodb.expressions.overlaps import check_distinct
from workshop.cloud.offline.overlay.dynamodb.expressions.tokens import Tokens
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import (
    AddAction,
    Arithmetic,
    BinaryComparison,
    Condition,
    DeleteAction,
    FunctionCall,
    Included,
    Operand,
    Path,
    RemoveAction,
    SetAction,
    UpdateAction,
    Value,
)

__all__ = ["Parsed", "parse_condition", "parse_projection", "parse_update"]

REMEMBERED = 1024
COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
# Function → how many arguments it takes.
BOOLEAN_FUNCTIONS = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
}
UPDATE_FUNCTIONS = {"if_not_exists": 2, "list_append": 2}
Names = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A tree (of a projection, its paths), and the placeholders that it uses, with their `#` and `:`."""

    tree: Any
    names: frozenset[str]
    values: frozenset[str]


@lru_cache(maxsize=REMEMBERED)
def parse_condition(kind: str, text: str, names: Names) -> Parsed:
    """Return a condition; `kind` is the parameter that it came in.

    Raises:
        ExpressionError: with AWS's text.
    """
    return _parse(_ConditionParser(Tokens(kind, text), dict(names)), _ConditionParser.condition)


@lru_cache(maxsize=REMEMBERED)
def parse_update(text: str, names: Names) -> Parsed:
    """Return the actions of an update expression; raises `ExpressionError`."""
    parser = _UpdateParser(Tokens("UpdateExpression", text), dict(names))
    parsed = _parse(parser, _UpdateParser.actions)
    check_distinct("UpdateExpression", [action.path for action in parsed.tree])
    return parsed


@lru_cache(maxsize=REMEMBERED)
def parse_projection(text: str, names: Names) -> Parsed:
    """Return the paths of a projection; raises `ExpressionError`."""
    parsed = _parse(_Parser(Tokens("ProjectionExpression", text), dict(names)), _Parser.paths)
    check_distinct("ProjectionExpression", parsed.tree)
    return parsed


def _parse(parser: "_Parser", read: Callable[[Any], Any]) -> Parsed:
    tree = read(parser)
    if parser.tokens.next.kind != "end":
        raise parser.tokens.syntax_error()
    return Parsed(tree, frozenset(parser.used_names), frozenset(parser.used_values))


class _Parser(PathGrammar):
    """What all expressions have in common: paths and placeholders."""

    tokens: Tokens

    def __init__(self, tokens: Tokens, names: dict[str, str]) -> None:
        self.tokens = tokens
        self.names = names
        self.used_names: set[str] = set()
        self.used_values: set[str] = set()

    def paths(self) -> tuple[Path, ...]:
        found = [self.path()]
        while self.tokens.takes(","):
            found.append(self.path())
        return tuple(found)

    def name(self) -> str:
        token = self.tokens.next
        if token.kind == "name":
            if token.text.upper() in _reserved_words():
                raise self.tokens.error(
                    f"Attribute name is a reserved keyword; reserved keyword: {token.text}"
                )
            return self.tokens.take().text
        if token.kind != "placeholder" or not token.text.startswith("#"):
            raise self.tokens.syntax_error()
        if token.text not in self.names:
            raise self.tokens.error(
                "An expression attribute name used in the document path is not defined; "
                f"attribute name: {token.text}"
            )
        self.used_names.add(token.text)
        self.tokens.take()
        return self.names[token.text]

    def value(self) -> Value:
        token = self.tokens.next
        if token.kind != "placeholder" or not token.text.startswith(":"):
            raise self.tokens.syntax_error()
        self.used_values.add(token.text)
        return Value(self.tokens.take().text)

    def is_call(self) -> bool:
        return (
            self.tokens.next.kind == "name"
            and self.tokens.second.kind == "symbol"
            and self.tokens.second.text == "("
        )

    def operand(self) -> Operand:
        # Whatever it is called, so that the error names a function that does not exist.
        if self.is_call():
            return self.call()
        if self.tokens.next.kind == "placeholder" and self.tokens.next.text.startswith(":"):
            return self.value()
        return self.path()

    def call(self) -> FunctionCall:
        function = self.tokens.take().text
        self.check_function(function)
        self.tokens.expect("(")
        return FunctionCall(function, self.operands(")"))

    def check_function(self, function: str) -> None:
        raise self.tokens.error(f"Invalid function name; function: {function}")


@cache
def _reserved_words() -> frozenset[str]:
    return frozenset(ReservedKeywords.get_reserved_keywords())


class _ConditionParser(_Parser, ConditionGrammar):
    """Conditions, without brackets around brackets."""

    _bracketed: Condition | None = None

    def bracketed(self) -> Condition:
        doubled = self.tokens.next.text == "("
        inner = self.condition()
        # `((a OR b) AND c)` has two opening brackets as well; only the same pair twice is redundant.
        if doubled and self._bracketed is inner:
            raise self.tokens.error("The expression has redundant parentheses;")
        self.tokens.expect(")")
        self._bracketed = inner
        return inner

    def comparison(self) -> Condition:
        left = self.operand()
        token = self.tokens.next
        if token.kind == "symbol" and token.text in COMPARATORS:
            self.tokens.take()
            return BinaryComparison(token.text, left, self.operand())
        if self.tokens.takes_words("BETWEEN"):
            return self.between(left)
        if self.tokens.takes_words("IN"):
            self.tokens.expect("(")
            return Included(left, self.operands(")"))
        if isinstance(left, FunctionCall) and left.function in BOOLEAN_FUNCTIONS:
            return left
        if isinstance(left, FunctionCall):
            raise self.tokens.error(
                f"The function is not allowed to be used this way in an expression; function: {left.function}"
            )
        raise self.tokens.syntax_error()

    def check_function(self, function: str) -> None:
        if function in UPDATE_FUNCTIONS:
            raise self.tokens.error(
                f"The function is not allowed in a condition expression; function: {function}"
            )
        if function not in BOOLEAN_FUNCTIONS and function != "size":
            super().check_function(function)


class _UpdateParser(_Parser):
    """Up to four clauses, each at most once."""

    def actions(self) -> tuple[UpdateAction, ...]:
        clauses: dict[str, Callable[[], UpdateAction]] = {
            "SET": self._set,
            "REMOVE": lambda: RemoveAction(self.path()),
            "ADD": lambda: AddAction(self.path(), self.value()),
            "DELETE": lambda: DeleteAction(self.path(), self.value()),
        }
        found: dict[str, list[UpdateAction]] = {}
        while self.tokens.next.kind != "end" or not found:
            clause = self.tokens.next.text.upper()
            if clause not in clauses:
                raise self.tokens.syntax_error()
            if clause in found:
                raise self.tokens.error(
                    f'The "{clause}" section can only be used once in an update expression;'
                )
            self.tokens.take()
            found[clause] = [clauses[clause]()]
            while self.tokens.takes(","):
                found[clause].append(clauses[clause]())
        return tuple(action for actions in found.values() for action in actions)

    def _set(self) -> SetAction:
        path = self.path()
        self.tokens.expect("=")
        return SetAction(path, self._sum())

    def _sum(self) -> Operand:
        if self.tokens.takes("("):
            inner = self._sum()
            self.tokens.expect(")")
            return inner
        # One operator at most, as in AWS's grammar:
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
        left = self.operand()
        for operator in ("+", "-"):
            if self.tokens.takes(operator):
                return Arithmetic(operator, left, self.operand())
        return left

    def check_function(self, function: str) -> None:
        if function in BOOLEAN_FUNCTIONS or function == "size":
            raise self.tokens.error(
                f"The function is not allowed in an update expression; function: {function}"
            )
        if function not in UPDATE_FUNCTIONS:
            super().check_function(function)
