"""The calls of the board as learners' machines use them."""

import io
import zipfile
from dataclasses import replace

import pytest

from tests.classroom.board.running import SETUP, STEPS, RunningBoard
from workshop.build.starters import solution_of, starter_of
from workshop.classroom.protocol import instant

STEP = STEPS[0].id


def test_whoever_has_the_code_joins(running) -> None:
    """The code lets a learner in, however it is typed; the answer says who and where they are now."""
    code = running.inside(lambda board: board.code).lower().replace("-", " ")

    answer = running.call("join", {"code": code, "alias": " Ada "})

    assert answer.status == 200
    assert answer.document.keys() == {"learner", "token", "seed", "alias", "class", "class_id", "accepted"}
    assert running.call("class").document == {name: answer.document[name] for name in ("class_id", "class")}
    assert (answer.document["alias"], answer.document["class"]) == ("Ada", "Risk & Co")


def test_every_learner_has_an_own_seed(running) -> None:
    """No two learners get the same seed, so that numbers cannot be copied."""
    seeds = {running.join(f"L{number}").joined["seed"] for number in range(12)}

    assert len(seeds) == 12


def test_who_joins_again_stays_the_same(running) -> None:
    """A machine that joins with its token keeps learner, seed and reports, and may change its alias."""
    ada = running.join("Ada")
    ada.say("checked", step=STEP, outcome="passed", attempts=1)

    again = running.join("Ada L", Authorization=f"Bearer {ada.token}")

    assert again.joined == {**ada.joined, "alias": "Ada L", "accepted": 1}
    assert running.inside(lambda board: [each.alias for each in board.store.learners()]) == ["Ada L"]


@pytest.mark.parametrize("alias", ["Ada", "ADA", "a d a", "\uff21da"])
def test_an_alias_belongs_to_one(running, alias: str) -> None:
    """Nobody takes an alias that looks like another's; a free one is suggested, and free it is."""
    running.join("Ada")
    code = running.inside(lambda board: board.code)

    answer = running.call("join", {"code": code, "alias": alias})

    assert answer.status == 409
    running.join(answer.document["free"])


def test_a_state_says_what_the_instructor_did(running, clock) -> None:
    """What is announced, released and helped is in the answer to the next report, and to a question."""
    ada = running.join("Ada")
    assert ada.say("help", step=STEP)["helped_at"] is None
    for action, fields in (
        ("announce", {"notebook": "02"}),
        ("release", {"notebook": "01"}),
        ("helped", {"learner": ada.joined["learner"]}),
    ):
        assert running.act(action, **fields).status == 303

    state = running.call("state", token=ada.token).document

    assert (state["announced"], state["released"]) == ("02", ["01"])
    assert state["helped_at"] == state["now"] == instant(clock.now())
    assert (state["plan"]["minutes"], state["plan"]["begun"]) == (120, instant(clock.now()))
    assert ada.say("help", step=STEP)["helped_at"] is None


def test_solutions_come_when_they_are_released(running) -> None:
    """Nobody gets a notebook's solutions before its release; then every learner does, as in a checkout."""
    ada = running.join("Ada")
    assert running.call("solutions/02", token=ada.token).status == 403
    running.act("release", notebook="02")

    answer = running.call("solutions/02", token=ada.token)

    assert answer.status == 200
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.namelist() == ["solutions/notebooks/02_stream.py"]
    assert running.call("solutions/02").status == 401
    assert running.call("solutions/01", token=ada.token).status == 403


def test_a_release_gives_no_other_notebooks_answers_away() -> None:
    """A handler file that answers exercises of several notebooks has the starter where none is released."""
    from tests.classroom.board.running import ROOT
    from workshop.classroom.board.release import released_solutions

    name = "solutions/lambdas/textbook/stateful/map.py"
    whole = (ROOT / name).read_text(encoding="utf-8")
    with zipfile.ZipFile(io.BytesIO(released_solutions("04", ["04"], ROOT))) as archive:
        given = archive.read(name).decode()
    with zipfile.ZipFile(io.BytesIO(released_solutions("04", ["04", "09"], ROOT))) as archive:
        assert archive.read(name).decode() == whole

    assert given != whole
    assert starter_of(given, name) == starter_of(whole, name)
    assert solution_of(given, name) != solution_of(whole, name)


