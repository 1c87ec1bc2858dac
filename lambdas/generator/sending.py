"""Puts a round's messages into the stream, and sends again what the stream refused.

PutRecords may refuse part of a call, so its answer is read record by record. A call without an answer is
repeated as a whole: its records may then be in the stream twice, which the pipeline must cope with.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from generator.timing import Clock

from workshop.pipeline.messages import PlannedMessage

__all__ = ["Sent", "send_all", "stream_client"]

CALL_RECORDS = 500
# A thousand messages a second: what one shard takes, and no burst that the stream would have to throttle.
PACE_SECONDS = 0.5
ATTEMPTS = 12
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 5.0
CLIENT_CONFIG = Config(
    connect_timeout=3, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 2}
)


@dataclass(frozen=True)
class Sent:
    """What became of the messages; with `refused` ones, what the stream holds is not known for sure."""

    accepted: int = 0
    resent: int = 0
    refused: int = 0
    reason: str = ""


@functools.cache
def stream_client() -> Any:
    """Return the one Kinesis client of this execution environment."""
    return boto3.client("kinesis", config=CLIENT_CONFIG)


def send_all(
    entries: Sequence[PlannedMessage],
    *,
    stream: str,
    clock: Clock,
    deadline: float,
    on_progress: Callable[[int], None] = lambda _: None,
) -> Sent:
    """Send everything in order, call by call; give up after some attempts, or at the `deadline`.

    Units: `deadline` in unix seconds. `on_progress` is told after each call how many have been accepted.
    """
    accepted, resent = 0, 0
    wires: dict[int, bytes] = {}
    for start in range(0, len(entries), CALL_RECORDS):
        if start:
            clock.sleep(PACE_SECONDS)
        records = [_record(entry, wires, clock.now()) for entry in entries[start : start + CALL_RECORDS]]
        for attempt in range(1, ATTEMPTS + 1):
            refused, reason = _put(stream, records)
            accepted += len(records) - len(refused)
            if not refused:
                break
            if attempt == ATTEMPTS or clock.now() >= deadline:
                return Sent(accepted, resent, refused=len(entries) - accepted, reason=reason)
            clock.sleep(_pause(attempt))
            resent += len(refused)
            records = refused
        on_progress(accepted)
    return Sent(accepted, resent)


def _record(entry: PlannedMessage, wires: dict[int, bytes], now: float) -> dict[str, Any]:
    # A duplicate is what a producer sends that did not hear the answer: the same bytes again.
    data = wires.setdefault(entry.number, entry.message.wire(now))
    # The trade is the partition key: its versions take the same shard, in the order in which they are put.
    return {"Data": data, "PartitionKey": entry.message.trade_id}


def _put(stream: str, records: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], str]:
    """Make one call; return the records that have to be sent again, and why."""
    try:
        answer = stream_client().put_records(StreamName=stream, Records=records)
    except (ClientError, BotoCoreError) as error:
        return records, str(error)
    codes = [result.get("ErrorCode") for result in answer["Records"]]
    refused = [record for record, code in zip(records, codes, strict=True) if code]
    return refused, ", ".join(sorted({code for code in codes if code}))


def _pause(attempt: int) -> float:
    longest: float = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
    return longest * Random().uniform(0.5, 1.0)
