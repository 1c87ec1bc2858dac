"""Queues live by the cloud's clock: visibility timeouts, delays, retention and the times that messages bear.

AWS has one time for all services
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html). moto
reads the machine's, so that a message whose consumer failed stayed invisible while the cloud's clock was
moved past its timeout, and a message is not visible at the very end of it. A message that has expired is
counted for ever, and holds up those behind it. Changed: the time that moto's queues read, that of their
making and of their last purge included, and that end; what has expired is gone. How long a call waits stays
the machine's.
"""

from typing import Any

from moto.sqs import models
from moto.sqs.exceptions import PurgeQueueInProgress

from workshop.cloud.offline.keeping.messages import note_messages
from workshop.cloud.offline.overlay.correct import CLOCK, corrects

__all__ = ["forget_expired"]

# A queue is purged once in so many seconds.
PURGE_SECONDS = 60.0

_MOTO_MAKE = models.Queue.__init__
_MOTO_PURGE = models.SQSBackend.purge_queue


@corrects(models.Queue, "__init__")
def _make(queue: Any, *arguments: Any, **named: Any) -> None:
    _MOTO_MAKE(queue, *arguments, **named)
    queue.created_timestamp = CLOCK.now()


@corrects(models.SQSBackend, "purge_queue")
def _purge(backend: Any, queue_name: str) -> None:
    queue = backend.get_queue(queue_name)
    before = queue.last_purged_at
    # A clock that was set back has the last purge before it; a negative span counts as over.
    if before is not None and 0 <= CLOCK.now() - before < PURGE_SECONDS:
        raise PurgeQueueInProgress(queue.name)
    # What is not there any more need not be kept.
    note_messages(queue)
    # moto would compare it with the machine's time.
    queue.last_purged_at = None
    _MOTO_PURGE(backend, queue_name)
    queue.last_purged_at = CLOCK.now()


@corrects(models, "unix_time_millis")
def _now_in_milliseconds() -> float:
    return CLOCK.now() * 1000


@corrects(models.Message, "visible", kind=property)
def _is_visible(message: Any) -> bool:
    return bool(CLOCK.now() * 1000 >= message.visible_at)


@corrects(models.SQSBackend, "is_message_valid_based_on_retention_period")
def _is_kept(backend: Any, queue_name: str, message: Any) -> bool:
    return not _has_expired(message, backend.get_queue(queue_name))


def forget_expired(queue: Any) -> None:
    """Drop the messages that a queue no longer keeps, also those in flight; the caller holds the lock."""
    expired = {message for message in queue._messages if _has_expired(message, queue)}
    if expired:
        queue._messages = [message for message in queue._messages if message not in expired]
        queue.pending_messages.difference_update(expired)
        note_messages(queue)


def _has_expired(message: Any, queue: Any) -> bool:
    return bool(message.sent_timestamp / 1000 + float(queue.message_retention_period) <= CLOCK.now())
