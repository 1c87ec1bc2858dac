"""The lock of the offline cloud."""

import threading

import pytest

from workshop.cloud.offline.lock import DispatchLock


def taken_elsewhere(lock: DispatchLock) -> bool:
    """Return whether another thread would have to wait for the lock."""
    free: list[bool] = []

    def look() -> None:
        free.append(lock._lock.acquire(blocking=False))
        if free[0]:
            lock._lock.release()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return not free[0]


def test_the_lock_excludes_other_threads() -> None:
    """While one thread holds the lock, no other does."""
    lock = DispatchLock()

    with lock:
        assert lock.held
        assert taken_elsewhere(lock)

    assert not lock.held
    assert not taken_elsewhere(lock)


def test_the_lock_is_reentrant() -> None:
    """The holder may take the lock again; it is free after the outermost block."""
    lock = DispatchLock()

    with lock:
        with lock:
            pass
        assert taken_elsewhere(lock)

    assert not taken_elsewhere(lock)


@pytest.mark.parametrize("depth", [1, 3])
def test_the_lock_is_given_up_completely(depth: int) -> None:
    """Inside of `released` the lock is free, whatever the depth; afterwards it is held at the old depth."""
    lock = DispatchLock()
    for _ in range(depth):
        lock.acquire()

    with lock.released():
        assert not lock.held
        assert not taken_elsewhere(lock)

    for _ in range(depth):
        assert taken_elsewhere(lock)
        lock.release()
    assert not taken_elsewhere(lock)


def test_the_lock_comes_back_after_an_error() -> None:
    """An error inside of `released` leaves the lock held, as it was."""
    lock = DispatchLock()

    with lock:
        with pytest.raises(ValueError, match="inside"), lock.released():
            raise ValueError("inside")
        assert lock.held


def test_a_thread_without_the_lock_gives_nothing_up() -> None:
    """`released` without the lock does nothing, and does not take it."""
    lock = DispatchLock()

    with lock.released():
        pass

    assert not lock.held
    assert not taken_elsewhere(lock)


def test_releasing_what_one_does_not_hold_is_an_error() -> None:
    """A thread cannot release the lock of another."""
    lock = DispatchLock()
    errors: list[str] = []

    def release() -> None:
        try:
            lock.release()
        except RuntimeError as error:
            errors.append(str(error))

    with lock:
        thread = threading.Thread(target=release)
        thread.start()
        thread.join()

    assert len(errors) == 1


def test_counting_under_the_lock_loses_nothing() -> None:
    """Threads that add under the lock, and give it up in between, lose no addition."""
    lock = DispatchLock()
    total = 0

    def add() -> None:
        nonlocal total
        for _ in range(500):
            with lock:
                before = total
                total = before + 1
                with lock.released():
                    pass

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert total == 4000
