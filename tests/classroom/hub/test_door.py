"""Who comes in: the class's code once, a password of one's own always."""

import errno
import json
import stat
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from workshop.classroom.board.limits import LIMITS
from workshop.classroom.hub import disk
from workshop.classroom.hub.plan import INSTRUCTOR, HubPlan
from workshop.cli.classroom.hub import _before, _let_choose
from workshop.clock import ManualClock

jupyterhub = pytest.importorskip("jupyterhub", reason="the extra `class` is not installed")

from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine  # noqa: E402 - JupyterHub brings it
from tornado.web import HTTPError  # noqa: E402

from workshop.classroom.hub.door import DISK_FULL, FULL, Keys, first_page  # noqa: E402 - needs JupyterHub

CODE = "ABC-234"
LOGIN = RequestStartLine("POST", "/hub/login", "HTTP/1.1")


@pytest.fixture
def plan(tmp_path) -> HubPlan:
    """A hub with two seats."""
    return HubPlan(str(tmp_path), "127.0.0.1", 8000, CODE, "the-instructors-own", "proxy", seats=2)


def door_of(plan: HubPlan, clock: ManualClock):
    from traitlets.config import Config

    from workshop.classroom.hub.door import Door

    return Door(clock=clock, config=Config({"Door": {"plan": plan}}))


@pytest.fixture
def door(plan, clock):
    """The door of that hub."""
    return door_of(plan, clock)


def enter(
    door, name: str, password: str = "secret-1", code: str = "", address: str = "192.168.1.20", claimed=()
):
    # As the hub gets it: the proxy passes on what the client claims, and appends where the client is.
    headers = HTTPHeaders({"Host": "hub", "X-Forwarded-For": ",".join([*claimed, address])})
    for each in claimed:
        headers["X-Real-Ip"] = each
    request = HTTPServerRequest(start_line=LOGIN, headers=headers)
    handler = SimpleNamespace(request=request)
    # It waits for nothing, and a browser's tests in the same process may have a loop of their own.
    asked = door.authenticate(handler, {"username": name, "password": password, "code": code})
    try:
        asked.send(None)
    except StopIteration as answered:
        return answered.value
    except HTTPError as refused:
        door.said = refused.log_message
    return None


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
    """After eight wrong passwords a name waits, with the right one too; other names and addresses do not."""
    enter(door, "ada", code=CODE)
    for _ in range(8):
        assert enter(door, "ada", "wrong-one") is None

    assert enter(door, "ada") is None
    assert "Wait 20 seconds" in door.said
    assert enter(door, "ada", address="192.168.1.30") == "ada"
    assert enter(door, "bob", code=CODE) == "bob"
    clock.advance(61)
    assert enter(door, "ada") == "ada"


def test_what_a_client_claims_gives_no_more_guesses(door) -> None:
    """Another `X-Real-Ip` or `X-Forwarded-For` with each guess does not make it another address."""
    enter(door, "ada", code=CODE)
    for number in range(30):
        assert enter(door, "ada", "wrong-one", claimed=[f"10.0.0.{number}"]) is None
        assert enter(door, "eve", code="XYZ-234", claimed=[f"10.0.0.{number}"]) is None

    assert enter(door, "ada", claimed=["10.0.1.1"]) is None
    assert enter(door, "bob", code=CODE, claimed=["10.0.1.1"]) is None


def test_guesses_from_many_addresses_are_bounded_for_each_name(door, clock, monkeypatch) -> None:
    """After so many a name waits at every address, but not where its learner came from last."""
    # Each wrong password takes scrypt's time.
    monkeypatch.setitem(LIMITS, "name", replace(LIMITS["name"], burst=3))
    enter(door, "ada", code=CODE)
    for number in range(3):
        assert enter(door, "ada", "wrong-one", address=f"10.0.0.{number}") is None

    assert enter(door, "ada", address="10.0.1.1") is None
    assert enter(door, "ada") == "ada"
    clock.advance(31)
    assert enter(door, "ada", address="10.0.1.1") == "ada"


def test_nobody_keeps_the_instructor_out(door) -> None:
    """However often somebody guesses, also at the same address, the right password lets the instructor in."""
    for _ in range(30):
        assert enter(door, INSTRUCTOR, "wrong-one") is None

    assert enter(door, INSTRUCTOR, "the-instructors-own") == INSTRUCTOR


def test_whoever_guesses_the_code_has_to_wait(door) -> None:
    """After thirty wrong codes an address waits, whatever names it tries; those who have a seat do not."""
    enter(door, "ada", code=CODE)
    for number in range(30):
        assert enter(door, f"eve-{number}", code="XYZ-234") is None

    assert enter(door, "bob", code=CODE) is None
    assert enter(door, "bob", code=CODE, address="192.168.1.30") == "bob"
    assert enter(door, "ada") == "ada"


