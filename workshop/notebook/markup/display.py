"""What a display is: HTML and its plain twin in one value, shown at once, and readable in a closed notebook.

A `Shown` goes into a cell's output; a `Live` is an output that changes while something runs. Outside of
IPython both print their text. Nothing here knows what is displayed.
"""

import sys
import uuid
from collections.abc import Mapping
from typing import Any, TypeVar

from workshop.notebook.markup.html import Html, element
from workshop.notebook.markup.style import STYLESHEET

__all__ = ["NOTHING", "Live", "Shown", "framed", "shell", "show"]


def shell() -> Any:
    """Return IPython's shell, or None in a plain Python."""
    # Looked up rather than imported: a plain Python that shows text need not load IPython.
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def framed(content: Html) -> Html:
    """Return markup with the stylesheet that it needs."""
    style = element("style", Html(STYLESHEET))
    return element("div", style, content, class_="ws")


class Shown:
    """One display: `text` tells everything that `html` shows; `extra` holds further forms by MIME type."""

    def __init__(self, html: Html, text: str, extra: Mapping[str, Any] | None = None) -> None:
        self.html = html
        self.text = text
        self.extra = dict(extra or {})
        self._shown_in: int | None = None

    def __repr__(self) -> str:
        return self.text

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ARG002
        """Return all forms, as Jupyter asks for them."""
        return {**self.extra, "text/html": str(framed(self.html)), "text/plain": self.text}

    def _ipython_display_(self) -> None:
        """Show it, unless the same cell has just done so: a method shows, and its value ends the cell."""
        running = shell()
        if running is None or running.execution_count != self._shown_in:
            self.publish()

    def publish(self) -> None:
        """Put it into the output."""
        running = shell()
        if running is None:
            sys.stdout.write(self.text + "\n")
            return
        self._shown_in = running.execution_count
        running.display_pub.publish(self._repr_mimebundle_())


NOTHING = Shown(Html(""), "")
AnyShown = TypeVar("AnyShown", bound=Shown)


def show(shown: AnyShown) -> AnyShown:
    """Show something now and return it."""
    shown.publish()
    return shown


class Live:
    """An output that can be replaced as long as the kernel lives, from any thread."""

    def __init__(self, first: Shown) -> None:
        self._id = uuid.uuid4().hex
        self._latest = first
        self._publish(first, update=False)

    def _ipython_display_(self) -> None:
        """Show nothing more: it stands in its own cell."""

    @property
    def latest(self) -> Shown:
        """What is in the output now."""
        return self._latest

    def update(self, shown: Shown) -> None:
        """Replace what is in the output, unless it would look the same."""
        if (shown.text, shown.html) != (self._latest.text, self._latest.html):
            self._latest = shown
            self._publish(shown, update=True)

    def replace(self, shown: Shown) -> None:
        """Replace what is in the output, whatever it is."""
        self._latest = shown
        self._publish(shown, update=True)

    def close(self, shown: Shown | None = None) -> None:
        """Show the last state; a plain Python prints only this one."""
        if shown is not None:
            self.update(shown)
        if shell() is None:
            self._latest.publish()

    def _publish(self, shown: Shown, *, update: bool) -> None:
        running = shell()
        if running is not None:
            running.display_pub.publish(
                shown._repr_mimebundle_(),
                transient={"display_id": self._id},
                update=update,
            )
