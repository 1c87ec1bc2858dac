"""Queues live by the cloud's clock."""

from typing import Any

import pytest
from moto.sqs.models import sqs_backends

from tests.cloud.conftest import REGION, Account
from tests.cloud.documents import ACCOUNT
from workshop.clock import ManualClock
from workshop.cloud.offline.overlay.correct import CLOCK, plain_moto


@pytest.fixture
def queue(account: Account) -> Any:
    """Send to a queue, or receive the bodies of what is visible in it."""
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]

    def call(body: str = "", **settings: Any) -> list[str]:
        if body:
            sqs.send_message(QueueUrl=url, MessageBody=body, **settings)
            return []
        return [one["Body"] for one in sqs.receive_message(QueueUrl=url).get("Messages", [])]

    return call


def test_a_message_comes_back_when_the_clock_passes_its_timeout(account: Account, queue: Any) -> None:
    """What was received and not deleted is visible again after its visibility timeout."""
    queue("a")

    seen = [queue()]
    for seconds in (29.0, 2.0):
        account.clock.advance(seconds)
        seen.append(queue())

    assert seen == [["a"], [], ["a"]]


def test_a_delayed_message_comes_when_the_clock_passes_its_delay(account: Account, queue: Any) -> None:
    """A message with a delay is not seen before."""
    queue("a", DelaySeconds=60)

    before = queue()
    account.clock.advance(61.0)

    assert (before, queue()) == ([], ["a"])


def test_a_message_is_gone_when_the_clock_passes_its_retention(account: Account, queue: Any) -> None:
    """Four days are how long a queue keeps messages unless it is told otherwise."""
    queue("a")
    account.clock.advance(4 * 24 * 3600.0 + 1)

    assert queue() == []


def test_a_queue_tells_when_it_was_made_and_changed_by_the_clock(account: Account) -> None:
    """Both moments are the cloud's; plain moto tells the machine's."""
    sqs, wanted = account.client("sqs"), str(int(account.clock.now()))

    def moments(name: str) -> set[str]:
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        names = ["CreatedTimestamp", "LastModifiedTimestamp"]
        return set(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())

    with plain_moto():
        plain = moments("plain")

    assert moments("q") == {wanted}
    assert wanted not in plain


def test_a_queue_is_purged_once_in_a_minute_of_the_clock(account: Account, refused: Any) -> None:
    """A second purge is refused until the cloud's clock has passed a minute."""
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)

    code, _ = refused(sqs.purge_queue, QueueUrl=url)
    account.clock.advance(60.0)
    sqs.purge_queue(QueueUrl=url)

    assert code == "AWS.SimpleQueueService.PurgeQueueInProgress"


def test_a_clock_that_was_set_back_allows_a_purge(account: Account) -> None:
    """A purge that is yet to come, by the clock, keeps nobody from the next."""
    sqs = account.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.purge_queue(QueueUrl=url)
    CLOCK.use(ManualClock(account.clock.now() - 1000.0))
    sqs.send_message(QueueUrl=url, MessageBody="sent since")

    sqs.purge_queue(QueueUrl=url)

    assert sqs.receive_message(QueueUrl=url).get("Messages", []) == []


def grow_old(name: str) -> None:
    """Have the first message of a queue sent a minute earlier: plain moto has no clock to move."""
    sqs_backends[ACCOUNT][REGION].queues[name]._messages[0].sent_timestamp -= 60_000


def test_what_has_expired_is_not_there(account: Account) -> None:
    """It is neither counted nor in the way of younger messages; plain moto counts it, and gives out none."""

    def seen(name: str, wait: Any) -> tuple[list[str], str]:
        sqs = account.client("sqs")
        attributes = {"MessageRetentionPeriod": "60", "VisibilityTimeout": "0"}
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="old")
        wait()
        sqs.send_message(QueueUrl=url, MessageBody="young")
        count = "ApproximateNumberOfMessages"
        counted = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[count])["Attributes"][count]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        return [message["Body"] for message in found], counted

    ours = seen("q", lambda: account.clock.advance(60.0))
    with plain_moto():
        plain = seen("plain", lambda: grow_old("plain"))

    assert ours == (["young"], "1")
    assert plain == ([], "2")
