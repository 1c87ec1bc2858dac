"""Plotly charts that read in light and in dark, and never ask anything from outside.

A chart is sent as data for the renderer that JupyterLab has on board, with HTML and text beside it for
whoever has none. These charts stay as they are; what moves stands in the control room.
"""

import json
from collections.abc import Mapping
from typing import Any

import plotly.graph_objects as go

from workshop.notebook.markup.display import Shown

__all__ = ["BLUE", "COLOURS", "GREY", "ORANGE", "PURPLE", "TEAL", "chart", "template"]

PLOTLY = "application/vnd.plotly.v1+json"
# Mid-grey reads on white and on JupyterLab's dark ground; the stylesheet sharpens it where it applies.
GREY = "#7c7f85"
BLUE, ORANGE, TEAL, PURPLE = "#3b82c4", "#d9762b", "#1f9e89", "#9468bd"
COLOURS = (BLUE, TEAL, ORANGE, PURPLE)
CLEAR = "rgba(0,0,0,0)"
FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"


def template() -> dict[str, Any]:
    """Return the workshop's plotly template."""
    axis = {
        "gridcolor": "rgba(128,128,128,.25)",
        "linecolor": "rgba(128,128,128,.5)",
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": "rgba(128,128,128,.5)",
        "title": {"standoff": 10, "font": {"size": 13}},
        "automargin": True,
    }
    return {
        "layout": {
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "font": {"color": GREY, "family": FONT, "size": 13},
            "title": {"font": {"size": 15}, "x": 0.01, "xanchor": "left"},
            "colorway": [BLUE, ORANGE, TEAL, PURPLE],
            "xaxis": axis,
            "yaxis": {**axis, "rangemode": "tozero"},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 1, "xanchor": "right"},
            "hoverlabel": {"font": {"family": FONT}},
            "margin": {"l": 56, "r": 16, "t": 48, "b": 40},
        }
    }


def chart(figure: go.Figure, twin: Shown) -> Shown:
    """Return a chart as a display; `twin` tells the same without it."""
    document: Mapping[str, Any] = json.loads(figure.to_json())
    # JupyterLab redraws it in a window of another size; plotly's `responsive` would drop the height as well.
    bundle = {**document, "config": {"displaylogo": False, "displayModeBar": False}}
    return Shown(twin.html, twin.text, {PLOTLY: bundle})
