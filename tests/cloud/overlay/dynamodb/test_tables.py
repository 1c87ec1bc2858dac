"""How tables are described, and which are refused."""

import uuid

import pytest
from botocore.exceptions import ClientError

from workshop.cloud.offline.overlay.correct import plain_moto


def key(*names: str) -> list[dict]:
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)
    ]


def index(name: str, *names: str) -> dict:
    return {"IndexName": name, "KeySchema": key(*names), "Projection": {"ProjectionType": "ALL"}}


def keyed(*kinds: str) -> dict:
    """Return an index whose key has these parts."""
    schema = [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in zip("ghi"[: len(kinds)], kinds, strict=True)
    ]
    return {**index("global"), "KeySchema": schema}


def projected(projection: dict) -> dict:
    """Return what a request says of an index with a projection."""
    return {
        "attributes": "pk g",
        "GlobalSecondaryIndexes": [{**index("global", "g"), "Projection": projection}],
    }


def create(account, *names: str, attributes: str = "pk", **more) -> dict:
    more.setdefault("BillingMode", "PAY_PER_REQUEST")
    more.setdefault("KeySchema", key(*(names or ("pk",))))
    definitions = [{"AttributeName": name, "AttributeType": "S"} for name in attributes.split()]
    answer = account.dynamodb.create_table(TableName="T", AttributeDefinitions=definitions, **more)
    return dict(answer["TableDescription"])


def test_a_table_has_an_id_and_no_empty_lists(account) -> None:
    """A description has the table's id, always the same, and neither lists nor streams that there are not."""
    created = create(account)
    described = account.dynamodb.describe_table(TableName="T")["Table"]

    assert str(uuid.UUID(created["TableId"])) == created["TableId"] == described["TableId"]
    absent = ("GlobalSecondaryIndexes", "LocalSecondaryIndexes", "LatestStreamArn", "LatestStreamLabel")
    assert not [name for name in absent if name in created or name in described]
    assert described["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}


def test_limits_of_a_table_on_demand_are_described(account) -> None:
    """What a table takes at most is kept and changed, and -1 takes it away."""
    limits = {"MaxReadRequestUnits": 7, "MaxWriteRequestUnits": 5}

    created = create(account, OnDemandThroughput=limits)
    changes = ({"MaxReadRequestUnits": -1}, {"MaxWriteRequestUnits": -1})
    told = [
        account.dynamodb.update_table(TableName="T", OnDemandThroughput=change)["TableDescription"]
        for change in changes
    ]

    assert created["OnDemandThroughput"] == limits
    assert [each.get("OnDemandThroughput") for each in told] == [{"MaxWriteRequestUnits": 5}, None]


def test_plain_moto_forgets_limits(plain) -> None:
    """Without the correction, a limit is answered with nothing."""
    assert "OnDemandThroughput" not in create(plain, OnDemandThroughput={"MaxWriteRequestUnits": 5})


def test_a_provisioned_table_has_no_limits_on_demand(account, refused) -> None:
    """A table whose capacity is provisioned takes no such limit, neither when it is made nor later."""
    throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    provisioned = {"BillingMode": "PROVISIONED", "ProvisionedThroughput": throughput}
    limits = {"OnDemandThroughput": {"MaxWriteRequestUnits": 5}}

    at_first = refused(create, account=account, **provisioned, **limits)
    create(account, **provisioned)
    later = refused(account.dynamodb.update_table, TableName="T", **limits)

    assert at_first == later
    assert at_first[0] == "ValidationException"


def test_plain_moto_gives_empty_lists(plain) -> None:
    """Without the correction, lists are empty and there is no id."""
    created = create(plain)

    assert (created["GlobalSecondaryIndexes"], "TableId" in created) == ([], False)


def test_a_stream_is_named_once_there_is_one(account) -> None:
    """UpdateTable answers with the stream that it makes."""
    create(account)
    specification = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}

    updated = account.dynamodb.update_table(TableName="T", StreamSpecification=specification)

    table = updated["TableDescription"]
    assert table["LatestStreamArn"] == f"{table['TableArn']}/stream/{table['LatestStreamLabel']}"


def test_a_provisioned_table_has_no_billing_mode(account) -> None:
    """The summary of the billing mode is for tables on demand."""
    throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}

    assert "BillingModeSummary" not in create(
        account, BillingMode="PROVISIONED", ProvisionedThroughput=throughput
    )


