"""The notebook instance of a learner who has no machine: what it may do, and when it stops."""

import ast
import io
import json
import os
import re
import subprocess
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cloudformation.conftest import read
from tests.cloudformation.test_templates import rights_of


def start_script() -> str:
    """Return what the notebook instance runs when it starts, with a value for each parameter."""
    [start] = read("environment")["Resources"]["Lifecycle"]["Properties"]["OnStart"]
    text, values = start["Content"]["Fn::Base64"]["Fn::Sub"]
    for name in [*values, "IdleMinutes", "Repository", "Learner", "AWS::Region", "Name"]:
        text = text.replace(f"${{{name}}}", "60")
    return str(text)


def idle_check() -> str:
    """Return the Python in that script, which stops the instance."""
    return start_script().partition("<<'PYTHON'\n")[2].partition("\nPYTHON\n")[0]


def test_the_environments_scripts_can_be_read() -> None:
    """What the notebook instance runs when it starts is valid for its shell, and so is the Python in it."""
    text = start_script()
    constants = {each.value for each in ast.walk(ast.parse(idle_check())) if isinstance(each, ast.Constant)}

    assert "${" not in text
    assert len(text) < 16_384
    assert "stop-notebook-instance" in constants
    if os.name == "posix":
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)


def test_an_environment_may_stop_itself() -> None:
    """Its name has no capital, since SageMaker's ARNs have none, and is what its role may stop."""
    template = read("environment")
    [role, instance] = (template["Resources"][each]["Properties"] for each in ("EnvironmentRole", "Instance"))
    pattern = template["Parameters"]["Name"]["AllowedPattern"]
    [may_stop] = [arn for action, arn in rights_of(role) if action == "sagemaker:StopNotebookInstance"]

    assert instance["NotebookInstanceName"] == {"Ref": "Name"}
    assert may_stop.endswith(":notebook-instance/${Name}'}")
    assert re.fullmatch(pattern, template["Parameters"]["Name"]["Default"])
    assert not re.fullmatch(pattern, "Trade")


def test_an_environment_is_out_of_its_users_reach() -> None:
    """Its role bears no learner's name alone, and root opens no file where the user may put a link."""
    role = read("environment")["Resources"]["EnvironmentRole"]["Properties"]

    assert "RoleName" not in role
    assert role["Path"] == "/trade-risk-environment/"
    assert not re.search(r"> ?/home/", start_script())


@pytest.mark.parametrize(
    ("kernels", "terminals", "seen", "stops"),
    [
        ([], [], None, True),
        ([("idle", 120)], [61], None, True),
        ([("idle", 120), ("idle", 30)], [], None, False),
        ([("idle", 120)], [30], None, False),
        ([("busy", 120)], [], None, False),
        ([], [], 30, False),
        ([], [], 61, True),
    ],
)
def test_an_environment_stops_when_nothing_in_it_is_used(
    kernels: list[tuple[str, int]],
    terminals: list[int],
    seen: int | None,
    *,
    stops: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Kernels and terminals count, and those that are closed by now; requests and our own question do not."""
    now, calls, note = datetime.now(UTC), list[list[str]](), tmp_path / "seen"

    def ago(minutes: int) -> str:
        return f"{now - timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S.%fZ}"

    server: dict[str, Any] = {
        "status": {"started": ago(300), "last_activity": ago(0)},
        "kernels": [{"execution_state": state, "last_activity": ago(since)} for state, since in kernels],
        "terminals": [{"name": "1", "last_activity": ago(since)} for since in terminals],
    }

    def answer(address: str, **_: object) -> io.StringIO:
        what, _mark, query = address.removeprefix("https://localhost:8443/api/").partition("?")
        assert query == "no_track_activity=1"
        return io.StringIO(json.dumps(server[what]))

    if seen is not None:
        note.write_text(ago(seen)[:19])
    monkeypatch.setattr(urllib.request, "urlopen", answer)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: calls.append(command))
    exec(idle_check().replace("/run/workshop-last-use", note.as_posix()), {})  # noqa: S102  it is our own

    assert [command[2] for command in calls] == ["stop-notebook-instance"] * stops
    assert note.read_text() == ago(min([*terminals, *(since for _, since in kernels), seen or 300]))[:19]
