"""Everything that the corrections do not mean to change is as in plain moto: random calls, equal answers."""

from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from tests.cloud.conftest import NAMES, REGION
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.overlay.correct import plain_moto

# What differs on purpose is left out: numbers are in canonical form, transactions fail by conditions alone,
# an update that only takes away makes no item, and what an update has touched is returned.
NAMES_OF_ATTRIBUTES = st.sampled_from(["v", "w", "x", "m"])
NUMBERS = st.integers(-1000, 1000).map(lambda number: {"N": str(number)})
TEXTS = st.text("aZ ü'\"", max_size=4).map(lambda text: {"S": text})
SCALARS = st.one_of(
    NUMBERS,
    TEXTS,
    st.booleans().map(lambda flag: {"BOOL": flag}),
    st.just({"NULL": True}),
    st.binary(max_size=3).map(lambda content: {"B": content}),
    st.lists(st.sampled_from("abc"), min_size=1, unique=True).map(lambda members: {"SS": members}),
    st.lists(st.integers(0, 9).map(str), min_size=1, unique=True).map(lambda members: {"NS": members}),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda members: {"L": members}),
        st.dictionaries(st.sampled_from("ab"), inner, max_size=2).map(lambda members: {"M": members}),
    ),
    max_leaves=5,
)
KEYS = st.fixed_dictionaries(
    {
        "pk": st.sampled_from("ab").map(lambda text: {"S": text}),
        "sk": st.sampled_from("12").map(lambda text: {"S": text}),
    }
)
ITEMS = st.builds(
    lambda key, rest: {**rest, **key}, KEYS, st.dictionaries(NAMES_OF_ATTRIBUTES, VALUES, max_size=3)
)
CONDITIONS = st.sampled_from(
    [
        None,
        "attribute_exists(pk)",
        "attribute_not_exists(#n)",
        "attribute_not_exists(pk) OR #n < :n",
        "#n >= :n AND NOT contains(#n, :t)",
        "#n IN (:n, :t) OR begins_with(w, :t)",
        "(#n = :n) OR (size(pk) > :n AND attribute_type(#n, :t))",
        "#n BETWEEN :n AND :n OR x <> :t",
        "#n <",
        "missing(#n)",
    ]
)
UPDATES = st.sampled_from(
    [
        "SET #n = :n",
        "SET #n = :t, w = if_not_exists(w, :n)",
        "SET x = #n",
        "SET #n = #n + :n",
        "SET w = :n REMOVE x",
        "SET m.a = :n",
        "SET w = :n REMOVE #n, x",
        "ADD #n :n",
        "ADD #n :s",
        "SET w = :n DELETE #n :s",
        "SET w = list_append(w, :l)",
        "SET #n = :n SET w = :n",
        "SET pk = :t",
        "SET",
    ]
)


@st.composite
def expressions(draw, *, update: bool) -> dict[str, Any]:
    """Draw a condition, perhaps an update, and the names and values that they use."""
    condition = draw(CONDITIONS)
    texts = [condition or ""]
    request: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
    if update:
        request["UpdateExpression"] = draw(UPDATES)
        texts.append(request["UpdateExpression"])
    known = {
        ":n": NUMBERS,
        ":t": TEXTS,
        ":s": st.just({"SS": ["a", "d"]}),
        ":l": st.just({"L": [{"N": "1"}]}),
    }
    used = {name: draw(known[name]) for name in known if any(name in text for text in texts)}
    if used:
        request["ExpressionAttributeValues"] = used
    if any("#n" in text for text in texts):
        request["ExpressionAttributeNames"] = {"#n": draw(NAMES_OF_ATTRIBUTES)}
    return request


def call(operation: str, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    return st.tuples(st.just(operation), st.fixed_dictionaries(parts))


PUTS = st.builds(
    lambda item, more, wanted: ("put_item", {"Item": item, **more, "ReturnValues": wanted}),
    ITEMS,
    expressions(update=False),
    st.sampled_from(["NONE", "ALL_OLD"]),
)
UPDATE_CALLS = st.builds(
    lambda key, more, wanted: ("update_item", {"Key": key, **more, "ReturnValues": wanted}),
    KEYS,
    expressions(update=True),
    st.sampled_from(["NONE", "ALL_OLD", "ALL_NEW"]),
)
DELETES = st.builds(lambda key, more: ("delete_item", {"Key": key, **more}), KEYS, expressions(update=False))
READS = st.one_of(
    call("get_item", Key=KEYS),
    st.tuples(
        st.just("get_item"), st.fixed_dictionaries({"Key": KEYS, "ProjectionExpression": NAMES_OF_ATTRIBUTES})
    ),
    st.just(("scan", {})),
    st.just(("scan", {"Limit": 1})),
    st.just(
        ("query", {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}})
    ),
    st.just(("describe_table", {})),
)
CALLS = st.lists(st.one_of(PUTS, UPDATE_CALLS, DELETES, READS), min_size=3, max_size=10).map(
    lambda calls: [(operation, {"TableName": "T", **request}) for operation, request in calls]
)
# The last three differ on purpose (tests/cloud/overlay/dynamodb/test_tables.py).
VOLATILE = (
    "CreationDateTime",
    "LatestStreamLabel",
    "LatestStreamArn",
    "TableId",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
)


@pytest.fixture(scope="module")
def clients():
    """Clients that moto answers whether it is corrected or not."""
    keys = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}
    overlay.apply(ManualClock(), NAMES)
    return {name: boto3.client(name, region_name=REGION, **keys) for name in ("dynamodb", "kinesis")}


