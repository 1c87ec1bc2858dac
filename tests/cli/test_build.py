"""Notebooks and starters, made from the solutions."""

import importlib
import json
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from workshop.build.content import current_content
from workshop.build.leaks import find_leaks, is_telling
from workshop.build.notebooks import notebook_of
from workshop.build.starters import blocks_of, solution_of, starter_of
from workshop.build.tree import FileState, inspect_tree, manifest_is_current, write_tree
from workshop.cli.app import command_line
from workshop.errors import ConfigurationError
from workshop.settings import project_root

SOLUTION = """\
def total(rows):
    \"\"\"Sum rows.\"\"\"
    ### BEGIN SOLUTION
    return sum(rows)
    ### END SOLUTION
"""

NAIVE = """\
def keep(row):
    ### BEGIN SOLUTION map-once
    put(row, once=True)
    ### STARTER
    # # Naive.
    #
    # put(row)
    ### END SOLUTION
"""

NOTEBOOK = """\
# ruff: noqa: B018 - a notebook shows values

# %% [markdown]
# # Title
#
# Text.

# %%
answer = 6 * 7
### BEGIN SOLUTION
secret = answer
### END SOLUTION
answer

# %% tags=["solution-only"]
"for teachers"

# %%
answer = 6 * 7
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkout, with the working directory inside it."""
    for folder in (
        "notebooks",
        "cloudformation",
        "solutions/notebooks",
        "solutions/lambdas/textbook/stateful",
    ):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "solutions/notebooks/00_start.py").write_text(NOTEBOOK)
    (tmp_path / "solutions/lambdas/textbook/stateful/map.py").write_text(SOLUTION)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str):
    """Run `workshop build` as the command line would."""
    return CliRunner().invoke(command_line(), ["build", *arguments])


def states(root: Path) -> dict[str, FileState]:
    return {file.path: file.state for file in inspect_tree(root)}


def test_a_solution_gives_way_to_a_place_for_the_learner() -> None:
    """What stands between the markers is replaced at its indentation; everything else stays."""
    starter = starter_of(SOLUTION, "map.py")

    assert starter == 'def total(rows):\n    """Sum rows."""\n    pass  # your code here\n'


def test_a_starter_can_have_lines_of_its_own() -> None:
    """What stands behind number signs in the second half of a block is what learners find there."""
    assert starter_of(NAIVE, "map.py") == "def keep(row):\n    # Naive.\n\n    put(row)\n"


def test_a_solution_has_no_trace_of_its_markers() -> None:
    """The solution is the source without markers and without the starter's lines."""
    assert solution_of(NAIVE, "map.py") == "def keep(row):\n    put(row, once=True)\n"
    assert solution_of(SOLUTION, "map.py").endswith('rows."""\n    return sum(rows)\n')


def test_a_block_can_name_its_exercise() -> None:
    """A marker may say which exercise it belongs to, and each block knows its line."""
    [named] = blocks_of(NAIVE, "map.py")
    [nameless] = blocks_of(SOLUTION, "map.py")

    assert (named.exercise, named.line, named.solution) == ("map-once", 2, ["    put(row, once=True)\n"])
    assert (nameless.exercise, nameless.line) == ("", 3)


def test_a_text_without_markers_is_its_own_starter() -> None:
    """Without markers nothing changes, also not the end of the last line."""
    assert starter_of("a = 1\nb = 2", "x.py") == "a = 1\nb = 2"


@pytest.mark.parametrize(
    "text",
    [
        "### BEGIN SOLUTION\nx\n",
        "x\n### END SOLUTION\n",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION\n### END SOLUTION\n",
        "### STARTER\n### END SOLUTION\n",
        "### BEGIN SOLUTION\n### STARTER\n### STARTER\n### END SOLUTION\n",
        "### BEGIN SOLUTION\n### STARTER\nx = 1\n### END SOLUTION\n",
        "    ### BEGIN SOLUTION\n    ### STARTER\n# x = 1\n    ### END SOLUTION\n",
    ],
)
def test_a_marker_without_its_partner_is_refused(text: str) -> None:
    """A forgotten marker could publish a solution, so it stops the build and names file and line."""
    with pytest.raises(ConfigurationError, match=r"line \d of `x.py`"):
        starter_of(text, "x.py")