def test_who_leaves_is_forgotten(running) -> None:
    """A learner who leaves is on the board no more, and the token opens nothing."""
    ada = running.join("Ada")

    assert running.call("leave", {}, ada.token).status == 200
    assert running.call("state", token=ada.token).status == 401
    assert running.inside(lambda board: board.store.learners()) == []


def test_a_closed_class_takes_nothing_and_loses_nothing(running) -> None:
    """While a class is closed nobody joins and no report is taken; opened again, it goes on."""
    ada = running.join("Ada")
    running.act("close")

    code = running.inside(lambda board: board.code)
    assert running.call("join", {"code": code, "alias": "Bob"}).status == 503
    assert running.call("state", token=ada.token).document["closed"] is True
    ada.note("checked", step=STEP, outcome="passed", attempts=1)
    assert ada.send().status == 503
    running.act("reopen")
    state = ada.send().document
    assert (state["accepted"], state["state"]["closed"]) == (1, False)


def test_a_machine_brings_its_own_token(running) -> None:
    """Joining twice with one secret, as a first answer was lost, makes one learner; a short one is none."""
    document = {"code": running.inside(lambda board: board.code), "alias": "Ada"}
    first = running.call("join", document, "s" * 64)
    again = running.call("join", document, "s" * 64)
    short = running.call("join", document | {"alias": "Bob"}, "short")

    assert first.document == again.document
    assert first.document["token"] == "s" * 64
    assert len(short.document["token"]) >= 32


def test_a_board_without_solutions_releases_none(tmp_path) -> None:
    """Where the instructor's machine has no solutions, learners are told of none, and who asks hears why."""
    with RunningBoard(tmp_path / "board.db", setup=replace(SETUP, root=tmp_path)) as running:
        ada = running.join("Ada")
        running.inside(lambda board: board.release("03"))

        assert running.call("state", token=ada.token).document["released"] == []
        assert "no solutions" in running.call("solutions/03", token=ada.token).document["error"]


def calls(running) -> list[str | None]:
    return running.inside(lambda board: [each.help_step for each in board.store.learners()])


def test_passing_a_step_ends_the_call_for_it(running, clock) -> None:
    """Who calls for help and then passes the step has solved it alone; the board says so for a while."""
    ada = running.join("Ada")
    ada.say("help", step=STEP)
    assert ada.say("checked", step=STEPS[1].id, outcome="passed", attempts=1)["calling"]
    assert ada.say("checked", step=STEP, outcome="incorrect", attempts=1)["calling"]
    state = ada.say("checked", step=STEP, outcome="passed", attempts=2)

    assert (state["calling"], state["helped_at"]) == (False, None)
    assert f"{STEP} solved alone" in running.ask("GET", "/").text
    assert f"Solved alone: <bdi>Ada</bdi> ({STEP})" in running.ask(
        "GET", "/instructor", headers=running.as_instructor()
    ).text.replace("  ", " ")
    clock.advance(600)
    assert "solved alone" not in running.ask("GET", "/").text


def test_going_on_ends_a_call(running) -> None:
    """Who goes on to a later notebook calls nobody any more; opening an earlier one changes nothing."""
    ada = running.join("Ada")
    for step in ("01", "02"):
        ada.say("began", step=step)
    ada.say("help", step="02-a")
    for step in ("01", "02", "00"):
        assert ada.say("began", step=step)["calling"]
    assert not ada.say("began", step="03")["calling"]
    assert calls(running) == [None]


def test_a_call_ends_with_a_long_silence(running, clock) -> None:
    """Nobody calls for help the next morning who has called the evening before; an hour's silence is none."""
    ada = running.join("Ada")
    ada.say("help", step=STEP)
    clock.advance(3_600)
    assert running.call("state", token=ada.token).document["calling"]

    clock.advance(12 * 3_600)
    assert running.inside(lambda board: board.view().standings[0].doing) == "joined"
    assert not running.call("state", token=ada.token).document["calling"]
    assert calls(running) == [None]
