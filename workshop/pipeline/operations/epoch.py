"""The epoch of a pipeline's data as the commands see it: the item `epoch` of ParameterTable.

The functions read it once in each invocation, and no transaction of theirs is committed once it has changed.
So whoever changes it knows that nothing planned before will come after. Nothing is deleted or summed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["EPOCH_KEY", "EpochState", "change_epoch", "epoch_number", "is_refused", "read_epoch"]

EPOCH_KEY: Any = {"Parameter": {"S": "epoch"}}
REFUSED = "ConditionalCheckFailedException"
FENCED = ("Number", "Emptying", "Generation", "Rebuilding")


@dataclass(frozen=True)
class EpochState:
    """The item, read consistently; a pipeline that was never cleared and never rebuilt has none."""

    number: int = 0
    emptying: bool = False
    generation: int = 0
    rebuilding: bool = False


def read_epoch(client: DynamoDBClient, table: str) -> EpochState:
    """Return the epoch as every acknowledged write left it."""
    answer = client.get_item(TableName=table, Key=EPOCH_KEY, ConsistentRead=True)
    deserializer = TypeDeserializer()
    item = {name: deserializer.deserialize(value) for name, value in answer.get("Item", {}).items()}
    return EpochState(
        number=int(item.get("Number", 0)),
        emptying=item.get("Emptying") is True,
        generation=int(item.get("Generation", 0)),
        rebuilding=item.get("Rebuilding") is True,
    )


def change_epoch(
    client: DynamoDBClient, table: str, *, seen: EpochState, to: Mapping[str, Any], without: str = ""
) -> bool:
    """Set attributes of the item and remove another one; return False if it is not as it was seen."""
    there = {"Number": seen.number, "Generation": seen.generation}
    flags = {"Emptying": seen.emptying, "Rebuilding": seen.rebuilding}
    values: dict[str, Any] = {f":Seen{name}": {"N": str(value)} for name, value in there.items() if value}
    values |= {f":Seen{name}": {"BOOL": True} for name, is_set in flags.items() if is_set}
    terms = [
        f"#{name} = :Seen{name}" if f":Seen{name}" in values else f"attribute_not_exists(#{name})"
        for name in FENCED
    ]
    values |= {f":{name}": value for name, value in to.items()}
    # A request without values must not name any.
    given: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
    clauses = [f"SET {', '.join(f'#{name} = :{name}' for name in to)}"] if to else []
    clauses += [f"REMOVE #{without}"] if without else []
    try:
        client.update_item(
            TableName=table,
            Key=EPOCH_KEY,
            UpdateExpression=" ".join(clauses),
            ConditionExpression=" AND ".join(terms),
            ExpressionAttributeNames={f"#{name}": name for name in (*FENCED, *to, *filter(None, [without]))},
            **given,
        )
    except ClientError as error:
        if not is_refused(error):
            raise
        return False
    return True


def epoch_number(row: Mapping[str, Any]) -> int:
    """Return the epoch in which an item was written; one that says nothing belongs to the first."""
    number = row.get("Epoch", 0)
    return int(number) if not isinstance(number, str) else 0


def is_refused(error: ClientError) -> bool:
    """Whether a condition did not hold."""
    return error.response["Error"]["Code"] == REFUSED
