"""The handlers as the course has them where a notebook begins, deployed beside the learner's own files.

So an experiment with unguarded code also works for learners who have written the guards already. The code
runs until the next deployment; no file is changed.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from workshop.course.catch_up import file_at
from workshop.course.exercises import checked_notebook
from workshop.course.tools.bad_release import release_changed
from workshop.deploy.bundles import FUNCTIONS

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["release_as_of"]


def release_as_of(course: Course, notebook: str) -> None:
    """Deploy the starters with the solutions of all earlier notebooks.

    Raises:
        ConfigurationError: there is no such notebook.
    """
    checked_notebook(notebook)
    left = list(FUNCTIONS[course.pipeline])
    with course.on_wait(
        f"until the functions run the code of notebook {notebook}", lambda: f"{len(left)} to be changed"
    ):
        while left:
            path = f"{course.pipeline}/{left[0]}.py"
            text = file_at(path, notebook, course.root)
            release_changed(course, left[0], "textbook", path, partial(_replace, text))
            del left[0]


def _replace(new: str, _old: str) -> str:
    return new
