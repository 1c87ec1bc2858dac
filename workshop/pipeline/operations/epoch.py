"""The epoch of a pipeline's data as the commands see it: the item `epoch` of ParameterTable.

The functions read it once in each invocation, and none of their transactions commits once it has changed. So
a command that changes it knows that nothing planned earlier will be written later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workshop.pipeline.operations.actions import condition, read_item, takes_effect, update

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["EpochState", "change_epoch", "epoch_check", "epoch_number", "read_epoch"]

EPOCH_KEY = {"Parameter": "epoch"}


@dataclass(frozen=True)
class EpochState:
    """The item, read consistently; a pipeline that was never cleared has none.

    While `emptying`, a `clear` is deleting the totals of the epochs before this one.
    """

    number: int = 0
    emptying: bool = False


def read_epoch(client: DynamoDBClient, table: str) -> EpochState:
    """Return the epoch as the last acknowledged write left it."""
    item = read_item(client, table, EPOCH_KEY)
    return EpochState(number=int(item.get("Number", 0)), emptying=item.get("Emptying") is True)


def change_epoch(
    client: DynamoDBClient,
    table: str,
    *,
    seen: EpochState,
    to: Mapping[str, Any],
    without: Sequence[str] = (),
) -> bool:
    """Set attributes of the item and remove others; return False if it is not as it was seen."""
    request = update(table, EPOCH_KEY, seen=_attributes(seen), to=to, without=without)
    return takes_effect(client.update_item, request)


def epoch_check(table: str, seen: EpochState) -> dict[str, Any]:
    """Return the action that cancels a transaction if the epoch is not as it was seen."""
    return {"ConditionCheck": condition(table, EPOCH_KEY, _attributes(seen))}


def _attributes(epoch: EpochState) -> dict[str, Any]:
    return {"Number": epoch.number or None, "Emptying": epoch.emptying or None}


def epoch_number(row: Mapping[str, Any]) -> int:
    """Return the epoch in which an item was written; an item without one belongs to the first."""
    number = row.get("Epoch", 0)
    return int(number) if not isinstance(number, str) else 0
