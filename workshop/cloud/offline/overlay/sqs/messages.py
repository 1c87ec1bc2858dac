"""What queues say of messages: order and duplicates in FIFO queues, and what receipt handles are good for.

AWS: sequence numbers of a FIFO queue increase. A deduplication id counts for five minutes, even if the
message has been received and deleted meanwhile, for the queue or for each message group; the answer to a
duplicate is that to the first. A message moved to a dead-letter queue is no duplicate, names the queue that
gave it up, and how long it is kept begins anew if the queues are FIFO queues. Messages of a group that were
received and not deleted come again in their order. Deleting a message that is gone succeeds; a handle of
another queue is refused. Sources:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html,
API_ReceiveMessage.html and API_DeleteMessage.html there, and on dead-letter queues
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html.

moto draws sequence numbers by lot, or gives none, forgets duplicates with the message, hands out the last
message of such a group first, leaves dead letters as old as they are and does not know where they come from,
and remembers the handles of deleted messages for ever. Changed: as above; a handle says itself of which queue
it is, so that one of a deleted message is told from one that is none.
"""

import base64
import hashlib
from typing import Any

from moto.sqs.exceptions import InvalidParameterValue, ReceiptHandleIsInvalid
from moto.sqs.models import Message, Queue, SQSBackend, sqs_backends

from workshop.cloud.offline.keeping.messages import note_messages
from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.used_tokens import UsedTokens

__all__ = ["DEAD_LETTER_SOURCE", "dead_letter_source"]

DEAD_LETTER_SOURCE = "DeadLetterQueueSourceArn"
WINDOW_SECONDS = 300
# With the time in milliseconds before, twenty digits.
NUMBERS_PER_MILLISECOND = 10**7
# Whole groups of three, which Base64 does not pad.
KEY_BYTES = 24

GONE = (
    "Value {} for parameter ReceiptHandle is invalid. "
    "Reason: Message does not exist or is not available for visibility timeout change."
)

_MOTO_CHANGE = SQSBackend.change_message_visibility
_MOTO_CHANGE_BATCH = SQSBackend.change_message_visibility_batch
_MOTO_ADD = Queue.add_message
_MOTO_DELETE = Queue.delete_message
_MOTO_RECEIVED = Message.mark_received


@corrects(Queue, "add_message")
def _add_message(self: Any, message: Any) -> None:
    note_messages(self)
    if (before := vars(message).get("queue_key")) is not None:
        message.dead_letter_source = _arn_of(before, self)
    message.queue_key = _key(self)
    # What has been received was sent to another queue, which gives it up.
    if self.fifo_queue and message.approximate_receive_count:
        message.sent_timestamp = int(CLOCK.now() * 1000)
    elif self.fifo_queue and _is_duplicate(self, message):
        return
    # moto looks for duplicates among the messages that are there, unless they have no id.
    identity, message.deduplication_id = message.deduplication_id, None
    _MOTO_ADD(self, message)
    message.deduplication_id = identity


def dead_letter_source(message: Any) -> str | None:
    """Return the ARN of the queue that has given a message up, None for a message that was sent."""
    source: str | None = vars(message).get("dead_letter_source")
    return source


def _is_duplicate(queue: Any, message: Any) -> bool:
    """Give a message its number, or id and number of the one that it repeats."""
    tokens: UsedTokens = vars(queue).get("sent_ids") or UsedTokens(WINDOW_SECONDS)
    queue.sent_ids = tokens
    scope = message.group_id if queue.deduplication_scope == "messageGroup" else ""
    # Neither has spaces.
    token = f"{scope} {message.deduplication_id}"
    if (sent := tokens.meaning(token)) is not None:
        message.id, message.sequence_number = sent.split()
        return True
    last = int((tokens.newest() or "- 0").split()[1])
    # Messages of one millisecond count on from the last; so do all if the clock has been set back.
    number = max(int(CLOCK.now() * 1000) * NUMBERS_PER_MILLISECOND, last + 1)
    message.sequence_number = str(number)
    tokens.remember(token, f"{message.id} {number}")
    return False


@corrects(Message, "mark_received")
def _mark_received(self: Any, *arguments: Any, **named: Any) -> None:
    _MOTO_RECEIVED(self, *arguments, **named)
    self.receipt_handle = self.queue_key + self.receipt_handle


@corrects(Queue, "pending_message_groups", kind=property)
def _pending_message_groups(self: Any) -> set[str]:
    # Those that are visible again hold their group up no longer; moto takes them out one by one, too late.
    self.pending_messages.difference_update([one for one in self.pending_messages if one.visible])
    return {one.group_id for one in self.pending_messages if one.group_id is not None}


@corrects(Queue, "delete_message")
def _delete_message(self: Any, receipt_handle: str) -> None:
    note_messages(self)
    try:
        _MOTO_DELETE(self, receipt_handle)
    except ReceiptHandleIsInvalid:
        if not receipt_handle.startswith(_key(self)):
            raise
    self.deleted_messages.clear()


@corrects(SQSBackend, "change_message_visibility")
def _change_visibility(self: Any, queue_name: str, receipt_handle: str, visibility_timeout: int) -> None:
    queue = self.get_queue(queue_name)
    note_messages(queue)
    try:
        _MOTO_CHANGE(self, queue_name, receipt_handle, visibility_timeout)
    except ReceiptHandleIsInvalid as error:
        if not receipt_handle.startswith(_key(queue)):
            raise
        raise InvalidParameterValue(GONE.format(receipt_handle)) from error


@corrects(SQSBackend, "change_message_visibility_batch")
def _change_visibilities(
    self: Any, queue_name: str, entries: list[dict[str, Any]]
) -> tuple[list[str], list[dict[str, Any]]]:
    done, failed = [], []
    for entry in entries:
        # moto ends at the first message that is gone, when others have been changed.
        try:
            changed, refused = _MOTO_CHANGE_BATCH(self, queue_name, [entry])
        except InvalidParameterValue as error:
            changed, refused = [], [_failure(entry["Id"], error)]
        done += changed
        failed += refused
    return done, failed


def _failure(identity: str, error: Any) -> dict[str, Any]:
    return {"Id": identity, "SenderFault": True, "Code": error.code, "Message": error.message}


def _key(queue: Any) -> str:
    """Return how the handles of a queue begin."""
    digest = hashlib.sha256(queue.queue_arn.encode()).digest()
    return base64.b64encode(digest[:KEY_BYTES]).decode()


def _arn_of(key: str, sibling: Any) -> str | None:
    """Return the ARN of the queue with this key, in the region of another one."""
    queues = sqs_backends[sibling.account_id][sibling.region].queues.values()
    return next((queue.queue_arn for queue in queues if _key(queue) == key), None)
