"""A whole day of a class on one board: nothing is lost, nothing is counted twice, whatever happens."""

import http.client
import json
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.classroom.board.running import LOCAL, STEPS, Machine, RunningBoard
from tests.effort import LONG
from workshop.clock import ManualClock, SystemClock, stopwatch

LEARNERS = 30
MANY, SECONDS = 200, 300 if LONG else 2
FRESH_SECONDS = 2.0
OUTCOMES = ("incorrect", "incorrect", "passed")


@dataclass
class Diary:
    """What a learner really did, as nobody but the test knows."""

    machine: Machine
    place: int = 0
    passed: set[str] = field(default_factory=set)
    wrong: Counter[str] = field(default_factory=Counter)
    hints: dict[str, int] = field(default_factory=dict)
    is_offline: bool = False
    attempts: int = 0

    def work(self, dice: random.Random) -> None:
        """Do something at the step where the learner is, and note it."""
        if self.place == len(STEPS):
            return
        step, act = STEPS[self.place].id, dice.randrange(10)
        if act == 0:
            self.hints[step] = min(3, self.hints.get(step, 0) + 1)
            self.machine.note("hinted", step=step, hints=self.hints[step])
        elif act == 1:
            self.machine.note(dice.choice(("help", "began")), step=step)
        elif act == 2:
            self.machine.note("help_withdrawn")
        else:
            self._check(step, dice.choice(OUTCOMES))

    def _check(self, step: str, outcome: str) -> None:
        self.attempts += 1
        self.machine.note("checked", step=step, outcome=outcome, attempts=self.attempts)
        if outcome == "passed":
            self.passed.add(step)
            self.place, self.attempts = self.place + 1, 0
        else:
            self.wrong[step] += 1

    def deliver(self, dice: random.Random) -> None:
        """Send what was noted, some time; now and then an answer is lost, or what was accepted forgotten."""
        machine, reports = self.machine, self.machine.reports
        if self.is_offline or machine.accepted == len(reports) or dice.random() < 0.6:
            return
        before = machine.accepted
        if dice.random() < 0.1:
            machine.accepted = max(0, before - 3)
        machine.send()
        if dice.random() < 0.1:
            machine.accepted = before


def test_a_class_of_thirty_works_a_day(tmp_path, clock) -> None:
    """Thirty learners at twenty steps, with failures, hints, help, restarts, an hour offline: all counts."""
    dice, file = random.Random(12), tmp_path / "board.db"
    with RunningBoard(file, clock) as running:
        diaries = [Diary(running.join(f"L{number:02}")) for number in range(LEARNERS)]
    for half in range(8):
        # The board is restarted eight times.
        with RunningBoard(file, clock) as running:
            for diary in diaries:
                diary.machine.running = running
                diary.is_offline = half in {3, 4, 5, 6} and diary.machine.joined["alias"] < "L06"
            for _ in range(15):
                clock.advance(60)
                for diary in diaries:
                    diary.work(dice)
                    diary.deliver(dice)
    with RunningBoard(file, clock) as running:
        for diary in diaries:
            diary.machine.running, diary.is_offline = running, False
            while diary.machine.accepted < len(diary.machine.reports):
                diary.deliver(dice)
        rows = running.inside(lambda board: board.store.steps())
        aliases = running.inside(lambda board: {each.id: each.alias for each in board.store.learners()})

    expected = {
        (diary.machine.joined["alias"], step.id): (
            step.id in diary.passed,
            diary.wrong[step.id],
            diary.hints.get(step.id, 0),
        )
        for diary in diaries
        for step in STEPS
    }
    kept = dict.fromkeys(expected, (False, 0, 0))
    kept |= {(aliases[row.learner], row.step): (row.passed is not None, row.wrong, row.hints) for row in rows}
    assert kept == expected
    assert sum(len(diary.passed) for diary in diaries) > LEARNERS * len(STEPS) // 2


class _Flood(threading.Thread):
    """One thread that reports for many learners, each once a second on the clock of the board."""

    def __init__(self, running: RunningBoard, machines: list[Machine], seconds: int) -> None:
        super().__init__()
        self._running, self._machines, self._seconds = running, machines, seconds
        self.refused: list[str] = []

    def run(self) -> None:
        connection = http.client.HTTPConnection(LOCAL, self._running.port, timeout=60)
        for _ in range(self._seconds):
            for machine in self._machines:
                report = machine.note("checked", step=STEPS[0].id, outcome="incorrect", attempts=1)
                headers = {"Content-Type": "application/json", "Authorization": f"Bearer {machine.token}"}
                body = json.dumps({"reports": [report]})
                connection.request("POST", "/api/1/reports", body, headers)
                answer = connection.getresponse()
                document: dict[str, Any] = json.loads(answer.read())
                if document.get("accepted") != report["number"]:
                    self.refused.append(f"{answer.status} {document}")
        connection.close()


def test_two_hundred_learners_report_at_once(tmp_path) -> None:
    """Two hundred learners who report again and again are all taken, and the page has every one of them."""
    with RunningBoard(tmp_path / "board.db", ManualClock()) as running:
        machines = [running.join(f"L{number:03}") for number in range(MANY)]
        floods = [_Flood(running, machines[start::2], SECONDS) for start in range(2)]
        for flood in floods:
            flood.start()
        for flood in floods:
            flood.join()
        running.clock.advance(FRESH_SECONDS / 2)
        parts = running.ask("GET", "/live?since=").document["parts"]

    assert [flood.refused for flood in floods] == [[], []]
    rows = [html for name, html in parts.items() if name.startswith("row-")]
    assert len(rows) == MANY
    assert all(f"{SECONDS} wrong answers" in row for row in rows)


def test_the_page_has_what_was_reported(running, clock) -> None:
    """A report is on the page that is asked for a second later, and only what has changed is sent again."""
    ada, bob = running.join("Ada"), running.join("Bob")
    clock.advance(1)
    version = running.ask("GET", "/live?since=").document["version"]
    clock.advance(1)
    assert running.ask("GET", f"/live?since={version}").document["parts"].keys() == set()
    ada.say("checked", step=STEPS[0].id, outcome="passed", attempts=1)
    clock.advance(1)

    fresh = running.ask("GET", f"/live?since={version}").document

    changed = {name for name in fresh["parts"] if name.startswith("row-")}
    assert changed == {f"row-{ada.joined['learner']}"}
    assert fresh["rows"] == [f"row-{each.joined['learner']}" for each in (ada, bob)]


def by_hand() -> None:
    """Let two hundred learners report once a second for five minutes; print what was waited for."""
    import tempfile
    from pathlib import Path

    clock, longest, looked = SystemClock(), 0.0, 0.0
    with tempfile.TemporaryDirectory() as folder, RunningBoard(Path(folder) / "board.db", clock) as running:
        machines = [running.join(f"L{number:03}") for number in range(MANY)]
        for _ in range(300):
            began = stopwatch()
            floods = [_Flood(running, machines[start::4], 1) for start in range(4)]
            for flood in floods:
                flood.start()
            asked = stopwatch()
            assert running.ask("GET", "/live?since=").status == 200
            looked = max(looked, stopwatch() - asked)
            for flood in floods:
                flood.join()
                assert not flood.refused, flood.refused[:3]
            longest = max(longest, stopwatch() - began)
            clock.sleep(1 - (stopwatch() - began))
        taken = running.inside(lambda board: [each.accepted for each in board.store.learners()])
    print(f"taken {sum(taken)} of {300 * MANY}; slowest second {longest:.2f} s; slowest page {looked:.2f} s")


if __name__ == "__main__":
    by_hand()
