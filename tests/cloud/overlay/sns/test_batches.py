"""PublishBatch: every entry is answered for."""

from typing import Any

import pytest

from workshop.cloud.offline.overlay.correct import plain_moto

GOOD = {"Id": "good", "Message": "m"}
LONG = {"Id": "long", "Message": "m", "Subject": "s" * 101}


def published(account: Any, *entries: dict[str, Any], name: str = "T") -> tuple[list[str], list[Any]]:
    """Return the ids of the entries that were published, and of the others with their codes."""
    sns = account.client("sns")
    topic = sns.create_topic(Name=name)["TopicArn"]
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=list(entries))
    assert all(one["Message"] and one["SenderFault"] for one in answer["Failed"])
    return [one["Id"] for one in answer["Successful"]], [(one["Id"], one["Code"]) for one in answer["Failed"]]


@pytest.mark.parametrize(
    "entry",
    [
        LONG,
        {"Id": "lines", "Message": "m", "Subject": "a\nb"},
        {"Id": "empty", "Message": ""},
        {"Id": "text", "Message": "{", "MessageStructure": "json"},
        {"Id": "odd", "Message": "m", "MessageStructure": "xml"},
        {
            "Id": "binary",
            "Message": "m",
            "MessageAttributes": {"a": {"DataType": "Binary", "StringValue": "a"}},
        },
        *(
            {
                "Id": identity,
                "Message": "m",
                "MessageAttributes": {name: {"DataType": "String", "StringValue": "a"}},
            }
            for identity, name in (("ends", "a."), ("reserved", "AWS.x"), ("row", "a..b"), ("starts", ".a"))
        ),
        {"Id": "twice", "Message": "m", "MessageDeduplicationId": "d"},
    ],
    ids=lambda entry: entry["Id"],
)
def test_an_entry_that_is_refused_is_named(account, entry) -> None:
    """It stands among those that failed, with its error, and the others are published."""
    assert published(account, entry, GOOD) == (["good"], [(entry["Id"], "InvalidParameter")])


def test_plain_moto_forgets_an_entry(account) -> None:
    """In plain moto a subject that is too long is neither published nor named; good entries are alike."""
    with plain_moto():
        forgotten = published(account, LONG, GOOD)
        alike = published(account, GOOD)

    assert forgotten == (["good"], [])
    assert published(account, GOOD, name="U") == alike


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([{**GOOD, "Id": str(number)} for number in range(11)], "TooManyEntriesInBatchRequest"),
        ([GOOD, GOOD], "BatchEntryIdsNotDistinct"),
        ([], "EmptyBatchRequest"),
        ([GOOD, {"Id": "a b", "Message": "m"}], "InvalidBatchEntryId"),
        ([GOOD, {"Id": "a" * 81, "Message": "m"}], "InvalidBatchEntryId"),
        ([{"Id": str(number), "Message": "ü" * 70_000} for number in range(2)], "BatchRequestTooLong"),
    ],
    ids=["many", "same", "empty", "blank", "long", "large"],
)
def test_a_batch_that_is_refused_publishes_nothing(account, refused, entries, code) -> None:
    """No entries or too many, ids that are not distinct or none, too many bytes: all is refused."""
    sns = account.client("sns")
    topic = sns.create_topic(Name="T")["TopicArn"]

    assert refused(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=entries)[0] == code