def test_a_notebook_holds_no_solution_and_no_outputs() -> None:
    """Solutions, cells for teachers and lines for the linter stay behind; cells are ready to run."""
    written = notebook_of(NOTEBOOK, "solutions/notebooks/00_start.py")

    notebook = nbformat.reads(written, as_version=4)
    nbformat.validate(notebook)
    assert [cell.cell_type for cell in notebook.cells] == ["markdown", "code", "code"]
    assert notebook.cells[1].source == "answer = 6 * 7\npass  # your code here\nanswer"
    assert all(not cell.get("outputs") for cell in notebook.cells)
    assert "secret" not in written
    assert "ruff" not in written


def test_a_notebook_is_the_same_each_time() -> None:
    """The same source gives the same bytes, cell ids included."""
    assert notebook_of(NOTEBOOK, "n.py") == notebook_of(NOTEBOOK, "n.py")


def test_cell_ids_follow_from_the_text_of_their_cell() -> None:
    """Ids differ, also between equal cells, and a change to one cell leaves the ids of the others."""
    changed = NOTEBOOK.replace("# Text.", "# Other text.")

    before, after = (
        [cell["id"] for cell in json.loads(notebook_of(text, "n.py"))["cells"]]
        for text in (NOTEBOOK, changed)
    )

    assert len(set(before)) == 3
    assert before[0] != after[0]
    assert before[1:] == after[1:]


def test_build_writes_what_is_missing_and_then_rests(root: Path) -> None:
    """The first build writes every file and the manifest; the second finds nothing to do."""
    first, second, check = run(), run(), run("--check")

    assert "notebooks/00_start.ipynb" in first.output
    assert (root / "lambdas/stateful/map.py").read_text().endswith("# your code here\n")
    assert (second.output, second.exit_code) == ("", 0)
    assert check.exit_code == 0


def test_an_edited_starter_is_left_alone(root: Path) -> None:
    """A starter that a learner changed is not overwritten, and the command says so with exit code 1."""
    run()
    (root / "lambdas/stateful/map.py").write_text("my work\n")

    result = run()

    assert (root / "lambdas/stateful/map.py").read_text() == "my work\n"
    assert result.exit_code == 1
    assert "lambdas/stateful/map.py" in result.output
    assert "--force" in result.output


def test_force_overwrites_an_edited_starter(root: Path) -> None:
    """With --force the learner's file is written again, and everything is current."""
    run()
    (root / "lambdas/stateful/map.py").write_text("my work\n")

    result = run("--force")

    assert result.exit_code == 0
    assert set(states(root).values()) == {FileState.CURRENT}


def test_an_untouched_file_follows_its_source(root: Path) -> None:
    """A file that is as it was last written is brought up to date without asking."""
    run()
    source = root / "solutions/lambdas/textbook/stateful/map.py"
    source.write_text("# new\n" + SOLUTION)

    assert states(root)["lambdas/stateful/map.py"] is FileState.OUTDATED
    assert run().exit_code == 0
    assert (root / "lambdas/stateful/map.py").read_text().startswith("# new\n")


def test_a_file_whose_source_is_gone_is_removed_unless_it_was_edited(root: Path) -> None:
    """An untouched leftover goes, one that a learner changed stays until --force."""
    run()
    (root / "solutions/lambdas/textbook/stateful/map.py").unlink()
    (root / "solutions/notebooks/00_start.py").unlink()
    (root / "notebooks/00_start.ipynb").write_text("mine")

    result = run()

    assert not (root / "lambdas/stateful/map.py").exists()
    assert (root / "notebooks/00_start.ipynb").exists()
    assert result.exit_code == 1


