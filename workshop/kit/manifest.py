"""What a kit consists of: the names in it, the checksums, and which lock is for which machine.

Standard library only: a kit is looked at before anything is installed.
"""

import hashlib
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

__all__ = [
    "CHECKSUMS",
    "COURSE",
    "LOCKS",
    "PYTHONS",
    "WHEELS",
    "check_files",
    "course_files",
    "digest",
    "kit_around",
    "lock_path",
    "locked_files",
    "locked_versions",
    "plain_name",
    "read_checksums",
    "this_platform",
    "this_python",
]

CHECKSUMS = "SHA256SUMS"
COURSE = "course"
LOCKS = "locks"
WHEELS = "wheels"
PYTHONS = ("3.11", "3.12", "3.13", "3.14")

_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_MACHINES = {"amd64": "x86-64", "x86_64": "x86-64", "arm64": "arm64", "aarch64": "arm64"}
_BLOCK_BYTES = 1 << 20


def this_platform() -> str:
    """Return the platform that this Python runs on, as kits name it: `linux-x86-64`, `macos-arm64`."""
    machine = platform.machine().lower()
    return f"{_SYSTEMS.get(sys.platform, sys.platform)}-{_MACHINES.get(machine, machine)}"


def this_python() -> str:
    """Return this Python's minor version, such as `3.12`."""
    return "{}.{}".format(*sys.version_info[:2])


def lock_path(kit: Path, platform_name: str, python: str) -> Path:
    """Return where a kit has the lock for a platform and a Python."""
    return kit / LOCKS / f"{platform_name}-python{python}.txt"


def locked_versions(lock: Path) -> dict[str, str]:
    """Return the version of every package that a lock names."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    pins = [line.split()[0].split("==") for line in lines if line and not line.startswith("#")]
    return dict(pins)


def locked_files(lock: Path) -> list[str]:
    """Return the names of the wheels that a lock is for."""
    lines = lock.read_text(encoding="utf-8").splitlines()
    return [line.partition(" # ")[2].split()[0] for line in lines if " # " in line]


def course_files(kit: Path) -> list[str]:
    """Return every file of the course that lies in a kit, by its path within the kit."""
    found = (path for path in (kit / COURSE).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return [path.relative_to(kit).as_posix() for path in found]


def plain_name(name: str) -> str:
    """Return the one spelling of a package's name: `Send2Trash` and `send2trash` are the same."""
    return re.sub(r"[-_.]+", "-", name).lower()


def kit_around(course: Path) -> Path | None:
    """Return the kit that a course lies in; None for a checkout, or a course that was installed."""
    return course.parent if course.name == COURSE and (course.parent / CHECKSUMS).is_file() else None


def digest(path: Path) -> str:
    """Return a file's SHA-256 as hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            found.update(block)
    return found.hexdigest()


def read_checksums(kit: Path) -> dict[str, str]:
    """Return the digest of every file that a kit should hold, by its path within the kit."""
    lines = (kit / CHECKSUMS).read_text(encoding="utf-8").splitlines()
    return {name: wanted for wanted, _, name in (line.partition("  ") for line in lines)}


def check_files(kit: Path, names: Iterable[str] | None = None) -> Iterator[str]:
    """Yield a sentence for every file of a kit that is missing or is not what was packed.

    Only files with these names, if any are given; one that has no checksum is not what was packed either.
    """
    wanted = read_checksums(kit)
    for name in wanted if names is None else names:
        path = kit / name
        if not path.is_file():
            yield f"`{name}` is missing"
        elif name not in wanted:
            yield f"`{name}` has no checksum"
        elif digest(path) != wanted[name]:
            yield f"`{name}` was changed or damaged"
