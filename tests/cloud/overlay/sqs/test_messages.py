"""FIFO queues number their messages and know duplicates; receipt handles are good for their queue."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sqs.models import sqs_backends

from tests.cloud.conftest import REGION, Account
from tests.cloud.documents import ACCOUNT
from workshop.cloud.offline.overlay.correct import plain_moto


class Queue:
    """A queue with short calls."""

    def __init__(self, sqs: Any, name: str, **attributes: str) -> None:
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        self._sqs = sqs
        self.url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]

    def send(self, body: str, identity: str | None = None, group: str = "g") -> tuple[str, int]:
        """Return id and sequence number."""
        more = {"MessageDeduplicationId": identity} if identity else {}
        answer = self._sqs.send_message(QueueUrl=self.url, MessageBody=body, MessageGroupId=group, **more)
        return answer["MessageId"], int(answer["SequenceNumber"])

    def receive(self) -> dict[str, str]:
        """Return receipt handles by bodies."""
        answer = self._sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        return {message["Body"]: message["ReceiptHandle"] for message in answer.get("Messages", [])}

    def delete(self, handle: str) -> None:
        """Delete a message."""
        self._sqs.delete_message(QueueUrl=self.url, ReceiptHandle=handle)


def test_sequence_numbers_increase(account: Account) -> None:
    """Each message of a FIFO queue has a higher number than the one before, however it got its id."""
    queue = Queue(account.client("sqs"), "q.fifo", ContentBasedDeduplication="true")

    numbers = [queue.send("a")[1], queue.send("b", "id")[1], queue.send("c")[1]]
    account.clock.advance(301)
    numbers.append(queue.send("a")[1])

    assert numbers == sorted(set(numbers))
    assert {len(str(number)) for number in numbers} == {20}


def test_a_group_comes_again_in_its_order(account: Account) -> None:
    """What was received and not deleted comes again in its group's order; plain moto begins at the end."""
    queue = Queue(account.client("sqs"), "q.fifo", VisibilityTimeout="30")
    for body in "abcd":
        queue.send(body, body)
    queue.delete(queue.receive()["a"])

    account.clock.advance(31)
    again = queue.receive()
    with plain_moto():
        other = Queue(account.client("sqs"), "plain.fifo", VisibilityTimeout="0")
        for body in "abc":
            other.send(body, body)
        other.delete(other.receive()["a"])
        of_moto = other.receive()

    assert list(again) == ["b", "c", "d"]
    assert list(of_moto) == ["c"]


def test_a_deleted_message_cannot_be_hidden(account: Account, refused) -> None:
    """A handle of a message that is gone is told from one that is none; plain moto takes both for none."""
    sqs = account.client("sqs")
    queue = Queue(sqs, "q.fifo")
    queue.send("a", "a")
    handle = queue.receive()["a"]
    queue.delete(handle)

    def hide(handle: str) -> tuple[str, str]:
        change = sqs.change_message_visibility
        code, message = refused(change, QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=9)
        return code, message

    code, message = hide(handle)
    none, _ = hide("none")
    with plain_moto():
        of_moto, _ = hide(handle)

    assert code == "InvalidParameterValue"
    assert "Message does not exist or is not available" in message
    assert none == of_moto == "ReceiptHandleIsInvalid"


def test_a_duplicate_counts_for_five_minutes(account: Account) -> None:
    """A message that was received and deleted is not sent again within five minutes; then it is."""
    queue = Queue(account.client("sqs"), "q.fifo")
    first = queue.send("a", "id")
    queue.delete(queue.receive()["a"])

    again = queue.send("a", "id", group="other")
    assert (again, queue.receive()) == (first, {})
    account.clock.advance(301)
    later = queue.send("a", "id")

    assert later[0] != first[0]
    assert list(queue.receive()) == ["a"]


def test_duplicates_may_be_told_by_group(account: Account) -> None:
    """Where the scope is the message group, the same id in two groups is two messages."""
    queue = Queue(account.client("sqs"), "q.fifo", DeduplicationScope="messageGroup")

    sent = {queue.send("a", "id", group)[0] for group in ("g", "h", "g")}

    assert len(sent) == 2


def test_deleting_twice_succeeds(account: Account) -> None:
    """The handle of a message that is gone is still one; that of another queue, or none, is refused."""
    sqs = account.client("sqs")
    queue, other = Queue(sqs, "q"), Queue(sqs, "other")
    sqs.send_message(QueueUrl=queue.url, MessageBody="a")
    handle = queue.receive()["a"]

    queue.delete(handle)
    queue.delete(handle)

    for wrong, where in ((handle, other), ("garbled", queue)):
        with pytest.raises(ClientError, match="ReceiptHandleIsInvalid"):
            where.delete(wrong)


def test_a_message_is_visible_at_the_end_of_its_timeout(account: Account) -> None:
    """A visibility timeout of zero makes a message visible at once."""
    sqs = account.client("sqs")
    queue = Queue(sqs, "q")
    sqs.send_message(QueueUrl=queue.url, MessageBody="a")
    handle = queue.receive()["a"]

    sqs.change_message_visibility(QueueUrl=queue.url, ReceiptHandle=handle, VisibilityTimeout=0)

    assert list(queue.receive()) == ["a"]


