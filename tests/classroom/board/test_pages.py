"""What the instructor does on the pages, and what leaves the board as a file."""

import csv
import gzip
import io
import json
import re
from typing import Any

import pytest

from tests.classroom.board.running import STEPS
from workshop.classroom.board.live import LiveParts

STEP = STEPS[0].id


def aliases(running) -> list[str]:
    return running.inside(lambda board: [each.alias for each in board.store.learners()])


def test_a_learner_is_renamed_and_removed(running) -> None:
    """The instructor gives a learner a free alias, and removes one with everything that is kept."""
    running.join("Ada").say("checked", step=STEP, outcome="passed", attempts=1)
    running.join("Bob")

    assert running.act("rename", learner="1", alias="Grace").status == 303
    assert running.act("rename", learner="2", alias="grace").status == 400
    assert running.act("rename", learner="2", alias="\u202ex").status == 400
    assert running.act("remove", learner="x").status == 400
    assert aliases(running) == ["Bob", "Grace"]
    running.act("remove", learner="1", sure="yes")
    assert (aliases(running), running.inside(lambda board: board.store.steps())) == (["Bob"], [])


def test_who_is_to_be_removed_is_told_from_others(running, clock) -> None:
    """The question says since when somebody is there and what they have passed: aliases may look alike."""
    running.join("Ada").say("checked", step=STEP, outcome="passed", attempts=1)
    clock.advance(300)
    running.join("Bob")

    asked = [running.act("remove", learner=number).text for number in "12"]

    assert "Ada\u2069 joined 5 min ago and has passed 1 step." in asked[0]
    assert "Bob\u2069 joined 0 min ago and has passed 0 steps." in asked[1]
    clock.advance(86_400)
    assert "Bob\u2069 joined 1,440 min ago" in running.act("remove", learner="2").text


def test_nobody_is_removed_without_being_named(running) -> None:
    """A click on a neighbour deletes nobody: the instructor is asked first, by name."""
    running.join("Ada")
    running.join("Bob").say("began", step=STEP)

    assert "Remove \u2068Bob\u2069?" in running.act("remove", learner="2").text
    asked = running.act("idle").text
    assert "Deleted at once: \u2068Ada\u2069. " in asked
    assert aliases(running) == ["Ada", "Bob"]
    running.join("Cleo")
    upto = re.search(r'name="learner" value="(\d+)"', asked)[1]
    assert running.act("idle", sure="yes", learner=upto).status == 303
    assert aliases(running) == ["Bob", "Cleo"]
    assert running.act("remove", learner="1").status == 400


def test_solutions_can_be_withheld_again(running) -> None:
    """What was released by mistake is withheld; notebooks that do not exist are never released."""
    for notebook in ("02", "01", "77", "../x"):
        running.act("release", notebook=notebook)
    assert running.inside(lambda board: board.released) == ("01", "02")
    running.act("withhold", notebook="01")
    assert running.inside(lambda board: board.released) == ("02",)


def test_the_first_announcement_starts_the_clock(running, clock) -> None:
    """The plan begins when the class does; a later announcement leaves its clock alone, a button does not."""
    running.act("announce", notebook="00")
    begun = clock.now()
    clock.advance(600)
    running.act("announce", notebook="01")
    assert running.inside(lambda board: board.begun) == begun
    assert "Minute 10 of 120" in running.ask("GET", "/").text
    assert "It stands at minute 10." in running.act("clock").text
    assert running.inside(lambda board: board.begun) == begun
    running.act("clock", sure="yes")
    assert running.inside(lambda board: board.begun) == clock.now()


def test_the_public_page_says_who_needs_help_and_what_to_leave_out(running, clock) -> None:
    """Wrong answers, hints, minutes, the pace of the class and what would make up for it are on the page."""
    ada = running.join("Ada")
    running.act("announce", notebook="00")
    for attempts in (1, 2):
        ada.say("checked", step=STEP, outcome="incorrect", attempts=attempts)
    ada.say("hinted", step=STEP, hints=1)
    ada.work(40)
    page = running.ask("GET", "/").text
    assert "stuck, 40 min, 2 wrong answers, 1 hint" in page
    assert "30 min behind" in page
    assert "To catch up, leave out 02 Streams (20 min), 99 Clean up (20 min)." in page
    ada.say("help", step=STEP)
    clock.advance(3 * 60)
    assert 'needs help <span class="time">3 min' in running.ask("GET", "/").text


def test_many_who_are_stuck_leave_the_page_in_sight(running, clock) -> None:
    """The instructor sees the first dozen who need somebody, and opens the list of the others."""
    for number in range(14):
        running.join(f"Ada {number}").say("began", step=STEP)
    clock.advance(12 * 60)
    page = running.ask("GET", "/instructor", headers=running.as_instructor()).text
    first, _, others = page.partition('<details id="needs-more"><summary>2 more</summary>')
    assert (first.count('<tr class="stuck">'), others.count('<tr class="stuck">')) == (12, 2)


