"""Writing to a stream, table or queue does not invoke functions: event source mappings poll.

AWS: Lambda polls the sources of its mappings, so a write never waits for a function. Source:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventsourcemapping.html

moto invokes the function inside PutRecord, PutItem and SendMessage, once per record, whatever the mapping's
settings, even when it is disabled or deleted; for a table it then empties the stream.

Changed: the attribute in which moto's streams, tables and queues keep their mappings always reads as empty.
The mappings themselves stay where the API lists them, and the runtime polls.
"""

from typing import Any

from moto.dynamodb.models.table import Table
from moto.kinesis.models import Stream
from moto.sqs.models import Queue

from workshop.cloud.offline.overlay.correct import corrects


def _ignoring_writes(read: Any) -> property:
    """Return a property that moto's constructors may set, to no effect."""
    return property(read, lambda *_: None)


@corrects(Stream, "lambda_event_source_mappings", kind=_ignoring_writes)
@corrects(Table, "lambda_event_source_mappings", kind=_ignoring_writes)
@corrects(Queue, "lambda_event_source_mappings", kind=_ignoring_writes)
def _no_mappings(_source: Any) -> dict[str, Any]:
    return {}
