"""The generated files of a checkout: what they must hold, whether they do, and how they are written.

A manifest keeps the digest of each file as it was last written. What differs from it was changed by a learner
(or holds the outputs of a run) and is not overwritten unasked.
"""

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from workshop.build.notebooks import notebook_of
from workshop.build.starters import starter_of
from workshop.deploy.bundles import SAME_SOURCE

__all__ = ["MANIFEST", "FileState", "GeneratedFile", "inspect_tree", "write_tree"]

MANIFEST = "solutions/generated.json"
NOTEBOOK_SOURCES = "solutions/notebooks"
STARTER_SOURCES = "solutions/lambdas/textbook"


class FileState(Enum):
    """How a generated file stands to its source."""

    CURRENT = "up to date"
    MISSING = "missing"
    OUTDATED = "out of date"
    EDITED = "edited since it was generated"
    STALE = "without a source"


@dataclass(frozen=True)
class GeneratedFile:
    """One file; `content` is what it must hold, None where it must not exist."""

    path: str
    state: FileState
    content: bytes | None


def inspect_tree(root: Path) -> tuple[GeneratedFile, ...]:
    """Return every generated file with its state, sorted by path; nothing is written.

    Raises:
        ConfigurationError: a source cannot be turned into what learners get.
    """
    wanted = _wanted(root)
    written = _read_manifest(root)
    files = []
    for path in sorted({*wanted, *written}):
        content = wanted.get(path)
        files.append(GeneratedFile(path, _state(root / path, content, written.get(path)), content))
    return tuple(files)


def write_tree(root: Path, files: tuple[GeneratedFile, ...], *, force: bool = False) -> tuple[str, ...]:
    """Bring files up to date, edited ones only by `force`; return the paths that were written or removed."""
    changed = []
    digests = _read_manifest(root)
    for file in files:
        if file.state is FileState.EDITED and not force:
            continue
        if file.content is None:
            (root / file.path).unlink(missing_ok=True)
            del digests[file.path]
        else:
            digests[file.path] = _digest(file.content)
        if file.content is not None and file.state is not FileState.CURRENT:
            (root / file.path).parent.mkdir(parents=True, exist_ok=True)
            (root / file.path).write_bytes(file.content)
        if file.state is not FileState.CURRENT:
            changed.append(file.path)
    manifest = json.dumps(digests, indent=2, sort_keys=True) + "\n"
    (root / MANIFEST).write_bytes(manifest.encode())
    return tuple(changed)


def manifest_is_current(root: Path, files: tuple[GeneratedFile, ...]) -> bool:
    """Say whether the manifest lists exactly these files with their digests."""
    wanted = {file.path: _digest(file.content) for file in files if file.content is not None}
    return _read_manifest(root) == wanted


def _wanted(root: Path) -> dict[str, bytes]:
    wanted = {}
    for source in sorted((root / STARTER_SOURCES).rglob("*.py")):
        path = Path("lambdas") / source.relative_to(root / STARTER_SOURCES)
        wanted[path.as_posix()] = starter_of(_text(source), _name(root, source)).encode()
    for copy, original in SAME_SOURCE.items():
        if (content := wanted.get(f"lambdas/{original}")) is not None:
            wanted[f"lambdas/{copy}"] = content
    for source in sorted((root / NOTEBOOK_SOURCES).glob("*.py")):
        path = Path("notebooks") / f"{source.stem}.ipynb"
        wanted[path.as_posix()] = notebook_of(_text(source), _name(root, source)).encode()
    return wanted


def _state(path: Path, content: bytes | None, written: str | None) -> FileState:
    if not path.exists():
        return FileState.MISSING if content is not None else FileState.STALE
    current = path.read_bytes().replace(b"\r\n", b"\n")
    if current == content:
        return FileState.CURRENT
    if _digest(current) != written:
        return FileState.EDITED
    return FileState.STALE if content is None else FileState.OUTDATED


def _read_manifest(root: Path) -> dict[str, str]:
    path = root / MANIFEST
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _text(source: Path) -> str:
    return source.read_bytes().decode().replace("\r\n", "\n")


def _name(root: Path, source: Path) -> str:
    return source.relative_to(root).as_posix()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
