"""What a shard's poller tells and does while another thread works its shard off."""

import threading
from typing import Any

import pytest

from tests.cloud.runtime.environments.test_threads import interrupted_threads
from tests.cloud.runtime.world import World, client
from workshop.cloud.offline.runtime.event_sources.mapping_worker import MappingWorker, current_mappings
from workshop.cloud.offline.runtime.event_sources.poller import BatchReport, Poller

FAILED = BatchReport(answer=b"{}", function_error="Unhandled")
ROUNDS = 3000
PAUSE_SECONDS = 60


@pytest.fixture
def worker(world: World) -> MappingWorker:
    """A mapping whose stream has one shard with three records, read two at a time."""
    world.connect(BatchSize=2)
    world.put(1, 2, 3)
    worker = MappingWorker(current_mappings()[0], world.clock)
    worker.refresh()
    return worker


def poller_of(worker: MappingWorker) -> Poller:
    (poller,) = worker.pollers()
    return poller


def fail_again_and_again(poller: Poller, now: float) -> None:
    """Send the first batch many times, each time after the longest pause; the last time is now."""
    for rounds_left in reversed(range(ROUNDS)):
        moment = now - rounds_left * PAUSE_SECONDS
        work = poller.next_batch(0, moment)
        assert work is not None
        poller.finish(work, FAILED, moment)


def test_a_batch_that_is_being_retried_is_never_missing(worker: MappingWorker, world: World) -> None:
    """Whoever looks at a shard while its batch fails again and again always finds all of its records."""
    poller, now = poller_of(worker), world.clock.now()
    seen: set[Any] = set()
    with interrupted_threads():
        worker = threading.Thread(target=fail_again_and_again, args=(poller, now), daemon=True)
        worker.start()
        while worker.is_alive():
            seen |= {poller.status(now)["pending"], "drained" if poller.is_drained() else 3}

    assert seen == {3}


def test_a_poller_of_a_disabled_mapping_has_no_work(worker: MappingWorker, world: World) -> None:
    """Once a mapping shows Disabled no batch begins, also where somebody was just about to ask for one."""
    poller = poller_of(worker)
    client("lambda").update_event_source_mapping(UUID=worker.mapping.uuid, Enabled=False)
    worker.refresh()
    assert world.mapping(worker.mapping.uuid)["State"] == "Disabled"

    assert poller.next_batch(0, world.clock.now()) is None


def test_a_poller_that_was_replaced_has_no_work(worker: MappingWorker, world: World) -> None:
    """After a change of the number of slots only the new poller sends, also while somebody holds the old."""
    old = poller_of(worker)
    client("lambda").update_event_source_mapping(UUID=worker.mapping.uuid, ParallelizationFactor=2)
    worker.refresh()

    assert poller_of(worker) is not old
    assert old.next_batch(0, world.clock.now()) is None


def test_a_busy_poller_is_not_replaced(worker: MappingWorker, world: World) -> None:
    """While a batch is in flight the number of slots stays; then reading goes on behind what is done."""
    old = poller_of(worker)
    work = old.next_batch(0, world.clock.now())
    assert work is not None
    client("lambda").update_event_source_mapping(UUID=worker.mapping.uuid, ParallelizationFactor=2)

    worker.refresh()
    assert poller_of(worker) is old
    old.finish(work, BatchReport(answer=b"{}"), world.clock.now())
    worker.refresh()

    assert poller_of(worker) is not old
    assert poller_of(worker).status(world.clock.now())["pending"] == 1


def test_a_state_that_was_read_too_early_is_not_shown(
    worker: MappingWorker, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mapping that is disabled while the engine looks at it shows Disabling, not Enabled once more."""
    uuid = worker.mapping.uuid
    read_shards = type(worker)._refresh_pollers

    def meanwhile(self: MappingWorker) -> None:
        read_shards(self)
        client("lambda").update_event_source_mapping(UUID=uuid, Enabled=False)

    monkeypatch.setattr(MappingWorker, "_refresh_pollers", meanwhile)
    worker.refresh()

    assert world.mapping(uuid)["State"] == "Disabling"
