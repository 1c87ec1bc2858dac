"""The cloud that a notebook's first cell connects to: found, or started if the offline one was chosen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from workshop.cloud import background, connection
from workshop.cloud.connection import Cloud
from workshop.errors import CloudNotRunningError
from workshop.notebook.connecting import connected

Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A home of one's own, and an endpoint at which nobody answers."""
    address = f"http://127.0.0.1:{free_port()}"
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    monkeypatch.delenv("WORKSHOP_CLOUD", raising=False)
    yield address
    background.stop()


def test_an_offline_cloud_that_does_not_run_is_started(endpoint: str, capsys: Output) -> None:
    """The first cell of a notebook starts the cloud where it looks for it, and says so in one line."""
    cloud = connected()

    assert cloud.endpoint == endpoint
    assert background.status().is_running
    told = capsys.readouterr().out.splitlines()
    ending = "`workshop cloud stop` ends it and keeps what it holds"
    assert told == [f"✓ Started: offline cloud at {endpoint}; {ending}"]


def test_a_cloud_that_runs_is_used(endpoint: str, capsys: Output) -> None:
    """Nothing is started, and nothing is said, where a cloud answers."""
    before = background.start(int(endpoint.rpartition(":")[2]))

    assert connected().endpoint == endpoint
    assert background.status().pid == before.pid
    assert capsys.readouterr().out == ""


def test_what_cannot_be_started_is_explained(endpoint: str, capsys: Output) -> None:
    """Who cannot be given a cloud is told how to start one, and what went wrong here."""
    elsewhere = background.start(free_port())

    with pytest.raises(CloudNotRunningError):
        connected()

    told = capsys.readouterr().out
    assert f"No offline cloud answers at {endpoint}" in told
    assert "workshop cloud start" in told
    assert f"already runs at `{elsewhere.url}`" in told


def test_no_cloud_of_another_machine_is_started(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """An endpoint that is not on this machine gets the message alone."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://cloud.invalid:4566")

    with pytest.raises(CloudNotRunningError):
        connected()

    assert "run this cell again" in capsys.readouterr().out
    assert not background.status().is_running


def test_on_aws_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has chosen AWS gets no cloud on their machine."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("WORKSHOP_CLOUD", "aws")

    assert connected().offline is None
    assert background.status().state == background.STOPPED


def test_a_cloud_of_another_folder_is_named(
    shared_cloud: Cloud, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    """Who finds somebody else's cloud at the usual place is told, since its stacks are shared."""
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    other = shared_cloud.endpoint
    monkeypatch.setattr(connection, "DEFAULT_ENDPOINT", other)

    assert connected().endpoint == other

    told = capsys.readouterr().out
    assert told.startswith(f"▲ Shared: the offline cloud at {other} was started from another folder")
    assert "workshop cloud start --port N" in told


def test_an_interrupted_start_does_not_seem_to_go_on(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    """Who stops the first cell while the cloud starts is told so, in the place of `◐ Starting`."""

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(background, "start", interrupted)

    with pytest.raises(KeyboardInterrupt):
        connected()

    assert capsys.readouterr().out.startswith("‖ Interrupted: ")
