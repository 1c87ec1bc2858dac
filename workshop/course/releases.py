"""The handlers as the course has them where a notebook begins, deployed beside the learner's own files.

In goes a course and the number of a notebook; the functions run that code until the next deployment. So an
experiment with unguarded code works also for those who have written the guards already. No file is changed.
"""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

from workshop.course.catch_up import checked_notebook, file_at
from workshop.deploy.bundles import FUNCTIONS, build_bundle

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["release_as_of"]


def release_as_of(course: Course, notebook: str) -> None:
    """Let the functions run the starters with the solutions of all earlier notebooks.

    Raises:
        ConfigurationError: there is no such notebook.
    """
    checked_notebook(notebook)
    client = course.client("lambda")
    for function in FUNCTIONS[course.pipeline]:
        path = f"{course.pipeline}/{function}.py"
        bundle = build_bundle(course.pipeline, function, "textbook", root=course.root)
        content = _with_file(bundle.content, path, file_at(path, notebook, course.root))
        name = course.physical(f"{function.capitalize()}Lambda")
        client.update_function_code(FunctionName=name, ZipFile=content)
        client.get_waiter("function_updated_v2").wait(FunctionName=name)


def _with_file(content: bytes, path: str, text: str) -> bytes:
    """Return a zip with another text in one of its files."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for entry in old.infolist():
            new.writestr(entry, text.encode() if entry.filename == path else old.read(entry))
    return changed.getvalue()
