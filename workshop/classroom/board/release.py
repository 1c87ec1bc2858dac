"""The solutions of one notebook as a zip file, laid out as in a checkout: unpacked there, they are found.

A handler file may hold answers to exercises of several notebooks. Those of notebooks that are not released
are left out: where they would stand, the file has what learners begin with.
"""

import io
import zipfile
from collections.abc import Collection, Iterator
from pathlib import Path

from workshop.build.starters import with_blocks_hidden
from workshop.course.exercise import Function
from workshop.course.exercises import all_exercises

__all__ = ["released_solutions"]

NOTEBOOKS = "solutions/notebooks"
HANDLERS = "solutions/lambdas"
# Belong to no exercise, and complete the variants for the demo.
LAST_NOTEBOOK, UNASKED = "99", ("ledger/stateless/map.py",)
# The same bytes for the same solutions.
MOMENT = (2026, 1, 1, 0, 0, 0)


def released_solutions(notebook: str, released: Collection[str], root: Path) -> bytes:
    """Return the zip file of a notebook's source and of the handler files that its exercises are about."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in sorted(dict(_files(notebook, released, root)).items()):
            archive.writestr(zipfile.ZipInfo(name, MOMENT), text)
    return packed.getvalue()


def _files(notebook: str, released: Collection[str], root: Path) -> Iterator[tuple[str, str]]:
    for path in (root / NOTEBOOKS).glob(f"{notebook}_*.py"):
        yield f"{NOTEBOOKS}/{path.name}", path.read_text(encoding="utf-8")
    for place in sorted(_places(notebook)):
        name = f"{HANDLERS}/{place}"
        if (root / name).is_file():
            hidden = {each.id for each in all_exercises() if each.notebook not in released}
            yield name, with_blocks_hidden((root / name).read_text(encoding="utf-8"), name, hidden)


def _places(notebook: str) -> Iterator[str]:
    """Yield the handler files that a notebook's exercises are about, with the last one all others."""
    files = [
        (each.notebook, f"{each.answer_location.variant}/{each.answer_location.path}")
        for each in all_exercises()
        if isinstance(each.answer_location, Function)
    ]
    yield from (place for number, place in files if number == notebook)
    if notebook == LAST_NOTEBOOK:
        yield from UNASKED
