"""How far this machine can contain a submission, and what stays open on it.

Found out by trying: `bwrap` may be installed and yet be forbidden to create namespaces, as in many
containers. What stays open is said in sentences for the instructor who is about to run other people's
programs.
"""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache

from workshop.grading.sandbox.containment import NAMESPACES, mounted, privileges
from workshop.grading.sandbox.visible_files import system_paths

__all__ = ["Containment", "find_containment"]

BWRAP_MISSING = "install it (`apt-get install bubblewrap`, `dnf install bubblewrap`)"
WHERE_IT_FAILS = "allow user namespaces, or check on a machine that does"
OPEN = (
    "an answer's code runs as you. It can read your files (the solutions and other submissions too), write "
    "wherever you may, use the network, and end your processes. Contained are its time, processor, memory, "
    "and the size of its files."
)
WINDOWS = (
    "Windows has no limits on processor, memory, processes and files here: only "
    "time is limited, and an answer can read, write and send whatever you can. "
    "Check submissions of people you do not know on Linux with `bubblewrap`."
)
MACOS = (
    "macOS does not limit the processes of one program: a fork bomb is ended "
    "after a moment only. Nor can it tell whose a process is once its parent "
    "has ended: such a one is not found, and goes on running after the check."
)
ROOT = (
    "You are root, whom limits on processes do not bind: a fork bomb is ended after a moment only, and "
    "nothing on this machine is closed to an answer. Go on only if you know the authors."
)
TRIAL_SECONDS = 20.0


@dataclass(frozen=True)
class Containment:
    """The path of a working `bwrap`, and what is not contained, one sentence each.

    Without `bwrap` (None), neither the file system nor the network is closed.
    """

    bwrap: str | None
    warnings: tuple[str, ...]


@cache
def find_containment() -> Containment:
    """Return what this machine offers; tried once per process."""
    if sys.platform == "win32":
        return Containment(None, (WINDOWS,))
    path = shutil.which("bwrap")
    if path and _works(path):
        return Containment(path, ())
    what, how = ("does not work here", WHERE_IT_FAILS) if path else ("is not installed", BWRAP_MISSING)
    missing = [f"`bwrap` {what}: {OPEN} To close the rest, {how}."]
    if os.getuid() == 0:
        missing.append(ROOT)
    if sys.platform == "darwin":
        missing.append(MACOS)
    return Containment(None, tuple(missing))


def _works(bwrap: str) -> bool:
    """Return whether a program starts with the namespaces and mounts that answers get."""
    shown = [option for path in system_paths() for option in mounted(path)]
    command = [bwrap, *NAMESPACES, *privileges(), *shown, "--proc", "/proc", "--dev", "/dev"]
    command += ["--size", "4096", "--perms", "1777", "--tmpfs", "/tmp", "--remount-ro", "/"]  # noqa: S108 - inside
    try:
        done = subprocess.run(
            [*command, "--", "/bin/sh", "-c", "exit 0"],
            capture_output=True,
            timeout=TRIAL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
