"""What keeps an answer's code in its place on this machine, and what of that is missing here.

Found out by trying: `bwrap` may be installed and still not be allowed to do its work. What is missing is said
in words, for whoever is about to run other people's programs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import boto3

import workshop
from workshop.grading.sandbox import confine
from workshop.grading.sandbox.limits import Limits

__all__ = ["BWRAP_MISSING", "Containment", "Place", "find_containment"]

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
PACKAGE = Path(workshop.__file__).resolve().parent
CHECKOUT = PACKAGE.parent
# What a program needs of the system; no home, no service's socket, none of the machine's secrets.
SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/nix/store")
SYSTEM_FILES = (
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/alternatives",
    "/etc/localtime",
)


@dataclass(frozen=True)
class Containment:
    """What there is: the path of a working `bwrap` or None, and what is not contained, one sentence each."""

    bwrap: str | None
    warnings: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether the file system and the network are closed as well."""
        return self.bwrap is not None


@dataclass(frozen=True)
class Place:
    """Where one submission is checked: its private folder, its mark, its limits."""

    folder: Path
    marker: str
    limits: Limits
    containment: Containment

    @property
    def root(self) -> Path:
        """What looks like a checkout, with the submission's answers in it."""
        return self.folder / "course"

    @property
    def socket(self) -> Path:
        """The socket file that leads to the submission's cloud."""
        return self.folder / "cloud.sock"

    @property
    def settings(self) -> Path:
        """The settings that `confine` reads."""
        return self.folder / "confine.json"

    def launcher(self, kind: str) -> tuple[str, ...]:
        """Return what stands before a command so that it runs confined; `kind` is `function` or `cell`."""
        return (
            sys.executable,
            "-I",
            "-S",
            str(Path(confine.__file__).resolve()),
            str(self.settings),
            kind,
            "--",
        )

    def write_settings(self, port: int) -> None:
        """Write what `confine` must know; `port` is the cloud's."""
        document: dict[str, Any] = {
            "bwrap": self.containment.bwrap,
            "marker": self.marker,
            "limits": self.limits.document(),
            "port": port,
            "socket": str(self.socket),
            "package": str(Path(confine.__file__).resolve().parent),
            "shown": [*_system(), *_interpreter(), str(PACKAGE)],
            "shown_to": {
                "cell": [str(self.root / name) for name in ("lambdas", "notebooks", "cloudformation")]
            },
        }
        self.settings.write_text(json.dumps(document), encoding="utf-8")


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
    """Return whether a program starts in a place like those that answers get."""
    inside = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID"] if os.getuid() == 0 else ["--unshare-user"]
    shown = [word for path in _system() for word in _shown(path)]
    spaces = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    places = ["--proc", "/proc", "--dev", "/dev", "--size", "4096", "--perms", "1777", "--tmpfs", "/tmp"]  # noqa: S108 - inside
    command = [bwrap, *spaces, *inside, *shown, *places, "--remount-ro", "/", "--", "/bin/sh", "-c", "exit 0"]
    try:
        return (
            subprocess.run(command, capture_output=True, timeout=TRIAL_SECONDS, check=False).returncode == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def _shown(path: str) -> list[str]:
    return (
        ["--symlink", str(Path(path).readlink()), path]
        if Path(path).is_symlink()
        else ["--ro-bind", path, path]
    )


def _system() -> list[str]:
    return [path for path in (*SYSTEM, *SYSTEM_FILES) if Path(path).exists()]


def _interpreter() -> list[str]:
    """Return the folders of the interpreter and of the packages that are installed for it.

    A checkout that lies on the path stays out: it holds the solutions.
    """
    libraries = Path(boto3.__file__).parent.parent
    folders = {Path(each) for each in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values())}
    real = {libraries, libraries.resolve(), *folders, *(folder.resolve() for folder in folders)}
    kept = [folder for folder in real if folder.is_dir() and not _is_shut(folder)]
    outermost = [
        each for each in kept if not any(each != other and each.is_relative_to(other) for other in kept)
    ]
    return sorted(str(folder) for folder in outermost)


def _is_shut(folder: Path) -> bool:
    return folder.is_relative_to("/usr") or (CHECKOUT / "solutions").is_relative_to(folder)
