"""The cost calculator: every field moves the bill, every field has a name, and text tells all of it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.notebook.test_check_card import open_page
from workshop.course.tools.costs import CostTools
from workshop.notebook.parts.calculator import LABELS, CostCalculator, cost_calculator

PLOTLY = "application/vnd.plotly.v1+json"


@pytest.fixture
def calculator() -> CostCalculator:
    """The calculator as it opens: stateless, 50,000 messages a second."""
    return cost_calculator()


def test_it_opens_with_the_published_rate(calculator: CostCalculator) -> None:
    """The bill of the published claim stands there at once, each line with its arithmetic."""
    assert calculator.shown.text.startswith("3,407.00 USD a month: stateless pipeline, 50,000 messages")
    assert "puts 50,000/s" in calculator.shown.text
    assert "puts 50,000/s" in str(calculator.shown.html)


@pytest.mark.parametrize(
    ("field", "value", "settings"),
    [
        ("rate", 1_000.0, {"messages_per_second": 1_000}),
        ("pipeline", "stateful", {"pipeline": "stateful"}),
        ("pack", 40, {"messages_per_record": 40}),
        ("window", 5, {"window_seconds": 5}),
        ("stream", "on demand, by the gigabyte", {"on_demand": True}),
        ("stream", "100 shards", {"shards": 100}),
        ("memory", 1_024, {"memory_mb": 1_024}),
        ("architecture", "x86_64", {"architecture": "x86_64"}),
        ("retention", 168, {"retention_hours": 168}),
        ("duplicates", 12.5, {"pipeline": "stateful", "duplicates": 12.5}),
        ("modify", 3.0, {"pipeline": "stateful", "modify": 3}),
    ],
)
def test_each_field_moves_the_bill(
    calculator: CostCalculator, field: str, value: object, settings: dict[str, Any]
) -> None:
    """A change of one field shows what the model says for it."""
    calculator.fields["pipeline"].value = settings.get("pipeline", "stateless")
    before = calculator.shown.text
    calculator.fields[field].value = value

    month: Decimal = CostTools().month(**{"pipeline": "stateless", "messages_per_second": 50_000} | settings)
    assert calculator.shown.text.startswith(f"{month:,.2f} USD a month")
    assert field == "pipeline" or calculator.shown.text != before
    assert month != Decimal("3407.00")


def test_the_chart_follows_and_has_a_table_as_its_twin(calculator: CostCalculator) -> None:
    """The chart holds both pipelines and the mark of the settings; text and table say the same numbers."""
    before = calculator._chart.outputs
    calculator.fields["rate"].value = 1_000.0
    [shown] = calculator._chart.outputs

    names = [trace["name"] for trace in shown["data"][PLOTLY]["data"]]
    assert names == ["stateless", "stateful", "your settings"]
    assert (shown,) != before
    assert "89,046.96" in shown["data"]["text/plain"]
    assert "89,046.96" in shown["data"]["text/html"]
    assert "89,046.96" in calculator.shown.text


def test_an_impossible_bill_is_said_where_the_bill_stood(calculator: CostCalculator) -> None:
    """Too few shards are refused in words, and the next change brings a bill again."""
    calculator.fields["stream"].value = "2 shards"
    assert calculator.shown.text == "✗ No such bill: this load needs 50 shards, more than 2."

    calculator.fields["rate"].value = 500.0
    assert "USD a month" in calculator.shown.text


def test_every_field_has_a_name(calculator: CostCalculator) -> None:
    """Each control is labelled, so that a screen reader and the keyboard find it."""
    assert {name: field.description for name, field in calculator.fields.items()} == LABELS


@pytest.mark.parametrize(
    "ask",
    [
        lambda costs: costs.bill("stateful", "x"),
        lambda costs: costs.limits("x", 5),
        lambda costs: costs.shards("x"),
        lambda costs: costs.standing(-1),
    ],
)
def test_a_load_that_is_none_is_refused_in_words(ask: Callable[[CostTools], object]) -> None:
    """What is no rate, no pipeline or no number of shards has no price, and is not said to keep up."""
    with pytest.raises(ValueError, match=r"`(x|-1)`"):
        ask(CostTools())


def test_on_a_page_that_was_opened_later_no_bill_stays_that_is_another_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where the bill below would not follow, the chart beside the fields does not follow either."""
    open_page(monkeypatch)
    calculator = CostCalculator()
    before = calculator.shown.text
    open_page(monkeypatch)

    calculator.fields["rate"].value = 1

    assert calculator.shown.text == before
