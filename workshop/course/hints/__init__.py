"""The hints of every exercise: the TOML files beside this module, one for each notebook.

Each exercise is a table under its id with three hints: `ask` a question, `point` to the place, and give
`nearly` the code.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

__all__ = ["all_hints"]


@cache
def all_hints() -> Mapping[str, tuple[str, str, str]]:
    """Return the three hints of each exercise, by the exercise's id."""
    files = sorted(Path(__file__).parent.glob("*.toml"))
    tables = [table for file in files for table in tomllib.loads(file.read_text("utf-8")).items()]
    return {name: (hints["ask"], hints["point"], hints["nearly"]) for name, hints in tables}
