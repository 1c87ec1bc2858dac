"""Filter policies of subscriptions: what they take, and which are refused."""

import json
from typing import Any

import pytest

from tests.cloud.documents import allow, document
from workshop.cloud.offline.overlay.correct import plain_moto

ATTRIBUTES = {
    "kind": {"DataType": "String", "StringValue": "Order.png"},
    "count": {"DataType": "Number", "StringValue": "5"},
    "many": {"DataType": "String.Array", "StringValue": '["a", 1, true, null]'},
    "from": {"DataType": "String", "StringValue": "10.0.0.7"},
}
BODY = '{"a": {"b": "c"}, "n": 1.5, "l": [{"q": 1}, {"q": 2}], "z": null}'

# Whether plain moto matches as AWS does; if not, it answers otherwise or not at all.
AS_IN_MOTO, OTHER = True, False
BY_ATTRIBUTES = [
    ({"kind": ["Order.png"]}, True, AS_IN_MOTO),
    ({"count": [5]}, True, AS_IN_MOTO),
    ({"count": [5.0]}, True, AS_IN_MOTO),
    ({"count": [{"numeric": [">", 4, "<=", 5]}]}, True, AS_IN_MOTO),
    ({"count": [{"numeric": [">", 5]}]}, False, AS_IN_MOTO),
    ({"many": ["a"]}, True, AS_IN_MOTO),
    ({"many": [1]}, True, OTHER),
    ({"many": [True]}, True, OTHER),
    ({"many": [None]}, True, OTHER),
    ({"many": [{"anything-but": "a"}]}, True, OTHER),
    ({"kind": [{"prefix": "Or"}]}, True, AS_IN_MOTO),
    ({"kind": [{"suffix": ".png"}]}, True, AS_IN_MOTO),
    ({"kind": [{"anything-but": {"prefix": "Or"}}]}, False, AS_IN_MOTO),
    ({"kind": [{"anything-but": ["x"]}]}, True, AS_IN_MOTO),
    ({"kind": [{"equals-ignore-case": "oRDER.PNG"}]}, True, OTHER),
    ({"kind": [{"wildcard": "O*g"}]}, True, OTHER),
    ({"from": [{"cidr": "10.0.0.0/24"}]}, True, OTHER),
    ({"absent": [{"exists": False}]}, True, AS_IN_MOTO),
    ({"absent": [{"anything-but": "x"}]}, False, AS_IN_MOTO),
    ({"$or": [{"kind": ["q"]}, {"count": [5]}]}, True, AS_IN_MOTO),
    ({}, True, AS_IN_MOTO),
]
BY_BODY = [
    ({"a": {"b": ["c"]}}, True, AS_IN_MOTO),
    ({"a": {"x": [{"exists": False}]}}, True, AS_IN_MOTO),
    ({"n": [{"numeric": [">=", 1, "<", 2]}]}, True, AS_IN_MOTO),
    ({"l": {"q": [2]}}, True, AS_IN_MOTO),
    ({"z": [None]}, True, OTHER),
    ({"$or": [{"n": [7]}, {"a": {"b": ["c"]}}]}, True, OTHER),
    ({"n": [2]}, False, AS_IN_MOTO),
]


class Topic:
    """A topic with a queue that has subscribed to it."""

    def __init__(self, account: Any, name: str = "T") -> None:
        self.sns, self.sqs, self.name = account.client("sns"), account.client("sqs"), name
        self.arn = self.sns.create_topic(Name=name)["TopicArn"]
        policy = document({**allow("SQS:SendMessage"), "Principal": "*"})
        self.queue = self.sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
        self.subscription = self.subscribe()["SubscriptionArn"]

    def subscribe(self, **attributes: str) -> dict[str, Any]:
        """Subscribe the queue."""
        endpoint = f"arn:aws:sqs:eu-west-1:123456789012:{self.name}"
        answer = self.sns.subscribe(
            TopicArn=self.arn, Protocol="sqs", Endpoint=endpoint, Attributes=attributes
        )
        return dict(answer)

    def change(self, name: str, value: str) -> None:
        """Set an attribute of the subscription."""
        self.sns.set_subscription_attributes(
            SubscriptionArn=self.subscription, AttributeName=name, AttributeValue=value
        )

    def takes(self, policy: Any, scope: str, message: str = BODY) -> bool:
        """Return whether a message arrives under a policy."""
        self.change("FilterPolicyScope", scope)
        self.change("FilterPolicy", json.dumps(policy))
        self.sns.publish(TopicArn=self.arn, Message=message, MessageAttributes=ATTRIBUTES)
        return "Messages" in self.sqs.receive_message(QueueUrl=self.queue)


