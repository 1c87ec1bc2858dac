"""What a seat's container runs: ``python -Pm workshop.classroom.hub.kubernetes.pod IDLE_SECONDS``.

The learner's volume is the home; it gets a copy of the course when it is empty.
"""

import os
import sys
from pathlib import Path

from workshop.classroom.hub.course import copy_course

__all__ = ["main", "prepare_home"]

# The course as the image has it, untouched.
COURSE = Path("/opt/course")


def prepare_home(home: Path, course: Path = COURSE) -> Path:
    """Make a learner's home ready; return the folder of their course, as they left it."""
    copy_course(course, home / "course")
    (home / "home").mkdir(exist_ok=True)
    return home / "course"


def main() -> None:
    """Become the seat."""
    os.chdir(prepare_home(Path.home()))
    os.environ["WORKSHOP_HOME"] = str(Path.home() / "home")
    os.execv(sys.executable, [sys.executable, "-Pm", "workshop.classroom.hub.seat", *sys.argv[1:]])  # noqa: S606


if __name__ == "__main__":
    main()
