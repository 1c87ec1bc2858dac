"""What a program that is not trusted can do where it is put."""

import json
import socket
import sys
from dataclasses import replace

import pytest

from tests.grading.learner import ROOT
from tests.grading.sandbox.conftest import LISTENING_PORT, SMALL, contained
from workshop.grading.sandbox.availability import find_containment
from workshop.grading.sandbox.limits import Limits

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no limits to set")


def test_a_program_runs_with_a_scrubbed_environment(limited, monkeypatch) -> None:
    """Nothing of the user's own environment reaches a program: no keys, no tokens, no paths."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    monkeypatch.setenv("GITHUB_TOKEN", "hidden")
    monkeypatch.setenv("PYTHONPATH", "/hidden")

    done = limited("import json, os; print(json.dumps(dict(os.environ)))")

    variables = json.loads(done.stdout)
    assert "hidden" not in done.stdout
    assert variables["HOME"].endswith("/home")
    assert variables["PATH"] == "/usr/local/bin:/usr/bin:/bin"


@contained
def test_solutions_homes_and_other_submissions_are_not_there(apart, tmp_path) -> None:
    """A program sees the system, the interpreter and its own answers, and nothing of whoever checks."""
    done = apart(
        f"""
        import os
        print(os.path.exists("{ROOT}/solutions"), os.path.exists("{tmp_path}/course/solutions"))
        print(os.listdir("{tmp_path.parent}") == ["{tmp_path.name}"], os.path.exists("/home"))
        print(os.path.exists("{ROOT}/workshop/__init__.py"), os.path.exists("{tmp_path}/course/lambdas"))
        """
    )

    assert done.stdout.split() == ["False", "False", "True", "False", "True", "True"], done.stderr


@contained
def test_processes_of_others_are_not_there(apart) -> None:
    """A program sees its own processes alone, and so can end no other."""
    done = apart("import os; print(sorted(int(each) for each in os.listdir('/proc') if each.isdigit()))")

    assert len(json.loads(done.stdout)) <= 3


@contained
def test_the_network_is_a_loopback_with_one_way_out(apart, tmp_path) -> None:
    """One port leads to the submission's cloud; every other address is unreachable."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        done = apart(
            f"""
            import socket
            print([line.split(":")[0].strip() for line in open("/proc/net/dev").readlines()[2:]])
            for address in (("127.0.0.1", {LISTENING_PORT}), ("127.0.0.1", {server.getsockname()[1]}),
                            ("192.0.2.1", 80), ("8.8.8.8", 53)):
                try:
                    socket.create_connection(address, timeout=2).close()
                    print("reached", address[1])
                except OSError as error:
                    print("not", address[1])
            """
        )

    lines = done.stdout.splitlines()
    assert lines[0] == "['lo']"
    assert lines[1] == f"reached {LISTENING_PORT}"
    assert [line.split()[0] for line in lines[2:]] == ["not", "not", "not"]


@contained
def test_a_program_has_no_rights_to_gain(apart) -> None:
    """A program is nobody, holds no capability, and cannot become root."""
    done = apart(
        """
        import os
        lines = open("/proc/self/status").read().splitlines()
        print([line.split()[1] for line in lines if line.startswith("CapEff")][0], os.getuid() != 0)
        try:
            os.setuid(0)
            print("root")
        except OSError:
            print("refused")
        """
    )

    assert done.stdout.split() == ["0000000000000000", "True", "refused"]


def test_what_is_missing_is_said(monkeypatch) -> None:
    """Without bwrap, a warning names what an answer could read, write, reach and end."""
    monkeypatch.setattr("shutil.which", lambda _: None)

    [warning, *_] = find_containment.__wrapped__().warnings

    for word in ("read your files", "write", "network", "end your processes", "apt-get install bubblewrap"):
        assert word in warning


def test_macos_lets_processes_slip_away(monkeypatch) -> None:
    """Where nobody can find a process that has left its parent, the warnings say so, also to root."""
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("sys.platform", "darwin")

    assert "goes on running" in " ".join(find_containment.__wrapped__().warnings)


def test_a_bwrap_that_does_not_work_is_not_relied_on(monkeypatch, tmp_path) -> None:
    """Whether bwrap works is tried, since containers and settings of the kernel may forbid it."""
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    refusing.chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda _: str(refusing))

    found = find_containment.__wrapped__()

    assert not found.bwrap
    assert "does not work here" in found.warnings[0]


def test_limits_survive_the_way_to_another_process() -> None:
    """What one process decides about limits, another one reads."""
    assert Limits(**replace(SMALL, disk_mb=3).document()) == replace(SMALL, disk_mb=3)
