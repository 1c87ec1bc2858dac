"""AWS::DynamoDB::Table."""

from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.samples import queue, table
from workshop.cloud.offline.overlay.correct import plain_moto

STREAM = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
EXPIRY = {"AttributeName": "Expires", "Enabled": True}
RECOVERY = {"PointInTimeRecoveryEnabled": "true"}


def describe(aws: Any) -> dict[str, Any]:
    """Return what DynamoDB tells about the table, and about its time to live and recovery."""
    dynamodb, name = aws.client("dynamodb"), aws.resources()["Table"]
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    return {
        **dynamodb.describe_table(TableName=name)["Table"],
        "Expiry": dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
        "Recovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
    }


def test_a_table_is_made_with_expiry_and_recovery(aws: Any) -> None:
    """Time to live and point-in-time recovery are those of the template."""
    aws.create({"Table": table(TimeToLiveSpecification=EXPIRY, PointInTimeRecoverySpecification=RECOVERY)})

    described = describe(aws)
    assert described["Expiry"] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "Expires"}
    assert described["Recovery"] == "ENABLED"


def test_a_table_has_the_limits_of_its_template(aws: Any) -> None:
    """What a table on demand takes at most is that of the template, and goes with it."""
    limits = {"MaxReadRequestUnits": 9, "MaxWriteRequestUnits": 9}

    aws.create({"Table": table(OnDemandThroughput=limits)})
    assert describe(aws)["OnDemandThroughput"] == limits

    aws.update({"Table": table()})
    assert "OnDemandThroughput" not in describe(aws)


def test_plain_moto_drops_expiry_and_recovery(plain: Any) -> None:
    """In plain moto the table has neither."""
    plain.create({"Table": table(TimeToLiveSpecification=EXPIRY, PointInTimeRecoverySpecification=RECOVERY)})

    dynamodb, name = plain.client("dynamodb"), plain.resources()["Table"]
    expiry = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert expiry["TimeToLiveStatus"] == "DISABLED"


def test_a_table_changes_in_place(aws: Any) -> None:
    """A stream can be switched on, and expiry, recovery and tags change, without touching the items."""
    aws.create({"Table": table(PointInTimeRecoverySpecification=RECOVERY)})
    name = aws.resources()["Table"]
    aws.client("dynamodb").put_item(TableName=name, Item={"Key": {"S": "kept"}})

    stack = aws.update(
        {
            "Table": table(
                StreamSpecification=STREAM, TimeToLiveSpecification=EXPIRY, Tags=[{"Key": "a", "Value": "b"}]
            )
        }
    )

    described = describe(aws)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert described["StreamSpecification"] == {"StreamEnabled": True, **STREAM}
    assert described["Expiry"]["TimeToLiveStatus"] == "ENABLED"
    assert described["Recovery"] == "DISABLED"
    assert aws.client("dynamodb").get_item(TableName=name, Key={"Key": {"S": "kept"}})["Item"]


def test_plain_moto_forgets_a_changed_table(plain: Any) -> None:
    """In plain moto the update is complete, the table has no stream, and deleting the stack leaves it."""
    plain.create({"Table": table()})

    stack = plain.update({"Table": table(StreamSpecification=STREAM)})
    plain.cloudformation.delete_stack(StackName="stack")

    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert len(plain.client("dynamodb").list_tables()["TableNames"]) == 1


def test_a_stream_that_is_switched_on_again_has_a_new_arn(aws: Any) -> None:
    """What refers to the stream of a table follows it."""
    tags = [{"Key": "stream", "Value": {"Fn::GetAtt": ["Table", "StreamArn"]}}]
    with_stream = {"Table": table(StreamSpecification=STREAM), "Queue": queue(Tags=tags)}
    aws.create(with_stream)
    first = describe(aws)["LatestStreamArn"]
    aws.update({"Table": table(), "Queue": queue()})
    without = describe(aws)

    stack = aws.update(with_stream)

    second = describe(aws)["LatestStreamArn"]
    read = aws.client("sqs").list_queue_tags(QueueUrl=aws.resources()["Queue"])["Tags"]["stream"]
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert "StreamSpecification" not in without
    assert first != second
    assert read == second


def indexed(*names: str, key: str = "Other", projection: str = "ALL") -> dict[str, Any]:
    """Return a table with global secondary indexes."""
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("Key", "Other")]
    indexes = [
        {
            "IndexName": name,
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
            "Projection": {"ProjectionType": projection},
        }
        for name in names
    ]
    return {"Table": table(AttributeDefinitions=attributes, GlobalSecondaryIndexes=indexes)}


def test_indexes_come_and_go(aws: Any) -> None:
    """Global secondary indexes are added and removed in place, one by one."""
    aws.create(indexed("one", "two"))
    aws.update(indexed("two"))
    aws.update(indexed("two", "three"))

    assert {index["IndexName"] for index in describe(aws)["GlobalSecondaryIndexes"]} == {"two", "three"}


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (indexed("one", projection="KEYS_ONLY"), "Cannot update GSI's properties other than"),
        (indexed("two"), "more than one GSI creation or deletion"),
        (indexed("one", "two", "three"), "more than one GSI creation or deletion"),
    ],
)
def test_what_cannot_be_changed_of_an_index_fails_the_update(aws: Any, wanted: Any, reason: str) -> None:
    """Another projection, and two indexes that come or go at once, are refused; the table stays as it is."""
    aws.create(indexed("one"))
    before = describe(aws)
    wanted["Table"]["Properties"]["StreamSpecification"] = STREAM

    stack = aws.update(wanted)

    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert any(reason in text for name, text in aws.reasons() if name == "Table")
    assert describe(aws) == before


@pytest.mark.parametrize("properties", [{}, {"StreamSpecification": STREAM}, {"TableName": "named"}])
def test_an_ordinary_table_is_the_same_as_in_moto(aws: Any, properties: Any) -> None:
    """A table without the properties that moto drops looks the same with the corrections."""

    def make() -> dict[str, Any]:
        aws.create({"Table": table(**properties)})
        described = describe(aws)
        aws.cloudformation.delete_stack(StackName="stack")
        own = ("TableName", "TableArn", "TableId", "CreationDateTime", "LatestStreamLabel", "LatestStreamArn")
        return {name: value for name, value in described.items() if name not in own}

    corrected = make()

    with plain_moto():
        aws.create({"Table": table(**properties)})
        plain = aws.client("dynamodb").describe_table(TableName=aws.resources()["Table"])["Table"]
    assert {name: plain[name] for name in corrected if name in plain} == {
        name: value for name, value in corrected.items() if name in plain
    }


def test_definitions_that_no_key_uses_fail(aws: Any) -> None:
    """A table with an attribute definition that neither its key nor an index uses is not made."""
    definitions = [{"AttributeName": name, "AttributeType": "S"} for name in ("Key", "Other")]

    made = aws.create({"Table": table(AttributeDefinitions=definitions)})

    assert made["StackStatus"] == "ROLLBACK_COMPLETE"
    assert aws.client("dynamodb").list_tables()["TableNames"] == []


def test_a_key_is_a_list(aws: Any) -> None:
    """A key that is a mere object is refused as a wrong type, in the words for all of them."""
    aws.create({"Table": table(KeySchema={"AttributeName": "Key", "KeyType": "HASH"})})

    assert aws.reason("Table").endswith("#/KeySchema: expected type: JSONArray, found: JSONObject")
