"""Queues and messages that AWS refuses are refused."""

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


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"MessageBody": ""}, "MissingParameter"),
    ({"MessageBody": "a\x01"}, "InvalidMessageContents"),
    ({"MessageBody": "ü" * 513}, "InvalidParameterValue"),
    ({"MessageBody": "a", "MessageDeduplicationId": "d"}, "InvalidParameterValue"),
    ({"MessageBody": "a", "MessageGroupId": "two words"}, "InvalidParameterValue"),
    ({"MessageBody": "a", "MessageGroupId": "g" * 129}, "InvalidParameterValue"),
    *(
        ({"MessageBody": "a", "MessageAttributes": attributes}, "InvalidParameterValue")
        for attributes in (
            {f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(11)},
            {"AWS.x": {"DataType": "String", "StringValue": "x"}},
            {"n": {"DataType": "Number", "StringValue": "x"}},
            {"n": {"DataType": "String.kind", "StringValue": ""}},
            {"n": {"DataType": "String", "StringValue": "x" * 1024}},
        )
    ),
]


@pytest.mark.parametrize(("message", "code"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_message_that_aws_refuses_is_refused(sqs, url, refused, message, code) -> None:
    """SendMessage fails, and in a batch the entry does, beside others that are sent."""
    entries = [{"Id": "bad", **message}, {"Id": "good", "MessageBody": "b"}]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"MaximumMessageSize": "1024"})

    alone = refused(sqs.send_message, QueueUrl=url, **message)[0]
    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)

    assert alone == code
    assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [("bad", code)]
    assert [one["Id"] for one in answer["Successful"]] == ["good"]


def test_a_batch_that_is_too_large_is_refused_as_a_whole(sqs, url, refused) -> None:
    """Bytes of all bodies and attributes count together, not letters; nothing of it is sent."""
    entries = [{"Id": str(number), "MessageBody": "ü" * 263_000} for number in range(2)]

    code, _ = refused(sqs.send_message_batch, QueueUrl=url, Entries=entries)

    assert code == "AWS.SimpleQueueService.BatchRequestTooLong"
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


@pytest.mark.parametrize(
    ("identities", "code"),
    [(["a", "a"], "BatchEntryIdsNotDistinct"), (range(11), "TooManyEntriesInBatchRequest")],
    ids=["same", "many"],
)
def test_a_batch_is_judged_with_the_entries_that_are_refused(sqs, url, refused, identities, code) -> None:
    """Whether ids are distinct, and entries few enough, depends on all that were given."""
    entries = [{"Id": str(one), "MessageBody": "x" if place else ""} for place, one in enumerate(identities)]

    found, _ = refused(sqs.send_message_batch, QueueUrl=url, Entries=entries)

    assert found == f"AWS.SimpleQueueService.{code}"


@pytest.mark.parametrize("operation", ["delete_message_batch", "change_message_visibility_batch"])
@pytest.mark.parametrize(
    ("identities", "code"),
    [
        ("", "EmptyBatchRequest"),
        ("aa", "BatchEntryIdsNotDistinct"),
        ("abcdefghijk", "TooManyEntriesInBatchRequest"),
    ],
)
def test_every_batch_is_judged_alike(sqs, url, refused, operation, identities, code) -> None:
    """What holds for messages that are sent holds for those that are deleted or hidden."""
    more = {"VisibilityTimeout": 1} if "visibility" in operation else {}
    entries = [{"Id": one, "ReceiptHandle": f"r{place}", **more} for place, one in enumerate(identities)]

    found, _ = refused(getattr(sqs, operation), QueueUrl=url, Entries=entries)

    assert found == f"AWS.SimpleQueueService.{code}"


def test_messages_of_a_batch_keep_their_trace(sqs, url) -> None:
    """The header for tracing arrives, as that of a message that is sent alone does."""
    header = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}}
    entry = {"Id": "a", "MessageBody": "x", "MessageSystemAttributes": header}
    sqs.send_message_batch(QueueUrl=url, Entries=[entry])

    (message,) = sqs.receive_message(QueueUrl=url, MessageSystemAttributeNames=["All"])["Messages"]

    assert message["Attributes"]["AWSTraceHeader"] == "Root=1"


def test_plain_moto_takes_all_of_them(sqs) -> None:
    """Without the correction such a message is sent."""
    with plain_moto():
        url = sqs.create_queue(QueueName="P")["QueueUrl"]

        assert "MessageId" in sqs.send_message(QueueUrl=url, MessageBody="", MessageDeduplicationId="d")


def test_times_are_whole_seconds(sqs, url) -> None:
    """A queue says when it was made in whole seconds."""
    names = ["CreatedTimestamp", "LastModifiedTimestamp"]

    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]

    assert all(value.isdigit() for value in found.values())


@pytest.mark.parametrize(("name", "value"), [("MaxNumberOfMessages", 11), ("WaitTimeSeconds", 21)])
def test_receiving_names_the_range(sqs, url, refused, name, value) -> None:
    """A number that is out of range is refused with the range."""
    code, message = refused(sqs.receive_message, QueueUrl=url, **{name: value})

    assert (code, message.startswith(f"Value {value} for parameter {name} is invalid. Reason: Must be")) == (
        "InvalidParameterValue",
        True,
    )
