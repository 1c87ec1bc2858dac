"""`workshop cloud`: what people read and scripts parse."""

import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner, Result

from tests.cloud.waiting import wait_until_gone
from workshop.cli.cloud import app
from workshop.cloud import background
from workshop.cloud.connection import connect
from workshop.cloud.offline.processes import end
from workshop.errors import ConfigurationError

pytestmark = pytest.mark.usefixtures("home")


def workshop_cloud(*arguments: object) -> Result:
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, list(map(str, arguments)))


def test_a_cloud_from_start_to_stop(home, port) -> None:
    """Start says OFFLINE, where, and where pid and log lie; status and --json agree; stop ends it."""
    started = workshop_cloud("start", "--port", port, "--stream-memory-mb", 7)
    status = workshop_cloud("status")
    document = json.loads(workshop_cloud("status", "--json").stdout)
    stopped = workshop_cloud("stop")

    for text in (started.stdout, status.stdout):
        assert f"OFFLINE cloud at http://127.0.0.1:{port}; nothing here costs anything." in text
        assert f"pid file: {home / 'cloud.pid'}" in text
        assert f"log file: {home / 'cloud.log'}" in text
    assert (document["state"], document["url"]) == ("running", f"http://127.0.0.1:{port}")
    assert "records of streams: 0 bytes of at most 7.0 MB in memory, 0 older ones" in status.stdout
    assert document["runtime"]["streams"] == {
        "held_bytes": 0,
        "limit_bytes": 7_000_000,
        "records_in_file_alone": 0,
        "file": "kept",
    }
    assert "The offline cloud has stopped." in stopped.stdout
    assert json.loads(workshop_cloud("status", "--json").stdout)["state"] == "stopped"


@pytest.mark.parametrize("given", ["0", "-3", "1.5", "much"])
def test_a_limit_that_is_none_is_told(given, monkeypatch) -> None:
    """What cannot be a limit for records in memory is named, with what said so and what would be one."""
    monkeypatch.setenv("WORKSHOP_STREAM_MEMORY_MB", given)

    said = str(workshop_cloud("start").exception)

    assert f"`{given}` is no limit" in said
    assert "WORKSHOP_STREAM_MEMORY_MB" in said
    assert "such as 16" in said
    assert "--stream-memory-mb" in str(workshop_cloud("start", "--stream-memory-mb", 0).exception)


def test_reset_empties_the_cloud(port) -> None:
    """Reset forgets what was created, and says which cloud is empty now."""
    workshop_cloud("start", "--port", port)
    connect().client("kinesis").create_stream(StreamName="S", ShardCount=1)

    result = workshop_cloud("reset", "--yes")

    assert f"http://127.0.0.1:{port} is empty" in result.stdout
    assert connect().client("kinesis").list_streams()["StreamNames"] == []
    assert "is kept" not in workshop_cloud("stop").stdout
    assert "answers at" in workshop_cloud("logs").stdout


def test_reset_leaves_the_cloud_of_another_home_alone(cloud, monkeypatch) -> None:
    """A cloud that only listens at the usual port is emptied if it is named, and not otherwise."""
    cloud.client("kinesis").create_stream(StreamName="S", ShardCount=1)
    monkeypatch.setattr("workshop.cloud.connection.DEFAULT_ENDPOINT", cloud.endpoint)

    with pytest.raises(ConfigurationError, match="named with `--endpoint URL`"):
        app(["reset", "--yes"], standalone_mode=False)
    assert cloud.client("kinesis").list_streams()["StreamNames"] == ["S"]

    assert "is empty" in workshop_cloud("reset", "--yes", "--endpoint", cloud.endpoint).stdout
    assert cloud.client("kinesis").list_streams()["StreamNames"] == []


def test_scripts_get_json(home, port) -> None:
    """Start and stop print the status, reset which cloud or which file it emptied; nothing stays of that."""
    before = json.loads(workshop_cloud("stop", "--json").stdout)
    started = json.loads(workshop_cloud("start", "--port", port, "--json").stdout)
    reset = json.loads(workshop_cloud("reset", "--yes", "--json").stdout)
    connect().client("kinesis").create_stream(StreamName="S", ShardCount=1)
    stopped = json.loads(workshop_cloud("stop", "--json").stdout)
    forgotten = json.loads(workshop_cloud("reset", "--yes", "--json").stdout)

    assert [each["state"] for each in (before, started, stopped)] == ["stopped", "running", "stopped"]
    assert started["pid"] == stopped["pid"]
    assert reset == {"endpoint": f"http://127.0.0.1:{port}", "kept_file": None}
    assert stopped["kept_bytes"]
    assert forgotten == {"endpoint": None, "kept_file": str(home / "cloud.state")}
    assert not (home / "cloud.state").exists()


def test_a_crash_is_explained(port) -> None:
    """After a crash status shows the end of the log and the way out."""
    workshop_cloud("start", "--port", port)
    pid = background.status().pid or 0
    end(pid, forcibly=True)
    assert wait_until_gone(pid)

    text = workshop_cloud("status").stdout

    assert f"(process {pid}) is crashed" in text
    assert f"answers at http://127.0.0.1:{port}" in text
    assert "workshop cloud start" in text


def test_without_a_cloud_status_says_how_to_start_one() -> None:
    """Status and stop without a cloud are no errors, and say what is so."""
    assert "start one with `workshop cloud start`" in workshop_cloud("status").stdout
    assert "No offline cloud is running." in workshop_cloud("stop").stdout


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_cloud_in_the_terminal_says_where_it_is(home, port) -> None:
    """`run` names URL, pid file and the way to stop, and says goodbye at Ctrl-C."""
    import signal

    code = "from workshop.cli.cloud import app; app()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "run", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines: list[str] = []
    while not lines or (lines[-1] and "Ctrl-C" not in lines[-1]):
        lines.append(process.stdout.readline())

    connect(endpoint=f"http://127.0.0.1:{port}").client("kinesis").create_stream(StreamName="S", ShardCount=1)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=30)

    output = "".join(lines) + rest
    assert f"OFFLINE cloud at http://127.0.0.1:{port}" in output
    assert str(home / "cloud.pid") in output
    assert "Ctrl-C stops it." in output
    assert "The offline cloud has stopped. What it held is kept" in output
    assert process.returncode == 0
