"""PartiQL: what statements find and change, and what is said of those that cannot be done."""

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cloud.overlay.test_differential import SCALARS
from workshop.cloud.offline.overlay.dynamodb.partiql.parser import parse_statement
from workshop.cloud.offline.overlay.dynamodb.partiql.tokens import StatementError

A, B = {"S": "a"}, {"S": "b"}
SELECT = "SELECT * FROM T WHERE "


def run(account, statement: str, *parameters: dict, **more: Any) -> list[dict]:
    """Execute a statement; return its items."""
    given_ = {"Parameters": list(parameters)} if parameters else {}
    answer = account.dynamodb.execute_statement(Statement=statement, **given_, **more)
    return list(answer["Items"])


def refusal(account, statement: str, *parameters: dict, **more: Any) -> tuple[str, str]:
    """Return code and message of a statement that is refused."""
    with pytest.raises(ClientError) as caught:
        run(account, statement, *parameters, **more)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


@pytest.fixture
def rows(account):
    """A table with a sort key and five items of the partition `a`."""
    account.create_table(sort_key=True)
    for number in range(1, 6):
        account.dynamodb.put_item(
            TableName="T",
            Item={
                "pk": A,
                "sk": {"S": f"s{number}"},
                "v": {"N": str(number)},
                f"only{number}": {"BOOL": True},
            },
        )
    account.dynamodb.put_item(TableName="T", Item={"pk": B, "sk": {"S": "s1"}, "tags": {"SS": ["x", "y"]}})
    return account


@pytest.mark.parametrize(
    ("clause", "parameters", "found"),
    [
        ("pk = 'a'", [], "12345"),
        ("pk = ?", [A], "12345"),
        ("pk = 'a' AND sk = 's2'", [], "2"),
        ("pk = 'a' AND sk > ?", [{"S": "s3"}], "45"),
        ("pk = 'a' AND sk >= 's4'", [], "45"),
        ("pk = 'a' AND sk BETWEEN 's2' AND ?", [{"S": "s4"}], "234"),
        ("pk = 'a' AND v BETWEEN 2 AND 3", [], "23"),
        ("pk = 'a' AND v NOT BETWEEN 2 AND 3", [], "145"),
        ("pk = 'a' AND begins_with(sk, 's')", [], "12345"),
        ("pk = 'a' AND BEGINS_WITH(\"sk\", 's5')", [], "5"),
        ("pk = 'a' AND v IN [1, ?]", [{"N": "5"}], "15"),
        ("pk = 'a' AND v IN (1, 5)", [], "15"),
        ("pk IN ['a', 'b'] AND sk = 's1'", [], "1s"),
        ("pk = 'a' AND NOT v < 4", [], "45"),
        ("pk = 'a' AND (v = 1 OR v = 2)", [], "12"),
        ("v = 1 OR v = 2 AND sk = 's9'", [], "1"),
        ("v <> 1 AND pk = 'a'", [], "2345"),
        ("v != 1 AND pk = 'a'", [], "2345"),
        ("1 = v AND pk = 'a'", [], "1"),
        ("only3 IS MISSING AND pk = 'a'", [], "1245"),
        ("only3 IS NOT MISSING", [], "3"),
        ("only3 = true", [], "3"),
        ("pk = 'a' AND v IS NULL", [], ""),
        ("attribute_type(tags, 'SS')", [], "s"),
        ("contains(tags, 'x')", [], "s"),
        ("contains(tags, 'z')", [], ""),
        ("size(tags) = 2", [], "s"),
        ("v > 'text'", [], ""),
        ("absent = 1", [], ""),
    ],
)
def test_select_finds_what_its_clause_says(rows, clause: str, parameters: list, found: str) -> None:
    """Each operator and function of a WHERE clause finds the items that it describes, and no others."""
    items = run(rows, SELECT + clause, *parameters)

    assert "".join(item["v"]["N"] if "v" in item else "s" for item in items) == found


def test_plain_moto_does_not_find_between(plain_table) -> None:
    """Without the correction, BETWEEN finds nothing."""
    plain_table.put(v={"N": "2"})

    assert run(plain_table, "SELECT * FROM T WHERE pk = 'a' AND v BETWEEN 1 AND 3") == []


