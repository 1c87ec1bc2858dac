"""The learner's files as catching up finds them, without a cloud."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from workshop.clock import ManualClock
from workshop.course.answers import handler_file, is_solved_by, solution_text
from workshop.course.catch_up import catch_up, file_at, lost_by
from workshop.course.exercise import Exercise, Function
from workshop.course.exercises import all_exercises
from workshop.errors import ConfigurationError
from workshop.settings import project_root

MAP = "stateful/map.py"


@pytest.fixture
def course(tmp_path: Path) -> Any:
    """A learner who has lost all handlers, and deployed nothing."""
    shutil.copytree(project_root() / "solutions", tmp_path / "solutions")
    stateless = SimpleNamespace(is_deployed=False)
    home = tmp_path / ".workshop"
    return SimpleNamespace(
        root=tmp_path, home=home, clock=ManualClock(), is_deployed=False, stateless=stateless
    )


def test_a_lost_folder_is_made_again(course: Any) -> None:
    """Handlers come back where not even their folder is left."""
    catch_up(cast("Any", course), "01")

    assert handler_file(course.root, MAP).read_text(encoding="utf-8") == file_at(MAP, "01", course.root)


@pytest.mark.parametrize("content", [b"# caf\xe9\n", b"x = 1\0\n"])
def test_a_file_that_is_no_text_is_kept_unchanged(course: Any, content: bytes) -> None:
    """Bytes that Python cannot read are replaced, and kept as they were."""
    file = handler_file(course.root, MAP)
    file.parent.mkdir(parents=True)
    file.write_bytes(content)

    catch_up(cast("Any", course), "01")

    [kept] = course.home.rglob("map.py")
    assert kept.read_bytes() == content
    assert file.read_text(encoding="utf-8") == file_at(MAP, "01", course.root)


def test_a_files_exercises_are_solved_in_order(course: Any) -> None:
    """Brought to the end, every handler file holds the last solution of each of its places."""
    catch_up(cast("Any", course), "99")
    last: dict[tuple[str, str | None], Exercise] = {}
    for exercise in all_exercises():
        if isinstance(there := exercise.answer_location, Function):
            # A whole file replaces what was answered in its functions.
            last = {key: value for key, value in last.items() if there.name or key[0] != there.path}
            last[there.path, there.name] = exercise

    assert len({path for path, _ in last}) == 4
    for exercise in last.values():
        assert is_solved_by(exercise, course.root), solution_text(exercise, course.root)


def test_a_notebook_that_does_not_exist_is_said(course: Any) -> None:
    """Only numbers of notebooks are taken."""
    with pytest.raises(ConfigurationError, match="not the number of a notebook"):
        catch_up(cast("Any", course), "13")


@pytest.mark.parametrize(("notebook", "stacks"), [("05", "`mine` and `other`"), ("09", "`mine`")])
def test_what_is_lost_is_said_before(
    course: Any, monkeypatch: pytest.MonkeyPatch, notebook: str, stacks: str
) -> None:
    """Who catches up hears whose data goes: of each pipeline that is emptied or replaced, and of no other."""
    monkeypatch.setattr("workshop.course.catch_up.has_course_parameters", lambda _: True)
    assert lost_by(course, notebook) == ""

    deploy_both(course)

    assert lost_by(course, notebook).startswith(f"This deletes all data of {stacks}, and ")
    assert lost_by(course, "99") == ""


def test_a_broken_stack_goes_whatever_the_notebook(course: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who catches up hears of a stack that lacks a part, since another one is made in its place."""
    monkeypatch.setattr("workshop.course.catch_up.has_course_parameters", lambda _: True)
    deploy_both(course)
    course.deleted_parts = lambda: ["AggregateTable"]

    assert lost_by(course, "99").startswith("This deletes all data of `mine`, and ")


def deploy_both(course: Any) -> None:
    """Let both pipelines of a learner be deployed, whole."""
    course.is_deployed, course.stack, course.deleted_parts = True, "mine", list
    course.stateless = SimpleNamespace(is_deployed=True, stack="other", deleted_parts=list)
