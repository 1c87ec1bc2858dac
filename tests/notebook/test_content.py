"""The notebook's own file, and whether it belongs to this checkout."""

import json
from pathlib import Path

import pytest

from workshop.build.content import content_version
from workshop.notebook.content import read_notebook_file

SOURCE = "# %% [markdown]\n# # Title\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout with the source of one notebook."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "solutions/notebooks").mkdir(parents=True)
    (tmp_path / "solutions/notebooks/03_state.py").write_text(SOURCE)
    return tmp_path


def save(root: Path, **metadata: str) -> None:
    cells = [{"cell_type": "markdown", "source": ["# Title\n", "Text."]}]
    document = {"cells": cells, "metadata": {"workshop": metadata}}
    (root / "notebooks/03_state.ipynb").write_text(json.dumps(document))


def test_a_notebook_of_this_checkout_needs_no_warning(root: Path) -> None:
    """What was built from the source that lies here says its title and nothing else."""
    save(root, source="solutions/notebooks/03_state.py", content=content_version(SOURCE))

    file = read_notebook_file(root, "03")

    assert (file.title, file.warning) == ("Title", None)


@pytest.mark.parametrize("content", [{}, {"content": "0.0+other"}])
def test_a_notebook_of_another_content_is_told_from_it(root: Path, content: dict[str, str]) -> None:
    """A notebook that was built from another source says so, with both versions."""
    save(root, source="solutions/notebooks/03_state.py", **content)

    warning = read_notebook_file(root, "03").warning

    assert "`03_state.ipynb`" in warning
    assert content_version(SOURCE) in warning


@pytest.mark.parametrize("source", ["solutions/notebooks/none.py", ""])
def test_without_a_source_nothing_is_said(root: Path, source: str) -> None:
    """Where no sources lie, nothing can be compared."""
    save(root, source=source, content="0.0+other")

    assert read_notebook_file(root, "03").warning is None


def test_a_notebook_that_is_not_there_has_a_title(root: Path) -> None:
    """A notebook that was copied elsewhere, or cannot be read, is no error."""
    (root / "notebooks/04_map.ipynb").write_text("no JSON")

    assert read_notebook_file(root, "03").title
    assert read_notebook_file(root, "04").title
