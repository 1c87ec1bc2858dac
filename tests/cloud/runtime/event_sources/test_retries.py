"""What happens to batches that fail."""

import base64
import hashlib
import json

import pytest

from tests.cloud.documents import zip_of
from tests.cloud.runtime.world import FunctionFailureError, World, client, fail, on_failure, succeed

REPORTING = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}


def failed(record):
    """Return the answer that reports one record."""
    number = (
        record["dynamodb"]["SequenceNumber"] if "dynamodb" in record else record["kinesis"]["sequenceNumber"]
    )
    return {"batchItemFailures": [{"itemIdentifier": number}]}


def reporting(*indexes):
    """Return a handler that reports the record at the next of the indexes, and afterwards none."""
    left = iter(indexes)

    def handler(event):
        index = next(left, None)
        return {"batchItemFailures": []} if index is None else failed(event["Records"][index])

    return handler


def poison(*bad):
    """Return a handler that fails for batches with one of these records."""

    def handler(event):
        values = [json.loads(base64.b64decode(record["kinesis"]["data"])) for record in event["Records"]]
        if set(values) & set(bad):
            raise FunctionFailureError("poison")

    return handler


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_retries_are_counted(world: World, retries) -> None:
    """With r retries a failing batch is sent r + 1 times, then the next batch is sent."""
    world.connect(poison(1), MaximumRetryAttempts=retries, BatchSize=1)
    world.put(1, 2)

    world.run(until_seconds=3600)

    assert world.batches() == [[1]] * (retries + 1) + [[2]]


def test_retries_have_no_end_unless_told(world: World) -> None:
    """Without a limit a failing batch blocks its shard for as long as its records live."""
    world.connect(fail, BatchSize=1)
    world.put(1, 2)

    world.run(until_seconds=3600)

    assert len(world.batches()) > 60
    assert set(map(tuple, world.batches())) == {(1,)}


def test_retries_wait_longer_and_longer(world: World) -> None:
    """Retries wait half a second, then twice as long each time, up to a minute."""
    world.connect(fail)
    world.put(1)

    waits = []
    for _ in range(9):
        due = world.step()
        waits.append(due - world.clock.now())
        world.clock.advance(waits[-1])

    assert waits == [0.5, 1, 2, 4, 8, 16, 32, 60, 60]


def test_changed_code_is_tried_at_once(world: World) -> None:
    """Whoever mends a function does not wait for the end of a pause that its failures have made long."""
    world.connect(fail, BatchSize=1)
    world.put(1, 2)
    world.run(until_seconds=100)
    assert set(map(tuple, world.batches())) == {(1,)}
    failed = len(world.batches())

    world.fakes.handlers["F"] = succeed
    client("lambda").update_function_code(
        FunctionName="F", ZipFile=zip_of("def handler(event, context): ...")
    )
    world.run(until_seconds=2)

    assert world.batches()[failed:] == [[1], [2]]


def test_retry_is_the_same_to_the_byte(world: World) -> None:
    """A retry sends the same event, byte for byte, whatever has come into the stream meanwhile."""
    world.connect(fail, source=world.table())
    world.put_item("a", value={"N": "1.50"}, text={"S": "€"})
    world.step()
    world.put_item("b")
    world.step(0.5)
    world.step(1)

    digests = {
        hashlib.sha256(str(json.loads(event)["Records"]).encode()).hexdigest() for event in world.sent()
    }
    assert len(world.sent()) == 3
    assert len(digests) == len(set(world.sent())) == 1


def test_old_records_are_discarded(world: World) -> None:
    """Records beyond the maximum age are discarded between retries, and the shard goes on."""
    world.connect(poison(1), MaximumRecordAgeInSeconds=60)
    world.put(1)
    world.step()
    world.clock.advance(30)
    world.put(2)

    world.run(until_seconds=60)

    assert world.batches()[-1] == [2]
    assert [1] in world.batches()


def test_old_records_are_given_up_before_they_are_sent(world: World) -> None:
    """A record that is too old already is not even sent once, so there is no response to tell of."""
    world.function()
    queue = world.queue()
    arn = world.stream()
    world.put("old")
    world.clock.advance(61)
    world.put("young")
    world.map(arn, MaximumRecordAgeInSeconds=60, **on_failure(queue))

    world.step()

    assert world.batches() == [["young"]]
    (document,) = world.messages()
    assert "responseContext" not in document
    assert document["requestContext"]["condition"] == "RecordAgeExceeded"
    assert document["KinesisBatchInfo"]["batchSize"] == 1


def test_endless_retries_end_with_the_retention(world: World) -> None:
    """A mapping without limits gives a record up, and tells its destination, when the stream forgets it."""
    world.function(handler=poison(1))
    arn, queue = world.stream(), world.queue()
    world.map(arn, **on_failure(queue))
    world.put(1)
    world.step()

    world.clock.advance(24 * 3600)
    world.put(2)
    world.step(1)

    assert world.batches()[-1] == [2]
    assert [one["requestContext"]["condition"] for one in world.messages()] == ["RecordAgeExceeded"]


