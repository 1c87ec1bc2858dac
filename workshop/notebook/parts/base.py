"""The session's core: the course behind it, and whatever the course can do, under the same names.

What a course returns as a value, the parts beside this module show; everything else passes through. The
course itself never shows anything, so checks work on it, not on the session.
"""

from typing import Any

from workshop.course.course import Course
from workshop.course.progress import Progress
from workshop.notebook.views.differences import TableMemory

__all__ = ["Session"]


class Session:
    """A course with the memory of what was shown of it; one for each pipeline.

    `record` is what this learner has done so far, as it is kept on the disk.
    """

    def __init__(self, course: Course, notebook: str) -> None:
        self.course = course
        self.notebook = notebook
        self.memory = TableMemory()
        self.record = Progress(course.home, clock=course.clock)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name == "course":
            raise AttributeError(name)
        try:
            return getattr(self.course, name)
        except AttributeError:
            raise AttributeError(
                f"a session has no `{name}`; type `ws.` and press Tab for what it has"
            ) from None

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(name for name in dir(self.course) if not name.startswith("_"))})
