"""Filter patterns of FilterLogEvents, metric filters and subscription filters.

    pattern = compile_pattern('{ $.level = "ERROR" }')
    pattern.matches(message)             # a bool
    pattern.value(message, "$.latency")  # what a metric filter's value stands for in a message that matches

Terms (`ERROR "two words" -quiet`, `?a ?b`, `%regex%`), JSON (`{ $.level = "ERROR" && $.n > 3 }`) and
space-delimited fields (`[ip, ..., status = 4*, bytes > 1000]`). Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from workshop.cloud.offline.overlay.logs.conditions import (
    MISSING,
    Condition,
    ConditionParser,
    InvalidLogPatternError,
    compile_regex,
)

__all__ = ["InvalidLogPatternError", "LogPattern", "compile_pattern"]

MAX_LENGTH = 1024
MAX_REGEXES = 2
TERM = re.compile(
    r'\s*(?P<sign>[?-]?)(?:"(?P<phrase>(?:[^"\\]|\\.)+)"|%(?P<regex>[^%]+)%|(?P<word>\w+))(?=\s|$)'
)
SELECTOR = re.compile(r"\$(?:\.[\w\-]+|\.?\[(?:'[^']*'|\"[^\"]*\"|\d+)\])+")
STEP = re.compile(r"\.([\w\-]+)|\[(\d+)\]|\[['\"]([^'\"]*)['\"]\]")
FIELD_NAME = re.compile(r"\w+")
# What stands in brackets or in quotation marks is one field.
FIELD = re.compile(r'\[([^\]]*)\]|"([^"]*)"|(\S+)')
ELLIPSES = ("...", "…")


@dataclass(frozen=True)
class LogPattern:
    """A filter pattern that can be asked about messages."""

    text: str
    _read: Callable[[str], dict[str, Any] | None]
    _find: Callable[[dict[str, Any], str], Any]

    def matches(self, message: str) -> bool:
        """Return whether the pattern selects this message."""
        return self._read(message) is not None

    def value(self, message: str, selector: str) -> str | None:
        """Return what `$.latency` or `$bytes` stands for, as text; None if the message does not match.

        None also if the message has no such value.
        """
        fields = self._read(message)
        found = MISSING if fields is None else self._find(fields, selector)
        is_value = found is not MISSING and found is not None and not isinstance(found, list | dict)
        return str(found) if is_value else None


@lru_cache(maxsize=256)
def compile_pattern(text: str) -> LogPattern:
    """Return a pattern; the empty one selects everything.

    Raises:
        InvalidLogPatternError: AWS refuses it, or the offline cloud does not know it.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidLogPatternError(f"Invalid filter pattern: it has more than {MAX_LENGTH} characters")
    stripped = text.strip()
    if stripped.startswith("{"):
        return _json_pattern(text, _inside(stripped, "}"))
    if stripped.startswith("["):
        return _field_pattern(text, _inside(stripped, "]"))
    return _term_pattern(text)


def _inside(text: str, end: str) -> str:
    if not text.endswith(end):
        raise InvalidLogPatternError(f"If a filter pattern starts with '{text[0]}' it must end with '{end}'")
    inner = text[1:-1]
    if len(re.findall(r"=\s*%", inner)) > MAX_REGEXES:
        raise InvalidLogPatternError(f"Invalid filter pattern: more than {MAX_REGEXES} regular expressions")
    return inner


def _term_pattern(text: str) -> LogPattern:
    terms: dict[str, list[Callable[[str], bool]]] = {"": [], "?": [], "-": []}
    at = 0
    while text[at:].strip():
        match = TERM.match(text, at)
        if match is None:
            raise InvalidLogPatternError(f"Invalid character(s) in term '{text[at:].split(maxsplit=1)[0]}'")
        terms[match["sign"]].append(_term(match))
        at = match.end()

    def matches(message: str) -> bool:
        if any(term(message) for term in terms["-"]) or not all(term(message) for term in terms[""]):
            return False
        # Beside other terms, AWS leaves those with a question mark aside.
        is_choice = bool(terms["?"]) and not terms[""] and not terms["-"]
        return not is_choice or any(term(message) for term in terms["?"])

    return LogPattern(text, lambda message: {} if matches(message) else None, lambda *_: MISSING)


