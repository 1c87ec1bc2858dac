"""A checkout of a test's own: no run touches the developer's handlers, notebooks, ports or progress."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from workshop.build.tree import inspect_tree, write_tree
from workshop.cloud.connection import Cloud

ROOT = Path(__file__).resolve().parents[3]
WATCHED = Path(__file__).resolve().parent / "watched"
FOLDERS = ("lambdas", "notebooks", "cloudformation", "solutions", "workshop", "docs")
FILES = ("README.md", "pyproject.toml")
FOREIGN = ("AWS_", "WORKSHOP_", "JUPYTER")
# What a running cloud and a running JupyterLab keep in `WORKSHOP_HOME`.
RUNNING = ("cloud", "jupyter")


@dataclass(frozen=True)
class Checkout:
    """A copy of the project; whoever runs in it with `environment` is watched (see `watched/`)."""

    folder: Path
    cloud: Cloud | None = None

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
    def kernels(self) -> Path:
        """Where kernels that JupyterLab starts say how to reach them."""
        return self.folder / "kernels"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a process that works in this copy and nowhere else."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        pointed = {"AWS_ENDPOINT_URL": self.cloud.endpoint or ""} if self.cloud else {}
        return kept | {
            "WORKSHOP_HOME": str(self.home),
            "PYTHONPATH": os.pathsep.join([str(self.root), str(WATCHED)]),
            "PYTHONUNBUFFERED": "1",
            # What someone chose in a JupyterLab of their own stays out of it, and is left alone.
            "JUPYTER_CONFIG_DIR": str(self.folder / "jupyter"),
            "JUPYTER_RUNTIME_DIR": str(self.kernels),
            "WATCH_LOG": str(self.folder / "watched.log"),
            **pointed,
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
        """Make files and progress as they are on a fresh clone, and empty the cloud; what runs there goes on."""
        self._empty_cloud()
        self.home.mkdir(parents=True, exist_ok=True)
        for entry in self.home.iterdir():
            if not entry.name.startswith(RUNNING):
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        left_out = shutil.ignore_patterns(".ipynb_checkpoints", "*.pyc.*")
        for name in FOLDERS:
            shutil.rmtree(self.root / name, ignore_errors=True)
            # With what Python has compiled, or each process would do that again.
            shutil.copytree(ROOT / name, self.root / name, ignore=left_out)
        for name in FILES:
            shutil.copy2(ROOT / name, self.root / name)
        write_tree(self.root, inspect_tree(self.root), force=True)

    def _empty_cloud(self) -> None:
        if self.cloud is not None and self.cloud.offline is not None:
            self.cloud.offline.reset()
        elif (self.home / "cloud.pid").exists():
            reset = [sys.executable, "-m", "workshop", "cloud", "reset", "--yes"]
            subprocess.run(reset, cwd=self.root, env=self.environment, check=True, capture_output=True)


def fresh_checkout(folder: Path, *, cloud: Cloud | None = None) -> Checkout:
    """Copy the project as it stands into a folder; without a cloud, whoever works there starts one."""
    checkout = Checkout(folder, cloud)
    checkout.renew()
    return checkout
