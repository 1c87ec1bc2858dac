"""What the process that judges finds in the copy of a submission."""

import shutil
import socket
import sys
from pathlib import Path

import pytest

from tests.grading.learner import HANDLERS, ROOT, hand_in
from workshop.grading import Limits, checking
from workshop.grading.judge_process import _way_in
from workshop.grading.sandbox.availability import Containment
from workshop.grading.sandbox.sandbox import Sandbox

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
    sandbox = Sandbox(tmp_path / "place", "mark", Limits(), Containment(None, ()))
    checker = checking._Checker(checkout, (), sandbox.limits, sandbox.containment, lambda _: None)

    checker._set_up(hand_in(tmp_path / "ada", {}, {HANDLERS[0]: "# hers"}), sandbox)

    assert (sandbox.root / "lambdas" / "common" / "trades.py").is_file()
    assert not list(sandbox.root.rglob("*.ipynb"))
    assert not [path for path in (sandbox.root / "lambdas").rglob("*.py") if "my answer" in path.read_text()]
    assert all((sandbox.root / "lambdas" / path).parent.is_dir() for path in HANDLERS)


@pytest.mark.skipif(sys.platform != "linux", reason="`bwrap` is for Linux")
def test_a_temporary_folder_may_have_a_long_name(tmp_path: Path) -> None:
    """The socket to the cloud lies wherever the system's temporary folder is, however deep."""
    folder = tmp_path / LONG
    folder.mkdir()
    sandbox = Sandbox(folder, "mark", Limits(), Containment("bwrap", ()))

    with socket.create_server(("127.0.0.1", 0)) as cloud, _way_in(sandbox, cloud.getsockname()[1]):
        assert sandbox.socket.is_socket()
        (short := tmp_path / "s").symlink_to(sandbox.socket)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(short))
            cloud.settimeout(10)
            cloud.accept()[0].close()
