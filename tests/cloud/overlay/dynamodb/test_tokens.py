"""The request token of a transaction, ten minutes long."""

import pytest

KEY = {"pk": {"S": "a"}}


def add(value: str = "1", **more) -> dict:
    update = {
        "TableName": "T",
        "Key": KEY,
        "UpdateExpression": "ADD v :x",
        "ExpressionAttributeValues": {":x": {"N": value}},
    }
    return {"Update": update | more}


def transact(account, token: str, *actions: dict) -> None:
    account.dynamodb.transact_write_items(TransactItems=list(actions or [add()]), ClientRequestToken=token)


def test_a_repeated_token_has_no_second_effect(table) -> None:
    """The same token with the same actions succeeds again and changes nothing."""
    transact(table, "once")
    transact(table, "once")

    assert table.item()["v"] == {"N": "1"}


def test_plain_moto_ignores_the_token(plain_table) -> None:
    """Without the correction, a repeated token adds twice."""
    transact(plain_table, "once")
    transact(plain_table, "once")

    assert plain_table.item()["v"] == {"N": "2"}


def test_the_order_of_keys_in_a_request_does_not_matter(table) -> None:
    """A request whose JSON has another order of keys is the same request."""
    transact(table, "once", add())
    transact(table, "once", {"Update": dict(reversed(add()["Update"].items()))})

    assert table.item()["v"] == {"N": "1"}


def test_a_token_of_another_transaction_is_refused(table) -> None:
    """The same token with other actions is an IdempotentParameterMismatchException, without effect."""
    transact(table, "once", add("1"))

    with pytest.raises(table.dynamodb.exceptions.IdempotentParameterMismatchException):
        transact(table, "once", add("2"))

    assert table.item()["v"] == {"N": "1"}


def test_a_token_is_forgotten_after_ten_minutes(table) -> None:
    """Just before ten minutes are over a token still counts; then the request is a new one."""
    transact(table, "once")

    table.clock.advance(599)
    transact(table, "once")
    table.clock.advance(1)
    transact(table, "once")

    assert table.item()["v"] == {"N": "2"}


def test_a_cancelled_transaction_does_not_use_its_token(table) -> None:
    """A transaction that was cancelled may be sent again with the same token, and then happens."""
    action = add(ConditionExpression="attribute_exists(pk)")
    with pytest.raises(table.dynamodb.exceptions.TransactionCanceledException):
        transact(table, "once", action)

    table.dynamodb.put_item(TableName="T", Item=KEY)
    transact(table, "once", action)

    assert table.item()["v"] == {"N": "1"}


def test_a_token_has_up_to_36_characters(table, refused) -> None:
    """A SHA-256 in hex is too long for a token; 36 characters are not."""
    code, message = refused(transact, account=table, token="f" * 64)
    transact(table, "f" * 36)

    assert code == "ValidationException"
    assert "'clientRequestToken' failed to satisfy constraint" in message
    assert table.item()["v"] == {"N": "1"}