def test_select_returns_the_paths_that_it_names(table) -> None:
    """A SELECT with paths returns these parts."""
    table.put(m={"M": {"a b": {"N": "1"}, "c": {"N": "2"}}}, l={"L": [A, B]})

    (item,) = run(table, 'SELECT m."a b", l[1] FROM "T" WHERE pk = \'a\'')

    assert item == {"m": {"M": {"a b": {"N": "1"}}}, "l": {"L": [B]}}


def test_pages_follow_each_other(rows) -> None:
    """Limit counts the items that are looked at; NextToken goes on, in the statement's order."""
    statement = "SELECT * FROM T WHERE pk = 'a' ORDER BY sk DESC"
    seen, more = [], {}
    for _ in range(4):
        answer = rows.dynamodb.execute_statement(Statement=statement, Limit=2, **more)
        seen.append([item["v"]["N"] for item in answer["Items"]])
        if "NextToken" not in answer:
            break
        more = {"NextToken": answer["NextToken"]}
    code, _ = refusal(rows, "SELECT * FROM T", NextToken=more["NextToken"])
    garbled, _ = refusal(rows, statement, NextToken="x")

    assert seen == [["5", "4"], ["3", "2"], ["1"]]
    assert (code, garbled) == ("ValidationException", "ValidationException")


def test_insert_refuses_a_key_that_exists(table) -> None:
    """INSERT stores a new item, one stream record; of an existing key it says so and changes nothing."""
    statement = (
        "INSERT INTO T VALUE {'pk': 'a', 'n': -1.50, 'l': [?, NULL, true], 's': <<'x'>>, 'm': {'it''s': 2}}"
    )

    run(table, statement, {"B": b"1"})
    code, message = refusal(table, statement, {"B": b"2"})

    assert table.item() == {
        "pk": A,
        "n": {"N": "-1.5"},
        "l": {"L": [{"B": b"1"}, {"NULL": True}, {"BOOL": True}]},
        "s": {"SS": ["x"]},
        "m": {"M": {"it's": {"N": "2"}}},
    }
    assert (code, message) == ("DuplicateItemException", "Duplicate primary key exists in table")
    assert [record["eventName"] for record in table.stream_records()] == ["INSERT"]


def test_update_changes_an_item_that_exists(table) -> None:
    """UPDATE sets, computes, extends and removes in one change, and returns the image it is asked for."""
    table.put(v={"N": "1"}, s={"SS": ["x"]}, l={"L": [A]}, gone=A, m={"M": {"a": A}})

    (returned,) = run(
        table,
        "UPDATE T SET v = v + ? SET s = set_add(s, <<'y'>>), l = list_append(l, [2]), m.b = 'new' "
        "REMOVE gone WHERE pk = 'a' AND v < 5 RETURNING MODIFIED NEW *",
        {"N": "2"},
    )

    changed = {"v": {"N": "3"}, "l": {"L": [A, {"N": "2"}]}}
    item = table.item()
    assert sorted(item.pop("s")["SS"]) == sorted(returned.pop("s")["SS"]) == ["x", "y"]
    assert returned == {**changed, "m": {"M": {"b": {"S": "new"}}}}
    assert item == {"pk": A, **changed, "m": {"M": {"a": A, "b": {"S": "new"}}}}
    assert [record["eventName"] for record in table.stream_records()] == ["INSERT", "MODIFY"]


@pytest.mark.parametrize(
    ("returning", "expected"),
    [
        ("ALL OLD", {"pk": A, "v": {"N": "1"}, "w": A}),
        ("ALL NEW", {"pk": A, "v": {"N": "2"}, "w": A}),
        ("MODIFIED OLD", {"v": {"N": "1"}}),
        ("MODIFIED NEW", {"v": {"N": "2"}}),
    ],
)
def test_returning_names_an_image(table, returning: str, expected: dict) -> None:
    """RETURNING gives the whole item or the changed parts, as they were or as they are."""
    table.put(v={"N": "1"}, w=A)

    statement = "UPDATE T SET v = 2 WHERE pk = 'a' RETURNING IMAGE *".replace("IMAGE", returning)

    assert run(table, statement) == [expected]


