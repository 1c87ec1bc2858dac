"""Filter policies of subscriptions are checked when they are set, and match by all of their operators.

AWS matches a policy with the message's attributes or with its body, by the operators of event patterns, and
compares numbers by their values, to five decimal places; a policy it cannot read is refused
(https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html and
subscription-filter-policy-constraints.html there). moto does not know `wildcard` and `cidr`, takes
`equals-ignore-case` for something that never matches, fails Publish where an array meets a number or `$or` an
object, keeps to the scope that held when the policy was set, finds things absent where there is no attribute
at all, and takes any value of the other attributes. Changed: the check of policies and of attributes;
`is_wanted` does the matching.
"""

import json
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend
from moto.sns.responses import SNSResponse

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.deliveries.event_patterns import (
    InvalidEventPatternError,
    check_pattern,
    matches,
    read_json,
)

__all__ = ["is_wanted"]

BODY = "MessageBody"
DOCUMENTS = frozenset(("DeliveryPolicy", "FilterPolicy", "RedrivePolicy"))
TARGET = "deadLetterTargetArn"
# Protocols by which a message may go as it is.
RAW = ("firehose", "http", "https", "sqs")
VALUES = {"FilterPolicyScope": ("MessageAttributes", BODY)}
LARGEST, FIVE_PLACES = 10**9, Decimal("0.00001")

_MOTO_CHECK = SNSBackend._validate_filter_policy
_MOTO_SET = SNSBackend.set_subscription_attributes
_MOTO_SUBSCRIBE = SNSResponse.subscribe


def is_wanted(subscription: Any, attributes: dict[str, Any] | None, text: str) -> bool:
    """Return whether a subscription takes a message, by its attributes as moto keeps them and its text."""
    policy = subscription._filter_policy
    if not policy:
        return True
    try:
        if subscription.attributes.get("FilterPolicyScope") == BODY:
            found = _parsed(text)
        elif not attributes:
            return False  # also where the policy asks for something to be absent
        else:
            found = {name: _value(one) for name, one in attributes.items() if "Binary" not in one["Type"]}
        return isinstance(found, dict) and matches(_comparable(policy), _comparable(found))
    except RecursionError:
        return False  # nested more deeply than anything that a policy can ask for


def _parsed(text: str) -> Any:
    try:
        return read_json(text)
    except ValueError:
        return None


def _value(attribute: dict[str, Any]) -> Any:
    kind, text = attribute["Type"], attribute["Value"]
    try:
        if kind.startswith("Number"):
            return Decimal(text)
        return read_json(text) if kind == "String.Array" else text
    except (ArithmeticError, RecursionError, ValueError):
        return text


def _comparable(value: Any) -> Any:
    """Return a value whose numbers are equal if they are written alike."""
    if isinstance(value, dict):
        return {name: _comparable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_comparable(one) for one in value]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return value
    number = Decimal(repr(value) if isinstance(value, float) else value)
    if not number.is_finite() or abs(number) > LARGEST:
        return float(number)
    number = number.quantize(FIVE_PLACES, ROUND_HALF_EVEN)
    return int(number) if number == int(number) else float(number)


@corrects(SNSBackend, "_validate_filter_policy")
def _check_policy(backend: Any, policy: Any, scope: str | None) -> None:
    if not isinstance(policy, dict):
        raise SNSInvalidParameter("Invalid parameter: FilterPolicy: Filter is not an object")
    try:
        # One that is empty takes every message.
        check_pattern(policy or {"any": [""]})
    except InvalidEventPatternError as error:
        raise SNSInvalidParameter(f"Invalid parameter: FilterPolicy: {error}") from error
    # What a leaf takes is checked by now: moto counts, and knows where objects are allowed.
    _MOTO_CHECK(backend, _outline(policy), scope)


def _outline(policy: dict[str, Any]) -> dict[str, Any]:
    outline: dict[str, Any] = {}
    for name, wanted in policy.items():
        if isinstance(wanted, dict):
            outline[name] = _outline(wanted)
        elif name == "$or":
            outline[name] = [_outline(one) if isinstance(one, dict) else {} for one in wanted]
        else:
            outline[name] = [""] * len(wanted)
    return outline


@corrects(SNSBackend, "set_subscription_attributes")
def _set_attribute(backend: Any, arn: str, name: str, value: Any) -> None:
    # moto has made a boolean of the text.
    text = str(value).lower() if isinstance(value, bool) else value
    subscription = backend.subscriptions.get(arn)
    # An empty text takes the attribute away.
    if text and subscription and (problem := _problem(subscription, name, text)) is not None:
        raise SNSInvalidParameter(f"Invalid parameter: {problem}")
    _MOTO_SET(backend, arn, name, value)


def _problem(subscription: Any, name: str, text: str) -> str | None:
    if name in VALUES and text not in VALUES[name]:
        return f"{name}: {text}"
    if name == "RawMessageDelivery" and text == "true" and subscription.protocol not in RAW:
        protocol = f"Delivery protocol [{subscription.protocol}]"
        return f"Attributes Reason: {protocol} does not support raw message delivery."
    if name not in DOCUMENTS:
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return f"{name}: failed to parse JSON."
    return _redrive_problem(subscription.arn, document) if name == "RedrivePolicy" else None


def _redrive_problem(arn: str, policy: Any) -> str | None:
    """Return why a subscription cannot have this policy about what was not delivered."""
    given = policy if isinstance(policy, dict) else {}
    if unknown := sorted(given.keys() - {TARGET}):
        return f"Attributes Reason: RedrivePolicy: Attribute {unknown[0]} is unknown"
    queue = SourceReference.parse(str(given.get(TARGET) or ""))
    if queue.service == "sqs" and queue.region == SourceReference.parse(arn).region:
        return None
    reason = f"{TARGET} must be in the same region as the subscription"
    if queue.service != "sqs":
        reason = f"{TARGET} must be a SQS queue" if queue.arn else f"Missing {TARGET} attribute"
    return f"Attributes Reason: RedrivePolicy: {reason}"


@corrects(SNSResponse, "subscribe")
def _subscribe(request: Any) -> Any:
    before = set(request.backend.subscriptions)
    try:
        return _MOTO_SUBSCRIBE(request)
    except SNSInvalidParameter:
        # What is refused subscribes nobody.
        for arn in set(request.backend.subscriptions) - before:
            del request.backend.subscriptions[arn]
        raise