def test_a_removed_name_hands_nothing_on(door, plan) -> None:
    """Who takes the name of somebody removed begins with nothing; the folders of both stay."""
    for text in ("first", "second"):
        enter(door, "ada", code=CODE)
        plan.seat("ada").mkdir(parents=True)
        (plan.seat("ada") / "mine").write_text(text)
        door.delete_user(SimpleNamespace(name="ada"))
        assert not plan.seat("ada").exists()

    removed = plan.seats_folder.with_name("removed")
    assert [(removed / f"ada-{number}" / "mine").read_text() for number in (1, 2)] == ["first", "second"]
    assert stat.S_IMODE(removed.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_moved_goes_to_nobody(door, plan) -> None:
    """Where the folder of a removed learner stays, so does the password: no newcomer gets either."""
    enter(door, "ada", code=CODE)
    plan.seat("ada").mkdir(parents=True)
    plan.seats_folder.with_name("removed").write_text("in the way")

    with pytest.raises(FileExistsError):
        door.delete_user(SimpleNamespace(name="ada"))

    assert enter(door, "ada", "a-newcomers", CODE) is None


def test_the_command_finds_a_name_as_somebody_typed_it(door, plan, tmp_path) -> None:
    """`workshop hub --new-password Ada` is about `ada`, as at the door."""
    enter(door, "Ada", code=CODE)

    _let_choose(tmp_path, " Ada ")

    assert "ada" not in Keys(plan.passwords)


def test_a_forgotten_password_is_chosen_anew(door, plan, clock) -> None:
    """The instructor lets a learner choose again while the hub runs; that needs the class's code."""
    enter(door, "ada", code=CODE)
    Keys(plan.passwords).forget("ada")

    assert enter(door, "ada", "a-new-one") is None
    assert enter(door, "ada", "a-new-one", CODE) == "ada"


def test_no_more_learners_than_seats(door, plan) -> None:
    """Who comes when all seats are taken is told so, and has guessed nothing; who has a seat keeps it."""
    assert enter(door, "ada", code=CODE) == "ada"
    assert enter(door, "bob", code=CODE) == "bob"
    for _ in range(40):
        assert enter(door, "eve", code=CODE) is None
        assert door.said == FULL
    assert enter(door, "bob") == "bob"
    Keys(plan.passwords).forget("bob")
    assert enter(door, "eve", code=CODE) == "eve"


@pytest.mark.parametrize(("is_behind_proxy", "names"), [(False, 10), (True, 40)])
def test_nobody_takes_all_seats(plan, clock, monkeypatch, is_behind_proxy: bool, names: int) -> None:
    """One address gets so many new names and then has to wait, unless a proxy makes one address of all."""
    monkeypatch.setattr(Keys, "keep", lambda keys, name, _: keys._known.update({name: []}) or keys._write())
    door = door_of(replace(plan, seats=40, is_behind_proxy=is_behind_proxy), clock)

    entered = [enter(door, f"eve-{number}", code=CODE) for number in range(40)]

    assert len([each for each in entered if each]) == names
    assert is_behind_proxy or enter(door, "bob", code=CODE, address="192.168.1.30") == "bob"
    assert is_behind_proxy or "Wait 20 seconds" in door.said
    clock.advance(20)
    assert is_behind_proxy or enter(door, "cleo", code=CODE) == "cleo"


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


def test_a_full_disk_is_told_at_the_door(door, monkeypatch) -> None:
    """While the hub's disk is full nobody comes in, everybody reads why, and afterwards the class goes on."""
    enter(door, "ada", code=CODE)
    with monkeypatch.context() as full:
        full.setattr(disk, "LEAST_FREE_BYTES", 2**62)
        for name in ("ada", "bob"):
            assert enter(door, name, code=CODE) is None
            assert door.said == DISK_FULL

    assert (enter(door, "ada"), enter(door, "bob", code=CODE)) == ("ada", "bob")


def test_what_a_hub_was_told_is_not_lost_on_a_full_disk(plan, monkeypatch) -> None:
    """A plan that cannot be written leaves the one of before, with code and password."""
    plan.write()

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(json, "dump", fail)
    with pytest.raises(OSError, match="No space"):
        replace(plan, code="XYZ-234").write()

    assert _before(Path(plan.folder))["code"] == CODE


@pytest.mark.parametrize(("is_admin", "page"), [(True, "/hub/admin"), (False, "")])
def test_the_instructor_comes_to_the_class(is_admin: bool, page: str) -> None:
    """Who leads the class needs no seat and takes none; others come to theirs, as JupyterHub does it."""
    signed_in = SimpleNamespace(
        current_user=SimpleNamespace(admin=is_admin), hub=SimpleNamespace(base_url="/hub/")
    )

    assert first_page(signed_in) == page
    assert first_page(SimpleNamespace(current_user=None)) == ""
