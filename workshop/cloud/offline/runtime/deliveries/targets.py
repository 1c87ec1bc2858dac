"""Sends what a service delivers to one target: function, queue, topic, stream, bus, log group or API call.

The permission is looked at first, as AWS does at each delivery. A function gets an asynchronous event, with
its own retries. Whatever else can fail here fails for good, since the targets are in this process, so that a
delivery is tried once; what is left is the sender's dead-letter queue.
"""

import base64
import json
import logging
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from moto.events.models import events_backends
from moto.kinesis.models import kinesis_backends
from moto.logs.models import logs_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.overlay.correct import CLOCK
from workshop.cloud.offline.permissions.resource_policies import ACTIONS, DeliveringService, delivery_problem
from workshop.cloud.offline.runtime.active_runtime import active
from workshop.cloud.offline.runtime.arns import SourceReference

__all__ = [
    "UNIVERSAL_TARGETS",
    "ApiCalls",
    "DeliveryError",
    "deliver",
    "is_call",
    "log_once",
    "send_dead_letter",
]

LOGGER = logging.getLogger(__name__)

Options = Mapping[str, Any]
Message = str | bytes
InvokeFunction = Callable[..., Any]

# Calls of other services that a schedule may make in its role's name, as its target's ARN ends:
# https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html.
UNIVERSAL_TARGETS = {"aws-sdk:cloudformation:deleteStack": "delete_stack"}


class DeliveryError(Exception):
    """A target did not take a delivery; `code` is what a dead-letter queue gets as `ERROR_CODE`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ApiCalls:
    """The calls that schedules may make; each is put in place by the corrections of its service."""

    @staticmethod
    def delete_stack(sender: DeliveringService, request: Mapping[str, Any]) -> None:
        """Delete the stack that the request names, if the sender's role may."""
        raise DeliveryError("SERVICE_UNAVAILABLE", f"{sender.source_arn} cannot have {request} done yet")


def is_call(arn: str) -> bool:
    """Whether a target is a call of AWS's API, and not a resource that takes messages."""
    return SourceReference.parse(arn).resource in UNIVERSAL_TARGETS


def deliver(
    arn: str,
    message: Message,
    sender: DeliveringService,
    *,
    options: Options | None = None,
    invoke: Any = None,
) -> None:
    """Send a message to a target; bytes only to a stream.

    `options` are the settings of the target by AWS's names, such as `SqsParameters`, and `attributes`, the
    message attributes for a queue. `invoke` runs a function in place of the runtime that serves the process.

    Raises:
        DeliveryError: the target does not exist, is of a kind that the offline cloud does not deliver to, or
        refuses the sender.
    """
    target = SourceReference.parse(arn)
    if not is_call(arn):  # a call needs rights to what the message names
        _check(target, sender)
    try:
        if target.service == "lambda":
            _invoke(target, message, invoke)
        else:
            with LOCK:
                if is_call(arn):
                    getattr(ApiCalls, UNIVERSAL_TARGETS[target.resource])(sender, json.loads(message))
                else:
                    SENDS[target.service](target, message, options or {})
    except DeliveryError:
        raise
    except Exception as error:  # whatever a backend makes of a target that is gone or refuses
        text = getattr(error, "message", None) or getattr(error, "description", None) or error
        raise DeliveryError("RESOURCE_NOT_FOUND", f"`{arn}` did not take it: {text}") from error


def send_dead_letter(
    arn: str, message: str, sender: DeliveringService, attributes: Mapping[str, str]
) -> None:
    """Put a message that could not be delivered into a dead-letter queue; the log says if that fails too."""
    texts = {name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()}
    try:
        deliver(arn, message, sender, options={"attributes": texts})
    except DeliveryError as error:
        log_once(f"{sender.source_arn}: the dead-letter queue `{arn}` was not reached: {error}")


