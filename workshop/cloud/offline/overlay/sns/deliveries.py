"""Topics deliver what AWS delivers, to subscriptions that may receive it.

AWS sends a notification to a queue whose policy lets the topic send, and invokes a function whose policy lets
it invoke; what cannot be delivered goes to the subscription's dead-letter queue or is lost
(https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html). Subscriptions by HTTP and e-mail
receive nothing until somebody has confirmed them. moto asks for no permission, fails Publish if a target is
gone, invents most of a function's event, takes `RawMessageDelivery=false` for true, signs with a certificate
of its own, calls whatever address was subscribed, keeps every message for ever, counts characters for bytes
and takes a text for a protocol that is none. Changed: publication, as above. The signature looks like one,
but nothing can check it: its certificate lies on a host of AWS.
"""

import base64
import hashlib
import json
import re
import uuid
from typing import Any

from moto.sns.exceptions import InvalidParameterValue, SNSInvalidParameter
from moto.sns.models import SNSBackend, Topic

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.sns.filters import is_wanted
from workshop.cloud.offline.overlay.sqs.checks import NAME_OF_ATTRIBUTE, RULE_OF_NAMES
from workshop.cloud.offline.permissions.resource_policies import DeliveringService
from workshop.cloud.offline.runtime.deliveries.targets import (
    DeliveryError,
    deliver,
    log_once,
    send_dead_letter,
)
from workshop.cloud.offline.runtime.timestamps import iso_time

__all__ = ["LARGEST_BYTES", "message_bytes"]

SERVICE = "sns.amazonaws.com"
UNCONFIRMED = ("http", "https", "email", "email-json")
OFFERED = ("sqs", "lambda", "sms", *UNCONFIRMED)
# What an endpoint is like, and what is said of another.
ENDPOINTS = {
    "lambda": (".*:function:", "Lambda endpoint ARN"),
    "http": ("http://.", "Endpoint must match the specified protocol"),
    "https": ("https://.", "Endpoint must match the specified protocol"),
    **dict.fromkeys(("email", "email-json"), (r"[^@\s]+@[^@\s]+$", "Email address")),
}
BINARY = "Binary"
ARN_PARTS = 6
# Of a message with its attributes, or of those of a batch together.
LARGEST_BYTES = 256 * 1024
# Line breaks among them.
CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_MOTO_SUBSCRIBE = SNSBackend.subscribe


@corrects(SNSBackend, "subscribe")
def _subscribe(backend: Any, topic_arn: str, endpoint: str | None, protocol: str) -> Any:
    if protocol not in OFFERED:
        raise SNSInvalidParameter(
            f"Invalid parameter: the offline cloud delivers by {', '.join(OFFERED)}, not by {protocol}"
        )
    if not endpoint:
        raise SNSInvalidParameter("Invalid parameter: Endpoint")
    if protocol == "sqs" and len(endpoint.split(":")) != ARN_PARTS:
        raise SNSInvalidParameter("Invalid parameter: SQS endpoint ARN")
    if protocol == "sqs" and endpoint.endswith(".fifo") and not topic_arn.endswith(".fifo"):
        raise SNSInvalidParameter(
            "Invalid parameter: Invalid parameter: Endpoint Reason: "
            "FIFO SQS Queues can not be subscribed to standard SNS topics"
        )
    if protocol != "sqs" and topic_arn.endswith(".fifo"):
        raise SNSInvalidParameter(f"Invalid parameter: Invalid protocol type: {protocol}")
    if protocol in ENDPOINTS and not re.match(ENDPOINTS[protocol][0], endpoint):
        raise SNSInvalidParameter(f"Invalid parameter: {ENDPOINTS[protocol][1]}")
    subscription = _MOTO_SUBSCRIBE(backend, topic_arn, endpoint, protocol)
    if protocol in UNCONFIRMED:
        subscription.attributes["PendingConfirmation"] = True
    return subscription


@corrects(Topic, "publish")
def _publish(  # noqa: PLR0913, PLR0917 - moto's signature
    topic: Any,
    message: str,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    group_id: str | None = None,
    deduplication_id: str | None = None,
    message_structure: str | None = None,
) -> str:
    _check(message, subject, message_attributes or {})
    texts = _structured(message) if message_structure == "json" else {"default": message}
    notification: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": str(uuid.uuid4()),
        "TopicArn": topic.arn,
        "Subject": subject,
        "Timestamp": iso_time(CLOCK.now()),
        "SignatureVersion": "1",
        "MessageAttributes": message_attributes or {},
    }
    if topic.fifo_topic and deduplication_id is None:
        deduplication_id = hashlib.sha256(message.encode()).hexdigest()
    fifo = {"group_id": group_id, "deduplication_id": deduplication_id}
    for subscription in topic.sns_backend._get_topic_subscriptions(topic):
        text = texts.get(subscription.protocol, texts["default"])
        if is_wanted(subscription, message_attributes, text):
            _send(subscription, {**notification, "Message": text}, fifo)
    return str(notification["MessageId"])


