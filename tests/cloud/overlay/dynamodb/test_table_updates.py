"""UpdateTable changes what it is told to change."""

import pytest

from workshop.cloud.offline.overlay.correct import plain_moto

CAPACITY = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
STRING = {"AttributeName": "x", "AttributeType": "S"}
INDEX = {
    "IndexName": "index",
    "KeySchema": [{"AttributeName": "x", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


def test_definitions_of_an_index_leave_those_of_the_table(account) -> None:
    """An UpdateTable that defines what its new index needs leaves the table's key defined."""
    account.create_table()
    account.dynamodb.update_table(
        TableName="T", AttributeDefinitions=[STRING], GlobalSecondaryIndexUpdates=[{"Create": INDEX}]
    )

    account.put(x={"S": "1"})

    table = account.dynamodb.describe_table(TableName="T")["Table"]
    assert [one["AttributeName"] for one in table["AttributeDefinitions"]] == ["pk", "x"]
    assert account.item() == {"pk": {"S": "a"}, "x": {"S": "1"}}


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Delete": {"IndexName": "no-such"}}, "ResourceNotFoundException"),
        ({"Update": {"IndexName": "no-such", "ProvisionedThroughput": CAPACITY}}, "ValidationException"),
        ({"Create": INDEX}, "ValidationException"),
    ],
)
def test_an_index_is_there_or_it_is_not(account, refused, change: dict, code: str) -> None:
    """An index is not created twice, and one that is missing is neither updated nor deleted."""
    account.create_table()
    update = account.dynamodb.update_table
    update(TableName="T", AttributeDefinitions=[STRING], GlobalSecondaryIndexUpdates=[{"Create": INDEX}])
    assert refused(update, TableName="T", GlobalSecondaryIndexUpdates=[change])[0] == code


def test_a_new_index_has_capacity_if_its_table_has(account, refused) -> None:
    """One with capacity on a table on demand is refused, and one without it on another table."""
    account.create_table()
    settings = {"TableName": "P", "ProvisionedThroughput": CAPACITY, "AttributeDefinitions": [STRING]}
    account.dynamodb.create_table(**settings, KeySchema=INDEX["KeySchema"])

    def made(table: str, **more: object) -> str:
        changes = [{"Create": {**INDEX, **more}}]
        update = {
            "TableName": table,
            "AttributeDefinitions": [STRING],
            "GlobalSecondaryIndexUpdates": changes,
        }
        return str(refused(account.dynamodb.update_table, **update)[1])

    assert "can be specified for index: index when" in made("T", ProvisionedThroughput=CAPACITY)
    assert "ProvisionedThroughput must be specified for index: index" in made("P")


def test_a_table_has_twenty_indexes_that_name_a_hundred_attributes(account, refused) -> None:
    """One more is refused, as are more attributes in all projections together."""
    account.create_table()

    def update(number: int, *names: str) -> dict:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(names)}
        index = {**INDEX, "IndexName": f"index{number}", "Projection": projection}
        changes = [{"Create": index}]
        return {"TableName": "T", "AttributeDefinitions": [STRING], "GlobalSecondaryIndexUpdates": changes}

    for number in range(19):
        account.dynamodb.update_table(**update(number, *(f"a{place}" for place in range(5))))

    many = update(19, *(f"a{place}" for place in range(6)))
    assert "limit of 100" in refused(account.dynamodb.update_table, **many)[1]
    account.dynamodb.update_table(**update(19, "a"))
    code, message = refused(account.dynamodb.update_table, **update(20, "a"))
    assert (code, "limit of 20" in message) == ("LimitExceededException", True)


def test_plain_moto_forgets_the_tables_key(account) -> None:
    """Without the correction, the definitions of the new index are all that is left."""
    account.create_table()
    with plain_moto():
        account.dynamodb.update_table(TableName="T", AttributeDefinitions=[STRING])
        table = account.dynamodb.describe_table(TableName="T")["Table"]

    assert [one["AttributeName"] for one in table["AttributeDefinitions"]] == ["x"]


def test_one_index_comes_or_goes_at_a_time(account, refused) -> None:
    """An UpdateTable that makes two indexes, or one in place of another, is refused and changes nothing."""
    account.create_table()
    update = account.dynamodb.update_table
    update(TableName="T", AttributeDefinitions=[STRING], GlobalSecondaryIndexUpdates=[{"Create": INDEX}])
    others = [{"Create": {**INDEX, "IndexName": name}} for name in ("one", "two")]

    for changes in (others, [{"Delete": {"IndexName": "index"}}, others[0]]):
        code, message = refused(update, TableName="T", GlobalSecondaryIndexUpdates=changes)
        assert (code, "Only 1 online index" in message) == ("LimitExceededException", True)

    table = account.dynamodb.describe_table(TableName="T")["Table"]
    assert [index["IndexName"] for index in table["GlobalSecondaryIndexes"]] == ["index"]


def test_an_update_changes_something(account, refused) -> None:
    """One that names nothing to change is refused."""
    account.create_table()

    code, message = refused(account.dynamodb.update_table, TableName="T")

    assert (code, message[:46]) == ("ValidationException", "At least one of ProvisionedThroughput, Billing")


def test_a_new_index_has_two_keys_at_most(account, refused) -> None:
    """One of each kind, as in a new table; AWS has more of them for global indexes."""
    account.create_table()
    more = [{"AttributeName": name, "KeyType": "HASH"} for name in ("x", "pk")]
    changes = [{"Create": {**INDEX, "KeySchema": more}}]
    update = {"AttributeDefinitions": [STRING], "GlobalSecondaryIndexUpdates": changes}

    code, message = refused(account.dynamodb.update_table, TableName="T", **update)

    assert code == "ValidationException"
    assert message.endswith("The offline cloud offers one partition key and one sort key of an index.")


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ({"y": "HASH"}, "not defined in AttributeDefinitions. Keys: [y], AttributeDefinitions: [pk, x]"),
        ({"x": "HASH", "y": "RANGE"}, "Keys: [y]"),
    ],
)
def test_the_key_of_a_new_index_is_defined(account, refused, keys: dict[str, str], text: str) -> None:
    """Else no write would find it; plain moto takes it."""
    account.create_table()
    schema = [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()]
    changes = [{"Create": {**INDEX, "KeySchema": schema}}]
    request = {"TableName": "T", "AttributeDefinitions": [STRING], "GlobalSecondaryIndexUpdates": changes}

    code, message = refused(account.dynamodb.update_table, **request)
    account.put(y={"S": "1"})
    with plain_moto():
        account.dynamodb.update_table(**request)

    assert (code, text in message) == ("ValidationException", True)


def test_a_table_has_capacity_if_it_is_not_on_demand(account, refused) -> None:
    """One on demand takes no units, and one that is no longer on demand needs them."""
    account.create_table()
    update = account.dynamodb.update_table

    on_demand = refused(update, TableName="T", ProvisionedThroughput=CAPACITY)
    without = refused(update, TableName="T", BillingMode="PROVISIONED")
    with plain_moto():
        update(TableName="T", ProvisionedThroughput=CAPACITY)
    update(TableName="T", BillingMode="PROVISIONED", ProvisionedThroughput=CAPACITY)
    update(TableName="T", BillingMode="PROVISIONED")
    update(TableName="T", BillingMode="PAY_PER_REQUEST")

    assert on_demand[0] == without[0] == "ValidationException"
    assert "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when" in on_demand[1]
    assert "must both be specified when BillingMode is PROVISIONED" in without[1]
