"""A learner's course in the connected cloud: sends messages, reads totals, compares and diagnoses them.

Works against both clouds. Nothing is drawn here; a notebook's `ws` shows what these methods return.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from workshop.clock import Clock
from workshop.course import rest as resting
from workshop.course.rest import Rest, of_one_moment, wait_for_rest
from workshop.course.sent import SentMessages, lanes_of, open_sent
from workshop.course.stack import STREAM, CourseStack
from workshop.course.tools.planned import entries_of
from workshop.deploy.finding import describe
from workshop.deploy.stacks import Deployment, deploy
from workshop.diagnosis import Diagnosis, diagnose
from workshop.diagnosis.evidence import gather_evidence, pending_records
from workshop.pipeline.aggregates import AggregateSnapshot, take_snapshot
from workshop.pipeline.compare_with_truth import Comparison
from workshop.pipeline.messages import Message, MessagePlan, PlannedMessage
from workshop.pipeline.operations.clear import TIMEOUT_SECONDS, Cleared, clear
from workshop.pipeline.operations.reconcile import Reconciliation, open_books, reconcile
from workshop.pipeline.producer.producer import ProduceResult, ProducerOptions, SendProgress, produce
from workshop.pipeline.settle import Quiet, quiet_of
from workshop.pipeline.target import Target, find_target
from workshop.pipeline.truth import Truth
from workshop.settings import class_seed, home_folder, own_prefix, project_root

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["DEFAULT_PREFIX", "Course", "stack_prefix"]

DEFAULT_PREFIX = "course"
T = TypeVar("T")
SENDING_THREADS = 2
TOUR_PARAMETERS = {"ShardCount": "1"}


def stack_prefix(explicit: str | None = None) -> str:
    """Return how names of stacks begin: the argument, else `WORKSHOP_STACK`, else `course`."""
    return explicit or own_prefix() or DEFAULT_PREFIX


class Course(CourseStack):
    """The learner's stack of one pipeline, with the messages that were sent into it.

    `root` is the checkout with the learner's `lambdas/`, `home` the private folder of the workshop.
    """

    def __init__(
        self,
        cloud: Cloud,
        *,
        root: Path | None = None,
        home: Path | None = None,
        prefix: str | None = None,
        pipeline: str = "stateful",
        clock: Clock | None = None,
    ) -> None:
        self.prefix = stack_prefix(prefix)
        self.home = home or home_folder()
        super().__init__(
            cloud,
            root=root or project_root(),
            stack=f"{self.prefix}-{pipeline}",
            pipeline=pipeline,
            clock=clock,
        )
        self._sent: tuple[str, SentMessages] | None = None
        self.is_clearing = False  # while it is True, totals and messages do not belong together

    @cached_property
    def stateless(self) -> Course:
        """The same course's stateless pipeline."""
        view = Course(
            self.cloud,
            root=self.root,
            home=self.home,
            prefix=self.prefix,
            pipeline="stateless",
            clock=self.clock,
        )
        view.on_event = self.on_event
        return view

    @cached_property
    def tour(self) -> Course:
        """The finished pipeline of notebook 00, a stack of its own."""
        return Tour(
            self.cloud, root=self.root, home=self.home, prefix=f"{self.prefix}-tour", clock=self.clock
        )

    @cached_property
    def textbook(self) -> Course:
        """A second stateful pipeline with the textbook's guards, to be watched beside the learner's."""
        return Textbook(
            self.cloud, root=self.root, home=self.home, prefix=f"{self.prefix}-textbook", clock=self.clock
        )

    @property
    def target(self) -> Target:
        """The stack as its producer and its front end see it."""
        return find_target(self.cloud, self.stack)

    def connect(self, function: str, **arguments: Any) -> dict[str, Any]:
        """Create the event source mapping of a function, such as `StateLambda`; return it once it is enabled.

        `arguments` are those of CreateEventSourceMapping. Run again, it changes what differs.
        """
        before = self.mapping(function)
        found = super().connect(function, **arguments)
        is_new = before is None or before["UUID"] != found["UUID"]
        if is_new and found["EventSourceArn"] == self.stream_arn(STREAM):
            if found.get("StartingPosition") == "TRIM_HORIZON":
                self.sent.rewind()
            elif before is None:
                self.sent.begin()
        return found

    def send(
        self,
        messages: int | MessagePlan | Sequence[Message | PlannedMessage],
        *,
        rate: float | None = None,
        threads: int = SENDING_THREADS,
        pack: int | str = 1,
        on_progress: Callable[[SendProgress], None] | None = None,
        **plan_options: Any,
    ) -> ProduceResult:
        """Send messages into the stream: so many of a plan with `plan_options`, or exactly these.

        The same number with the same options gives the same messages again. Raises as `entries_of` does.
        """
        entries = entries_of(messages, plan_options, class_seed(self.home))
        return produce(
            self.client("kinesis"),
            self.outputs["StreamName"],
            entries,
            options=ProducerOptions.of(threads, rate, pack),
            clock=self.clock,
            on_progress=on_progress,
        )

    @property
    def sent(self) -> SentMessages:
        """The messages in the stream, of every producer."""
        stack_id = self.stack_id
        if self._sent is None or self._sent[0] != stack_id:
            # A stack that was made anew, or is in another cloud, has a past of its own.
            kept = self.client("kinesis"), self.target, stack_id, self.home
            self._sent = stack_id, open_sent(*kept, tell=self.on_note)
        return self._sent[1]

    def messages(self) -> list[Message]:
        """Return all messages since the pipeline was cleared, duplicates included."""
        return self.sent.messages()

    def truth(self) -> Truth:
        """Return what the totals must be, worked out from the messages alone."""
        return self.target.truth_of(self.messages())

    def totals(self) -> AggregateSnapshot:
        """Return the totals as they are now."""
        table = self.physical("AggregateTable")
        return take_snapshot(self.client("dynamodb"), table, clock=self.clock)

    def rest(self, timeout: float = 60.0) -> AggregateSnapshot:
        """Return the totals when nothing moves any more, or when the time is over; never judges them."""
        return self.rest_state(timeout).snapshot

    def rest_state(self, timeout: float = 60.0) -> Rest:
        """Return the same totals as `rest`, and whether they are at rest or the time was over before."""
        with self.on_wait("until nothing moves", self._on_the_way, timeout):
            seen = self.totals, self.pending, self.quiet, lambda: resting.fails_for_good(self)
            rest = wait_for_rest(*seen, clock=self.clock, timeout_seconds=timeout)
        trouble = resting.trouble_with(self, rest)
        where = resting.where_records_wait(self) if rest.pending else ""
        not_read = resting.unread(self, lambda: len(self.sent.records()))
        return replace(rest, trouble=trouble, where=where, unread=not_read)

    def trouble(self) -> str:
        """Which functions fail, and how, hang, or are not fed, in a sentence each; as far as one can tell."""
        return resting.trouble_of(self)

    def _on_the_way(self) -> str:
        """What still moves, in words; nothing if nobody tells."""
        if not (pending := self.pending()):
            return ""
        return f"{pending:,} record{'' if pending == 1 else 's'} on the way. {self.trouble()}".rstrip(" .")

    def pending(self) -> int | None:
        """Return how many records are on their way between connected stages; AWS does not tell."""
        return pending_records(self.cloud, self.outputs)

    @property
    def quiet(self) -> Quiet:
        """Blocks until the stack's functions have nothing to do; AWS does not tell."""
        return quiet_of(self.cloud, self.outputs, clock=self.clock)

    def compare(self, timeout: float = 60.0) -> Comparison:
        """Return how the totals at rest differ from the truth."""
        return self._at_rest(lambda rest: rest.against(self.truth()), timeout)

    def reconcile(self) -> Reconciliation:
        """Return how AggregateTable differs from the sum over StateTable."""
        return reconcile(open_books(self.cloud, self.stack, clock=self.clock))

    def diagnose(self, timeout: float = 60.0) -> Diagnosis:
        """Return which totals are wrong, by how much, and the most likely causes."""
        return self._at_rest(self.diagnose_at, timeout)

    def _at_rest(self, judge: Callable[[Rest], T], timeout: float) -> T:
        return of_one_moment(self.sent.records, lambda: self.rest_state(timeout), judge)

    def diagnose_at(self, rest: Rest) -> Diagnosis:
        """Diagnose totals that have been read already."""
        target, arrived, not_fed = self.target, self.sent.arrived(), " ".join(resting.unfed(self).values())
        sent = [message for _, message in arrived]
        evidence = gather_evidence(
            self.cloud,
            target.outputs,
            sent,
            # Before a function that nothing feeds, records may lie that nobody counts.
            pending=None if not_fed and not rest.pending else rest.pending,
            is_certain=rest.is_certain,
            arrivals=lanes_of(arrived),
        )
        found = diagnose(sent, rest.snapshot, pipeline=target.pipeline, evidence=evidence, order=target.order)
        return replace(found.with_trouble(rest.trouble or not_fed), held_up=rest.held_up)

    def clear(self) -> Cleared:
        """Empty the pipeline for a fresh run: wait for what is on its way, delete it, and start anew."""
        self.is_clearing = True
        try:
            what = "until what is on its way has arrived and is deleted"
            with self.on_wait(what, self._on_the_way, TIMEOUT_SECONDS):
                cleared = clear(self.cloud, self.stack, clock=self.clock)
            self.sent.begin()
        finally:
            self.is_clearing = False
        return cleared


