"""The learner's files as catching up finds them, without a cloud."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from workshop.clock import ManualClock
from workshop.course.answers import handler_file
from workshop.course.catch_up import catch_up, file_at
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
