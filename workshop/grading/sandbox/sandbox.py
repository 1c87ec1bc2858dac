"""The sandbox of one submission: its private folder, and how a program is started contained in it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

from workshop.grading.sandbox import containment
from workshop.grading.sandbox.availability import Containment
from workshop.grading.sandbox.limits import Limits
from workshop.grading.sandbox.visible_files import PACKAGE, interpreter_folders, system_paths

__all__ = ["Sandbox"]

SCRIPT = Path(containment.__file__).resolve()
SHOWN_TO_CELLS = ("lambdas", "notebooks", "cloudformation")


@dataclass(frozen=True)
class Sandbox:
    """Where one submission is checked; `marker` is in the environment of each of its processes."""

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
        """The settings that `containment.py` reads."""
        return self.folder / "containment.json"

    def launcher(self, kind: str) -> tuple[str, ...]:
        """Return what stands before a command so that it runs contained; `kind` is `function` or `cell`."""
        # Isolated: neither variables nor the working folder, where answers lie, may lend modules to it.
        return (sys.executable, "-I", "-S", str(SCRIPT), str(self.settings), kind, "--")

    def write_settings(self, port: int) -> None:
        """Write what `containment.py` must know; `port` is the cloud's."""
        document = {
            "bwrap": self.containment.bwrap,
            "marker": self.marker,
            "limits": self.limits.document(),
            "port": port,
            "socket": str(self.socket),
            "package": str(SCRIPT.parent),
            "shown": [*system_paths(), *interpreter_folders(), str(PACKAGE)],
            "shown_to": {"cell": [str(self.root / name) for name in SHOWN_TO_CELLS]},
        }
        self.settings.write_text(json.dumps(document), encoding="utf-8")
