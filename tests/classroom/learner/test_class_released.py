"""Solutions that a board releases: loaded once, and only if they are what they say."""

import io
import zipfile
from pathlib import Path

import pytest

from tests.classroom.learner.board_stand_in import StandIn
from workshop.classroom.board.release import released_solutions
from workshop.classroom.learner.delivery import bring_released, deliver, fetch_news
from workshop.classroom.learner.joining import join_class
from workshop.classroom.learner.released import unpack
from workshop.errors import BoardError
from workshop.settings import RELEASED, STARTERS

ROOT = Path(__file__).resolve().parents[3]
FINE = "solutions/notebooks/05_aggregate.py"


def zip_of(*names: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        for name in names:
            packed.writestr(name, "x = 1\n")
    return target.getvalue()


def test_what_is_released_comes_by_itself(board: StandIn, tmp_path: Path) -> None:
    """Once the board releases a notebook, its solutions lie in the home, and are not loaded again."""
    join_class(tmp_path, board.invitation, "Ada")
    board.zips["05"] = zip_of(FINE)
    board.state["released"] = ["05"]
    for _ in range(2):
        deliver(tmp_path)
        fetch_news(tmp_path)

    assert (tmp_path / RELEASED / "05" / FINE).read_text(encoding="utf-8") == "x = 1\n"
    assert sum(b"solutions/05" in each for each in board.heard) == 1


def test_who_looks_for_a_solution_asks_the_board_first(board: StandIn, tmp_path: Path) -> None:
    """A command in a course without solutions gets what was released since; one with them asks nobody."""
    home, course = tmp_path / "home", tmp_path / "course"
    join_class(home, board.invitation, "Ada")
    board.zips["05"] = zip_of(FINE)
    board.state["released"] = ["05"]
    bring_released(home, course)
    assert not (home / RELEASED).exists()

    (course / STARTERS).mkdir(parents=True)
    bring_released(home, course)
    assert (home / RELEASED / "05" / FINE).is_file()


@pytest.mark.parametrize(
    "name",
    [
        "../escape.py",
        "/etc/passwd",
        "solutions/../../escape.py",
        "solutions/notebooks/../../x.py",
        "solutions\\notebooks\\05_x.py",
        "C:/solutions/notebooks/05_x.py",
        "solutions/notebooks/05_x.py\n",
        "solutions/lambdas/textbook/stateful/state.pyc",
        "lambdas/stateful/state.py",
    ],
)
def test_other_names_are_refused_as_a_whole(tmp_path: Path, name: str) -> None:
    """A zip with one name that is no solution's writes nothing, inside or outside of its folder."""
    with pytest.raises(BoardError, match="nothing of it was kept"):
        unpack(zip_of(FINE, name), tmp_path / "home" / "05")

    assert list(tmp_path.rglob("*.py")) == []
    assert not (tmp_path / "home" / "05").exists()


@pytest.mark.parametrize("content", [b"", b"no zip", zip_of()[:10]])
def test_what_is_no_zip_is_refused(tmp_path: Path, content: bytes) -> None:
    """A damaged answer is refused, and asked for again later."""
    with pytest.raises(BoardError, match="damaged zip"):
        unpack(content, tmp_path / "05")


def test_a_file_that_grows_is_refused(tmp_path: Path) -> None:
    """A zip whose files are larger than solutions are is not unpacked."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(FINE, b"0" * (2 * 1024**2))

    with pytest.raises(BoardError, match="nothing of it was kept"):
        unpack(target.getvalue(), tmp_path / "05")


def test_what_two_notebooks_share_becomes_whole_in_any_order(board: StandIn, tmp_path: Path) -> None:
    """Released, withheld and released again, a handler file of two notebooks is there without a gap."""
    name = "solutions/lambdas/textbook/stateful/map.py"
    whole = (ROOT / name).read_text(encoding="utf-8")
    join_class(tmp_path, board.invitation, "Ada")

    def is_whole(*released: str) -> bool:
        board.zips = {each: released_solutions(each, released, ROOT) for each in released}
        board.state["released"] = [*released]
        deliver(tmp_path)
        fetch_news(tmp_path)
        found = (tmp_path / RELEASED).glob(f"[0-9][0-9]/{name}")
        return any(each.read_text(encoding="utf-8") == whole for each in found)

    assert [is_whole("04"), is_whole("09"), is_whole("04", "09")] == [False, False, True]
    loaded = len(board.heard)
    assert is_whole("04", "09")
    assert not any(b"solutions/" in each for each in board.heard[loaded:])
