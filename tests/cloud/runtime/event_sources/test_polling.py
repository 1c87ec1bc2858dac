"""How streams are read and cut into batches, and from where."""

import json

import pytest

from tests.cloud.runtime.world import FunctionFailureError, World, client, fail, succeed


def test_batch_comes_from_one_shard(world: World) -> None:
    """No batch mixes the records of two shards."""
    world.connect(shards=4)
    for number in range(40):
        world.put(number, key=f"key-{number}")

    world.step()

    shards = [
        {record["eventID"].split(":")[0] for record in json.loads(event)["Records"]} for event in world.sent()
    ]
    assert [len(shard) for shard in shards] == [1, 1, 1, 1]
    assert sorted(number for batch in world.batches() for number in batch) == list(range(40))


def test_records_of_a_shard_come_in_order(world: World) -> None:
    """Within a shard records come in the order of their sequence numbers, batch after batch."""
    world.connect(BatchSize=3)
    world.put(*range(10))

    world.step()

    assert world.batches() == [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]


def test_next_batch_waits_for_the_one_before(world: World) -> None:
    """While a batch of a shard is being retried, nothing behind it is sent."""
    world.connect(fail, BatchSize=1)
    world.put(1, 2)
    world.step()
    world.fakes.handlers["F"] = succeed

    world.step(0.5)

    assert world.batches() == [[1], [1], [2]]


def test_without_a_window_a_batch_is_what_one_poll_gives(world: World) -> None:
    """Without a batching window even a single record is sent at once."""
    world.connect(BatchSize=100)

    for number in range(2):
        world.put(number)
        world.step()

    assert world.batches() == [[0], [1]]


def test_window_gathers_until_its_end(world: World) -> None:
    """With a batching window of n seconds records are gathered for n seconds, and a new window begins."""
    world.connect(MaximumBatchingWindowInSeconds=10)
    world.put(1)
    world.step()
    world.put(2)
    world.step(9.9)
    assert world.batches() == []

    world.step(0.1)
    world.put(3)
    world.step(9.9)
    assert world.batches() == [[1, 2]]

    world.step(0.1)
    assert world.batches() == [[1, 2], [3]]


def test_full_batch_does_not_wait_for_the_window(world: World) -> None:
    """A batch that has reached its size is sent before its window ends."""
    world.connect(MaximumBatchingWindowInSeconds=300, BatchSize=2)
    world.put(1, 2, 3)

    world.step()

    assert world.batches() == [[1, 2]]


def test_step_tells_when_a_window_ends(world: World) -> None:
    """A step returns the time of the next due work, and None when everything is at rest."""
    world.connect(MaximumBatchingWindowInSeconds=10)
    assert world.step() is None

    world.put(1)

    assert world.step() == world.clock.now() + 10
    assert world.step(10) is None


@pytest.mark.parametrize(
    ("position", "sent"),
    [
        ({"StartingPosition": "TRIM_HORIZON"}, [1, 2, 3]),
        ({"StartingPosition": "LATEST"}, [3]),
        ({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": 1_750_000_010}, [2, 3]),
    ],
)
def test_reading_begins_where_the_mapping_says(world: World, position, sent) -> None:
    """With the oldest record, with the first after the mapping was made, or at a time."""
    world.function()
    arn = world.stream()
    world.put(1)
    world.clock.advance(10)
    world.put(2)
    world.map(arn, **position)
    world.put(3)
    world.step()

    assert world.batches() == [sent]


def test_latest_on_a_table(world: World) -> None:
    """LATEST on a table's stream begins after the changes that were there."""
    world.function()
    arn = world.table()
    world.put_item("old")
    world.map(arn, StartingPosition="LATEST")
    world.put_item("new")

    world.step()

    assert world.batches() == [["new"]]


def test_key_stays_in_its_slot(world: World) -> None:
    """With a parallelization factor records of one key are never reordered nor in two batches at once."""
    world.connect(ParallelizationFactor=4, BatchSize=2)
    for number in range(20):
        world.put(number, key=f"key-{number % 5}")

    world.step()

    sent = [number for batch in world.batches() for number in batch]
    assert sorted(sent) == list(range(20))
    for key in range(5):
        of_key = [number for number in sent if number % 5 == key]
        assert of_key == sorted(of_key)


def test_slots_of_a_shard_do_not_wait_for_each_other(world: World) -> None:
    """With a parallelization factor a failing key holds up its own slot alone."""

    def handler(event):
        if any(record["kinesis"]["partitionKey"] == "bad" for record in event["Records"]):
            raise FunctionFailureError

    world.connect(handler, ParallelizationFactor=10, BatchSize=1)
    world.put("bad", key="bad")
    for number in range(30):
        world.put(number, key=f"key-{number}")

    world.step()

    good = {number for batch in world.batches() for number in batch if number != "bad"}
    assert len(good) >= 20


def test_failing_shard_does_not_stop_others(world: World) -> None:
    """An error stops the shard of the failing record; the other shards go on."""

    def handler(event):
        if event["Records"][0]["eventID"].startswith("shardId-000000000000:"):
            raise FunctionFailureError

    world.connect(handler, shards=2, BatchSize=1)
    for number in range(40):
        world.put(number, key=f"key-{number}")

    world.step()

    shards = [json.loads(event)["Records"][0]["eventID"].split(":")[0] for event in world.sent()]
    assert shards.count("shardId-000000000000") == 1
    assert shards.count("shardId-000000000001") > 5


def test_disabled_mapping_keeps_its_checkpoint(world: World) -> None:
    """A mapping that is disabled sends nothing, and goes on where it was when it is enabled again."""
    uuid = world.connect()
    world.put(1)
    world.step()

    client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)
    world.put(2)
    world.step()
    assert world.batches() == [[1]]

    client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
    world.step()
    assert world.batches() == [[1], [2]]


def test_mapping_made_again_begins_at_its_starting_position(world: World) -> None:
    """A mapping that is deleted and made again remembers nothing."""
    world.function()
    arn = world.stream()
    uuid = world.map(arn)
    world.put(1)
    world.step()

    client("lambda").delete_event_source_mapping(UUID=uuid)
    world.map(arn)
    world.step()

    assert world.batches() == [[1], [1]]


def test_progress_survives_a_restart_of_the_engine(world: World) -> None:
    """Another engine goes on from the checkpoint, and sends a batch that was in retry as it was."""
    world.connect(BatchSize=2)
    world.put(1, 2)
    world.step()
    world.fakes.handlers["F"] = fail
    world.put(3)
    world.step()
    world.put(4)

    world.runtime.stop()
    world.fakes.handlers["F"] = succeed
    world.runtime = world.new_runtime()
    world.step(0.5)

    assert world.batches() == [[1, 2], [3], [3], [4]]
    assert world.sent()[1] == world.sent()[2]


def test_changed_settings_hold_for_the_next_batch(world: World) -> None:
    """A changed batch size is used for the next batch."""
    uuid = world.connect(BatchSize=1)
    world.put(1, 2)
    world.step()

    client("lambda").update_event_source_mapping(UUID=uuid, BatchSize=10)
    world.put(3, 4)
    world.step()

    assert world.batches() == [[1], [2], [3, 4]]


def test_children_are_read_after_their_parent(world: World) -> None:
    """After a split the children's records are sent when the parent's are done."""
    world.connect(fail)
    world.put("parent")
    world.step()
    client("kinesis").split_shard(
        StreamName="S", ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127)
    )
    world.put("child")
    world.step()
    assert world.batches() == [["parent"]]

    world.fakes.handlers["F"] = succeed
    world.step(0.5)
    world.step()

    assert world.batches() == [["parent"], ["parent"], ["child"]]