def test_standard_queues_are_as_before(account: Account) -> None:
    """Bodies, counts and errors of queues without order are those of plain moto."""

    def seen(name: str) -> list[Any]:
        sqs = account.client("sqs")
        queue = Queue(sqs, name, VisibilityTimeout="0")
        for body in ("a", "b", "a"):
            sqs.send_message(QueueUrl=queue.url, MessageBody=body)
        found = sqs.receive_message(QueueUrl=queue.url, MaxNumberOfMessages=2)["Messages"]
        answers = [[(message["Body"], message["MD5OfBody"]) for message in found]]
        queue.delete(found[0]["ReceiptHandle"])
        attributes = sqs.get_queue_attributes(QueueUrl=queue.url, AttributeNames=["All"])["Attributes"]
        for name_of_time in ("CreatedTimestamp", "LastModifiedTimestamp", "QueueArn"):
            attributes.pop(name_of_time)
        return [*answers, attributes]

    corrected = seen("corrected")
    with plain_moto():
        assert seen("plain") == corrected


@pytest.mark.parametrize(("suffix", "is_kept"), [("", False), (".fifo", True)])
def test_dead_letters_of_fifo_queues_are_kept_anew(account: Account, suffix: str, is_kept: bool) -> None:
    """How long a message is kept begins anew in the dead-letter queue of a FIFO queue; elsewhere it does not.

    In plain moto it never does.
    """
    sqs = account.client("sqs")

    def moved(name: str) -> list[str]:
        dead = Queue(sqs, f"{name}-dead{suffix}", MessageRetentionPeriod="120")
        arn = sqs.get_queue_attributes(QueueUrl=dead.url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
        queue = Queue(sqs, name + suffix, RedrivePolicy=redrive, VisibilityTimeout="0")
        group = {"MessageGroupId": "g", "MessageDeduplicationId": "d"} if suffix else {}
        sqs.send_message(QueueUrl=queue.url, MessageBody="a", **group)
        sent = sqs_backends[ACCOUNT][REGION].queues[name + suffix]._messages[0]
        before = sent.sent_timestamp
        account.clock.advance(90)
        queue.receive()
        queue.receive()
        times.append(sent.sent_timestamp - before)
        account.clock.advance(90)
        return list(dead.receive())

    times: list[int] = []
    assert bool(moved("q")) is is_kept
    with plain_moto():
        moved("plain")
    assert times == [90_000 if is_kept else 0, 0]


def test_one_message_that_is_gone_keeps_no_other_from_its_timeout(account: Account) -> None:
    """A batch of new timeouts names the messages that it could not change, and changes the others."""
    sqs = account.client("sqs")

    def change(name: str) -> tuple[list[str], list[str], list[str]]:
        queue = Queue(sqs, name)
        for body in "ab":
            sqs.send_message(QueueUrl=queue.url, MessageBody=body)
        handles = queue.receive()
        queue.delete(handles["a"])
        entries = [
            {"Id": name, "ReceiptHandle": handle, "VisibilityTimeout": 0}
            for name, handle in [("none", "none"), *handles.items()]
        ]
        answer = sqs.change_message_visibility_batch(QueueUrl=queue.url, Entries=entries)
        codes = [f"{one['Id']}: {one['Code']}" for one in answer["Failed"]]
        return [one["Id"] for one in answer["Successful"]], codes, list(queue.receive())

    ours = change("q")
    with plain_moto():
        plain = change("plain")

    gone = "a: InvalidParameterValue"
    assert ours == (["b"], ["none: ReceiptHandleIsInvalid", gone], ["b"])
    assert plain[:2] == (["b"], ["none: ReceiptHandleIsInvalid", "a: ReceiptHandleIsInvalid"])


def test_a_dead_letter_names_the_queue_that_gave_it_up(account: Account) -> None:
    """It keeps when it was sent and how often it was received; a message that was sent names no queue."""
    sqs = account.client("sqs")
    dead = Queue(sqs, "dead")
    policy = {"deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead", "maxReceiveCount": "1"}
    queue = Queue(sqs, "q", VisibilityTimeout="30", RedrivePolicy=json.dumps(policy))
    sqs.send_message(QueueUrl=queue.url, MessageBody="a")
    sqs.send_message(QueueUrl=dead.url, MessageBody="b")

    def receive(one: Queue, *names: str) -> dict[str, dict[str, str]]:
        answer = sqs.receive_message(
            QueueUrl=one.url, MaxNumberOfMessages=10, VisibilityTimeout=0, MessageSystemAttributeNames=names
        )
        return {message["Body"]: message.get("Attributes", {}) for message in answer.get("Messages", ())}

    (sent,) = receive(queue, "All").values()
    assert receive(queue, "All") == {}
    found = receive(dead, "DeadLetterQueueSourceArn")

    assert found == {"a": {"DeadLetterQueueSourceArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"}, "b": {}}
    kept = receive(dead, "All")["a"]
    assert kept["ApproximateReceiveCount"] == "3"
    times = ("SentTimestamp", "ApproximateFirstReceiveTimestamp")
    assert [kept[name] for name in times] == [sent[name] for name in times]
