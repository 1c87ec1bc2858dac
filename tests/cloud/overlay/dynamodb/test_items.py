"""Items are built, sized and listed at a cost that follows their size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto.dynamodb import responses
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from tests.cloud.overlay.test_differential import VALUES
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.overlay.correct import plain_moto


@pytest.fixture(scope="module", autouse=True)
def corrected() -> None:
    """The correction is installed."""
    overlay.apply(ManualClock(), ["dynamodb.items"])


def build(attributes: dict) -> Item:
    return Item(DynamoType({"S": "a"}), None, attributes)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_items_are_as_before(attributes: dict) -> None:
    """An item has the attributes, the size and the JSON that plain moto gives it."""
    corrected = build(attributes)
    described = (corrected.to_json(), corrected.size())

    with plain_moto():
        plain = build(attributes)
        assert described == (plain.to_json(), plain.size())


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_answers_hold_items_as_before(attributes: dict) -> None:
    """Items, their values and whatever stands beside them come into an answer as plain moto puts them."""
    item = build(attributes)
    answer = {"Item": item, "Items": [item.attrs, attributes], "Count": 1, "Key": None, "At": ManualClock()}
    corrected = responses.dynamo_to_dict(answer)

    with plain_moto():
        assert corrected == responses.dynamo_to_dict(answer)


@given(VALUES)
def test_values_are_shown_as_before(value: dict) -> None:
    """A value has the JSON that plain moto gives it, and shares nothing with it that could be changed."""
    made = DynamoType(value)
    shown = made.to_regular_json()

    with plain_moto():
        assert shown == DynamoType(value).to_regular_json()
    for each in shown.values():
        if isinstance(each, list | dict):
            each.clear()
    assert made.to_json() == DynamoType(value).to_json()


@pytest.mark.parametrize(("length", "fits"), [(409_599, True), (409_600, False)])
def test_items_have_400_kb_at_most(length: int, fits: bool) -> None:
    """An item has up to 409,600 bytes, names of attributes included; plain moto ends at 405,000."""
    try:
        build({"a": {"S": "x" * length}})
    except ItemSizeTooLarge:
        assert not fits
    else:
        assert fits


@given(st.lists(VALUES, min_size=2, max_size=2))
def test_values_are_equal_as_before(pair: list[dict]) -> None:
    """Two values are equal, or not, as in plain moto, and equal texts have equal hashes."""
    left, right = map(DynamoType, pair)
    equal = left == right

    with plain_moto():
        assert equal == (left == right)
    if left.type == right.type == "S" and equal:
        assert hash(left) == hash(right)


@pytest.mark.parametrize("sort_key", [False, True])
def test_pages_come_in_the_same_order(account, sort_key: bool) -> None:
    """A scan lists items in the order of plain moto, page by page, and a table counts them."""

    def scanned() -> list[str]:
        account.create_table(sort_key=sort_key)
        for number in (5, 3, 11, 7):
            key = {"pk": {"S": f"k{number}"}, **({"sk": {"S": "s"}} if sort_key else {})}
            account.dynamodb.put_item(TableName="T", Item=key)
        pages = account.dynamodb.get_paginator("scan").paginate(
            TableName="T", PaginationConfig={"PageSize": 3}
        )
        found = [item["pk"]["S"] for page in pages for item in page["Items"]]
        count = account.dynamodb.describe_table(TableName="T")["Table"]["ItemCount"]
        account.dynamodb.delete_table(TableName="T")
        return [*found, str(count)]

    corrected = scanned()

    with plain_moto():
        assert corrected == scanned()
    assert corrected == ["k11", "k3", "k5", "k7", "4"]
