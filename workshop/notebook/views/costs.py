"""A monthly bill, and how it grows with the rate: as tables with their text, and as a chart of plotly's.

In go a pipeline and a load, out come displays.
"""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from workshop.notebook.charts.figures import COLOURS, chart, template
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import code_in, element, join, table
from workshop.notebook.markup.texts import plain_table
from workshop.notebook.views.cards import card, pill
from workshop.pipeline.cost import cannot_keep_up, monthly_bill, total, unconfirmed
from workshop.pipeline.load import Load
from workshop.pipeline.prices import DATED

__all__ = ["draw_bill", "draw_growth"]

PIPELINES = ("stateless", "stateful")
RATES = tuple(Decimal(rate) for rate in (1, 10, 100, 1_000, 10_000, 50_000, 100_000))
DASHES = ("solid", "dash")
HEIGHT = 380
LAGS = "▲"


def draw_bill(pipeline: str, load: Load) -> Shown:
    """Return the bill of a month with the arithmetic of every line, and what other rates would cost."""
    lines = monthly_bill(pipeline, load)
    told = f"{total(lines):,.2f} USD a month"
    what = f"{pipeline} pipeline, {load.messages_per_second.normalize():,f} messages a second"
    heads, styles = ("Line", "USD a month", "Arithmetic"), ("", "num", "")
    rows = [(line.item, f"{line.usd:,.2f}", line.arithmetic) for line in lines]
    grown, grown_text = _growth_table(load)
    caption = f"prices of {DATED:%d %B %Y}"
    bill = table(list(zip(heads, styles, strict=True)), [("", row) for row in rows], caption=caption)
    body = join([bill, element("details", element("summary", "Other rates", class_="soft"), grown)])
    notes = [f"{LAGS} This load is too much. {each}." for each in cannot_keep_up(pipeline, load)]
    notes += filter(None, [unconfirmed(lines)])
    pills = [pill(told, "ok"), pill("▲ cannot keep up", "warn")][: 1 + any(LAGS in note for note in notes)]
    title = element("div", *pills, element("span", what), class_="row plainly")
    body = join([*(element("p", code_in(note), class_="prose") for note in notes), body])
    text = "\n".join([f"{told}: {what}", *notes, plain_table(heads, rows, right=(1,)), grown_text])
    return Shown(card(title, body), text)


def draw_growth(pipeline: str, load: Load) -> Shown:
    """Return a chart of what a month costs at other rates, with both axes logarithmic."""
    bills = _growth(load)
    margin = {"l": 88, "r": 16, "t": 48, "b": 56}
    figure = go.Figure(layout={"template": template(), "height": HEIGHT, "margin": margin})
    for name, colour, dash in zip(PIPELINES, COLOURS, DASHES, strict=False):
        line = {"color": colour, "dash": dash, "width": 2.4}
        amounts = [float(usd) for usd in bills[name]]
        figure.add_scatter(x=[*map(float, RATES)], y=amounts, name=name, mode="lines+markers", line=line)
    here = float(load.messages_per_second), float(total(monthly_bill(pipeline, load)))
    mark = {"size": 14, "symbol": "diamond-open", "color": COLOURS[2], "line": {"width": 3}}
    figure.add_scatter(x=[here[0]], y=[here[1]], name="your settings", mode="markers", marker=mark)
    decades = {"type": "log", "dtick": 1, "tickformat": ",.0f", "rangemode": "normal"}
    figure.update_xaxes(title_text="messages per second", **decades)
    figure.update_yaxes(title_text="USD a month", **decades)
    html, text = _growth_table(load)
    return chart(figure, Shown(html, text))


def _lag_mark(pipeline: str, load: Load, rate: Decimal) -> str:
    at_rate = replace(load, messages_per_second=rate, shards=None)
    return f"{LAGS} " if cannot_keep_up(pipeline, at_rate) else ""


def _growth(load: Load) -> Mapping[str, list[Decimal]]:
    """Return what each pipeline costs at each rate, with as many shards as the rate needs."""
    loads = [replace(load, messages_per_second=rate, shards=None) for rate in RATES]
    return {name: [total(monthly_bill(name, each)) for each in loads] for name in PIPELINES}


def _growth_table(load: Load) -> tuple[Any, str]:
    heads = ("messages/s", *PIPELINES)
    bills = _growth(load)
    rows = [
        (f"{rate:,}", *(f"{_lag_mark(name, load, rate)}{bills[name][place]:,.2f}" for name in PIPELINES))
        for place, rate in enumerate(RATES)
    ]
    caption = (
        f"USD a month at other rates, with as many shards as each needs; {LAGS}: cannot keep up as it is"
    )
    html = table([(head, "num") for head in heads], [("", row) for row in rows], caption=caption)
    return html, f"{caption}\n{plain_table(heads, rows, right=range(3))}"
