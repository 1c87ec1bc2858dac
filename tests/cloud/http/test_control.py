"""What the offline cloud offers beside AWS's API."""

import json
import os
from typing import Any

import pytest

from workshop import __version__
from workshop.clock import AdjustableClock, Clock, SystemClock
from workshop.cloud.offline.http.calls import Call, Headers
from workshop.cloud.offline.http.control import ControlApi
from workshop.cloud.offline.keeping.memory import MEMORY


class Cloud:
    """What the control knows of the cloud."""

    port = 4566
    started = 12.5
    keeper = None
    problem: str | None = None

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.notes: list[str] = []
        self.done: list[str] = []

    def reset(self) -> None:
        """Note it."""
        self.done.append("reset")

    def request_stop(self) -> None:
        """Note it."""
        self.done.append("stop")

    def runtime_status(self) -> dict[str, Any]:
        """Return no mappings."""
        return {"mappings": []}

    def wait_until_quiet(self, functions: list[str], *, timeout_seconds: float) -> bool:
        """Note it; a cloud that is never quiet."""
        self.done.append(f"quiet {functions} {timeout_seconds}")
        return False


@pytest.fixture
def cloud() -> Cloud:
    """A cloud whose clock can be advanced."""
    return Cloud(AdjustableClock())


def ask(cloud: Cloud, method: str, path: str, document: object = None) -> tuple[int, dict[str, Any]]:
    body = b"" if document is None else json.dumps(document).encode()
    answer = ControlApi(cloud).answer(Call(method, f"/_workshop/{path}", Headers([]), body))
    return answer.status, json.loads(answer.body)


def test_health_says_which_process_answers(cloud) -> None:
    """Health tells version, process, port, start, and that nothing here is AWS."""
    assert ask(cloud, "GET", "health") == (
        200,
        {
            "status": "ok",
            "problem": None,
            "version": __version__,
            "offline": True,
            "pid": os.getpid(),
            "started": 12.5,
            "port": 4566,
            "notes": [],
        },
    )


def test_reset_shutdown_and_runtime_reach_the_cloud(cloud) -> None:
    """Reset and shutdown do what they say, and the runtime's state is passed on."""
    ask(cloud, "POST", "reset")
    ask(cloud, "POST", "shutdown", {})

    assert cloud.done == ["reset", "stop"]
    assert ask(cloud, "GET", "runtime") == (200, {"mappings": [], "kept": None, "streams": MEMORY.status()})


def test_the_clock_can_be_advanced(cloud) -> None:
    """Ten minutes can pass in a moment."""
    _, before = ask(cloud, "GET", "clock")

    status, after = ask(cloud, "POST", "clock", {"advance_seconds": 600})

    assert (status, after["offset_seconds"]) == (200, 600)
    assert after["now"] - before["now"] >= 600


def test_waiting_for_quiet_reaches_the_cloud(cloud) -> None:
    """Who waits names the functions that matter and how long the call may block."""
    assert ask(cloud, "GET", "quiet", {"functions": ["F"], "timeout_seconds": 1.5}) == (
        200,
        {"is_quiet": False},
    )
    assert cloud.done == ["quiet ['F'] 1.5"]


@pytest.mark.parametrize(
    "document",
    [
        {"functions": []},
        {"functions": [], "timeout_seconds": -1},
        {"functions": [], "timeout_seconds": 31},
        {"functions": [], "timeout_seconds": True},
        {"functions": "F", "timeout_seconds": 1},
        {"functions": [1], "timeout_seconds": 1},
    ],
)
def test_waiting_for_quiet_is_bounded(cloud, document: object) -> None:
    """A call that would block for more than half a minute, or names no functions, is refused."""
    assert ask(cloud, "GET", "quiet", document)[0] == 400
    assert cloud.done == []


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"advance_seconds": -1},
        {"advance_seconds": "x"},
        {"advance_seconds": True},
        {"advance_seconds": 10**12},
        {"advance_seconds": float("nan")},
        [],
    ],
)
def test_the_clock_does_not_go_back(cloud, document: object) -> None:
    """A step that is negative, missing or no number is refused, and so is one beyond all dates."""
    status, answer = ask(cloud, "POST", "clock", document)

    assert status == 400
    assert answer["error"]


def test_a_fixed_clock_says_so() -> None:
    """A cloud on the machine's own clock cannot let time pass."""
    status, answer = ask(Cloud(SystemClock()), "POST", "clock", {"advance_seconds": 1})

    assert (status, "cannot be advanced" in answer["error"]) == (400, True)


@pytest.mark.parametrize(("method", "path"), [("GET", "nothing"), ("GET", "reset"), ("DELETE", "health")])
def test_unknown_calls_name_the_known_ones(cloud, method: str, path: str) -> None:
    """A call that does not exist is answered with the ones that do."""
    status, answer = ask(cloud, method, path)

    assert status == 404
    assert "GET /_workshop/health" in answer["error"]


def test_a_failing_route_is_an_error_in_json(cloud, caplog) -> None:
    """An error inside of a control call is logged and answered, not raised."""

    def fail() -> None:
        raise RuntimeError("planted")

    cloud.reset = fail  # type: ignore[method-assign]

    status, answer = ask(cloud, "POST", "reset")

    assert (status, "planted" in answer["error"]) == (500, True)
    assert "planted" in caplog.text


def test_a_body_that_is_no_json_is_refused(cloud) -> None:
    """Control calls take JSON objects only."""
    answer = ControlApi(cloud).answer(Call("POST", "/_workshop/clock", Headers([]), b"{"))

    assert answer.status == 400


def test_a_cloud_with_a_token_is_changed_by_its_owner_alone(cloud) -> None:
    """With a token, reset, clock, faults and shutdown need it; what only tells something does not."""
    control = ControlApi(cloud, token="secret")

    def status(method: str, path: str, *headers: tuple[str, str]) -> int:
        return control.answer(Call(method, f"/_workshop/{path}", Headers(headers), b"{}")).status

    changes = [
        ("POST", "reset"),
        ("POST", "clock"),
        ("POST", "faults"),
        ("DELETE", "faults"),
        ("POST", "shutdown"),
    ]
    assert {status(*change) for change in changes} == {403}
    assert status("POST", "reset", ("X-Workshop-Token", "sicret")) == 403
    assert cloud.done == []
    assert status("GET", "health") == 200
    assert status("POST", "reset", ("X-Workshop-Token", "secret")) == 200
