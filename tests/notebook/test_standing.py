"""What the head of a notebook says of code that is further than the notebook, and of functions that fail."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.notebook import standing
from workshop.notebook.standing import ahead, failing

ROOT = Path(__file__).resolve().parents[2]
LEDGER = ("solutions", "lambdas", "ledger", "stateful")


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
    assert "`!workshop catch-up 06`" in failing(course, "06")
