"""Panels: what a click of a button comes to is said where the button is."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import ipywidgets as widgets
import pytest
from botocore.exceptions import ClientError

from workshop.clock import ManualClock
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
