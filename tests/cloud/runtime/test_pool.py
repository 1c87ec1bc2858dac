"""How many environments there are."""

import threading

import pytest

from tests.cloud.runtime.test_environments import spec
from tests.cloud.runtime.world import FakeEnvironments
from workshop.clock import ManualClock
from workshop.cloud.offline.runtime import ThrottledError
from workshop.cloud.offline.runtime.pool import EnvironmentPool

pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def fakes() -> FakeEnvironments:
    """Environments that do nothing."""
    return FakeEnvironments()


@pytest.fixture
def pool(fakes: FakeEnvironments) -> EnvironmentPool:
    """A pool with room for two."""
    return EnvironmentPool(fakes, ManualClock(), limit=2, patience_seconds=0.05)


def test_warm_environment_is_used_again(pool: EnvironmentPool, fakes: FakeEnvironments) -> None:
    """An environment that was given back is handed out again; one that is busy is not."""
    function = spec("")
    first = pool.acquire(function)
    second = pool.acquire(function)
    pool.release(first)

    assert pool.acquire(function) is first
    assert second is not first
    assert len(fakes.created) == 2


def test_beyond_the_limit_callers_are_throttled(pool: EnvironmentPool) -> None:
    """When all environments are busy and none becomes free in time, an invocation is throttled."""
    for _ in range(2):
        pool.acquire(spec(""))

    with pytest.raises(ThrottledError) as refused:
        pool.acquire(spec(""))

    assert refused.value.reason == "ConcurrentInvocationLimitExceeded"


def test_idle_environment_makes_room_for_another_function(pool: EnvironmentPool) -> None:
    """At the limit the longest idle environment is closed for a function that needs one."""
    pool.release(pool.acquire(spec("", name="F")))
    pool.acquire(spec("", name="G"))

    pool.acquire(spec("", name="H"))

    assert pool.counts() == {"warm": 0, "busy": 2}


def test_caller_waits_for_a_place(fakes: FakeEnvironments) -> None:
    """A caller at the limit gets the environment that becomes free while it waits."""
    pool = EnvironmentPool(fakes, ManualClock(), limit=1, patience_seconds=10)
    busy = pool.acquire(spec("", name="F"))
    threading.Timer(0.05, pool.release, [busy]).start()

    assert pool.acquire(spec("", name="G")).function.name == "G"


def test_closed_pool_forgets_its_environments(pool: EnvironmentPool) -> None:
    """After everything was closed a busy environment that is given back is not kept."""
    busy = pool.acquire(spec(""))

    pool.close_all()
    pool.release(busy)

    assert pool.counts() == {"warm": 0, "busy": 0}
