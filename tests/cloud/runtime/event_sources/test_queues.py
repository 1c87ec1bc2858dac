"""Queues as event sources."""

import json

import pytest

from tests.cloud.runtime.world import World, client, fail, queue_url
from workshop.cloud.offline.runtime.event_sources.poller import BatchReport
from workshop.cloud.offline.runtime.event_sources.queue_poller import failed_messages


def left() -> tuple[int, int]:
    """Return how many messages are visible and in flight."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = client("sqs").get_queue_attributes(QueueUrl=queue_url(), AttributeNames=names)["Attributes"]
    return int(attributes[names[0]]), int(attributes[names[1]])


def test_messages_are_sent_and_deleted(world: World) -> None:
    """Messages are sent in batches, and deleted when the function has succeeded."""
    world.connect(source=world.queue(), BatchSize=2)
    world.send(1, 2, 3)

    world.step()

    assert sorted(body for batch in world.batches() for body in batch) == [1, 2, 3]
    assert max(map(len, world.batches())) == 2
    assert left() == (0, 0)


def test_message_event(world: World) -> None:
    """A message carries body, ids, attributes and the queue's ARN."""
    world.function()
    arn = world.queue()
    world.map(arn)
    world.send({"a": 1})

    world.step()

    (record,) = json.loads(world.sent()[0])["Records"]
    assert json.loads(record["body"]) == {"a": 1}
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert (record["eventSource"], record["eventSourceARN"]) == ("aws:sqs", arn)
    assert {"messageId", "receiptHandle", "messageAttributes", "md5OfBody", "awsRegion"} <= record.keys()


def test_failed_messages_stay(world: World) -> None:
    """After a failure the messages stay in the queue, invisible until their timeout."""
    world.connect(fail, source=world.queue())
    world.send(1)

    world.step()

    assert left() == (0, 1)
    assert world.batches() == [[1]]


def test_only_reported_messages_stay(world: World) -> None:
    """With partial responses only the reported messages stay."""

    def handler(event):
        bad = [record["messageId"] for record in event["Records"] if record["body"] == "2"]
        return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in bad]}

    world.connect(handler, source=world.queue(), FunctionResponseTypes=["ReportBatchItemFailures"])
    world.send(1, 2, 3)

    world.step()

    assert left() == (0, 1)


def test_window_gathers_messages(world: World) -> None:
    """With a batching window messages are gathered."""
    world.connect(source=world.queue(), MaximumBatchingWindowInSeconds=10, BatchSize=100)
    world.send(1)
    assert world.step() == world.clock.now() + 10
    world.send(2)

    world.step(10)

    assert [sorted(batch) for batch in world.batches()] == [[1, 2]]


def test_filtered_messages_are_deleted(world: World) -> None:
    """Messages that no filter lets pass are deleted without being sent."""
    world.function()
    pattern = json.dumps({"body": {"kind": ["trade"]}})
    world.map(world.queue(), FilterCriteria={"Filters": [{"Pattern": pattern}]})
    world.send({"kind": "noise"}, {"kind": "trade"})

    world.step()

    assert world.batches() == [[{"kind": "trade"}]]
    assert left() == (0, 0)


@pytest.mark.parametrize(
    ("answer", "failed"),
    [
        (None, set()),
        ({"batchItemFailures": []}, set()),
        ({"batchItemFailures": [{"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": "b"}, {"itemIdentifier": "b"}]}, {"b"}),
        ({"batchItemFailures": [{"itemIdentifier": "z"}]}, {"a", "b"}),
        ({"batchItemFailures": [{"itemIdentifier": ""}]}, {"a", "b"}),
        ({"batchItemFailures": "b"}, {"a", "b"}),
    ],
)
def test_report_decides_which_messages_failed(answer, failed) -> None:
    """A report names the failed messages; one that makes no sense fails them all."""
    report = BatchReport(answer=json.dumps(answer).encode())

    assert failed_messages(report, ["a", "b"], reports=True) == failed


def test_deleted_queue_is_a_problem_of_its_mapping_alone(world: World) -> None:
    """When a queue is deleted its mapping stops, and others go on."""
    world.connect(source=world.queue("Q"))
    world.map(world.stream())
    client("sqs").delete_queue(QueueUrl=queue_url())
    world.put(1)

    world.step()

    assert world.batches() == [[1]]


def test_messages_that_went_away_in_flight_hold_nothing_up(world: World) -> None:
    """When a queue is purged while a batch is in flight, the batch ends as ever, and later ones are sent."""

    def purge(event):
        if len(world.sent()) == 1:
            client("sqs").purge_queue(QueueUrl=queue_url())

    world.connect(purge, source=world.queue())
    world.send(1, 2)
    world.step()

    world.send(3)
    world.step()

    assert world.batches() == [[1, 2], [3]]
    assert left() == (0, 0)
