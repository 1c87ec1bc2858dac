"""StateLambda, with a verdict on every message: applied, duplicate, stale, conflict or malformed.

StateTable keeps the newest version of each trade, so running the handler again on any part of the stream
changes nothing. Of each trade the newest version is written, 25 trades in a request. Conflicts and malformed
messages are set aside. If DynamoDB is busy, or time runs out, the answer names the first record with a
message that has to come again; the mapping needs `ReportBatchItemFailures` for that.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from common.epoch import read_epoch
from common.records import KinesisRecord, ReceivedMessage, kinesis_batch, messages_in
from common.reporting import Quarantine, ages_of, report
from common.settings import StateSettings
from common.storage import BusyError
from common.versions import NewestVersions, check_time

# Enough for full requests, and few enough for the seconds that an invocation has left.
PORTION_MESSAGES = 1_000


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Keep the newest version of each trade."""
    settings = StateSettings.from_environ()
    epoch = read_epoch(settings.parameter_table_name)
    batch = kinesis_batch(event)
    records = epoch.visible(batch)
    quarantine = Quarantine(settings.quarantine_table_name, "state", batch.shard_id)
    newest = NewestVersions(settings.state_table_name, settings.hierarchy_levels, epoch, quarantine)
    newest.counts.update(records=len(batch.records), ignored=len(batch.records) - len(records))
    failures = []
    for portion in portions_of(records):
        try:
            check_time(context, is_first=portion[0].record is records[0])
            newest.keep(portion)
        except BusyError:
            first = newest.first_waiting or portion[0].record
            failures.append({"itemIdentifier": first.sequence_number})
            break
    report("state", newest.counts, ages_of(newest.timestamps))
    return {"batchItemFailures": failures}


def portions_of(records: Sequence[KinesisRecord]) -> Iterator[list[ReceivedMessage]]:
    """Yield the messages of these records in portions that are worked off together, each of whole records.

    The first record stands alone: there is always time for it.
    """
    portion: list[ReceivedMessage] = []
    for record in records:
        portion += messages_in([record])
        if record is records[0] or len(portion) >= PORTION_MESSAGES:
            yield portion
            portion = []
    if portion:
        yield portion
