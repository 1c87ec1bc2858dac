"""Numbers of a table: 38 digits, exact, in plain digits."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.cloud.offline.overlay.dynamodb.numbers import NumberError, canonical_number

NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=6)


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("1.500", "1.5"),
        ("007", "7"),
        ("+3", "3"),
        ("-0.0", "0"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1500", "1500"),
        ("1E+3", "1000"),
        ("-1.2e-7", "-0.00000012"),
        ("9" * 38, "9" * 38),
        ("1E125", "1" + "0" * 125),
        ("1E-130", "0." + "0" * 129 + "1"),
        ("0." + "0" * 20 + "1", "0." + "0" * 20 + "1"),
    ],
)
def test_numbers_are_stored_in_plain_digits(written: str, stored: str) -> None:
    """A number is stored without exponent, leading zeros, trailing zeros or a plus sign."""
    assert canonical_number(written) == stored


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("1" * 39, "Attempting to store more than 38 significant digits in a Number"),
        ("-0." + "1" * 39, "Attempting to store more than 38 significant digits in a Number"),
        ("1E126", "Number overflow. Attempting to store a number with magnitude larger than supported range"),
        (
            "1E-131",
            "Number underflow. Attempting to store a number with magnitude smaller than supported range",
        ),
        ("1_000", "The parameter cannot be converted to a numeric value: 1_000"),
        (" 1", "The parameter cannot be converted to a numeric value:  1"),
        ("NaN", "The parameter cannot be converted to a numeric value: NaN"),
        ("", "The parameter cannot be converted to a numeric value: "),
    ],
)
def test_numbers_beyond_the_limits_are_refused(written: str, message: str) -> None:
    """What is not a number, or too large, too small or too long, is refused with AWS's text."""
    with pytest.raises(NumberError) as caught:
        canonical_number(written)

    assert caught.value.message == message


@given(NUMBERS)
def test_canonical_form_keeps_the_value(number: Decimal) -> None:
    """The canonical form of a number is the same number, and its own canonical form."""
    text = canonical_number(str(number))

    assert Decimal(text) == number
    assert canonical_number(text) == text


@pytest.mark.parametrize(
    ("start", "added", "total"),
    [
        ("1234567890123456789012345678901234567", "1", "1234567890123456789012345678901234568"),
        ("0.1", "0.2", "0.3"),
        ("1E+37", "1", "1" + "0" * 36 + "1"),
        ("-5.5", "5.5", "0"),
        ("1.05", "0.95", "2"),
    ],
)
def test_sums_are_exact(table, start: str, added: str, total: str) -> None:
    """ADD is exact in 38 digits, whatever the decimal context says, and answers in plain digits."""
    table.put(v={"N": start})

    table.update("ADD v :x", x={"N": added})

    assert table.item() == {"pk": {"S": "a"}, "v": {"N": total}}


def test_plain_moto_rounds_sums(plain_table) -> None:
    """Without the correction, a sum of 37 digits is rounded to 28 and answered with an exponent."""
    long = "1234567890123456789012345678901234567.5"
    plain_table.put(v={"N": long})
    plain_table.update("ADD v :x", x={"N": "1.5"})

    assert "E+" in plain_table.item()["v"]["N"]


def test_a_sum_of_more_than_38_digits_is_refused(table, refused) -> None:
    """A sum that 38 digits cannot hold is refused, and the item stays as it was."""
    table.put(v={"N": "1" + "0" * 37 + "0"})
    before = table.item()

    code, message = refused(table.update, expression="ADD v :x", x={"N": "0.1"})

    assert (code, message[:25]) == ("ValidationException", "Attempting to store more ")
    assert table.item() == before


def test_differences_and_nested_numbers_are_exact(table) -> None:
    """SET with minus is exact too, and numbers inside of maps, lists and sets become plain digits."""
    table.put(v={"N": "100.10"}, m={"M": {"l": {"L": [{"N": "1E2"}]}, "s": {"NS": ["1.0", "2e0"]}}})

    table.update("SET v = v - :x", x={"N": "0.100"})

    assert table.item()["v"] == {"N": "100"}
    assert table.item()["m"] == {"M": {"l": {"L": [{"N": "100"}]}, "s": {"NS": ["1", "2"]}}}


def test_projected_numbers_have_no_exponent(table) -> None:
    """A projection answers a small number in plain digits, as a whole read does."""
    table.put(v={"N": "0.0000001"})

    item = table.dynamodb.get_item(TableName="T", Key={"pk": {"S": "a"}}, ProjectionExpression="v")["Item"]

    assert item == {"v": {"N": "0.0000001"}}
