"""What a hub is told, by the command, in one file: where it is, who may come in, and what a seat may use."""

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

__all__ = ["INSTRUCTOR", "NAME", "PASSWORDS", "PLAN_VARIABLE", "HubPlan"]

PLAN_VARIABLE = "WORKSHOP_HUB_PLAN"
INSTRUCTOR = "instructor"
PASSWORDS = "passwords.json"
# A name is a folder's name as well, on every system.
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,23}")


@dataclass(frozen=True)
class HubPlan:
    """A hub for one class.

    `folder` holds everything of it: database, passwords, a folder for each learner, and the course as handed
    out. `memory_mb` bounds a process, and the sum of a seat's processes; `processors` is how many a seat may
    use at once; a seat ends when nothing has happened there for `idle_minutes`. `is_behind_proxy` says that
    another proxy makes one address of all learners.
    """

    folder: str
    host: str
    port: int
    code: str
    instructor_password: str
    proxy: str
    seats: int = 40
    memory_mb: int = 3072
    processes: int = 400
    processors: int = 2
    idle_minutes: int = 90
    is_behind_proxy: bool = False

    @property
    def course(self) -> Path:
        """The course as each learner gets it."""
        return Path(self.folder) / "course"

    @property
    def seats_folder(self) -> Path:
        """Where each learner has a folder."""
        return Path(self.folder) / "learners"

    @property
    def passwords(self) -> Path:
        """The file of the learners' passwords."""
        return Path(self.folder) / PASSWORDS

    def seat(self, name: str) -> Path:
        """A learner's folder."""
        return self.seats_folder / name

    @property
    def url(self) -> str:
        """Where the hub is, as seen from this machine."""
        return f"http://{'127.0.0.1' if self.host == '0.0.0.0' else self.host}:{self.port}"

    def write(self) -> Path:
        """Write it for the hub alone to read, since it names the instructor's password; return the file."""
        path = Path(self.folder) / "plan.json"
        # Whole or not at all: on a full disk, code and password of before must not be lost.
        new = path.with_suffix(".new")
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=2)
        return new.replace(path)

    @classmethod
    def read(cls) -> Self:
        """Read the plan that the environment names."""
        return cls(**json.loads(Path(os.environ[PLAN_VARIABLE]).read_text(encoding="utf-8")))
