"""Files that a kernel and a terminal share."""

import errno
import os
import sys
import threading
from typing import Any

import pytest

from workshop.course.files import advice_on_file, locked


def test_one_at_a_time_holds_the_lock(tmp_path) -> None:
    """Two threads that ask for the same lock file are never inside together."""
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(20):
            with locked(tmp_path / "home" / "lock"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(most), max(most)) == (60, 1)


def test_work_goes_on_where_no_lock_file_can_be_made(tmp_path) -> None:
    """A folder that cannot be made, or written to, costs the lock and nothing else."""
    (tmp_path / "file").write_text("")
    done: list[str] = []

    with locked(tmp_path / "file" / "lock"):
        done.append("work")

    assert done == ["work"]


@pytest.mark.skipif(sys.platform == "win32", reason="there a file system always locks")
@pytest.mark.parametrize("reason", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_work_goes_on_where_files_cannot_be_locked(tmp_path, monkeypatch, reason: int) -> None:
    """A network drive without locks costs the lock and nothing else, and no error of the work is hidden."""
    import fcntl

    def refuse(*_: Any) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr(fcntl, "flock", refuse)

    with pytest.raises(OSError, match="of the work"), locked(tmp_path / "lock"):
        raise OSError("an error of the work")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "Make room"),
        (OSError(errno.EROFS, "Read-only file system", "home/cloud.log"), "Allow reading and writing"),
        (PermissionError(errno.EACCES, "Permission denied", "home/cloud.log"), "`WORKSHOP_HOME`"),
        (IsADirectoryError(errno.EISDIR, "Is a directory", "state.py"), "move it away"),
    ],
)
def test_a_file_that_the_system_refuses_comes_with_advice(error: OSError, told: str) -> None:
    """A full disk, a folder that may only be read, and a folder in a file's place: each can be mended."""
    assert told in advice_on_file(error)


@pytest.mark.parametrize(
    "error", [ConnectionRefusedError(errno.ECONNREFUSED, "refused"), PermissionError(errno.EACCES, "port 80")]
)
def test_what_is_not_about_a_file_gets_no_such_advice(error: OSError) -> None:
    """An error of the network is not told as one of a file."""
    assert advice_on_file(error) == ""
