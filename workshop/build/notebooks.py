"""A notebook made from its source: a Python file in jupytext's percent format.

The same source always gives the same bytes: no outputs, no time stamps, and a cell's id follows from its
text, so that a change to one cell shows as a change to one cell.
"""

import hashlib
from collections import Counter
from typing import Any

import jupytext
import nbformat

from workshop.build.content import content_version
from workshop.build.starters import starter_of

__all__ = ["notebook_of"]

# Cells for those who teach; they stay in `solutions/`.
LEFT_OUT = {"instructor-note", "solution-only"}
# A line for the linter of the source; a notebook has no use for it.
LINTER_LINE = "# ruff: noqa"


def notebook_of(text: str, name: str) -> str:
    """Return the notebook that belongs to a source, as JSON text; `name` is for messages and metadata.

    Raises:
        ConfigurationError: a solution marker has no partner.
    """
    source = "".join(line for line in text.splitlines(keepends=True) if not line.startswith(LINTER_LINE))
    notebook: Any = jupytext.reads(source.lstrip("\n"), fmt="py:percent")
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
        "workshop": {"source": name, "content": content_version(text)},
    }
    cells = [cell for cell in notebook.cells if not LEFT_OUT & set(cell.metadata.get("tags", ()))]
    times: Counter[str] = Counter()
    for cell in cells:
        if cell.cell_type == "code":
            cell.source = starter_of(cell.source + "\n", name).rstrip("\n")
            cell.outputs, cell.execution_count = [], None
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
        content = f"{cell.cell_type}\n{cell.source}"
        times[content] += 1
        cell.id = hashlib.sha256(f"{name}\n{content}\n{times[content]}".encode()).hexdigest()[:12]
    notebook.cells = cells
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    written: str = nbformat.writes(notebook, indent=1, ensure_ascii=False)  # type: ignore[no-untyped-call] # nbformat has no types
    return written.rstrip("\n") + "\n"