def test_bisecting_finds_the_poison(world: World) -> None:
    """A failing batch is split in halves, the first one first, until the poison record is alone."""
    world.connect(poison(3), BisectBatchOnFunctionError=True, MaximumRetryAttempts=1)
    world.put(*range(1, 7))

    world.run(until_seconds=60)

    halves_of_the_first = [[1], [2, 3], [2], [3], [3]]
    assert world.batches() == [[1, 2, 3, 4, 5, 6], [1, 2, 3], *halves_of_the_first, [4, 5, 6]]


def test_splitting_costs_no_retry(world: World) -> None:
    """Even without any retry a batch is split down to its poison record, and nothing else is lost."""
    queue = world.queue()
    world.connect(poison(3), BisectBatchOnFunctionError=True, MaximumRetryAttempts=0, **on_failure(queue))
    numbers = world.put(*range(8))

    world.run(until_seconds=60)

    done = {number for batch in world.batches() if 3 not in batch for number in batch}
    assert done == set(range(8)) - {3}
    (document,) = world.messages()
    assert document["KinesisBatchInfo"]["startSequenceNumber"] == numbers[3]


def test_partial_answer_moves_the_checkpoint(world: World) -> None:
    """Records before the reported one are not sent again; the reported one and those behind it are."""
    world.connect(reporting(2), **REPORTING)
    world.put(*range(4))

    world.run(until_seconds=5)

    assert world.batches() == [[0, 1, 2, 3], [2, 3]]


def test_partial_answers_use_up_retries(world: World) -> None:
    """A record that is reported again and again is discarded after the retries of the mapping."""
    queue = world.queue()
    world.connect(reporting(*[-1] * 4), **REPORTING, MaximumRetryAttempts=3, **on_failure(queue))
    world.put(*range(6))

    world.run(until_seconds=60)

    assert world.batches() == [[0, 1, 2, 3, 4, 5], [5], [5], [5]]
    (document,) = world.messages()
    assert document["requestContext"]["approximateInvokeCount"] == 4
    assert document["KinesisBatchInfo"]["batchSize"] == 1
    assert document["responseContext"]["functionError"] is None


def test_partial_answer_splits_when_bisecting(world: World) -> None:
    """With bisecting a partial answer splits at the reported record; what fails as a whole is halved."""

    def handler(event):
        for record in event["Records"]:
            if json.loads(base64.b64decode(record["kinesis"]["data"])) == 2:
                return failed(record)
        return None

    world.connect(handler, **REPORTING, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    world.put(*range(6))

    world.run(until_seconds=60)

    assert world.batches() == [[0, 1, 2, 3, 4, 5], [2, 3, 4, 5], [2, 3], [2], [3], [4, 5]]


def test_dynamodb_records_are_reported_by_their_sequence_number(world: World) -> None:
    """For a table the reported identifier is the stream record's sequence number."""
    world.connect(reporting(1), source=world.table(), **REPORTING)
    world.put_item("a")
    world.put_item("b")

    world.run(until_seconds=5)

    assert world.batches() == [["a", "b"], ["b"]]


def test_who_gives_up_is_told_as_soon_as_it_is_so(world: World) -> None:
    """What the runtime tells of a mapping follows an update of its attempts, also while its batch fails."""
    uuid = world.connect(fail)
    world.put(1)
    world.run(until_seconds=60)
    before = world.runtime.status()["mappings"][0]["gives_up"]

    client("lambda").update_event_source_mapping(UUID=uuid, MaximumRetryAttempts=2)
    world.step()

    assert (before, world.runtime.status()["mappings"][0]["gives_up"]) == (False, True)


def test_last_result_is_shown(world: World) -> None:
    """A mapping shows how its last batch went."""
    uuid = world.connect(fail)
    assert world.mapping(uuid)["LastProcessingResult"] == "No records processed"

    world.put(1)
    world.step()
    assert world.mapping(uuid)["LastProcessingResult"] == "PROBLEM: Function call failed"

    world.fakes.handlers["F"] = succeed
    world.step(0.5)
    assert world.mapping(uuid)["LastProcessingResult"] == "OK"


def test_event_beyond_six_megabytes_goes_the_way_of_failures(world: World) -> None:
    """A record that fits into no payload is discarded after the retries; those behind it are sent."""
    world.connect(MaximumRetryAttempts=0, BatchSize=2)
    world.put("x" * 900_000, 2)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("workshop.cloud.offline.runtime.event_sources.batching.ROOM_BYTES", 499_000)
        patch.setattr("workshop.cloud.offline.runtime.invocations.invoker.MAX_PAYLOAD_BYTES", 500_000)
        world.run(until_seconds=5)

    assert world.batches() == [[2]]
