"""The pipeline as a picture: stations in the order of the data, in two rows, with what lies and waits where.

In goes a look at the pipeline, out comes a display: a drawing of our own, and the same as a table. Nothing
is read here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, element, table
from workshop.notebook.markup.texts import NONE, plain_table, plural
from workshop.pipeline.hops import Hop, PipelineLook

__all__ = ["draw_picture"]

PER_ROW = 4
BOX_WIDTH, BOX_HEIGHT = 144, 74
PITCH, ROW_PITCH = 239, 158
LEFT, TOP = 9, 12
WIDTH = LEFT * 2 + PITCH * (PER_ROW - 1) + BOX_WIDTH
HEIGHT = TOP * 2 + ROW_PITCH + BOX_HEIGHT
LONG_NAME = 15
STREAM, ASIDE = "IncomingDataStream", "QuarantineTable"
TITLE = "The pipeline now"


@dataclass(frozen=True)
class Station:
    """A box of the picture; `hop` is the mapping that leads to it, None where there is none."""

    name: str
    figure: str
    note: str
    kind: str
    hop: Hop | None = None


def draw_picture(look: PipelineLook, *, trouble: str = "", moving: bool = False, note: str = "") -> Shown:
    """Return the picture; `trouble` names functions that fail, `moving` lets busy hops run.

    `note` is a line below it.
    """
    stations = _stations(look)
    aside = look.items.get(ASIDE, 0)
    remarks = [f"△ {plural(aside, 'record')} set aside in QuarantineTable"] if aside else []
    remarks += [f"✗ {trouble}"] if trouble else []
    remarks += [note] if note else []
    heads = ("Stage", "Mapping", "Waiting before it", "Oldest", "Writes to", "Items there")
    rows = [
        (
            hop.function,
            f"{_sign(hop)} {hop.state}",
            _waiting(hop),
            _age(hop),
            hop.target,
            f"{look.items.get(hop.target, 0):,}",
        )
        for hop in look.hops
    ]
    styles = ("", "tight", "num", "num", "", "num")
    twin = table(list(zip(heads, styles, strict=True)), [("", row) for row in rows])
    html = element(
        "div",
        _drawing(stations, rows, moving=moving),
        element("p", " · ".join(remarks), class_="soft", role="status") if remarks else None,
        element("details", element("summary", "The same as a table", class_="soft"), twin),
    )
    text = "\n".join([TITLE, plain_table(heads, rows, right=(2, 3, 5)), *remarks])
    return Shown(html, text)


def _stations(look: PipelineLook) -> list[Station]:
    stations = [
        Station("Producer", "", "sends risk messages", "outside"),
        Station(STREAM, plural(look.shards, "shard"), "Kinesis", "store"),
    ]
    for hop in look.hops:
        batch = f"batches of {hop.batch_size:,}" if hop.batch_size else "waits for a mapping"
        trouble = f"△ try {hop.attempts + 1}" if hop.attempts else ""
        stations.append(Station(hop.function, trouble, batch, "function", hop))
        items = plural(look.items.get(hop.target, 0), "item")
        stations.append(Station(hop.target, items, "DynamoDB", "store"))
    return stations


def _drawing(stations: list[Station], rows: Sequence[tuple[str, ...]], *, moving: bool) -> Html:
    places = [
        (LEFT + PITCH * (number % PER_ROW), TOP + ROW_PITCH * (number // PER_ROW))
        for number in range(len(stations))
    ]
    parts = [
        _arrow_head(),
        *(
            _hop_line(station, start, end, moving=moving)
            for station, start, end in zip(stations[1:], places, places[1:], strict=False)
        ),
        *(_box(station, *place) for station, place in zip(stations, places, strict=True)),
    ]
    told = "; ".join(
        f"{row[0]}: mapping {row[1]}, {row[2]} waiting, {row[5]} items in {row[4]}" for row in rows
    )
    return element(
        "svg",
        *parts,
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        width="100%",
        role="img",
        aria_label=f"{TITLE}. {told}",
        class_="ws-picture",
    )


def _arrow_head() -> Html:
    head = element("path", d="M0 0 8 4 0 8z", class_="head")
    marker = element(
        "marker",
        head,
        id="ws-head",
        markerWidth=8,
        markerHeight=8,
        refX=7,
        refY=4,
        orient="auto",
        markerUnits="userSpaceOnUse",
    )
    return element("defs", marker)


def _box(station: Station, x: int, y: int) -> Html:
    middle = x + BOX_WIDTH / 2
    corner = BOX_HEIGHT / 2 if station.kind == "function" else 8
    lines = [
        _name(station.name, middle, y + 24),
        element("text", station.figure, x=middle, y=y + 43, class_="figure") if station.figure else None,
        element("text", station.note, x=middle, y=y + (61 if station.figure else 46), class_="soft note"),
    ]
    shape = element(
        "rect", x=x, y=y, width=BOX_WIDTH, height=BOX_HEIGHT, rx=corner, class_=f"box {station.kind}"
    )
    return element("g", shape, *lines)


def _name(name: str, x: float, y: float) -> Html:
    """Return the name of a station; a long one is set closer, so that it fits whatever the font."""
    fit: dict[str, object] = {}
    if len(name) > LONG_NAME:
        fit = {"textLength": BOX_WIDTH - 14, "lengthAdjust": "spacingAndGlyphs"}
    return element("text", name, x=x, y=y, class_="name", **fit)


def _hop_line(station: Station, start: tuple[int, int], end: tuple[int, int], *, moving: bool) -> Html:
    """Return the line to a station; one that is a mapping says how it stands and what waits."""
    y = start[1] + BOX_HEIGHT / 2
    if start[1] == end[1]:
        path = f"M{start[0] + BOX_WIDTH} {y}H{end[0] - 2}"
        middle, above, below = (start[0] + BOX_WIDTH + end[0]) / 2, y - 10, y + 19
    else:
        turn = start[1] + BOX_HEIGHT + (ROW_PITCH - BOX_HEIGHT) / 2
        half = BOX_WIDTH / 2
        path = f"M{start[0] + half} {start[1] + BOX_HEIGHT}V{turn}H{end[0] + half}V{end[1] - 2}"
        middle, above, below = WIDTH / 2, turn - 8, turn + 18
    hop = station.hop
    if hop is None:
        return element("path", d=path, class_="way", marker_end="url(#ws-head)")
    busy = bool(hop.waiting) and hop.is_connected
    style = f"way mapping{'' if hop.is_connected else ' open'}{' busy' if busy and moving else ''}"
    # Between two boxes there is no room for the sign beside the longest of words.
    waits, state = _waits(hop), f"{_sign(hop)} {hop.state}"
    if not waits:
        waits, state = _sign(hop), hop.state
    return element(
        "g",
        element("path", d=path, class_=style, marker_end="url(#ws-head)"),
        element("text", waits, x=middle, y=above, class_=f"lag{' busy' if busy else ''}"),
        element("text", state, x=middle, y=below, class_=f"state {_tone(hop)}"),
    )


def _waits(hop: Hop) -> str:
    if hop.waiting is not None:
        return f"{_waiting(hop)} waiting"
    return f"oldest {_age(hop)}" if hop.is_connected else ""


def _sign(hop: Hop) -> str:
    return {"Enabled": "●", "Disabled": "‖"}.get(hop.state, "◐" if hop.is_connected else "○")


def _tone(hop: Hop) -> str:
    return "ok" if hop.state == "Enabled" else "soft" if not hop.is_connected else "warn"


def _waiting(hop: Hop) -> str:
    return NONE if hop.waiting is None else f"{hop.waiting:,}"


def _age(hop: Hop) -> str:
    return NONE if hop.age_seconds is None else f"{hop.age_seconds:,.1f} s"
