"""What a board keeps of what learners report: each report once, in order, at a time that can be believed."""

import signal
import sqlite3
import subprocess
import sys

import pytest

from tests.classroom.board.running import SETUP, STEPS, Machine, RunningBoard
from workshop.classroom.board.class_board import ClassBoard
from workshop.classroom.board.store import KEPT_DAYS, ClassStore
from workshop.classroom.board.tables import SCHEMA
from workshop.classroom.protocol import instant
from workshop.clock import ManualClock

STEP = STEPS[0].id
SECONDS_A_DAY = 86_400


def step_rows(running: RunningBoard) -> list:
    return running.inside(lambda board: board.store.steps())


def test_what_is_sent_twice_counts_once(running) -> None:
    """Reports that come again, because an answer was lost, change nothing."""
    ada = running.join("Ada")
    ada.note("checked", step=STEP, outcome="incorrect", attempts=1)
    ada.note("checked", step=STEP, outcome="incorrect", attempts=2)
    ada.note("played", game="trade risk", score=100)

    for _ in range(3):
        ada.accepted = 0
        assert ada.send().document["accepted"] == 3

    assert [(row.attempts, row.wrong) for row in step_rows(running)] == [(2, 2)]


def test_what_lies_behind_a_gap_waits(running) -> None:
    """Reports are taken in the order of their numbers: what comes after a missing one is left for later."""
    ada = running.join("Ada")
    first, second, third = (
        ada.note("checked", step=STEP, outcome="incorrect", attempts=n) for n in (1, 2, 3)
    )

    assert running.call("reports", {"reports": [third]}, ada.token).document["accepted"] == 0
    assert running.call("reports", {"reports": [first]}, ada.token).document["accepted"] == 1
    assert running.call("reports", {"reports": [second, third]}, ada.token).document["accepted"] == 3
    assert [row.wrong for row in step_rows(running)] == [3]


def test_two_kernels_of_one_learner_share_the_numbers(running) -> None:
    """Requests that overlap are taken as far as they are new."""
    ada = running.join("Ada")
    reports = [ada.note("hinted", step=STEP, hints=n) for n in range(1, 6)]

    assert running.call("reports", {"reports": reports[:3]}, ada.token).document["accepted"] == 3
    assert running.call("reports", {"reports": reports[1:5]}, ada.token).document["accepted"] == 5
    assert [row.hints for row in step_rows(running)] == [5]


def test_a_pass_stays(running, clock) -> None:
    """A step that was passed stays passed, from the time of the first pass, whatever is checked later."""
    ada = running.join("Ada")
    clock.advance(60)
    ada.say("checked", step=STEP, outcome="passed", attempts=1)
    passed = clock.now()
    clock.advance(60)
    ada.say("checked", step=STEP, outcome="incorrect", attempts=2)
    ada.say("checked", step=STEP, outcome="passed", attempts=3)

    assert [(row.passed, row.wrong) for row in step_rows(running)] == [(passed, 1)]


def test_a_check_that_broke_is_no_wrong_answer(running) -> None:
    """An error of the check itself counts as an attempt alone."""
    ada = running.join("Ada")
    ada.say("checked", step=STEP, outcome="error", attempts=1)

    assert [(row.attempts, row.wrong, row.passed) for row in step_rows(running)] == [(1, 0, None)]


@pytest.mark.parametrize("years", [-50, 0, 50])
def test_a_learners_clock_may_be_wrong(running, clock, years: int) -> None:
    """Reports lie as far apart as the learner's clock says, and the newest is of now, whatever it says."""
    ada = running.join("Ada")
    clock.advance(3_600)
    wrong = clock.now() + years * 365 * SECONDS_A_DAY
    ada.note("began", step=STEP, at=instant(wrong - 600))
    ada.note("checked", step=STEP, outcome="incorrect", attempts=1, at=instant(wrong))
    ada.send()

    assert [(row.began, row.touched) for row in step_rows(running)] == [(clock.now() - 600, clock.now())]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_no_report_is_older_than_its_learner(running, clock, at: str) -> None:
    """A clock that jumps by centuries makes nothing older than the join, and nothing younger than now."""
    ada = running.join("Ada")
    joined = clock.now()
    clock.advance(60)
    ada.note("began", step=STEP, at=at)
    ada.note("began", step=STEPS[1].id, at=instant(clock.now()))
    ada.send()

    assert all(joined <= row.began <= row.touched <= clock.now() for row in step_rows(running))


