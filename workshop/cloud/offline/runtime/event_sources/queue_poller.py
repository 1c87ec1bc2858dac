"""Polls one SQS queue for a mapping: receives messages, forms batches, deletes what has been processed.

What failed stays in the queue and comes back after its visibility timeout, until the queue's own redrive
policy moves it away; there are no attempts to count here. What was received and does not fit into a payload
is given back as if it had not been.
Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html.
"""

import json
import threading
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from typing import Any

from moto.sqs.exceptions import ReceiptHandleIsInvalid
from moto.sqs.models import sqs_backends

from workshop.cloud.offline.keeping.messages import note_messages
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.overlay.sqs.messages import DEAD_LETTER_SOURCE, dead_letter_source
from workshop.cloud.offline.runtime.event_sources.batching import ROOM_BYTES, fitting_count
from workshop.cloud.offline.runtime.event_sources.events import encode, encode_event
from workshop.cloud.offline.runtime.event_sources.filters import filter_view, matches_any
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.poller import BatchReport, DiscardedBatch, DueBatch
from workshop.cloud.offline.runtime.event_sources.retry_or_bisect import (
    Advance,
    Decision,
    Retry,
    Wait,
    throttle_seconds,
)
from workshop.cloud.offline.runtime.event_sources.sources import StreamMissingError

__all__ = ["QueuePoller", "failed_messages"]

# Lambda begins with five concurrent batches, unless the mapping allows fewer.
SLOTS = 5

Messages = tuple[Any, ...]


class QueuePoller:
    """One queue's poller, with up to five slots. Thread-safe; its lock is taken before the cloud's."""

    def __init__(self, mapping: Mapping, *, now: float) -> None:
        self.mapping = mapping
        self._busy: set[int] = set()
        self._gathering_since = now
        self._not_before = 0.0
        self._throttles = 0
        self._lock = threading.Lock()

    @property
    def slot_count(self) -> int:
        """How many batches may be in flight at once."""
        return min(SLOTS, self.mapping.maximum_concurrency or SLOTS)

    @property
    def is_busy(self) -> bool:
        """Whether a batch is in flight."""
        with self._lock:
            return bool(self._busy)

    def retire(self) -> None:
        """Do nothing: a queue's poller has no successor, what has been done is deleted."""

    def keep(self, rows: MutableMapping[str, Any]) -> None:
        """Do nothing: what is not done is in the queue."""

    def is_drained(self) -> bool:
        """Whether the queue is empty: what is invisible now comes back unless it is deleted."""
        with LOCK:
            queue = self._found_queue()
            return queue is None or not queue._messages  # noqa: SLF001 - `messages` leaves out the invisible ones

    @property
    def holds_state(self) -> bool:
        """Whether a tumbling window is open: queues have none."""
        return False

    def next_batch(self, slot_index: int, now: float) -> DueBatch[Messages] | None:
        """Receive messages and return them as a batch, if it is time.

        Raises:
            StreamMissingError: there is no such queue.
        """
        with self._lock:
            with LOCK:
                self._queue()
            if slot_index in self._busy or slot_index >= self.slot_count or not self.mapping.is_enabled:
                return None
            if now < self._not_before or not self._is_due(now):
                return None
            messages = self._receive()
            wanted = tuple(message for message in messages if self._passes(message))
            # AWS deletes messages that no filter matches; they do not come back.
            # https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html
            self._delete([message for message in messages if message not in wanted])
            if not wanted:
                return None
            records: list[bytes] = []
            count = fitting_count(self._lengths(wanted, records))
            self._give_back(wanted[count:])
            self._busy.add(slot_index)
            return DueBatch(slot_index, encode_event(records[:count]), wanted[:count], records=count)

    def finish(self, work: DueBatch[Messages], report: BatchReport, now: float) -> Decision:
        """Delete what was done; what was not comes back by itself."""
        with self._lock:
            self._busy.discard(work.slot)
            self._gathering_since = now
            # Throttled: the messages stay invisible until their timeout is over, and have been received once
            # more, which counts towards the redrive policy.
            if report.answer is None and not report.is_too_large:
                self._throttles += 1
                self._not_before = now + throttle_seconds(self._throttles)
                return Wait(self._not_before)
            self._throttles = 0
            identifiers = [message.id for message in work.batch]
            failed = failed_messages(report, identifiers, reports=self.mapping.reports_item_failures)
            self._delete([message for message in work.batch if message.id not in failed])
            return Retry(0, attempts=1, at=now) if failed else Advance()

    def take_discarded(self) -> list[DiscardedBatch]:
        """Return nothing: the queue's redrive policy takes care of messages that fail again and again."""
        return []

    def next_due(self) -> float | None:
        """Return when there is something to look for: a window or a pause ends, or messages come back."""
        times = [] if (returns := self._next_return()) is None else [returns]
        window = self.mapping.batching_window_seconds
        if self._visible():
            times += [self._gathering_since + window] if window else []
            times += [self._not_before] if self._throttles else []
        return min(times, default=None)

    def _next_return(self) -> float | None:
        """Return when the first message that nobody can see now becomes visible again."""
        with LOCK:
            queue = self._found_queue()
            messages = queue._messages if queue is not None else ()  # noqa: SLF001 - as above
            hidden = [one for one in messages if one.delayed or not one.visible]
            milliseconds = [max(one.visible_at, one.delayed_until) for one in hidden]
        return min(milliseconds) / 1000 if milliseconds else None

    def recover(self) -> None:
        """Forget what was in flight; the messages come back after their visibility timeout."""
        with self._lock:
            self._busy.clear()

    def status(self, now: float) -> dict[str, object]:  # noqa: ARG002 - every poller is asked alike
        """Return the lag, for people."""
        return {
            "queue": self.mapping.source.name,
            "pending": len(self._visible()),
            "in_flight": len(self._busy),
        }

    def _backend(self) -> Any:
        place = self.mapping.source
        return sqs_backends[place.account_id][place.region]

    def _found_queue(self) -> Any:
        return self._backend().queues.get(self.mapping.source.name)

    def _queue(self) -> Any:
        if (queue := self._found_queue()) is None:
            raise StreamMissingError(self.mapping.source.arn)
        return queue

    def _visible(self) -> list[Any]:
        with LOCK:
            queue = self._found_queue()
            return list(queue.messages) if queue is not None else []

    def _is_due(self, now: float) -> bool:
        visible = self._visible()
        if not visible:
            self._gathering_since = now
            return False
        window_is_over = now >= self._gathering_since + self.mapping.batching_window_seconds
        if window_is_over or len(visible) >= self.mapping.batch_size:
            return True
        return sum(len(message.body) for message in visible) >= ROOM_BYTES

    def _receive(self) -> list[Any]:
        with LOCK:
            queue = self._queue()
            received = self._backend().receive_message(
                queue.name, self.mapping.batch_size, 0, queue.visibility_timeout, ["All"]
            )
        return list(received)

    def _lengths(self, messages: Messages, records: list[bytes]) -> Iterator[int]:
        """Encode messages one by one into `records`, as far as somebody asks for their lengths."""
        for message in messages:
            records.append(encode(message_record(message, self.mapping)))
            yield len(records[-1])

    def _give_back(self, messages: Messages) -> None:
        """Make messages visible again; that they were received does not count."""
        received = {message.id for message in messages}
        with LOCK:
            queue = self._found_queue()
            if queue is None or not received:
                return
            note_messages(queue)
            for message in queue._messages:  # noqa: SLF001 - `messages` leaves out the invisible ones
                if message.id in received:
                    message.visible_at = 0.0
                    queue.pending_messages.discard(message)
                    message.approximate_receive_count -= 1
                    message.receipt_handle = message._old_receipt_handles.pop()  # noqa: SLF001 - as above
                    if not message.approximate_receive_count:
                        message.approximate_first_receive_timestamp = None

    def _delete(self, messages: list[Any]) -> None:
        with LOCK:
            queue = self._found_queue()
            for message in messages if queue is not None else ():
                # Purged, or moved to a dead-letter queue, while it was in flight.
                with suppress(ReceiptHandleIsInvalid):
                    queue.delete_message(message.receipt_handle)

    def _passes(self, message: Any) -> bool:
        patterns = self.mapping.patterns
        if not patterns:
            return True
        return matches_any(patterns, filter_view(message_record(message, self.mapping)))


