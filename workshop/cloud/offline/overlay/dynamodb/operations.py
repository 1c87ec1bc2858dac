"""One write of one item: what single writes, batches, transactions and PartiQL have in common.

AWS checks the condition, applies the write completely or not at all, and an update that only takes things
away from an item that does not exist makes none. Sources:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html and API_PutItem.html
there. moto creates the item first, changes it in place, and keeps what it has done when a later action
fails.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.dynamodb.exceptions import (
    ERROR_TYPE_PREFIX,
    ConditionalCheckFailed,
    DynamodbException,
    ItemSizeTooLarge,
    ItemSizeToUpdateTooLarge,
)
from moto.dynamodb.models.dynamo_type import Item, LimitedSizeDict

from workshop.cloud.offline.overlay.changes import put_in_place
from workshop.cloud.offline.overlay.dynamodb.attribute_values import attributes_of
from workshop.cloud.offline.overlay.dynamodb.expressions.actions import BoundUpdate, Changed
from workshop.cloud.offline.overlay.dynamodb.expressions.conditions import BoundCondition
from workshop.cloud.offline.overlay.dynamodb.keys import Place, check_index_keys, place_of_item
from workshop.cloud.offline.overlay.sizes import attributes_size, item_size

__all__ = ["MAXIMUM_ITEM_BYTES", "DuplicateItemError", "Write", "WriteOutcome", "put_of", "put_of_attributes"]

MAXIMUM_ITEM_BYTES = 400 * 1024
Attributes = Mapping[str, Any]


class DuplicateItemError(DynamodbException):  # type: ignore[misc] # moto is untyped
    """PartiQL inserts an item whose key exists; carries the stored item if that is wanted."""

    def __init__(self, item: Attributes | None) -> None:
        super().__init__(
            f"{ERROR_TYPE_PREFIX}DuplicateItemException", "Duplicate primary key exists in table"
        )
        self.item = item


@dataclass(slots=True)
class WriteOutcome:
    """An item before and after a write, None if there is none; of an update, what it touched as well."""

    old: Any | None
    new: Any | None
    changed: Changed | None = None

    @property
    def before(self) -> Attributes:
        """The attributes of the item before it."""
        return {} if self.old is None else self.old.attrs

    @property
    def after(self) -> Attributes:
        """The attributes of the item after it."""
        return {} if self.new is None else self.new.attrs

    @property
    def size(self) -> int:
        """The bytes of the larger of the two, by which AWS counts a write."""
        old = 0 if self.old is None else item_size(self.old)
        new = 0 if self.new is None else item_size(self.new)
        return max(old, new)


@dataclass(slots=True)
class Write:
    """A write of one item, if its conditions hold.

    `kind` is Put (with `attributes`, moto's values by name), Update, Delete or ConditionCheck.
    """

    kind: str
    place: Place
    attributes: Attributes | None = None
    update: BoundUpdate | None = None
    conditions: tuple[BoundCondition, ...] = ()
    shows_item: bool = False
    # In bytes, of what a put puts.
    size: int | None = None

    def run(self, put: Callable[[Any, Any, Any, Any, Any], None] = put_in_place) -> WriteOutcome:
        """Apply it; `put` stores, under the two keys of a table, an item or None instead of the present one.

        Raises:
            ConditionalCheckFailed: a condition does not hold; carries the item if that is wanted.
            MockValidationException: it does not fit the stored item, or makes it too large.
        """
        item = self.place.item
        before = None if item is None else item.attrs
        for condition in self.conditions:
            if not condition.holds(before):
                raise self.refusal(before)
        if self.kind == "ConditionCheck":
            return WriteOutcome(item, item)
        changed = self._changed(before) if self.kind == "Update" else None
        after = changed.attributes if changed else self.attributes if self.kind == "Put" else None
        new = None if after is None else _item(self.place, after, self.size)
        if new is not None and self.kind == "Update" and item_size(new) > MAXIMUM_ITEM_BYTES:
            raise ItemSizeToUpdateTooLarge
        # To delete what is not there changes nothing, and leaves no stream record.
        if new is not None or item is not None:
            put(self.place.table, self.place.hash_key, self.place.range_key, item, new)
        return WriteOutcome(item, new, changed)

    def refusal(self, before: Attributes | None) -> DynamodbException:
        """Return the error that a condition does not hold."""
        shown = before if self.shows_item else None
        error = ConditionalCheckFailed(item=shown)
        # Transactions and batches of statements put it into their own lists of reasons.
        error.item = shown
        return error

    def _changed(self, before: Attributes | None) -> Changed | None:
        """Return the item after the update, None if there is none and none is made."""
        if before is None and self.update is not None and self.update.actions and not self.update.creates:
            # Still applied, since a path that leads nowhere is refused whether there is an item or not.
            self.update.applied_to(self.place.key)
            return None
        start = before if before is not None else self.place.key
        if self.update is None:
            # An update that says nothing leaves an item as it is, or makes one of its key alone.
            return Changed(dict(start), (), ())
        changed = self.update.applied_to(start)
        check_index_keys(self.place.table, changed.attributes, updated=True)
        return changed


def put_of(table: Any, raw: Attributes, **more: Any) -> Write:
    """Return the put of an item in a request.

    Raises:
        MockValidationException: a value, a key, the key of an index or the size is not allowed.
    """
    return put_of_attributes(table, attributes_of(raw), **more)


def put_of_attributes(table: Any, attributes: Attributes, *, of: type[Write] = Write, **more: Any) -> Write:
    """Return the put of an item whose values have been read; raises `MockValidationException`."""
    place = place_of_item(table, attributes)
    check_index_keys(table, attributes)
    if (size := attributes_size(attributes)) > MAXIMUM_ITEM_BYTES:
        raise ItemSizeTooLarge
    return of("Put", place, attributes, size=size, **more)


def _item(place: Place, attributes: Attributes, size: int | None) -> Any:
    # Past `Item.__init__`, which would read and measure values that are read and measured already.
    item = object.__new__(Item)
    item.hash_key, item.range_key = place.hash_key, place.range_key
    # Past the dict's own measuring, which sums everything up for each attribute.
    item.attrs = dict.__new__(LimitedSizeDict)
    dict.update(item.attrs, attributes)
    if size is not None:
        item.size_bytes = size
    return item
