"""What would grow for ever leaves memory and the kept state, the oldest first: logs, metrics, stack events.

AWS keeps logs without a retention for ever, metrics of a minute for 15 days and stack events for 90; here
they share what memory one machine has. Sources:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html.
"""

import heapq
import sys
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends
from moto.logs.models import logs_backends

from workshop.cloud.offline.keeping.logs import drop_first
from workshop.cloud.offline.keeping.marks import MARKS

__all__ = ["drop_leftovers", "shorten_logs", "shorten_metrics", "shorten_stack_events"]

# Of all log groups together, with what Python's objects take besides the messages.
LOG_BYTES = 64_000_000
EVENT_BYTES = 400
# As many as leave memory at once.
EVENTS = 1_000
METRIC_VALUES = 50_000
STACK_EVENTS = 2_000


def drop_leftovers() -> None:
    """Drop what is beyond its limit; the caller holds the lock."""
    shorten_logs(LOG_BYTES)
    shorten_metrics(METRIC_VALUES)
    shorten_stack_events(STACK_EVENTS)


def shorten_logs(most_bytes: int) -> None:
    """Drop the oldest events of all groups together until the rest takes no more than this."""
    streams = [
        stream
        for _, _, backend in logs_backends.iter_backends()
        for group in backend.groups.values()
        for stream in group.streams.values()
        if stream.events
    ]
    surplus = sum(_size(stream.events) for stream in streams) - most_bytes
    waiting = [(stream.events[0].timestamp, number) for number, stream in enumerate(streams)]
    heapq.heapify(waiting)
    while surplus > 0:
        _, number = heapq.heappop(waiting)
        events = streams[number].events
        surplus -= _size(events[:EVENTS])
        drop_first(events, EVENTS)
        if events:
            heapq.heappush(waiting, (events[0].timestamp, number))


def _size(events: list[Any]) -> int:
    return sum(EVENT_BYTES + len(event.message) for event in events)


def shorten_metrics(most: int) -> None:
    """Drop the oldest values of metrics beyond so many in an account's region."""
    for _, _, backend in cloudwatch_backends.iter_backends():
        if (surplus := len(backend.metric_data) - most) > 0:
            drop_first(backend.metric_data, surplus)


def shorten_stack_events(most: int) -> None:
    """Drop the oldest events of each stack beyond so many."""
    # Loaded late; before that, and while it is being loaded, there are no stacks.
    backends = getattr(sys.modules.get("moto.cloudformation.models"), "cloudformation_backends", None)
    for _, _, backend in () if backends is None else backends.iter_backends():
        for stack in (*backend.stacks.values(), *backend.deleted_stacks.values()):
            if len(stack.events) > most:
                del stack.events[:-most]
                MARKS.note_resources("cloudformation")
