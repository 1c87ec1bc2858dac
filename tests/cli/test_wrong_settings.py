"""Ports, folders and addresses that cannot be: one sentence and an exit code, whoever is asked for them."""

import socket

import pytest

from tests.ports import free_port

NO_PORTS = ("99999", "65536", "-5", "abc", "45.5")


def assert_refused(done, *parts: str) -> None:
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    for part in parts:
        assert part in done.stderr


@pytest.mark.parametrize("port", NO_PORTS)
@pytest.mark.parametrize(
    "command",
    ["cloud start --port", "cloud run --port", "start --port", "start --lab-port", "doctor --lab-port"],
)
def test_a_port_that_cannot_be_is_wrong_usage(lonely_workshop, command: str, port: str) -> None:
    """Each option that takes a port takes whole numbers that are ports, and says so."""
    words = command.split()

    assert_refused(lonely_workshop.run(*words, port), words[-1])


def test_a_host_that_is_not_this_machine_is_named(lonely_workshop) -> None:
    """An address of another machine, or of none, is told with what to choose instead."""
    for host in ("203.0.113.5", "nowhere.invalid"):
        done = lonely_workshop.run("cloud", "start", "--host", host, "--port", str(free_port()))

        assert_refused(done, f"of `{host}`", "--host")


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="ports below 1024 are for everybody there")
def test_a_port_without_the_right_to_it_is_told(lonely_workshop, monkeypatch) -> None:
    """Where the system keeps low ports for root, the sentence names the port and the range to choose from."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", refuse)

    assert_refused(lonely_workshop.run("cloud", "start", "--port", "80"), "port 80", "1024 to 65535")


@pytest.mark.parametrize("home", ["a file", "below a file", "~nobody-of-this-name/home"])
@pytest.mark.parametrize("command", ["cloud status", "cloud start", "cloud logs", "hint --help"])
def test_a_private_folder_that_cannot_be_is_named(lonely_workshop, tmp_path, home: str, command: str) -> None:
    """`WORKSHOP_HOME` that is a file, or cannot be made, is named; what needs none does not ask."""
    file = tmp_path / "a file"
    file.write_text("")
    path = {"a file": str(file), "below a file": str(file / "home")}.get(home, home)
    lonely_workshop.environment["WORKSHOP_HOME"] = path

    done = lonely_workshop.run(*command.split())

    if "--help" in command:
        assert done.returncode == 0
    else:
        assert_refused(done, path, "WORKSHOP_HOME")


def test_a_private_folder_may_have_any_name(lonely_workshop, tmp_path) -> None:
    """Blanks, quotes and letters beyond ASCII in the path are letters like others."""
    lonely_workshop.environment["WORKSHOP_HOME"] = str(tmp_path / "a 'b' ü")

    assert lonely_workshop.document("cloud", "status")["pid_file"].endswith("cloud.pid")
    assert (tmp_path / "a 'b' ü").is_dir()


def test_a_relative_private_folder_is_one_for_all_processes(tmp_path, monkeypatch) -> None:
    """A relative `WORKSHOP_HOME` is told to other processes as a whole path, from wherever in a checkout."""
    from workshop.settings import home_folder

    monkeypatch.setenv("WORKSHOP_HOME", "mine")
    monkeypatch.chdir(tmp_path)
    assert home_folder() == tmp_path / "mine"

    for name in ("notebooks", "cloudformation"):
        (tmp_path / "course" / name).mkdir(parents=True)
    for place in ("course", "course/notebooks"):
        monkeypatch.chdir(tmp_path / place)
        assert home_folder() == tmp_path / "course" / "mine"


def test_doctor_lists_a_private_folder_that_cannot_be(lonely_workshop, tmp_path) -> None:
    """The doctor goes on where other commands end, and marks the folder as the problem."""
    file = tmp_path / "file"
    file.write_text("")
    lonely_workshop.environment["WORKSHOP_HOME"] = str(file)

    done = lonely_workshop.run("doctor")

    assert done.returncode == 1
    assert "Private folder" in done.stdout
    assert "Offline cloud" in done.stdout


@pytest.mark.parametrize(
    "endpoint", ["nonsense", "http://127.0.0.1:99999", "ftp://a", "http://[::1", "http://a:b", "https://a"]
)
def test_an_address_that_cannot_be_is_named(lonely_workshop, endpoint: str) -> None:
    """An address of the option or the variable that is none is named with one that is."""
    option = lonely_workshop.run("aggregates", "flow", "--endpoint", endpoint)
    lonely_workshop.environment["AWS_ENDPOINT_URL"] = endpoint
    variable = lonely_workshop.run("aggregates", "flow")

    for done in (option, variable):
        assert_refused(done, f"`{endpoint}`", "AWS_ENDPOINT_URL", "http://127.0.0.1:4566")


def test_an_unknown_cloud_is_named(lonely_workshop) -> None:
    """`WORKSHOP_CLOUD` with another word is told with the words that there are."""
    lonely_workshop.environment["WORKSHOP_CLOUD"] = "azure"

    assert_refused(lonely_workshop.run("aggregates", "flow"), "`azure`", "offline, aws")


@pytest.mark.parametrize("target", ["file", "file/below"])
def test_a_path_that_the_machine_refuses_is_named(lonely_workshop, tmp_path, target: str) -> None:
    """Where a file or folder cannot be made, the sentence has its path and the machine's reason."""
    (tmp_path / "file").write_text("")
    path = tmp_path / target

    assert_refused(lonely_workshop.run("package", "stateful", "--to", str(path)), str(path))


def test_a_rate_that_is_no_number_is_wrong_usage(lonely_workshop) -> None:
    """`nan` passes every comparison with a limit but is no rate."""
    assert_refused(lonely_workshop.run("produce", "flow", "--rate", "nan"), "rate of nan")
