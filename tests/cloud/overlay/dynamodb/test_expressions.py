"""Expressions are parsed once, and understood as before."""

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.comparisons import ConditionExpressionParser

from workshop.cloud.offline.overlay.dynamodb.expressions.parser import (
    parse_condition,
    parse_projection,
    parse_update,
)

KEY = {"pk": {"S": "a"}}


def put_if(account, condition: str, **values) -> None:
    account.dynamodb.put_item(
        TableName="T",
        Item={**KEY, "v": {"N": "2"}},
        ConditionExpression=condition,
        ExpressionAttributeValues={f":{name}": value for name, value in values.items()},
    )


def test_an_expression_is_parsed_once() -> None:
    """The tree of an expression is kept for the next call with other values, by its text and names."""
    for parse, arguments in (
        (parse_condition, ("ConditionExpression", "attribute_not_exists(pk) OR #v < :x", (("#v", "v"),))),
        (parse_update, ("SET a = :a, b = if_not_exists(b, :b)", ())),
        (parse_projection, ("a.b, c[1]", ())),
    ):
        assert parse(*arguments) is parse(*arguments)
    other = parse_condition("ConditionExpression", "attribute_not_exists(pk) OR #v < :x", (("#v", "w"),))
    assert (
        other.tree
        != parse_condition("ConditionExpression", "attribute_not_exists(pk) OR #v < :x", (("#v", "v"),)).tree
    )


def test_plain_moto_parses_a_condition_twice_per_call(plain, monkeypatch) -> None:
    """Without the correction, one put parses its condition twice."""
    plain.create_table()
    parsed: list[str] = []
    original = ConditionExpressionParser._lex_condition_expression
    monkeypatch.setattr(
        ConditionExpressionParser,
        "_lex_condition_expression",
        lambda self: parsed.append(self.condition_expression) or original(self),
    )

    put_if(plain, "attribute_not_exists(pk) OR v < :twice", twice={"N": "1"})

    assert len(parsed) == 2


def test_values_of_one_call_do_not_leak_into_the_next(account, refused) -> None:
    """A condition is evaluated with the values of its own call."""
    account.create_table()
    put_if(account, "attribute_not_exists(pk) OR v = :x", x={"N": "9"})

    code, _ = refused(put_if, account=account, condition="attribute_not_exists(pk) OR v = :x", x={"N": "9"})
    put_if(account, "attribute_not_exists(pk) OR v = :x", x={"N": "2"})

    assert code == "ConditionalCheckFailedException"


def test_a_condition_may_have_line_breaks(account) -> None:
    """White space of any kind separates the words of a condition; plain moto fails on a line break."""
    account.create_table()

    put_if(account, "attribute_not_exists(pk)\n\tOR v < :x\r\n", x={"N": "1"})

    assert account.item() is not None


@pytest.mark.parametrize("condition", ["v < :x OR", "v <", "NOT", "attribute_exists(pk", "v ~ :x"])
def test_a_condition_that_is_no_expression_is_refused(account, condition: str) -> None:
    """A slip in a condition is the caller's mistake, and not the cloud's."""
    account.create_table()

    with pytest.raises(ClientError, match=r"ValidationException.*Invalid ConditionExpression"):
        put_if(account, condition, x={"N": "1"})


def test_plain_moto_fails_on_a_condition_that_is_no_expression(plain) -> None:
    """Without the correction, such a condition is an error of the server."""
    plain.create_table()
    with pytest.raises(ValueError, match="Bad OR expression"):
        put_if(plain, "v < :x OR", x={"N": "1"})


def test_a_comparison_of_different_types_is_false(account, refused) -> None:
    """A number compared with a stored text fails the condition; plain moto answers with a crash."""
    account.create_table()
    account.dynamodb.put_item(TableName="T", Item={**KEY, "v": {"S": "text"}})

    codes = {
        refused(put_if, account=account, condition=f"v {sign} :x", x={"N": "1"})[0]
        for sign in ("<", "<=", ">", ">=")
    }
    between, _ = refused(put_if, account=account, condition="v BETWEEN :x AND :y", x={"N": "1"}, y={"N": "2"})

    assert codes | {between} == {"ConditionalCheckFailedException"}


def test_a_value_that_is_missing_is_still_missed(account) -> None:
    """A placeholder without a value is not taken from an earlier call; plain moto answers with a crash."""
    account.create_table()
    put_if(account, "attribute_not_exists(pk) OR v < :x", x={"N": "1"})

    with pytest.raises(ClientError, match=r"value used in expression is not defined; attribute value: :x"):
        put_if(account, "attribute_not_exists(pk) OR v < :x", y={"N": "1"})
