"""Who comes in: the class's code once, a password of one's own always."""

import json
import stat

import pytest

from workshop.classroom.hub.plan import INSTRUCTOR, HubPlan
from workshop.clock import ManualClock

jupyterhub = pytest.importorskip("jupyterhub", reason="the extra `class` is not installed")

CODE = "ABC-234"


@pytest.fixture
def plan(tmp_path) -> HubPlan:
    """A hub with two seats."""
    return HubPlan(str(tmp_path), "127.0.0.1", 8000, CODE, "the-instructors-own", "proxy", seats=2)


@pytest.fixture
def clock() -> ManualClock:
    """The door's clock."""
    return ManualClock()


def door_of(plan: HubPlan, clock: ManualClock):
    from traitlets.config import Config

    from workshop.classroom.hub.door import Door

    return Door(clock=clock, config=Config({"Door": {"plan": plan}}))


@pytest.fixture
def door(plan, clock):
    """The door of that hub."""
    return door_of(plan, clock)


def enter(door, name: str, password: str = "secret-1", code: str = ""):
    # It waits for nothing, and a browser's tests in the same process may have a loop of their own.
    asked = door.authenticate(None, {"username": name, "password": password, "code": code})
    with pytest.raises(StopIteration) as answered:
        asked.send(None)
    return answered.value.value


def test_the_code_lets_somebody_in_once_and_their_password_from_then_on(door, plan, clock) -> None:
    """The code is for the first time; afterwards, also after a restart, the password chosen then fits."""
    assert enter(door, "Ada", code="abc 234") == "ada"
    assert enter(door, "ada") == "ada"
    assert enter(door, "ada", "another", CODE) is None
    assert enter(door_of(plan, clock), "ada") == "ada"


@pytest.mark.parametrize("code", ["", "ABC-235", "ABCDEFG", "\x00", "🎓"])
def test_nobody_gets_a_seat_without_the_code(door, code) -> None:
    """A wrong code lets nobody in, and does not take the name."""
    assert enter(door, "ada", code=code) is None
    assert enter(door, "ada", "mine-not-yours", CODE) == "ada"


@pytest.mark.parametrize(
    "name", ["", "..", "../ada", "a/b", "-a", "a b", "ada\n", "é", "a" * 25, ".ssh", "<b>"]
)
def test_a_name_is_a_folder_of_its_own(door, name) -> None:
    """What would lead to another folder, or to no folder, is no name."""
    entered = enter(door, name, code=CODE)

    assert entered is None or entered == name.strip()


@pytest.mark.parametrize("password", ["", "short", "x" * 201])
def test_a_password_has_a_length(door, password) -> None:
    """Empty, short and endless passwords are refused."""
    assert enter(door, "ada", password, CODE) is None


def test_whoever_guesses_has_to_wait(door, clock) -> None:
    """After eight wrong passwords a name waits a minute, with the right one too; other names do not."""
    enter(door, "ada", code=CODE)
    for _ in range(8):
        assert enter(door, "ada", "wrong-one") is None

    assert enter(door, "ada") is None
    assert enter(door, "bob", code=CODE) == "bob"
    clock.advance(61)
    assert enter(door, "ada") == "ada"


def test_no_more_learners_than_seats(door) -> None:
    """Who comes when all seats are taken is refused; who has a seat keeps it."""
    assert enter(door, "ada", code=CODE) == "ada"
    assert enter(door, "bob", code=CODE) == "bob"
    assert enter(door, "eve", code=CODE) is None
    assert enter(door, "bob") == "bob"


def test_the_code_makes_nobody_an_instructor(door) -> None:
    """The instructor's name needs the instructor's password."""
    assert enter(door, INSTRUCTOR, code=CODE) is None
    assert enter(door, INSTRUCTOR, "the-instructors-own") == INSTRUCTOR


def test_passwords_are_not_kept_as_they_are(door, plan, tmp_path) -> None:
    """The file holds salted digests, and only its owner may read it."""
    enter(door, "ada", "same-for-both", CODE)
    enter(door, "bob", "same-for-both", CODE)
    path = tmp_path / "passwords.json"

    assert "same-for-both" not in path.read_text()
    ada, bob = json.loads(path.read_text()).values()
    assert ada != bob
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
