"""Queries of Logs Insights, word by word."""

import re
from collections.abc import Callable
from typing import Any

from moto.logs.exceptions import LogsClientError

__all__ = ["NAME", "NUMBER", "REGEX", "TEXT", "MalformedQueryError", "QueryWords"]

NAME = re.compile(r"`(?P<quoted>[^`]+)`|(?P<plain>[@A-Za-z_][\w.@]*)")
TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"|\'((?:[^\'\\]|\\.)*)\'')
NUMBER = re.compile(r"\d+(?:\.\d+)?(?![\w.])")
REGEX = re.compile(r"/((?:[^/\\]|\\.)+)/")


class MalformedQueryError(LogsClientError):  # type: ignore[misc]  # moto is untyped
    """The query cannot be read, or the offline cloud does not know what it asks for."""

    def __init__(self, problem: str) -> None:
        super().__init__("MalformedQueryException", f"{problem}; see docs/offline-cloud.md")


class QueryWords:
    """A part of a query, read from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    @property
    def rest(self) -> str:
        """What has not been read yet."""
        return self.text[self.at :].strip()

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what stands next, if it is that."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        if match := pattern.match(self.text, self.at):
            self.at = match.end()
        return match

    def is_next(self, pattern: re.Pattern[str]) -> bool:
        """Return whether that stands next, without reading it."""
        at, found = self.at, self.take(pattern)
        self.at = at
        return found is not None

    def word(self, *words: str) -> str | None:
        """Read one of some words of letters, in whatever case."""
        match = self.take(re.compile(rf"({'|'.join(words)})(?!\w)", re.IGNORECASE))
        return match[1].lower() if match else None

    def sign(self, *signs: str) -> str | None:
        """Read one of some signs."""
        match = self.take(re.compile("|".join(map(re.escape, signs))))
        return match[0] if match else None

    def expect(self, sign: str) -> None:
        """Read a sign.

        Raises:
            MalformedQueryError: something else stands there.
        """
        if self.sign(sign) is None:
            raise self.refusal(f"`{sign}`")

    def name(self) -> str:
        """Read the name of a field.

        Raises:
            MalformedQueryError: something else stands there.
        """
        if (match := self.take(NAME)) is None:
            raise self.refusal("the name of a field")
        return match["quoted"] or match["plain"]

    def list_of(self, read: Callable[["QueryWords"], Any]) -> list[Any]:
        """Read what stands between commas."""
        found = [read(self)]
        while self.sign(","):
            found.append(read(self))
        return found

    def refusal(self, wanted: str) -> MalformedQueryError:
        """Return the error that something else was expected here."""
        return MalformedQueryError(f"the offline cloud expects {wanted} in `{self.text}`, not `{self.rest}`")
