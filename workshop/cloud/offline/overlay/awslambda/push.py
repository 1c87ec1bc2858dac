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

from workshop.cloud.offline.overlay.correct import corrects


def _ignoring_writes(read: Any) -> property:
    """Return a property that moto's constructors may set, to no effect."""
    return property(read, lambda *_: None)


@corrects(Stream, "lambda_event_source_mappings", kind=_ignoring_writes)
@corrects(Table, "lambda_event_source_mappings", kind=_ignoring_writes)
@corrects(Queue, "lambda_event_source_mappings", kind=_ignoring_writes)
def _no_mappings(_source: Any) -> dict[str, Any]:
    return {}
