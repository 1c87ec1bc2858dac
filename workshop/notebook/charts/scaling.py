"""Where designs saturate: a chart of the share of each that a load uses, and a table of what waits then.

In goes a rate, out comes a display.
"""

from decimal import Decimal, InvalidOperation

import plotly.graph_objects as go

from workshop.bench.scaling import DESIGNS, Design, first_limit, most, simulate, stages
from workshop.notebook.charts.figures import COLOURS, GREY, chart, template
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import table
from workshop.notebook.markup.texts import plain_table

__all__ = ["draw_scaling"]

RATES = tuple(Decimal(rate) for each in (100, 1_000, 10_000, 100_000) for rate in (each, 2 * each, 5 * each))
SECONDS = 60
HEIGHT = 500
DASHES = ("solid", "dash")


def draw_scaling(rate: float = 4_000) -> Shown:
    """Return how much of each design a load uses, and what waits after a minute of `rate` messages a second.

    Raises:
        ValueError: that is no rate of messages.
    """
    asked = _rate(rate)
    figure = go.Figure(layout={"template": template(), "height": HEIGHT, "margin": {"l": 16, "t": 16}})
    colours = (GREY, *COLOURS)
    for place, (name, design) in enumerate(DESIGNS.items()):
        end = most(design)
        rates = sorted({*RATES, Decimal(end)})
        used = [float(max(stage.used for stage in stages(design, each))) for each in rates]
        line = {"color": colours[place % len(colours)], "dash": DASHES[place // len(colours)]}
        figure.add_scatter(x=[*map(float, rates)], y=used, name=name, mode="lines", line=line)
        mark = {"size": 11, "symbol": "x", "color": line["color"]}
        limit = first_limit(design).name
        figure.add_scatter(x=[end], y=[1], mode="markers", marker=mark, hovertext=limit, showlegend=False)
    decades = {"type": "log", "dtick": 1, "rangemode": "normal"}
    figure.update_xaxes(title_text="messages per second", tickformat=",.0f", **decades)
    figure.update_yaxes(title_text="share of the narrowest stage in use", tickformat=",.0%", **decades)
    figure.add_hline(y=1, line={"color": GREY, "dash": "dot"})
    # Beside the lines it would leave them no room on a small screen.
    figure.update_layout(legend={"x": 0, "xanchor": "left", "y": -0.22, "yanchor": "top"})
    return chart(figure, _table(asked))


def _table(rate: Decimal) -> Shown:
    heads = (
        "design",
        "keeps up with",
        "ends at",
        "whose limit is",
        "waiting after a minute",
        "newest is in after",
    )
    rows = [_row(name, design, rate) for name, design in DESIGNS.items()]
    told = "▲: more than the design keeps up with; times leave out invocations"
    caption = f"{rate.normalize():,f} messages a second; {told}"
    numbers = {1, 4, 5}
    html = table(
        [(head, "num" if place in numbers else "") for place, head in enumerate(heads)],
        [("", row) for row in rows],
        caption=caption,
    )
    return Shown(html, f"{caption}\n{plain_table(heads, rows, right=sorted(numbers))}")


def _row(name: str, design: Design, rate: Decimal) -> tuple[str, ...]:
    limit, keeps_up = first_limit(design), most(design)
    end = simulate(design, [rate] * SECONDS)[-1]
    waiting = sum(end.waiting.values(), Decimal(0))
    told = f"{'▲ ' if rate > keeps_up else ''}{waiting:,.0f}"
    return (name, f"{keeps_up:,}/s", limit.name, limit.limit, told, f"{end.latency:,.0f} s")


def _rate(rate: float) -> Decimal:
    try:
        asked = Decimal(str(rate))
    except InvalidOperation:
        asked = Decimal(0)
    if not (asked.is_finite() and 0 < asked <= RATES[-1]):
        raise ValueError(f"`{rate}` is no rate; choose more than 0 and up to {RATES[-1]:,} messages a second")
    return asked
