"""Attributes of topics and subscriptions are judged when they are made and later alike."""

import json
from typing import Any

import pytest

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

TOPIC, FIFO = (f"arn:aws:sns:eu-west-1:123456789012:{name}" for name in ("T", "T.fifo"))
QUEUE, FUNCTION = "arn:aws:sqs:eu-west-1:123456789012:Q", "arn:aws:lambda:eu-west-1:123456789012:function:F"
REASON = "Invalid parameter: Attributes Reason: "
REDRIVE = f"{REASON}RedrivePolicy: deadLetterTargetArn must be "


@pytest.fixture
def sns(account: Account) -> Any:
    """A client, with a topic of each kind."""
    client = account.client("sns")
    client.create_topic(Name="T")
    client.create_topic(Name="T.fifo", Attributes={"FifoTopic": "true"})
    return client


@pytest.mark.parametrize(
    "name", ["Nonsense", "ContentBasedDeduplication", "FifoThroughputScope", "FifoTopic"]
)
def test_a_topic_has_attributes_of_its_kind(sns: Any, refused: Any, name: str) -> None:
    """Those of FIFO topics are unknown to any other, and none becomes a FIFO topic later."""
    changed = refused(sns.set_topic_attributes, TopicArn=TOPIC, AttributeName=name, AttributeValue="true")
    with plain_moto():
        sns.set_topic_attributes(TopicArn=TOPIC, AttributeName=name, AttributeValue="true")

    assert changed == ("InvalidParameter", "Invalid parameter: AttributeName")
    if name != "FifoTopic":
        made = refused(sns.create_topic, Name="New", Attributes={name: "true"})
        assert made == ("InvalidParameter", f"{REASON}Unknown attribute {name}")


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("DisplayName", "x" * 101, "DisplayName"),
        ("Policy", "{", "Policy: failed to parse JSON."),
        ("DeliveryPolicy", "[]", "DeliveryPolicy: failed to parse JSON."),
    ],
)
def test_a_topic_has_values_that_are_some(sns: Any, refused: Any, name: str, value: str, text: str) -> None:
    """CreateTopic and SetTopicAttributes say the same, and nothing is made."""
    errors = {
        refused(sns.create_topic, Name="New", Attributes={name: value}),
        refused(sns.set_topic_attributes, TopicArn=TOPIC, AttributeName=name, AttributeValue=value),
    }

    assert errors == {("InvalidParameter", f"{REASON}{text}")}
    assert [topic["TopicArn"] for topic in sns.list_topics()["Topics"]] == [TOPIC, FIFO]


def test_a_topic_is_made_again_as_it_is(sns: Any, refused: Any) -> None:
    """With other attributes it is refused; plain moto answers with the one that is there."""
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="DisplayName", AttributeValue="shown")
    for same in ({}, {"DisplayName": "shown"}, {"KmsMasterKeyId": ""}):
        assert sns.create_topic(Name="T", Attributes=same)["TopicArn"] == TOPIC

    error = refused(sns.create_topic, Name="T", Attributes={"DisplayName": "other"})
    with plain_moto():
        sns.create_topic(Name="T", Attributes={"DisplayName": "other"})

    assert error == ("InvalidParameter", f"{REASON}Topic already exists with different attributes")


def test_a_topic_is_made_again_with_its_tags(sns: Any, refused: Any) -> None:
    """Or without any; with others it is refused, of which plain moto says nothing."""
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    others = ([{"Key": "a", "Value": "2"}], tags[:1])
    made = sns.create_topic(Name="tagged", Tags=tags)["TopicArn"]

    again = {sns.create_topic(Name="tagged", Tags=same)["TopicArn"] for same in (tags, tags[::-1], [])}
    errors = {refused(sns.create_topic, Name="tagged", Tags=other) for other in others}
    with plain_moto():
        sns.create_topic(Name="tagged", Tags=others[0])

    assert again == {made}
    assert errors == {
        ("InvalidParameter", "Invalid parameter: Tags Reason: Topic already exists with different tags")
    }


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("RedrivePolicy", {}, f"{REASON}RedrivePolicy: Missing deadLetterTargetArn attribute"),
        (
            "RedrivePolicy",
            {"deadLetterTargetArn": QUEUE, "maxReceiveCount": 5},
            f"{REASON}RedrivePolicy: Attribute maxReceiveCount is unknown",
        ),
        ("RedrivePolicy", {"deadLetterTargetArn": TOPIC}, f"{REDRIVE}a SQS queue"),
        (
            "RedrivePolicy",
            {"deadLetterTargetArn": QUEUE.replace("eu-west-1", "us-east-1")},
            f"{REDRIVE}in the same region as the subscription",
        ),
        ("DeliveryPolicy", "{", "Invalid parameter: DeliveryPolicy: failed to parse JSON."),
        (
            "RawMessageDelivery",
            "true",
            f"{REASON}Delivery protocol [lambda] does not support raw message delivery.",
        ),
    ],
)
def test_a_subscription_has_what_it_can_have(
    sns: Any, refused: Any, name: str, value: Any, text: str
) -> None:
    """Subscribe and SetSubscriptionAttributes say the same, and what is refused subscribes nobody."""
    value = value if isinstance(value, str) else json.dumps(value)
    function = {"TopicArn": TOPIC, "Protocol": "lambda"}

    made = refused(sns.subscribe, **function, Endpoint=f"{FUNCTION}2", Attributes={name: value})
    arn = sns.subscribe(**function, Endpoint=FUNCTION, ReturnSubscriptionArn=True)["SubscriptionArn"]
    given = {"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value}
    changed = refused(sns.set_subscription_attributes, **given)
    with plain_moto():
        sns.set_subscription_attributes(**given)

    assert made == changed == ("InvalidParameter", text)
    assert len(sns.list_subscriptions()["Subscriptions"]) == 1


@pytest.mark.parametrize(
    ("protocol", "wrong", "text", "right"),
    [
        ("http", "https://example.org", "Endpoint must match the specified protocol", "http://example.org"),
        ("https", "http://example.org", "Endpoint must match the specified protocol", "https://example.org"),
        ("email", "nobody", "Email address", "somebody@example.org"),
        ("email-json", "a b@example.org", "Email address", "somebody@example.org"),
        ("lambda", "nothing", "Lambda endpoint ARN", FUNCTION),
    ],
)
def test_an_endpoint_is_one_of_its_protocol(
    sns: Any, refused: Any, protocol: str, wrong: str, text: str, right: str
) -> None:
    """An address of another kind is refused; plain moto takes it."""
    given = {"TopicArn": TOPIC, "Protocol": protocol}

    error = refused(sns.subscribe, **given, Endpoint=wrong)
    sns.subscribe(**given, Endpoint=right)
    with plain_moto():
        sns.subscribe(**given, Endpoint=wrong)

    assert error == ("InvalidParameter", f"Invalid parameter: {text}")


def test_only_queues_subscribe_to_a_fifo_topic(sns: Any, refused: Any) -> None:
    """Any other protocol is refused; plain moto takes it."""
    function = {"TopicArn": FIFO, "Protocol": "lambda", "Endpoint": FUNCTION}

    error = refused(sns.subscribe, **function)
    sns.subscribe(TopicArn=FIFO, Protocol="sqs", Endpoint=QUEUE)
    with plain_moto():
        sns.subscribe(**function)

    assert error == ("InvalidParameter", "Invalid parameter: Invalid protocol type: lambda")
