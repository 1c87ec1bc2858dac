"""The events that functions receive, field by field."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cloud.documents import ROLE_ARN
from tests.cloud.overlay.test_differential import KEYS, VALUES
from tests.cloud.runtime.world import ACCOUNT, REGION, World, client
from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.event_sources.events import (
    Origin,
    dynamodb_record,
    dynamodb_text,
    encode,
    kinesis_record,
    kinesis_text,
)


def only_record(world: World) -> dict:
    (event,) = world.sent()
    (record,) = json.loads(event)["Records"]
    return record


def test_kinesis_event(world: World) -> None:
    """A Kinesis record has AWS's fields in AWS's order, data in base64 and its arrival in milliseconds."""
    world.function()
    arn = world.stream()
    world.map(arn)
    world.clock.advance(0.12345)
    (number,) = world.put({"v": 1}, key="key")

    world.step()

    expected = {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "key",
            "sequenceNumber": number,
            "data": base64.b64encode(b'{"v": 1}').decode(),
            "approximateArrivalTimestamp": 1_750_000_000.123,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000000:{number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": ROLE_ARN,
        "awsRegion": REGION,
        "eventSourceARN": arn,
    }
    # As text, since the fields come in the same order as on AWS.
    assert json.dumps(json.loads(world.sent()[0])) == json.dumps({"Records": [expected]})


def test_dynamodb_event(world: World) -> None:
    """A changed item carries version 1.1, whole seconds as a float, DynamoDB JSON and the stream's ARN."""
    world.function()
    arn = world.table()
    world.map(arn)
    world.clock.advance(0.9)
    world.put_item("a", n={"N": "1.5"}, raw={"B": b"foobar"})

    world.step()

    record = only_record(world)
    assert len(record.pop("eventID")) == 32
    assert record["dynamodb"].pop("SequenceNumber").isdigit()
    assert record["dynamodb"].pop("SizeBytes") > 0
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": REGION,
        "dynamodb": {
            "ApproximateCreationDateTime": 1_750_000_000.0,
            "Keys": {"id": {"S": "a"}},
            "NewImage": {"id": {"S": "a"}, "n": {"N": "1.5"}, "raw": {"B": "Zm9vYmFy"}},
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": arn,
    }
    assert b'"ApproximateCreationDateTime":1750000000.0' in world.sent()[0]


@pytest.mark.parametrize(
    ("view", "images"),
    [
        ("KEYS_ONLY", [[], [], []]),
        ("NEW_IMAGE", [["NewImage"], ["NewImage"], []]),
        ("OLD_IMAGE", [[], ["OldImage"], ["OldImage"]]),
        ("NEW_AND_OLD_IMAGES", [["NewImage"], ["NewImage", "OldImage"], ["OldImage"]]),
    ],
)
def test_images_follow_the_view_type(world: World, view, images) -> None:
    """An insert has no old image, a removal no new one, and the view type decides what is shown at all."""
    world.connect(source=world.table(view=view))
    world.put_item("a", n={"N": "1"})
    world.put_item("a", n={"N": "2"})
    client("dynamodb").delete_item(TableName="T", Key={"id": {"S": "a"}})

    world.step()

    records = json.loads(world.sent()[0])["Records"]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    shown = [[name for name in ("NewImage", "OldImage") if name in one["dynamodb"]] for one in records]
    assert shown == images


def test_two_writes_of_one_call_make_two_records_in_order(world: World) -> None:
    """Changes of one transaction arrive together, in the order of its actions."""
    world.connect(source=world.table())
    actions = [{"Put": {"TableName": "T", "Item": {"id": {"S": name}}}} for name in "abc"]
    client("dynamodb").transact_write_items(TransactItems=actions)

    world.step()

    assert world.batches() == [["a", "b", "c"]]


def test_mapped_consumer_is_named_in_the_event(world: World) -> None:
    """A mapping of a stream's consumer reads the stream, and events name the consumer."""
    world.function()
    arn = world.stream()
    consumer = client("kinesis").register_stream_consumer(StreamARN=arn, ConsumerName="c")["Consumer"]
    world.map(consumer["ConsumerARN"])
    world.put(1)

    world.step()

    assert only_record(world)["eventSourceARN"] == consumer["ConsumerARN"]
    assert ACCOUNT in consumer["ConsumerARN"]


@given(
    st.integers(0, 10**56),
    st.text(st.characters(codec="utf-8"), max_size=5),
    st.binary(max_size=5),
    st.floats(0, 2e9),
    st.sampled_from(["S", "0:0", "a-b.c"]),
)
def test_a_joined_kinesis_record_is_the_encoded_one(
    position: int, key: str, data: bytes, arrived_at: float, name: str
) -> None:
    """Joining the text of a record gives the bytes that encoding its document gives."""
    arn = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"
    origin = Origin(SourceReference.parse(arn), "shardId-000000000000", ROLE_ARN)
    fields = {
        "position": position,
        "partition_key": key,
        "data": base64.b64encode(data).decode(),
        "arrived_at": arrived_at,
    }
    assert kinesis_text(origin, **fields) == encode(kinesis_record(origin, **fields))


IMAGES = st.dictionaries(st.text(max_size=3), VALUES, max_size=3)


@given(KEYS, st.dictionaries(st.sampled_from(["NewImage", "OldImage"]), IMAGES), st.floats(0, 2e9))
def test_a_joined_dynamodb_record_is_the_encoded_one(keys: dict, images: dict, arrived_at: float) -> None:
    """So do the parts of a change of an item; its keys come with it as the text that decides its slot."""
    arn = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/T/stream/2025-06-15T15:06:40.500"
    origin = Origin(SourceReference.parse(arn), "shardId-1", ROLE_ARN)
    change = {"SequenceNumber": "7", "SizeBytes": 30, "StreamViewType": "NEW_IMAGE", "Keys": keys, **images}
    record = {"eventID": "0f", "eventName": "MODIFY", "dynamodb": change}

    text, key = dynamodb_text(origin, record, arrived_at)

    assert text == encode(dynamodb_record(origin, record, arrived_at))
    assert key == encode(keys).decode()
