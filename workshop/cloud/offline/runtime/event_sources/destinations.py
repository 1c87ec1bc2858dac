"""On-failure destinations: the document about discarded records, and where it is sent.

A queue or topic gets a document that names the records, a bucket also the records themselves.
Source: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html.
"""

import json
import logging
import uuid
from datetime import UTC, datetime
from typing import Any

from moto.s3.models import s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.permissions.services import destination_problem
from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.event_sources.events import encode
from workshop.cloud.offline.runtime.event_sources.mappings import Mapping
from workshop.cloud.offline.runtime.event_sources.poller import DiscardedBatch
from workshop.cloud.offline.runtime.event_sources.shard_reader import role_of
from workshop.cloud.offline.runtime.timestamps import iso_time

__all__ = ["NotPermittedError", "deliver", "failure_document", "send", "send_raw"]

LOGGER = logging.getLogger(__name__)


class NotPermittedError(Exception):
    """The function's role does not allow this."""


def failure_document(discarded: DiscardedBatch, mapping: Mapping, *, now: float) -> dict[str, Any]:
    """Return the document as a queue or topic receives it."""
    report = discarded.report
    request = {
        "requestId": (report.request_id if report else "") or str(uuid.uuid4()),
        "functionArn": mapping.function_arn,
        "condition": discarded.condition.value,
        "approximateInvokeCount": discarded.invoke_count,
    }
    document: dict[str, Any] = {"requestContext": request}
    if report is not None:
        document["responseContext"] = {
            "statusCode": 200,
            "executedVersion": report.executed_version,
            "functionError": report.function_error,
        }
    is_kinesis = mapping.source.service == "kinesis"
    # Kinesis knows milliseconds, DynamoDB whole seconds.
    precision = "milliseconds" if is_kinesis else "seconds"
    first, last = discarded.records[0], discarded.records[-1]
    return {
        **document,
        "version": "1.0",
        "timestamp": iso_time(now),
        "KinesisBatchInfo" if is_kinesis else "DDBStreamBatchInfo": {
            "shardId": discarded.shard_id,
            "startSequenceNumber": first.sequence_number,
            "endSequenceNumber": last.sequence_number,
            "approximateArrivalOfFirstRecord": iso_time(first.arrived_at, precision),
            "approximateArrivalOfLastRecord": iso_time(last.arrived_at, precision),
            "batchSize": len(discarded.records),
            "streamArn": mapping.source.arn,
        },
    }


def deliver(discarded: DiscardedBatch, mapping: Mapping, *, now: float) -> None:
    """Send the document to the mapping's destination, if it has one.

    A destination that does not exist, or that the function's role may not write to, loses the document, as
    on AWS; the log says so.
    """
    if mapping.on_failure_arn is None:
        return
    document = failure_document(discarded, mapping, now=now)
    try:
        if SourceReference.parse(mapping.on_failure_arn).service == "s3":
            records = [json.loads(record.encoded) for record in discarded.records]
            document["payload"] = {"Records": records}
            _check(role_of(mapping), mapping.on_failure_arn)
            _put(mapping.on_failure_arn, _key(discarded, mapping, now), document)
        else:
            send(mapping.on_failure_arn, document, role_arn=role_of(mapping))
    except Exception:  # the backend raises whatever the missing or refusing destination makes of it
        LOGGER.exception("the failure destination `%s` could not be reached", mapping.on_failure_arn)


def send(arn: str, document: dict[str, Any], *, role_arn: str) -> None:
    """Send a document to a queue or topic; raises whatever the backend raises.

    Raises:
        NotPermittedError: the role may not write there.
    """
    send_raw(arn, encode(document).decode(), role_arn=role_arn)


def send_raw(
    arn: str, message: str, *, role_arn: str, attributes: dict[str, tuple[str, str]] | None = None
) -> None:
    """Send a text to a queue or topic, with attributes by name as (type, value); raises as `send` does."""
    _check(role_arn, arn)
    target = SourceReference.parse(arn)
    with LOCK:
        if target.service == "sqs":
            values = {
                name: {"DataType": kind, "StringValue": text}
                for name, (kind, text) in (attributes or {}).items()
            }
            sqs_backends[target.account_id][target.region].send_message(
                target.resource, message, message_attributes=values
            )
        elif target.service == "sns":
            given = {name: {"Type": kind, "Value": text} for name, (kind, text) in (attributes or {}).items()}
            sns_backends[target.account_id][target.region].publish(
                message, arn=arn, message_attributes=given or None
            )
        else:
            raise ValueError(f"`{arn}` is no destination that Lambda can reach")


def _check(role_arn: str, arn: str) -> None:
    if (problem := destination_problem(role_arn, arn)) is not None:
        raise NotPermittedError(problem)


def _put(arn: str, key: str, document: dict[str, Any]) -> None:
    account_id = SourceReference.parse(document["requestContext"]["functionArn"]).account_id
    with LOCK:
        s3_backends[account_id]["aws"].put_object(arn.rpartition(":")[2], key, encode(document))


def _key(discarded: DiscardedBatch, mapping: Mapping, now: float) -> str:
    moment = datetime.fromtimestamp(now, UTC)
    day, second = moment.strftime("%Y/%m/%d"), moment.strftime("%Y-%m-%dT%H.%M.%S")
    return f"aws/lambda/{mapping.uuid}/{discarded.shard_id}/{day}/{second}-{uuid.uuid4()}"
