"""The disk that all seats of a hub share: the instructor hears who fills it before it is full."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from workshop.classroom.hub import disk
from workshop.classroom.hub.disk import disk_warning, is_disk_low
from workshop.cli.classroom import hub as hub_command

if sys.platform == "win32":
    pytest.skip("JupyterHub does not run on Windows", allow_module_level=True)


@pytest.fixture
def seats(tmp_path) -> Iterator[Path]:
    """Four seats; the folders of one go deeper than a path can tell, and than recursion goes."""
    folder = tmp_path / "learners"
    for name, megabytes in (("ada", 1), ("bob", 3), ("cleo", 0), ("eve", 2)):
        (folder / name / "course").mkdir(parents=True)
        (folder / name / "course" / "mine").write_bytes(os.urandom(megabytes * disk.MEGABYTE))
    with (folder / "cleo" / "holes").open("wb") as file:
        file.truncate(2**40)
    (folder / "cleo" / "link").symlink_to(folder / "bob")
    before = Path.cwd()
    os.chdir(folder / "eve")
    for _ in range(2_500):
        Path("d").mkdir()
        os.chdir("d")
    os.chdir(before)
    yield folder
    # pytest cannot remove what is so deep.
    subprocess.run(["rm", "-rf", folder], check=True)


def test_who_fills_the_disk_is_named(seats) -> None:
    """The seats that take most are named, the largest first, by what they really take on the disk."""
    assert disk_warning(seats).endswith(" The largest seats: bob with 3 MB, eve with 2 MB, ada with 1 MB.")


def test_a_disk_is_low_when_little_is_free(tmp_path, monkeypatch) -> None:
    """What is free decides, before anything is looked through."""
    for least, is_low in ((0, False), (2**62, True)):
        monkeypatch.setattr(disk, "LOW_BYTES", least)
        assert is_disk_low(tmp_path) is is_low


def test_a_hub_says_it_once_each_time_that_the_disk_fills(monkeypatch) -> None:
    """A disk that stays low is looked through and told of once, and again if it has had room in between."""
    looks = iter([True, True, False, True])
    monkeypatch.setattr(hub_command, "is_disk_low", lambda _: next(looks, True))
    monkeypatch.setattr(hub_command, "disk_warning", lambda _: "low")
    ended = iter([None] * 4)

    def wait(_: float) -> int:
        if next(ended, 0) is None:
            raise subprocess.TimeoutExpired("hub", 0)
        return 0

    said = io.StringIO()
    hub = SimpleNamespace(wait=wait)

    assert hub_command._wait_for_end(SimpleNamespace(seats_folder=None), Console(file=said), hub) == 0
    assert said.getvalue().split() == ["low", "low"]
