"""A statement with its parameters becomes a write of one item, or a read.

UPDATE and DELETE name one item by its whole key; what else their WHERE clause says is a condition. INSERT
refuses a key that exists, UPDATE one that does not. Sources: ql-reference.insert.html,
ql-reference.update.html, ql-reference.delete.html and ql-reference.select.html in
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from typing import Any

from moto.dynamodb.exceptions import MockValidationException

from workshop.cloud.offline.overlay.dynamodb.attribute_values import item_of
from workshop.cloud.offline.overlay.dynamodb.expressions.actions import BoundUpdate
from workshop.cloud.offline.overlay.dynamodb.expressions.conditions import BoundCondition
from workshop.cloud.offline.overlay.dynamodb.expressions.trees import (
    And,
    Between,
    BinaryComparison,
    Condition,
    FunctionCall,
    Included,
    Or,
    Path,
    Value,
)
from workshop.cloud.offline.overlay.dynamodb.keys import Place, place_of_key
from workshop.cloud.offline.overlay.dynamodb.operations import (
    DuplicateItemError,
    Write,
    put_of,
    put_of_attributes,
)
from workshop.cloud.offline.overlay.dynamodb.partiql.statements import ItemOf, Statement, bound_values

__all__ = ["Bound", "Selection", "bind"]

CLAUSE = "WHERE clause"
REMEMBERED = 1024
NO_KEY = "Where clause does not contain a mandatory equality on all key attributes"


@dataclass(slots=True)
class _Insert(Write):
    """A put that refuses a key that exists."""

    def refusal(self, before: Mapping[str, Any] | None) -> DuplicateItemError:
        return DuplicateItemError(before if self.shows_item else None)


@dataclass(frozen=True, slots=True)
class Selection:
    """What a SELECT finds: parts of its condition that concern the key, and all others.

    `equal` has the values of key attributes that must equal one; `is_bounded` says whether each attribute of
    the partition key is compared by `=` or `IN`.
    """

    key: BoundCondition | None
    rest: BoundCondition | None
    equal: Mapping[str, Any]
    is_bounded: bool


@dataclass(slots=True)
class Bound:
    """A statement with its values by placeholder (`:0`, …); `item` is what an INSERT puts, or None."""

    statement: Statement
    values: Mapping[str, Any]
    item: Any
    shows_item: bool = False

    def place(self, table: Any) -> Place:
        """Return the one item that the statement names.

        Raises:
            MockValidationException: it does not name one.
        """
        return self._place(table)[0]

    def condition(self, tree: Condition | None) -> BoundCondition | None:
        """Return a part of the condition with its values."""
        return None if tree is None else BoundCondition(CLAUSE, tree, self.values)

    def write(self, table: Any) -> Write:
        """Return the write of an INSERT, UPDATE, DELETE or EXISTS; raises `MockValidationException`."""
        if self.statement.index is not None:
            raise MockValidationException("An index can only be read: name the table alone")
        if self.statement.kind == "INSERT":
            return self._insert(table)
        place, others = self._place(table)
        conditions = [] if others is None else [others]
        # To delete what is not there succeeds, whatever else is asked (ql-reference.delete.html); the others
        # want an item.
        if self.statement.kind != "DELETE":
            conditions.insert(0, _existence("attribute_exists", table.hash_key_attr))
        elif others is not None:
            absent = _existence("attribute_not_exists", table.hash_key_attr)
            conditions = [replace(others, tree=Or(absent.tree, others.tree))]
        update = None
        if self.statement.kind == "UPDATE":
            update = BoundUpdate(self.statement.actions, self.values)
            update.check(table.table_key_attrs)
        kind = {"UPDATE": "Update", "DELETE": "Delete", "EXISTS": "ConditionCheck"}[self.statement.kind]
        return Write(kind, place, update=update, conditions=tuple(conditions), shows_item=self.shows_item)

    def selection(self, hash_names: list[str], range_names: list[str]) -> Selection:
        """Return what a SELECT looks for in a table or an index with such a key."""
        key: list[Condition] = []
        rest: list[Condition] = []
        equal: dict[str, Any] = {}
        for tree, name, value in self.statement.parts:
            is_of_key = _is_of_key(tree, hash_names, range_names)
            (key if is_of_key else rest).append(tree)
            if is_of_key and name is not None:
                equal[name] = self.values[str(value)]
        bounded = {str(tree.operand.parts[0]) for tree in key if isinstance(tree, Included)}  # type: ignore[union-attr] # of a key
        return Selection(
            self.condition(_joined(key)),
            self.condition(_joined(rest)),
            equal,
            set(hash_names) <= equal.keys() | bounded,
        )

    def _insert(self, table: Any) -> Write:
        more: dict[str, Any] = {
            "of": _Insert,
            "conditions": (_existence("attribute_not_exists", table.hash_key_attr),),
            "shows_item": self.shows_item,
        }
        if isinstance(self.statement.item, ItemOf):
            return put_of_attributes(table, self.item.value, **more)
        # A parameter inside of a literal lies deeper in the item than where it was checked.
        return put_of(table, item_of(self.item.value), **more)

    def _place(self, table: Any) -> tuple[Place, BoundCondition | None]:
        names = table.table_key_attrs
        key: dict[str, Any] = {}
        others: list[Condition] = []
        for tree, name, value in self.statement.parts:
            # In `pk = 'a' AND pk = 'b'` the first names the item, and the second is a condition that fails.
            if name is not None and name in names and name not in key:
                key[name] = self.values[str(value)]
            else:
                others.append(tree)
        if key.keys() != set(names):
            raise MockValidationException(NO_KEY)
        return place_of_key(table, key), self.condition(_joined(others))


@lru_cache(maxsize=REMEMBERED)
def _existence(function: str, hash_name: str) -> BoundCondition:
    return BoundCondition(CLAUSE, FunctionCall(function, (Path((hash_name,)),)), {})


def bind(statement: Statement, parameters: Any, *, shows_item: bool = False) -> Bound:
    """Put the parameters into a statement, and check all of its values.

    Raises:
        MockValidationException: parameters are missing or left over, or have types that do not fit.
    """
    values, item = bound_values(statement, parameters)
    bound = Bound(statement, values, item, shows_item)
    if (condition := bound.condition(statement.condition)) is not None:
        condition.check()
    return bound


def _joined(trees: list[Condition]) -> Condition | None:
    return reduce(And, trees) if trees else None


def _is_of_key(tree: Condition, hash_names: list[str], range_names: list[str]) -> bool:
    """Whether a part of a condition limits which items are looked at, and not which of them are kept."""
    operands = _operands(tree)
    paths = [operand for operand in operands if isinstance(operand, Path)]
    values = [operand for operand in operands if isinstance(operand, Value)]
    if len(paths) != 1 or len(paths) + len(values) != len(operands) or len(paths[0].parts) > 1:
        return False
    name = paths[0].parts[0]
    if isinstance(tree, Included) or getattr(tree, "operator", None) == "=":
        return name in hash_names or name in range_names
    return name in range_names and getattr(tree, "operator", None) != "<>"


def _operands(tree: Condition) -> tuple[Any, ...]:
    """Return what a part compares, or nothing if that cannot limit which items are looked at."""
    if isinstance(tree, BinaryComparison):
        return (tree.left, tree.right)
    if isinstance(tree, Included):
        return (tree.operand, *tree.options)
    if isinstance(tree, Between):
        return (tree.operand, tree.lower, tree.upper)
    if isinstance(tree, FunctionCall) and tree.function == "begins_with":
        return tree.arguments
    return ()
