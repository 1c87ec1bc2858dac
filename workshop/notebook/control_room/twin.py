"""The control room's twin: the same figures in HTML and in text, for a closed notebook and for a terminal.

In goes a snapshot of the control room, out comes a display.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from workshop.notebook.markup.cells import shown_path
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, code_in, element, join, table
from workshop.notebook.markup.texts import NONE, plain_table
from workshop.notebook.views.cards import card, pill
from workshop.notebook.views.totals import signed
from workshop.pipeline.front_end import shown_name, tree_rows
from workshop.pipeline.tables import format_amount
from workshop.pipeline.truth import GRAND_TOTAL

__all__ = ["draw_twin"]

NOTHING_YET = Shown(element("p", "The control room has nothing to show yet.", class_="soft ws-room-twin"), "")
INDENT = "    "
# Meter's state: shape, tone.
METERS = {"empty": ("○", ""), "exact": ("✓", "ok"), "in_flight": ("◐", "info"), "off": ("△", "bad")}
LATENCY = ("mean", "p50", "p95", "p99", "max")
HOPS = ("Function", "Mapping", "Mean batch", "Waiting", "Iterator age", "Errors", "Retries")
Pipeline = Mapping[str, Any]


def draw_twin(snapshot: Mapping[str, Any]) -> Shown:
    """Return what the control room shows at one moment."""
    if not snapshot:
        return NOTHING_YET
    run, pipelines = snapshot["run"], snapshot["pipelines"]
    told = f"{run.get('text') or run['state']} · {snapshot['seconds']:,.0f} s"
    parts: list[Html] = []
    texts = [f"Control room · {told}"]
    for pipeline in pipelines:
        words, said, figures = _meter_lines(pipeline)
        parts += [
            element("p", element("strong", pipeline["name"]), " ", pill(words, _tone(pipeline))),
            *(element("p", code_in(line)) for line in said),
            element("p", figures, class_="soft"),
        ]
        texts += [f"{pipeline['name']}: {words}", *(f"  {line}" for line in (*said, figures))]
    heads, rows = ("Risk", *(each["name"] for each in pipelines)), _total_rows(pipelines)
    columns = [("Risk", ""), *((head, "num") for head in heads[1:])]
    drawn = [
        ("sum" if path == GRAND_TOTAL else "", [_indented(path, cells[0]), *cells[1:]])
        for path, cells in rows
    ]
    parts.append(table(columns, drawn, caption="Totals"))
    texts.append(plain_table(heads, [cells for _, cells in rows], right=range(1, len(heads))))
    for pipeline in pipelines:
        if hops := [_hop(hop) for hop in pipeline.get("hops") or ()]:
            caption = f"Functions of {pipeline['name']}"
            styled = [(head, "num" if place > 1 else "") for place, head in enumerate(HOPS)]
            parts.append(table(styled, [("", hop) for hop in hops], caption=caption))
            texts += [caption, plain_table(HOPS, hops, right=range(2, len(HOPS)))]
    title = element("div", "Control room ", element("span", told, class_="soft plainly"))
    html = element("div", card(title, join(parts), status=False), class_="ws-room-twin")
    return Shown(html, "\n".join(texts))


def _tone(pipeline: Pipeline) -> str:
    return METERS.get(pipeline["meter"]["state"], METERS["empty"])[1]


def _meter_lines(pipeline: Pipeline) -> tuple[str, list[str], str]:
    """Return the headline of a pipeline, what is said below it, and its figures."""
    meter = pipeline["meter"]
    shape, _ = METERS.get(meter["state"], METERS["empty"])
    words = _meter_words(meter)
    # What the headline says already is not said again.
    said = str(meter.get("text") or "").removeprefix(f"{words}: ")
    return f"{shape} {words}", [said] if said else [], _figures(pipeline)


def _meter_words(meter: Mapping[str, Any]) -> str:
    match meter["state"]:
        case "exact":
            return "Exact to the cent"
        case "in_flight":
            # AWS does not tell how many, and totals may move although nothing waits.
            return f"{meter['in_flight']:,} still in flight" if meter.get("in_flight") else "Not there yet"
        case "off":
            off_by = "" if meter.get("off_by") is None else f" by {signed(Decimal(meter['off_by']))}"
            where = f" at {shown_path(meter['path'])}" if meter.get("path") else ""
            since = "" if meter.get("since") is None else f" since {meter['since']:,.0f} s"
            trade = f", trade {meter['trade']}" if meter.get("trade") else ""
            return f"Off{off_by}{since}{where}{trade}"
    return "Nothing sent yet"


def _figures(pipeline: Pipeline) -> str:
    latency = pipeline.get("latency") or {}
    applied = pipeline.get("applied_per_second")
    parts = [
        f"applied per second {NONE if applied is None else f'{applied:,.0f}'}",
        *(f"{name} {_seconds(latency.get(name))}" for name in LATENCY),
    ]
    return " · ".join(parts)


def _total_rows(pipelines: Sequence[Pipeline]) -> list[tuple[str, list[str]]]:
    paths = {path: Decimal(0) for each in pipelines for path in each["totals"]}
    return [
        (
            row.path,
            [INDENT * row.depth + shown_name(row.name), *(_total(each, row.path) for each in pipelines)],
        )
        for row in tree_rows(paths)
    ]


def _indented(path: str, name: str) -> Html:
    return element("span", name.strip(), style=f"padding-left:{path.count(':') * 22}px")


def _total(pipeline: Pipeline, path: str) -> str:
    total = pipeline["totals"].get(path)
    return NONE if total is None else format_amount(Decimal(total), grouped=True)


def _hop(hop: Mapping[str, Any]) -> list[str]:
    batch = hop.get("mean_batch")
    return [
        str(hop["function"]),
        str(hop.get("state") or NONE),
        NONE if batch is None else f"{batch:,.1f}",
        *(NONE if hop.get(name) is None else f"{hop[name]:,}" for name in ("waiting",)),
        _seconds(hop.get("age_seconds")),
        *(NONE if hop.get(name) is None else f"{hop[name]:,}" for name in ("errors", "retries")),
    ]


def _seconds(value: float | None) -> str:
    return NONE if value is None else f"{value:,.2f} s"
