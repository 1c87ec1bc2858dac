"""A release with a bug: the learner's StateLambda, but unable to read one kind of message.

The code runs until the next deployment; the learner's files stay as they are.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING

from workshop.deploy.bundles import build_bundle
from workshop.errors import BundleError

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["INDIGESTIBLE", "release_changed", "release_with_a_bug"]

# Messages that contain this word make the release of Friday raise.
INDIGESTIBLE = "friday"
PARSING_MODULE = "common/trades.py"
PARSED = "    message = _parse(data)\n"
BUG = f"""{PARSED}    if b"{INDIGESTIBLE}" in data:
        raise RuntimeError("the release of Friday cannot read this message")
"""


def release_with_a_bug(course: Course) -> None:
    """Deploy a StateLambda that raises at every message with `friday` in it, until `course.deploy()`.

    Apart from the bug it is the learner's own.

    Raises:
        BundleError: the learner's handler cannot be packed, or the code has no place for the bug.
    """
    release_changed(course, "state", "starter", PARSING_MODULE, _with_bug)


def _with_bug(text: str) -> str:
    if text.count(PARSED) != 1:
        raise BundleError(
            f"`{PARSED.strip()}` is not in `{PARSING_MODULE}` exactly once; bring BUG up to date"
        )
    return text.replace(PARSED, BUG)


def release_changed(
    course: Course, function: str, variant: str, path: str, change: Callable[[str], str]
) -> None:
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
