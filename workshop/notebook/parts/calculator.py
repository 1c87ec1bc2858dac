"""`ws.cost_calculator()`: a month's bill that follows named controls, and a chart of cost against rate."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped] # it brings no types

from workshop.notebook.controls.widgets import clicks, show_control
from workshop.notebook.markup.display import Live, Shown
from workshop.notebook.markup.html import code_in, element
from workshop.notebook.views.costs import draw_bill, draw_growth
from workshop.pipeline.load import ARCHITECTURES, EXTENDED_HOURS, FREE_HOURS, MEMORY_RANGE, MOST_HOURS, Load

__all__ = ["CostCalculator", "cost_calculator"]

AS_NEEDED = "shards, as many as needed"
STREAMS: Mapping[str, Mapping[str, Any]] = {
    AS_NEEDED: {},
    "on demand, by the gigabyte": {"on_demand": True},
    **{f"{count} shards": {"shards": count} for count in (2, 10, 50, 100, 200)},
}
MEMORIES = {"as in the templates": 0, **{f"{MEMORY_RANGE[0] * 2**n:,} MB": 128 * 2**n for n in range(6)}}
RETENTIONS = {"24 hours": FREE_HOURS, "7 days": EXTENDED_HOURS, "30 days": 30 * 24, "a year": MOST_HOURS}
LABELS: Mapping[str, str] = {
    "pipeline": "Pipeline",
    "rate": "Messages per second",
    "stream": "Stream",
    "pack": "Messages in a record",
    "duplicates": "Sent twice, %",
    "modify": "Newer versions, %",
    "window": "Batch window, seconds",
    "memory": "Memory of each function",
    "architecture": "Architecture",
    "retention": "Records are kept for",
}


class CostCalculator:
    """The controls, the chart beside them, and below them the bill, which stays in the saved notebook.

    `fields` are the widgets by name: a program can set their `value` as a person does.
    """

    def __init__(self, pipeline: str = "stateless", rate: float = 50_000) -> None:
        number, pick = widgets.BoundedFloatText, widgets.Dropdown
        whole = widgets.BoundedIntText
        self.fields: dict[str, Any] = {
            "pipeline": pick(options=["stateless", "stateful"], value=pipeline),
            "rate": number(value=rate, min=0.001, max=10_000_000),
            "stream": pick(options=list(STREAMS), value=AS_NEEDED),
            "pack": whole(value=1, min=1, max=4_000),
            "duplicates": number(value=0, min=0, max=99),
            "modify": number(value=0, min=0, max=100),
            "window": whole(value=1, min=1, max=300),
            "memory": pick(options=list(MEMORIES.items())),
            "architecture": pick(options=ARCHITECTURES),
            "retention": pick(options=list(RETENTIONS.items())),
        }
        for name, field in self.fields.items():
            field.description = LABELS[name]
            field.style = {"description_width": "175px"}
            field.layout = {"width": "390px"}
        # Unlike an output of the cell, a widget's is drawn anew when it is set: plotly's charts need that.
        self._chart = widgets.Output()
        grid = widgets.Box([*self.fields.values()], layout={"flex_flow": "row wrap"})
        box = widgets.VBox([grid, self._chart])
        change = clicks(box)
        for field in self.fields.values():
            field.observe(lambda _: change(self._follow), "value")
        show_control(box, "Controls of the cost calculator")
        self._said = Live(self._answer())
        self._said.close()

    @property
    def shown(self) -> Shown:
        """What the calculator says now."""
        return self._said.latest

    def _ipython_display_(self) -> None:
        """Show nothing more: it stands in its own cell."""

    def _follow(self) -> None:
        self._said.update(self._answer())

    def _answer(self) -> Shown:
        """Return the bill of the settings, or what is wrong with them."""
        values = {name: field.value for name, field in self.fields.items()}
        try:
            load = Load(
                messages_per_second=Decimal(str(values["rate"])),
                messages_per_record=values["pack"],
                duplicates=Decimal(str(values["duplicates"])),
                modify=Decimal(str(values["modify"])),
                window_seconds=values["window"],
                memory_mb=values["memory"] or None,
                architecture=values["architecture"],
                retention_hours=values["retention"],
                **STREAMS[values["stream"]],
            )
        except ValueError as error:
            self._chart.outputs = ()
            told = f"✗ No such bill: {error}."
            return Shown(element("p", code_in(told), role="status"), told)
        chart = draw_growth(values["pipeline"], load)._repr_mimebundle_()
        self._chart.outputs = ({"output_type": "display_data", "data": chart, "metadata": {}},)
        return draw_bill(values["pipeline"], load)


def cost_calculator(pipeline: str = "stateless", rate: float = 50_000) -> CostCalculator:
    """Show what a pipeline costs on AWS in a month, with fields for everything that a bill depends on.

    Asks nothing of any cloud; in a terminal `workshop cost` does the same. Returns the calculator, whose
    `fields` have the names of that command's options.
    """
    return CostCalculator(pipeline, rate)
