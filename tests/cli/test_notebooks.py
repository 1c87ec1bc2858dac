"""The first notebook, run as a learner would."""

import nbformat
import pytest
from nbclient import NotebookClient

from workshop.build.notebooks import notebook_of
from workshop.settings import project_root

SOURCE = project_root() / "solutions" / "notebooks" / "00_start_here.py"
LONGEST_CELL_LINES = 12
LONGEST_TEXT_WORDS = 120


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    """The notebook as it is built."""
    return nbformat.reads(notebook_of(SOURCE.read_text(encoding="utf-8"), "00"), as_version=4)


def text_of(cell) -> str:
    """What a code cell printed and showed."""
    parts = [
        output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs
    ]
    return "".join(parts)


def test_cells_are_short_and_texts_are_too(notebook) -> None:
    """No code cell is longer than a dozen lines, and no text longer than 120 words."""
    code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]

    assert max(len(source.splitlines()) for source in code) <= LONGEST_CELL_LINES
    assert max(len(source.split()) for source in texts) <= LONGEST_TEXT_WORDS


def test_the_notebook_runs_from_top_to_bottom_twice(notebook, cloud, monkeypatch, tmp_path) -> None:
    """Run twice in one kernel, every cell succeeds and says the same, and nothing is left in the cloud."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud.endpoint)
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))
    cells = [cell.copy() for _ in range(2) for cell in notebook.cells]
    for number, cell in enumerate(cells):
        cell.id = f"cell-{number}"
    twice = nbformat.v4.new_notebook(cells=cells)

    NotebookClient(twice, timeout=150, kernel_name="python3", resources={"metadata": {"path": "."}}).execute()

    code = [text_of(cell) for cell in twice.cells if cell.cell_type == "code"]
    first, second = code[: len(code) // 2], code[len(code) // 2 :]
    assert "OFFLINE" in first[0]
    for shown in (first, second):
        assert any("Exact." in text for text in shown)
        assert any("0 lost, 0 counted twice" in text for text in shown)
        assert "Nothing is left." in shown[-1]
    assert (
        cloud.client("cloudformation").list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]
        == []
    )