@pytest.mark.parametrize(
    "drift",
    [
        lambda root: (root / "lambdas/stateful/map.py").write_text("other\n"),
        lambda root: (root / "notebooks/00_start.ipynb").unlink(),
        lambda root: (root / "solutions/generated.json").write_text("{}"),
    ],
)
def test_check_fails_on_drift_and_writes_nothing(root: Path, drift) -> None:
    """Whatever differs from a fresh build fails the check, and stays as it is."""
    run()
    drift(root)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}

    result = run("--check")

    assert result.exit_code == 1
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("lambdas/stateful/state.py", "# return sum(row.value for row in rows)\n"),
        ("lambdas/common/sums.py", "def total(rows):\n    return sum(row.value for row in rows)\n"),
        ("lambdas/generator/truth.py", "    return  sum(row.value for row in rows)\n"),
        (
            "notebooks/01_more.ipynb",
            json.dumps({"cells": [{"source": ["x\n", "  return sum(row.value for row in rows)"]}]}),
        ),
    ],
)
def test_check_fails_if_a_solution_shows(root: Path, path: str, text: str) -> None:
    """A line of a solution in a file that learners open fails the check, with both places named."""
    source = root / "solutions/lambdas/textbook/stateful/map.py"
    source.write_text(SOLUTION.replace("sum(rows)", "sum(row.value for row in rows)"))
    run()
    assert run("--check").exit_code == 0
    (root / path).parent.mkdir(exist_ok=True)
    (root / path).write_text(text)

    result = run("--check")

    assert result.exit_code == 1
    assert f"{path}: holds" in result.output
    assert "stateful/map.py" in result.output


@pytest.mark.parametrize("line", ["return None", "else:", 'StartingPosition="TRIM_HORIZON",'])
def test_lines_that_say_little_are_no_leak(line: str) -> None:
    """What occurs anywhere gives no answer away."""
    assert not is_telling(line)


def test_nothing_of_a_solution_is_committed_for_learners() -> None:
    """Notebooks, handlers and shared code of this checkout hold no line of a solution."""
    assert [str(leak) for leak in find_leaks(project_root())] == []


def test_a_notebook_knows_what_it_was_built_from(root: Path) -> None:
    """The content version in a notebook is that of its source, and another source gives another one."""
    run()
    metadata = json.loads((root / "notebooks/00_start.ipynb").read_text())["metadata"]["workshop"]

    assert metadata["content"] == current_content(root, metadata["source"])
    (root / "solutions/notebooks/00_start.py").write_text(NOTEBOOK.replace("Text", "New text"))
    assert metadata["content"] != current_content(root, metadata["source"])
    assert current_content(root, "solutions/notebooks/none.py") is None


def test_solutions_open_as_notebooks() -> None:
    """JupyterLab has the extension that opens `solutions/notebooks/*.py` as notebooks."""
    extension = importlib.import_module("jupyterlab_jupytext")

    assert callable(extension.load_jupyter_server_extension)


def test_line_ends_of_windows_are_no_edit(root: Path) -> None:
    """A checkout that turned line ends is as good as the original."""
    run()
    path = root / "lambdas/stateful/map.py"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))

    assert set(states(root).values()) == {FileState.CURRENT}


def test_what_is_committed_is_what_the_sources_give() -> None:
    """Notebooks, starters and manifest of this checkout have not drifted from `solutions/`."""
    root = project_root()
    files = inspect_tree(root)

    assert [file.path for file in files if file.state is not FileState.CURRENT] == []
    assert manifest_is_current(root, files)


def test_writing_is_told_file_by_file(root: Path) -> None:
    """The paths that were written are returned, and nothing else."""
    written = write_tree(root, inspect_tree(root))

    assert written == ("lambdas/stateful/map.py", "notebooks/00_start.ipynb")
    assert write_tree(root, inspect_tree(root)) == ()
