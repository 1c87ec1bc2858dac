"""Throughput and latency of a run: a drawing that moves while it lasts, and the chart that stays of it.

In go samples, out come displays. Nothing is sent or read here.
"""

from collections.abc import Callable

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from workshop.notebook.charts.figures import COLOURS, chart, template
from workshop.notebook.charts.line_chart import ChartLine, draw_lines
from workshop.notebook.charts.run_samples import WINDOW_SECONDS, RunSamples, Sample
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, element, join, table
from workshop.notebook.markup.texts import NONE, plain_table
from workshop.notebook.views.cards import card, pill
from workshop.pipeline.latency import FIGURES

__all__ = ["draw_moving", "draw_run"]

HEIGHT = 440
ROWS_OF_TWIN = 12
SPEEDS = f"Messages per second, mean of the last {WINDOW_SECONDS:.0f} s"
LATENCY = "Latency in seconds"
Value = Callable[[Sample], float | None]
# Name, value, place of the colour, dash: two lines never differ by colour alone.
UPPER: tuple[tuple[str, Value, int, str], ...] = (
    ("sent", lambda sample: sample.sent_per_second, 0, "dash"),
    ("in the totals", lambda sample: sample.summed_per_second, 1, "solid"),
)
LOWER: tuple[tuple[str, Value, int, str], ...] = (
    ("mean", lambda sample: sample.latency["mean"], 0, "dash"),
    ("p50", lambda sample: sample.latency["p50"], 1, "solid"),
    ("p95", lambda sample: sample.latency["p95"], 2, "dash"),
    ("p99", lambda sample: sample.latency["p99"], 3, "dot"),
)


def draw_moving(samples: RunSamples, total: int, *, label: str, tone: str = "info") -> Shown:
    """Return the run as it is now: its figures, and the lines so far; `label` says how it stands."""
    seconds = [sample.seconds for sample in samples.samples]
    card_html, text = _figures(samples, total, label=label, tone=tone)
    upper = [ChartLine(name, samples.series(value), place, dash) for name, value, place, dash in UPPER]
    lower = [ChartLine(name, samples.series(value), place, dash) for name, value, place, dash in LOWER]
    drawings = [draw_lines(SPEEDS, seconds, upper), draw_lines(LATENCY, seconds, lower)]
    return Shown(element("div", join([card_html, *drawings])), text)


def draw_run(samples: RunSamples, total: int, *, label: str, tone: str) -> tuple[Shown, Shown]:
    """Return what stays of a run: its figures, and the chart with a table as its twin."""
    heads = ("Second", "Sent/s", "In the totals/s", *FIGURES)
    step = max(1, len(samples.samples) // ROWS_OF_TWIN)
    rows = [_row(sample) for sample in samples.samples[::step]]
    caption = f"{SPEEDS}; latency in seconds"
    html = table([(head, "num") for head in heads], [("", row) for row in rows], caption=caption)
    twin = Shown(html, f"{caption}\n{plain_table(heads, rows, right=range(len(heads)))}")
    card_html, text = _figures(samples, total, label=label, tone=tone)
    return Shown(card_html, text), chart(_figure(samples), twin)


def _figures(samples: RunSamples, total: int, *, label: str, tone: str) -> tuple[Html, str]:
    last = samples.samples[-1] if samples.samples else Sample(0, 0, 0, 0, 0, dict.fromkeys(FIGURES))
    figures = [
        ("sent", f"{last.sent:,} of {total:,}"),
        ("in the totals", f"{last.summed:,}"),
        ("messages/s", f"{last.summed_per_second:,.0f}"),
        *((name, _seconds(last.latency[name])) for name in FIGURES),
    ]
    parts = [element("span", f"{name} ", element("strong", told), class_="figure") for name, told in figures]
    title = element("div", pill(label, tone), *parts, class_="row plainly")
    text = f"{label}: " + " · ".join(f"{name} {told}" for name, told in figures)
    # While it moves, a reader of the screen would hear a figure each second.
    return card(title, tone=tone, status=tone != "info"), text


def _figure(samples: RunSamples) -> go.Figure:
    figure = make_subplots(rows=2, shared_xaxes=True, vertical_spacing=0.12)
    seconds = [sample.seconds for sample in samples.samples]
    for half, lines in enumerate((UPPER, LOWER), start=1):
        for name, value, place, dash in lines:
            trace = go.Scatter(
                x=seconds,
                y=samples.series(value),
                name=name,
                mode="lines",
                line={"color": COLOURS[place], "dash": dash, "width": 2.4},
                legend="legend" if half == 1 else "legend2",
            )
            figure.add_trace(trace, row=half, col=1)
    small = {"font": {"size": 12}, "standoff": 6}
    figure.update_layout(
        template=template(),
        height=HEIGHT,
        margin={"l": 60, "r": 16, "t": 30, "b": 40},
        legend={"y": 1.01},
        legend2={"orientation": "h", "x": 1, "xanchor": "right", "y": 0.44, "yanchor": "bottom"},
        hovermode="x unified",
    )
    figure.update_yaxes(title={**small, "text": "messages per second"}, row=1, col=1)
    figure.update_yaxes(title={**small, "text": "latency, s"}, row=2, col=1)
    figure.update_xaxes(title={**small, "text": "seconds since the first message"}, row=2, col=1)
    return figure


def _row(sample: Sample) -> list[str]:
    speeds = [f"{sample.seconds:.1f}", f"{sample.sent_per_second:,.0f}", f"{sample.summed_per_second:,.0f}"]
    return speeds + [_seconds(sample.latency[name]) for name in FIGURES]


def _seconds(value: float | None) -> str:
    return NONE if value is None else f"{value:.2f} s"
