"""How often work is looked for: whoever calls a cloud that rests is heard at once."""

import threading

import pytest

from tests.cloud.runtime.world import World
from tests.cloud.waiting import wait_until
from workshop.cloud.offline.runtime.event_sources import attention
from workshop.cloud.offline.runtime.event_sources.attention import Attention

LONG = 600.0


@pytest.fixture
def at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cloud that rests for ten minutes at once, so that only a call can be what ends a wait."""
    monkeypatch.setattr(attention, "ALONE_SECONDS", 0.0)
    monkeypatch.setattr(attention, "REST_SECONDS", LONG)


@pytest.mark.parametrize("call", [Attention.hear, Attention.wake])
def test_a_call_ends_a_rest(at_rest, call) -> None:
    """Whoever waits for work is woken by a call and by news."""
    waiting = Attention()
    thread = threading.Thread(target=waiting.wait, args=(None,), daemon=True)
    thread.start()
    assert wait_until(lambda: waiting._is_resting)

    call(waiting)

    thread.join(20)
    assert not thread.is_alive()


def test_what_is_due_ends_a_rest(at_rest) -> None:
    """A retry, or the end of a window, is not slept through."""
    waiting = Attention()
    waiting.wait(0.0)

    assert not waiting._is_resting


def test_calls_cost_nothing_while_the_cloud_is_used() -> None:
    """A call does not cause a look for work where looks come often anyway."""
    waiting = Attention()

    waiting.hear()

    assert not waiting._wake.is_set()
    assert not waiting.is_left_alone


def test_records_are_found_by_an_engine_that_rested(at_rest, world: World) -> None:
    """A record that is put while the engine rests is sent once the call has been heard."""
    world.connect()
    world.runtime.start()
    assert wait_until(lambda: world.runtime._engine._attention._is_resting)
    world.put(1)

    assert wait_until(lambda: bool(world.runtime.hear()) or world.batches() == [[1]])
