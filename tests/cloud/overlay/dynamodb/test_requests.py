"""What DynamoDB says of requests that are wrong, and of those that only look so; each row is a rule."""

from http import HTTPStatus
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from workshop.cloud.offline.overlay.dynamodb.attribute_values import attributes_of, item_of
from workshop.cloud.offline.overlay.dynamodb.expressions.actions import BoundUpdate
from workshop.cloud.offline.overlay.dynamodb.expressions.parser import parse_update

KEY = {"pk": {"S": "a"}}
N1, N2, TEXT = {"N": "1"}, {"N": "2"}, {"S": "x"}


@pytest.fixture
def table(account) -> Any:
    """A table with one item of every kind of value, and an index on `g` (a number)."""
    account.dynamodb.create_table(
        TableName="T",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "g", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "ByG",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    account.put(n=N1, t=TEXT, l={"L": [N1, N2]}, m={"M": {"n": N1}}, s={"SS": ["x", "y"]})
    return account


def code_of(call: Any) -> str:
    """Return the code of an error; "" where there is none, and a crash is no code."""
    try:
        call()
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        return str(error.response["Error"]["Code"]) if status < HTTPStatus.INTERNAL_SERVER_ERROR else "5xx"
    return ""


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("n < :absent", {}),
        ("#absent = :v", {"v": N1}),
        ("size(t) > :v AND begins_with(n, :v)", {"v": N1}),
        ("attribute_type(n, :v)", {"v": {"S": "NUMBER"}}),
        ("n BETWEEN :high AND :low", {"high": N2, "low": N1}),
        ("n < :v", {"v": {"BOOL": True}}),
        ("n = :v", {"v": N1, "unused": N1}),
        ("n IN ()", {}),
        ("if_not_exists(n, :v)", {"v": N1}),
        ("size(n, t) = :v", {"v": N1}),
        ("n = n", {}),
    ],
)
@pytest.mark.parametrize("operation", ["put_item", "delete_item", "update_item", "transact_write_items"])
def test_a_wrong_condition_is_a_mistake_of_the_caller(
    table, operation: str, condition: str, values: dict[str, Any]
) -> None:
    """Whatever the operation, and whatever is stored: a ValidationException before an item is looked at."""
    request: dict[str, Any] = {"TableName": "T", "ConditionExpression": condition}
    if values:
        request["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    where = {"Item": KEY} if operation == "put_item" else {"Key": KEY}
    calls = {"transact_write_items": {"TransactItems": [{"Delete": {**request, "Key": KEY}}]}}
    before = table.item()

    code = code_of(lambda: getattr(table.dynamodb, operation)(**calls.get(operation, {**request, **where})))

    assert (code, table.item()) == ("ValidationException", before)


@pytest.mark.parametrize(
    ("condition", "values", "holds"),
    [
        ("size(absent) > :v", {"v": N1}, False),
        ("size(n) > :v", {"v": N1}, False),
        ("begins_with(n, :v)", {"v": {"S": "1"}}, False),
        ("contains(l, :v)", {"v": {"N": "1.0"}}, True),
        ("contains(s, :v)", {"v": TEXT}, True),
        ("absent <> :v", {"v": N1}, True),
        ("n < :v OR n <= :v OR n > :v OR n >= :v", {"v": TEXT}, False),
        ("t BETWEEN :v AND :w", {"v": N1, "w": N2}, False),
        ("m.n = l[0]", {}, True),
        ("NOT attribute_exists(m.x)", {}, True),
        ("l[7] = :v", {"v": N1}, False),
    ],
)
def test_a_condition_on_what_is_absent_or_of_another_type_is_false(
    table, condition: str, values: dict[str, Any], *, holds: bool
) -> None:
    """A scan with such a filter goes on, and a write with such a condition is refused as a failed check."""
    named = {":" + name: value for name, value in values.items()}
    more = {"ExpressionAttributeValues": named} if named else {}

    found = table.dynamodb.scan(TableName="T", FilterExpression=condition, **more)["Count"]
    code = code_of(
        lambda: table.dynamodb.put_item(TableName="T", Item=KEY, ConditionExpression=condition, **more)
    )

    assert (found, code) == ((1, "") if holds else (0, "ConditionalCheckFailedException"))


@pytest.mark.parametrize(
    "value",
    [{"SS": []}, {"NS": ["1", "1.0"]}, {"SS": ["x", "x"]}, {"NULL": False}, {"N": "one"}, {"N": "1" * 39}],
)
def test_values_that_none_may_have_are_refused_wherever_they_stand(table, value: dict[str, Any]) -> None:
    """In an item, in a list, among the values of an expression, in a batch and in a transaction alike."""
    dynamodb, item = table.dynamodb, {**KEY, "v": value}
    values = {":v": value}
    calls = [
        lambda: dynamodb.put_item(TableName="T", Item=item),
        lambda: dynamodb.put_item(TableName="T", Item={**KEY, "v": {"L": [value]}}),
        lambda: dynamodb.update_item(
            TableName="T", Key=KEY, UpdateExpression="SET v = :v", ExpressionAttributeValues=values
        ),
        lambda: dynamodb.scan(TableName="T", FilterExpression="v = :v", ExpressionAttributeValues=values),
        lambda: dynamodb.batch_write_item(RequestItems={"T": [{"PutRequest": {"Item": item}}]}),
    ]

    assert {code_of(call) for call in calls} == {"ValidationException"}
    transaction = [{"Put": {"TableName": "T", "Item": item}}]
    assert code_of(lambda: dynamodb.transact_write_items(TransactItems=transaction)) in {
        "ValidationException",
        "TransactionCanceledException",
    }


@pytest.mark.parametrize(
    "key", [{"pk": N1}, {}, {"pk": TEXT, "more": TEXT}, {"pk": {"S": ""}}, {"other": TEXT}]
)
def test_keys_are_checked_by_every_operation(table, key: dict[str, Any]) -> None:
    """A key of the wrong type, too much or too little of it, and an empty one."""
    dynamodb, named = table.dynamodb, {"TableName": "T"}
    calls = [
        lambda: dynamodb.get_item(**named, Key=key),
        lambda: dynamodb.delete_item(**named, Key=key),
        lambda: dynamodb.update_item(**named, Key=key),
        lambda: dynamodb.batch_get_item(RequestItems={"T": {"Keys": [key]}}),
        lambda: dynamodb.batch_write_item(RequestItems={"T": [{"DeleteRequest": {"Key": key}}]}),
        lambda: dynamodb.scan(**named, ExclusiveStartKey=key),
    ]

    assert {code_of(call) for call in calls} == {"ValidationException"}
    for action in ("Delete", "ConditionCheck"):
        more = {"ConditionExpression": "attribute_exists(pk)"} if action == "ConditionCheck" else {}
        entries = [{action: {**named, "Key": key, **more}}]
        assert code_of(lambda entries=entries: dynamodb.transact_write_items(TransactItems=entries)) == (
            "TransactionCanceledException"
        )


def test_keys_of_an_index_are_checked_by_every_write(table) -> None:
    """An attribute that is the key of an index has its type, in puts, updates, batches and transactions."""
    dynamodb, item = table.dynamodb, {**KEY, "g": TEXT}
    calls = [
        lambda: dynamodb.put_item(TableName="T", Item=item),
        lambda: dynamodb.update_item(
            TableName="T", Key=KEY, UpdateExpression="SET g = :g", ExpressionAttributeValues={":g": TEXT}
        ),
        lambda: dynamodb.batch_write_item(RequestItems={"T": [{"PutRequest": {"Item": item}}]}),
    ]

    assert {code_of(call) for call in calls} == {"ValidationException"}
    transaction = [{"Put": {"TableName": "T", "Item": item}}]
    assert code_of(lambda: dynamodb.transact_write_items(TransactItems=transaction)) == (
        "TransactionCanceledException"
    )


@pytest.mark.parametrize("expression", ["REMOVE x", "DELETE x :s", "REMOVE m.x, y"])
def test_an_update_that_only_takes_away_makes_no_item(account, expression: str) -> None:
    """Nothing is there afterwards, and nothing goes down the stream."""
    stream = account.create_table()
    values = {"ExpressionAttributeValues": {":s": {"SS": ["a"]}}} if ":s" in expression else {}
    answer = code_of(
        lambda: account.dynamodb.update_item(TableName="T", Key=KEY, UpdateExpression=expression, **values)
    )

    assert answer == ("ValidationException" if "m.x" in expression else "")
    assert account.item() is None
    assert account.stream_records(stream) == []


@pytest.mark.parametrize(
    ("expression", "wanted", "attributes"),
    [
        ("SET n = :same", "UPDATED_NEW", {"n": N1}),
        ("SET n = :same", "UPDATED_OLD", {"n": N1}),
        ("SET m.n = :other", "UPDATED_NEW", {"m": {"M": {"n": N2}}}),
        ("SET m.n = :other", "UPDATED_OLD", {"m": {"M": {"n": N1}}}),
        ("REMOVE t SET n = :other", "UPDATED_OLD", {"t": TEXT, "n": N1}),
        ("REMOVE t SET n = :other", "UPDATED_NEW", {"n": N2}),
        ("SET fresh = :other", "UPDATED_OLD", None),
    ],
)
def test_an_update_returns_the_parts_that_it_touched(
    table, expression: str, wanted: str, attributes: dict[str, Any] | None
) -> None:
    """Also those that kept their value, of a nested path that path alone, and never the key."""
    values = {name: value for name, value in ((":same", N1), (":other", N2)) if name in expression}

    answer = table.dynamodb.update_item(
        TableName="T",
        Key=KEY,
        UpdateExpression=expression,
        ExpressionAttributeValues=values,
        ReturnValues=wanted,
    )

    assert answer.get("Attributes") == attributes


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("SET n.x = :v", "ValidationException"),
        ("SET absent.x = :v", "ValidationException"),
        ("SET l.x = :v", "ValidationException"),
        ("SET m[0] = :v", "ValidationException"),
        ("SET m.n = :v, m = :v", "ValidationException"),
        ("SET n = :v REMOVE n", "ValidationException"),
        ("SET n = absent", "ValidationException"),
        ("SET n = t + :v", "ValidationException"),
        ("ADD t :v", "ValidationException"),
        ("SET pk = :v", "ValidationException"),
        ("SET m.fresh = :v", ""),
        ("REMOVE m.absent, l[9]", ""),
    ],
)
def test_paths_and_operands_of_an_update_must_fit(table, expression: str, code: str) -> None:
    """A path leads through maps and lists, no two overlap, and a mistake changes nothing."""
    before = table.item()
    values = {"ExpressionAttributeValues": {":v": N2}} if ":v" in expression else {}

    found = code_of(
        lambda: table.dynamodb.update_item(TableName="T", Key=KEY, UpdateExpression=expression, **values)
    )

    assert found == code
    assert code == "" or table.item() == before


