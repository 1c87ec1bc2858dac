"""Reads statements: SELECT, INSERT, UPDATE, DELETE, and EXISTS for transactions.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html. What is not there
is refused.
"""

from functools import lru_cache

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
from workshop.cloud.offline.overlay.dynamodb.partiql.statements import MapOf, Statement
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
    if reader.words.next.kind != "end":
        raise reader.words.unexpected()
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
            if self.words.takes_keywords(keyword):
                return read()
        raise self.words.unexpected()

    def _made(self, kind: str, table: tuple[str, str | None], **more: object) -> Statement:
        # Last, when all templates and parameters have been read.
        return Statement(
            kind,
            *table,
            templates=tuple(self.templates),
            parameter_count=self.parameter_count,
            **more,  # type: ignore[arg-type] # members of a statement by their names
        )

    def _select(self) -> Statement:
        paths = None
        if not self.words.takes("*"):
            found = [self.path()]
            while self.words.takes(","):
                found.append(self.path())
            paths = tuple(found)
        self.words.expect_keywords("FROM")
        table = self._table()
        condition = self.condition() if self.words.takes_keywords("WHERE") else None
        order: list[tuple[str, bool]] = []
        if self.words.takes_keywords("ORDER", "BY"):
            order.append(self._ordered())
            while self.words.takes(","):
                order.append(self._ordered())
        return self._made("SELECT", table, paths=paths, condition=condition, order=tuple(order))

    def _ordered(self) -> tuple[str, bool]:
        name = self.name()
        if self.words.takes_keywords("DESC"):
            return name, False
        self.words.takes_keywords("ASC")
        return name, True

    def _exists(self) -> Statement:
        self.words.expect("(")
        self.words.expect_keywords("SELECT")
        selected = self._select()
        self.words.expect(")")
        if selected.order or selected.condition is None:
            raise StatementError("EXISTS takes a SELECT with a WHERE clause and without ORDER BY")
        return self._made("EXISTS", (selected.table, selected.index), condition=selected.condition)

    def _insert(self) -> Statement:
        self.words.expect_keywords("INTO")
        table = self._table()
        self.words.expect_keywords("VALUE")
        item = self.template()
        if not isinstance(item, MapOf):
            raise StatementError("INSERT takes one item, such as {'name': 'value'}")
        return self._made("INSERT", table, item=item)

    def _update(self) -> Statement:
        table = self._table()
        actions: list[UpdateAction] = []
        while self.words.is_keyword("SET", "REMOVE"):
            read = self._set if self.words.take().text.upper() == "SET" else self._remove
            actions.append(read())
            while self.words.takes(","):
                actions.append(read())
        if not actions:
            raise self.words.unexpected()
        self.words.expect_keywords("WHERE")
        condition = self.condition()
        return self._made(
            "UPDATE", table, actions=tuple(actions), condition=condition, returning=self._returning()
        )

    def _remove(self) -> UpdateAction:
        return RemoveAction(self.path())

    def _set(self) -> UpdateAction:
        path = self.path()
        self.words.expect("=")
        if self.words.is_keyword(*SET_FUNCTIONS) and self.is_call():
            return self._set_function(path)
        left = self._assigned()
        for sign in ("+", "-"):
            if self.words.takes(sign):
                return SetAction(path, Arithmetic(sign, left, self._assigned()))
        return SetAction(path, left)

    def _set_function(self, path: Path) -> UpdateAction:
        action = SET_FUNCTIONS[self.words.take().text.upper()]
        self.words.expect("(")
        if self.path() != path:
            raise StatementError("a set function changes the attribute that is set, and names it first")
        self.words.expect(",")
        value = self.value()
        self.words.expect(")")
        return action(path, value)

    def _assigned(self) -> Operand:
        if self.words.is_keyword("LIST_APPEND") and self.is_call():
            self.words.take()
            self.words.expect("(")
            left = self._assigned()
            self.words.expect(",")
            right = self._assigned()
            self.words.expect(")")
            return FunctionCall("list_append", (left, right))
        return self.path() if self.is_path() else self.value()

    def _delete(self) -> Statement:
        self.words.expect_keywords("FROM")
        table = self._table()
        self.words.expect_keywords("WHERE")
        condition = self.condition()
        returning = self._returning()
        if returning not in ("NONE", "ALL_OLD"):
            raise StatementError("DELETE returns ALL OLD * or nothing")
        return self._made("DELETE", table, condition=condition, returning=returning)

    def _returning(self) -> str:
        if not self.words.takes_keywords("RETURNING"):
            return "NONE"
        image = (self.words.take().text.upper(), self.words.take().text.upper())
        if image not in IMAGES:
            raise StatementError(f"Unexpected `{' '.join(image)}` behind RETURNING")
        self.words.expect("*")
        return IMAGES[image]

    def _table(self) -> tuple[str, str | None]:
        table = self.name()
        return table, self.name() if self.words.takes(".") else None
