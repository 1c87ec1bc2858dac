"""PublishBatch says of every entry what became of it.

AWS answers with the entries that were published and with those that were not, each with its error, and
refuses batches that are empty, too large together or have ids that are none. Source:
https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html. moto forgets the entries that it refuses for
a reason that it does not expect, such as a subject that is too long, and takes those batches. Changed: as
above.
"""

import re
from typing import Any

from moto.core.exceptions import ServiceException
from moto.sns.exceptions import (
    BatchEntryIdsNotDistinct,
    SNSException,
    SNSInvalidParameter,
    TooManyEntriesInBatchRequest,
)
from moto.sns.models import SNSBackend

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.sns.deliveries import LARGEST_BYTES, message_bytes

MOST_ENTRIES = 10
IDENTITY = re.compile("[A-Za-z0-9_-]{1,80}")

Entry = dict[str, Any]


class EmptyBatchError(SNSException):  # type: ignore[misc]  # moto is untyped
    """There is nothing to publish."""

    code = "EmptyBatchRequest"
    message = "The batch request doesn't contain any entries."


class InvalidEntryIdError(SNSException):  # type: ignore[misc]  # moto is untyped
    """The id of an entry has other characters than it may have, or too many."""

    code = "InvalidBatchEntryId"
    message = "The Id of a batch entry in a batch request doesn't abide by the specification."


class BatchTooLongError(SNSException):  # type: ignore[misc]  # moto is untyped
    """The messages of a batch are too large together."""

    code = "BatchRequestTooLong"
    message = "The length of all the batch messages put together is more than the limit."


@corrects(SNSBackend, "publish_batch")
def _publish_batch(
    backend: Any, topic_arn: str, publish_batch_request_entries: list[Entry]
) -> tuple[list[Entry], list[Entry]]:
    entries = publish_batch_request_entries
    _check(backend.get_topic(topic_arn), entries)
    answers = [_publish(backend, topic_arn, entry) for entry in entries]
    return [one for one in answers if "MessageId" in one], [one for one in answers if "Code" in one]


def _check(topic: Any, entries: list[Entry]) -> None:
    if not entries:
        raise EmptyBatchError
    if not all(IDENTITY.fullmatch(entry["Id"]) for entry in entries):
        raise InvalidEntryIdError
    if len(entries) > MOST_ENTRIES:
        raise TooManyEntriesInBatchRequest
    if len({entry["Id"] for entry in entries}) < len(entries):
        raise BatchEntryIdsNotDistinct
    if (
        sum(message_bytes(one["Message"], one.get("MessageAttributes", {})) for one in entries)
        > LARGEST_BYTES
    ):
        raise BatchTooLongError
    if topic.fifo_topic and not all("MessageGroupId" in entry for entry in entries):
        raise SNSInvalidParameter(
            "Invalid parameter: The MessageGroupId parameter is required for FIFO topics"
        )


def _publish(backend: Any, topic_arn: str, entry: Entry) -> Entry:
    try:
        message_id = backend.publish(
            entry["Message"],
            topic_arn,
            subject=entry.get("Subject"),
            message_attributes=entry.get("MessageAttributes", {}),
            group_id=entry.get("MessageGroupId"),
            deduplication_id=entry.get("MessageDeduplicationId"),
            message_structure=entry.get("MessageStructure"),
        )
    except ServiceException as error:
        return {"Id": entry["Id"], "Code": error.code, "Message": error.message, "SenderFault": True}
    except ValueError as error:  # what moto's Publish answers with this code
        code = SNSInvalidParameter.code
        return {"Id": entry["Id"], "Code": code, "Message": str(error), "SenderFault": True}
    return {"Id": entry["Id"], "MessageId": message_id}
