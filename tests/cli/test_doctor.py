"""`workshop doctor`: what it prints, and how it ends."""

import json

import pytest
from typer.testing import CliRunner

from workshop.cli import doctor
from workshop.cli.app import command_line
from workshop.kit.findings import Grade, Preflight


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No check of a test meets the pid file of a cloud that really runs."""
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "home"))
    for name in ("AWS_ENDPOINT_URL", "http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str):
    return CliRunner().invoke(command_line(), ["doctor", *arguments])


def test_the_command_prints_findings_and_fixes(monkeypatch: pytest.MonkeyPatch) -> None:
    """People see a line for each check, and below it what mends it; a problem ends with 1."""
    broken = Preflight("Disk", Grade.PROBLEM, "full", "make room")
    monkeypatch.setattr(doctor, "examine", lambda port, lab_port, **_: (broken,))

    result = run()

    assert result.exit_code == 1
    assert "✘" in result.output
    assert "→ make room" in result.output


def test_an_old_terminal_gets_marks_instead_of_an_error(lonely_workshop) -> None:
    """Where the output knows no signs beyond ASCII, they are replaced, and the command works."""
    lonely_workshop.environment["PYTHONIOENCODING"] = "ascii"

    done = lonely_workshop.process("doctor")

    assert done.returncode == 0
    assert "Python" in done.stdout
    assert "Traceback" not in done.stderr


def test_json_is_one_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """With --json stdout holds one document, and warnings alone are no reason to fail."""
    odd = Preflight("Browser", Grade.WARNING, "none", "open it yourself")
    monkeypatch.setattr(doctor, "examine", lambda port, lab_port, **_: (odd,))

    result = run("--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "ready": True,
        "findings": [{"check": "Browser", "grade": "warning", "seen": "none", "fix": "open it yourself"}],
    }
