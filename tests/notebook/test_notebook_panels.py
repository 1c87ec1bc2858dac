"""Panels: what a click of a button comes to is said where the button is."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import ipywidgets as widgets
import pytest
from botocore.exceptions import ClientError

from workshop.clock import ManualClock
from workshop.errors import ConfigurationError
from workshop.notebook.controls.panels import plan_of_faults
from workshop.notebook.markup.display import Live, Shown
from workshop.notebook.parts.live import LiveTools

REFUSAL = {"Error": {"Code": "AccessDeniedException", "Message": "not authorized to perform"}}


class LockedTable:
    """A ParameterTable that can be read and not be written."""

    def get_item(self, **_: Any) -> dict[str, Any]:
        """There is no plan."""
        return {}

    def put_item(self, **_: Any) -> None:
        """Refuse."""
        raise ClientError(REFUSAL, "PutItem")

    def delete_item(self, **_: Any) -> None:
        """Refuse."""
        raise ClientError(REFUSAL, "DeleteItem")


@pytest.mark.parametrize("button", ["Begin", "End all faults"])
def test_a_change_of_faults_that_fails_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, button: str
) -> None:
    """When faults can be neither begun nor ended, the panel says why."""
    clicks: dict[str, Callable[[Any], None]] = {}
    said: list[str] = []

    def note(widget: Any, click: Callable[[Any], None]) -> None:
        clicks[widget.description] = click

    def hear(_: Live, shown: Shown) -> None:
        said.append(shown.text)

    monkeypatch.setattr(widgets.Button, "on_click", note)
    monkeypatch.setattr(Live, "update", hear)
    cloud = SimpleNamespace(client=lambda _: LockedTable(), offline=None)
    course = SimpleNamespace(
        cloud=cloud, outputs={"ParameterTableName": "p"}, home=tmp_path, clock=ManualClock()
    )
    LiveTools(cast("Any", course)).faults_panel()

    clicks[button](None)

    assert len(said) == 1
    assert said[0].startswith("✗ Not changed: ")
    assert "not authorized to perform" in said[0]


@pytest.mark.parametrize(
    "words", [5, None, ["lab", 5], "crash_after@mapp=0.1", ["crash_after@stat=0.1"]], ids=repr
)
def test_a_fault_that_can_never_happen_is_refused(words: object) -> None:
    """Nobody is told of faults on purpose that strike no stage."""
    with pytest.raises(ConfigurationError):
        plan_of_faults(words)


def test_one_word_and_several_are_a_plan() -> None:
    """A preset alone, a word, and a list of words are all understood."""
    assert plan_of_faults("lab") == plan_of_faults(["lab"])
    assert plan_of_faults("crash_after@map=0.1").rates == {"crash_after@map": 0.1}
