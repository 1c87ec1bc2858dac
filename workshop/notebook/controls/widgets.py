"""The few widgets: a row of buttons for options, a field for a number, sliders with a button.

Each hands what a person chose to a function of the caller and knows nothing else. A row that has done its
work takes itself out of the output, so that a saved notebook does not hold dead buttons. On a page that was
opened later the outputs beside a widget change no more, so there a click does nothing but say what to do.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped] # it brings no types

from workshop.notebook.markup.display import NOTHING, Live, Shown, shell
from workshop.notebook.markup.html import Html, code_in, element
from workshop.notebook.views.errors import failed

__all__ = [
    "ButtonRow",
    "Buttons",
    "Control",
    "Slider",
    "choice",
    "clicks",
    "number_field",
    "panel",
    "show_control",
]

WIDGET = "application/vnd.jupyter.widget-view+json"
ANSWER = "Your answer:"
OPENED_LATER = "△ The page was opened anew after this cell had run: run this cell again."
Buttons = Mapping[str, Callable[[], object]]


class Control:
    """A widget in an output of its own; `close` takes it out again."""

    def __init__(self, widget: Any, label: str) -> None:
        self._widget = widget
        # Asked for rather than made: a figure hands over its data when it is asked.
        bundle = widget._repr_mimebundle_()
        # anywidget hands over metadata as well.
        bundle = bundle[0] if isinstance(bundle, tuple) else bundle
        self._output = Live(Shown(Html(""), label, {WIDGET: bundle[WIDGET]}))

    def close(self, stays: Shown = NOTHING) -> None:
        """Take the widget away, also from what will be saved; `stays` takes its place."""
        self._output.replace(stays)
        self._widget.close()


def show_control(widget: Any, label: str) -> Control | None:
    """Show a widget where there is something to show it in; `label` is for whoever cannot."""
    return None if shell() is None else Control(widget, label)


class _Said:
    """What is said beside a widget, such as a mistake; a screen reader says it too, also once more."""

    def __init__(self) -> None:
        self.widget = widgets.HTML()

    def say(self, told: str | None) -> None:
        """Say this in the place of what was said before; nothing takes that away."""
        self.widget.value = ""
        if told:
            self.widget.value = element("span", code_in(told), role="alert")


def _page_of_message() -> str | None:
    """Return by what name the page goes whose message is carried out just now; None without a page.

    A page that was opened anew has another name; one that has only connected anew, as after sleep, has not.
    """
    parent_of = getattr(shell(), "get_parent", None)
    return parent_of().get("header", {}).get("session") if parent_of else None


def clicks(box: Any) -> Callable[..., None]:
    """Return what carries out clicks in a box, and other changes, on the page for which it was made.

    On a later page it puts what to do in the place of what is in the box.
    """
    made_for = _page_of_message()

    def click(act: Callable[..., object], *given: object) -> None:
        if made_for == _page_of_message():
            act(*given)
        else:
            said = _Said()
            box.children = [said.widget]
            said.say(OPENED_LATER)

    return click


def choice(letters: Sequence[str], texts: Sequence[str], on_choice: Callable[[int], str | None]) -> Any:
    """Return the options as buttons below each other, each with its letter and text; a click answers.

    What `on_choice` returns is said below them, such as what went wrong.
    """
    buttons, said, box = [], _Said(), widgets.VBox()
    click = clicks(box)

    def take(place: int) -> None:
        said.say(on_choice(place))

    for place, (letter, text) in enumerate(zip(letters, texts, strict=True)):
        button = widgets.Button(description=f"{letter}   {text.replace('`', '')}", layout={"width": "auto"})
        button.add_class("ws-option")
        button.on_click(lambda _, place=place: click(take, place))
        buttons.append(button)
    box.children = [*buttons, said.widget]
    return box


class ButtonRow:
    """A row of buttons that can be replaced by others while it is shown; `tell` hears what a click raises."""

    def __init__(self, buttons: Buttons, tell: Callable[[Shown], object]) -> None:
        self._tell = tell
        self.widget = widgets.HBox(layout={"flex_flow": "row wrap"})
        self._click = clicks(self.widget)
        self.offer(buttons)

    def offer(self, buttons: Buttons) -> None:
        """Show these buttons and no others; each has its label as its name, and what a click does."""
        before, row = self.widget.children, []
        for label, act in buttons.items():
            button = widgets.Button(description=label, layout={"width": "auto"})
            button.on_click(lambda _, act=act: self._click(self._press, act))
            row.append(button)
        self.widget.children = row
        for button in before:
            button.close()

    def _press(self, act: Callable[[], object]) -> None:
        try:
            act()
        # What a widget raises goes to the page's log, where nobody looks.
        except Exception as error:  # noqa: BLE001
            self._tell(failed(error))


def number_field(on_number: Callable[[str], str | None]) -> Any:
    """Return a field with a button; what `on_number` returns is said beside them, such as a mistake."""
    field = widgets.Text(
        description=ANSWER,
        placeholder="a number",
        style={"description_width": "initial"},
        layout={"width": "240px"},
    )
    button = widgets.Button(description="Answer", layout={"width": "90px"})
    said, box = _Said(), widgets.HBox(layout={"flex_flow": "row wrap"})
    click = clicks(box)

    def take() -> None:
        said.say(on_number(field.value))

    def take_on_enter(_: Any, message: Mapping[str, Any], __: Any) -> None:
        if message.get("event") == "submit":
            click(take)

    button.on_click(lambda _: click(take))
    # What JupyterLab sends for the Enter key; the field's own `on_submit` is deprecated.
    field.on_msg(take_on_enter)
    box.children = [field, button, said.widget]
    return box


@dataclass(frozen=True)
class Slider:
    """One slider: its label, its range, where it stands, and what its number means."""

    label: str
    low: float
    high: float
    value: float
    step: float = 1
    unit: str = ""


def panel(sliders: Mapping[str, Slider], buttons: Mapping[str, Callable[[dict[str, float]], None]]) -> Any:
    """Return sliders above a row of buttons; each button hands all values to its function."""
    fields = {
        name: widgets.FloatSlider(
            value=each.value,
            min=each.low,
            max=each.high,
            step=each.step,
            description=each.label,
            readout_format=",.0f" if each.step >= 1 else ".0%" if each.unit == "%" else ".2f",
            style={"description_width": "210px"},
            layout={"width": "520px"},
            continuous_update=False,
        )
        for name, each in sliders.items()
    }
    row, box = [], widgets.VBox()
    click = clicks(box)
    for label, act in buttons.items():
        button = widgets.Button(description=label, layout={"width": "auto"})
        button.on_click(lambda _, act=act: click(act, {name: field.value for name, field in fields.items()}))
        row.append(button)
    box.children = [*fields.values(), widgets.HBox(row)]
    return box
