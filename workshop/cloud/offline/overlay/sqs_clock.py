"""Queues live by the cloud's clock: visibility timeouts, delays, retention and the times that messages bear.

AWS has one time for all services
(https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html). moto
reads the machine's, so that a message whose consumer failed stayed invisible while the cloud's clock was
moved past its timeout, and a message is not visible at the very end of it. Changed: the time that moto's
queues read, and that end. How long a call waits stays the machine's.
"""

from typing import Any

from moto.sqs import models

from workshop.cloud.offline.overlay.correct import CLOCK, corrects


@corrects(models, "unix_time_millis")
def _now_in_milliseconds() -> float:
    return CLOCK.now() * 1000


@corrects(models.Message, "visible", kind=property)
def _is_visible(message: Any) -> bool:
    return bool(CLOCK.now() * 1000 >= message.visible_at)


@corrects(models.SQSBackend, "is_message_valid_based_on_retention_period")
def _is_kept(backend: Any, queue_name: str, message: Any) -> bool:
    kept_seconds = float(backend.get_queue(queue_name).message_retention_period)
    return bool(message.sent_timestamp / 1000 + kept_seconds > CLOCK.now())