CASES = [
    *((policy, "MessageAttributes", wanted, same) for policy, wanted, same in BY_ATTRIBUTES),
    *((policy, "MessageBody", wanted, same) for policy, wanted, same in BY_BODY),
]


@pytest.mark.parametrize(("policy", "scope", "wanted", "same"), CASES, ids=str)
def test_a_policy_takes_what_aws_takes(account, policy, scope, wanted, same) -> None:
    """Every operator works on attributes and on bodies; plain moto agrees where it knows the operator."""
    topic = Topic(account)

    assert topic.takes(policy, scope) is wanted
    if same:
        with plain_moto():
            assert Topic(account, "plain").takes(policy, scope) is wanted


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ({"a": "b"}, '"a" must be an object or an array'),
        ({"a": [{"foo": 1}]}, "Unrecognized match type foo"),
        ({"a": {"b": ["c"]}}, "does not support nested filter policy"),
        ({f"a{number}": ["b"] for number in range(6)}, "more than 5 keys"),
        ({"a": [{"numeric": ["=", "5"]}]}, "Value of numeric is not valid"),
        ({"a": [{"numeric": []}]}, "Value of numeric is not valid"),
        ({"a": [{"equals-ignore-case": 1}]}, "Value of equals-ignore-case is not valid"),
        ({"$or": []}, "Empty arrays are not allowed"),
        (["a"], "not an object"),
    ],
    ids=str,
)
def test_a_policy_that_cannot_be_read_is_refused(account, refused, policy, reason) -> None:
    """Subscribe and SetSubscriptionAttributes refuse it with its fault, and nobody is subscribed."""
    topic = Topic(account)

    code, message = refused(topic.change, name="FilterPolicy", value=json.dumps(policy))
    again = refused(topic.subscribe, FilterPolicy=json.dumps(policy))[0]

    assert (code, again, reason in message) == ("InvalidParameter", "InvalidParameter", True)
    assert len(topic.sns.list_subscriptions()["Subscriptions"]) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("FilterPolicyScope", "Body"), ("FilterPolicy", "{"), ("RedrivePolicy", "{")]
)
def test_attributes_have_values_that_exist(account, refused, name, value) -> None:
    """A scope that is none, and text that is not JSON, are refused."""
    code, message = refused(Topic(account).change, name=name, value=value)

    assert (code, name in message) == ("InvalidParameter", True)


def test_another_scope_holds_at_once(account) -> None:
    """A policy is read with the scope that the subscription has now."""
    topic = Topic(account)
    assert topic.takes({"n": [1.5]}, "MessageAttributes") is False

    topic.change("FilterPolicyScope", "MessageBody")
    topic.sns.publish(TopicArn=topic.arn, Message=BODY)

    assert "Messages" in topic.sqs.receive_message(QueueUrl=topic.queue)


def test_an_empty_message_is_refused(account, refused) -> None:
    """Publish wants a text."""
    topic = Topic(account)

    assert refused(topic.sns.publish, TopicArn=topic.arn, Message="") == (
        "InvalidParameter",
        "Invalid parameter: Empty message",
    )


def test_nothing_is_absent_where_there_are_no_attributes(account) -> None:
    """A policy for attributes takes no message without any; plain moto takes it where one must be absent."""

    def takes(name: str) -> bool:
        topic = Topic(account, name)
        topic.change("FilterPolicy", '{"absent": [{"exists": false}]}')
        topic.sns.publish(TopicArn=topic.arn, Message=BODY)
        return "Messages" in topic.sqs.receive_message(QueueUrl=topic.queue)

    ours = takes("T")
    with plain_moto():
        assert (ours, takes("plain")) == (False, True)


@pytest.mark.parametrize("kind", ["Number.x", "String.Array"])
def test_an_attribute_that_is_not_what_it_says_is_a_text(account, kind) -> None:
    """A value that cannot be read as its type matches as the text that it is."""
    topic = Topic(account)
    topic.change("FilterPolicy", '{"n": ["[x"]}')

    value = {"DataType": kind, "StringValue": "[x"}
    topic.sns.publish(TopicArn=topic.arn, Message="m", MessageAttributes={"n": value})

    assert "Messages" in topic.sqs.receive_message(QueueUrl=topic.queue)


@pytest.mark.parametrize("depth", [500, 30_000])
def test_a_body_that_is_nested_deeply_is_not_wanted(account, depth) -> None:
    """It fails nobody's Publish."""
    topic = Topic(account)

    assert not topic.takes({"n": [1]}, "MessageBody", '{"a": ' * depth + "1" + "}" * depth)
