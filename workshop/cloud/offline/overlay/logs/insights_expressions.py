"""Expressions in queries of Logs Insights: what `filter`, `fields`, `stats` and `sort` compute from an event.

    words = QueryWords("n * 2 > 10 and level like /ERR/")
    holds = expression(words)       # a function of a row
    holds({"n": 6, "level": "ERROR"})

Fields, texts, numbers, `+ - * / %`, comparisons, `in [...]`, `like`, `=~`, `and`, `or`, `not` and the most
usual functions. What an event has not is None, and so is what cannot be computed from it. Sources:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-operations-functions.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Filter.html
"""

import math
import operator
import re
from collections.abc import Callable
from typing import Any

from workshop.cloud.offline.overlay.logs.insights_values import (
    FUNCTIONS,
    milliseconds,
    number,
    of_milliseconds,
    of_numbers,
)
from workshop.cloud.offline.overlay.logs.insights_words import (
    NUMBER,
    REGEX,
    TEXT,
    MalformedQueryError,
    QueryWords,
)

__all__ = ["Expression", "Row", "compiled", "expression"]

Row = dict[str, Any]
Expression = Callable[[Row], Any]

PERIOD = re.compile(
    r"(\d+)\s*(millisecond|second|minute|hour|day|msec|sec|min|ms|hr|s|m|h|d)s?(?!\w)", re.IGNORECASE
)
PERIOD_MILLISECONDS = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
SIGNS = re.compile(r"<=|>=|!=|=~|=|<|>")
END = re.compile(r"\)")
ROUNDED = ("datefloor", "dateceil")


def expression(words: QueryWords) -> Expression:
    """Read an expression.

    Raises:
        MalformedQueryError: there is none, or it has what the offline cloud does not know.
    """
    return _joined(words, {"or": lambda a, b: bool(a) or bool(b)}, _both)


def _both(words: QueryWords) -> Expression:
    return _joined(words, {"and": lambda a, b: bool(a) and bool(b)}, _negation)


def _negation(words: QueryWords) -> Expression:
    if words.word("not"):
        inner = _negation(words)
        return lambda row: not inner(row)
    return _comparison(words)


def _comparison(words: QueryWords) -> Expression:
    left = _sum(words)
    negated = words.word("not") is not None
    if words.word("like"):
        test = _like(words, left)
    elif words.sign("=~"):
        test = _found(left, _regex(words))
    elif words.word("in"):
        test = _in(words, left)
    elif negated:
        raise words.refusal("`like` or `in`")
    elif match := words.take(SIGNS):
        as_text = words.is_next(TEXT)
        return _combined(lambda a, b: compared(match[0], a, b, as_text=as_text), left, _sum(words))
    else:
        return left
    return (lambda row: not test(row)) if negated else test


def _like(words: QueryWords, left: Expression) -> Expression:
    if match := words.take(TEXT):
        return _found(left, re.compile(re.escape(_text(match))))
    return _found(left, _regex(words))


def _in(words: QueryWords, left: Expression) -> Expression:
    words.expect("[")
    wanted = words.list_of(_literal)
    words.expect("]")
    return lambda row: any(
        compared("=", left(row), value, as_text=isinstance(value, str)) for value in wanted
    )


def _found(left: Expression, pattern: re.Pattern[str]) -> Expression:
    def test(row: Row) -> bool:
        # What an event lacks reads as an empty text, so `not like` holds for it.
        value = left(row)
        return pattern.search("" if value is None else str(value)) is not None

    return test


def _regex(words: QueryWords) -> re.Pattern[str]:
    if (match := words.take(REGEX)) is None:
        raise words.refusal("a text or a /regular expression/")
    return compiled(match[1])


def compiled(source: str) -> re.Pattern[str]:
    """Return a regular expression; named groups may be written as `(?<name>…)`.

    Raises:
        MalformedQueryError: it is none.
    """
    try:
        return re.compile(re.sub(r"\(\?<(?=[A-Za-z_])", "(?P<", source))
    except re.error as error:
        raise MalformedQueryError(f"`{source}` is no regular expression: {error}") from error


