"""Attributes that AWS refuses are refused, when a queue is made and later."""

import json
from typing import Any

import pytest

from workshop.cloud.offline.overlay.correct import plain_moto

DEAD = "arn:aws:sqs:eu-west-1:123456789012:Q"


@pytest.fixture
def sqs(account) -> Any:
    return account.client("sqs")


@pytest.fixture
def url(sqs) -> str:
    return str(sqs.create_queue(QueueName="Q")["QueueUrl"])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DelaySeconds", "x"),
        ("DelaySeconds", "901"),
        ("MessageRetentionPeriod", "59"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("VisibilityTimeout", "-1"),
        ("MaximumMessageSize", "1048577"),
        ("SqsManagedSseEnabled", "perhaps"),
        ("Policy", "{"),
        ("RedriveAllowPolicy", '{"redrivePermission": "maybe"}'),
    ],
)
def test_an_attribute_is_within_its_range(sqs, url, refused, name, value) -> None:
    """CreateQueue and SetQueueAttributes refuse what is no value of an attribute, and nothing is made."""
    wanted = ("InvalidAttributeValue", f"Invalid value for the parameter {name}.")

    assert refused(sqs.create_queue, QueueName="R", Attributes={name: value}) == wanted
    assert refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={name: value}) == wanted
    assert sqs.list_queues()["QueueUrls"] == [url]


@pytest.mark.parametrize("count", [0, 1001, "x"])
def test_a_redrive_policy_counts_from_one_to_a_thousand(sqs, url, refused, count) -> None:
    """Messages are received once at least before they go to the dead-letter queue."""
    del url
    policy = json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": count})

    code, message = refused(sqs.create_queue, QueueName="R", Attributes={"RedrivePolicy": policy})

    assert (code, "valid values are from 1 to 1000" in message) == ("InvalidParameterValue", True)


@pytest.mark.parametrize(
    ("dead", "reason"),
    [
        ("gone", "Dead letter target does not exist."),
        ("dead.fifo", "Dead-letter queue must be same type of queue as the source."),
    ],
)
def test_a_dead_letter_queue_is_there_and_of_the_same_kind(sqs, url, refused, dead, reason) -> None:
    """Whoever names another one is refused, when the queue is made and later."""
    sqs.create_queue(QueueName="dead.fifo", Attributes={"FifoQueue": "true"})
    policy = {"deadLetterTargetArn": DEAD.rpartition(":")[0] + f":{dead}", "maxReceiveCount": 1}
    attributes = {"RedrivePolicy": json.dumps(policy)}

    for refusal in (
        refused(sqs.create_queue, QueueName="R", Attributes=attributes),
        refused(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes),
    ):
        assert (refusal[0], refusal[1].endswith(f"Reason: {reason}")) == ("InvalidParameterValue", True)


NAME, VALUE = "InvalidAttributeName", "InvalidAttributeValue"
LIMIT = "Invalid value for the parameter FifoThroughputLimit. Reason: "
PAIRED = "To set FifoThroughputLimit to perMessageGroupId, the DeduplicationScope must be messageGroup."
ONE_ENCRYPTION = (
    "You can use one type of server-side encryption (SSE) at one time. "
    "You can either enable KMS SSE or SQS SSE."
)
# The kind of queue, attributes, and the error.
WRONG: list[tuple[str, dict[str, str], str, str]] = [
    ("", {"ContentBasedDeduplication": "true"}, NAME, "Unknown Attribute ContentBasedDeduplication."),
    ("", {"FifoQueue": "false"}, NAME, "Unknown Attribute FifoQueue."),
    (
        "",
        {"DeduplicationScope": "queue"},
        NAME,
        "You can specify the DeduplicationScope only when FifoQueue is set to true.",
    ),
    (
        "",
        {"FifoThroughputLimit": "perQueue"},
        NAME,
        "You can specify the FifoThroughputLimit only when FifoQueue is set to true.",
    ),
    (".fifo", {"FifoThroughputLimit": "x"}, VALUE, f"{LIMIT}not a supported value."),
    (
        ".fifo",
        {"FifoThroughputLimit": "perMessageGroupId"},
        VALUE,
        f"{LIMIT}{PAIRED}",
    ),
    ("", {"QueueArn": DEAD}, NAME, "Unknown Attribute QueueArn."),
    ("", {"Policy": "{}"}, VALUE, "Invalid value for the parameter Policy."),
    (
        "",
        {"SqsManagedSseEnabled": "true", "KmsMasterKeyId": "alias/aws/sqs"},
        VALUE,
        ONE_ENCRYPTION,
    ),
]


@pytest.mark.parametrize(("kind", "attributes", "code", "text"), WRONG)
def test_an_attribute_goes_with_the_queue(sqs, refused, kind, attributes, code, text) -> None:
    """CreateQueue and SetQueueAttributes say the same; plain moto takes them."""
    own = {"FifoQueue": "true"} if kind else {}
    url = sqs.create_queue(QueueName=f"Q{kind}", Attributes=own)["QueueUrl"]

    made = refused(sqs.create_queue, QueueName=f"R{kind}", Attributes={**own, **attributes})
    changed = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes=attributes)
    with plain_moto():
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)

    assert made == changed == (code, text)
    assert sqs.list_queues()["QueueUrls"] == [url]


@pytest.mark.parametrize(("kind", "value"), [("", "true"), (".fifo", "false")])
def test_a_queue_stays_of_its_kind(sqs, refused, kind, value) -> None:
    """SetQueueAttributes does not make a FIFO queue of another one, nor the reverse."""
    own = {"FifoQueue": "true"} if kind else {}
    url = sqs.create_queue(QueueName=f"Q{kind}", Attributes=own)["QueueUrl"]

    error = refused(sqs.set_queue_attributes, QueueUrl=url, Attributes={"FifoQueue": value})

    reason = "Modifying queue type is not supported."
    assert error == (VALUE, f"Invalid value for the parameter FifoQueue. Reason: {reason}")


def test_groups_have_limits_of_their_own(sqs) -> None:
    """Once a queue looks for duplicates by group, its limit may be by group as well."""
    url = sqs.create_queue(QueueName="Q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    for attribute in ({"DeduplicationScope": "messageGroup"}, {"FifoThroughputLimit": "perMessageGroupId"}):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attribute)

    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["FifoThroughputLimit"])["Attributes"]

    assert found == {"FifoThroughputLimit": "perMessageGroupId"}
