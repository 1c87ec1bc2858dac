"""Queues as event sources."""

import json
from functools import partial

import pytest
from botocore.exceptions import ClientError

from tests.cloud.runtime.world import FunctionFailureError, World, client, fail, queue_url, raising
from workshop.cloud.offline.runtime.event_sources.batching import MAX_PAYLOAD_BYTES
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


def receive_counts(world: World) -> list[list[str]]:
    """Return how often each message of each batch had been received."""
    events = [json.loads(event) for event in world.sent()]
    return [
        [record["attributes"]["ApproximateReceiveCount"] for record in event["Records"]] for event in events
    ]


def test_a_batch_ends_before_it_is_too_large_for_an_event(world: World) -> None:
    """What does not fit into 6 MB with the others comes in another batch, received for the first time."""
    world.connect(source=world.queue(), BatchSize=10)
    # Each quote is four bytes of an event, and two of a message.
    world.send(*['"' * 250_000] * 7)

    world.step()

    assert [len(batch) for batch in world.batches()] == [6, 1]
    assert max(map(len, world.sent())) <= MAX_PAYLOAD_BYTES
    assert receive_counts(world) == [["1"] * 6, ["1"]]
    assert left() == (0, 0)


def test_a_batch_that_is_full_waits_for_no_window(world: World) -> None:
    """A batching window is over when the messages fill an event, however few they are."""
    world.connect(source=world.queue(), BatchSize=100, MaximumBatchingWindowInSeconds=300)
    world.send(*["x" * 1_000_000] * 6)
    world.step()
    waiting = len(world.batches())
    world.send("x" * 1_000_000)

    world.step()
    at_once = [len(batch) for batch in world.batches()]
    world.step(300)

    assert (waiting, at_once) == (0, [6])
    assert [len(batch) for batch in world.batches()] == [6, 1]


def test_groups_keep_their_order_across_batches_that_are_full(world: World) -> None:
    """In a FIFO queue what did not fit waits until those before it are done."""
    world.connect(source=world.queue("Q.fifo", FifoQueue="true", ContentBasedDeduplication="true"))
    for number in range(8):
        client("sqs").send_message(
            QueueUrl=queue_url("Q.fifo"),
            MessageGroupId="g",
            MessageBody=json.dumps([number, "x" * 1_000_000]),
        )

    world.step()

    assert [[number for number, _ in batch] for batch in world.batches()] == [[0, 1, 2, 3, 4, 5], [6, 7]]


def test_as_many_batches_are_under_way_as_a_mapping_allows(world: World) -> None:
    """Five at once, or fewer if the mapping says so; what it says can be changed and taken back."""
    uuid = world.connect(source=world.queue(), ScalingConfig={"MaximumConcurrency": 2})
    update = partial(client("lambda").update_event_source_mapping, UUID=uuid)
    shown, slots = [], []

    for config in ({"MaximumConcurrency": 2}, {"MaximumConcurrency": 1000}, {}):
        update(ScalingConfig=config)
        world.step()
        shown.append(world.mapping(uuid).get("ScalingConfig"))
        (worker,) = world.runtime._engine.mappings()
        slots += [poller.slot_count for poller in worker.pollers()]

    assert shown == [{"MaximumConcurrency": 2}, {"MaximumConcurrency": 1000}, None]
    assert slots == [2, 5, 5]

    update(ScalingConfig={"MaximumConcurrency": 2})
    world.step()
    (poller,) = worker.pollers()
    world.send("m")

    # As a thread asks that was at work before.
    assert poller.next_batch(4, world.clock.now()) is None
    assert poller.next_batch(1, world.clock.now()) is not None


def test_messages_come_back_no_sooner_than_their_function_ends(world: World) -> None:
    """A queue whose visibility timeout is shorter than the function's is refused, in AWS's words."""
    world.function(Timeout=31)
    world.function("G")
    source = world.queue()

    with pytest.raises(ClientError) as refused:
        world.map(source)
    uuid = world.map(source, "G")
    with pytest.raises(ClientError, match="Queue visibility timeout"):
        client("lambda").update_event_source_mapping(UUID=uuid, FunctionName="F")
    client("sqs").set_queue_attributes(QueueUrl=queue_url(), Attributes={"VisibilityTimeout": "31"})
    client("lambda").update_event_source_mapping(UUID=uuid, FunctionName="F")

    assert refused.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": "Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds",
    }


def test_an_update_is_checked_with_what_stays(world: World) -> None:
    """Whether a batch may be large depends on the window that the mapping has, or gets."""
    uuid = world.connect(source=world.queue(), MaximumBatchingWindowInSeconds=5)
    update = partial(client("lambda").update_event_source_mapping, UUID=uuid)

    update(BatchSize=100)
    with pytest.raises(ClientError, match="Maximum batch window in seconds must be greater than 0"):
        update(MaximumBatchingWindowInSeconds=0)
    update(MaximumBatchingWindowInSeconds=0, BatchSize=10)
    with pytest.raises(ClientError, match="Maximum batch window in seconds must be greater than 0"):
        update(BatchSize=11)

    mapping = world.mapping(uuid)
    assert (mapping["BatchSize"], mapping["MaximumBatchingWindowInSeconds"]) == (10, 0)


def test_expired_messages_hold_nothing_up(world: World) -> None:
    """What a queue no longer keeps is neither sent nor waited for, in flight or not."""
    world.connect(fail, source=world.queue(MessageRetentionPeriod="60", VisibilityTimeout="3600"))
    world.send(1)
    world.step()
    world.step(60)
    (worker,) = world.runtime._engine.mappings()
    assert not worker.has_work()
    assert left() == (0, 0)
    world.send(2)

    world.step()

    assert world.batches() == [[1], [2]]


def rest(world: World, *, most: int = 20) -> bool:
    """Let time pass until nothing is due; return False if something still is after so many steps."""
    due = world.step()
    while due is not None and (most := most - 1):
        due = world.step(due - world.clock.now())
    return due is None


def test_what_failed_is_due_when_it_comes_back(world: World) -> None:
    """Nothing is at rest while a message is hidden, also if its time is no whole number of milliseconds."""
    failures = [FunctionFailureError("no"), FunctionFailureError("no"), None]
    world.connect(raising(*failures), source=world.queue(VisibilityTimeout="30"))
    world.send(1)
    world.clock.advance(1 / 3)
    begun = world.clock.now()

    assert rest(world)

    assert world.batches() == [[1], [1], [1]]
    assert world.clock.now() == pytest.approx(begun + 60)
    assert left() == (0, 0)


def test_a_delayed_message_is_due_when_it_appears(world: World) -> None:
    """So is one that its sender has delayed."""
    world.connect(source=world.queue(DelaySeconds="90"))
    world.send(1)

    assert rest(world)

    assert world.batches() == [[1]]


def test_an_event_says_which_queue_gave_a_message_up(world: World) -> None:
    """A function that reads a dead-letter queue learns where its messages come from."""
    dead = world.queue("dead")
    policy = {"deadLetterTargetArn": dead, "maxReceiveCount": 1}
    source = world.queue(RedrivePolicy=json.dumps(policy))
    world.connect(fail, source=source)
    world.function("reader")
    world.map(dead, "reader")
    world.send(1)

    assert rest(world)

    (event,) = map(json.loads, world.sent("reader"))
    assert event["Records"][0]["attributes"]["DeadLetterQueueSourceArn"] == source