@settings(max_examples=40, deadline=None)
@given(st.permutations([(5, "e"), (2, "b"), (9, "z"), (0, "a"), (3, "c")]))
def test_new_elements_of_a_list_come_in_the_order_of_their_indexes(places: list[tuple[int, str]]) -> None:
    """Whatever the order of the clauses: what is set behind the end is appended, smallest index first."""
    found = applied([{"S": "0"}, {"S": "1"}], places)

    expected = ["0", "1"]
    for place, text in sorted(places):
        if place < len(["0", "1"]):
            expected[place] = text
        else:
            expected.append(text)
    assert found == expected


def applied(start: list[Any], places: list[tuple[int, str]]) -> list[str]:
    """Return the texts of a list after an update that sets elements at these places."""
    values = attributes_of({f":v{place}": {"S": text} for place, text in places})
    text = "SET " + ", ".join(f"l[{place}] = :v{place}" for place, _ in places)
    update = BoundUpdate(parse_update(text, ()).tree, values)
    after = item_of(update.applied_to(attributes_of({"l": {"L": start}})).attributes)
    return [element["S"] for element in after["l"]["L"]]


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("pk = :a", ""),
        ("pk = :a AND begins_with(sk, :s)", ""),
        ("pk = :a OR sk = :s", "ValidationException"),
        ("pk > :a", "ValidationException"),
        ("sk = :s", "ValidationException"),
        ("pk = :n", "ValidationException"),
        ("pk = :a AND other = :s", "ValidationException"),
        ("pk = :a AND sk <> :s", "ValidationException"),
        ("pk = :a AND contains(sk, :s)", "ValidationException"),
        ("pk = :a AND sk BETWEEN :z AND :s", "ValidationException"),
    ],
)
def test_a_key_condition_finds_items_by_their_key(account, condition: str, code: str) -> None:
    """One value of the partition key, and at most one condition on the sort key, of the right types."""
    account.create_table(sort_key=True)
    known = {":a": {"S": "a"}, ":s": {"S": "s"}, ":n": N1, ":z": {"S": "z"}}
    values = {name: value for name, value in known.items() if name in condition}

    found = code_of(
        lambda: account.dynamodb.query(
            TableName="T", KeyConditionExpression=condition, ExpressionAttributeValues=values
        )
    )

    assert found == code


