"""All wrong answers; each module in the folder `wrong` has a dict `WRONG` from ids of exercises to them."""

import importlib.util
from collections.abc import Mapping
from pathlib import Path

from tests.course.gate.wrong_answer import Wrong

__all__ = ["Wrong", "all_wrong_answers"]

FOLDER = Path(__file__).parent / "wrong"


def all_wrong_answers() -> dict[str, tuple[Wrong, ...]]:
    """Return the wrong answers to every exercise."""
    found: dict[str, tuple[Wrong, ...]] = {}
    for file in sorted(FOLDER.glob("*.py")):
        spec = importlib.util.spec_from_file_location(f"wrong_{file.stem}", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        answers: Mapping[str, tuple[Wrong, ...]] = module.WRONG
        assert not found.keys() & answers.keys(), f"{file.name} repeats {found.keys() & answers.keys()}"
        found |= answers
    return found