def compared(sign: str, left: Any, right: Any, *, as_text: bool = False) -> bool:
    """Return whether a comparison holds: of numbers by value, of texts letter by letter."""
    if left is None or right is None:
        return sign == "!="
    numbers = None if as_text else (number(left), number(right))
    if numbers is None or None in numbers:
        # A text is neither smaller nor larger than a number, and never equal.
        if not as_text and isinstance(right, int | float):
            return sign == "!="
        left, right = str(left), str(right)
    else:
        left, right = numbers
    return bool(COMPARISONS[sign](left, right))


COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def _sum(words: QueryWords) -> Expression:
    return _joined(words, {"+": operator.add, "-": operator.sub}, _product)


def _product(words: QueryWords) -> Expression:
    return _joined(words, {"*": operator.mul, "/": operator.truediv, "%": math.fmod}, _factor)


def _joined(words: QueryWords, signs: dict[str, Any], read: Callable[[QueryWords], Expression]) -> Expression:
    left = read(words)
    is_word = next(iter(signs)).isalpha()
    while sign := (words.word if is_word else words.sign)(*signs):
        left = _combined(signs[sign] if is_word else of_numbers(signs[sign]), left, read(words))
    return left


def _combined(join: Callable[[Any, Any], Any], left: Expression, right: Expression) -> Expression:
    return lambda row: join(left(row), right(row))


def _factor(words: QueryWords) -> Expression:
    if words.sign("("):
        inner = expression(words)
        words.expect(")")
        return inner
    if words.sign("-"):
        return _combined(of_numbers(operator.sub), lambda _: 0, _factor(words))
    if words.is_next(TEXT) or words.is_next(NUMBER):
        value = _literal(words)
        return lambda _: value
    name = words.name()
    return _call(words, name) if words.sign("(") else lambda row: row.get(name)


def _literal(words: QueryWords) -> Any:
    if match := words.take(TEXT):
        return _text(match)
    sign = -1 if words.sign("-") else 1
    if (match := words.take(NUMBER)) is None:
        raise words.refusal("a text or a number")
    return sign * (number(match[0]) or 0)


def _text(match: re.Match[str]) -> str:
    inner = match[1] if match[1] is not None else match[2]
    return re.sub(r"\\(.)", r"\1", inner)


def _call(words: QueryWords, name: str) -> Expression:
    if name.lower() == "bin":
        return _bin(words)
    if name.lower() in ROUNDED:
        return _rounded(words, up=name.lower() == "dateceil")
    if (known := FUNCTIONS.get(name.lower())) is None:
        raise MalformedQueryError(f"the offline cloud does not compute `{name}()`")
    fewest, most, compute = known
    inner = [] if words.is_next(END) else words.list_of(expression)
    words.expect(")")
    if not fewest <= len(inner) <= most:
        raise MalformedQueryError(f"`{name}()` does not take {len(inner)} arguments")
    return lambda row: compute(*(each(row) for each in inner))


def _bin(words: QueryWords) -> Expression:
    length = _period(words)
    return lambda row: _start(row.get("@timestamp"), length)


def _rounded(words: QueryWords, *, up: bool) -> Expression:
    """Read the arguments of `datefloor` or `dateceil`: a time and a period."""
    moment = expression(words)
    words.expect(",")
    length = _period(words)
    return lambda row: _start(moment(row), length, up=up)


def _period(words: QueryWords) -> int:
    """Read a period and the end of the arguments; return its milliseconds."""
    if (match := words.take(PERIOD)) is None or not int(match[1]):
        raise words.refusal("a period such as 5m (of milliseconds, seconds, minutes, hours or days)")
    words.expect(")")
    unit = match[2].lower()
    # Of the units with an `m` in front, only milliseconds have an `s`, however they are written.
    return int(match[1]) * (1 if unit[0] == "m" and "s" in unit else PERIOD_MILLISECONDS[unit[0]])


def _start(text: Any, length: int, *, up: bool = False) -> str | None:
    """Return the time at which the period of a time begins, or the next one, if it is not itself one."""
    if (moment := milliseconds(text)) is None:
        return None
    return of_milliseconds(moment - moment % length + (length if up and moment % length else 0))
