"""The notebook's own file: its title, and whether it belongs to the package that is installed.

In go a checkout and a number, out come texts. A notebook that was copied elsewhere has no file here; then
nothing is known of it, and nothing is said.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.build.content import current_content

__all__ = ["NotebookFile", "read_notebook_file"]


@dataclass(frozen=True)
class NotebookFile:
    """What a notebook says about itself; `warning` says that it was built from other sources than these.

    `name` is its file's, and empty where there is no such file.
    """

    title: str
    name: str = ""
    warning: str | None = None


def read_notebook_file(root: Path, notebook: str) -> NotebookFile:
    """Return what the notebook of a number says about itself, or as much as its number tells."""
    plain = NotebookFile("Trade risk workshop")
    for path in sorted((root / "notebooks").glob(f"{notebook}_*.ipynb")):
        try:
            document = json.loads(path.read_text(encoding="utf-8-sig"))
            return NotebookFile(_title(document) or plain.title, path.name, _warning(document, root, path))
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return plain  # a file that Jupyter could not open either
    return plain


def _warning(document: dict[str, Any], root: Path, path: Path) -> str | None:
    """Return what to say if text and checks may not fit together."""
    built = document["metadata"].get("workshop", {})
    now = current_content(root, str(built.get("source")))
    if now is None or built.get("content") == now:
        return None
    return (
        f"`{path.name}` was made from content {built.get('content', 'of no version')}, and this workshop "
        f"has {now}: its text and its checks may not fit together. `workshop build` makes it again; save "
        "your own version under another name before."
    )


def _title(document: dict[str, Any]) -> str | None:
    for cell in document["cells"]:
        for line in "".join(cell["source"]).splitlines():
            if cell["cell_type"] == "markdown" and line.startswith("# "):
                return line.removeprefix("# ").strip()
    return None
