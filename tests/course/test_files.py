"""Files that a kernel and a terminal share."""

import errno
import os
import sys
import threading
from typing import Any

import pytest

from workshop.course.files import locked


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