def test_a_learner_keeps_a_bounded_place(running) -> None:
    """However many steps and games a learner makes up, the board keeps no more than a course can have."""
    ada = running.join("Ada")
    for number in range(400):
        ada.note("began", step=f"made-up-{number}")
        ada.note("played", game=f"game {number}", score=1)
    while ada.accepted < len(ada.reports):
        answer = running.call(
            "reports", {"reports": ada.reports[ada.accepted : ada.accepted + 400]}, ada.token
        )
        ada.accepted = answer.document["accepted"]

    assert len(step_rows(running)) <= 64
    assert len(running.inside(lambda board: board.store.scores())) <= 8


def test_a_board_goes_on_where_it_was(tmp_path, clock) -> None:
    """After a restart everything is there: learners with their tokens, code, key, and what was announced."""
    file = tmp_path / "board.db"
    with RunningBoard(file, clock) as before:
        ada = before.join("Ada")
        ada.say("checked", step=STEP, outcome="passed", attempts=1)
        before.act("announce", notebook="02")
        known = before.inside(lambda board: (board.code, board.key, board.announced))

    with RunningBoard(file, clock) as after:
        assert after.inside(lambda board: (board.code, board.key, board.announced)) == known
        ada.running = after
        ada.note("checked", step=STEPS[1].id, outcome="passed", attempts=1)
        assert ada.send().document["accepted"] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="needs SIGKILL")
def test_what_was_accepted_survives_a_kill(tmp_path, clock) -> None:
    """A board that is killed right after it accepted a report has kept it."""
    file = tmp_path / "board.db"
    program = f"""
import os, signal
from workshop.classroom.board.store import ClassStore
from workshop.classroom.protocol import JoinRequest, LearnerReport
store = ClassStore({str(file)!r}, {clock.now()})
learner = store.join(JoinRequest("ABC-234", "Ada"), {clock.now()}, "token")
fields = {{"step": {STEP!r}, "outcome": "passed", "attempts": 1}}
store.take(learner, [LearnerReport(1, {instant(clock.now())!r}, "checked", fields)], {clock.now()})
os.kill(os.getpid(), signal.SIGKILL)
"""

    ended = subprocess.run([sys.executable, "-c", program], check=False)

    assert ended.returncode == -signal.SIGKILL
    store = ClassStore(file, clock.now())
    assert [(each.alias, each.accepted) for each in store.learners()] == [("Ada", 1)]
    assert [row.step for row in store.steps()] == [STEP]
    store.close()


def test_a_class_is_forgotten_after_a_while(tmp_path) -> None:
    """A file that nothing was reported to for so many days is emptied when a board opens it, not before."""
    clock, file = ManualClock(), tmp_path / "board.db"
    with RunningBoard(file, clock) as running:
        running.join("Ada")

    for days, aliases in ((KEPT_DAYS - 1, ["Ada"]), (KEPT_DAYS + 1, [])):
        store = ClassStore(file, clock.now() + days * SECONDS_A_DAY)
        assert [each.alias for each in store.learners()] == aliases
        assert store.was_emptied == (not aliases)
        store.close()


def test_whoever_is_removed_is_in_the_file_no_more(tmp_path, clock) -> None:
    """Of a learner who left, of one who was removed, and of a class that was forgotten, no byte is left."""
    file = tmp_path / "board.db"
    store = ClassStore(file, clock.now())
    board = ClassBoard(SETUP, store, clock)
    with RunningBoard(file, clock) as running:
        assert running.call("leave", {}, running.join("Grace Hopper").token).status == 200
        running.join("Ada Lovelace")
        running.act("remove", learner="2", sure="yes")
        running.join("Alan Turing")
    board.store.forget()
    store.close()

    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not any(name in content for name in (b"Grace", b"Lovelace", b"Turing"))


def test_no_token_and_no_address_is_kept(running, tmp_path) -> None:
    """The file holds neither what proves who a learner is, nor where a learner was."""
    token = running.join("Ada").token

    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())

    assert token.encode() not in content
    assert b"127.0.0.1" not in content


