"""AWS::SNS::Topic changes in place, and AWS::SNS::Subscription exists.

AWS keeps a topic's subscriptions through an update, and subscribes with filter policy, raw delivery and
dead-letter queue; `Ref` of a subscription is its ARN
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-subscription.html).
moto deletes a topic to update it, with its subscriptions, drops its tags, lacks `TopicArn`, and knows no
subscriptions. Changed: topics, as above; subscriptions exist.
"""

import json
from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException
from moto.sns.models import Topic, sns_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    as_text,
    changes,
    check_free,
    creates,
    is_true,
    tags_as_dict,
    undone,
)
from workshop.cloud.offline.overlay.cloudformation.resource_types.added import (
    AddedResource,
    add_resource_type,
)
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.sns.topics import check_attributes

CHECKED = ("ContentBasedDeduplication", "DisplayName")
# The scope first: it decides how the policy is checked.
SETTINGS = (
    "FilterPolicyScope",
    "FilterPolicy",
    "RawMessageDelivery",
    "RedrivePolicy",
    "DeliveryPolicy",
    "SubscriptionRoleArn",
)
# Of a setting without a default nothing is described.
DEFAULTS = {"FilterPolicyScope": "MessageAttributes", "RawMessageDelivery": "false"}


@creates(Topic)
def _create(wanted: Wanted) -> Any:
    properties, backend = wanted.properties, wanted.backend(sns_backends)
    is_fifo = is_true(properties.get("FifoTopic"))
    name = wanted.name
    # A name that the template gives is taken, or refused, as it is.
    if is_fifo and "TopicName" not in properties:
        name = f"{name}.fifo"
    check_free(wanted, name, [topic.name for topic in backend.topics.values()])
    topic = backend.create_topic(name, {"FifoTopic": "true"} if is_fifo else {})
    topic.cfn_subscriptions = []
    with undone(lambda: backend.delete_topic(topic.arn)):
        _settle(wanted, topic)
    return topic


@changes(Topic)
def _change(wanted: Wanted) -> Any:
    topic = wanted.backend(sns_backends).get_topic(wanted.name)
    _settle(wanted, topic)
    return topic


def _settle(wanted: Wanted, topic: Any) -> None:
    properties, backend = wanted.properties, wanted.backend(sns_backends)
    check_attributes(
        {name: properties[name] for name in CHECKED if name in properties},
        is_fifo=is_true(properties.get("FifoTopic")),
    )
    topic.display_name = properties.get("DisplayName", "")
    topic.kms_master_key_id = properties.get("KmsMasterKeyId", "")
    topic.content_based_deduplication = is_true(properties.get("ContentBasedDeduplication"))
    topic._tags = tags_as_dict(properties)
    inline = [(one["Endpoint"], one["Protocol"]) for one in properties.get("Subscription", [])]
    # Only what the template itself has subscribed may be taken back.
    for endpoint, protocol in getattr(topic, "cfn_subscriptions", []):
        if (endpoint, protocol) not in inline and (
            found := backend._find_subscription(topic.arn, endpoint, protocol)
        ):
            backend.unsubscribe(found.arn)
    for endpoint, protocol in inline:
        backend.subscribe(topic.arn, endpoint, protocol)
    topic.cfn_subscriptions = inline


@corrects(Topic, "has_cfn_attr", kind=staticmethod)
def _has_attribute(attribute: str) -> bool:
    return attribute in {"TopicArn", "TopicName"}


@corrects(Topic, "get_cfn_attribute")
def _attribute(topic: Any, attribute_name: str) -> str:
    if attribute_name not in {"TopicArn", "TopicName"}:
        raise UnformattedGetAttTemplateException
    return str(topic.arn if attribute_name == "TopicArn" else topic.name)


def _subscribe(wanted: Wanted) -> AddedResource:
    properties, backend = wanted.properties, wanted.backend(sns_backends)
    subscription = backend.subscribe(properties["TopicArn"], properties["Endpoint"], properties["Protocol"])
    with undone(lambda: backend.unsubscribe(subscription.arn)):
        return _set(wanted, subscription.arn)


def _change_subscription(wanted: Wanted) -> AddedResource:
    return _set(wanted, wanted.name)


def _set(wanted: Wanted, arn: str) -> AddedResource:
    properties, backend = wanted.properties, wanted.backend(sns_backends)
    current = backend.get_subscription_attributes(arn)
    for name in SETTINGS:
        value = properties.get(name)
        if value is not None:
            text = json.dumps(value) if isinstance(value, dict) else as_text(value)
            backend.set_subscription_attributes(arn, name, text)
        elif name in current:  # a template that no longer mentions it resets it
            backend.set_subscription_attributes(arn, name, DEFAULTS.get(name, ""))
            if name not in DEFAULTS:
                del backend.subscriptions[arn].attributes[name]
    return AddedResource(arn, Arn=arn)


def _unsubscribe(wanted: Wanted) -> None:
    wanted.backend(sns_backends).unsubscribe(wanted.name)


add_resource_type(
    "AWS::SNS::Subscription",
    attributes=("Arn",),
    create=_subscribe,
    change=_change_subscription,
    delete=_unsubscribe,
)