def test_update_of_an_absent_item_makes_none(table) -> None:
    """UPDATE of a key that does not exist fails as a condition does, and leaves no item and no record."""
    code, _ = refusal(table, "UPDATE T SET v = 1 WHERE pk = 'a'")

    assert code == "ConditionalCheckFailedException"
    assert (table.item(), table.stream_records()) == (None, [])


@pytest.mark.parametrize(
    "statement", ["UPDATE T SET v = 9 WHERE pk = 'a' AND v = 2", "DELETE FROM T WHERE pk = 'a' AND v = 2"]
)
def test_other_conditions_must_hold(table, statement: str) -> None:
    """What a WHERE clause says besides the key is a condition; the error shows the item if asked for."""
    table.put(v={"N": "1"})

    with pytest.raises(ClientError) as caught:
        run(table, statement, ReturnValuesOnConditionCheckFailure="ALL_OLD")

    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert caught.value.response["Item"] == table.item() == {"pk": A, "v": {"N": "1"}}


def test_delete_takes_an_item_away(table) -> None:
    """DELETE removes the item and can return it; an absent item is no error, whatever else is asked."""
    table.put(v={"N": "1"})

    deleted = run(table, "DELETE FROM T WHERE pk = ? AND v = 1 RETURNING ALL OLD *", A)
    again = run(table, "DELETE FROM T WHERE pk = ?", A) + run(
        table, "DELETE FROM T WHERE pk = ? AND v = 1", A
    )

    assert (deleted, again, table.item()) == ([{"pk": A, "v": {"N": "1"}}], [], None)
    assert [record["eventName"] for record in table.stream_records()] == ["INSERT", "REMOVE"]


WRONG = [
    "SELECT",
    "SELECT * FROM",
    "SELECT * FROM T WHERE",
    "SELECT COUNT(*) FROM T",
    "SELECT * FROM T LIMIT 1",
    "SELECT * FROM T GROUP BY v",
    "SELECT * FROM T, U",
    "SELECT * FROM T WHERE v LIKE 'x%'",
    "SELECT * FROM T WHERE upper(v) = 'X'",
    "SELECT * FROM T WHERE v = ",
    "SELECT * FROM T WHERE v = 'open",
    "SELECT * FROM T WHERE v ~ 1",
    "SELECT * FROM T WHERE (v = 1",
    "SELECT * FROM T; SELECT * FROM T",
    "INSERT INTO T VALUE 5",
    "INSERT INTO T VALUE {'pk': 'a', 'pk': 'b'}",
    "INSERT INTO T VALUES ('a')",
    "INSERT INTO T VALUE {'pk': 'a'} ON CONFLICT DO NOTHING",
    "UPDATE T WHERE pk = 'a'",
    "UPDATE T SET v = 1",
    "UPDATE T SET v = if_not_exists(v, 1) WHERE pk = 'a'",
    "UPDATE T SET s = set_add(t, <<1>>) WHERE pk = 'a'",
    "DELETE FROM T",
    "DELETE FROM T WHERE pk = 'a' RETURNING ALL NEW *",
    "DROP TABLE T",
    "",
]


@pytest.mark.parametrize("statement", WRONG)
def test_what_is_no_statement_is_refused(statement: str) -> None:
    """What DynamoDB's PartiQL does not have is refused, and never half understood."""
    with pytest.raises(StatementError, match="Statement wasn't well formed"):
        parse_statement(statement)


