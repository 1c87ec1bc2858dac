"""The checks before the workshop begins: each in a good state, and in a bad one with what mends it."""

import json
import os
import socket
import subprocess
import sys
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ports import free_port
from workshop.clock import SystemClock
from workshop.kit import doctor, installation, memory, preflight
from workshop.kit.bare_doctor import examine_bare
from workshop.kit.doctor import examine
from workshop.kit.findings import Grade
from workshop.kit.manifest import CHECKSUMS, LOCKS, digest, lock_path, this_platform, this_python
from workshop.settings import DEFAULT_HOST

ROOT = Path(__file__).resolve().parents[2]


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


def test_this_machine_is_ready() -> None:
    """Where the tests run there is no problem, and each finding says what was seen."""
    findings = examine(free_port(), free_port())

    assert findings
    assert not [finding for finding in findings if finding.grade is Grade.PROBLEM]
    assert all(finding.seen for finding in findings)
    assert all(finding.fix for finding in findings if finding.grade is not Grade.GOOD)


def test_a_bare_machine_is_looked_at_with_the_standard_library_alone(tmp_path) -> None:
    """`bootstrap.py doctor` runs on a Python that sees no package at all, and knows the same JSON."""
    command = [sys.executable, "-I", "-S", str(ROOT / "workshop/bootstrap.py"), "doctor", "--json"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    document = json.loads(done.stdout)
    assert (done.returncode, document["ready"], done.stderr) == (0, True, "")
    assert {"Python", "Memory", "Clock", "Disk"} <= {finding["check"] for finding in document["findings"]}
    assert all(set(finding) == {"check", "grade", "seen", "fix"} for finding in document["findings"])


def test_both_doctors_share_their_checks() -> None:
    """Whatever the bare machine is asked, the installed workshop asks as well."""
    port, lab_port = free_port(), free_port()

    bare = {finding.check for finding in examine_bare(port, lab_port)}
    installed = {finding.check for finding in examine(port, lab_port)}

    assert bare < installed


def test_a_bare_machine_that_is_not_ready_ends_with_1(tmp_path) -> None:
    """People see the problem, what mends it, and an exit code."""
    (tmp_path / "file").write_text("")
    environment = os.environ | {"WORKSHOP_HOME": str(tmp_path / "file" / "home")}
    command = [sys.executable, "-I", "-S", str(ROOT / "workshop/bootstrap.py"), "doctor"]

    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )

    assert done.returncode == 1
    assert "→ set `WORKSHOP_HOME` to another folder" in done.stdout
    assert "Not ready" in done.stdout


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
    monkeypatch.setattr(doctor, "requires", lambda name: ["rich>=999", "nothing-of-this-name", "typer"])

    finding = doctor.check_packages()

    assert finding.grade is Grade.PROBLEM
    assert "wanted is >=999" in finding.seen
    assert "nothing-of-this-name is missing" in finding.seen
    assert "typer" not in finding.seen


def test_packages_of_extras_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """What only tests need is no learner's problem."""
    monkeypatch.setattr(doctor, "requires", lambda name: ['nothing-of-this-name; extra == "test"'])

    assert doctor.check_packages().grade is Grade.GOOD


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
    cloud, lab = doctor.check_cloud(taken_port), preflight.check_port("Lab", taken_port, "--lab-port")

    assert (cloud.grade, lab.grade) == (Grade.WARNING, Grade.WARNING)
    assert str(taken_port) in cloud.seen
    assert "--lab-port" in lab.fix


