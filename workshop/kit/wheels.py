"""The wheels of a kit: pip resolves them for each target, a lock names them, and pip loads what is missing.

A lock is a requirements file with hashes. It names no index, so that a kit tells nobody where it was made,
and says behind each line which file that is, and how large.
"""

import hashlib
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import Request, url2pathname, urlopen

from workshop.errors import WorkshopError
from workshop.kit.manifest import WHEELS, digest, lock_path
from workshop.kit.targets import KitTarget

__all__ = ["LockedWheel", "is_there", "load", "read_lock", "resolve", "write_lock"]

SIZE_SECONDS = 20
LAST_LINES = 8
PIP = ("--disable-pip-version-check", "--no-input", "--only-binary=:all:")
LINE = re.compile(r"(\S+)==(\S+) --hash=sha256:([0-9a-f]{64}) # (\S+)(?: (\d+) bytes)?")


@dataclass(frozen=True)
class LockedWheel:
    """A line of a lock; `size` is in bytes, None where the index did not tell."""

    name: str
    version: str
    sha256: str
    file: str
    size: int | None

    def __str__(self) -> str:
        size = "" if self.size is None else f" {self.size} bytes"
        return f"{self.name}=={self.version} --hash=sha256:{self.sha256} # {self.file}{size}"


def resolve(requirements: Sequence[str], target: KitTarget, options: Sequence[str]) -> list[LockedWheel]:
    """Return the wheels that pip would install on a target, with their sizes; `options` go to pip.

    Raises:
        WorkshopError: pip finds no wheels that fit together there.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted, report = Path(folder, "requirements.txt"), Path(folder, "report.json")
        wanted.write_text("\n".join(requirements), encoding="utf-8")
        words = ["install", "--dry-run", "--ignore-installed", "--report", str(report), "--target", folder]
        _pip(target, [*words, "--requirement", str(wanted), *options])
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    return sorted((_locked(each) for each in found), key=lambda wheel: wheel.name)


def read_lock(kit: Path, target: KitTarget, requirements: Sequence[str]) -> list[LockedWheel] | None:
    """Return what a lock names; None if there is none, or it was made for other requirements."""
    path = lock_path(kit, target.platform, target.python)
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    if lines[:1] != [_head(requirements)]:
        return None
    matches = [LINE.fullmatch(line) for line in lines[1:]]
    return [
        LockedWheel(found[1], found[2], found[3], found[4], int(found[5]) if found[5] else None)
        for found in matches
        if found
    ]


def write_lock(
    kit: Path, target: KitTarget, requirements: Sequence[str], wheels: Iterable[LockedWheel]
) -> None:
    """Write the lock of a target."""
    path = lock_path(kit, target.platform, target.python)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")
    draft.write_text("\n".join([_head(requirements), *map(str, wheels)]) + "\n", encoding="utf-8")
    draft.replace(path)


def is_there(kit: Path, wheel: LockedWheel) -> bool:
    """Return whether a kit holds a wheel as its lock says."""
    path = kit / WHEELS / wheel.file
    return path.is_file() and digest(path) == wheel.sha256


def load(kit: Path, target: KitTarget, wheels: Sequence[LockedWheel], options: Sequence[str]) -> None:
    """Load wheels into a kit.

    Raises:
        WorkshopError: pip could not load one, or it was another file than the lock says.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "requirements.txt")
        wanted.write_text("\n".join(map(str, wheels)), encoding="utf-8")
        words = ["download", "--no-deps", "--require-hashes", "--dest", str(kit / WHEELS)]
        _pip(target, [*words, "--requirement", str(wanted), *options])


def _pip(target: KitTarget, words: Sequence[str]) -> None:
    tags = [word for tag in target.pip_platforms for word in ("--platform", tag)]
    command = [
        *(sys.executable, str(Path(__file__).with_name("pip_elsewhere.py")), json.dumps(target.markers)),
        *(*words, *PIP, "--implementation", "cp", "--python-version", target.python, *tags),
    ]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", check=False
    )
    if done.returncode == 0:
        return
    told = "\n".join(done.stdout.strip().splitlines()[-LAST_LINES:])
    if "No space left on device" in done.stdout:
        raise WorkshopError(
            f"the disk is full; make room and run the same command again, which goes on from here:\n{told}"
        )
    raise WorkshopError(
        f"pip failed for {target}; run the same command again, which goes on from here, "
        f"when this is mended:\n{told}"
    )


def _locked(entry: dict[str, Any]) -> LockedWheel:
    """Return the wheel of an entry in pip's report: https://pip.pypa.io/en/stable/reference/installation-report/."""
    metadata, download = entry["metadata"], entry["download_info"]
    url = download["url"]
    return LockedWheel(
        metadata["name"].lower(),
        metadata["version"],
        download["archive_info"]["hashes"]["sha256"],
        unquote(urlsplit(url).path).rpartition("/")[2],
        _size(url),
    )


@cache
def _size(url: str) -> int | None:
    """Ask for a file's size without loading it."""
    try:
        if urlsplit(url).scheme == "file":
            return Path(url2pathname(urlsplit(url).path)).stat().st_size
        request = Request(url, method="HEAD")  # noqa: S310 - pip chose it, https or a local index
        with urlopen(request, timeout=SIZE_SECONDS) as answer:  # noqa: S310
            return int(answer.headers["Content-Length"])
    except (OSError, TypeError, ValueError):
        return None


def _head(requirements: Sequence[str]) -> str:
    return f"# for {hashlib.sha256(repr(list(requirements)).encode()).hexdigest()}"