def test_records_beyond_the_retention_are_not_sent(world: World) -> None:
    """What the stream no longer keeps is not sent to a mapping that comes too late."""
    world.function()
    arn = world.stream()
    world.put("old")
    world.clock.advance(24 * 3600 + 1)
    world.put("young")

    world.map(arn)
    world.step()

    assert world.batches() == [["young"]]


def test_mappings_of_all_regions_are_served(world: World) -> None:
    """A mapping in another region is served like any other."""
    region = "eu-west-1"
    arn = world.stream(region=region)
    world.function(region=region)
    world.map(arn, region=region)
    world.put(1, region=region)

    world.step()

    assert world.batches() == [[1]]
    record = json.loads(world.sent()[0])["Records"][0]
    assert record["awsRegion"] == region


def test_filtered_records_are_not_sent(world: World) -> None:
    """Only records that pass a filter are sent; the others count as done."""
    world.function()
    pattern = json.dumps({"data": {"kind": ["trade"]}})
    world.map(world.stream(), FilterCriteria={"Filters": [{"Pattern": pattern}]}, BatchSize=2)
    world.put(
        {"kind": "noise"}, {"kind": "trade", "n": 1}, b"no json", {"kind": "trade", "n": 2}, {"kind": "x"}
    )

    world.step()

    assert world.batches() == [[{"kind": "trade", "n": 1}, {"kind": "trade", "n": 2}]]
    assert world.runtime.status()["mappings"][0]["shards"][0]["pending"] == 0


def test_batch_with_nothing_left_is_not_sent(world: World) -> None:
    """If filters leave nothing of what was read, the function is not invoked."""
    world.connect(
        source=world.table(), FilterCriteria={"Filters": [{"Pattern": '{"eventName": ["REMOVE"]}'}]}
    )
    world.put_item("a")
    world.step()
    assert world.sent() == []

    client("dynamodb").delete_item(TableName="T", Key={"id": {"S": "a"}})
    world.step()
    assert world.batches() == [["a"]]


def test_status_tells_the_lag(world: World) -> None:
    """The status names each mapping's state, last result, checkpoint, pending records and iterator age."""
    uuid = world.connect(fail, BatchSize=1)
    numbers = world.put(1, 2, 3)
    world.clock.advance(7)

    world.step()

    status = world.runtime.status()["mappings"][0]
    assert status["uuid"] == uuid
    assert status["state"] == "Enabled"
    assert status["last_result"] == "PROBLEM: Function call failed"
    assert status["gives_up"] is False
    assert status["shards"] == [
        {
            "shard": "shardId-000000000000",
            "checkpoint": str(int(numbers[0]) - 1),
            "pending": 3,
            "iterator_age_seconds": 7.0,
            "in_flight": 0,
            "busy_seconds": 0.0,
            "attempts": 1,
        }
    ]
