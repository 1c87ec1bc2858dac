"""The notebook's own file, and whether it belongs to this checkout."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.build.content import content_version
from workshop.errors import BundleError
from workshop.notebook import standing
from workshop.notebook.content import read_notebook_file
from workshop.notebook.standing import ahead, failing, unlike

SOURCE = "# %% [markdown]\n# # Title\n"

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ("solutions", "lambdas", "ledger", "stateful")


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


@pytest.fixture
def course(tmp_path: Path) -> Any:
    """A learner's folder as it is given out."""
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    shutil.copytree(ROOT / "lambdas", tmp_path / "lambdas")
    return SimpleNamespace(root=tmp_path, pipeline="stateful", cloud=None, outputs={})


def test_code_from_later_notebooks_is_told_where_it_spoils_the_experiment(course: Any) -> None:
    """Who goes back with finished code hears why less goes wrong, and how to see it all the same."""
    assert ahead(course, "06", ()) == ""
    shutil.copy(ROOT.joinpath(*LEDGER, "map.py"), course.root / "lambdas" / "stateful" / "map.py")

    told = ahead(course, "06", ())

    assert "solved `map-ledger` of 10 already" in told
    assert '`ws.exercises.deploy_as_of("06")`' in told


@pytest.mark.parametrize("notebook", ["00", "03", "07", "08", "10", "99"])
def test_nothing_is_said_where_it_makes_no_difference(course: Any, notebook: str) -> None:
    """A notebook that deploys its own code, or none of these functions, has no such note."""
    shutil.copy(ROOT.joinpath(*LEDGER, "map.py"), course.root / "lambdas" / "stateful" / "map.py")

    assert ahead(course, notebook, ()) == ""


def test_functions_that_fail_are_told_with_a_way_on(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes back to a pipeline that is stuck hears of it at once, from 04 on."""
    monkeypatch.setattr(standing, "troubles_of", lambda *_: ["MapLambda fails: KeyError (map.py, line 33)."])

    assert failing(course, "03") == ""
    assert failing(course, "06").startswith("MapLambda fails: KeyError (map.py, line 33). Mend that")
    assert "`!workshop catch-up 06 --yes`" in failing(course, "06")


@pytest.mark.parametrize(("notebook", "stacks"), [("01", ""), ("06", "a"), ("07", "ab"), ("99", "")])
def test_what_runs_is_held_against_files_and_parameters(
    monkeypatch: pytest.MonkeyPatch, notebook: str, stacks: str
) -> None:
    """Who saved a file and did not deploy it, or has other parameters, hears so of each stack in use."""
    monkeypatch.setattr(standing, "has_course_parameters", lambda own: own.stack != "b")
    common = {"is_deployed": True, "undeployed": lambda: ("map",)}
    stateless = SimpleNamespace(stack="b", pipeline="stateless", **common)
    course: Any = SimpleNamespace(stack="a", pipeline="stateful", stateless=stateless, **common)

    told = " ".join(unlike(course, notebook))

    assert ("than stands in `lambdas/stateful/map.py`. If no experiment" in told) == ("a" in stacks)
    assert ("than stands in `lambdas/stateless/map.py`. If no experiment" in told) == ("b" in stacks)
    assert ("`b` has other parameters than the course gives it" in told) == ("b" in stacks)
    calls = {"a": "`ws.deploy()` brings", "b": "`ws.stateless.deploy()` brings"}
    assert {name for name, call in calls.items() if call in told} == set(stacks)
    assert "`a` has other" not in told


def test_a_file_that_is_no_python_is_told_at_once() -> None:
    """Who saved a handler half-written hears of it in the head of the notebook, which comes all the same."""

    def undeployed() -> None:
        raise BundleError("`map.py` cannot be parsed")

    course: Any = SimpleNamespace(is_deployed=True, undeployed=undeployed, pipeline="stateful")

    assert unlike(course, "06") == ["`map.py` cannot be parsed"]
