"""The checks of `workshop doctor` around installing: the kit, what was installed from it, room for it.

Standard library only, see `workshop.kit.preflight`. None returns a finding where there is nothing to look at.
"""

import shutil
from importlib.metadata import distributions
from pathlib import Path

from workshop.kit.findings import Grade, Preflight, size
from workshop.kit.manifest import (
    CHECKSUMS,
    LOCKS,
    WHEELS,
    check_files,
    course_files,
    kit_around,
    lock_path,
    locked_files,
    locked_versions,
    plain_name,
    read_checksums,
    this_platform,
    this_python,
)

__all__ = [
    "INSTALLED_LOCK",
    "check_kit",
    "check_lock",
    "check_room_to_install",
    "kit_folders",
    "trouble_with_kit",
]

# What pip unpacks into .venv/, with room for its own work.
MINIMUM_INSTALL_BYTES = 1536 * 1024**2
# Left in .venv/ by an installation from a kit.
INSTALLED_LOCK = "kit-lock.txt"
COURSE_FOLDER = Path(__file__).resolve().parents[2]
MOST_NAMED = 3


def kit_folders(kit: str) -> tuple[str, str]:
    """Return where a kit has this machine's lock, and where its wheels."""
    return str(lock_path(Path(kit), this_platform(), this_python())), str(Path(kit) / WHEELS)


def trouble_with_kit(kit: str | Path, *, mine_alone: bool) -> str | None:
    """Return why this machine cannot be set up from a kit, None if it can.

    Looks at every file, or at those alone that this machine needs.
    """
    kit = Path(kit)
    lock = lock_path(kit, this_platform(), this_python())
    if not (kit / CHECKSUMS).is_file():
        return f"the kit is not complete, `{CHECKSUMS}` is missing; copy it again from where you got it"
    if not lock.is_file():
        there = ", ".join(sorted(path.stem for path in (kit / LOCKS).glob("*.txt")))
        return (
            f"the kit has no packages for {this_platform()} with Python {this_python()}, only for "
            f"{there or 'nothing'}; use another Python, or a kit that was made for this machine"
        )
    names = set(read_checksums(kit)) | set(course_files(kit))
    if mine_alone:
        others = (f"{WHEELS}/", f"{LOCKS}/")
        names = {name for name in names if not name.startswith(others)}
        names |= {f"{LOCKS}/{lock.name}", *(f"{WHEELS}/{file}" for file in locked_files(lock))}
    if wrong := list(check_files(kit, sorted(names))):
        return f"{_few(wrong)} in the kit; copy it again from where you got it"
    return None


def check_kit() -> Preflight | None:
    """The kit that this course lies in is complete, and has packages for this machine."""
    kit = kit_around(COURSE_FOLDER)
    if kit is None:
        return None
    if trouble := trouble_with_kit(kit, mine_alone=False):
        seen, _, fix = trouble.partition("; ")
        return Preflight("Kit", Grade.PROBLEM, seen, fix)
    mine = f"{this_platform()} with Python {this_python()}"
    return Preflight("Kit", Grade.GOOD, f"complete, with packages for {mine}")


def check_lock() -> Preflight | None:
    """What was installed from a kit has the kit's versions still."""
    venv = COURSE_FOLDER / ".venv"
    lock = venv / INSTALLED_LOCK
    if not lock.is_file():
        return None
    folders = [
        str(path) for path in (*venv.glob("lib/python*/site-packages"), venv / "Lib" / "site-packages")
    ]
    there = {plain_name(each.name): each.version for each in distributions(path=folders)}
    wanted = locked_versions(lock)
    wrong = [
        f"{name} is {there.get(plain_name(name), 'missing')}, wanted is {version}"
        for name, version in wanted.items()
        if there.get(plain_name(name)) != version
    ]
    if wrong:
        return Preflight("Lock", Grade.WARNING, _few(wrong), "delete .venv/ and install from the kit again")
    return Preflight("Lock", Grade.GOOD, f"{len(wanted)} packages as in the kit's lock")


def check_room_to_install() -> Preflight | None:
    """There is room for the packages where they are not installed yet."""
    if kit_around(COURSE_FOLDER) or (COURSE_FOLDER / ".venv").exists():
        return None
    free = shutil.disk_usage(COURSE_FOLDER).free
    seen = f"{size(free)} free in {COURSE_FOLDER} for packages"
    if free >= MINIMUM_INSTALL_BYTES:
        return Preflight("Room to install", Grade.GOOD, seen)
    return Preflight("Room to install", Grade.PROBLEM, seen, f"make room for {size(MINIMUM_INSTALL_BYTES)}")


def _few(told: list[str]) -> str:
    more = len(told) - MOST_NAMED
    return ", ".join(told[:MOST_NAMED]) + (f", and {more} more" if more > 0 else "")
