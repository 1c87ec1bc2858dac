"""TransactWriteItems: all actions or none, told in order why."""

import pytest
from moto.dynamodb.models import dynamodb_backends

from tests.cloud.conftest import REGION
from workshop.settings import ACCOUNT_ID


def key(name: str) -> dict:
    return {"pk": {"S": name}}


def put(name: str, value: str = "1", **more) -> dict:
    return {"Put": {"TableName": "T", "Item": {**key(name), "v": {"N": value}}, **more}}


def add(name: str, value: str = "1", **more) -> dict:
    update = {
        "TableName": "T",
        "Key": key(name),
        "UpdateExpression": "ADD v :x",
        "ExpressionAttributeValues": {":x": {"N": value}},
    }
    return {"Update": update | more}


def delete(name: str, **more) -> dict:
    return {"Delete": {"TableName": "T", "Key": key(name), **more}}


def check(name: str, condition: str = "attribute_exists(pk)", **more) -> dict:
    return {"ConditionCheck": {"TableName": "T", "Key": key(name), "ConditionExpression": condition, **more}}


def transact(account, *actions: dict, **more):
    return account.dynamodb.transact_write_items(TransactItems=list(actions), **more)


def reasons(account, *actions: dict) -> list[dict]:
    """Return the cancellation reasons of a transaction that must be cancelled."""
    with pytest.raises(account.dynamodb.exceptions.TransactionCanceledException) as caught:
        transact(account, *actions)
    return caught.value.response["CancellationReasons"]


def stored_table():
    return dynamodb_backends[ACCOUNT_ID][REGION].get_table("T")


def test_all_actions_happen_together(table) -> None:
    """Puts, updates, deletes and checks of one transaction happen, each with one stream record."""
    transact(table, put("old"), put("gone"))

    transact(table, put("new"), add("old", "2"), add("upsert", "5"), delete("gone"))

    assert table.item("old")["v"] == {"N": "3"}
    assert table.item("upsert")["v"] == {"N": "5"}
    assert table.item("gone") is None
    names = [record["eventName"] for record in table.stream_records()]
    assert names == ["INSERT", "INSERT", "INSERT", "MODIFY", "INSERT", "REMOVE"]


def test_a_cancelled_transaction_leaves_no_trace(table) -> None:
    """If one condition fails, every item is as before and the stream has no record of it."""
    transact(table, put("a"), put("b"))

    reasons(table, add("a"), delete("b"), put("c"), add("d"), check("missing"))

    assert {name: table.item(name) for name in "abcd"} == {
        "a": {**key("a"), "v": {"N": "1"}},
        "b": {**key("b"), "v": {"N": "1"}},
        "c": None,
        "d": None,
    }
    assert len(table.stream_records()) == 2


def test_a_cancelled_transaction_keeps_table_and_shard(table) -> None:
    """Pollers that hold on to a table or its shard see what is written after a cancelled transaction."""
    before = stored_table()
    shard = before.stream_shard

    reasons(table, put("a"), check("missing"))
    transact(table, put("a"))

    assert stored_table() is before
    assert [record.record["eventName"] for record in shard.items] == ["INSERT"]


def test_plain_moto_swaps_the_table_of_a_cancelled_transaction(plain_table) -> None:
    """Without the correction, a cancelled transaction replaces the table by a copy."""
    before = stored_table()

    reasons(plain_table, put("a"), check("missing"))

    assert stored_table() is not before


def test_reasons_come_in_the_order_of_the_actions(table) -> None:
    """Each action has its reason at its place: None, ConditionalCheckFailed, or ValidationError."""
    table.dynamodb.put_item(TableName="T", Item={**key("text"), "v": {"S": "x"}})

    found = reasons(
        table, put("a"), check("missing"), add("text"), put("b", ConditionExpression="attribute_exists(pk)")
    )

    assert found == [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
        {
            "Code": "ValidationError",
            "Message": "An operand in the update expression has an incorrect data type",
        },
        {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"},
    ]


def test_a_reason_carries_the_item_if_asked(table) -> None:
    """ReturnValuesOnConditionCheckFailure puts the stored item into the reason."""
    transact(table, put("a", "7"))

    (reason,) = reasons(
        table,
        put(
            "a", ConditionExpression="attribute_not_exists(pk)", ReturnValuesOnConditionCheckFailure="ALL_OLD"
        ),
    )

    assert reason["Item"] == {**key("a"), "v": {"N": "7"}}


def test_two_actions_on_one_item_are_refused(table, refused) -> None:
    """A transaction names each item once, however its key is written."""
    code, message = refused(table.dynamodb.transact_write_items, TransactItems=[put("a"), check("a")])

    assert (code, message) == (
        "ValidationException",
        "Transaction request cannot include multiple operations on one item",
    )


def test_a_missing_table_is_not_a_cancellation(table, refused) -> None:
    """A transaction that names an unknown table fails as a whole."""
    elsewhere = {"Delete": {"TableName": "nowhere", "Key": key("a")}}

    code, _ = refused(table.dynamodb.transact_write_items, TransactItems=[put("a"), elsewhere])

    assert code == "ResourceNotFoundException"
    assert table.item() is None


def test_a_hundred_actions_are_the_limit(table, refused) -> None:
    """A transaction takes 100 actions, not 101."""
    actions = [add(f"k{number}") for number in range(101)]

    code, _ = refused(table.dynamodb.transact_write_items, TransactItems=actions)
    transact(table, *actions[:100])

    assert code == "ValidationException"
    assert table.item("k99")["v"] == {"N": "1"}
    assert table.item("k100") is None


def test_four_megabytes_are_the_limit(table, refused) -> None:
    """The items of a transaction have at most 4 MB together; plain moto takes more."""
    large = {"S": "x" * 390_000}
    actions = [{"Put": {"TableName": "T", "Item": {**key(f"k{number}"), "v": large}}} for number in range(11)]

    code, message = refused(table.dynamodb.transact_write_items, TransactItems=actions)
    transact(table, *actions[:10])

    assert (code, "4 MB" in message) == ("ValidationException", True)
    assert table.item("k10") is None
    assert table.item("k9") is not None


class WatchedItems(dict):
    """The items of a table, which note the keys that are looked up and let nobody walk through them."""

    def __init__(self, items) -> None:
        super().__init__(items)
        self.touched: list[str] = []

    def get(self, key, default=None):
        """Return an item."""
        self.touched.append(key.value)
        return super().get(key, default)

    def __getitem__(self, key):
        self.touched.append(key.value)
        return super().__getitem__(key)

    def __iter__(self):
        raise AssertionError("the whole table is looked at")

    keys = values = items = __iter__


def test_the_cost_does_not_grow_with_the_table(table) -> None:
    """A transaction looks at the items that it touches, not at the table."""
    for number in range(300):
        stored_table().put_item({**key(f"k{number}")})
    watched = stored_table().items = WatchedItems(stored_table().items)

    transact(table, add("k1"), add("k2"))

    touched = watched.touched
    assert set(touched) == {"k1", "k2"}
    assert len(touched) < 20
