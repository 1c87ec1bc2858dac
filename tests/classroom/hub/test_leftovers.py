"""A hub that was ended hard: its folder's next hub ends what is left of it, and nothing else."""

import subprocess
import sys

import pytest

from workshop.classroom.hub.leftovers import MARKS, end_leftovers

if sys.platform == "win32":
    pytest.skip("JupyterHub does not run on Windows", allow_module_level=True)


def test_what_a_hub_left_running_is_ended(tmp_path) -> None:
    """Proxy and seats of this folder end; what else runs on the machine, or in the folder, goes on."""
    own, other = tmp_path / "hub", tmp_path / "another"
    for each in (own / "learners" / "ada", other):
        each.mkdir(parents=True)
    (own / "proxy.pid").write_text("1")
    wait = [sys.executable, "-I", "-S", "-c", "input()"]
    begun = [
        subprocess.Popen([*wait, mark], cwd=place, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for mark, place in (
            (MARKS[1], own),
            (MARKS[2], own / "learners" / "ada"),
            (MARKS[1], other),
            ("something", own),
        )
    ]
    try:
        assert end_leftovers(own) == 2
        assert [process.poll() is None for process in begun] == [False, False, True, True]
        assert not (own / "proxy.pid").exists()
    finally:
        for process in begun:
            process.kill()
            process.communicate()
