"""Messages that AWS refuses are refused, with its errors, alone and in batches.

AWS checks what a message consists of: no empty text, the characters of XML, at most ten attributes, whose
names and values count as part of its size in bytes. In a batch the others are sent, unless all are too large
together, or an id is none or there twice; a receipt may be. Times are whole seconds. Source:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html

moto counts characters, sends all the rest, looks at ids in batches that send alone, and sends nothing of a
batch with one entry that a FIFO queue does not take.
Changed: as above; answers of ReceiveMessage to numbers that are out of range name the range.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.sqs.exceptions import (
    BatchEntryIdsNotDistinct,
    BatchRequestTooLong,
    EmptyBatchRequest,
    InvalidBatchEntryId,
    InvalidParameterValue,
    MissingParameter,
    SQSException,
    TooManyEntriesInBatchRequest,
)
from moto.sqs.models import MAXIMUM_MESSAGE_LENGTH, SQSBackend
from moto.sqs.responses import SQSResponse

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.sqs.clock import forget_expired
from workshop.cloud.offline.overlay.sqs.messages import DEAD_LETTER_SOURCE, dead_letter_source

__all__ = ["NAME_OF_ATTRIBUTE", "RULE_OF_NAMES"]

TIMES = ("CreatedTimestamp", "LastModifiedTimestamp")
MOST_ATTRIBUTES, MOST_ENTRIES = 10, 10
LONGEST_DELAY_SECONDS = 900
# What each service says whose messages have attributes.
NAME_OF_ATTRIBUTE = re.compile(
    r"(?!(aws|amazon)\.)(?!.{257})[A-Z0-9_-]+(\.[A-Z0-9_-]+)*", re.IGNORECASE | re.ASCII
)
RULE_OF_NAMES = "up to 256 of A-Z, a-z, 0-9, _, - and ., but no period at either end, and no two in a row"
NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
ENTRY = re.compile("[A-Za-z0-9_-]{1,80}")
IDENTITY = re.compile(r"[!-~]{1,128}")
IDENTITIES = ("MessageGroupId", "MessageDeduplicationId")
WRONG_CHARACTER = (
    "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | "
    "#xE000 to #xFFFD | #x10000 to #x10FFFF"
)

_MOTO_ATTRIBUTES = SQSBackend.get_queue_attributes
_MOTO_SEND = SQSBackend.send_message
_MOTO_SEND_CALL = SQSResponse.send_message
_MOTO_CHANGE_BATCH = SQSResponse.change_message_visibility_batch
_MOTO_SEND_BATCH = SQSBackend.send_message_batch
_MOTO_RECEIVE = SQSResponse.receive_message


@corrects(SQSBackend, "get_queue_attributes")
def _get_queue_attributes(self: Any, queue_name: str, attribute_names: list[str]) -> dict[str, Any]:
    forget_expired(self.get_queue(queue_name))
    found = _MOTO_ATTRIBUTES(self, queue_name, attribute_names)
    return {name: int(value) if name in TIMES else value for name, value in found.items()}


# Not at the request: other services send as well, and are refused the same.
@corrects(SQSBackend, "send_message")
def _send_message(self: Any, queue_name: str, message_body: str, **given: Any) -> Any:
    _check_message(self.get_queue(queue_name), message_body, given.get("message_attributes") or {})
    _check_delay(given.get("delay_seconds"))
    return _MOTO_SEND(self, queue_name, message_body, **given)


@corrects(SQSResponse, "send_message")
def _send_message_call(request: Any) -> Any:
    queue = request.sqs_backend.get_queue(request._get_queue_name())
    _check_identities(queue, {name: request._get_param(name) for name in IDENTITIES})
    return _MOTO_SEND_CALL(request)


@corrects(SQSBackend, "send_message_batch")
def _send_message_batch(self: Any, queue_name: str, entries: dict[str, dict[str, Any]]) -> Any:
    queue, failed = self.get_queue(queue_name), {}
    total = sum(
        _size(entry.get("MessageBody") or "", entry.get("MessageAttributes") or {})
        for entry in entries.values()
    )
    if total > MAXIMUM_MESSAGE_LENGTH:
        raise BatchRequestTooLong(total)
    _check_entries([*entries.values()], "Send")  # moto sees only those that are left
    for key, entry in entries.items():
        try:
            _check_message(queue, entry.get("MessageBody") or "", entry.get("MessageAttributes") or {})
            _check_identities(queue, entry)
            _check_delay(entry.get("DelaySeconds"))
            # moto would refuse all for one of these.
            self._validate_message(
                queue,
                entry["MessageBody"],
                int(entry.get("DelaySeconds") or 0),
                entry.get("MessageDeduplicationId"),
                entry.get("MessageGroupId"),
            )
        except SQSException as error:
            failed[key] = {
                "Id": entry["Id"],
                "SenderFault": True,
                "Code": error.code,
                "Message": error.message,
            }
    good = {key: entry for key, entry in entries.items() if key not in failed}
    messages, others = _MOTO_SEND_BATCH(self, queue_name, good)
    traced = {entry["Id"]: entry.get("MessageSystemAttributes") or {} for entry in entries.values()}
    for message in messages:
        message.system_attributes = traced[message.user_id]
    return messages, [*others, *failed.values()]


@corrects(SQSResponse, "delete_message_batch")
def _delete_batch_call(request: Any) -> Any:
    entries = request._get_param("Entries") or []
    _check_entries(entries, "Delete")
    deleted, failed = request.sqs_backend.delete_message_batch(request._get_queue_name(), entries)
    return ActionResult({"Successful": [{"Id": identity} for identity in deleted], "Failed": failed})


@corrects(SQSResponse, "change_message_visibility_batch")
def _change_batch_call(request: Any) -> Any:
    _check_entries(request._get_param("Entries") or [], "Change")
    return _MOTO_CHANGE_BATCH(request)


def _check_entries(entries: list[dict[str, Any]], action: str) -> None:
    if not entries:
        raise EmptyBatchRequest(action)
    if len(entries) > MOST_ENTRIES:
        raise TooManyEntriesInBatchRequest(len(entries))
    known: set[str] = set()
    for entry in entries:
        if not ENTRY.fullmatch(entry["Id"]):
            raise InvalidBatchEntryId
        if entry["Id"] in known:
            raise BatchEntryIdsNotDistinct(entry["Id"])
        known.add(entry["Id"])


def _check_message(queue: Any, body: str, attributes: Mapping[str, Any]) -> None:
    if not body:
        raise MissingParameter("MessageBody")
    if NO_CHARACTER.search(body):
        raise SQSException("InvalidMessageContents", WRONG_CHARACTER)
    for problem in _problems_of_attributes(attributes):
        raise InvalidParameterValue(problem)
    if _size(body, attributes) > queue.maximum_message_size:
        raise InvalidParameterValue(
            "One or more parameters are invalid. Reason: Message must be shorter than "
            f"{queue.maximum_message_size} bytes."
        )


def _check_delay(seconds: Any) -> None:
    if not 0 <= int(seconds or 0) <= LONGEST_DELAY_SECONDS:
        raise InvalidParameterValue(
            f"Value {seconds} for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 and "
            f"<= {LONGEST_DELAY_SECONDS}."
        )


def _check_identities(queue: Any, message: Mapping[str, Any]) -> None:
    for name in IDENTITIES:
        value = message.get(name)
        if value is not None and not IDENTITY.fullmatch(value):
            raise InvalidParameterValue(
                f"Value {value} for parameter {name} is invalid. Reason: {name} can only include "
                "alphanumeric and punctuation characters. 1 to 128 in length."
            )
    identity = message.get("MessageDeduplicationId")
    # A topic that is first in, first out gives one to every queue, whatever its kind.
    if identity and not queue.fifo_queue:
        raise InvalidParameterValue(
            f"Value {identity} for parameter MessageDeduplicationId is invalid. Reason: "
            "The request include parameter that is not valid for this queue type."
        )


def _problems_of_attributes(attributes: Mapping[str, Any]) -> Iterator[str]:
    if len(attributes) > MOST_ATTRIBUTES:
        yield (
            f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum "
            f"[{MOST_ATTRIBUTES}]."
        )
    for name, value in attributes.items():
        if name.lower().startswith(("aws.", "amazon.")):
            yield f"Message (user) attribute name '{name}' cannot start with AWS. or Amazon."
        if not NAME_OF_ATTRIBUTE.fullmatch(name):
            yield f"Message (user) attribute name '{name}' is invalid: {RULE_OF_NAMES}."
        kind = value.get("DataType", "").partition(".")[0]
        if not value.get("BinaryValue" if kind == "Binary" else "StringValue"):
            yield f"Message (user) attribute '{name}' must contain a non-empty value of type '{kind}'."
        if value.get("DataType", "").startswith("Number") and not _is_number(value.get("StringValue")):
            yield f"Can't cast the value of message (user) attribute '{name}' to a number."


def _is_number(text: Any) -> bool:
    return re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", str(text).strip()) is not None


def _size(body: str, attributes: Mapping[str, Any]) -> int:
    texts = [body, *attributes]
    for value in attributes.values():
        texts += [str(value.get("DataType", "")), value.get("StringValue") or value.get("BinaryValue") or ""]
    return sum(len(text) if isinstance(text, bytes) else len(text.encode()) for text in texts)


@corrects(SQSResponse, "receive_message")
def _receive_message(request: Any) -> Any:
    for name, lowest, highest in (("MaxNumberOfMessages", 1, 10), ("WaitTimeSeconds", 0, 20)):
        value = request._get_param(name)
        if value is not None and not lowest <= int(value) <= highest:
            raise InvalidParameterValue(
                f"Value {value} for parameter {name} is invalid. Reason: Must be between {lowest} and "
                f"{highest}, if provided."
            )
    answer = _MOTO_RECEIVE(request)
    asked = {
        *(request._get_param("AttributeNames") or ()),
        *(request._get_param("MessageSystemAttributeNames") or ()),
    }
    if asked & {"All", DEAD_LETTER_SOURCE}:
        _name_sources(request.sqs_backend.get_queue(request._get_queue_name()), answer.result)
    return answer


def _name_sources(queue: Any, answer: dict[str, Any]) -> None:
    """Add to dead letters where they come from."""
    received = {one["MessageId"]: one for one in answer.get("Messages", ())}
    for message in queue._messages if received else ():
        if message.id in received and (source := dead_letter_source(message)) is not None:
            received[message.id].setdefault("Attributes", {})[DEAD_LETTER_SOURCE] = source
