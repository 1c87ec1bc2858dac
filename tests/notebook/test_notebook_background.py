"""Loops beside the kernel's work: they end by themselves, when they are asked to, and when they fail."""

import threading

import pytest

from workshop.notebook.controls.background import Loop, stop_all

PATIENCE_SECONDS = 10.0


def names() -> set[str]:
    return {thread.name for thread in threading.enumerate()}


def test_a_loop_ends_when_its_time_is_over() -> None:
    """After its seconds the thread is gone, and whoever shows it is told once."""
    ended = []
    loop = Loop("short", lambda: None, every=0.01, seconds=0.05, on_end=ended.append).start()
    loop.wait()

    assert ended == [None]
    assert "workshop-short" not in names()


def test_running_the_cell_again_ends_the_loop_before() -> None:
    """Of two loops of one name only the newer one goes on."""
    first = Loop("same", lambda: None, every=0.01, seconds=60).start()
    second = Loop("same", lambda: None, every=0.01, seconds=60).start()

    assert not first.is_running
    assert second.is_running
    second.stop()
    assert "workshop-same" not in names()


def test_stop_ends_every_loop_and_may_be_repeated() -> None:
    """Nothing moves any more afterwards, whatever is asked to stop twice."""
    loops = [Loop(f"loop-{number}", lambda: None, every=0.01, seconds=60).start() for number in range(3)]
    stop_all()
    stop_all()
    loops[0].stop()

    assert not any(loop.is_running for loop in loops)


def test_a_failing_loop_ends_and_tells_why() -> None:
    """What a step raises is handed on instead of being lost in a thread."""
    problems: list[BaseException | None] = []

    def fail() -> None:
        raise ValueError("gone")

    Loop("failing", fail, every=0.01, seconds=60, on_end=problems.append).start().wait()

    assert [str(problem) for problem in problems] == ["gone"]


def test_a_loop_is_over_when_its_block_is() -> None:
    """As a context manager a loop lasts as long as the block."""
    turned = threading.Event()
    with Loop("block", turned.set, every=0.01, seconds=60) as loop:
        assert turned.wait(PATIENCE_SECONDS)
    assert not loop.is_running


def test_an_interrupt_of_the_kernel_ends_the_loop_that_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a loop and is interrupted has stopped it."""
    loop = Loop("interrupted", lambda: None, every=0.01, seconds=60).start()
    join = threading.Thread.join
    interrupts = [KeyboardInterrupt()]

    def interrupted(thread: threading.Thread, timeout: float | None = None) -> None:
        if interrupts:
            raise interrupts.pop()
        join(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted)
    loop.wait()

    assert not loop.is_running
