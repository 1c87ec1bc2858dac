"""The notebook's own file: its title, and whether it belongs to the package that is installed.

In go a checkout and a number, out come texts. A notebook that was copied elsewhere has no file here; then
nothing is known of it, and nothing is said.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["NotebookFile", "read_notebook_file"]


@dataclass(frozen=True)
class NotebookFile:
    """What a notebook says about itself; `version` is of the content that it was built with."""

    title: str
    version: str | None = None


def read_notebook_file(root: Path, notebook: str) -> NotebookFile:
    """Return what the notebook of a number says about itself, or as much as its number tells."""
    plain = NotebookFile("Trade risk workshop")
    for path in sorted((root / "notebooks").glob(f"{notebook}_*.ipynb")):
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            version = document["metadata"].get("workshop", {}).get("version")
            return NotebookFile(_title(document) or plain.title, version)
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return plain  # a file that Jupyter could not open either
    return plain


def _title(document: dict[str, Any]) -> str | None:
    for cell in document["cells"]:
        for line in "".join(cell["source"]).splitlines():
            if cell["cell_type"] == "markdown" and line.startswith("# "):
                return line.removeprefix("# ").strip()
    return None
