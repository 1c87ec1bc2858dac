"""What a template's parts refer to. Pure functions."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workshop.cloud.offline.overlay.cloudformation.references import (
    CircularDependencyError,
    creation_order,
    dependencies,
    references,
)


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"Ref": "A"}, [("A", None)]),
        ({"Fn::GetAtt": ["A", "Arn"]}, [("A", "Arn")]),
        ({"Fn::GetAtt": "A.Arn.More"}, [("A", "Arn.More")]),
        ({"Fn::Sub": "${A}/${B.Arn}/${!C}"}, [("A", None), ("B", "Arn")]),
        ({"Fn::Sub": ["${A}${Own}", {"Own": {"Ref": "B"}}]}, [("B", None), ("A", None)]),
        ({"Fn::If": ["Condition", {"Ref": "A"}, [{"Ref": "B"}]]}, [("A", None), ("B", None)]),
        ({"Statement": [{"Resource": {"Fn::GetAtt": ["A", "Arn"]}}]}, [("A", "Arn")]),
        ("${A}", []),
    ],
)
def test_references_are_found_wherever_they_stand(value: Any, found: list[Any]) -> None:
    """Every way to name a resource counts, at any depth; text without a function does not."""
    assert list(references(value)) == found


def test_a_resource_waits_for_what_it_depends_on() -> None:
    """`DependsOn` may be a name or a list of names."""
    assert list(dependencies({"DependsOn": "A"})) == ["A"]
    assert list(dependencies({"DependsOn": ["A", "B"], "Properties": {"P": {"Ref": "C"}}})) == ["A", "B", "C"]


def test_a_circle_is_named() -> None:
    """Resources that wait for each other are refused by name, without those that only wait for them."""
    resources = {"A": {"DependsOn": "B"}, "B": {"DependsOn": "C"}, "C": {"DependsOn": "B"}}

    with pytest.raises(CircularDependencyError) as caught:
        creation_order(resources)

    assert caught.value.names == ("B", "C")


@given(st.lists(st.sets(st.integers(0, 9)), min_size=1, max_size=10))
def test_everything_comes_after_what_it_needs(needs: list[set[int]]) -> None:
    """An order contains every resource once, each after the ones it depends on."""
    resources = {
        f"R{index}": {"DependsOn": [f"R{other}" for other in sorted(others) if other < index]}
        for index, others in enumerate(needs)
    }
    backwards = dict(reversed(resources.items()))

    order = creation_order(backwards)

    assert sorted(order) == sorted(resources)
    for name, resource in resources.items():
        assert all(order.index(needed) < order.index(name) for needed in resource["DependsOn"])
