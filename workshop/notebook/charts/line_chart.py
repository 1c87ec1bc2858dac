"""Lines over time as a drawing of our own, for a chart that moves.

A plotly figure moves only inside a FigureWidget: five megabytes sent at each run of its cell, and on a busy
machine it stays empty. A drawing of a few kilobytes that is replaced once a second moves in every front end,
and the last one stays in the saved notebook. In go series, out comes SVG.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workshop.notebook.markup.html import Html, element

__all__ = ["ChartLine", "draw_lines", "nice_ticks"]

WIDTH, HEIGHT = 880, 190
LEFT, RIGHT, TOP, BOTTOM = 56, 14, 30, 26
STEPS = (1, 2, 2.5, 5, 10)
LETTER_WIDTH = 7.2
DASHES = {"solid": None, "dash": "7 5", "dot": "2 4"}


@dataclass(frozen=True)
class ChartLine:
    """One series; `colour` is a number of the stylesheet's four, `dash` tells it apart without colour."""

    name: str
    values: Sequence[float | None]
    colour: int
    dash: str


def draw_lines(title: str, seconds: Sequence[float], lines: Sequence[ChartLine]) -> Html:
    """Return lines over seconds, with their names above; a gap is where there is no value."""
    highest = max((value for line in lines for value in line.values if value is not None), default=0.0)
    y_ticks, x_ticks = nice_ticks(highest or 1.0), nice_ticks(max([*seconds, 5.0]), at_most=10)
    frame = _Frame(x_ticks[-1], y_ticks[-1])
    told = "; ".join(f"{line.name} {_last(line)}" for line in lines)
    return element(
        "svg",
        element("text", title, x=LEFT, y=16, class_="name"),
        *_legend(lines),
        *(_across(frame, tick) for tick in y_ticks),
        *(_below(frame, tick) for tick in x_ticks),
        *(_path(frame, seconds, line) for line in lines),
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width="100%",
        role="img",
        aria_label=f"{title}. Now: {told}",
        class_="ws-lines",
    )


def nice_ticks(highest: float, *, at_most: int = 5) -> list[float]:
    """Return round numbers from zero to at least `highest`.

    >>> nice_ticks(93), nice_ticks(0.8)
    ([0.0, 20.0, 40.0, 60.0, 80.0, 100.0], [0.0, 0.2, 0.4, 0.6, 0.8])
    """
    step = 10.0**-3
    while True:
        for factor in STEPS:
            if highest <= step * factor * at_most:
                count = -int(-highest // (step * factor))
                return [round(step * factor * number, 6) for number in range(count + 1)]
        step *= 10


@dataclass(frozen=True)
class _Frame:
    """Where values lie in the drawing."""

    longest: float
    highest: float

    def x(self, seconds: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * seconds / self.longest, 1)

    def y(self, value: float) -> float:
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / self.highest, 1)


def _legend(lines: Sequence[ChartLine]) -> list[Html]:
    parts, x = [], WIDTH - RIGHT - 4.0
    for line in reversed(lines):
        x -= LETTER_WIDTH * len(line.name)
        parts.append(element("text", line.name, x=x, y=16, class_="legend"))
        x -= 34
        parts.append(
            element("line", x1=x, x2=x + 28, y1=12, y2=12, class_=f"series c{line.colour}", **_dashed(line))
        )
        x -= 14
    return parts


def _across(frame: _Frame, tick: float) -> Html:
    y = frame.y(tick)
    return element(
        "g",
        element("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y, y2=y, class_="grid"),
        element("text", f"{tick:,g}", x=LEFT - 8, y=y + 4, class_="tick right"),
    )


def _below(frame: _Frame, tick: float) -> Html:
    return element("text", f"{tick:,g} s", x=frame.x(tick), y=HEIGHT - 8, class_="tick middle")


def _path(frame: _Frame, seconds: Sequence[float], line: ChartLine) -> Html | None:
    parts, pen = [], "M"
    for moment, value in zip(seconds, line.values, strict=True):
        if value is None:
            pen = "M"
            continue
        parts.append(f"{pen}{frame.x(moment)} {frame.y(value)}")
        pen = "L"
    if not parts:
        return None
    return element("path", d="".join(parts), class_=f"series c{line.colour}", **_dashed(line))


def _dashed(line: ChartLine) -> dict[str, object]:
    return {"stroke_dasharray": DASHES[line.dash]}


def _last(line: ChartLine) -> str:
    known = [value for value in line.values if value is not None]
    return f"{known[-1]:,.1f}" if known else "not known yet"
