"""Messages that AWS refuses are refused, alone and in batches."""

from typing import Any

import pytest

from workshop.cloud.offline.overlay.correct import plain_moto


@pytest.fixture
def sqs(account) -> Any:
    return account.client("sqs")


@pytest.fixture
def url(sqs) -> str:
    return str(sqs.create_queue(QueueName="Q")["QueueUrl"])


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"MessageBody": ""}, "MissingParameter"),
    ({"MessageBody": "a\x01"}, "InvalidMessageContents"),
    ({"MessageBody": "ü" * 513}, "InvalidParameterValue"),
    ({"MessageBody": "a", "MessageDeduplicationId": "d"}, "InvalidParameterValue"),
    ({"MessageBody": "a", "DelaySeconds": -1}, "InvalidParameterValue"),
    ({"MessageBody": "a", "DelaySeconds": 901}, "InvalidParameterValue"),
    ({"MessageBody": "a", "MessageGroupId": "two words"}, "InvalidParameterValue"),
    ({"MessageBody": "a", "MessageGroupId": "g" * 129}, "InvalidParameterValue"),
    *(
        ({"MessageBody": "a", "MessageAttributes": attributes}, "InvalidParameterValue")
        for attributes in (
            {f"a{number}": {"DataType": "String", "StringValue": "x"} for number in range(11)},
            *(
                {name: {"DataType": "String", "StringValue": "x"}}
                for name in ("AWS.x", ".a", "a.", "a..b", "a" * 257, "ü")
            ),
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


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"DelaySeconds": 5}, "InvalidParameterValue"),
        ({"MessageDeduplicationId": None}, "InvalidParameterValue"),
        ({"MessageGroupId": None}, "MissingParameter"),
    ],
)
def test_a_batch_for_a_fifo_queue_is_judged_by_entry(sqs, refused, more, code) -> None:
    """What such a queue demands of a message fails its entry; plain moto then sends none of the others."""
    url = sqs.create_queue(QueueName="Q.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    entry = {"MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    wrong = {name: value for name, value in {**entry, **more, "Id": "bad"}.items() if value is not None}
    entries = [wrong, {**entry, "Id": "good"}]

    answer = sqs.send_message_batch(QueueUrl=url, Entries=entries)
    with plain_moto():
        whole, _ = refused(sqs.send_message_batch, QueueUrl=url, Entries=entries)

    assert [(one["Id"], one["Code"]) for one in answer["Failed"]] == [("bad", code)]
    assert ([one["Id"] for one in answer["Successful"]], whole) == (["good"], code)


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


@pytest.mark.parametrize("identity", ["a b", "", "a" * 81])
def test_ids_of_every_batch_are_judged_alike(sqs, url, refused, identity) -> None:
    """Sending, deleting and changing refuse an id that is none; plain moto does so in sending alone."""
    entry = {"Id": identity, "ReceiptHandle": "x"}
    calls = {
        sqs.send_message_batch: {"Id": identity, "MessageBody": "a"},
        sqs.delete_message_batch: entry,
        sqs.change_message_visibility_batch: {**entry, "VisibilityTimeout": 1},
    }

    codes = {refused(call, QueueUrl=url, Entries=[one])[0] for call, one in calls.items()}
    with plain_moto():
        sqs.delete_message_batch(QueueUrl=url, Entries=[entry])

    assert codes == {"AWS.SimpleQueueService.InvalidBatchEntryId"}


def test_a_receipt_may_be_in_a_batch_twice(sqs, url, refused) -> None:
    """To delete a message again is no mistake; plain moto takes two receipts for two ids."""
    sqs.send_message(QueueUrl=url, MessageBody="a")
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    entries = [{"Id": name, "ReceiptHandle": message["ReceiptHandle"]} for name in "ab"]
    with plain_moto():
        refused(sqs.delete_message_batch, QueueUrl=url, Entries=entries)

    answer = sqs.delete_message_batch(QueueUrl=url, Entries=entries)

    assert [one["Id"] for one in answer["Successful"]] == ["a", "b"]