def test_the_scoreboard_has_the_best_first(running, clock) -> None:
    """The game's scores of all learners are on the page, each learner's best, the highest first."""
    ada, bob = running.join("Ada"), running.join("Bob")
    ada.say("played", game="trade risk", score=300)
    bob.say("played", game="trade risk", score=1_200)
    bob.say("played", game="trade risk", score=100)
    clock.advance(1)

    scores = running.ask("GET", "/live?since=").document["parts"]["scores"]

    assert scores.index("Bob") < scores.index("1,200") < scores.index("Ada") < scores.index("300")
    assert "<details" not in scores


def test_many_scores_leave_the_page_in_sight(running) -> None:
    """The first dozen of the game are on the page, whoever wants to see the others opens them."""
    for number in range(14):
        running.join(f"Ada {number}").say("played", game="trade risk", score=number)

    scores = running.ask("GET", "/live?since=").document["parts"]["scores"]

    first, _, others = scores.partition('<details id="scores-more"><summary>2 more</summary>')
    assert ("<td>12</td>" in first, "<td>13</td>" in others) == (True, True)
    assert (first.count("<bdi>"), others.count("<bdi>")) == (12, 2)


def test_the_join_page_shows_code_and_qr_code(running) -> None:
    """The page for the projector has the code, the lines to type, and a QR code within itself."""
    code = running.inside(lambda board: board.code)
    typed = f"127.0.0.1:{running.port}/{code}"

    page = running.ask("GET", "/join", headers=running.as_instructor()).text

    assert f"workshop join {typed} --alias Ada" in re.sub("<[^>]+>", "", page)
    assert "<svg xmlns" in page
    assert "--lan" in page
    phone = running.ask("GET", f"/join/{code.lower()}")
    assert phone.status == 200
    assert "Instructor" not in phone.text


@pytest.mark.parametrize("alias", ["=1+1", "+1", "-1 a", "@SUM a", "\uff1d1", "|a"])
def test_a_spreadsheet_takes_no_alias_for_a_formula(running, alias: str) -> None:
    """In the exported table an alias that begins like a formula is text."""
    running.join(alias)

    table = running.ask("GET", "/instructor/class.csv", headers=running.as_instructor()).text
    rows = list(csv.reader(io.StringIO(table.removeprefix("\ufeff"))))

    assert rows[1][0] == f"'{alias}"


def test_the_table_has_a_line_for_each_learner(running) -> None:
    """The export has every learner, with what was passed, wrong answers and hints, and every step."""
    ada = running.join('Ada, "the first"')
    ada.say("checked", step=STEP, outcome="incorrect", attempts=1)
    ada.say("checked", step=STEP, outcome="passed", attempts=2)
    ada.say("hinted", step=STEPS[1].id, hints=2)
    running.join("Bob")

    table = running.ask("GET", "/instructor/class.csv", headers=running.as_instructor()).text
    head, *rows = csv.reader(io.StringIO(table.removeprefix("\ufeff")))

    assert head[8:] == [f"{step.notebook} {step.id}" for step in STEPS]
    assert [row[0] for row in rows] == ['Ada, "the first"', "Bob"]
    assert rows[0][3:10] == ["1", "20", "1", "2", "", "passed, 1 wrong", "not passed, 2 hints"]
    assert set(rows[1][8:]) == {"not begun"}


def test_a_page_gets_what_is_new_to_it() -> None:
    """Whoever asks gets the parts that changed since they asked, and all of them after a restart."""
    live, restarted = LiveParts(), LiveParts()
    live.refresh({"a": "1", "row-1": "x"})
    known = live.version
    live.refresh({"a": "2", "row-1": "x", "row-2": "y"})

    def given(version: str) -> dict[str, Any]:
        return json.loads(live.since(version).plain)

    assert given(known)["parts"] == {"a": "2", "row-2": "y"}
    assert given(live.version)["parts"] == {}
    for other in ("", "x", restarted.version, known + "0" * 40, "-1", "\u0661"):
        assert given(other)["parts"].keys() == {"a", "row-1", "row-2"}
    assert given(known)["rows"] == ["row-1", "row-2"]


def test_a_flood_is_answered_with_what_was_made_once(running, monkeypatch) -> None:
    """Whoever asks for the whole page again and again, by whatever version, costs the board no more work."""
    from workshop.classroom.board import live, pages

    made: list[str] = []

    def count(text: str) -> live.PackedText:
        made.append(text)
        return pack(text)

    pack = live.pack_text
    monkeypatch.setattr(live, "pack_text", count)
    monkeypatch.setattr(pages, "pack_text", count)
    running.join("Ada")
    for number in range(20):
        running.ask("GET", f"/live?since=x{number}")
        running.ask("GET", "/")
    packed = running.ask("GET", "/live?since=", headers={"Accept-Encoding": "gzip"})

    assert len(made) == 2
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body).decode() == made[0]


def test_few_answers_are_kept_whatever_is_asked_for() -> None:
    """Versions that are old, made up or still to come share an answer, so that memory has a bound."""
    page = LiveParts()
    for number in range(100):
        page.refresh({"a": str(number)})
    epoch = page.version.partition("-")[0]

    kept = {id(page.since(f"{epoch}-{number}")) for number in range(10_000)}

    assert len(kept) <= 34