@pytest.mark.parametrize(
    ("statement", "parameters", "problem"),
    [
        ("SELECT * FROM T WHERE pk = ?", [], "Number of parameters"),
        ("SELECT * FROM T WHERE pk = 'a'", [A], "Number of parameters"),
        ("UPDATE T SET v = 1 WHERE v = 2", [], "mandatory equality on all key attributes"),
        ("UPDATE T SET v = 1 WHERE pk > 'a'", [], "mandatory equality on all key attributes"),
        ("DELETE FROM T WHERE pk = 'a' OR pk = 'b'", [], "mandatory equality on all key attributes"),
        ("UPDATE T SET v = 1 WHERE pk = 5", [], "does not match the schema"),
        ("UPDATE T SET pk = 'b' WHERE pk = 'a'", [], "This attribute is part of the key"),
        ("UPDATE T SET v = 1, v = 2 WHERE pk = 'a'", [], "paths overlap"),
        ("INSERT INTO T VALUE {'v': 1}", [], "Missing the key pk"),
        ("INSERT INTO T VALUE {'pk': 5}", [], "Type mismatch for key pk"),
        ("INSERT INTO T VALUE {'pk': ''}", [], "empty string value"),
        ("INSERT INTO T VALUE {'pk': 'a', 's': <<1, 'x'>>}", [], "only one kind"),
        ("INSERT INTO T VALUE {'pk': 'a', 's': <<1, 1.0>>}", [], "duplicates"),
        ("SELECT * FROM T.nope WHERE pk = 'a'", [], "does not have the specified index"),
        ("SELECT * FROM T WHERE v BETWEEN 2 AND 1", [], "upper bound"),
        ("SELECT * FROM T WHERE begins_with(v, 1)", [], "Incorrect operand type"),
        ("SELECT * FROM T ORDER BY pk", [], "hash key condition"),
        ("SELECT * FROM T WHERE pk = 'a' ORDER BY v", [], "ORDER BY"),
        ("EXISTS(SELECT * FROM T WHERE pk = 'a')", [], "only be used in ExecuteTransaction"),
    ],
)
def test_what_cannot_be_done_is_said(table, statement: str, parameters: list, problem: str) -> None:
    """A statement that does not fit its table or its parameters is a ValidationException that says why."""
    table.put(v={"N": "1"})

    code, message = refusal(table, statement, *parameters)

    assert code == "ValidationException"
    assert problem in message
    assert table.item() == {"pk": A, "v": {"N": "1"}}


def test_an_unknown_table_is_not_found(account) -> None:
    """A statement on a table that does not exist says so."""
    assert refusal(account, "SELECT * FROM nowhere")[0] == "ResourceNotFoundException"


def test_statements_of_a_batch_fail_alone(table) -> None:
    """Each statement of a batch has its own answer or error, in order; the others are done."""
    table.put(v={"N": "1"})
    statements = [
        {"Statement": "INSERT INTO T VALUE {'pk': 'b'}"},
        {"Statement": "INSERT INTO T VALUE {'pk': 'a'}"},
        {
            "Statement": "UPDATE T SET v = 2 WHERE pk = 'a' AND v = 9",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        },
        {"Statement": "UPDATE T SET v = 2 WHERE pk = ? RETURNING ALL NEW *", "Parameters": [A]},
        {"Statement": "DELETE FROM nowhere WHERE pk = 'a'"},
        {"Statement": "UPDATE nonsense"},
    ]

    responses = table.dynamodb.batch_execute_statement(Statements=statements)["Responses"]

    assert [response.get("Error", {}).get("Code") for response in responses] == [
        None,
        "DuplicateItem",
        "ConditionalCheckFailed",
        None,
        "ResourceNotFound",
        "ValidationError",
    ]
    assert responses[2]["Error"]["Item"] == {"pk": A, "v": {"N": "1"}}
    assert responses[3] == {"TableName": "T", "Item": {"pk": A, "v": {"N": "2"}}}
    assert table.item("b") == {"pk": B}


def test_a_batch_consumes_what_single_writes_consume(table) -> None:
    """Each statement of a batch counts as a write of its own, also one whose condition does not hold."""
    table.put(v={"S": "x" * 2000})
    statements = [
        {"Statement": "INSERT INTO T VALUE {'pk': 'b'}"},
        {"Statement": "INSERT INTO T VALUE {'pk': 'a'}"},
        {"Statement": "UPDATE T SET v = 2 WHERE pk = 'c'"},
        {"Statement": "UPDATE nonsense"},
    ]

    answer = table.dynamodb.batch_execute_statement(Statements=statements, ReturnConsumedCapacity="TOTAL")

    # One that cannot be read has no table.
    found = {row["TableName"]: row["CapacityUnits"] for row in answer["ConsumedCapacity"]}
    assert found == {"T": 1 + 2 + 1}


def test_a_literal_around_a_parameter_counts_as_levels(table) -> None:
    """An item nests 32 levels at most, those of the statement's text and of its parameters together."""
    deep: dict[str, Any] = {"S": "x"}
    for _ in range(30):
        deep = {"L": [deep]}

    run(table, "INSERT INTO T VALUE {'pk': 'a', 'v': ?}", deep)
    code, _ = refusal(table, "INSERT INTO T VALUE {'pk': 'b', 'v': [[?]]}", deep)

    assert code == "ValidationException"
    assert table.item("b") is None


