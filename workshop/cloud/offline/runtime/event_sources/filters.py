"""Filter criteria of a mapping: which records reach the function at all.

A record passes when any of the filters matches it. What is filtered out counts as done. The patterns are
those of EventBridge without its operators `cidr` and `wildcard`, which Lambda does not list. Pure.
Sources: https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html and, on data that is not
JSON, with-kinesis-filtering.html and with-sqs-filtering.html there.
"""

import base64
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from workshop.cloud.offline.runtime.deliveries.event_patterns import (
    InvalidEventPatternError,
    matches,
    read_json,
    read_pattern,
)

__all__ = ["InvalidPatternError", "Pattern", "check_pattern", "filter_view", "matches_any", "parse_pattern"]

Pattern = dict[str, Any]

REMEMBERED = 256
ABSENT_IN_LAMBDA = frozenset({"cidr", "wildcard"})
# The part of a record that its producer wrote, which AWS reads as JSON if it can.
CONTENTS = ("data", "body")


class InvalidPatternError(ValueError):
    """The text is not a filter pattern."""


class _Text(str):
    """Contents that are not JSON: a leaf for a pattern that is one, and nothing to a pattern for JSON."""

    __slots__ = ()


@lru_cache(maxsize=REMEMBERED)
def parse_pattern(text: str) -> Pattern:
    """Return the pattern; nobody may change it.

    Raises:
        InvalidPatternError: not a JSON object, a leaf that is not a list, or an operator or an operand that
        Lambda does not have.
    """
    if text.strip() == "{}":  # EventBridge takes no empty pattern
        return {}
    try:
        pattern = read_pattern(text)
    except (InvalidEventPatternError, RecursionError) as error:
        raise InvalidPatternError(f"`{text}` is no filter pattern: {error}") from error
    if met := ABSENT_IN_LAMBDA & set(_operators(pattern)):
        raise InvalidPatternError(f"Lambda has no operator `{min(met)}`")
    return pattern


def check_pattern(text: str, *, service: str) -> None:
    """Check a pattern for the records of a service; raises `InvalidPatternError`."""
    part = {"kinesis": "data", "dynamodb": "dynamodb"}.get(service)
    # The data of a stream is compared as JSON, so that a pattern for it names members.
    if any(not isinstance(wanted, dict) for wanted in _wanted(parse_pattern(text), part)):
        raise InvalidPatternError(f"the pattern for `{part}` is not a JSON object")


def matches_any(patterns: Sequence[Pattern], record: dict[str, Any]) -> bool:
    """Whether a record passes; without patterns every record does."""
    return not patterns or any(_matches(pattern, record) for pattern in patterns)


def filter_view(record: dict[str, Any]) -> dict[str, Any]:
    """Return what the patterns look at.

    For Kinesis that is the record's own fields and its data, decoded, under ``data``; for a message of a
    queue its body, read as JSON if it is; for DynamoDB the record.
    """
    if "kinesis" in record:
        raw = base64.b64decode(record["kinesis"]["data"])
        return {**record, **record["kinesis"], "data": _contents(raw)}
    return {**record, "body": _contents(record["body"].encode())} if "body" in record else record


def _contents(raw: bytes) -> Any:
    try:
        document = read_json(raw)
    except (ValueError, RecursionError):  # bytes that are no text are a ValueError as well
        document = None
    # A number or a word alone has no members to compare, and is the text that somebody wrote.
    return document if isinstance(document, dict | list) else _Text(raw.decode(errors="replace"))


def _matches(pattern: Pattern, record: dict[str, Any]) -> bool:
    return all(_is_fit(record[name], pattern, name) for name in CONTENTS if name in record) and matches(
        pattern, record
    )


def _is_fit(contents: Any, pattern: Pattern, name: str) -> bool:
    """Whether contents are of the form that a pattern asks for: JSON for an object, text for a list.

    AWS drops the others, also where the pattern asks for something to be absent.
    """
    is_text = isinstance(contents, _Text)
    return all(isinstance(wanted, dict) is not is_text for wanted in _wanted(pattern, name))


def _wanted(pattern: Pattern, name: str | None) -> Iterator[Any]:
    """Yield what a pattern wants of a top-level member, in each alternative."""
    for key, wanted in pattern.items():
        if key == name:
            yield wanted
        elif key == "$or" and isinstance(wanted, list):
            for alternative in wanted:
                if isinstance(alternative, dict):
                    yield from _wanted(alternative, name)


def _operators(tree: Any) -> Iterator[str]:
    """Yield the names of all operators of a valid pattern."""
    if isinstance(tree, dict):
        for wanted in tree.values():
            yield from _operators(wanted)
    elif isinstance(tree, list):
        for matcher in tree:
            if isinstance(matcher, dict):
                yield from matcher
                yield from _operators(matcher)
                # Below `anything-but` another operator may stand.
                yield from (
                    name for operand in matcher.values() if isinstance(operand, dict) for name in operand
                )
