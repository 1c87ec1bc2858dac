"""A checkout of a test's own: no run touches the developer's handlers, notebooks, ports or progress."""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WATCHED = Path(__file__).resolve().parent / "watched"
FOLDERS = ("lambdas", "notebooks", "cloudformation", "solutions", "workshop", "docs")
FILES = ("README.md", "pyproject.toml")
FOREIGN = ("AWS_", "WORKSHOP_", "JUPYTER")


@dataclass(frozen=True)
class Checkout:
    """A copy of the project; whoever runs in it with `environment` is watched (see `watched/`)."""

    folder: Path
    endpoint: str | None = None
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """Where the files lie."""
        return self.folder / "checkout"

    @property
    def home(self) -> Path:
        """The checkout's `WORKSHOP_HOME`."""
        return self.folder / "home"

    @property
    def notebooks(self) -> Path:
        """Where the learner's notebooks lie."""
        return self.root / "notebooks"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that works in this copy and nowhere else."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        pointed = {"AWS_ENDPOINT_URL": self.endpoint} if self.endpoint else {}
        return kept | {
            "WORKSHOP_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join([str(self.root), str(WATCHED)]),
            "PYTHONUNBUFFERED": "1",
            # What someone chose in a JupyterLab of their own stays out of it, and is left alone.
            "JUPYTER_CONFIG_DIR": str(self.folder / "jupyter"),
            "WATCH_LOG": str(self.folder / "watched.log"),
            **pointed,
            **self.extra,
        }

    def watched(self) -> list[str]:
        """Return what was noted so far: a line per call that AWS does not know or that left this machine."""
        log = self.folder / "watched.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    @property
    def outside(self) -> list[str]:
        """What was asked of other machines."""
        return [line for line in self.watched() if line.startswith("outside")]

    def renew(self) -> None:
        """Make files and progress as they are on a fresh clone."""
        for folder in (self.root, self.home):
            shutil.rmtree(folder, ignore_errors=True)
        self.home.mkdir(parents=True)
        left_out = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
        for name in FOLDERS:
            shutil.copytree(ROOT / name, self.root / name, ignore=left_out)
        for name in FILES:
            shutil.copy2(ROOT / name, self.root / name)


def fresh_checkout(folder: Path, *, endpoint: str | None = None, **extra: str) -> Checkout:
    """Copy the project as it stands into a folder; without an endpoint the copy starts its own cloud."""
    checkout = Checkout(folder, endpoint, extra)
    checkout.renew()
    return checkout
