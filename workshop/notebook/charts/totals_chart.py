"""The totals as a sunburst or a treemap, the Grand Total at the root.

An area cannot be negative. A leaf's area is the amount without its sign, a parent's the sum of its
children's areas, and the sign is told by a word and a pattern. So areas show how much risk lies where, labels
show what it adds up to, and colours tell the top level's groups apart.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from workshop.errors import ConfigurationError
from workshop.notebook.charts.figures import chart, template
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.texts import MINUS
from workshop.pipeline.aggregates import AggregateSnapshot, sort_key
from workshop.pipeline.front_end import shown_name
from workshop.pipeline.tables import format_amount
from workshop.pipeline.truth import GRAND_TOTAL

__all__ = ["KINDS", "areas", "draw_chart"]

EXTRAS: Mapping[str, Mapping[str, object]] = {
    "sunburst": {"insidetextorientation": "auto", "leaf": {"opacity": 1}},
    "treemap": {"pathbar": {"visible": False}},
}
KINDS = tuple(EXTRAS)
HEIGHT = 520
THOUSAND = Decimal(1000)
ROOT = "#4a5563"
# Those of the control room: a hue for each group of the top level. White text has 4.5:1 on each; lower levels
# are a little darker than their parents.
SHADES = (
    ("#2a6cb3", "#225a97", "#1b4a7d"),
    ("#0f766e", "#0c635c", "#0a514b"),
    ("#7a4bb8", "#673d9f", "#553186"),
    ("#a8500f", "#8f430b", "#773708"),
    ("#b0306a", "#962658", "#7d1e49"),
    ("#566510", "#48550c", "#3b4609"),
    ("#4c55c4", "#3f47a9", "#343b8f"),
    ("#8a5a00", "#744b00", "#5f3d00"),
)


def draw_chart(kind: str, snapshot: AggregateSnapshot, twin: Shown) -> Shown:
    """Return the chart; `twin` is the tree table of the same snapshot.

    Raises:
        ConfigurationError: there is no such kind of chart.
    """
    if kind not in KINDS:
        raise ConfigurationError(
            f"there is no chart `{kind}`; `ws.totals()` draws the tree, and {' or '.join(KINDS)} a chart"
        )
    totals = snapshot.live_totals
    if len(totals) <= 1:
        return twin
    layout = {"template": template(), "height": HEIGHT, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}}
    return chart(go.Figure(_trace(kind, totals), layout), twin)


def _trace(kind: str, totals: Mapping[str, Decimal]) -> dict[str, Any]:
    """Return the totals as plotly draws them."""
    paths = sorted(totals, key=sort_key)
    sizes = areas(totals)
    groups = [path for path in paths if _parent(path) == GRAND_TOTAL]
    return {
        "type": kind,
        "ids": paths,
        "labels": [_label(kind, path, totals) for path in paths],
        "parents": [_parent(path) for path in paths],
        "values": [float(sizes[path]) for path in paths],  # for drawing alone
        "text": [_short(totals[path], full=path == GRAND_TOTAL) for path in paths],
        "customdata": [_told(totals[path]) for path in paths],
        "branchvalues": "total",
        "texttemplate": "%{label}<br>%{text}",
        "hovertemplate": "<b>%{label}</b><br>%{customdata}<extra></extra>",
        "textfont": {"color": "#ffffff"},
        "marker": {
            "colors": [_colour(path, groups) for path in paths],
            "pattern": {
                "shape": ["" if totals[path] >= 0 else "/" for path in paths],
                "fillmode": "overlay",
                "fgcolor": "rgba(255,255,255,.28)",
                "solidity": 0.15,
            },
            "line": {"color": "rgba(255,255,255,.6)", "width": 1},
        },
        **EXTRAS[kind],
    }


def areas(totals: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Return the area of each path: of a leaf its amount without sign, of a parent its children's sum."""
    sizes: dict[str, Decimal] = {}
    for path in sorted(totals, key=lambda each: (each == GRAND_TOTAL, -each.count(":"))):
        children = [each for each in sizes if _parent(each) == path]
        sizes[path] = sum((sizes[each] for each in children), Decimal(0)) if children else abs(totals[path])
    return sizes


def _parent(path: str) -> str:
    if path == GRAND_TOTAL:
        return ""
    return path.rpartition(":")[0] or GRAND_TOTAL


def _label(kind: str, path: str, totals: Mapping[str, Decimal]) -> str:
    """Return what an area is called: above the areas inside another, a treemap writes nothing but that."""
    name = shown_name(path.rpartition(":")[2])
    is_outer = kind == "treemap" and any(_parent(each) == path for each in totals)
    return f"{name} · {_short(totals[path], full=path == GRAND_TOTAL)}" if is_outer else name


def _told(total: Decimal) -> str:
    amount = format_amount(abs(total), grouped=True)
    return amount if total >= 0 else f"{MINUS}{amount} (negative)"


def _short(total: Decimal, *, full: bool) -> str:
    """Return an amount that fits into a narrow area; the exact one is told on hovering, and in the twin."""
    size = abs(total)
    if full or size < THOUSAND:
        return _told(total)
    unit, word = (THOUSAND * THOUSAND, "M") if size >= THOUSAND * THOUSAND else (THOUSAND, "k")
    return f"{MINUS if total < 0 else ''}{size / unit:,.2f} {word}{' (negative)' if total < 0 else ''}"


def _colour(path: str, groups: Sequence[str]) -> str:
    if path == GRAND_TOTAL:
        return ROOT
    shades = SHADES[groups.index(path.partition(":")[0]) % len(SHADES)]
    return shades[min(path.count(":"), len(shades) - 1)]