VERSIONS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 4), st.sampled_from(["1", "2.50"])), max_size=8
)
REPLACE = "UPDATE T SET n = ? SET v = ? REMOVE w WHERE pk = ? AND (w IS MISSING AND (n < ?))"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VERSIONS)
def test_insert_and_update_together_do_what_a_conditional_put_does(account, versions: list[tuple]) -> None:
    """INSERT, and UPDATE of what it refuses, leave the items and stream records of a conditional PutItem."""
    found = []
    for by_statements in (False, True):
        if "T" in account.dynamodb.list_tables()["TableNames"]:
            account.dynamodb.delete_table(TableName="T")
        stream = account.create_table()
        for trade, version, value in versions:
            key, number, amount = {"S": trade}, {"N": str(version)}, {"N": value}
            if not by_statements:
                _put_if_newer(account, {"pk": key, "n": number, "v": amount})
                continue
            statements = [
                {
                    "Statement": "INSERT INTO T VALUE {'pk': ?, 'n': ?, 'v': ?}",
                    "Parameters": [key, number, amount],
                },
                {"Statement": REPLACE, "Parameters": [number, amount, key, number]},
            ]
            [first] = account.dynamodb.batch_execute_statement(Statements=statements[:1])["Responses"]
            if "Error" in first:
                account.dynamodb.batch_execute_statement(Statements=statements[1:])
        records = [
            {name: record["dynamodb"].get(name) for name in ("Keys", "OldImage", "NewImage", "SizeBytes")}
            for record in account.stream_records(stream)
        ]
        found.append((sorted(map(str, account.dynamodb.scan(TableName="T")["Items"])), records))

    assert found[0] == found[1]


def _put_if_newer(account, item: dict) -> None:
    with suppress(account.dynamodb.exceptions.ConditionalCheckFailedException):
        account.dynamodb.put_item(
            TableName="T",
            Item=item,
            ConditionExpression="attribute_not_exists(pk) OR n < :n",
            ExpressionAttributeValues={":n": item["n"]},
        )


def test_a_batch_reads_single_items(table) -> None:
    """A batch of reads returns the items that are there; each statement must name one, and none may write."""
    table.put(v={"N": "1"})
    reads = [
        {"Statement": "SELECT v FROM T WHERE pk = 'a'"},
        {"Statement": "SELECT * FROM T WHERE pk = 'none'"},
        {"Statement": "SELECT * FROM T WHERE v = 1"},
    ]

    responses = table.dynamodb.batch_execute_statement(Statements=reads)["Responses"]
    with pytest.raises(ClientError, match="reads or writes"):
        table.dynamodb.batch_execute_statement(
            Statements=[*reads[:1], {"Statement": "DELETE FROM T WHERE pk = 'a'"}]
        )

    assert responses[:2] == [{"TableName": "T", "Item": {"v": {"N": "1"}}}, {"TableName": "T"}]
    assert responses[2]["Error"]["Code"] == "ValidationError"
    assert table.item() is not None


def test_a_transaction_does_all_or_nothing(table) -> None:
    """A transaction of statements is done as a whole, or cancelled with a reason for each statement."""
    table.put(v={"N": "1"})
    writes = [
        {"Statement": "INSERT INTO T VALUE {'pk': 'b'}"},
        {"Statement": "UPDATE T SET v = 2 WHERE pk = 'a'"},
    ]

    with pytest.raises(table.dynamodb.exceptions.TransactionCanceledException) as caught:
        table.dynamodb.execute_transaction(
            TransactStatements=[
                *writes,
                {"Statement": "EXISTS(SELECT * FROM T WHERE pk = 'c' AND v = 1)"},
                {"Statement": "DELETE FROM T WHERE pk = 'd' AND v = 1"},
            ]
        )
    before = table.item()
    table.dynamodb.execute_transaction(
        TransactStatements=[*writes, {"Statement": "DELETE FROM T WHERE pk = 'e'"}]
    )
    with pytest.raises(table.dynamodb.exceptions.TransactionCanceledException) as duplicate:
        table.dynamodb.execute_transaction(TransactStatements=writes[:1])

    codes = [reason["Code"] for reason in caught.value.response["CancellationReasons"]]
    assert codes == ["None", "None", "ConditionalCheckFailed", "None"]
    assert before == {"pk": A, "v": {"N": "1"}}
    assert table.item() == {"pk": A, "v": {"N": "2"}}
    assert duplicate.value.response["CancellationReasons"][0]["Code"] == "DuplicateItem"
    assert len(table.stream_records()) == 3


