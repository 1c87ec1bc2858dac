"""Makes a kit: everything that a class needs to install the course on any machine without a network.

::

    KIT/course/         the course as it is committed
    KIT/wheels/         every wheel that one of the locks names, each once
    KIT/locks/          a lock with hashes for each platform and Python
    KIT/install.py      installs the course and its packages from here
    KIT/START-HERE.txt  what to type
    KIT/run-sheet.html  the day, minute by minute
    KIT/SHA256SUMS      the checksum of every file

Whatever is there with the right hash stays, so that a run that was interrupted goes on where it stopped.
"""

import os
import shutil
import subprocess
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from workshop.course.held_back import hold_back
from workshop.errors import ConfigurationError
from workshop.kit.findings import size
from workshop.kit.manifest import CHECKSUMS, COURSE, LOCKS, WHEELS, digest, lock_path
from workshop.kit.targets import KitTarget
from workshop.kit.wheels import LockedWheel, is_there, load, read_lock, resolve, write_lock

__all__ = ["INSTALLER", "KitPlan", "changed_files", "fetch", "finish", "plan_kit", "requirements_of"]

INSTALLER = "install.py"
START_HERE = "START-HERE.txt"
RUN_SHEET = "run-sheet.html"
# Left out with the solutions, since their text is in these as well.
TOLD_BY_SOLUTIONS = ("tests", ".ci", "docs/instructor.md")
# For the course, the locks, and what a file system adds.
SPARE_BYTES = 50 * 1024**2

# pip works on one processor, half a minute for a target, and takes 220 MB.
MOST_PIPS = 4
# pip hands wheels over when it has loaded all that it was asked for: an interruption loses these at most.
AT_ONCE = 25

Tell = Callable[[str], None]


@dataclass(frozen=True)
class KitPlan:
    """What a kit will hold: for each target its wheels; of all wheels, those that are not loaded yet."""

    wheels: dict[KitTarget, list[LockedWheel]]
    missing: frozenset[LockedWheel]

    @property
    def all_wheels(self) -> frozenset[LockedWheel]:
        """Every wheel once."""
        return frozenset(wheel for wheels in self.wheels.values() for wheel in wheels)

    @property
    def bytes(self) -> int:
        """How large all wheels are together, as far as their sizes are known."""
        return _bytes(self.all_wheels)

    def summary(self) -> str:
        """Return in a sentence how large it is."""
        everything, missing = _bytes(self.all_wheels), _bytes(self.missing)
        unknown = sum(wheel.size is None for wheel in self.all_wheels)
        targets = "1 target" if len(self.wheels) == 1 else f"{len(self.wheels)} targets"
        return (
            f"{len(self.all_wheels)} wheels for {targets}, {size(everything)}; "
            f"{len(self.missing)} of them to load, {size(missing)}"
            + (f" and {unknown} of unknown size" if unknown else "")
        )


def requirements_of(course: Path) -> list[str]:
    """Return what the course needs to be built and to run, as its `pyproject.toml` says."""
    document = tomllib.loads((course / "pyproject.toml").read_text(encoding="utf-8"))
    return [*document["project"]["dependencies"], *document["build-system"]["requires"]]


def plan_kit(
    kit: Path, targets: Sequence[KitTarget], requirements: Sequence[str], options: Sequence[str], say: Tell
) -> KitPlan:
    """Resolve every target that has no lock yet, write its lock, and return what is to be loaded.

    Several targets at a time; `say` is called from threads.

    Raises:
        ConfigurationError: the folder holds something else.
        WorkshopError: pip finds no wheels that fit together on a target.
    """
    if kit.exists() and not (kit / LOCKS).is_dir() and any(kit.iterdir()):
        raise ConfigurationError(f"`{kit}` is not empty and no kit; name a new folder with `--out`")
    (kit / LOCKS).mkdir(parents=True, exist_ok=True)

    def locked(target: KitTarget) -> list[LockedWheel]:
        found = read_lock(kit, target, requirements)
        if found is None:
            say(f"resolving {target}")
            found = resolve(requirements, target, options)
            write_lock(kit, target, requirements, found)
        return found

    with ThreadPoolExecutor(min(MOST_PIPS, os.cpu_count() or 1)) as pool:
        wheels = dict(zip(targets, pool.map(locked, targets), strict=True))
    everything = {wheel for found in wheels.values() for wheel in found}
    return KitPlan(wheels, frozenset(wheel for wheel in everything if not is_there(kit, wheel)))


