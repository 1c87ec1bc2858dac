"""The control room's view: one widget that draws snapshots, and its twin in HTML and text.

In go snapshots, out comes what a person does in the widget, as dicts: `{"do": "start"}`, `pause`, `stop`,
`{"do": "set", "set": {name: value}}`, `{"do": "follow", "trade": id}`. Nothing is read, counted or sent
here. The page's code is in `page/`; plotly goes there once for a page, compressed, when it asks.
"""

import gzip
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import traitlets
from plotly.offline import get_plotlyjs

from workshop.notebook.control_room.twin import draw_twin
from workshop.notebook.controls.widgets import Control, show_control
from workshop.notebook.markup.display import Live, Shown, framed
from workshop.notebook.markup.style import STYLESHEET

__all__ = ["RoomView", "Snapshot"]

Snapshot = Mapping[str, Any]
PAGE = Path(__file__).with_name("page")
# In the order in which they build on each other; the page gets them as one module.
SCRIPTS = (
    "elements",
    "amounts",
    "tree",
    "treegrid",
    "pictures",
    "lines",
    "meters",
    "hops",
    "controls",
    "memory",
    "header",
    "totals",
    "widget",
)
TWIN_EVERY_SECONDS = 10.0
EXPORTED = "control-room.csv"
LABEL = "The control room: a widget, which needs a browser and a kernel"


def page_script() -> str:
    """Return the page's code as one module."""
    return "\n".join((PAGE / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)


def page_style() -> str:
    """Return the house's stylesheet with the control room's own."""
    return f"{STYLESHEET}\n{(PAGE / 'widget.css').read_text(encoding='utf-8')}"


@cache
def packed_plotly() -> bytes:
    """Return plotly's own script from its package, with gzip: 1.5 MB rather than 4.8."""
    return gzip.compress(get_plotlyjs().encode(), compresslevel=6, mtime=0)


class _RoomWidget(anywidget.AnyWidget):  # type: ignore[misc] # it brings no types
    """What the page and the kernel share: the newest snapshot, and the answer to the last question."""

    _esm = page_script()
    _css = page_style()
    snapshot = traitlets.Dict().tag(sync=True)
    answer = traitlets.Dict().tag(sync=True)


class RoomView:
    """The control room in an output: the widget, and before it a twin that outlives the kernel.

    `on_command` gets what a person does, in the kernel's thread; `ticks` returns every snapshot of the run,
    oldest first, for a page that has just been opened; `export` returns the run as CSV. `show` may be called
    from any thread.
    """

    def __init__(
        self,
        on_command: Callable[[dict[str, Any]], object],
        *,
        ticks: Callable[[], list[dict[str, Any]]] = list,
        export: Callable[[], str] = str,
    ) -> None:
        self._on_command = on_command
        self._ticks = ticks
        self._export = export
        self._twin: Live | None = None
        self._twin_of: tuple[object, ...] = ()
        self._control: Control | None = None
        self.widget = _RoomWidget()
        self.widget.on_msg(self._hear)

    def display(self) -> None:
        """Put twin and widget into the output of this cell."""
        self._twin = Live(draw_twin(self.widget.snapshot))
        self._control = show_control(self.widget, LABEL)

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot; the twin follows when the run or a meter turns, and every ten seconds."""
        self.widget.snapshot = dict(snapshot)
        meters = tuple(each["meter"]["state"] for each in snapshot["pipelines"])
        looks = (snapshot["run"]["state"], meters, snapshot["seconds"] // TWIN_EVERY_SECONDS)
        if self._twin is not None and looks != self._twin_of:
            self._twin_of = looks
            self._twin.update(draw_twin(snapshot))

    def answer(self, trade: str, shown: Shown) -> None:
        """Show what was found out about a trade."""
        self.widget.answer = {"trade": trade, "html": str(framed(shown.html)), "text": shown.text}

    def close(self) -> None:
        """Leave the last state as the twin, and take the widget away."""
        if self._twin is not None:
            self._twin.close(draw_twin(self.widget.snapshot))
        if self._control is not None:
            self._control.close()

    def _hear(self, _: Any, message: dict[str, Any], __: Any) -> None:
        match message.get("do"):
            case "plotly":
                self.widget.send({"kind": "plotly"}, [packed_plotly()])
            case "history":
                self.widget.send({"kind": "ticks", "ticks": self._ticks()})
            case "export":
                self.widget.send({"kind": "csv", "name": EXPORTED, "text": self._export()})
            case _:
                self._on_command(message)
