"""Tells destinations how asynchronous invocations ended: functions, event buses, buckets, queues and topics.

A function gets the document as its event, a bus as an event's detail, a bucket as an object. Source:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from moto.s3.models import s3_backends

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.permissions.resource_policies import DeliveringService
from workshop.cloud.offline.permissions.services import LAMBDA, destination_problem
from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.deliveries.targets import deliver
from workshop.cloud.offline.runtime.event_sources.destinations import NotPermittedError, send
from workshop.cloud.offline.runtime.event_sources.events import encode

__all__ = ["tell"]


def tell(arn: str, document: dict[str, Any], *, role_arn: str, now: float) -> None:
    """Send the document about an invocation to a destination, in the name of the function's role.

    Raises:
        NotPermittedError: the role may not write there; for functions and buses it is a `DeliveryError`.
    """
    service = SourceReference.parse(arn).service
    if service in {"events", "lambda"}:
        _deliver(arn, document, role_arn)
    elif service == "s3":
        _put(arn, document, role_arn, now)
    else:
        send(arn, document, role_arn=role_arn)


def _deliver(arn: str, document: dict[str, Any], role_arn: str) -> None:
    function_arn = document["requestContext"]["functionArn"]
    sender = DeliveringService(LAMBDA, function_arn, SourceReference.parse(function_arn).account_id, role_arn)
    ending = "Success" if document["requestContext"]["condition"] == "Success" else "Failure"
    event = {
        "Source": "lambda",
        "DetailType": f"Lambda Function Invocation Result - {ending}",
        "Resources": [arn, function_arn],
    }
    deliver(arn, encode(document).decode(), sender, options={"EventBridgeParameters": event})


def _put(arn: str, document: dict[str, Any], role_arn: str, now: float) -> None:
    if (problem := destination_problem(role_arn, arn)) is not None:
        raise NotPermittedError(problem)
    function = SourceReference.parse(document["requestContext"]["functionArn"])
    name = function.resource.split(":")[1]
    moment = datetime.fromtimestamp(now, UTC)
    day, second = moment.strftime("%Y/%m/%d"), moment.strftime("%Y-%m-%dT%H.%M.%S")
    key = f"aws/lambda/async/{name}/{day}/{second}-{uuid.uuid4()}"
    with LOCK:
        s3_backends[function.account_id]["aws"].put_object(arn.rpartition(":")[2], key, encode(document))
