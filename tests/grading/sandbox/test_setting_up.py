"""What the process that judges finds in the copy of a submission."""

import shutil
import socket
import sys
from pathlib import Path

import pytest

from tests.grading.learner import HANDLERS, ROOT, hand_in
from workshop.grading import Limits, checking
from workshop.grading.judging import _way_in
from workshop.grading.sandbox.containment import Containment, Place

LONG = "a-long-name-of-a-temporary-folder" * 4


def test_nothing_of_the_instructors_own_answers_is_copied(tmp_path: Path) -> None:
    """Notebooks and handlers that the instructor has worked on stay out of sight of learners' cells."""
    checkout = tmp_path / "checkout"
    for part in ("lambdas", "cloudformation", "solutions", "notebooks"):
        shutil.copytree(ROOT / part, checkout / part)
    for own in (
        *(f"lambdas/{path}" for path in HANDLERS),
        "lambdas/stateful/mine.py",
        "notebooks/mine.ipynb",
    ):
        (checkout / own).write_text("# my answer", encoding="utf-8")
    place = Place(tmp_path / "place", "mark", Limits(), Containment(None, ()))
    desk = checking._Desk(checkout, (), place.limits, place.containment, lambda _: None)

    desk._set_up(hand_in(tmp_path / "ada", {}, {HANDLERS[0]: "# hers"}), place)

    assert not list(place.root.rglob("*.ipynb"))
    assert not [path for path in (place.root / "lambdas").rglob("*.py") if "my answer" in path.read_text()]
    assert all((place.root / "lambdas" / path).parent.is_dir() for path in HANDLERS)


@pytest.mark.skipif(sys.platform != "linux", reason="`bwrap` is for Linux")
def test_a_temporary_folder_may_have_a_long_name(tmp_path: Path) -> None:
    """The socket to the cloud lies wherever the system's temporary folder is, however deep."""
    folder = tmp_path / LONG
    folder.mkdir()
    place = Place(folder, "mark", Limits(), Containment("bwrap", ()))

    with socket.create_server(("127.0.0.1", 0)) as cloud, _way_in(place, cloud.getsockname()[1]):
        assert place.socket.is_socket()
        (short := tmp_path / "s").symlink_to(place.socket)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(short))
            cloud.settimeout(10)
            cloud.accept()[0].close()