@lru_cache(maxsize=1024)
def log_once(problem: str) -> None:
    """Log a problem the first time that it is met: what is refused once is refused for every event."""
    LOGGER.warning("%s", problem)


def _check(target: SourceReference, sender: DeliveringService) -> None:
    if target.service not in SENDS:
        known = ", ".join(sorted(ACTIONS))
        raise DeliveryError("UNSUPPORTED", f"the offline cloud delivers to {known}, not to `{target.arn}`")
    if (problem := delivery_problem(sender, target.arn)) is not None:
        raise DeliveryError("NO_PERMISSIONS", problem)


def _invoke(target: SourceReference, message: Message, invoke: InvokeFunction | None) -> None:
    runtime = active()
    if invoke is None and runtime is None:
        raise DeliveryError("SERVICE_UNAVAILABLE", "no runtime serves this process, so no function can run")
    call = invoke if invoke is not None else runtime.invoke  # type: ignore[union-attr]  # checked above
    call(target.arn, _bytes(message), region=target.region, invocation_type="Event")


def _bytes(message: Message) -> bytes:
    return message if isinstance(message, bytes) else message.encode()


def _send_to_queue(target: SourceReference, message: Message, options: Options) -> None:
    group = (options.get("SqsParameters") or {}).get("MessageGroupId") or options.get("group_id")
    sqs_backends[target.account_id][target.region].send_message(
        target.resource,
        message,
        message_attributes=options.get("attributes"),
        group_id=group,
        deduplication_id=options.get("deduplication_id"),
        # A queue that is no FIFO queue takes a group from topics only.
        validate_group_id=bool(options.get("SqsParameters")),
    )


def _publish(target: SourceReference, message: Message, _: Options) -> None:
    backend = sns_backends[target.account_id][target.region]
    backend.get_topic(target.arn)  # or raise: moto's Publish takes any ARN for an endpoint
    backend.publish(message, arn=target.arn)


def _put_record(target: SourceReference, message: Message, options: Options) -> None:
    chosen = options.get("KinesisParameters") or {}
    key = options.get("partition_key") or chosen.get("PartitionKey") or str(uuid.uuid4())
    data = base64.b64encode(_bytes(message)).decode()
    kinesis_backends[target.account_id][target.region].put_record(target.arn, None, key, None, data)


def _put_event(target: SourceReference, message: Message, options: Options) -> None:
    event = json.loads(message)
    chosen = options.get("EventBridgeParameters")
    if chosen:  # of the scheduler and of Lambda: their message is the detail alone
        described = {"detail-type": chosen["DetailType"], "source": chosen["Source"]}
        event = {"detail": event, **described, "resources": chosen.get("Resources", [])}
    entry = {
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": json.dumps(event["detail"]),
        "Resources": event.get("resources", []),
        "EventBusName": target.resource.partition("/")[2],
        "is_forwarded": not chosen,
    }
    backend = events_backends[target.account_id][target.region]
    backend.describe_event_bus(entry["EventBusName"])  # a delivery fails where PutEvents says nothing
    answer = backend.put_events([entry])
    if "ErrorCode" in answer[0]:
        raise DeliveryError(answer[0]["ErrorCode"], answer[0]["ErrorMessage"])


def _log(target: SourceReference, message: Message, _: Options) -> None:
    group = target.resource.removeprefix("log-group:").removesuffix(":*")
    backend, stream = logs_backends[target.account_id][target.region], str(uuid.uuid4())
    backend.create_log_stream(group, stream)
    # Not through the backend's own call, which compares with the machine's time.
    line = {"timestamp": int(CLOCK.now() * 1000), "message": message}
    backend.groups[group].put_log_events(stream, [line])


SENDS: dict[str, Callable[[SourceReference, Message, Options], None]] = {
    "events": _put_event,
    "kinesis": _put_record,
    "lambda": lambda *_: None,
    "logs": _log,
    "sns": _publish,
    "sqs": _send_to_queue,
}