def _term(match: re.Match[str]) -> Callable[[str], bool]:
    if match["regex"]:
        expression = compile_regex(match["regex"])
        return lambda message: expression.search(message) is not None
    wanted = match["word"] or re.sub(r"\\(.)", r"\1", match["phrase"])
    return lambda message: wanted in message


def _json_pattern(text: str, inner: str) -> LogPattern:
    condition = _whole(ConditionParser(inner, _check_selector))

    def read(message: str) -> dict[str, Any] | None:
        # Only an object has properties; most lines of a log are none, and are not worth an attempt to parse.
        if not message.lstrip().startswith("{"):
            return None
        try:
            # As decimals, numbers keep the digits that the message has, also as values of metrics.
            document = json.loads(message, parse_float=Decimal)
        except ValueError:
            return None
        return document if condition(lambda selector: _select(document, selector)) else None

    return LogPattern(text, read, _select)


def _whole(parser: ConditionParser) -> Condition:
    condition = parser.read_condition()
    if not parser.is_done:
        raise InvalidLogPatternError("Invalid filter pattern: something follows the last condition")
    return condition


def _check_selector(selector: str) -> None:
    if SELECTOR.fullmatch(selector) is None:
        raise InvalidLogPatternError(f"Invalid filter pattern: `{selector}` is no property selector")


def _select(document: Any, selector: str) -> Any:
    value = document
    for name, index, quoted in STEP.findall(selector):
        if index:
            is_there = isinstance(value, list) and int(index) < len(value)
            value = value[int(index)] if is_there else MISSING
        else:
            value = value.get(name or quoted, MISSING) if isinstance(value, dict) else MISSING
        if value is MISSING:
            break
    return value


def _field_pattern(text: str, inner: str) -> LogPattern:
    names: list[str] = []
    conditions: list[Condition] = []
    used: list[str] = []
    parser = ConditionParser(inner, used.append)
    while True:
        names.append(_read_field(parser, conditions, position=len(names) + 1))
        if parser.is_done:
            break
        if not parser.take(","):
            raise InvalidLogPatternError("Invalid filter pattern: fields are separated by commas")
    # Only at the end: a condition may name a field that comes after it.
    if unknown := sorted(set(used) - set(names)):
        raise InvalidLogPatternError(f"Invalid filter pattern: no field is called `{unknown[0]}`")
    if sum(name in ELLIPSES for name in names) > 1:
        raise InvalidLogPatternError("Invalid filter pattern: more than one ellipsis")

    def read(message: str) -> dict[str, Any] | None:
        fields = _fields(message, names)
        if fields is None or not all(each(lambda name: fields.get(name, MISSING)) for each in conditions):
            return None
        return fields

    return LogPattern(text, read, lambda fields, selector: fields.get(selector.removeprefix("$"), MISSING))


def _read_field(parser: ConditionParser, conditions: list[Condition], *, position: int) -> str:
    """Read a field's name and, if it has one, its condition; a field may go without a name."""
    if parser.take(*ELLIPSES):
        return ELLIPSES[0]
    name = parser.next_word()
    if name is None:
        return str(position)
    if FIELD_NAME.fullmatch(name) is None:
        raise InvalidLogPatternError(f"Invalid character(s) in term '{name}'")
    if parser.is_condition():
        conditions.append(parser.read_condition())
    else:
        parser.take(name)
    return name


def _fields(message: str, names: list[str]) -> dict[str, Any] | None:
    """Return the message's fields by name; None if it has not as many as the pattern names."""
    values = ["".join(groups) for groups in FIELD.findall(message)]
    if ELLIPSES[0] not in names:
        return dict(zip(names, values, strict=True)) if len(values) == len(names) else None
    at = names.index(ELLIPSES[0])
    after = names[at + 1 :]
    if len(values) < at + len(after):
        return None
    ends = values[len(values) - len(after) :]
    return dict(zip(names[:at], values, strict=False)) | dict(zip(after, ends, strict=True))
