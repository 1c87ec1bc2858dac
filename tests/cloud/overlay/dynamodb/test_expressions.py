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
    one, other = (parse_condition("ConditionExpression", "#v < :x", (("#v", name),)) for name in "vw")
    assert one.tree != other.tree


def test_plain_moto_parses_a_condition_twice_per_call(plain_table, monkeypatch) -> None:
    """Without the correction, one put parses its condition twice."""
    parsed: list[str] = []
    original = ConditionExpressionParser._lex_condition_expression
    monkeypatch.setattr(
        ConditionExpressionParser,
        "_lex_condition_expression",
        lambda self: parsed.append(self.condition_expression) or original(self),
    )

    put_if(plain_table, "attribute_not_exists(pk) OR v < :twice", twice={"N": "1"})

    assert len(parsed) == 2


def test_values_of_one_call_do_not_leak_into_the_next(table, refused) -> None:
    """A condition is evaluated with the values of its own call."""
    put_if(table, "attribute_not_exists(pk) OR v = :x", x={"N": "9"})

    code, _ = refused(put_if, account=table, condition="attribute_not_exists(pk) OR v = :x", x={"N": "9"})
    put_if(table, "attribute_not_exists(pk) OR v = :x", x={"N": "2"})

    assert code == "ConditionalCheckFailedException"


def test_a_condition_may_have_line_breaks(table) -> None:
    """White space of any kind separates the words of a condition; plain moto fails on a line break."""
    put_if(table, "attribute_not_exists(pk)\n\tOR v < :x\r\n", x={"N": "1"})

    assert table.item() is not None


@pytest.mark.parametrize("condition", ["v < :x OR", "v <", "NOT", "attribute_exists(pk", "v ~ :x"])
def test_a_condition_that_is_no_expression_is_refused(table, condition: str) -> None:
    """A slip in a condition is the caller's mistake, and not the cloud's."""
    with pytest.raises(ClientError, match=r"ValidationException.*Invalid ConditionExpression"):
        put_if(table, condition, x={"N": "1"})


def test_plain_moto_fails_on_a_condition_that_is_no_expression(plain_table) -> None:
    """Without the correction, such a condition is an error of the server."""
    with pytest.raises(ValueError, match="Bad OR expression"):
        put_if(plain_table, "v < :x OR", x={"N": "1"})


def test_a_value_that_is_missing_is_still_missed(table) -> None:
    """A placeholder without a value is not taken from an earlier call; plain moto answers with a crash."""
    put_if(table, "attribute_not_exists(pk) OR v < :x", x={"N": "1"})

    with pytest.raises(ClientError, match=r"value used in expression is not defined; attribute value: :x"):
        put_if(table, "attribute_not_exists(pk) OR v < :x", y={"N": "1"})