def test_outside_a_checkout_is_a_problem(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout that lost its folders is a problem that git can mend."""
    for folder in ("notebooks", "cloudformation"):
        (tmp_path / folder).mkdir()
    monkeypatch.chdir(tmp_path)

    assert "lambdas and solutions" in preflight.check_checkout().seen


def test_little_memory_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less than a gigabyte of free memory is told, with how much there should be."""
    assert preflight.check_memory().seen

    monkeypatch.setattr(preflight, "MINIMUM_MEMORY_BYTES", 2**60)

    finding = preflight.check_memory()
    assert finding.grade is Grade.WARNING
    assert "close other programs" in finding.fix


def test_free_memory_is_less_than_all_of_it() -> None:
    """What the system calls free is positive, and no more than the machine has."""
    free, everything = memory.free_memory_bytes(), memory._physical()

    assert free is not None
    assert everything is not None
    assert 0 < free <= everything


def test_a_clock_behind_the_course_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that shows a time before the course was made is told with the time that it shows."""
    assert preflight.check_clock().grade is Grade.GOOD

    monkeypatch.setattr(SystemClock, "now", lambda self: 0.0)

    finding = preflight.check_clock()
    assert finding.grade is Grade.WARNING
    assert "1970-01-01" in finding.seen


def test_no_browser_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no browser is found, people hear how to come to JupyterLab all the same."""
    monkeypatch.setattr(webbrowser, "get", object)
    assert preflight.check_browser().grade is Grade.GOOD

    def none() -> None:
        raise webbrowser.Error

    monkeypatch.setattr(webbrowser, "get", none)
    assert "`workshop start` prints" in preflight.check_browser().fix


def test_a_dead_cloud_of_an_earlier_run_is_named(tmp_path) -> None:
    """A pid file whose cloud does not answer is told with its address, and with what tidies up."""
    home = tmp_path / "home"
    home.mkdir()
    assert preflight.check_leftovers() == preflight.Preflight(
        "Earlier runs", Grade.GOOD, "left nothing behind"
    )

    url = f"http://{DEFAULT_HOST}:{free_port()}"
    (home / "cloud.pid").write_text(json.dumps({"pid": 1, "url": url}))

    finding = preflight.check_leftovers()
    assert finding is not None
    assert finding.grade is Grade.WARNING
    assert url in finding.seen
    assert "workshop cloud stop" in finding.fix


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"url": 7}', '{"url": "http://x:notaport"}'])
def test_a_pid_file_that_says_nothing_is_named(tmp_path, text: str) -> None:
    """A pid file that cannot be read is a warning, not an error."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "cloud.pid").write_text(text)

    finding = preflight.check_leftovers()

    assert finding is not None
    assert finding.grade is Grade.WARNING


def test_a_large_kept_cloud_is_a_warning(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a cloud keeps is told with its size, and from a gigabyte on with how to be rid of it."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "cloud.state").write_bytes(bytes(3 * 1024**2))
    kept = preflight.check_leftovers()
    assert kept is not None
    assert (kept.grade, kept.seen) == (Grade.GOOD, "a cloud's state is kept, 3 MB")

    monkeypatch.setattr(preflight, "MUCH_KEPT_BYTES", 1024**2)

    much = preflight.check_leftovers()
    assert much is not None
    assert "workshop cloud reset" in much.fix


def test_a_process_that_lost_its_parent_is_named() -> None:
    """JupyterLab or a cloud whose starter is gone is told; others, and those of live parents, are not."""
    lab = ["python", "-m", "jupyterlab"]

    assert doctor._orphaned_program({"cmdline": lab, "ppid": 1}) == "JupyterLab"
    assert doctor._orphaned_program({"cmdline": lab, "ppid": os.getpid()}) is None
    assert doctor._orphaned_program({"cmdline": ["bash"], "ppid": 1}) is None
    assert doctor._orphaned_program({"cmdline": None, "ppid": 1}) is None
    assert doctor.check_processes().check == "Processes"


def test_little_room_for_packages_is_a_problem(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is installed, room for all packages is asked for; afterwards it is not."""
    monkeypatch.setattr(installation, "COURSE_FOLDER", tmp_path)
    assert installation.check_room_to_install().grade is Grade.GOOD

    monkeypatch.setattr(installation, "MINIMUM_INSTALL_BYTES", 10**18)
    assert installation.check_room_to_install().grade is Grade.PROBLEM

    (tmp_path / ".venv").mkdir()
    assert installation.check_room_to_install() is None


def test_other_versions_than_the_locks_are_a_warning(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was installed from a kit and changed afterwards is told with both versions."""
    monkeypatch.setattr(installation, "COURSE_FOLDER", tmp_path)
    assert installation.check_lock() is None

    for name, version in {"Some_Package": "1.0", "other": "2.0"}.items():
        folder = tmp_path / f".venv/lib/python3.12/site-packages/{name}-{version}.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    lock = tmp_path / ".venv" / installation.INSTALLED_LOCK
    lock.write_text("# a remark\nsome-package==1.0 --hash=sha256:00\nother==2.0 --hash=sha256:00\n")
    assert installation.check_lock().grade is Grade.GOOD

    lock.write_text("some-package==1.1 --hash=sha256:00\nthird==3 --hash=sha256:00\n")
    finding = installation.check_lock()
    assert finding.grade is Grade.WARNING
    assert "some-package is 1.0, wanted is 1.1, third is missing, wanted is 3" in finding.seen


def test_an_incomplete_kit_is_a_problem(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kit says which file is missing or changed, and whether it is for this machine at all."""
    monkeypatch.setattr(installation, "COURSE_FOLDER", tmp_path / "course")
    assert installation.check_kit() is None

    (tmp_path / CHECKSUMS).write_text("")
    (tmp_path / LOCKS).mkdir()
    assert "no packages for" in installation.check_kit().seen

    lock = lock_path(tmp_path, this_platform(), this_python())
    lock.write_text("#\n")
    (tmp_path / CHECKSUMS).write_text(f"{digest(lock)}  {LOCKS}/{lock.name}\n")
    assert installation.check_kit().grade is Grade.GOOD

    lock.write_text("# changed\n")
    assert "was changed or damaged" in installation.check_kit().seen

    (tmp_path / CHECKSUMS).write_text("00  wheels/gone.whl\n")
    assert "`wheels/gone.whl` is missing" in installation.check_kit().seen
