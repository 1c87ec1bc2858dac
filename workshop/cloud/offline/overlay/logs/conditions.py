"""Conditions inside filter patterns: how they are written, and how a value is compared.

`$.level = "ERROR" && ($.n > 3 || $.name = Ev*)`: what stands in the braces of a JSON pattern and in the
brackets of a space-delimited one. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

__all__ = ["Condition", "ConditionParser", "InvalidLogPatternError", "Lookup", "compile_regex"]

# What a selector or a field's name stands for in a message; `MISSING` if it stands for nothing.
Lookup = Callable[[str], Any]
Condition = Callable[[Lookup], bool]

MISSING = object()
TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<regex>%(?:[^%\\]|\\.)*%)
    | (?P<symbol>&&|\|\||!=|>=|<=|[=<>(),])
    | (?P<word>(?:\[(?:'[^']*'|"[^"]*"|\d+)\]|[^\s&|!=<>(),"%])+)
    )""",
    re.VERBOSE,
)
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
BARE = re.compile(r"[\w*.:/@#$\-+]+")
REGEX_CHARACTERS = re.compile(r"(?:[A-Za-z0-9\s'_#=@/;,\-^$?\[\]{}|*+.]|\\x[0-9A-Fa-f]{2}|\\[^x])*", re.ASCII)
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
CONSTANTS = {"NULL": None, "TRUE": True, "FALSE": False}


class InvalidLogPatternError(ValueError):
    """A filter pattern that AWS refuses, or one that the offline cloud does not know."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def compile_regex(text: str) -> re.Pattern[str]:
    """Return a regular expression of the restricted kind that filter patterns may hold.

    Raises:
        InvalidLogPatternError: it holds a group, another character that AWS refuses, or is none.
    """
    if REGEX_CHARACTERS.fullmatch(text) is None:
        raise InvalidLogPatternError(f"Invalid character(s) in term '{text}'")
    try:
        return re.compile(text, re.ASCII)
    except re.error as error:
        raise InvalidLogPatternError(f"Invalid regular expression '{text}': {error}") from error


class ConditionParser:
    """Reads one comma-separated part after the other; `check_name` raises for a name that cannot be meant."""

    def __init__(self, text: str, check_name: Callable[[str], None]) -> None:
        self._tokens = _tokens(text)
        self._check_name = check_name

    @property
    def is_done(self) -> bool:
        """Whether everything has been read."""
        return not self._tokens

    def take(self, *texts: str) -> str | None:
        """Read the next token if it is one of these symbols or words."""
        if self._tokens and self._tokens[0].kind in {"symbol", "word"} and self._tokens[0].text in texts:
            return self._tokens.pop(0).text
        return None

    def next_word(self) -> str | None:
        """Return the next token without reading it, if it is a word."""
        return self._tokens[0].text if self._tokens and self._tokens[0].kind == "word" else None

    def is_condition(self) -> bool:
        """Return whether more than a mere name comes before the next comma."""
        return len(self._tokens) > 1 and self._tokens[1].text != ","

    def read_condition(self) -> Condition:
        """Read comparisons that `&&` and `||` connect; the former binds closer."""
        sides = [self._conjunction()]
        while self.take("||"):
            sides.append(self._conjunction())
        return lambda lookup: any(side(lookup) for side in sides)

    def _conjunction(self) -> Condition:
        sides = [self._operand()]
        while self.take("&&"):
            sides.append(self._operand())
        return lambda lookup: all(side(lookup) for side in sides)

    def _operand(self) -> Condition:
        if self.take("("):
            inner = self.read_condition()
            if not self.take(")"):
                raise InvalidLogPatternError("Invalid filter pattern: a parenthesis is not closed")
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        name = self._pop("word")
        self._check_name(name)
        if self.take("IS"):
            constant = self._pop("word").upper()
            if constant not in CONSTANTS:
                raise InvalidLogPatternError(
                    f"Invalid filter pattern: IS {constant} is none of {[*CONSTANTS]}"
                )
            # `is`, since `1 == True` in Python, and `IS TRUE` does not select a 1.
            return lambda lookup: lookup(name) is CONSTANTS[constant]
        if self.take("NOT"):
            if not self.take("EXISTS"):
                raise InvalidLogPatternError("Invalid filter pattern: NOT without EXISTS")
            return lambda lookup: lookup(name) is MISSING
        sign = self.take("=", "!=", *ORDERS)
        if sign is None:
            raise InvalidLogPatternError(f"Invalid filter pattern: no operator after `{name}`")
        return _comparison(name, sign, self._pop("word", "string", "regex"))

    def _pop(self, *kinds: str) -> Any:
        if not self._tokens or self._tokens[0].kind not in kinds:
            found = self._tokens[0].text if self._tokens else "its end"
            raise InvalidLogPatternError(
                f"Invalid filter pattern at {found}: expected a {' or '.join(kinds)}"
            )
        token = self._tokens.pop(0)
        return token.text if kinds == ("word",) else token


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise InvalidLogPatternError(f"Invalid character(s) in term '{text[at:].strip()}'")
        kind = str(match.lastgroup)
        found.append(_Token(kind, match.group(kind)))
        at = match.end()
    return found


def _comparison(name: str, sign: str, operand: _Token) -> Condition:
    matches = _ordered(sign, operand) if sign in ORDERS else _equality(operand)

    def holds(lookup: Lookup) -> bool:
        value = lookup(name)
        # Arrays, objects and null compare with nothing, whatever the operator.
        if value is MISSING or value is None or isinstance(value, list | dict):
            return False
        return matches(value) != (sign == "!=")

    return holds


def _ordered(sign: str, operand: _Token) -> Callable[[Any], bool]:
    wanted = _number(operand.text) if operand.kind == "word" else None
    if wanted is None:
        raise InvalidLogPatternError(f"Invalid filter pattern: {sign} compares numbers, not {operand.text}")

    def holds(value: Any) -> bool:
        number = _number(_text(value))
        return number is not None and ORDERS[sign](number, wanted)

    return holds


def _equality(operand: _Token) -> Callable[[Any], bool]:
    if operand.kind == "regex":
        expression = compile_regex(operand.text[1:-1])
        return lambda value: expression.search(_text(value)) is not None
    if operand.kind == "word":
        if (number := _number(operand.text)) is not None:
            return lambda value: _number(_text(value)) == number
        if BARE.fullmatch(operand.text) is None:
            raise InvalidLogPatternError(f"Invalid character(s) in term '{operand.text}'")
    return _wildcards(operand.text if operand.kind == "word" else _unquoted(operand.text))


def _wildcards(wanted: str) -> Callable[[Any], bool]:
    """Compare text; an asterisk stands for anything at either end, and for itself in between."""
    inner = wanted.removeprefix("*").removesuffix("*")
    is_open = wanted.startswith("*"), wanted.endswith("*")
    tests: dict[tuple[bool, bool], Callable[[str], bool]] = {
        (True, True): lambda text: inner in text,
        (True, False): lambda text: text.endswith(inner),
        (False, True): lambda text: text.startswith(inner),
        (False, False): lambda text: text == inner,
    }
    return lambda value: tests[is_open](_text(value))


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _number(text: str) -> Decimal | None:
    if NUMBER.fullmatch(text) is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _text(value: Any) -> str:
    # JSON's `true`, which Python reads as `True`.
    return str(value).lower() if isinstance(value, bool) else str(value)
