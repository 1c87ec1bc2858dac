"""A cloud in this process that keeps its state, and what is left of it after a `kill -9`."""

import pickletools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.cloud.documents import table
from workshop.cloud.laboratory import Laboratory
from workshop.cloud.offline.keeping.marks import ALL
from workshop.cloud.offline.keeping.resources import PREFIX
from workshop.cloud.offline.keeping.store import companions
from workshop.cloud.offline.lock import LOCK

__all__ = ["KeptCloud", "copies_meanwhile", "largest_file"]


# Environments log in, which is not kept; moto makes a list for each parameter that it is asked for.
NEVER_MARKED = ("iam", "sts", "ssm")


class KeptCloud:
    """A laboratory with a file; `crash` goes on with the file as it is at that moment, and nothing else.

    A process that is killed leaves the pages that SQLite has written, so a copy of the files is what it finds
    when it begins again. Between two commits nothing is written, so a copy after each commit stands for every
    moment at which it may be killed.
    """

    def __init__(self, folder: Path, *, subprocesses: bool = False) -> None:
        self._folder = folder
        self._subprocesses = subprocesses
        self.path = folder / "cloud.state"
        self.copies = 0
        self._times: dict[Path, float] = {}
        self.laboratory = Laboratory(kept=self.path, subprocesses=subprocesses)

    def client(self, service: str) -> Any:
        """Return a client for the cloud as it is now."""
        return self.laboratory.client(service)

    @property
    def notes(self) -> list[str]:
        """What the cloud that runs now has to say about what it found."""
        keeper = self.laboratory._world.keeper
        assert keeper is not None
        return keeper.notes

    def copied(self) -> Path:
        """Return a copy of the file."""
        self.copies += 1
        copy = self._folder / f"{self.copies}.state"
        self._times[copy] = self.laboratory.clock.now()
        for old, new in zip(companions(self.path), companions(copy), strict=True):
            # What is shared by the processes that have the file open dies with them.
            if old.exists() and not old.name.endswith("-shm"):
                shutil.copyfile(old, new)
        return copy

    def crash(self, found: Path | None = None) -> None:
        """Lose everything but the file, or a copy that was made before.

        What is not in the file, since nobody has said that it has changed, is a failure.
        """
        self._check_marks()
        path, now = found or self.copied(), self.laboratory.clock.now()
        self.laboratory.close()
        self.path = path
        self.laboratory = Laboratory(kept=path, subprocesses=self._subprocesses)
        # Time goes on for a cloud that is down: from the kill, whatever was tried with other copies since.
        self.laboratory.clock.advance(self._times.get(path, now) - self.laboratory.clock.now())

    def _check_marks(self) -> None:
        keeper = self.laboratory._world.keeper
        assert keeper is not None
        with LOCK:
            before = {f"{PREFIX}{name}": one.content for name, one in keeper._resources._documents.items()}
            changed, _ = keeper._resources.changed({ALL})
        # What was read from a file shares other texts than what was put in by calls.
        unmarked = {name for name, one in changed.items() if _meant(one) != _meant(before.get(name))}
        unmarked -= {f"{PREFIX}{name}" for name in NEVER_MARKED}
        assert not unmarked, unmarked


def _meant(content: bytes | None) -> list[tuple[str, Any]]:
    """Return what a pickled document says, whichever equal texts in it are the same object."""
    said: list[tuple[str, Any]] = []
    memo: list[tuple[str, Any]] = []
    for operation, argument, _ in pickletools.genops(content or b"N."):
        if operation.name == "MEMOIZE":
            memo.append(said[-1])
        elif operation.name in {"BINGET", "LONG_BINGET"}:
            said.append(memo[argument])
        elif operation.name not in {"FRAME", "PROTO"}:
            said.append((operation.name, argument))
    return said


def copies_meanwhile(cloud: KeptCloud, act: Callable[[], Any], *, seed: int, one_in: int) -> list[Path]:
    """Do something; return copies of the file as a kill at random moments meanwhile would leave it."""
    commit, copies, dice = LOCK.before_free, [], Random(seed)
    assert commit is not None

    def commit_and_copy() -> None:
        commit()
        if dice.randrange(one_in) == 0:
            copies.append(cloud.copied())

    LOCK.before_free = commit_and_copy
    try:
        act()
    finally:
        LOCK.before_free = commit
    return copies


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond a size inside the block, as if the disk were full."""
    resource = pytest.importorskip("resource", reason="POSIX limits")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def make_stream_and_table(cloud: KeptCloud, **options: Any) -> None:
    """Make a stream `S` with one shard, and a table `T` with the key `pk`, a text."""
    cloud.client("kinesis").create_stream(StreamName="S", ShardCount=1)
    cloud.client("dynamodb").create_table(TableName="T", **{**table(view=None), **options})