def _check(message: str, subject: str | None, attributes: dict[str, Any]) -> None:
    if not message:
        raise InvalidParameterValue("Invalid parameter: Empty message")
    if message_bytes(message, attributes) > LARGEST_BYTES:
        raise InvalidParameterValue("Invalid parameter: Message too long")
    if subject is not None and (not subject or CONTROL.search(subject)):
        raise InvalidParameterValue("Invalid parameter: Subject")
    for name, value in attributes.items():
        if not NAME_OF_ATTRIBUTE.fullmatch(name):
            raise InvalidParameterValue(
                f"Invalid parameter: Message attribute name '{name}' is invalid: {RULE_OF_NAMES}."
            )
        if value["Value"] is None:
            raise InvalidParameterValue(
                f"The message attribute '{name}' must contain non-empty message attribute value for message "
                f"attribute type '{value['Type']}'."
            )
        if value["Type"].startswith(BINARY) and not _is_base64(value["Value"]):
            raise InvalidParameterValue(
                f"The message attribute '{name}' with type '{value['Type']}' must use field 'Binary'."
            )


def message_bytes(message: str, attributes: dict[str, Any]) -> int:
    """Return what counts as the size of a message, with its attributes as moto keeps them."""
    size = len(message.encode())
    for name, value in attributes.items():
        text = str(value["Value"] or "")
        is_binary = value["Type"].startswith(BINARY) and _is_base64(text)
        content = base64.b64decode(text) if is_binary else text.encode()
        size += len(name.encode()) + len(value["Type"]) + len(content)
    return size


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text)) or not text
    except ValueError:
        return False


def _structured(message: str) -> dict[str, str]:
    try:
        texts = json.loads(message)
    # Also brackets that are nested more deeply than Python reads.
    except (ValueError, RecursionError) as error:
        raise InvalidParameterValue(
            "Invalid parameter: Message Structure - JSON message body failed to parse"
        ) from error
    # A value that is no text counts as absent.
    members = texts.items() if isinstance(texts, dict) else ()
    given = {name: text for name, text in members if isinstance(text, str)}
    if "default" not in given:
        raise InvalidParameterValue("Invalid parameter: Message Structure - No default entry in JSON message")
    return given


def _send(subscription: Any, notification: dict[str, Any], fifo: dict[str, str | None]) -> None:
    sender = DeliveringService(SERVICE, subscription.topic.arn, subscription.topic.account_id)
    attributes = subscription.attributes
    document = _signed(notification, subscription)
    body, options = json.dumps(_function_event(document, subscription.arn)), dict[str, Any](fifo)
    if subscription.protocol == "sqs":
        is_raw = str(attributes.get("RawMessageDelivery")).lower() == "true"
        body = document["Message"] if is_raw else _queue_body(document)
        options["attributes"] = _queue_attributes(document["MessageAttributes"]) if is_raw else None
    elif subscription.protocol != "lambda":
        return
    try:
        deliver(subscription.endpoint, body, sender, options=options)
    except DeliveryError as error:
        redrive = json.loads(attributes.get("RedrivePolicy") or "{}")
        if queue := redrive.get("deadLetterTargetArn"):
            send_dead_letter(queue, body, sender, {"ErrorCode": error.code, "ErrorMessage": str(error)})
        else:
            log_once(f"{subscription.arn} could not reach `{subscription.endpoint}`: {error}")


def _signed(notification: dict[str, Any], subscription: Any) -> dict[str, Any]:
    seed = f"{notification['MessageId']}{subscription.arn}".encode()
    host = f"https://sns.{subscription.topic.sns_backend.region_name}.amazonaws.com"
    certificate = hashlib.sha256(host.encode()).hexdigest()[:32]
    return {
        **notification,
        # As long as a signature by an RSA key of 2,048 bits.
        "Signature": base64.b64encode(hashlib.shake_256(seed).digest(256)).decode(),
        "SigningCertURL": f"{host}/SimpleNotificationService-{certificate}.pem",
        "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription.arn}",
    }


QUEUE_MEMBERS = (
    "Type",
    "MessageId",
    "TopicArn",
    "Subject",
    "Message",
    "Timestamp",
    "SignatureVersion",
    "Signature",
    "SigningCertURL",
    "UnsubscribeURL",
    "MessageAttributes",
)


def _queue_body(document: dict[str, Any]) -> str:
    present = {name: document[name] for name in QUEUE_MEMBERS if document[name]}
    return json.dumps(present, indent=2, separators=(",", " : "))


def _function_event(document: dict[str, Any], subscription_arn: str) -> dict[str, Any]:
    # A function's event spells the two addresses in another way than a queue's message.
    names = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription_arn,
                "Sns": {names.get(name, name): document[name] for name in QUEUE_MEMBERS},
            }
        ]
    }


def _queue_attributes(attributes: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {
            "DataType": value["Type"],
            "BinaryValue" if value["Type"].startswith(BINARY) else "StringValue": value["Value"],
        }
        for name, value in attributes.items()
    }
