"""The epoch of a pipeline's data as the commands see it: the item `epoch` of ParameterTable.

The functions read it once in each invocation, and none of their transactions commits once it has changed. So
a command that changes it knows that nothing planned earlier will be written later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["EpochState", "change_epoch", "epoch_check", "epoch_number", "is_refused", "read_epoch"]

EPOCH_KEY: Any = {"Parameter": {"S": "epoch"}}
REFUSED = "ConditionalCheckFailedException"


@dataclass(frozen=True)
class EpochState:
    """The item, read consistently; a pipeline that was never cleared has none.

    While `emptying`, a `clear` is deleting the totals of the epochs before this one.
    """

    number: int = 0
    emptying: bool = False


def read_epoch(client: DynamoDBClient, table: str) -> EpochState:
    """Return the epoch as the last acknowledged write left it."""
    answer = client.get_item(TableName=table, Key=EPOCH_KEY, ConsistentRead=True)
    deserializer = TypeDeserializer()
    item = {name: deserializer.deserialize(value) for name, value in answer.get("Item", {}).items()}
    return EpochState(number=int(item.get("Number", 0)), emptying=item.get("Emptying") is True)


def change_epoch(
    client: DynamoDBClient, table: str, *, seen: EpochState, to: Mapping[str, Any], without: str = ""
) -> bool:
    """Set attributes of the item and remove another one; return False if it is not as it was seen."""
    condition, values = _unchanged(seen)
    values |= {f":{name}": value for name, value in to.items()}
    # DynamoDB rejects a request whose ExpressionAttributeValues are empty.
    given: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
    clauses = [f"SET {', '.join(f'#{name} = :{name}' for name in to)}"] if to else []
    clauses += [f"REMOVE #{without}"] if without else []
    names = ("Number", "Emptying", *to, *filter(None, [without]))
    try:
        client.update_item(
            TableName=table,
            Key=EPOCH_KEY,
            UpdateExpression=" ".join(clauses),
            ConditionExpression=condition,
            ExpressionAttributeNames={f"#{name}": name for name in names},
            **given,
        )
    except ClientError as error:
        if not is_refused(error):
            raise
        return False
    return True


def epoch_check(table: str, seen: EpochState) -> dict[str, Any]:
    """Return the action that cancels a transaction if the epoch is not as it was seen."""
    condition, values = _unchanged(seen)
    check: dict[str, Any] = {
        "TableName": table,
        "Key": EPOCH_KEY,
        "ConditionExpression": condition,
        "ExpressionAttributeNames": {"#Number": "Number", "#Emptying": "Emptying"},
    }
    return {"ConditionCheck": check | ({"ExpressionAttributeValues": values} if values else {})}


def _unchanged(seen: EpochState) -> tuple[str, dict[str, Any]]:
    """Return the condition, with its values, that the item is as it was seen."""
    values: dict[str, Any] = {":SeenNumber": {"N": str(seen.number)}} if seen.number else {}
    values |= {":SeenEmptying": {"BOOL": True}} if seen.emptying else {}
    terms = [
        f"#{name} = :Seen{name}" if f":Seen{name}" in values else f"attribute_not_exists(#{name})"
        for name in ("Number", "Emptying")
    ]
    return " AND ".join(terms), values


def epoch_number(row: Mapping[str, Any]) -> int:
    """Return the epoch in which an item was written; an item without one belongs to the first."""
    number = row.get("Epoch", 0)
    return int(number) if not isinstance(number, str) else 0


def is_refused(error: ClientError) -> bool:
    """Whether a condition did not hold."""
    return error.response["Error"]["Code"] == REFUSED
