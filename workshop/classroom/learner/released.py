"""Solutions that the board has released, a notebook at a time, kept in the course's home.

A zip from the board is unpacked only if every name in it is that of a solution; nothing else is written.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import uuid
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING

from workshop.classroom.learner.calls import download
from workshop.course.files import locked, patiently, write_whole
from workshop.errors import BoardError
from workshop.settings import RELEASED

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.classroom.learner.membership import Membership

__all__ = ["fetch_released", "unpack"]

NAME = re.compile(
    r"solutions/(notebooks/\d\d_[a-z0-9_]+\.py"
    r"|lambdas/(textbook|ledger)/(stateful|stateless)/(state|map|reduce)\.py)"
)
LARGEST_FILE_BYTES = 1024**2
MOST_FILES = 64
# Beside the folders of notebooks: which of them were released when that was looked at last.
SEEN_FILE = "seen.json"
LOCK_FILE = "released.lock"


def fetch_released(home: Path, membership: Membership, released: Sequence[str]) -> None:
    """Load the solutions that are released and not here yet.

    A notebook that was withheld meanwhile is loaded anew: what it shares with others is whole only in what is
    loaded last.

    Raises:
        BoardError: the board gives none, or gives something else.
    """
    seen = _seen(home)
    known = seen & set(released)
    try:
        for notebook in released:
            if notebook not in known or not (home / RELEASED / notebook).is_dir():
                content = download(membership.address, f"solutions/{notebook}", token=membership.token)
                unpack(content, home / RELEASED / notebook)
                known.add(notebook)
    finally:
        if known != seen:
            write_whole(home / RELEASED / SEEN_FILE, json.dumps(sorted(known)))


def _seen(home: Path) -> set[str]:
    """Return the notebooks that were released, and loaded, when that was looked at last."""
    file = home / RELEASED / SEEN_FILE
    try:
        return set(json.loads(patiently(lambda: file.read_text(encoding="utf-8"))))
    except (OSError, ValueError, TypeError):
        return set()


def unpack(content: bytes, folder: Path) -> None:
    """Write the solutions of a zip into a folder, in the place of what it held, once all of them are there.

    Raises:
        BoardError: it is no zip, or holds something else than solutions; then nothing is written.
    """
    texts = _checked(content)
    draft, old = (folder.with_name(f"{folder.name}-{uuid.uuid4().hex[:8]}.{end}") for end in ("draft", "old"))
    try:
        for name, text in texts.items():
            place = draft.joinpath(*name.split("/"))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text)
        with locked(folder.with_name(LOCK_FILE)):  # another kernel may be as fast
            if folder.exists():
                patiently(lambda: folder.replace(old))
            patiently(lambda: draft.replace(folder))
    finally:
        for each in (draft, old):
            shutil.rmtree(each, ignore_errors=True)


def _checked(content: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = [each for each in packed.infolist() if not each.is_dir()]
            if not 1 <= len(entries) <= MOST_FILES:
                raise _refused(f"{len(entries)} files")
            for each in entries:
                if not NAME.fullmatch(each.filename) or each.file_size > LARGEST_FILE_BYTES:
                    raise _refused(f"`{ascii(each.filename)[1:81]}`")
            return {each.filename: packed.read(each) for each in entries}
    # What zipfile raises for damaged files, other methods, and sizes that are not true.
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise _refused(f"a damaged zip ({error})") from error


def _refused(what: str) -> BoardError:
    return BoardError(
        f"the class board sent {what} as solutions, and nothing of it was kept\nTell whoever runs the board."
    )
