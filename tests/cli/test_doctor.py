"""The checks before the workshop begins."""

import json
import socket
import sys
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from tests.ports import free_port
from workshop.cli import doctor
from workshop.cli.app import app
from workshop.course import preflight
from workshop.course.preflight import Grade, Preflight, examine
from workshop.settings import DEFAULT_HOST


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No check of a test meets the pid file of a cloud that really runs."""
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "home"))
    for name in ("AWS_ENDPOINT_URL", "http_proxy", "HTTP_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port of this machine on which somebody listens."""
    with socket.create_server((DEFAULT_HOST, 0)) as listener:
        yield listener.getsockname()[1]


def run(*arguments: str):
    return CliRunner().invoke(app, ["doctor", *arguments])


def test_this_machine_is_ready() -> None:
    """Where the tests run there is no problem, and each finding says what was seen."""
    findings = examine(free_port(), free_port())

    assert findings
    assert not [finding for finding in findings if finding.grade is Grade.PROBLEM]
    assert all(finding.seen for finding in findings)
    assert all(finding.fix for finding in findings if finding.grade is not Grade.GOOD)


def test_an_old_python_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python before 3.11 keeps the workshop from running, and the fix names one that will do."""
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))

    finding = preflight.check_python()

    assert finding.grade is Grade.PROBLEM
    assert "3.11" in finding.fix


def test_a_missing_venv_module_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian's Python without its venv package is told what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert "python3-venv" in preflight.check_venv().fix


def test_packages_that_are_missing_or_too_old_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every requirement that is not met is listed with what is there and what is wanted."""
    monkeypatch.setattr(preflight, "requires", lambda name: ["rich>=999", "nothing-of-this-name", "typer"])

    finding = preflight.check_packages()

    assert finding.grade is Grade.PROBLEM
    assert "wanted is >=999" in finding.seen
    assert "nothing-of-this-name is missing" in finding.seen
    assert "typer" not in finding.seen


def test_packages_of_extras_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only tests need is no learner's problem."""
    monkeypatch.setattr(preflight, "requires", lambda name: ['nothing-of-this-name; extra == "test"'])

    assert preflight.check_packages().grade is Grade.GOOD


def test_a_folder_that_cannot_be_written_is_a_problem(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private folder that cannot be made is named with the variable that moves it."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "file" / "home"))

    finding = preflight.check_home()

    assert finding.grade is Grade.PROBLEM
    assert "WORKSHOP_HOME" in finding.fix


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than half a gigabyte of room is too little for logs and code."""
    monkeypatch.setattr(preflight, "MINIMUM_FREE_BYTES", 10**18)

    assert preflight.check_disk().grade is Grade.PROBLEM


def test_a_proxy_for_this_machine_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that would see calls to 127.0.0.1 is named with the variable that exempts it."""
    monkeypatch.setenv("http_proxy", "http://proxy.example:3128")

    assert "NO_PROXY" in preflight.check_proxy().fix

    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert preflight.check_proxy().grade is Grade.GOOD


def test_an_endpoint_of_the_environment_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that sends every command elsewhere is shown with its value."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    assert "http://127.0.0.1:9" in preflight.check_endpoint().seen


def test_a_taken_port_is_a_warning_with_the_option_that_avoids_it(taken_port: int) -> None:
    """A port that somebody else holds is named, with the way to choose another."""
    cloud, lab = preflight.check_cloud(taken_port), preflight.check_port("Lab", taken_port, "--lab-port")

    assert (cloud.grade, lab.grade) == (Grade.WARNING, Grade.WARNING)
    assert str(taken_port) in cloud.seen
    assert "--lab-port" in lab.fix


def test_outside_a_checkout_is_a_problem(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout that lost its folders is a problem that git can mend."""
    for folder in ("notebooks", "cloudformation"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)

    assert "lambdas and solutions" in preflight.check_checkout().seen


def test_the_command_prints_findings_and_fixes(monkeypatch: pytest.MonkeyPatch) -> None:
    """People see a line for each check, and below it what mends it; a problem ends with 1."""
    broken = Preflight("Disk", Grade.PROBLEM, "full", "make room")
    monkeypatch.setattr(doctor, "examine", lambda port, lab_port: (broken,))

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
    monkeypatch.setattr(doctor, "examine", lambda port, lab_port: (odd,))

    result = run("--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "ready": True,
        "findings": [{"check": "Browser", "grade": "warning", "seen": "none", "fix": "open it yourself"}],
    }
