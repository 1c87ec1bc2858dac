"""Reads paths, values and conditions of statements into the trees of expressions."""

from moto.dynamodb.exceptions import MockValidationException

from workshop.cloud.offline.overlay.dynamodb.attribute_values import read_value, value_of
from workshop.cloud.offline.overlay.dynamodb.expressions.grammar import ConditionGrammar
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import (
    BinaryComparison,
    Condition,
    FunctionCall,
    Included,
    Not,
    Operand,
    Value,
)
from workshop.cloud.offline.overlay.dynamodb.partiql.statements import (
    ListOf,
    MapOf,
    Parameter,
    SetOf,
    Template,
)
from workshop.cloud.offline.overlay.dynamodb.partiql.tokens import StatementError, Words

__all__ = ["ConditionReader"]

COMPARATORS = ("=", "<>", "!=", "<", "<=", ">", ">=")
FUNCTIONS = ("ATTRIBUTE_TYPE", "BEGINS_WITH", "CONTAINS")
KEYWORDS = frozenset(
    {
        "SELECT",
        "FROM",
        "WHERE",
        "ORDER",
        "BY",
        "INSERT",
        "INTO",
        "VALUE",
        "UPDATE",
        "SET",
        "REMOVE",
        "DELETE",
        "RETURNING",
        "AND",
        "OR",
        "NOT",
        "IN",
        "BETWEEN",
        "IS",
        "MISSING",
        "NULL",
        "TRUE",
        "FALSE",
        "EXISTS",
        "ASC",
        "DESC",
    }
)


class ConditionReader(ConditionGrammar):
    """What SELECT, UPDATE and DELETE have in common; notes the values and parameters that it meets."""

    tokens: Words

    def __init__(self, words: Words) -> None:
        self.tokens = words
        self.templates: list[Template] = []
        self.parameter_count = 0

    def name(self) -> str:
        """Read a name, in double quotes if it is a keyword or has other signs than letters and digits."""
        word = self.tokens.next
        if word.kind != "quoted" and (word.kind != "name" or word.text.upper() in KEYWORDS):
            raise self.tokens.syntax_error()
        return self.tokens.take().text

    def is_path(self) -> bool:
        """Whether a path comes next."""
        word = self.tokens.next
        return word.kind == "quoted" or (word.kind == "name" and word.text.upper() not in KEYWORDS)

    def is_call(self) -> bool:
        """Whether the next name is that of a function."""
        return self.tokens.next.kind == "name" and self.tokens.second.text == "("

    def value(self) -> Value:
        """Read a literal or a parameter."""
        self.templates.append(self.template())
        return Value(f":{len(self.templates) - 1}")

    def template(self) -> Template:
        """Read a literal, which may have parameters inside, or a parameter."""
        if self.tokens.takes("?"):
            self.parameter_count += 1
            return Parameter(self.parameter_count - 1)
        if self.tokens.takes("["):
            return ListOf(self._parts("]"))
        if self.tokens.takes("<<"):
            return SetOf(self._parts(">>"))
        if self.tokens.takes("{"):
            return self._map()
        return self._scalar()

    def _parts(self, end: str) -> tuple[Template, ...]:
        found: list[Template] = []
        while not self.tokens.takes(end):
            if found:
                self.tokens.expect(",")
            found.append(self.template())
        return tuple(found)

    def _map(self) -> MapOf:
        found: dict[str, Template] = {}
        while not self.tokens.takes("}"):
            if found:
                self.tokens.expect(",")
            word = self.tokens.next
            if word.kind not in ("text", "quoted") or word.text in found:
                raise self.tokens.syntax_error()
            self.tokens.take()
            self.tokens.expect(":")
            found[word.text] = self.template()
        return MapOf(tuple(found.items()))

    def _scalar(self) -> Template:
        sign = "-" if self.tokens.takes("-") else ""
        word = self.tokens.next
        if word.kind == "number":
            return read_value({"N": sign + self.tokens.take().text})
        if sign:
            raise self.tokens.syntax_error()
        if word.kind == "text":
            return value_of("S", self.tokens.take().text)
        for keyword, kind, content in (
            ("TRUE", "BOOL", True),
            ("FALSE", "BOOL", False),
            ("NULL", "NULL", True),
        ):
            if self.tokens.takes_words(keyword):
                return value_of(kind, content)
        raise self.tokens.syntax_error()

    def _function(self) -> FunctionCall:
        name = self.tokens.take().text.lower()
        self.tokens.expect("(")
        return FunctionCall(name, self.operands(")"))

    def operand(self) -> Operand:
        """Read a path, a value or `size(...)`."""
        if not self.is_call():
            return self.path() if self.is_path() else self.value()
        if not self.tokens.is_keyword("SIZE"):
            raise StatementError(f"the offline cloud has no function `{self.tokens.next.text}`")
        return self._function()

    def comparison(self) -> Condition:
        """Read a comparison, or a call that is a condition of its own."""
        if self.is_call() and self.tokens.is_keyword(*FUNCTIONS):
            return self._function()
        left = self.operand()
        if self.tokens.is_symbol(*COMPARATORS):
            sign = self.tokens.take().text
            return BinaryComparison("<>" if sign == "!=" else sign, left, self.operand())
        if self.tokens.takes_words("IS"):
            return self._kind(left)
        if self.tokens.is_keyword("NOT") and self.tokens.second.text.upper() in ("IN", "BETWEEN"):
            self.tokens.take()
            return Not(self._range(left))
        return self._range(left)

    def _range(self, left: Operand) -> Condition:
        if self.tokens.takes_words("BETWEEN"):
            return self.between(left)
        self.tokens.expect_keywords("IN")
        end = {"[": "]", "(": ")"}.get(self.tokens.take().text)
        if end is None:
            raise MockValidationException("IN takes a list in brackets")
        return Included(left, self.operands(end))

    def _kind(self, left: Operand) -> Condition:
        is_negated = self.tokens.takes_words("NOT")
        if self.tokens.takes_words("MISSING"):
            return FunctionCall("attribute_exists" if is_negated else "attribute_not_exists", (left,))
        self.tokens.expect_keywords("NULL")
        # NULL is a type that a value has; an attribute that is not there is MISSING, and not NULL.
        self.templates.append(value_of("S", "NULL"))
        is_null = FunctionCall("attribute_type", (left, Value(f":{len(self.templates) - 1}")))
        return Not(is_null) if is_negated else is_null