class Tour(Course):
    """The finished pipeline that notebook 00 shows: the ledger's handlers, connected, on a stack of its own.

    It is deployed when its outputs are first read, and stays until notebook 99 cleans up.
    """

    variant = "ledger"

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack, which is deployed first if it is missing."""
        if not self._outputs and not self.is_deployed:
            self.deploy()
        return super().outputs

    @property
    def target(self) -> Target:
        """The stack as its producer and its front end see it; it is deployed first if it is missing."""
        if not self.is_deployed:
            self.deploy()
        return super().target

    @property
    def is_deployed(self) -> bool:
        """Whether the stack is there and complete, as of now: one that was interrupted has no outputs yet."""
        self._outputs = {}
        return bool((describe(self.cloud, self.stack) or {}).get("Outputs"))

    def deploy(self, **parameters: Any) -> Deployment:
        """Deploy the finished pipeline, or bring it up to date."""
        self._outputs = {}
        return deploy(
            self.cloud,
            self.pipeline,
            stack=self.stack,
            variant=self.variant,
            parameters={**TOUR_PARAMETERS, **{name: str(value) for name, value in parameters.items()}},
            on_event=self.on_event,
            root=self.root,
        )


class Textbook(Tour):
    """The pipeline as a textbook has it, connected, on a stack of its own."""

    variant = "textbook"
