"""What DynamoDB counts for a value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.cloud.offline.overlay.sizes import attributes_size, value_size


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "abc"}, 3),
        ({"S": "ü€"}, 5),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),
        ({"N": "101"}, 3),
        ({"N": "-101"}, 4),
        ({"N": "1000000"}, 2),
        ({"N": "0.0012"}, 2),
        ({"N": "9" * 38}, 20),
        ({"B": b"1234"}, 4),
        ({"B": "MTIzNA=="}, 4),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"SS": ["a", "bc"]}, 3),
        ({"NS": ["1", "200"]}, 4),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"BOOL": True}]}, 8),
        ({"M": {"a": {"S": "xyz"}}}, 8),
    ],
)
def test_values_have_the_documented_size(value: dict, size: int) -> None:
    """Texts count bytes, numbers two digits a byte, containers three bytes and one per element."""
    assert value_size(value) == size


@given(st.integers(min_value=0, max_value=10**38 - 1))
def test_a_whole_number_has_the_size_that_it_has_with_a_point(number: int) -> None:
    """The shorter way that whole numbers take counts as the general one does."""
    assert value_size({"N": str(number)}) == value_size({"N": f"{number}.0"})


def test_names_count_too() -> None:
    """An item's size is that of its names and values."""
    assert attributes_size({"Id": {"N": "101"}, "Message": {"S": "New item!"}}) == 21
