"""A long poll does not hold up the cloud."""

import threading

from workshop.cloud.offline.lock import LOCK


def poll_and_look(account) -> bool:
    """Start a long poll that holds the lock, and return whether another thread gets the lock meanwhile."""
    queue = account.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    polling = threading.Event()
    got_lock = threading.Event()

    def look() -> None:
        polling.wait()
        LOCK.acquire()
        got_lock.set()
        LOCK.release()

    other = threading.Thread(target=look)
    other.start()
    with LOCK:
        polling.set()
        account.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=1)
        during = got_lock.is_set()
    other.join()
    return during


def test_the_lock_is_free_during_a_long_poll(account) -> None:
    """While ReceiveMessage waits, other calls are served."""
    assert poll_and_look(account) is True


def test_plain_moto_waits_with_the_lock(plain) -> None:
    """Without the correction, whoever holds the lock during a long poll keeps it."""
    assert poll_and_look(plain) is False
