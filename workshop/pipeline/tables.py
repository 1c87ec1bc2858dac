"""The rows of a pipeline's tables, read consistently and returned as frozen dataclasses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = [
    "QuarantinedRecord",
    "ReduceRow",
    "StateRow",
    "format_amount",
    "plain_item",
    "read_quarantine",
    "read_reduce_table",
    "read_state_table",
    "read_trades",
    "scan_rows",
    "state_row",
]

DESERIALIZER = TypeDeserializer()
BATCH_GET_ITEMS = 100


@dataclass(frozen=True)
class StateRow:
    """The newest version of one trade."""

    trade_id: str
    value: Decimal
    version: int
    timestamp: Decimal | None
    hierarchy: Mapping[str, str] | str
    cancelled: bool


@dataclass(frozen=True)
class ReduceRow:
    """What one batch of the map stage adds to the totals, and which records of its source stream it sums.

    Without `first_sequence_number` it is not known where the row comes from: it was written by hand. A row
    that was too large for one item is several rows, each of them a `part`, counted from 1.
    """

    message_hash: str
    deltas: Mapping[str, Decimal]
    trades: Mapping[str, int]
    message_count: int
    mapped_at: Decimal | None
    shard_id: str | None = None
    first_sequence_number: int | None = None
    last_sequence_number: int | None = None
    part: int = 1


@dataclass(frozen=True)
class QuarantinedRecord:
    """A record that was set aside because it is not a risk message."""

    record_id: str
    reason: str
    stage: str
    raw_data: str
    time: str


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item, or an image of one, in plain Python values: numbers as Decimal, binary as `Binary`."""
    return {name: DESERIALIZER.deserialize(value) for name, value in item.items()}


def scan_rows(client: DynamoDBClient, table_name: str) -> Iterator[dict[str, Any]]:
    """Yield every item of a table, page after page, each as it is at the moment of its page."""
    pages = client.get_paginator("scan").paginate(TableName=table_name, ConsistentRead=True)
    for page in pages:
        yield from map(plain_item, page["Items"])


def read_state_table(client: DynamoDBClient, table_name: str) -> tuple[StateRow, ...]:
    """Return the trades, sorted by id."""
    rows = [state_row(row) for row in scan_rows(client, table_name)]
    return tuple(sorted(rows, key=lambda row: row.trade_id))


def read_trades(client: DynamoDBClient, table_name: str, trade_ids: Iterable[str]) -> tuple[StateRow, ...]:
    """Return those of these trades that StateTable holds, sorted by id, without reading all the others."""
    wanted, rows = sorted(set(trade_ids)), []
    for start in range(0, len(wanted), BATCH_GET_ITEMS):
        keys: list[Any] = [{"TradeID": {"S": each}} for each in wanted[start : start + BATCH_GET_ITEMS]]
        while keys:
            answer: Any = client.batch_get_item(
                RequestItems={table_name: {"Keys": keys, "ConsistentRead": True}}
            )
            rows += [state_row(plain_item(item)) for item in answer["Responses"][table_name]]
            keys = [*answer.get("UnprocessedKeys", {}).get(table_name, {}).get("Keys", [])]
    return tuple(sorted(rows, key=lambda row: row.trade_id))


def state_row(fields: Mapping[str, Any]) -> StateRow:
    """Return an item of StateTable as a value."""
    return StateRow(
        trade_id=fields["TradeID"],
        value=fields["Value"],
        version=int(fields["Version"]),
        timestamp=fields.get("Timestamp"),
        hierarchy=fields["Hierarchy"],
        cancelled=bool(fields.get("Cancelled", False)),
    )


def read_reduce_table(client: DynamoDBClient, table_name: str) -> tuple[ReduceRow, ...]:
    """Return the rows that the map stage left, in the order in which they were made."""
    rows = [
        ReduceRow(
            message_hash=row["MessageHash"],
            deltas=row.get("Deltas", {}),
            trades={path: int(count) for path, count in row.get("Trades", {}).items()},
            message_count=int(row.get("MessageCount", 0)),
            mapped_at=row.get("MappedAt"),
            shard_id=row.get("ShardId"),
            first_sequence_number=_sequence_number(row, "FirstSequenceNumber"),
            last_sequence_number=_sequence_number(row, "LastSequenceNumber"),
            part=_part(row),
        )
        for row in scan_rows(client, table_name)
    ]
    return tuple(sorted(rows, key=lambda row: (row.mapped_at or Decimal(0), row.message_hash)))


def read_quarantine(client: DynamoDBClient, table_name: str) -> tuple[QuarantinedRecord, ...]:
    """Return the records that were set aside, in the order of their ids."""
    rows = [
        QuarantinedRecord(
            record_id=row["RecordID"],
            reason=str(row.get("Reason", "")),
            stage=str(row.get("Stage", "")),
            raw_data=_text(row.get("RawData", "")),
            time=str(row.get("Time", "")),
        )
        for row in scan_rows(client, table_name)
    ]
    return tuple(sorted(rows, key=lambda row: row.record_id))


def format_amount(amount: Decimal, *, grouped: bool = False) -> str:
    """Return an amount with two decimals, or as many more as it really has; `grouped` for people.

    >>> format_amount(Decimal("34624.5")), format_amount(Decimal("1E+4"), grouped=True)
    ('34624.50', '10,000.00')
    """
    exponent = amount.as_tuple().exponent
    decimals = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{amount:,.{decimals}f}" if grouped else f"{amount:.{decimals}f}"


def _sequence_number(row: Mapping[str, Any], name: str) -> int | None:
    number = row.get(name)
    return int(number) if isinstance(number, str) and number.isdecimal() else None


def _part(row: Mapping[str, Any]) -> int:
    number = row.get("PartNumber")
    return int(number) if isinstance(number, Decimal) else 1


def _text(raw: Any) -> str:
    # Binary attributes come as boto3's Binary, whose `value` holds the bytes.
    content = getattr(raw, "value", raw)
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else str(content)
