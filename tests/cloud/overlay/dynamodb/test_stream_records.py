"""What a table's stream says about a write."""

from datetime import UTC, datetime

import pytest
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.cloud.offline.overlay.dynamodb.stream_records import _image
from workshop.cloud.offline.overlay.sizes import attributes_size, item_size

KEY = {"pk": {"S": "a"}}


def upsert(account, value: str = "1") -> None:
    account.update("SET v = :v", v={"N": value})


def test_an_upsert_is_one_insert(table) -> None:
    """An update that creates an item writes one INSERT with the whole new image."""
    upsert(table)

    (record,) = table.stream_records()
    assert record["eventName"] == "INSERT"
    assert record["dynamodb"]["NewImage"] == {**KEY, "v": {"N": "1"}}
    assert "OldImage" not in record["dynamodb"]


def test_plain_moto_writes_two_records_for_an_upsert(plain_table) -> None:
    """Without the correction, an upsert writes a record with the key alone, and another one."""
    upsert(plain_table)

    assert len(plain_table.stream_records()) == 2


def test_a_write_that_changes_nothing_writes_no_record(table) -> None:
    """A put or update that leaves the item as it was does not show in the stream."""
    table.put(v={"N": "1.0"}, s={"SS": ["x", "y"]})

    table.put(s={"SS": ["y", "x"]}, v={"N": "1"})
    upsert(table, "1.00")

    assert len(table.stream_records()) == 1


def test_plain_moto_writes_a_record_for_an_unchanged_item(plain_table) -> None:
    """Without the correction, writing the same item again is a MODIFY."""
    for _ in range(2):
        plain_table.put()

    assert [record["eventName"] for record in plain_table.stream_records()] == ["INSERT", "MODIFY"]


def test_records_carry_version_region_and_time(account) -> None:
    """A record names event version 1.1, the table's region, and the cloud's time in whole seconds."""
    account.clock.advance(0.75)
    stream = account.create_table()
    upsert(account)

    (record,) = account.stream_records(stream)

    assert (record["eventVersion"], record["awsRegion"]) == ("1.1", "eu-west-1")
    created = record["dynamodb"]["ApproximateCreationDateTime"]
    assert created.astimezone(UTC) == datetime.fromtimestamp(1_750_000_000, tz=UTC)


def test_an_item_that_comes_and_goes_in_one_key_is_three_records(table) -> None:
    """Insert, change and removal of an item are three records, in order, with the images between them."""
    upsert(table, "1")
    upsert(table, "2")
    table.dynamodb.delete_item(TableName="T", Key=KEY)

    records = table.stream_records()

    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    assert records[1]["dynamodb"]["OldImage"] == records[0]["dynamodb"]["NewImage"]
    assert records[2]["dynamodb"]["OldImage"] == records[1]["dynamodb"]["NewImage"]
    assert "NewImage" not in records[2]["dynamodb"]


@pytest.mark.parametrize(
    ("old", "new", "size"),
    [
        (None, "New item!", 26),
        ("New item!", "This item has changed", 59),
        ("This item has changed", None, 38),
    ],
)
def test_size_bytes_are_those_of_the_developer_guide(account, old, new, size: int) -> None:
    """SizeBytes counts keys and images as the three example records of the Developer Guide do."""
    account.dynamodb.create_table(
        TableName="G",
        KeySchema=[{"AttributeName": "Id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "Id", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    stream = account.dynamodb.describe_table(TableName="G")["Table"]["LatestStreamArn"]
    key = {"Id": {"N": "101"}}
    if old:
        account.dynamodb.put_item(TableName="G", Item={**key, "Message": {"S": old}})
    if new:
        account.dynamodb.put_item(TableName="G", Item={**key, "Message": {"S": new}})
    else:
        account.dynamodb.delete_item(TableName="G", Key=key)

    assert account.stream_records(stream)[-1]["dynamodb"]["SizeBytes"] == size


def test_images_are_those_of_plain_moto(account) -> None:
    """An item of all types has the same image as moto makes of it, and its size is that of its attributes."""
    inner = {"S": {"S": "ä"}, "M": {"M": {"B": {"B": "YQ=="}}}, "L": {"L": [{"N": "1"}, {"SS": ["a"]}]}}
    flat = {"B": {"B": "YQ=="}, "BS": {"BS": ["YQ=="]}, "NS": {"NS": ["1", "2"]}, "BOOL": {"BOOL": False}}
    item = Item(DynamoType({"S": "a"}), None, {**KEY, **inner, **flat, "NULL": {"NULL": True}})

    image = _image(item.attrs)

    assert item_size(item) == item_size(item) == attributes_size(item.attrs)
    with plain_moto():
        assert image == item.to_json()["Attributes"]
