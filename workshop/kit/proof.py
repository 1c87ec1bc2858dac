"""Proves that a kit is enough: for each target on paper, for this machine by using it without a network.

On paper means: every wheel has the hash of its lock and a tag that the target takes; and starting from what
the course requires, with markers judged as on the target, each requirement is met by a wheel of the lock, and
no wheel of the lock is without one that needs it.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name, parse_wheel_filename

from workshop.errors import WorkshopError
from workshop.kit.manifest import COURSE, WHEELS
from workshop.kit.targets import KitTarget
from workshop.kit.wheels import LockedWheel, is_there

__all__ = ["install_and_run", "prove_on_paper"]

TRIAL_SECONDS = 1800
LAST_LINES = 12
# Ways to run a program without any network but its own loopback; the first one that works is taken.
CUT_OFF = (
    ("bwrap", "--dev-bind", "/", "/", "--unshare-net", "--die-with-parent"),
    ("unshare", "--user", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"),
)


def prove_on_paper(
    kit: Path, target: KitTarget, wheels: Sequence[LockedWheel], requirements: Sequence[str]
) -> list[str]:
    """Return a sentence for everything that keeps a target from being set up from its lock."""
    wrong = [
        f"`{wheel.file}` is missing or not what the lock says" for wheel in wheels if not is_there(kit, wheel)
    ]
    if wrong:
        return wrong
    there = {canonicalize_name(wheel.name): wheel for wheel in wheels}
    metadata = {name: _metadata(kit / WHEELS / wheel.file) for name, wheel in there.items()}
    for wheel in wheels:
        name, version, _, tags = parse_wheel_filename(wheel.file)
        if not tags & target.tags:
            wrong.append(f"`{wheel.file}` does not install on {target}")
        if (name, str(version)) != (canonicalize_name(wheel.name), wheel.version):
            wrong.append(f"`{wheel.file}` is not {wheel.name} {wheel.version}")
        if target.python not in SpecifierSet(metadata[name].get("Requires-Python") or ""):
            wrong.append(f"{wheel.name} {wheel.version} does not run on Python {target.python}")
    needed = _closure(requirements, target, there, metadata, wrong)
    return wrong + [f"nothing needs {name} there" for name in sorted(set(there) - needed)]


def _closure(
    requirements: Sequence[str],
    target: KitTarget,
    there: dict[Any, LockedWheel],
    metadata: dict[Any, Message],
    wrong: list[str],
) -> set[str]:
    """Return the names of all that requirements lead to, and add to `wrong` what is not met."""
    open_ends = [(Requirement(line), "") for line in requirements]
    seen: set[tuple[str, str]] = set()
    while open_ends:
        wanted, extra = open_ends.pop()
        if wanted.marker and not wanted.marker.evaluate({**target.markers, "extra": extra}):
            continue
        name = canonicalize_name(wanted.name)
        wheel = there.get(name)
        if wheel is None or not wanted.specifier.contains(wheel.version, prereleases=True):
            found = "is missing" if wheel is None else f"is {wheel.version}"
            wrong.append(f"{wanted.name} {found}, wanted is `{wanted}`")
            continue
        for each in {"", *wanted.extras} - {known for by, known in seen if by == name}:
            seen.add((name, each))
            lines = metadata[name].get_all("Requires-Dist") or []
            open_ends += [(Requirement(line), each) for line in lines]
    return {name for name, _ in seen}


def _metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as packed:
        [name] = [
            each
            for each in packed.namelist()
            if each.count("/") == 1 and each.endswith(".dist-info/METADATA")
        ]
        return Parser().parsestr(packed.read(name).decode("utf-8"), headersonly=True)


def install_and_run(kit: Path) -> dict[str, Any]:
    """Install the course from a kit in an empty place without a network, and use it; return what was seen.

    `{"network": "cut off" | "not cut off …", "steps": [{"step", "seconds", "seen"}]}`.

    Raises:
        WorkshopError: a step failed.
    """
    cut_off = _way_to_cut_off()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        command = [
            *(*cut_off, _base_python(), "-I"),
            *(str(kit / COURSE / "workshop" / "kit" / "trial.py"), str(kit), folder),
            *(["--network"] if not cut_off else []),
        ]
        environment = {"PATH": "/usr/bin:/bin", "HOME": folder, "LANG": "C.UTF-8", "TMPDIR": folder}
        done = subprocess.run(
            command,
            env=environment if sys.platform != "win32" else None,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=TRIAL_SECONDS,
            check=False,
        )
        if done.returncode != 0:
            told = "\n".join((done.stdout + done.stderr).strip().splitlines()[-LAST_LINES:])
            raise WorkshopError(
                f"the kit does not work on this machine; mend this, then verify again:\n{told}"
            )
        seen: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return seen


def _way_to_cut_off() -> tuple[str, ...]:
    for way in CUT_OFF:
        if (
            shutil.which(way[0])
            and not subprocess.run([*way, "true"], capture_output=True, check=False).returncode
        ):
            return way
    return ()


def _base_python() -> str:
    """Return the Python that this environment was made from, which has no packages of its own."""
    return str(getattr(sys, "_base_executable", sys.executable))
