"""How often work is looked for, and whose turn it is."""

import threading
from typing import Any

import pytest

from tests.cloud.runtime.world import World
from tests.cloud.waiting import wait_until
from workshop.cloud.offline.runtime.event_sources import attention, engine
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


def test_environments_are_prepared_for_a_mapping_that_is_new(world: World) -> None:
    """Once a mapping is served, its first environment need not wait for what all of them share."""
    world.runtime.start()
    assert world.fakes.preparations == 0

    world.connect()

    assert wait_until(lambda: world.fakes.preparations == 1)
    assert world.fakes.created == []


def test_mappings_take_turns_where_threads_are_few(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shard with many batches gives its thread to another mapping that waits, after each batch."""
    monkeypatch.setattr(engine, "MAX_WORKERS", 1)
    sent: list[str] = []

    def busy(_: dict[str, Any]) -> None:
        # The other mapping is in the queue by then, so that only a turn given up can let it in.
        assert sent or wait_until(lambda: world.runtime._engine._workers.is_crowded)
        sent.append("busy")

    world.function("F", handler=busy)
    world.function("G", handler=lambda _: sent.append("other"))
    world.map(world.stream("S"), BatchSize=1)
    world.map(world.stream("T"), "G")
    world.put(*range(9))
    world.put(1, stream="T")

    world.runtime.start()

    assert world.runtime.wait_until_quiet(timeout_seconds=20)
    assert sorted(sent) == ["busy"] * 9 + ["other"]
    assert sent.index("other") == 1
