"""`ws.scaling`: where designs saturate, as a chart with its table."""

import pytest

from workshop.bench.scaling import DESIGNS, most
from workshop.notebook.charts.figures import PLOTLY
from workshop.notebook.charts.scaling import draw_scaling


def test_each_design_has_a_line_and_its_end() -> None:
    """A cross stands where a design is used up, and the line of its design passes there."""
    shown = draw_scaling(4_000)
    traces = shown._repr_mimebundle_()[PLOTLY]["data"]
    crosses = [trace["x"] for trace in traces if trace["mode"] == "markers"]

    assert [trace["name"] for trace in traces if trace["mode"] == "lines"] == [*DESIGNS]
    assert crosses == [[most(design)] for design in DESIGNS.values()]
    lines = [dict(zip(trace["x"], trace["y"], strict=True)) for trace in traces if trace["mode"] == "lines"]
    assert [line[cross] for line, [cross] in zip(lines, crosses, strict=True)] == pytest.approx([1] * 7, 1e-3)


def test_the_table_says_what_waits() -> None:
    """Whoever has no chart reads each design, its end, and what waits at the given rate."""
    lines = {line[:34].strip(): line for line in draw_scaling(4_000).text.splitlines()}

    assert "▲ 120,000" in lines["a row for each message"]
    assert "▲" not in lines["for ten times as much"]


@pytest.mark.parametrize("rate", [0, -1, "x", float("nan"), 10**9])
def test_what_is_no_rate_is_refused(rate: float) -> None:
    """A rate is a number of messages that the chart can show."""
    with pytest.raises(ValueError, match="is no rate"):
        draw_scaling(rate)
