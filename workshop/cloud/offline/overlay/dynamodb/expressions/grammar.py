"""What the conditions of expressions and of statements have in common, over the words of either."""

from abc import ABC, abstractmethod
from typing import Any, Protocol

from workshop.cloud.offline.overlay.dynamodb.expressions.trees import (
    And,
    Between,
    Condition,
    Not,
    Operand,
    Or,
    Path,
)

__all__ = ["ConditionGrammar", "PathGrammar", "TokenReader"]


class TokenReader(Protocol):
    """Words from left to right, one ahead."""

    @property
    def next(self) -> Any:
        """The word that comes next: its kind and its text."""

    def take(self) -> Any:
        """Return the next word and go on to the one behind it."""

    def takes(self, text: str) -> bool:
        """Go on if this symbol comes next."""

    def takes_words(self, word: str, /) -> bool:
        """Go on if this keyword comes next, in whatever case."""

    def expect(self, text: str) -> None:
        """Go on behind this symbol; raises the error of `syntax_error` if something else comes next."""

    def syntax_error(self) -> Exception:
        """Return the error that the next word is out of place."""


class PathGrammar(ABC):
    """Paths such as `a.b[0]`, and lists of operands."""

    tokens: TokenReader

    @abstractmethod
    def name(self) -> str:
        """Read the name of an attribute."""

    @abstractmethod
    def operand(self) -> Operand:
        """Read a path, a value or a call."""

    def path(self) -> Path:
        """Read a path."""
        parts: list[str | int] = [self.name()]
        while True:
            if self.tokens.takes("."):
                parts.append(self.name())
            elif self.tokens.takes("["):
                if not self.tokens.next.text.isdigit():
                    raise self.tokens.syntax_error()
                parts.append(int(self.tokens.take().text))
                self.tokens.expect("]")
            else:
                return Path(tuple(parts))

    def operands(self, end: str) -> tuple[Operand, ...]:
        """Read operands between commas, one at least, and the symbol behind them."""
        found = [self.operand()]
        while self.tokens.takes(","):
            found.append(self.operand())
        self.tokens.expect(end)
        return tuple(found)


class ConditionGrammar(PathGrammar):
    """NOT binds more tightly than AND, AND than OR."""

    @abstractmethod
    def comparison(self) -> Condition:
        """Read a condition without connectives."""

    def condition(self) -> Condition:
        """Read a condition."""
        left = self._conjunction()
        while self.tokens.takes_words("OR"):
            left = Or(left, self._conjunction())
        return left

    def _conjunction(self) -> Condition:
        left = self._negation()
        while self.tokens.takes_words("AND"):
            left = And(left, self._negation())
        return left

    def _negation(self) -> Condition:
        if self.tokens.takes_words("NOT"):
            return Not(self._negation())
        return self.bracketed() if self.tokens.takes("(") else self.comparison()

    def bracketed(self) -> Condition:
        """Read a condition whose opening bracket has been read, and the closing one."""
        inner = self.condition()
        self.tokens.expect(")")
        return inner

    def between(self, left: Operand) -> Between:
        """Read both bounds behind BETWEEN."""
        lower = self.operand()
        if not self.tokens.takes_words("AND"):
            raise self.tokens.syntax_error()
        return Between(left, lower, self.operand())
