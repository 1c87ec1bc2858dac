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


def test_a_repeated_token_has_no_second_effect(account) -> None:
    """The same token with the same actions succeeds again and changes nothing."""
    account.create_table()

    transact(account, "once")
    transact(account, "once")

    assert account.item()["v"] == {"N": "1"}


def test_plain_moto_ignores_the_token(plain) -> None:
    """Without the correction, a repeated token adds twice."""
    plain.create_table()
    transact(plain, "once")
    transact(plain, "once")

    assert plain.item()["v"] == {"N": "2"}


def test_the_order_of_keys_in_a_request_does_not_matter(account) -> None:
    """A request whose JSON has another order of keys is the same request."""
    account.create_table()

    transact(account, "once", add())
    transact(account, "once", {"Update": dict(reversed(add()["Update"].items()))})

    assert account.item()["v"] == {"N": "1"}


def test_a_token_of_another_transaction_is_refused(account) -> None:
    """The same token with other actions is an IdempotentParameterMismatchException, without effect."""
    account.create_table()
    transact(account, "once", add("1"))

    with pytest.raises(account.dynamodb.exceptions.IdempotentParameterMismatchException):
        transact(account, "once", add("2"))

    assert account.item()["v"] == {"N": "1"}


def test_a_token_is_forgotten_after_ten_minutes(account) -> None:
    """Just before ten minutes are over a token still counts; then the request is a new one."""
    account.create_table()
    transact(account, "once")

    account.clock.advance(599)
    transact(account, "once")
    account.clock.advance(1)
    transact(account, "once")

    assert account.item()["v"] == {"N": "2"}


def test_a_cancelled_transaction_does_not_use_its_token(account) -> None:
    """A transaction that was cancelled may be sent again with the same token, and then happens."""
    account.create_table()
    action = add(ConditionExpression="attribute_exists(pk)")
    with pytest.raises(account.dynamodb.exceptions.TransactionCanceledException):
        transact(account, "once", action)

    account.dynamodb.put_item(TableName="T", Item=KEY)
    transact(account, "once", action)

    assert account.item()["v"] == {"N": "1"}


def test_a_token_has_up_to_36_characters(account, refused) -> None:
    """A SHA-256 in hex is too long for a token; 36 characters are not."""
    account.create_table()

    code, message = refused(transact, account=account, token="f" * 64)
    transact(account, "f" * 36)

    assert code == "ValidationException"
    assert "'clientRequestToken' failed to satisfy constraint" in message
    assert account.item()["v"] == {"N": "1"}
