"""ReceiveMessage waits without holding up the rest of the cloud.

AWS: a long poll of up to 20 s delays only its caller. Source:
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html

moto waits inside the call, and the offline cloud works on one call at a time, under one lock.

Changed: the lock of the offline cloud is released while `Queue.wait_for_messages` waits.
"""

from typing import Any

from moto.sqs.models import Queue

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.overlay.correct import corrects

_MOTO_WAIT = Queue.wait_for_messages


@corrects(Queue, "wait_for_messages")
def _wait_for_messages(self: Any, timeout: int) -> None:
    with LOCK.released():
        _MOTO_WAIT(self, timeout)
