"""Faults that a function does to itself at its writes, because its stack's settings ask for them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from common import injected_faults as faults
from common import storage
from common.injected_faults import Faults, InjectedFaultError


class Settings:
    """The settings' text, and how often it was read."""

    def __init__(self, text: str | None) -> None:
        self.text = text
        self.reads = 0

    def __call__(self) -> str | None:
        """Return the text."""
        self.reads += 1
        return self.text


@pytest.fixture(autouse=True)
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that an environment reads; the last entry is now."""
    now = [0.0]
    monkeypatch.setattr(faults.time, "monotonic", lambda: now[-1])
    return now


def plan(seed: int = 1, limit: int | None = None, **rates: float) -> str:
    return json.dumps({"seed": seed, "rates": rates, "limit": limit})


def outcome(of: Callable[[], Any]) -> str:
    try:
        of()
    except InjectedFaultError as error:
        return str(error)
    return ""


def test_without_settings_nothing_happens() -> None:
    """A stack whose settings name no faults writes undisturbed."""
    quiet = Faults(Settings(None), "map")

    for _ in range(100):
        quiet.before_write()
        quiet.after_write()

    assert not quiet.met


def test_dynamodb_is_busy_at_the_write_that_is_named() -> None:
    """Of the writes since a plan was read, those that it names fail, at its stage and once."""
    text = json.dumps({"strikes": ["busy@map#2", "busy@state#1"]})
    struck = Faults(Settings(text), "map")

    outcomes = [outcome(struck.before_write) for _ in range(4)]

    assert [bool(each) for each in outcomes] == [False, True, False, False]
    assert "busy" in outcomes[1]


def test_writes_are_counted_anew_with_each_plan(seconds: list[float]) -> None:
    """A new plan begins to count at its first write."""
    settings = Settings(json.dumps({"strikes": ["busy@map#1"]}))
    struck = Faults(settings, "map")
    first = outcome(struck.before_write)
    settings.text = json.dumps({"seed": 2, "strikes": ["busy@map#1"]})
    seconds.append(2.0)

    assert first
    assert outcome(struck.before_write)
    assert not outcome(struck.before_write)


@pytest.mark.parametrize("strikes", ["busy@map#1", {"busy@map#1": 1}, None])
def test_strikes_that_are_no_list_are_ignored(strikes: Any) -> None:
    """A plan that was written by hand must not stop a pipeline."""
    assert not outcome(Faults(Settings(json.dumps({"strikes": strikes})), "map").before_write)


def test_a_busy_dynamodb_is_no_error_of_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """The write that is struck fails like one for which DynamoDB itself is too busy."""
    struck = Faults(Settings(json.dumps({"strikes": ["busy@map#1"]})), "map")
    monkeypatch.setattr(storage, "_faults", lambda: struck)

    with pytest.raises(storage.BusyError, match="too busy for put_item"):
        storage.write(storage.put("ReduceTable", {}))


def test_a_crash_before_the_write_prevents_it(capsys: pytest.CaptureFixture[str]) -> None:
    """`crash_before` raises before the write, and says so in the log."""
    struck = Faults(Settings(plan(crash_before=1.0)), "map")

    with pytest.raises(InjectedFaultError, match="crash_before"):
        struck.before_write()

    assert json.loads(capsys.readouterr().out) == {"stage": "map", "fault": "crash_before"}


def test_a_crash_after_the_write_comes_too_late() -> None:
    """`crash_after` lets the write happen and raises then."""
    struck = Faults(Settings(plan(crash_after=1.0)), "map")

    struck.before_write()

    with pytest.raises(InjectedFaultError, match="crash_after"):
        struck.after_write()


@pytest.mark.parametrize(
    ("kind", "seconds_long"), [("slow", faults.SLOW_SECONDS), ("timeout", faults.LONGEST_SECONDS)]
)
def test_time_is_lost(monkeypatch: pytest.MonkeyPatch, kind: str, seconds_long: float) -> None:
    """`slow` pauses for a moment, `timeout` for longer than any function may run."""
    pauses: list[float] = []
    monkeypatch.setattr(faults.time, "sleep", pauses.append)
    struck = Faults(Settings(plan(**{kind: 1.0})), "map")

    struck.before_write()
    struck.after_write()

    assert pauses == [seconds_long]


def test_a_process_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """`killed` ends the process before or after the write, without any farewell."""
    ends: list[str] = []
    monkeypatch.setattr(faults.os, "_exit", lambda _: ends.append("exit"))
    struck = Faults(Settings(plan(killed=1.0)), "map")

    for _ in range(20):
        struck.before_write()
        ends.append("write")
        struck.after_write()

    orders = {(ends[place], ends[place + 1]) for place in range(0, len(ends), 2)}
    assert orders == {("exit", "write"), ("write", "exit")}


def test_settings_are_read_once_a_second(seconds: list[float]) -> None:
    """An environment trusts what it has read for a second, and reads only when it writes."""
    settings = Settings(None)
    quiet = Faults(settings, "map")
    assert settings.reads == 0

    for second in (0.0, 0.2, 0.9, 1.0, 1.5, 2.1):
        seconds.append(second)
        quiet.before_write()
        quiet.after_write()

    assert settings.reads == 3


def test_a_change_shows_while_running(seconds: list[float]) -> None:
    """Faults that are switched on or off show in a running environment after a second."""
    settings = Settings(None)
    running = Faults(settings, "map")
    assert outcome(running.before_write) == ""

    settings.text = plan(crash_before=1.0)
    assert outcome(running.before_write) == ""
    seconds.append(1.0)
    assert "crash_before" in outcome(running.before_write)

    settings.text = None
    seconds.append(2.0)
    assert outcome(running.before_write) == ""


def test_a_stage_of_its_own_beats_the_general_rate() -> None:
    """A rate for this stage stands in place of the general one."""
    text = plan(crash_before=1.0, **{"crash_before@state": 0.0})

    assert outcome(Faults(Settings(text), "state").before_write) == ""
    assert outcome(Faults(Settings(text), "map").before_write) != ""


def test_the_seed_decides() -> None:
    """The same environment of the same stage fails at the same writes under the same seed."""

    def failures(seed: int, environment: str) -> list[bool]:
        struck = Faults(Settings(plan(seed=seed, crash_before=0.3)), "map", environment)
        return [bool(outcome(struck.before_write)) for _ in range(60)]

    assert failures(1, "one") == failures(1, "one")
    assert failures(1, "one") != failures(2, "one")
    assert failures(1, "one") != failures(1, "two")


def test_a_limit_ends_a_plan() -> None:
    """An environment fails no more often in one way than the plan's limit says."""
    struck = Faults(Settings(plan(crash_before=1.0, limit=2)), "map")

    assert [bool(outcome(struck.before_write)) for _ in range(4)] == [True, True, False, False]


@pytest.mark.parametrize("text", ["{", "[]", '{"rates": 3}', '{"rates": {"slow": "often"}}', "null"])
def test_unreadable_settings_do_no_harm(text: str) -> None:
    """Settings that are no fault plan never stop a pipeline."""
    running = Faults(Settings(text), "map")

    running.before_write()
    running.after_write()

    assert not running.met
