"""A second stack beside the learner's, on which checks try handler files with events made by hand.

Its functions run the code that is saved in the learner's files now. No event source mapping feeds them, so
its tables hold only what a check has put there, and the learner's totals are never touched.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from boto3.dynamodb.table import BatchWriter

from workshop.cloud.one_at_a_time import one_at_a_time
from workshop.course.delivery import Delivery
from workshop.course.stack import CourseStack

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["ScratchStack", "exclusive", "open_scratch_stack"]

KEYS = {
    "StateTable": "TradeID",
    "ReduceTable": "MessageHash",
    "AggregateTable": "Identifier",
    "LedgerTable": "LedgerKey",
    "QuarantineTable": "RecordID",
    "ParameterTable": "Parameter",
}


class ScratchStack(CourseStack):
    """The stack that checks work on; each instance makes events with sequence numbers of its own.

    DynamoDB remembers the token of a transaction for ten minutes. If two checks used the same events, the
    second would find that a correct answer writes nothing.
    """

    def __init__(self, course: CourseStack, prefix: str, pipeline: str) -> None:
        super().__init__(
            course.cloud,
            root=course.root,
            stack=f"{prefix}-exam-{pipeline}",
            pipeline=pipeline,
            clock=course.clock,
        )
        self.on_wait = course.on_wait
        self._number = int(course.clock.now() * 1000)

    def invoke(self, stage: str, event: Any) -> Delivery:
        """Deliver an event to `state`, `map` or `reduce`; an error of the handler is returned, not raised."""
        return self.deliver(f"{stage.capitalize()}Lambda", event)

    def row_event(
        self, rows: Sequence[Mapping[str, Any]], *, shard: int = 0, start: int = 0, window: bool = True
    ) -> Any:
        """Return the event that brings rows of ReduceTable; see `events.row_event`."""
        own = [{**row, "MessageHash": f"{row['MessageHash']}-{self._number}"} for row in rows]
        return super().row_event(own, shard=shard, start=start, window=window)

    def take_over_code(self) -> None:
        """Update the functions to the saved code; UpdateFunctionCode is faster than a stack update."""
        client, left = self.client("lambda"), self.undeployed_bundles()
        with self.on_wait("until your files are tried", lambda: f"{len(left)} to be taken over"):
            while left:
                function, bundle = next(iter(left.items()))
                name = self.physical(f"{function.capitalize()}Lambda")
                client.update_function_code(FunctionName=name, ZipFile=bundle.content)
                client.get_waiter("function_updated_v2").wait(FunctionName=name)
                del left[function]

    def empty(self) -> None:
        """Delete every item of every table."""
        client = self.client("dynamodb")
        for table, key in KEYS.items():
            if f"{table}Name" in self.outputs:
                with BatchWriter(self.physical(table), client) as batch:
                    for item in self.items(table):
                        batch.delete_item({key: {"S": item[key]}})

    def _numbered_from(self, start: int) -> int:
        return self._number * 1_000_000 + start


def exclusive(course: Course) -> AbstractContextManager[None]:
    """Hold the scratch stack's lock: two checks would empty each other's tables and replace the code.

    In the offline cloud the lock also excludes other checkouts that use the same cloud.
    """
    return one_at_a_time(
        _lock_file(course), occupied="Another check is at work, in a terminal or in a notebook"
    )


def _lock_file(course: Course) -> Path:
    if course.cloud.endpoint is None:
        return course.home / f"{course.prefix}-exam.lock"
    user = os.getuid() if hasattr(os, "getuid") else "user"
    port = urlsplit(course.cloud.endpoint).port
    return Path(tempfile.gettempdir()) / f"workshop-{user}-{port}-{course.prefix}-exam.lock"


def open_scratch_stack(course: Course, pipeline: str = "stateful") -> ScratchStack:
    """Return the scratch stack of a course, with empty tables and the handlers as they are saved now.

    Raises:
        BundleError: a handler file is missing or cannot be parsed; names the line.
        DeploymentError: CloudFormation refused or rolled back.
    """
    scratch = ScratchStack(course, course.prefix, pipeline)
    if scratch.is_deployed:
        scratch.take_over_code()
    else:
        with scratch.on_wait("until a stack is deployed on which your files are tried", str):
            scratch.deploy(ShardCount="1")
    scratch.empty()
    return scratch
