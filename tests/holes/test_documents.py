"""The documents about the holes and the ledger say what the tests and the code say."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from tests.lambdas.handler_bench import Bench, message

HERE = Path(__file__).parent
DOCS = HERE.parents[1] / "docs"
HOLES = [f"h{number:02}" for number in range(1, 26)]
ROW = re.compile(r"^\| H(\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)


def names_of_tests() -> set[str]:
    """Return the names of all tests that are named after a hole."""
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in HERE.glob("test_*.py")]
    names = {node.name for tree in trees for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return {name for name in names if re.match(r"test_h\d\d_", name)}


def rows() -> dict[str, list[str]]:
    """Return the tests that the table names, by hole."""
    text = (DOCS / "holes.md").read_text(encoding="utf-8")
    return {
        f"h{int(number):02}": re.findall(r"`(test_\w+)`", tests) for number, *_, tests in ROW.findall(text)
    }


@pytest.mark.parametrize("hole", HOLES)
def test_every_hole_has_its_tests_in_the_table(hole: str) -> None:
    """The table has a row for every hole, and names each of its tests and no other."""
    tests = {name for name in names_of_tests() if name.startswith(f"test_{hole}_")}

    assert tests
    assert sorted(tests) == sorted(rows()[hole])


def test_the_table_lists_the_holes_in_order() -> None:
    """The table has 25 rows, from H1 to H25."""
    assert list(rows()) == HOLES


@pytest.mark.parametrize("document", ["ledger.md", "holes.md"])
def test_links_lead_somewhere(document: str) -> None:
    """Every link to a file and every path in the documents exists."""
    text = (DOCS / document).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([\w.]+)\)", text)
    paths = re.findall(r"`((?:workshop|solutions|tests)/[\w./]+)`", text)

    assert links
    assert paths
    assert [link for link in links if not (DOCS / link).exists()] == []
    assert [path for path in paths if not (DOCS.parent / path).exists()] == []


def test_a_commit_writes_what_the_page_on_costs_says(bench: Bench) -> None:
    """Map commits a row and a position, Reduce every touched path, the bookkeeping row and a position."""
    tables: list[list[str]] = []

    def watch(request: dict[str, Any]) -> None:
        actions = [action for each in request["TransactItems"] for action in each.items()]
        tables.append([each["TableName"] for kind, each in actions if kind != "ConditionCheck"])

    bench.before_transactions(watch)

    bench.flow(message("a", "1.00"), message("b", "1.00", "PV", "FXSpot", "APAC"))

    by_map, by_reduce = tables
    touched = {"PV", "PV:FXSpot", "PV:FXSpot:EMEA", "PV:FXSpot:APAC", "Grand Total"}
    assert by_map == ["LedgerTable", "ReduceTable"]
    assert by_reduce == ["LedgerTable"] + ["AggregateTable"] * (1 + len(touched))


def test_the_page_names_the_attributes_of_the_ledger(bench: Bench) -> None:
    """Every attribute of LedgerTable, ReduceTable and AggregateTable stands on the page about the ledger."""
    bench.flow(message("a", "1.00"))
    text = (DOCS / "ledger.md").read_text(encoding="utf-8")

    names = {
        name
        for table in ("LedgerTable", "ReduceTable", "AggregateTable")
        for item in bench.items(table)
        for name in item
    }

    assert {name for name in names if f"`{name}`" not in text and not re.fullmatch(r"L\d{3}", name)} == set()