def test_a_transaction_reads_single_items(table) -> None:
    """A transaction of reads returns an entry for each statement."""
    table.put(v={"N": "1"})

    responses = table.dynamodb.execute_transaction(
        TransactStatements=[
            {"Statement": "SELECT * FROM T WHERE pk = 'none'"},
            {"Statement": "SELECT v FROM T WHERE pk = ?", "Parameters": [A]},
        ]
    )["Responses"]

    assert responses == [{}, {"Item": {"v": {"N": "1"}}}]


def test_a_token_makes_a_transaction_of_statements_happen_once(table) -> None:
    """The same token with the same statements changes nothing again."""
    table.put(v={"N": "1"})
    for _ in range(2):
        table.dynamodb.execute_transaction(
            TransactStatements=[{"Statement": "UPDATE T SET v = v + 1 WHERE pk = 'a'"}],
            ClientRequestToken="t",
        )

    assert table.item()["v"] == {"N": "2"}


def test_a_statement_is_read_once() -> None:
    """The same text with other parameters is not read again."""
    text = "SELECT * FROM once WHERE pk = ?"

    assert parse_statement(text) is parse_statement(text)


CLAUSES = {
    "v = ?": "v = :0",
    "v <> ?": "v <> :0",
    "NOT v < ?": "NOT v < :0",
    "v >= ? OR w = ?": "v >= :0 OR w = :1",
    "v BETWEEN ? AND ? AND w IS NOT MISSING": "v BETWEEN :0 AND :1 AND attribute_exists(w)",
    "v IN [?, ?]": "v IN (:0, :1)",
    "contains(v, ?) OR begins_with(w, 'a')": "contains(v, :0) OR begins_with(w, :a)",
    "m.a = ? AND l[1] IS MISSING": "m.a = :0 AND attribute_not_exists(l[1])",
    "size(v) > 1 OR attribute_type(w, 'N')": "size(v) > :one OR attribute_type(w, :n)",
}
VALUES_OF_ITEMS = st.fixed_dictionaries(
    {},
    optional={"v": SCALARS, "w": SCALARS, "m": st.just({"M": {"a": {"N": "1"}}}), "l": st.just({"L": [A]})},
)
CONSTANTS = {":a": {"S": "a"}, ":one": {"N": "1"}, ":n": {"S": "N"}}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(VALUES_OF_ITEMS, max_size=4),
    st.sampled_from(sorted(CLAUSES)),
    st.lists(SCALARS, min_size=2, max_size=2),
)
def test_clauses_mean_what_filter_expressions_mean(account, items, clause: str, values: list[dict]) -> None:
    """A WHERE clause finds the items that the same filter of a Scan finds, or is refused as it is."""
    if "T" not in account.dynamodb.list_tables()["TableNames"]:
        account.create_table(stream=False)
    for place in range(4):
        account.dynamodb.delete_item(TableName="T", Key={"pk": {"S": str(place)}})
    for place, item in enumerate(items):
        account.dynamodb.put_item(TableName="T", Item={"pk": {"S": str(place)}, **item})
    expression = CLAUSES[clause]
    names = {f":{place}": value for place, value in enumerate(values)} | CONSTANTS

    def scanned() -> Any:
        used = {
            name: value
            for name, value in names.items()
            if name in expression.replace("(", " ").replace(")", " ").replace(",", " ").split()
        }
        return account.dynamodb.scan(
            TableName="T", FilterExpression=expression, ExpressionAttributeValues=used
        )["Items"]

    def outcome(call: Any) -> Any:
        try:
            return call()
        except ClientError as error:
            return error.response["Error"]["Code"]

    parameters = values[: clause.count("?")]
    selected = outcome(lambda: run(account, SELECT + clause, *parameters))

    assert selected == outcome(scanned)