def outcome(client: Any, operation: str, request: dict[str, Any]) -> Any:
    """Return what a call answers, or how it fails, without what differs each time."""
    try:
        answer = getattr(client, operation)(**request)
    except ClientError as error:
        # The texts are AWS's now; which they are is tested elsewhere.
        reasons = error.response.get("CancellationReasons", [])
        return {"Error": error.response["Error"]["Code"], "Reasons": [reason["Code"] for reason in reasons]}
    except Exception as error:  # noqa: BLE001 # moto's own crashes count as well
        return type(error).__name__
    # A page that ends exactly at its limit has a key, and what was not asked for is left out, as on AWS.
    for name in ("ResponseMetadata", "LastEvaluatedKey", "ConsumedCapacity", "ItemCollectionMetrics"):
        answer.pop(name, None)
    for name in VOLATILE:
        answer.get("Table", {}).pop(name, None)
    return answer


def outcomes(client: Any, calls: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """Return what each of the calls answers on an empty table, and what is stored in the end."""
    with mock_aws():
        client.create_table(
            TableName="T",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
            BillingMode="PAY_PER_REQUEST",
        )
        answers = [outcome(client, operation, request) for operation, request in calls]
        return [*answers, client.scan(TableName="T")["Items"]]


def crashed(answers: list[Any]) -> int:
    """Return after how many answers plain moto crashed, or how many there are."""
    return next((place for place, answer in enumerate(answers) if isinstance(answer, str)), len(answers))


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(CALLS)
def test_random_calls_to_a_table_are_answered_as_before(clients, calls) -> None:
    """Puts, updates, deletes and reads with random conditions answer, fail and store as in plain moto.

    Where plain moto crashes, or half-applies an update that fails, the rest of the sequence is not compared.
    """
    with plain_moto():
        plain = outcomes(clients["dynamodb"], calls)
    corrected = outcomes(clients["dynamodb"], calls)

    upto = min(crashed(plain), half_applied(calls, plain), refused(corrected, plain))
    assert corrected[:upto] == plain[:upto]


def refused(corrected: list[Any], plain: list[Any]) -> int:
    """Return the place of the first call that AWS calls a mistake, and plain moto carries out."""
    pairs = enumerate(zip(corrected, plain, strict=True))
    found = (place for place, (ours, theirs) in pairs if is_mistake(ours) and not is_mistake(theirs))
    return next(found, len(plain))


def is_mistake(answer: Any) -> bool:
    return isinstance(answer, dict) and answer.get("Error") == "ValidationException"


def half_applied(calls: list[tuple[str, dict[str, Any]]], answers: list[Any]) -> int:
    """Return the place of the first update that failed for another reason than its condition."""
    for place, ((operation, _), answer) in enumerate(zip(calls, answers, strict=False)):
        code = answer.get("Error") if isinstance(answer, dict) else None
        if operation == "update_item" and code not in (None, "ConditionalCheckFailedException"):
            return place + 1
    return len(answers)


ACTIONS = st.one_of(
    st.builds(lambda item, more: {"Put": {"Item": item, **more}}, ITEMS, expressions(update=False)),
    st.builds(lambda key, more: {"Delete": {"Key": key, **more}}, KEYS, expressions(update=False)),
    st.builds(
        lambda key, value: {
            "Update": {
                "Key": key,
                "UpdateExpression": "SET y = :y",
                "ExpressionAttributeValues": {":y": value},
            }
        },
        KEYS,
        NUMBERS,
    ),
)


def on_table(action: dict[str, Any]) -> dict[str, Any]:
    return {kind: {"TableName": "T", **request} for kind, request in action.items()}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(ACTIONS, min_size=1, max_size=4), min_size=1, max_size=4))
def test_random_transactions_do_as_before(clients, transactions) -> None:
    """Transactions that succeed, are cancelled by conditions or name an item twice do as in plain moto."""
    client = clients["dynamodb"]
    calls = [
        ("transact_write_items", {"TransactItems": [on_table(action) for action in actions]})
        for actions in transactions
    ]

    with plain_moto():
        plain = outcomes(client, calls)
    corrected = outcomes(client, calls)

    upto = min(crashed([uncompared(answer) for answer in plain]), refused(corrected, plain))
    assert corrected[:upto] == plain[:upto]


def uncompared(answer: Any) -> Any:
    """Return a crash for a cancellation that names one of Python's exceptions, as only plain moto does."""
    reasons = answer.get("Reasons", []) if isinstance(answer, dict) else []
    return "crash" if any(reason not in {"None", "ConditionalCheckFailed"} for reason in reasons) else answer


RECORDS = st.lists(
    st.tuples(st.text("abü", min_size=1, max_size=3), st.binary(max_size=4)), min_size=1, max_size=6
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(1, 4), st.lists(RECORDS, min_size=1, max_size=3), st.integers(1, 5))
def test_random_records_go_where_they_went_before(clients, shard_count, batches, limit) -> None:
    """Records of a Kinesis stream land in the same shards, in the same order, in pages of the same size."""
    client = clients["kinesis"]

    def run() -> list[Any]:
        with mock_aws():
            client.create_stream(StreamName="S", ShardCount=shard_count)
            placed = [
                client.put_records(
                    StreamName="S", Records=[{"PartitionKey": key, "Data": content} for key, content in batch]
                )
                for batch in batches
            ]
            found: list[Any] = [[entry["ShardId"] for entry in answer["Records"]] for answer in placed]
            for shard in client.list_shards(StreamName="S")["Shards"]:
                iterator = client.get_shard_iterator(
                    StreamName="S", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
                )["ShardIterator"]
                for _ in range(3):
                    answer = client.get_records(ShardIterator=iterator, Limit=limit)
                    found.append([(record["PartitionKey"], record["Data"]) for record in answer["Records"]])
                    iterator = answer["NextShardIterator"]
            return found

    with plain_moto():
        plain = run()

    assert run() == plain