def test_a_filter_is_not_for_keys(account) -> None:
    """A query's filter names other attributes than its key; a scan's may name any."""
    account.create_table(sort_key=True)
    values = {":a": {"S": "a"}}
    query = {"KeyConditionExpression": "pk = :a", "FilterExpression": "sk = :a"}

    assert (
        code_of(lambda: account.dynamodb.query(TableName="T", **query, ExpressionAttributeValues=values))
        == "ValidationException"
    )
    account.dynamodb.scan(TableName="T", FilterExpression="sk = :a", ExpressionAttributeValues=values)


def test_a_page_that_ends_at_its_limit_has_a_key(account) -> None:
    """Also if no item is left; the next page is empty and has none."""
    account.create_table()
    account.put()

    first = account.dynamodb.scan(TableName="T", Limit=1)
    second = account.dynamodb.scan(TableName="T", Limit=1, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert (first["Count"], first["LastEvaluatedKey"]) == (1, KEY)
    assert (second["Count"], "LastEvaluatedKey" in second) == (0, False)


def test_a_read_in_a_transaction_honours_its_projection(table) -> None:
    """TransactGetItems returns what was asked for, and nothing for an item that is absent."""
    gets = [
        {"Get": {"TableName": "T", "Key": KEY, "ProjectionExpression": "m.n, l[1]"}},
        {"Get": {"TableName": "T", "Key": {"pk": {"S": "absent"}}}},
    ]

    answer = table.dynamodb.transact_get_items(TransactItems=gets)["Responses"]

    assert answer == [{"Item": {"m": {"M": {"n": N1}}, "l": {"L": [N2]}}}, {}]


def test_a_failed_check_shows_the_item_if_that_is_wanted(table) -> None:
    """In single writes and in transactions alike; an update is held against the item before it."""
    request = {
        "TableName": "T",
        "Key": KEY,
        "ConditionExpression": "attribute_not_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    with pytest.raises(ClientError) as alone:
        table.dynamodb.delete_item(**request)
    with pytest.raises(ClientError) as updating:
        table.dynamodb.update_item(**request, UpdateExpression="REMOVE n")
    with pytest.raises(ClientError) as together:
        table.dynamodb.transact_write_items(TransactItems=[{"Delete": request}])

    assert alone.value.response["Item"] == updating.value.response["Item"] == table.item()
    assert together.value.response["CancellationReasons"][0]["Item"] == table.item()


def test_an_index_is_never_read_consistently(table) -> None:
    """A global index cannot be, and what it does not project cannot be asked of it."""
    scan = {"TableName": "T", "IndexName": "ByG"}

    assert code_of(lambda: table.dynamodb.scan(**scan, ConsistentRead=True)) == "ValidationException"
    assert code_of(lambda: table.dynamodb.scan(**scan, ProjectionExpression="n")) == "ValidationException"
    assert code_of(lambda: table.dynamodb.scan(TableName="T", IndexName="None")) == "ValidationException"
