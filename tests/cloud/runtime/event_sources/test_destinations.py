"""What is told about records that were discarded."""

import json
import re
from functools import partial

import pytest

from tests.cloud.documents import allow, document
from tests.cloud.runtime.world import ACCOUNT, REGION, World, client, fail, on_failure, queue_url

FUNCTION_ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:F"


def give_up(world: World, source_arn: str, destination: str) -> str:
    """Map a function that always fails, without retries, and return the mapping's UUID."""
    world.function(handler=fail)
    return world.map(source_arn, MaximumRetryAttempts=1, **on_failure(destination))


def test_queue_receives_the_document(world: World) -> None:
    """A queue is told which records were discarded, why, after how many tries, and how the last failed."""
    arn = world.stream()
    give_up(world, arn, world.queue())
    numbers = world.put(1, 2)

    world.run(until_seconds=5)

    (document,) = world.messages()
    assert re.fullmatch(r"[0-9a-f-]{36}", document["requestContext"].pop("requestId"))
    assert document == {
        "requestContext": {
            "functionArn": FUNCTION_ARN,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 2,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2025-06-15T15:06:40.500Z",
        "KinesisBatchInfo": {
            "shardId": "shardId-000000000000",
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[1],
            "approximateArrivalOfFirstRecord": "2025-06-15T15:06:40.000Z",
            "approximateArrivalOfLastRecord": "2025-06-15T15:06:40.000Z",
            "batchSize": 2,
            "streamArn": arn,
        },
    }


def test_table_records_are_described_with_whole_seconds(world: World) -> None:
    """For a table the document has another name for the batch, and arrivals in whole seconds."""
    arn = world.table()
    give_up(world, arn, world.queue())
    world.put_item("a")

    world.run(until_seconds=5)

    (document,) = world.messages()
    assert "KinesisBatchInfo" not in document
    assert document["DDBStreamBatchInfo"]["streamArn"] == arn
    assert document["DDBStreamBatchInfo"]["approximateArrivalOfLastRecord"] == "2025-06-15T15:06:40Z"


def test_topic_receives_the_document(world: World) -> None:
    """A topic gets the same document as its message."""
    topic = client("sns").create_topic(Name="topic")["TopicArn"]
    policy = document({**allow("sqs:SendMessage"), "Principal": {"Service": "sns.amazonaws.com"}})
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=world.queue(Policy=policy))
    give_up(world, world.stream(), topic)
    world.put(1)

    world.run(until_seconds=5)

    (notification,) = world.messages()
    received = json.loads(notification["Message"])
    assert received["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert "payload" not in received


def test_bucket_receives_the_records_too(world: World) -> None:
    """A bucket gets the document and the records themselves, under a key of mapping, shard and time."""
    client("s3").create_bucket(Bucket="failures")
    uuid = give_up(world, world.stream(), "arn:aws:s3:::failures")
    world.put({"v": 1})

    world.run(until_seconds=5)

    (stored,) = client("s3").list_objects_v2(Bucket="failures")["Contents"]
    prefix = f"aws/lambda/{uuid}/shardId-000000000000/2025/06/15/2025-06-15T15.06.40-"
    assert re.fullmatch(re.escape(prefix) + r"[0-9a-f-]{36}", stored["Key"])
    body = client("s3").get_object(Bucket="failures", Key=stored["Key"])["Body"].read()
    assert json.loads(body)["payload"] == json.loads(world.sent()[0])


def test_missing_destination_does_not_stop_the_shard(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """A destination that is gone loses the document; the log says so and the shard goes on."""
    give_up(world, world.stream(), world.queue())
    client("sqs").delete_queue(QueueUrl=queue_url())
    world.put(1)
    world.run(until_seconds=5)
    world.put(2)

    world.run(until_seconds=5)

    assert world.batches() == [[1], [1], [2], [2]]
    assert "could not be reached" in caplog.text


MISSING = [
    f"arn:aws:sqs:{REGION}:{ACCOUNT}:gone",
    f"arn:aws:sns:{REGION}:{ACCOUNT}:gone",
    f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:gone",
    f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/gone",
    "arn:aws:s3:::gone",
]


@pytest.mark.parametrize("arn", MISSING)
def test_a_destination_that_is_missing_is_refused(world: World, refused, arn: str) -> None:
    """So it is for asynchronous events, for dead letters and for a mapping, as far as they take its kind."""
    functions = client("lambda")
    world.function()
    settings = {"FunctionName": "F", "DestinationConfig": {"OnFailure": {"Destination": arn}}}
    calls = [partial(functions.put_function_event_invoke_config, **settings)]
    if arn.split(":")[2] in {"sqs", "sns"}:
        letters = {"DeadLetterConfig": {"TargetArn": arn}}
        calls.append(partial(functions.update_function_configuration, FunctionName="F", **letters))
    if arn.split(":")[2] in {"sqs", "sns", "s3"}:
        source = {"EventSourceArn": world.stream(), "StartingPosition": "LATEST"}
        calls.append(partial(functions.create_event_source_mapping, **source, **settings))

    wanted = ("InvalidParameterValueException", f"The destination ARN {arn} is invalid.")
    assert [refused(call) for call in calls] == [wanted] * len(calls)


def test_a_destination_that_is_there_is_taken(world: World) -> None:
    """Also the default bus, and another function by the ARN of its version."""
    world.function()
    other = world.function("other", Publish=True)
    client("s3").create_bucket(Bucket="failures")
    topic = client("sns").create_topic(Name="topic")["TopicArn"]
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"

    taken = [world.queue(), topic, bus, f"{other}:1", "arn:aws:s3:::failures"]
    found = []
    for arn in taken:
        client("lambda").put_function_event_invoke_config(
            FunctionName="F", DestinationConfig={"OnFailure": {"Destination": arn}}
        )
        kept = client("lambda").get_function_event_invoke_config(FunctionName="F")
        found.append(kept["DestinationConfig"]["OnFailure"]["Destination"])

    assert found == taken
