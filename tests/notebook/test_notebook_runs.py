"""A watched run ends when everything has arrived, when its time is over, and when somebody interrupts it."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from workshop.clock import ManualClock
from workshop.errors import NotSettledError
from workshop.notebook.parts import runs
from workshop.notebook.parts.live import LiveTools
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.producer.producer import SendProgress


class Pipeline:
    """A course whose messages arrive one look after they were sent, or never."""

    def __init__(self, tmp_path: Any, *, arriving: bool = True) -> None:
        self.home = tmp_path
        self.clock: Any = ManualClock()
        self.arriving = arriving
        self.sent = 0
        self.stopped = False

    def totals(self) -> AggregateSnapshot:
        """Return what has arrived."""
        return AggregateSnapshot(message_count=self.sent if self.arriving else 0)

    def pending(self) -> int:
        """Return that nothing is on its way."""
        return 0

    def send(
        self, messages: int, *, on_progress: Callable[[SendProgress], None], **_: Any
    ) -> SimpleNamespace:
        """Send one half, then the other."""
        self.sent = messages // 2
        on_progress(SendProgress(self.sent, 0, 0, messages))
        self.sent = messages
        on_progress(SendProgress(self.sent, 0, 0, messages))
        return SimpleNamespace()


def live_on(pipeline: Pipeline) -> LiveTools:
    return LiveTools(cast("Any", pipeline))


@pytest.fixture(autouse=True)
def stepping_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each reading of the stopwatch be a second later, so that no test waits."""
    readings = iter(range(1_000_000))
    monkeypatch.setattr(runs, "stopwatch", lambda: float(next(readings)))


def test_a_run_is_done_when_nothing_moves_any_more(tmp_path: Any) -> None:
    """All messages are sent and summed: the last state says so."""
    shown = live_on(Pipeline(tmp_path)).dashboard(messages=100, rate=None).latest

    assert "✓ Done" in shown.text
    assert "100 of 100" in shown.text


def test_a_run_ends_when_its_time_is_over(tmp_path: Any) -> None:
    """Messages that never arrive do not hold the cell for ever."""
    shown = live_on(Pipeline(tmp_path, arriving=False)).dashboard(messages=100, seconds=20).latest

    assert "Time is over" in shown.text


def test_an_interrupt_ends_the_run_and_its_producer(tmp_path: Any) -> None:
    """Who interrupts the kernel gets what was seen so far, and no thread goes on sending."""
    pipeline = Pipeline(tmp_path)

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    pipeline.clock = SimpleNamespace(sleep=interrupt, now=lambda: 0.0)

    assert "Interrupted" in live_on(pipeline).dashboard(messages=100).latest.text


def test_a_producer_that_is_watched_no_more_is_told_to_end(tmp_path: Any) -> None:
    """After the end of a run, the producer's next report stops it."""
    run = runs.WatchedRun(cast("Any", Pipeline(tmp_path)), 10, 1.0)
    run._enough.set()

    with pytest.raises(runs._EnoughError):
        run._note(SendProgress(1, 0, 0, 10))


def test_totals_that_never_stand_still_do_not_hold_the_run(tmp_path: Any) -> None:
    """When no look succeeds, the time is over all the same."""
    pipeline = Pipeline(tmp_path)
    looks = iter([AggregateSnapshot()])

    def totals() -> AggregateSnapshot:
        if (look := next(looks, None)) is None:
            raise NotSettledError("they move")
        return look

    pipeline.totals = totals  # type: ignore[method-assign]

    assert "Time is over" in live_on(pipeline).dashboard(messages=100, seconds=20).latest.text


def test_a_look_that_fails_ends_the_producer(tmp_path: Any) -> None:
    """Whatever a look raises reaches the learner at once, and no thread goes on sending."""
    pipeline = Pipeline(tmp_path)
    run = runs.WatchedRun(cast("Any", pipeline), 100, 20.0)

    def refused() -> AggregateSnapshot:
        raise LookupError("no such table")

    def send(tell: Callable[[SendProgress], None]) -> Any:
        assert run._enough.wait(20), "the producer was never told to end"
        return tell(SendProgress(1, 0, 0, 100))

    pipeline.totals = refused  # type: ignore[method-assign]

    with pytest.raises(LookupError, match="no such table"):
        run.watch(send)
    assert run._enough.is_set()
