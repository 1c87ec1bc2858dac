"""The background cloud: started once, found again, stopped, and explained when something is wrong."""

import json
import os
import re
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.cloud.keeping.crashing import largest_file
from tests.cloud.waiting import wait_until, wait_until_gone
from workshop.cloud import background
from workshop.cloud.connection import Cloud, connect
from workshop.cloud.offline.keeping.store import Store
from workshop.cloud.offline.processes import end, is_alive
from workshop.errors import CloudStartError, ConfigurationError, PortInUseError

pytestmark = pytest.mark.usefixtures("home")


def killed(pid: int | None) -> None:
    """Kill a process, and return when it is gone."""
    assert pid is not None
    end(pid, forcibly=True)
    assert wait_until_gone(pid)


def test_a_cloud_is_started_found_and_stopped(home, port) -> None:
    """A started cloud answers, commands find it by its pid file, and after stop nothing is left of it."""
    assert background.status().state == "stopped"

    started = background.start(port)
    found = background.status()
    connected = connect()
    background.stop()

    assert started.url == found.url == connected.endpoint == f"http://127.0.0.1:{port}"
    assert found.is_running
    assert not is_alive(started.pid or 0)
    assert background.status().state == "stopped"
    assert not (home / "cloud.pid").exists()


def test_starting_twice_starts_one(port) -> None:
    """Starting again returns the cloud that runs; asking for another port says where it runs."""
    first = background.start(port)

    second = background.start()

    assert second.pid == first.pid
    assert second.notes == ("it was running already",)
    with pytest.raises(ConfigurationError, match=f"already runs at `http://127.0.0.1:{port}`"):
        background.start(port + 1)


def test_two_starts_at_once_start_one(port) -> None:
    """Who starts a cloud while another one of the same home is being started finds that."""
    with ThreadPoolExecutor() as threads:
        first, second = threads.map(background.start, [port, port])

    assert first.pid == second.pid
    assert sorted([first.notes, second.notes]) == [(), ("it was running already",)]


def test_the_cloud_outlives_the_command_that_started_it(port) -> None:
    """A cloud that was started by a process that has ended goes on."""
    code = f"from workshop.cloud import background; background.start({port})"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True, timeout=60)

    assert background.status().is_running


def test_a_crash_is_told_and_can_be_left_behind(home, port) -> None:
    """After a crash status says so, and the next start removes what is left and says that too."""
    first = background.start(port)
    killed(first.pid)

    crashed = background.status()
    second = background.start(port)

    assert (crashed.state, crashed.pid) == ("crashed", first.pid)
    assert second.is_running
    assert second.notes == (
        f"the offline cloud before, process {first.pid}, had ended without being stopped",
    )
    assert (home / "cloud.previous.log").exists()