def message_record(message: Any, mapping: Mapping) -> dict[str, Any]:
    """Return a message as it stands in an event."""
    attributes = {
        "ApproximateReceiveCount": str(message.approximate_receive_count),
        "SentTimestamp": str(message.sent_timestamp),
        "SenderId": message.sender_id,
        "ApproximateFirstReceiveTimestamp": str(message.approximate_first_receive_timestamp),
    }
    fifo = {
        "MessageGroupId": message.group_id,
        "MessageDeduplicationId": message.deduplication_id,
        "SequenceNumber": message.sequence_number,
    }
    header = (message.system_attributes or {}).get("AWSTraceHeader") or {}
    others = {
        "AWSTraceHeader": header.get("StringValue"),
        DEAD_LETTER_SOURCE: dead_letter_source(message),
    }
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {
            **attributes,
            **{name: value for name, value in (fifo | others).items() if value},
        },
        "messageAttributes": {name: _attribute(value) for name, value in message.message_attributes.items()},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.source.arn,
        "awsRegion": mapping.region,
    }


def failed_messages(report: BatchReport, identifiers: list[str], *, reports: bool) -> set[str]:
    """Return the ids of the messages that were not done; a report that makes no sense fails all. Pure."""
    everything = set(identifiers)
    if report.function_error is not None or report.answer is None:
        return everything
    if not reports:
        return set()
    try:
        document = json.loads(report.answer)
    except ValueError:
        return set()
    failures = document.get("batchItemFailures") if isinstance(document, dict) else None
    if not failures:
        return set()
    if not isinstance(failures, list):
        return everything
    named = {failure.get("itemIdentifier") if isinstance(failure, dict) else None for failure in failures}
    # One id that is not of this batch, or none at all, makes the whole report worthless, and every message
    # comes back. https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
    return {name for name in named if isinstance(name, str)} if named <= everything else everything


def _attribute(value: dict[str, Any]) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: content for name, content in value.items()}
