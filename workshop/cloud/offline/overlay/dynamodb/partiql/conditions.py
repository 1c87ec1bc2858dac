"""Reads paths, values and conditions of statements into the trees of expressions."""

from moto.dynamodb.exceptions import MockValidationException

from workshop.cloud.offline.overlay.dynamodb.attribute_values import read_value, value_of
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import (
    And,
    Between,
    BinaryComparison,
    Condition,
    FunctionCall,
    Included,
    Not,
    Operand,
    Or,
    Path,
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


class ConditionReader:
    """What SELECT, UPDATE and DELETE have in common; notes the values and parameters that it meets."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.templates: list[Template] = []
        self.parameter_count = 0

    def name(self) -> str:
        """Read a name, in double quotes if it is a keyword or has other signs than letters and digits."""
        word = self.words.next
        if word.kind != "quoted" and (word.kind != "name" or word.text.upper() in KEYWORDS):
            raise self.words.unexpected()
        return self.words.take().text

    def path(self) -> Path:
        """Read a path: `a."b c"[0]`."""
        parts: list[str | int] = [self.name()]
        while True:
            if self.words.takes("."):
                parts.append(self.name())
            elif self.words.takes("["):
                if not self.words.next.text.isdigit():
                    raise self.words.unexpected()
                parts.append(int(self.words.take().text))
                self.words.expect("]")
            else:
                return Path(tuple(parts))

    def is_path(self) -> bool:
        """Whether a path comes next."""
        word = self.words.next
        return word.kind == "quoted" or (word.kind == "name" and word.text.upper() not in KEYWORDS)

    def is_call(self) -> bool:
        """Whether the next name is that of a function."""
        return self.words.next.kind == "name" and self.words.second.text == "("

    def value(self) -> Value:
        """Read a literal or a parameter."""
        self.templates.append(self.template())
        return Value(f":{len(self.templates) - 1}")

    def template(self) -> Template:
        """Read a literal, which may have parameters inside, or a parameter."""
        if self.words.takes("?"):
            self.parameter_count += 1
            return Parameter(self.parameter_count - 1)
        if self.words.takes("["):
            return ListOf(self._parts("]"))
        if self.words.takes("<<"):
            return SetOf(self._parts(">>"))
        if self.words.takes("{"):
            return self._map()
        return self._scalar()

    def _parts(self, end: str) -> tuple[Template, ...]:
        found: list[Template] = []
        while not self.words.takes(end):
            if found:
                self.words.expect(",")
            found.append(self.template())
        return tuple(found)

    def _map(self) -> MapOf:
        found: dict[str, Template] = {}
        while not self.words.takes("}"):
            if found:
                self.words.expect(",")
            word = self.words.next
            if word.kind not in ("text", "quoted") or word.text in found:
                raise self.words.unexpected()
            self.words.take()
            self.words.expect(":")
            found[word.text] = self.template()
        return MapOf(tuple(found.items()))

    def _scalar(self) -> Template:
        sign = "-" if self.words.takes("-") else ""
        word = self.words.next
        if word.kind == "number":
            return read_value({"N": sign + self.words.take().text})
        if sign:
            raise self.words.unexpected()
        if word.kind == "text":
            return value_of("S", self.words.take().text)
        for keyword, kind, content in (
            ("TRUE", "BOOL", True),
            ("FALSE", "BOOL", False),
            ("NULL", "NULL", True),
        ):
            if self.words.takes_keywords(keyword):
                return value_of(kind, content)
        raise self.words.unexpected()

    def condition(self) -> Condition:
        """Read a condition; NOT binds more tightly than AND, AND than OR."""
        left = self._conjunction()
        while self.words.takes_keywords("OR"):
            left = Or(left, self._conjunction())
        return left

    def _conjunction(self) -> Condition:
        left = self._negation()
        while self.words.takes_keywords("AND"):
            left = And(left, self._negation())
        return left

    def _negation(self) -> Condition:
        if self.words.takes_keywords("NOT"):
            return Not(self._negation())
        if self.words.takes("("):
            inner = self.condition()
            self.words.expect(")")
            return inner
        if self.is_call() and self.words.is_keyword(*FUNCTIONS):
            return self._function()
        return self._comparison()

    def _function(self) -> FunctionCall:
        name = self.words.take().text.lower()
        self.words.expect("(")
        arguments = [self._operand()]
        while self.words.takes(","):
            arguments.append(self._operand())
        self.words.expect(")")
        return FunctionCall(name, tuple(arguments))

    def _operand(self) -> Operand:
        if not self.is_call():
            return self.path() if self.is_path() else self.value()
        if not self.words.is_keyword("SIZE"):
            raise StatementError(f"the offline cloud has no function `{self.words.next.text}`")
        return self._function()

    def _comparison(self) -> Condition:
        left = self._operand()
        if self.words.is_symbol(*COMPARATORS):
            sign = self.words.take().text
            return BinaryComparison("<>" if sign == "!=" else sign, left, self._operand())
        if self.words.takes_keywords("IS"):
            return self._kind(left)
        if self.words.is_keyword("NOT") and self.words.second.text.upper() in ("IN", "BETWEEN"):
            self.words.take()
            return Not(self._range(left))
        return self._range(left)

    def _range(self, left: Operand) -> Condition:
        if self.words.takes_keywords("BETWEEN"):
            lower = self._operand()
            self.words.expect_keywords("AND")
            return Between(left, lower, self._operand())
        self.words.expect_keywords("IN")
        end = {"[": "]", "(": ")"}.get(self.words.take().text)
        if end is None:
            raise MockValidationException("IN takes a list in brackets")
        options = [self._operand()]
        while self.words.takes(","):
            options.append(self._operand())
        self.words.expect(end)
        return Included(left, tuple(options))

    def _kind(self, left: Operand) -> Condition:
        is_negated = self.words.takes_keywords("NOT")
        if self.words.takes_keywords("MISSING"):
            return FunctionCall("attribute_exists" if is_negated else "attribute_not_exists", (left,))
        self.words.expect_keywords("NULL")
        self.templates.append(value_of("S", "NULL"))
        is_null = FunctionCall("attribute_type", (left, Value(f":{len(self.templates) - 1}")))
        return Not(is_null) if is_negated else is_null