def test_a_process_that_got_the_same_number_is_left_alone(home, port) -> None:
    """A pid file from before a restart of the machine is stale, and whoever has its number now lives on."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as somebody:
        note = {"pid": somebody.pid, "url": "http://127.0.0.1:9"}
        (home / "cloud.pid").write_text(json.dumps(note))

        assert background.status().state == "crashed"
        background.stop()
        (home / "cloud.pid").write_text(json.dumps(note))
        started = background.start(port)

        assert started.is_running
        assert somebody.poll() is None
        somebody.communicate(b"\n")


def test_a_pid_file_of_nonsense_is_none(home) -> None:
    """A pid file that cannot be read counts as none."""
    (home / "cloud.pid").write_text("nonsense")

    assert background.status().state == "stopped"


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_cloud_that_hangs_is_ended_and_started_anew(port) -> None:
    """A cloud that is alive and does not answer is told from a crash, and the next start ends it."""
    import signal

    hanging = background.start(port)
    os.kill(hanging.pid or 0, signal.SIGSTOP)

    silent = background.status()
    again = background.start(port)

    assert (silent.state, silent.pid) == ("not answering", hanging.pid)
    assert again.is_running
    assert "did not answer and was ended" in again.notes[0]


def test_a_cloud_that_could_not_be_loaded_says_so(port) -> None:
    """What fails after the first answer leaves no half of a cloud: status, connections and calls tell why."""
    store = Store(background.kept_path())
    store.open()
    store.write({}, (), {"resources/cloudformation": b"no document" * 20_000})
    store.close()
    with largest_file(100_000):  # what could not be read can be copied nowhere
        background.start(port)

    assert wait_until(lambda: background.status().state == "broken", 30)

    told = "could not be loaded completely, .* free some space"
    assert re.search(told, background.status().notes[-1])
    with pytest.raises(CloudStartError, match=told):
        connect()
    cloud = Cloud("offline", region="us-east-1", endpoint=f"http://127.0.0.1:{port}")
    with pytest.raises(ClientError, match=told):
        cloud.client("kinesis").list_streams()
    assert background.stop().notes == ()


def test_a_second_cloud_leaves_the_note_of_the_first(port, home) -> None:
    """A cloud in the foreground beside the one in the background writes no pid file."""
    from workshop.cloud.offline.pid_file import PidFile

    first = background.start(port)

    with PidFile.written("http://127.0.0.1:9") as path:
        assert path is None

    assert background.status().pid == first.pid


def test_a_port_of_another_program_is_told(port) -> None:
    """A port that another program has is named, with the way out."""
    with socket.create_server(("127.0.0.1", port)), pytest.raises(PortInUseError) as caught:
        background.start(port)

    assert f"port {port}" in str(caught.value)
    assert "another program, or an offline cloud that does not answer yet" in str(caught.value)
    assert "--port" in str(caught.value)


def test_a_port_of_another_cloud_is_told(port, tmp_path, monkeypatch) -> None:
    """If an offline cloud of another home has the port, the message says that it is one of ours."""
    started = background.start(port)
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path / "other"))

    with pytest.raises(PortInUseError, match=f"another offline cloud \\(process {started.pid}\\)"):
        background.start(port)

    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))


def test_a_cloud_that_cannot_start_shows_its_log() -> None:
    """If the process ends before it answers, the error names the log and shows its end."""
    with pytest.raises(CloudStartError) as caught:
        background.start(0, host="192.0.2.1")

    assert str(background.log_path()) in str(caught.value)
    assert "192.0.2.1" in str(caught.value) or "assign" in str(caught.value)


def test_a_cloud_that_does_not_listen_is_ended(port, monkeypatch) -> None:
    """If a cloud does not stop when it is asked to, it is ended, and stop says so."""
    started = background.start(port)
    monkeypatch.setattr(background, "STOP_SECONDS", 0.2)
    monkeypatch.setattr(background.OfflineControl, "shutdown", lambda _: None)

    stopped = background.stop()

    assert stopped.notes == (f"process {started.pid} did not stop by itself and was ended",)
    monkeypatch.setattr(background, "STOP_SECONDS", 10.0)
    killed(started.pid)


def test_the_log_is_in_the_home(home, port) -> None:
    """The cloud in the background writes to cloud.log, each call only if it is asked to."""
    background.start(port, verbose=True)
    connect().client("dynamodb").list_tables()
    background.stop()

    assert background.log_path() == home / "cloud.log"
    assert f"answers at http://127.0.0.1:{port}" in background.read_logs()
    assert "dynamodb us-east-1 ListTables → 200" in background.read_logs()
    assert len(background.read_logs(1).splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("signal_name", ["SIGINT", "SIGTERM"])
def test_a_cloud_in_the_foreground_stops_cleanly(port, home, signal_name: str) -> None:
    """Ctrl-C and SIGTERM end the process with success, without a traceback, and remove the pid file."""
    import signal

    process = subprocess.Popen(
        [sys.executable, "-m", "workshop.cloud.offline", "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert wait_until(lambda: background.status().is_running, 30)

    process.send_signal(getattr(signal, signal_name))
    output, _ = process.communicate(timeout=30)

    assert process.returncode == 0
    assert "Traceback" not in output
    assert not (home / "cloud.pid").exists()


def test_settings_of_the_user_do_not_reach_the_cloud(port, monkeypatch, tmp_path) -> None:
    """A broken profile, real keys and settings of moto in the environment change nothing in the cloud."""
    broken = tmp_path / "config"
    broken.write_text("no section\n")
    for name, value in (
        ("AWS_PROFILE", "does-not-exist"),
        ("AWS_CONFIG_FILE", str(broken)),
        ("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL"),
        ("AWS_REGION", "nowhere-1"),
        ("MOTO_ACCOUNT_ID", "999999999999"),
    ):
        monkeypatch.setenv(name, value)

    background.start(port)
    cloud = connect(region="eu-west-1")

    assert cloud.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert cloud.client("kinesis").list_streams()["StreamNames"] == []
    assert cloud.client("cloudformation").list_stacks()["StackSummaries"] == []


def test_nothing_is_loaded_before_it_is_needed() -> None:
    """Asking for the cloud loads neither moto nor Flask."""
    code = (
        "import sys, workshop.cloud, workshop.cloud.background; print({'moto', 'flask'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.strip() == "set()"
