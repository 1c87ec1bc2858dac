"""The newest commits, one after the other in a file of their own, until the file of the state has them.

To append is to write once, which a `kill -9` does not undo, and costs a tenth of a transaction of SQLite's.
The file begins with the name of its generation, which changes whenever its commits have been taken over, in
the same transaction: who is killed before the old ones are deleted takes nothing over twice. Each checksum
goes on from the one before, so that what is read again after a power cut are the first commits without a gap,
and nothing that an older generation has left behind them.
"""

import errno
import os
import pickle
import struct
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from workshop.cloud.offline.keeping.packing import unpickled

__all__ = ["LARGE_BYTES", "MOST_BYTES", "Journal", "RowsOfParts"]

# A generation's name: that of the file, which no other one has, and a number that grows.
FILE_BYTES, GENERATION_BYTES = 8, 16
# Before each commit: how many bytes it has, and the checksum.
HEAD = struct.Struct(">II")
# How large the file grows before its commits are taken over, and what never goes there, since to write it
# twice would cost more.
MOST_BYTES = 500_000
LARGE_BYTES = 50_000
# Of containers by number: rows by key, without content if there is none any more.
RowsOfParts = Mapping[int, Mapping[Any, bytes | None]]


class Journal:
    """The file; it is open after `begin`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        # What the file of the state does not have yet.
        self.rows: dict[int, dict[Any, bytes | None]] = {}
        self.size = 0
        self._file: IO[bytes] | None = None
        self._generation = os.urandom(FILE_BYTES) + bytes(GENERATION_BYTES - FILE_BYTES)
        self._checksum = 0
        # Whether something may be behind the last commit, from an attempt that failed.
        self._is_torn = False

    @property
    def is_empty(self) -> bool:
        """Whether it has begun, and has no commits yet."""
        return self._file is not None and not self.size

    @property
    def following(self) -> bytes:
        """The name of the next generation."""
        number = int.from_bytes(self._generation[FILE_BYTES:], "big") + 1
        return self._generation[:FILE_BYTES] + number.to_bytes(GENERATION_BYTES - FILE_BYTES, "big")

    def read(self, generation: bytes | None) -> bool:
        """Take in the commits of a generation; return whether there was more, which could not be read."""
        content = self.path.read_bytes() if self.path.exists() else b""
        name, self._generation = content[:GENERATION_BYTES], generation or self._generation
        if name != self._generation:
            # What its file has taken over may be there if it was killed before it was deleted.
            is_old = name[:FILE_BYTES] == self._generation[:FILE_BYTES] and name < self._generation
            return bool(content) and not is_old
        commits = list(_commits(content))
        for commit, _ in commits:
            self._note(commit)
        ends = [GENERATION_BYTES, *(end for _, end in commits)]
        return ends[-1] < len(content)

    def begin(self, generation: bytes | None = None) -> None:
        """Forget all commits, and take others: of this generation, or of the next."""
        self._generation = generation or self._generation
        self.rows, self.size, self._checksum = {}, 0, zlib.crc32(self._generation)
        self._is_torn = True
        if self._file is None:
            self.path.touch(mode=0o600)
            self._file = self.path.open("r+b", buffering=0)
        self._file.truncate(0)

    def append(self, rows: RowsOfParts) -> bool:
        """Add a commit; return False if it is too large for that, or the journal is.

        Raises:
            OSError: it could not be added.
        """
        content = pickle.dumps(rows, protocol=5)
        if len(content) > LARGE_BYTES or self.size > MOST_BYTES:
            return False
        if self._file is None:
            raise OSError(errno.EBADF, "the journal is closed")
        checksum = zlib.crc32(content, self._checksum)
        entry = HEAD.pack(len(content), checksum) + content
        if not self.size:
            entry = self._generation + entry
        if self._is_torn:
            self._file.seek(self.size)
            self._file.truncate()
        self._is_torn = True
        if self._file.write(entry) != len(entry):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.size, self._checksum, self._is_torn = self.size + len(entry), checksum, False
        self._note(rows)
        return True

    def _note(self, rows: RowsOfParts) -> None:
        for part, changed in rows.items():
            self.rows.setdefault(part, {}).update(changed)

    def close(self) -> None:
        """Close the file, and forget what is in it."""
        self.rows = {}
        if self._file is not None:
            self._file.close()
            self._file = None


def _commits(content: bytes) -> Iterator[tuple[RowsOfParts, int]]:
    """Yield the commits in the content of a file, each with its end, up to the first that is damaged."""
    begin, checksum = GENERATION_BYTES, zlib.crc32(content[:GENERATION_BYTES])
    while len(content) >= begin + HEAD.size:
        length, wanted = HEAD.unpack_from(content, begin)
        begin += HEAD.size
        commit = content[begin : begin + length]
        checksum = zlib.crc32(commit, checksum)
        if len(commit) < length or checksum != wanted:
            return
        begin += length
        yield unpickled(commit), begin
