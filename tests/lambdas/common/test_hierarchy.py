"""How names become paths of the roll-up tree, and how a tree is cut into pieces that fit."""

from urllib.parse import unquote

import pytest
from common.hierarchy import ancestors_of, paths_down_to, split_leaves, tree_order
from common.trades import ROOT, escape_name, leaf_path
from hypothesis import given
from hypothesis import strategies as st

NAMES = st.text(min_size=1, max_size=8) | st.sampled_from(["Grand Total", "#1", "a:b", "%3A", "%", "#"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(tuple)
LEAVES = st.sets(st.lists(st.sampled_from("abcd"), min_size=3, max_size=3).map(":".join), max_size=40)


@pytest.mark.parametrize(
    ("name", "escaped"),
    [
        ("EMEA", "EMEA"),
        ("Côte d'Ivoire", "Côte d'Ivoire"),
        ("a:b", "a%3Ab"),
        ("100 %", "100 %25"),
        ("%3A", "%253A"),
        ("#1", "%231"),
        ("No #1", "No #1"),
        ("##", "%23#"),
        ("😀", "😀"),
        ("Grand Total", "Grand Total"),
    ],
)
def test_a_name_is_escaped_only_where_it_would_be_misread(name: str, escaped: str) -> None:
    """Separators, percent signs and a leading # are escaped; any other text stands as it is."""
    assert escape_name(name) == escaped


def test_only_at_the_top_the_name_of_the_root_is_escaped() -> None:
    """A top-level group called Grand Total has another key than the root row."""
    assert leaf_path(["Grand Total", "Grand Total"]) == "Grand%20Total:Grand Total"


@given(PATHS)
def test_the_names_can_be_read_from_the_path(names: tuple[str, ...]) -> None:
    """Whatever the names are, the path tells them, at the depth where they belong."""
    assert tuple(unquote(name) for name in leaf_path(names).split(":")) == names


@given(PATHS)
def test_no_path_is_a_key_of_the_bookkeeping(names: tuple[str, ...]) -> None:
    """No path of any names equals the root or begins like a bookkeeping row."""
    for path in paths_down_to(leaf_path(names)):
        assert path != ROOT
        assert not path.startswith("#")


def test_a_leaf_lies_below_a_path_of_each_level() -> None:
    """A leaf has an ancestor at every level above it, from the top down."""
    assert paths_down_to("PV:FXSpot:EMEA") == ("PV", "PV:FXSpot", "PV:FXSpot:EMEA")
    assert ancestors_of("PV:FXSpot:EMEA") == ("PV", "PV:FXSpot")


def test_sub_trees_stand_together() -> None:
    """In tree order no other leaf stands between two leaves of one sub-tree."""
    assert tree_order({"a b:x", "a:x", "a:y", "a b:y"}) == ["a:x", "a:y", "a b:x", "a b:y"]


@given(LEAVES, st.integers(3, 20))
def test_a_tree_is_cut_into_runs_within_the_limit(leaves: set[str], limit: int) -> None:
    """Each leaf is in exactly one run, the runs follow the tree, and none costs more than the limit."""
    runs = split_leaves(leaves, limit=limit, cost=lambda _: 1)

    assert [leaf for run in runs for leaf in run] == tree_order(leaves)
    assert all(len({path for leaf in run for path in paths_down_to(leaf)}) <= limit for run in runs)


def test_a_leaf_that_is_too_dear_stands_alone() -> None:
    """A leaf over the limit gets a run of its own instead of being dropped."""
    assert split_leaves(["a:b", "a:c", "d:e"], limit=1, cost=lambda _: 1) == [["a:b"], ["a:c"], ["d:e"]]
