"""Nothing is pushed into a function while somebody writes to a stream, table or queue.

AWS: event source mappings poll. Source:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html

moto calls the function inside PutRecord, PutItem and SendMessage, once per record, whatever the mapping says,
also when it is disabled or deleted; for a table it then empties the stream.

Changed: the place where moto notes mappings on streams, tables and queues forgets what is put there. The
mappings themselves stay where the API shows them, and the runtime polls.
"""

from typing import Any

from moto.dynamodb.models.table import Table
from moto.kinesis.models import Stream
from moto.sqs.models import Queue

from workshop.clock import Clock
from workshop.cloud.offline.overlay.correct import CLOCK, correct

__all__ = ["install"]


class _Forgetful:
    """Reads give a fresh dict, writes are ignored: moto's constructors cannot put theirs in its place."""

    def __get__(self, instance: Any, owner: type | None = None) -> dict[str, Any]:
        return {}

    def __set__(self, instance: Any, value: Any) -> None:
        return


_FORGETFUL = _Forgetful()


def install(clock: Clock) -> None:
    """Switch moto's own push off."""
    CLOCK.use(clock)
    for owner in (Stream, Table, Queue):
        correct(owner, "lambda_event_source_mappings", _FORGETFUL)
