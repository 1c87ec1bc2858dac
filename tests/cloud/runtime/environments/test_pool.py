"""How many environments there are."""

import threading

import pytest

from tests.cloud.runtime.environments.conftest import spec
from tests.cloud.runtime.environments.test_threads import interrupted_threads
from tests.cloud.runtime.world import FakeEnvironment, FakeEnvironments
from tests.cloud.waiting import wait_until
from workshop.clock import ManualClock, stopwatch
from workshop.cloud.offline.runtime import ThrottledError
from workshop.cloud.offline.runtime.environments.pool import EnvironmentPool

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


@pytest.mark.parametrize(("turn_seconds", "order"), [(0.0, ["G", "F"]), (60.0, ["F", "G"])])
def test_who_has_waited_long_comes_before_who_comes_again(
    fakes: FakeEnvironments, turn_seconds: float, order: list[str]
) -> None:
    """A function that wants its environment again at once lets those go first who have waited for long."""
    pool = EnvironmentPool(fakes, ManualClock(), limit=1, patience_seconds=20, turn_seconds=turn_seconds)
    busy = pool.acquire(spec("", name="F"))
    turns: list[str] = []

    def take_turn(name: str) -> None:
        taken = pool.acquire(spec("", name=name))
        turns.append(name)
        pool.release(taken)

    other = threading.Thread(target=take_turn, args=("G",), daemon=True)
    other.start()
    assert wait_until(lambda: pool._waiting)
    with pool._changed:  # nobody else comes between
        pool.release(busy)
        take_turn("F")
    other.join(20)

    assert turns == order


def test_closed_pool_forgets_its_environments(pool: EnvironmentPool) -> None:
    """After everything was closed a busy environment that is given back is not kept."""
    busy = pool.acquire(spec(""))

    pool.close_all()
    pool.release(busy)

    assert pool.counts() == {"warm": 0, "busy": 0}


def test_caller_at_the_limit_gets_the_warm_environment_of_its_function(fakes: FakeEnvironments) -> None:
    """A caller that waited is given the environment of its own function that became free, not a cold one."""
    pool = EnvironmentPool(fakes, ManualClock(), limit=1, patience_seconds=10)
    busy = pool.acquire(spec(""))
    threading.Timer(0.05, pool.release, [busy]).start()

    assert pool.acquire(spec("")) is busy


def test_caller_waits_for_no_closed_pool(fakes: FakeEnvironments) -> None:
    """When the pool is closed, who waits for a place is throttled, and no environment is started any more."""
    pool = EnvironmentPool(fakes, ManualClock(), limit=1, patience_seconds=10)
    pool.acquire(spec("", name="F"))
    threading.Timer(0.05, pool.close).start()

    with pytest.raises(ThrottledError):
        pool.acquire(spec("", name="G"))

    assert fakes.created == ["F"]


def test_opened_pool_starts_environments_again(pool: EnvironmentPool) -> None:
    """A pool that was closed and opened serves as before."""
    pool.close()
    pool.open()

    assert pool.acquire(spec("")).function.name == "F"


def test_place_of_a_failed_start_is_free_at_once(fakes: FakeEnvironments) -> None:
    """A caller at the limit need not wait until its patience ends when another one's start fails."""
    pool = EnvironmentPool(fakes, ManualClock(), limit=1, patience_seconds=20)
    began, waits = threading.Event(), threading.Event()

    def create(function, **_):
        if function.name == "F":
            began.set()
            waits.wait(10)
            raise OSError("no more processes")
        return FakeEnvironment(fakes, function, "")

    fakes.create = create

    def fail():
        with pytest.raises(OSError, match="no more processes"):
            pool.acquire(spec("", name="F"))

    failing = threading.Thread(target=fail)
    failing.start()
    began.wait(10)
    threading.Timer(0.05, waits.set).start()
    started = stopwatch()

    assert pool.acquire(spec("", name="G")).function.name == "G"
    assert stopwatch() - started < 10
    failing.join()


def test_there_are_never_more_environments_than_may_be(fakes: FakeEnvironments) -> None:
    """Callers that start environments at the same moment stay within the limit together."""
    pool = EnvironmentPool(fakes, ManualClock(), limit=2, patience_seconds=20)
    most, together = [0], threading.Barrier(5)

    def work(name):
        together.wait(20)
        for _ in range(200):
            pooled = pool.acquire(spec("", name=name))
            most[0] = max(most[0], pool.counts()["busy"])
            pool.release(pooled)

    with interrupted_threads():
        threads = [threading.Thread(target=work, args=(name,)) for name in "FGHIJ"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert most[0] <= 2
