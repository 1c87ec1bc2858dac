"""What a learner's seat is: their own copy of the course, and nothing of anybody else's."""

import asyncio
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from workshop.classroom.hub import disk
from workshop.classroom.hub.course import copy_course, prepare_course, prepare_seat
from workshop.classroom.hub.plan import HubPlan
from workshop.grading.sandbox.availability import find_containment

pytest.importorskip("jupyterhub", reason="the extra `class` is not installed")
if sys.platform == "win32":
    pytest.skip("JupyterHub does not run on Windows", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[3]
CONTAINED = pytest.mark.skipif(find_containment().bwrap is None, reason="bwrap does not work here")


@pytest.fixture(scope="module")
def plan(tmp_path_factory) -> HubPlan:
    """A hub with the seats of two learners."""
    folder = tmp_path_factory.mktemp("hub")
    plan = HubPlan(str(folder), "127.0.0.1", 8000, "ABC-234", "the-instructors-own", "proxy", memory_mb=1024)
    prepare_course(ROOT, plan.course)
    (folder / "passwords.json").write_text("{}")
    for name in ("ada", "bob"):
        prepare_seat(plan.course, plan.seats_folder, name)
    return plan


def run(plan: HubPlan, code: str, name: str = "ada") -> subprocess.CompletedProcess[str]:
    """Run Python code as it would run at a learner's seat."""
    from workshop.classroom.hub.spawner import seat_command

    user = prepare_seat(plan.course, plan.seats_folder, name)
    command = seat_command(plan, plan.seat(name), user=user, position=0)
    command[command.index("-Pm") :] = ["-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_the_course_is_handed_out_untouched(plan) -> None:
    """Notebooks and handlers are the starters, whatever the instructor's own checkout holds."""
    from workshop.build.tree import FileState, inspect_tree

    assert {file.state for file in inspect_tree(plan.course)} == {FileState.CURRENT}
    assert not (plan.course / ".workshop").exists()
    assert not (plan.course / "tests").exists()


def test_a_learner_keeps_their_work(plan) -> None:
    """A seat that is taken again is as its learner left it."""
    mine = plan.seat("ada") / "course" / "lambdas" / "mine.py"
    mine.write_text("x = 1")

    prepare_seat(plan.course, plan.seats_folder, "ada")

    assert mine.read_text() == "x = 1"
    mine.unlink()


def test_a_copy_that_was_interrupted_is_made_anew(plan, tmp_path) -> None:
    """Half a copy is never taken for a course."""
    half = tmp_path / "course.new"
    half.mkdir()
    (half / "README.md").write_text("half")

    copy_course(plan.course, tmp_path / "course")

    assert (tmp_path / "course" / "notebooks").is_dir()
    assert (tmp_path / "course" / "README.md").read_text() != "half"
    assert not half.exists()


@CONTAINED
def test_a_learner_sees_no_other_seat(plan) -> None:
    """Others' folders, the hub's database and the instructor's checkout are not there; the own seat is."""
    hidden = [plan.seat("bob"), Path(plan.folder) / "passwords.json", ROOT / "tests", Path.home() / ".ssh"]
    code = (
        "import os, pathlib\n"
        f"print([p for p in {[str(each) for each in hidden]} if os.path.exists(p)])\n"
        "pathlib.Path('mine.txt').write_text('x'); print(os.getcwd())\n"
    )

    done = run(plan, code)

    assert done.stdout.splitlines() == ["[]", str(plan.seat("ada") / "course")], done.stderr


@CONTAINED
def test_a_learner_cannot_change_the_workshop(plan) -> None:
    """The interpreter and the package are there to read alone."""
    done = run(plan, "import workshop, pathlib; pathlib.Path(workshop.__file__).with_name('x').touch()")

    assert "Read-only file system" in done.stderr or "Permission denied" in done.stderr


def test_memory_is_bounded(plan) -> None:
    """A process that takes more than a seat has gets a MemoryError, and the machine goes on."""
    done = run(plan, "x = bytearray(2 * 1024**3)")

    assert "MemoryError" in done.stderr


def test_no_file_grows_without_end(plan) -> None:
    """A file has a bound, so that one runaway program does not fill the disk of the class."""
    done = run(plan, "open('big', 'wb').truncate(2 * 1024**3)")

    assert "File too large" in done.stderr
    assert not plan.seat("ada").joinpath("course", "big").stat().st_size


@CONTAINED
@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="needs a uid for each learner")
def test_learners_are_different_users(plan) -> None:
    """Each learner has a uid, keeps it, and is never root."""
    ids = [int(run(plan, "import os; print(os.getuid())", name).stdout) for name in ("ada", "bob", "ada")]

    assert ids[0] == ids[2]
    assert len({0, *ids}) == 3


@pytest.mark.skipif(os.getuid() != 0, reason="needs a uid for each learner")
def test_learners_who_begin_together_are_different_users(plan) -> None:
    """No two seats get one uid, and a course that a learner threw away comes back as theirs."""
    names = [f"learner-{number}" for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        users = list(pool.map(lambda name: prepare_seat(plan.course, plan.seats_folder, name), names))
    shutil.rmtree(plan.seat(names[0]) / "course")
    prepare_seat(plan.course, plan.seats_folder, names[0])

    assert len(set(users)) == 4
    owners = {path.stat().st_uid for path in plan.seat(names[0]).rglob("*")}
    assert owners == {users[0]}


@CONTAINED
@pytest.mark.skipif(os.name == "nt" or os.getuid() != 0, reason="needs a uid for each learner")
def test_processes_are_bounded(plan) -> None:
    """A learner's processes are counted for that learner alone, up to the plan's number."""
    done = run(plan, "import resource; print(resource.getrlimit(resource.RLIMIT_NPROC))")

    assert done.stdout.strip() == str((plan.processes, plan.processes))


def test_a_seat_that_ends_at_once_gives_its_turn_on(plan) -> None:
    """Nobody waits two minutes for a seat whose program has ended."""
    from workshop.classroom.hub.configuration import free_port
    from workshop.classroom.hub.spawner import SeatSpawner

    seat = SeatSpawner(plan=plan)
    seat.proc = subprocess.Popen([sys.executable, "-I", "-S", "-c", ""])

    def wait() -> None:
        asyncio.run(asyncio.wait_for(seat._wait_for(("127.0.0.1", free_port())), 60))

    # On a thread, since a browser of other tests may have left a loop on this one.
    with ThreadPoolExecutor(1) as threads:
        threads.submit(wait).result()

    assert seat.proc.returncode == 0


def test_a_class_that_begins_at_one_moment_is_not_refused(plan) -> None:
    """JupyterHub turns nobody away while others' seats start, and the last one has time to get a turn."""
    from traitlets.config import Config

    from workshop.classroom.hub.configuration import configure
    from workshop.classroom.hub.spawner import AT_ONCE, LONGEST_TURN_SECONDS, START_SECONDS

    c = Config()
    configure(c, plan)

    assert c.JupyterHub.concurrent_spawn_limit == 0
    assert c.JupyterHub.active_server_limit == plan.seats + 1
    assert plan.seats / AT_ONCE * START_SECONDS <= LONGEST_TURN_SECONDS


def test_who_waits_for_a_seat_reads_that_the_disk_is_full(plan, monkeypatch) -> None:
    """On a full disk no seat begins, and its learner is told in words that JupyterHub shows."""
    from workshop.classroom.hub.door import DISK_FULL
    from workshop.classroom.hub.spawner import SeatSpawner

    monkeypatch.setattr(disk, "LEAST_FREE_BYTES", 2**62)
    seat = SeatSpawner(plan=plan, user=SimpleNamespace(name="eve"))
    with pytest.raises(OSError, match="No space left") as refused:
        seat._begin().send(None)

    assert refused.value.jupyterhub_message == DISK_FULL
    assert not plan.seat("eve").exists()
