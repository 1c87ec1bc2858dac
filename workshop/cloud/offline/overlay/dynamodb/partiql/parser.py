"""Reads statements: SELECT, INSERT, UPDATE, DELETE, and EXISTS for transactions.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html. What is not there
is refused.
"""

from functools import lru_cache
from typing import Any

from workshop.cloud.offline.overlay.dynamodb.expressions.overlaps import check_distinct
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import (
    AddAction,
    Arithmetic,
    DeleteAction,
    FunctionCall,
    Operand,
    Path,
    RemoveAction,
    SetAction,
    UpdateAction,
)
from workshop.cloud.offline.overlay.dynamodb.partiql.conditions import ConditionReader
from workshop.cloud.offline.overlay.dynamodb.partiql.statements import (
    ItemOf,
    MapOf,
    Parameter,
    Statement,
    parts_of,
)
from workshop.cloud.offline.overlay.dynamodb.partiql.tokens import StatementError, Words

__all__ = ["parse_statement"]

REMEMBERED = 1024
SET_FUNCTIONS: dict[str, type[AddAction | DeleteAction]] = {"SET_ADD": AddAction, "SET_DELETE": DeleteAction}
IMAGES = {
    ("ALL", "OLD"): "ALL_OLD",
    ("ALL", "NEW"): "ALL_NEW",
    ("MODIFIED", "OLD"): "UPDATED_OLD",
    ("MODIFIED", "NEW"): "UPDATED_NEW",
}


@lru_cache(maxsize=REMEMBERED)
def parse_statement(text: str) -> Statement:
    """Return what a statement says.

    Raises:
        StatementError: it is none, or has what DynamoDB does not know.
    """
    reader = _StatementReader(Words(text))
    statement = reader.statement()
    if reader.tokens.next.kind != "end":
        raise reader.tokens.syntax_error()
    check_distinct("statement", [action.path for action in statement.actions])
    check_distinct("statement", statement.paths or ())
    return statement


class _StatementReader(ConditionReader):
    def statement(self) -> Statement:
        for keyword, read in (
            ("SELECT", self._select),
            ("INSERT", self._insert),
            ("UPDATE", self._update),
            ("DELETE", self._delete),
            ("EXISTS", self._exists),
        ):
            if self.tokens.takes_words(keyword):
                return read()
        raise self.tokens.syntax_error()

    def _made(self, kind: str, table: tuple[str, str | None], **more: Any) -> Statement:
        # Last, when all templates and parameters have been read.
        return Statement(
            kind,
            *table,
            templates=tuple(self.templates),
            parameter_count=self.parameter_count,
            parts=tuple(parts_of(more.get("condition"))),
            **more,
        )

    def _select(self) -> Statement:
        paths = None
        if not self.tokens.takes("*"):
            found = [self.path()]
            while self.tokens.takes(","):
                found.append(self.path())
            paths = tuple(found)
        self.tokens.expect_keywords("FROM")
        table = self._table()
        condition = self.condition() if self.tokens.takes_words("WHERE") else None
        order: list[tuple[str, bool]] = []
        if self.tokens.takes_words("ORDER", "BY"):
            order.append(self._ordered())
            while self.tokens.takes(","):
                order.append(self._ordered())
        return self._made("SELECT", table, paths=paths, condition=condition, order=tuple(order))

    def _ordered(self) -> tuple[str, bool]:
        name = self.name()
        if self.tokens.takes_words("DESC"):
            return name, False
        self.tokens.takes_words("ASC")
        return name, True

    def _exists(self) -> Statement:
        self.tokens.expect("(")
        self.tokens.expect_keywords("SELECT")
        selected = self._select()
        self.tokens.expect(")")
        if selected.order or selected.condition is None:
            raise StatementError("EXISTS takes a SELECT with a WHERE clause and without ORDER BY")
        return self._made("EXISTS", (selected.table, selected.index), condition=selected.condition)

    def _insert(self) -> Statement:
        self.tokens.expect_keywords("INTO")
        table = self._table()
        self.tokens.expect_keywords("VALUE")
        item = self.template()
        if not isinstance(item, MapOf):
            raise StatementError("INSERT takes one item, such as {'name': 'value'}")
        row = ItemOf(tuple(name for name, _ in item.parts))
        is_row = all(isinstance(part, Parameter) for _, part in item.parts)
        return self._made("INSERT", table, item=row if is_row else item)

    def _update(self) -> Statement:
        table = self._table()
        actions: list[UpdateAction] = []
        while self.tokens.is_keyword("SET", "REMOVE"):
            read = self._set if self.tokens.take().text.upper() == "SET" else self._remove
            actions.append(read())
            while self.tokens.takes(","):
                actions.append(read())
        if not actions:
            raise self.tokens.syntax_error()
        self.tokens.expect_keywords("WHERE")
        condition = self.condition()
        return self._made(
            "UPDATE", table, actions=tuple(actions), condition=condition, returning=self._returning()
        )

    def _remove(self) -> UpdateAction:
        return RemoveAction(self.path())

    def _set(self) -> UpdateAction:
        path = self.path()
        self.tokens.expect("=")
        if self.tokens.is_keyword(*SET_FUNCTIONS) and self.is_call():
            return self._set_function(path)
        left = self._assigned()
        for sign in ("+", "-"):
            if self.tokens.takes(sign):
                return SetAction(path, Arithmetic(sign, left, self._assigned()))
        return SetAction(path, left)

    def _set_function(self, path: Path) -> UpdateAction:
        action = SET_FUNCTIONS[self.tokens.take().text.upper()]
        self.tokens.expect("(")
        if self.path() != path:
            raise StatementError("a set function changes the attribute that is set, and names it first")
        self.tokens.expect(",")
        value = self.value()
        self.tokens.expect(")")
        return action(path, value)

    def _assigned(self) -> Operand:
        if self.tokens.is_keyword("LIST_APPEND") and self.is_call():
            self.tokens.take()
            self.tokens.expect("(")
            left = self._assigned()
            self.tokens.expect(",")
            right = self._assigned()
            self.tokens.expect(")")
            return FunctionCall("list_append", (left, right))
        return self.path() if self.is_path() else self.value()

    def _delete(self) -> Statement:
        self.tokens.expect_keywords("FROM")
        table = self._table()
        self.tokens.expect_keywords("WHERE")
        condition = self.condition()
        returning = self._returning()
        if returning not in ("NONE", "ALL_OLD"):
            raise StatementError("DELETE returns ALL OLD * or nothing")
        return self._made("DELETE", table, condition=condition, returning=returning)

    def _returning(self) -> str:
        if not self.tokens.takes_words("RETURNING"):
            return "NONE"
        image = (self.tokens.take().text.upper(), self.tokens.take().text.upper())
        if image not in IMAGES:
            raise StatementError(f"Unexpected `{' '.join(image)}` behind RETURNING")
        self.tokens.expect("*")
        return IMAGES[image]

    def _table(self) -> tuple[str, str | None]:
        table = self.name()
        return table, self.name() if self.tokens.takes(".") else None
