"""What is taken from a folder that somebody hands in."""

import os
import sys
from pathlib import Path

import pytest

from tests.grading.learner import ROOT
from workshop.errors import ConfigurationError
from workshop.grading.intake import expected_files, find_submissions, take_in

STATE = "lambdas/stateful/state.py"
FIRST = "notebooks/00_start_here.ipynb"
EXPECTED = (STATE, FIRST)

links = pytest.mark.skipif(sys.platform == "win32", reason="making links takes rights on Windows")


def write(folder: Path, name: str, content: bytes = b"x = 1\n") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@pytest.fixture
def handed_in(tmp_path) -> Path:
    """A learner's folder."""
    folder = tmp_path / "ada"
    folder.mkdir()
    return folder


@pytest.fixture
def target(tmp_path) -> Path:
    """Where copies go."""
    return tmp_path / "copy"


def copied(target: Path) -> list[str]:
    return sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file())


def test_expected_are_handlers_and_notebooks() -> None:
    """A submission may hold the handlers that learners write, and the notebooks of the course."""
    expected = expected_files(ROOT)

    assert STATE in expected
    assert "lambdas/stateless/reduce.py" in expected
    assert FIRST in expected
    assert not [name for name in expected if "common" in name]


def test_expected_files_are_copied(handed_in, target) -> None:
    """What is expected is copied as it is, and what is missing is missing."""
    write(handed_in, STATE)

    intake = take_in(handed_in, target, EXPECTED)

    assert (intake.files, intake.notes) == ((STATE,), ())
    assert (target / STATE).read_bytes() == b"x = 1\n"


def test_other_files_are_left_out_and_mentioned(handed_in, target) -> None:
    """A file under another name is not copied, but whoever looks for it hears of it."""
    write(handed_in, "lambdas/stateful/state_new.py")
    write(handed_in, "notebooks/sitecustomize.py")
    write(handed_in, "lambdas/common/trades.py")
    write(handed_in, "workshop/course/exercise.py")

    intake = take_in(handed_in, target, EXPECTED)

    assert copied(target) == []
    assert intake.notes == ("Not looked at: `lambdas/stateful/state_new.py`, `notebooks/sitecustomize.py`.",)


@links
def test_a_link_is_not_followed(handed_in, target, tmp_path) -> None:
    """A file that is a link to somewhere else is left out."""
    secret = write(tmp_path, "secret.py", b"key = 1\n")
    (handed_in / "lambdas/stateful").mkdir(parents=True)
    (handed_in / STATE).symlink_to(secret)

    intake = take_in(handed_in, target, EXPECTED)

    assert copied(target) == []
    assert intake.notes == (f"`{STATE}` was left out: `{STATE}` is a link.",)


@links
def test_a_folder_that_is_a_link_is_not_followed(handed_in, target, tmp_path) -> None:
    """A link on the way to a file is not followed either."""
    write(tmp_path, "elsewhere/state.py")
    (handed_in / "lambdas").mkdir()
    (handed_in / "lambdas/stateful").symlink_to(tmp_path / "elsewhere")

    intake = take_in(handed_in, target, EXPECTED)

    assert copied(target) == []
    assert "`lambdas/stateful` is a link" in intake.notes[0]


@links
def test_folders_behind_links_are_not_listed(handed_in, target, tmp_path) -> None:
    """Names of files elsewhere do not come to light through a link in a folder's place."""
    write(tmp_path, "elsewhere/private.py")
    (handed_in / "lambdas").symlink_to(tmp_path / "elsewhere")

    assert take_in(handed_in, target, EXPECTED).notes == (f"`{STATE}` was left out: `lambdas` is a link.",)


@links
def test_a_link_of_another_learner_is_no_submission(handed_in, tmp_path) -> None:
    """A folder that is a link is nobody's submission."""
    write(handed_in, STATE)
    (tmp_path / "eve").symlink_to(handed_in)

    assert find_submissions(tmp_path) == (handed_in,)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_does_not_block(handed_in, target) -> None:
    """A named pipe in a file's place is left out instead of being waited for."""
    (handed_in / "lambdas/stateful").mkdir(parents=True)
    os.mkfifo(handed_in / STATE)

    intake = take_in(handed_in, target, EXPECTED)

    assert intake.notes == (f"`{STATE}` was left out: it is not a file.",)


@pytest.mark.parametrize(("name", "megabytes"), [(STATE, 1), (FIRST, 11)])
def test_a_huge_file_is_left_out(handed_in, target, name: str, megabytes: int) -> None:
    """A file beyond the size of an answer is not read."""
    with write(handed_in, name, b"").open("r+b") as file:
        file.truncate(megabytes * 1024 * 1024)

    intake = take_in(handed_in, target, EXPECTED)

    assert copied(target) == []
    assert "at most" in intake.notes[0]


def test_a_folder_of_learners_is_taken_apart(tmp_path) -> None:
    """Each folder with handlers or notebooks is a submission; others are not."""
    for name in ("cleo/lambdas", "ada/notebooks", "notes/texts"):
        (tmp_path / name).mkdir(parents=True)

    assert find_submissions(tmp_path) == (tmp_path / "ada", tmp_path / "cleo")
    assert find_submissions(tmp_path / "ada") == (tmp_path / "ada",)


def test_a_folder_without_submissions_says_what_was_looked_for(tmp_path) -> None:
    """Where nothing was handed in, the error names what a submission holds."""
    with pytest.raises(ConfigurationError, match="`lambdas/`"):
        find_submissions(tmp_path)
    with pytest.raises(ConfigurationError, match="not a folder"):
        find_submissions(tmp_path / "nobody")
