"""Code that runs in the functions until the next deployment, without any change of the learner's files.

`release_as_of` lets an experiment with unguarded code work also for learners who have written the guards
already; `release_with_a_bug` is the release of Friday in notebook 11.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from workshop.course.catch_up import checked_notebook, file_at
from workshop.deploy.bundles import FUNCTIONS, build_bundle
from workshop.errors import BundleError

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["INDIGESTIBLE", "release_as_of", "release_with_a_bug"]

# Messages that contain this word make the release of Friday raise.
INDIGESTIBLE = "friday"
PARSING_MODULE = "common/trades.py"
PARSED = "    message = _parse(data)\n"
BUG = f"""{PARSED}    if b"{INDIGESTIBLE}" in data:
        raise RuntimeError("the release of Friday cannot read this message")
"""


def release_as_of(course: Course, notebook: str) -> None:
    """Deploy the starters with the solutions of all earlier notebooks.

    Raises:
        ConfigurationError: there is no such notebook.
    """
    checked_notebook(notebook)
    for function in FUNCTIONS[course.pipeline]:
        path = f"{course.pipeline}/{function}.py"
        _release(course, function, "textbook", path, partial(_replace, file_at(path, notebook, course.root)))


def release_with_a_bug(course: Course) -> None:
    """Deploy a StateLambda that raises at every message with `friday` in it, until `course.deploy()`.

    Apart from the bug it is the learner's own.

    Raises:
        BundleError: the learner's handler cannot be packed, or the code has no place for the bug.
    """
    _release(course, "state", "starter", PARSING_MODULE, _with_bug)


def _replace(new: str, _old: str) -> str:
    return new


def _with_bug(text: str) -> str:
    if text.count(PARSED) != 1:
        raise BundleError(
            f"`{PARSED.strip()}` is not in `{PARSING_MODULE}` exactly once; bring BUG up to date"
        )
    return text.replace(PARSED, BUG)


def _release(course: Course, function: str, variant: str, path: str, change: Callable[[str], str]) -> None:
    """Deploy the bundle of a function with one of its files changed, and wait until it is in use."""
    bundle = build_bundle(course.pipeline, function, variant, root=course.root)
    client, name = course.client("lambda"), course.physical(f"{function.capitalize()}Lambda")
    client.update_function_code(FunctionName=name, ZipFile=_changed(bundle.content, path, change))
    client.get_waiter("function_updated_v2").wait(FunctionName=name)


def _changed(content: bytes, path: str, change: Callable[[str], str]) -> bytes:
    """Return a zip with one of its files changed.

    Raises:
        KeyError: the zip has no such file.
    """
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        old.getinfo(path)
        for entry in old.infolist():
            data = old.read(entry)
            new.writestr(entry, change(data.decode()) if entry.filename == path else data)
    return changed.getvalue()