def fetch(kit: Path, plan: KitPlan, options: Sequence[str], say: Tell) -> None:
    """Load what is missing, a target after the other.

    Raises:
        ConfigurationError: there is too little room for it.
        WorkshopError: pip could not load a wheel.
    """
    needed, free = _bytes(plan.missing) + SPARE_BYTES, shutil.disk_usage(kit).free
    if free < needed:
        raise ConfigurationError(
            f"`{kit}` has room for {size(free)}, the kit needs {size(needed)} more; "
            "make room, or name another folder with `--out`"
        )
    missing = set(plan.missing)
    for target, wheels in plan.wheels.items():
        if now := [wheel for wheel in wheels if wheel in missing]:
            say(f"loading {len(now)} wheels for {target}, {size(_bytes(now))}")
            for first in range(0, len(now), AT_ONCE):
                load(kit, target, now[first : first + AT_ONCE], options)
            missing -= set(now)


def finish(kit: Path, plan: KitPlan, root: Path, run_sheet: str, *, with_solutions: bool) -> str:
    """Add course, installer and checksums, and remove what no lock names; return the checksums' digest.

    Raises:
        ConfigurationError: the course is no git checkout.
    """
    _export(root, kit / COURSE, with_solutions=with_solutions)
    shutil.copy(kit / COURSE / "workshop" / "kit" / INSTALLER, kit / INSTALLER)
    (kit / START_HERE).write_text(_start_here(list(plan.wheels)), encoding="utf-8")
    (kit / RUN_SHEET).write_text(run_sheet, encoding="utf-8")
    kept = {kit / WHEELS / wheel.file for wheel in plan.all_wheels}
    kept |= {lock_path(kit, target.platform, target.python) for target in plan.wheels}
    for path in [*(kit / WHEELS).iterdir(), *(kit / LOCKS).iterdir()]:
        if path not in kept:
            path.unlink()
    files = sorted(path for path in kit.rglob("*") if path.is_file() and path.name != CHECKSUMS)
    lines = [f"{digest(path)}  {path.relative_to(kit).as_posix()}\n" for path in files]
    (kit / CHECKSUMS).write_text("".join(lines), encoding="utf-8", newline="\n")
    return digest(kit / CHECKSUMS)


def changed_files(root: Path) -> list[str]:
    """Return what of the course's files is not committed as it is, and so not in a kit as it is."""
    return _git(root, "status", "--porcelain").decode().splitlines()


def _export(root: Path, course: Path, *, with_solutions: bool) -> None:
    left_out = () if with_solutions else TOLD_BY_SOLUTIONS
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(folder) / "course.zip"
        words = ["archive", "--format=zip", f"--output={archive}", "HEAD", "--", "."]
        _git(root, *words, *(f":(exclude){each}" for each in left_out))
        shutil.rmtree(course, ignore_errors=True)
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(course)
    if not with_solutions:
        hold_back(course)


def _git(root: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)  # noqa: S607
    except FileNotFoundError as error:
        raise ConfigurationError("a kit holds what git has; install git, then run it again") from error
    if done.returncode != 0:
        raise ConfigurationError(
            f"`{root}` is no git checkout with commits, and a kit holds what is committed; "
            f"make the kit in a clone of the course. git said: {done.stderr.decode().strip()}"
        )
    return done.stdout


def _bytes(wheels: Sequence[LockedWheel] | frozenset[LockedWheel]) -> int:
    return sum(wheel.size or 0 for wheel in wheels)


def _start_here(targets: Sequence[KitTarget]) -> str:
    platforms = ", ".join(dict.fromkeys(target.platform for target in targets))
    pythons = ", ".join(dict.fromkeys(target.python for target in targets))
    return f"""\
The trade-risk workshop, without a network
==========================================
For {platforms}, with Python {pythons}.

Linux and macOS, in a terminal:
    cd "the folder that this file is in"
    python3 install.py

Windows, in PowerShell:
    cd "the folder that this file is in"
    py install.py

It puts the course into the folder trade-risk-workshop in your home, and says how to start it. Nothing is
loaded from anywhere. If something is wrong with the machine, this says what, and what mends it:
    python3 course/workshop/bootstrap.py doctor        (Windows: py course\\workshop\\bootstrap.py doctor)
{CHECKSUMS} has the checksum of every file; install.py looks at those that it needs.
"""
