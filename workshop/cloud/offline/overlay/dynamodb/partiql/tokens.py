"""The words of a statement, and the error about one that is wrong."""

import re
from dataclasses import dataclass

from moto.dynamodb.exceptions import MockValidationException

__all__ = ["StatementError", "Word", "Words"]

MAXIMUM_CHARACTERS = 8192
_WORD = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<quoted>\"(?:[^\"]|\"\")+\")|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+)"
    r"|(?P<symbol><<|>>|<>|!=|<=|>=|[=<>(),.\[\]{}:?*+-])|(?P<unknown>\S))"
)


class StatementError(MockValidationException):  # type: ignore[misc] # moto is untyped
    """A statement is none, or asks for what DynamoDB or the offline cloud does not have."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"Statement wasn't well formed, can't be processed: {problem}")


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a statement without its quotes; the last one is an `end` without text."""

    kind: str
    text: str


class Words:
    """Reads a statement from left to right, one word ahead; raises `StatementError` if it is too long."""

    def __init__(self, statement: str) -> None:
        if not 1 <= len(statement) <= MAXIMUM_CHARACTERS:
            raise StatementError(f"a statement has 1 to {MAXIMUM_CHARACTERS} characters")
        self._words = [_word(found) for found in _WORD.finditer(statement) if found.lastgroup]
        self._words.append(Word("end", ""))
        self._at = 0

    @property
    def next(self) -> Word:
        """The word that comes next."""
        return self._words[self._at]

    @property
    def second(self) -> Word:
        """The word behind the next one."""
        return self._words[min(self._at + 1, len(self._words) - 1)]

    def take(self) -> Word:
        """Return the next word and go on to the one behind it."""
        word = self.next
        self._at = min(self._at + 1, len(self._words) - 1)
        return word

    def is_symbol(self, *texts: str) -> bool:
        """Whether one of these symbols comes next."""
        return self.next.kind == "symbol" and self.next.text in texts

    def takes(self, text: str) -> bool:
        """Go on if this symbol comes next."""
        if self.is_symbol(text):
            self.take()
            return True
        return False

    def is_keyword(self, *keywords: str) -> bool:
        """Whether one of these keywords comes next, in whatever case."""
        return self.next.kind == "name" and self.next.text.upper() in keywords

    def takes_words(self, *keywords: str) -> bool:
        """Go on behind the keywords if the first one comes next; then the others must follow."""
        if not self.is_keyword(keywords[0]):
            return False
        for keyword in keywords:
            if not self.is_keyword(keyword):
                raise self.syntax_error()
            self.take()
        return True

    def expect(self, text: str) -> None:
        """Go on behind this symbol; raises `StatementError` if something else comes next."""
        if not self.takes(text):
            raise self.syntax_error()

    def expect_keywords(self, *keywords: str) -> None:
        """Go on behind these keywords; raises `StatementError` if something else comes next."""
        if not self.takes_words(*keywords):
            raise self.syntax_error()

    def syntax_error(self) -> StatementError:
        """Return the error that the next word is out of place, or unknown."""
        return StatementError(f"Unexpected {f'`{self.next.text}`' if self.next.kind != 'end' else 'end'}")


def _word(found: re.Match[str]) -> Word:
    kind = str(found.lastgroup)
    text = found[kind]
    if kind in ("text", "quoted"):
        # Two quotes in a row are one that belongs to the text.
        return Word(kind, text[1:-1].replace(text[0] * 2, text[0]))
    return Word(kind, text)