def doing(running: RunningBoard) -> tuple[str, int]:
    standing = running.inside(lambda board: board.view().standings[0])
    return standing.doing, standing.minutes


def poll(machine: Machine, minutes: int) -> None:
    """Let a machine ask for news every ten minutes, as a kernel does beside which nobody works."""
    for _ in range(minutes // 10):
        machine.running.clock.sleep(600)
        assert machine.running.call("state", token=machine.token).status == 200


def test_a_break_is_not_work(running) -> None:
    """Nobody is stuck at lunch: who leaves a kernel that asks for news is away, and then begins anew."""
    ada = running.join("Ada")
    ada.say("checked", step=STEP, outcome="incorrect", attempts=1)
    ada.work(12)
    assert doing(running) == ("stuck", 12)

    poll(ada, 60)
    assert doing(running) == ("away", 60)

    ada.say("worked")
    assert doing(running) == ("working", 0)
    ada.work(12)
    assert doing(running) == ("stuck", 12)


def test_who_is_too_stuck_to_ask_is_not_forgotten(running, clock) -> None:
    """The instructor can see who has gone silent at a step with the machine on; who has left is not shown."""
    machines = {alias: running.join(alias) for alias in ("Ada", "Bob", "Cleo")}
    for alias in ("Ada", "Bob"):
        machines[alias].say("checked", step=STEP, outcome="incorrect", attempts=1)
    for step in STEPS[:4]:
        machines["Cleo"].say("checked", step=step.id, outcome="passed", attempts=1)
    clock.advance(20 * 60)
    for alias in ("Ada", "Cleo"):
        assert running.call("state", token=machines[alias].token).status == 200

    view = running.inside(lambda board: board.view())
    page = running.ask("GET", "/instructor", headers=running.as_instructor()).text

    assert {each.learner.alias: (each.doing, each.is_silent) for each in view.standings} == {
        "Ada": ("away", True),
        "Bob": ("away", False),
        "Cleo": ("away", False),
    }
    assert f"<bdi>Ada</bdi> ({STEP}, 20 min)" in page
    machines["Ada"].say("worked")
    assert not running.inside(lambda board: board.view().standings[0].is_silent)


def test_whoever_works_without_checking_is_not_away(running) -> None:
    """Who runs cells, and checks nothing for an hour, is stuck for an hour."""
    ada = running.join("Ada")
    ada.say("began", step="00")
    ada.work(60)

    assert doing(running) == ("stuck", 60)


def test_an_hour_offline_was_work(running) -> None:
    """What was done while the board could not be reached counts from its own times, once it arrives."""
    ada = running.join("Ada")
    ada.say("began", step="00")
    for _ in range(6):
        running.clock.sleep(600)
        ada.note("worked")
    assert doing(running) == ("away", 60)
    ada.send()

    assert doing(running) == ("stuck", 60)


def test_nobody_is_stuck_overnight(running) -> None:
    """Who has passed a notebook's last step, and opens the next in the morning, is never stuck."""
    ada = running.join("Ada")
    ada.say("began", step="00")
    for step in STEPS[:4]:
        ada.say("checked", step=step.id, outcome="passed", attempts=1)
    running.clock.sleep(14 * 60)
    assert doing(running) == ("between", 14)

    poll(ada, 14 * 60)
    assert doing(running) == ("away", 180)

    ada.say("began", step="00")
    assert doing(running) == ("between", 0)
    ada.say("began", step="01")
    assert doing(running) == ("working", 0)


def test_a_file_of_an_earlier_board_gets_what_it_lacks(tmp_path, clock) -> None:
    """A board goes on with a class whose file knows nothing yet of who is away."""
    base = sqlite3.connect(tmp_path / "board.db")
    base.executescript(SCHEMA)
    base.execute(
        "INSERT INTO learners (alias, key, token, seed, joined, heard) VALUES ('Ada', 'ada', 't', 1, ?, ?)",
        (clock.now(), clock.now()),
    )
    base.commit()
    base.close()

    for _ in range(2):
        store = ClassStore(tmp_path / "board.db", clock.now())
        assert [(each.alias, each.worked) for each in store.learners()] == [("Ada", 0)]
        store.close()
