"""The words of an expression, and the error about one that is wrong."""

import re
from dataclasses import dataclass

from moto.dynamodb.exceptions import MockValidationException

__all__ = ["ExpressionError", "Token", "Tokens"]

MAXIMUM_BYTES = 4096
# Numbers are positions in lists: values are never written into an expression, unlike into a statement.
_TOKEN = re.compile(
    r"\s*(?:(?P<placeholder>[#:][A-Za-z0-9_]+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<number>[0-9]+)"
    r"|(?P<symbol><>|<=|>=|[=<>(),.\[\]+-])|(?P<unknown>\S))"
)


class ExpressionError(MockValidationException):  # type: ignore[misc] # moto is untyped
    """An expression of a request is wrong; `kind` is the parameter that it came in."""

    def __init__(self, kind: str, problem: str) -> None:
        super().__init__(f"Invalid {kind}: {problem}")


@dataclass(frozen=True, slots=True)
class Token:
    """A word of an expression and where it stands; the last one has no text."""

    kind: str
    text: str
    start: int
    end: int


class Tokens:
    """Reads an expression from left to right, one token ahead.

    Raises:
        ExpressionError: the expression is empty or too long.
    """

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        if not text.strip():
            raise ExpressionError(kind, "The expression can not be empty;")
        if len(text.encode()) > MAXIMUM_BYTES:
            raise ExpressionError(
                kind,
                "Expression size has exceeded the maximum allowed size; "
                f"expression size: {len(text.encode())}",
            )
        self._text = text
        self._tokens = [
            Token(str(found.lastgroup), found[found.lastgroup], found.start(found.lastgroup), found.end())
            for found in _TOKEN.finditer(text)
            if found.lastgroup is not None
        ]
        self._tokens.append(Token("end", "", len(text), len(text)))
        self._at = 0

    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    @property
    def second(self) -> Token:
        """The token behind the next one."""
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and go on to the one behind it."""
        token = self.next
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def takes(self, text: str) -> bool:
        """Go on if the next token is this symbol."""
        if self.next.kind == "symbol" and self.next.text == text:
            self.take()
            return True
        return False

    def takes_words(self, word: str) -> bool:
        """Go on if the next token is this keyword, in whatever case."""
        if self.next.kind == "name" and self.next.text.upper() == word:
            self.take()
            return True
        return False

    def expect(self, text: str) -> None:
        """Go on behind this symbol.

        Raises:
            ExpressionError: something else comes next.
        """
        if not self.takes(text):
            raise self.syntax_error()

    def error(self, problem: str) -> ExpressionError:
        """Return an error about this expression."""
        return ExpressionError(self.kind, problem)

    def syntax_error(self) -> ExpressionError:
        """Return the error that the next token is out of place."""
        token = self.next
        before = self._tokens[max(self._at - 1, 0)]
        after = self.second
        text = "<EOF>" if token.kind == "end" else token.text
        near = self._text[before.start : after.end].strip()
        return self.error(f'Syntax error; token: "{text}", near: "{near}"')
