"""From a record of Kinesis to its messages: a producer may pack many into one record, as JSON Lines.

Fewer records cost less to send, to read and to deliver. Everything that speaks of positions, such as ledger
and partial answer, speaks of records: the messages of one come, and come again, together. Pure: no AWS.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from common.records import KinesisRecord, Rejection

__all__ = ["ReceivedMessage", "messages_in", "unpack"]

# JSON text may begin with a byte order mark, although it should not.
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """A message, and the record that it came in; `number` counts from 1 and is None if it came alone."""

    record: KinesisRecord
    data: bytes
    number: int | None = None

    @property
    def arrived_at(self) -> Decimal | None:
        """When its record arrived, in unix seconds."""
        return self.record.arrived_at

    def rejected(self, reason: str) -> Rejection:
        """Return this message as one to set aside."""
        return Rejection(self.record.sequence_number, reason, self.data, self.number)


def unpack(data: bytes) -> list[bytes]:
    r"""Return the messages in the data of a record: one on each line, or else the whole as one.

    >>> unpack(b'{"TradeID": "a"}\n{"TradeID": "b"}\n')
    [b'{"TradeID": "a"}', b'{"TradeID": "b"}']
    """
    text = data.removeprefix(BYTE_ORDER_MARK)
    lines = [line for line in map(_strip, text.split(b"\n")) if line]
    # A single message may be written over several lines, and so may something that is no message at all.
    if len(lines) < 2 or not any(map(_looks_like_a_message, lines)) or _is_one_document(text):
        return [text]
    return lines


def messages_in(records: Iterable[KinesisRecord]) -> Iterator[ReceivedMessage]:
    """Yield the messages of these records in their order."""
    for record in records:
        parts = unpack(record.data)
        for number, data in enumerate(parts, start=1):
            yield ReceivedMessage(record, data, number if len(parts) > 1 else None)


def _strip(line: bytes) -> bytes:
    # What JSON takes for white space; a line that ends in CR LF leaves the CR.
    return line.strip(b" \t\r")


def _looks_like_a_message(line: bytes) -> bool:
    return line.startswith(b"{") and line.endswith(b"}")


def _is_one_document(text: bytes) -> bool:
    try:
        json.loads(text, parse_int=str)
    except (ValueError, RecursionError):  # of two messages, the second is too much for the parser
        return False
    return True