def test_indexes_count_what_is_in_them(account) -> None:
    """An index has its ARN, and counts the items that have its key."""
    create(
        account,
        "pk",
        "sk",
        attributes="pk sk g",
        GlobalSecondaryIndexes=[index("global", "g")],
        LocalSecondaryIndexes=[index("local", "pk", "g")],
    )
    for name, more in (("a", {}), ("b", {"g": {"S": "x"}})):
        account.dynamodb.put_item(TableName="T", Item={"pk": {"S": name}, "sk": {"S": "s"}, **more})

    table = account.dynamodb.describe_table(TableName="T")["Table"]

    for kind, name in (("GlobalSecondaryIndexes", "global"), ("LocalSecondaryIndexes", "local")):
        (described,) = table[kind]
        assert described["IndexArn"] == f"{table['TableArn']}/index/{name}"
        assert (described["ItemCount"], described["IndexSizeBytes"]) == (1, 8)


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"names": ("pk",), "attributes": "pk x"}, "does not exactly match number of attributes"),
        ({"KeySchema": [{"AttributeName": "pk", "KeyType": "RANGE"}]}, "is not a HASH key type"),
        ({"KeySchema": [*key("pk"), *key("sk")], "attributes": "pk sk"}, "is not a RANGE key type"),
        (
            {
                "names": ("pk", "sk"),
                "attributes": "pk sk g",
                "GlobalSecondaryIndexes": [index("same", "g"), index("same", "g", "sk")],
            },
            "Duplicate index name: same",
        ),
        (
            {"attributes": "pk g h", "GlobalSecondaryIndexes": [keyed("HASH", "HASH")]},
            "offers one partition key and one sort key of an index",
        ),
        (
            {"attributes": "pk g h i", "GlobalSecondaryIndexes": [keyed("HASH", "HASH", "RANGE")]},
            "offers one partition key and one sort key of an index",
        ),
        (
            {"attributes": "pk g h i", "GlobalSecondaryIndexes": [keyed("HASH", "RANGE", "RANGE")]},
            "offers one partition key and one sort key of an index",
        ),
        (
            {"attributes": "pk g", "LocalSecondaryIndexes": [index("local", "pk", "g")]},
            "does not have a range key, which is required",
        ),
        (
            {
                "names": ("pk", "sk"),
                "attributes": "pk sk g",
                "LocalSecondaryIndexes": [index("local", "g", "sk")],
            },
            "same leading hash key",
        ),
        (
            {
                "names": ("pk", "sk"),
                "attributes": "pk sk g",
                "LocalSecondaryIndexes": [index(f"local{number}", "pk", "g") for number in range(6)],
            },
            "limit of 5",
        ),
        (
            projected({"ProjectionType": "ALL", "NonKeyAttributes": ["a"]}),
            "is ALL, but NonKeyAttributes is spec",
        ),
        (projected({"ProjectionType": "INCLUDE"}), "is INCLUDE, but NonKeyAttributes is not specified"),
        (projected({}), "Unknown ProjectionType: null"),
        (
            {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
            "StreamViewType can only be specified with StreamEnabled",
        ),
    ],
)
def test_tables_that_cannot_be_are_refused(account, request_: dict, problem: str) -> None:
    """Keys and indexes that do not fit together are a ValidationException that says why."""
    names = request_.pop("names", ())

    with pytest.raises(ClientError, match=problem) as caught:
        create(account, *names, **request_)

    assert caught.value.response["Error"]["Code"] == "ValidationException"


def test_time_to_live_is_switched_and_not_twice(account, refused) -> None:
    """It is enabled for one attribute, and nothing expires by itself; other requests are refused."""
    create(account)
    account.put(t={"N": "1"})

    def switch(enabled: bool, attribute: str = "t", table: str = "T") -> None:
        account.dynamodb.update_time_to_live(
            TableName=table, TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute}
        )

    def status() -> dict:
        return account.dynamodb.describe_time_to_live(TableName="T")["TimeToLiveDescription"]

    early = refused(switch, enabled=False)
    switch(True)
    enabled = status()
    again = refused(switch, enabled=True)
    other = refused(switch, enabled=False, attribute="u")
    at_once = refused(switch, enabled=True, attribute="u")
    unknown = refused(switch, enabled=True, table="nowhere")

    assert early == ("ValidationException", "TimeToLive is already disabled")
    assert enabled == {"TimeToLiveStatus": "ENABLED", "AttributeName": "t"}
    assert account.item()["t"] == {"N": "1"}
    assert again == ("ValidationException", "TimeToLive is already enabled")
    text = "TimeToLive is active on a different AttributeName: current AttributeName is t"
    assert other == at_once == ("ValidationException", text)
    assert unknown[0] == "ResourceNotFoundException"


def test_a_protected_table_stays(account, refused) -> None:
    """DeleteTable says that the protection has to go first; plain moto has words of its own."""
    create(account, DeletionProtectionEnabled=True)

    error = refused(account.dynamodb.delete_table, TableName="T")
    with plain_moto():
        plain = refused(account.dynamodb.delete_table, TableName="T")
    account.dynamodb.update_table(TableName="T", DeletionProtectionEnabled=False)
    account.dynamodb.delete_table(TableName="T")

    text = "Resource cannot be deleted as it is currently protected against deletion."
    assert error == ("ValidationException", f"{text} Disable deletion protection first.")
    assert plain != error
