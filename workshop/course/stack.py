"""A stack of the course as its learner works on it: deployed from their code, connected and invoked by hand.

Everything is addressed by the logical ids that templates and notebooks use. One such stack is the learner's
own; another one, beside it, is the scratch stack on which checks try handler files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workshop.clock import Clock, SystemClock
from workshop.course import mappings
from workshop.course.delivery import Delivery, delivery_of
from workshop.course.trials import events
from workshop.deploy.bundles import FUNCTIONS, Bundle, build_bundle
from workshop.deploy.deployed_code import deployed_digests
from workshop.deploy.finding import describe, find_stack
from workshop.deploy.stacks import Deployment, StackEvent, deploy
from workshop.diagnosis.evidence import is_polled
from workshop.errors import (
    CloudNotRunningError,
    ConfigurationError,
    DeploymentError,
    StackNotFoundError,
)
from workshop.pipeline.hops import FLOWS
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import scan_rows

if TYPE_CHECKING:
    from pathlib import Path

    from workshop.cloud.connection import Cloud

__all__ = ["TABLE", "CourseStack"]

VARIANT = "starter"
STREAM = "IncomingDataStream"
# How the logical ids of functions and tables end.
LAMBDA, TABLE = "Lambda", "Table"
OUTPUTS_CACHED_SECONDS = 5.0
# How long a mapping may take from being enabled to its first look at the source.
POLLED_SECONDS = 15.0
CONNECTED_SECONDS = mappings.LONGEST_SECONDS + POLLED_SECONDS
UNCONNECTED = {"ConnectStages": "false"}


def _silently(
    what: str, left: Callable[[], str], longest: float | None = None
) -> AbstractContextManager[None]:
    del what, left, longest
    return nullcontext()


class CourseStack:
    """One deployed pipeline, addressed by logical id; outputs are cached for five seconds."""

    def __init__(
        self, cloud: Cloud, *, root: Path, stack: str, pipeline: str, clock: Clock | None = None
    ) -> None:
        self.cloud = cloud
        self.root = root
        self.stack = stack
        self.pipeline = pipeline
        self.clock = clock or SystemClock()
        # Called with each event of a deployment, for display.
        self.on_event: Callable[[StackEvent], None] | None = None
        # Called with what a learner should know, such as a file that is damaged, for display.
        self.on_note: Callable[[str], object] = lambda _: None
        # Entered around each wait, for display: what is waited for, how to ask what is left, seconds at most.
        self.on_wait: Callable[..., AbstractContextManager[None]] = _silently
        self._outputs: dict[str, str] = {}
        self._outputs_until = 0.0
        # The stack's id, and the outputs with which it was asked for.
        self._identified: tuple[str, dict[str, str]] = ("", {})

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, such as `kinesis`."""
        return self.cloud.client(service)

    @property
    def outputs(self) -> dict[str, str]:
        """The outputs of the stack, such as `StreamName`.

        Raises:
            StackNotFoundError: the stack is not deployed.
        """
        # Another process may replace the stack by one with other physical names.
        if not self._outputs or self.clock.now() > self._outputs_until:
            self._outputs = dict(find_stack(self.cloud, self.stack).outputs)
            self._outputs_until = self.clock.now() + OUTPUTS_CACHED_SECONDS
        return self._outputs

    @property
    def is_deployed(self) -> bool:
        """Whether the stack is there and complete, as of now."""
        self._outputs = {}
        try:
            return bool(self.outputs)
        except CloudNotRunningError:
            raise  # then nobody knows
        except ConfigurationError:
            return False

    @property
    def stack_id(self) -> str:
        """The id of the stack, which another one of the same name does not have; known as long as outputs."""
        outputs = self.outputs
        if self._identified[1] is not outputs:
            described = describe(self.cloud, self.stack)
            if described is None:
                raise StackNotFoundError(self.stack, is_in_notebook=self.cloud.is_in_notebook)
            self._identified = str(described["StackId"]), outputs
        return self._identified[0]

    def deleted_parts(self) -> tuple[str, ...]:
        """Return what belongs to the stack, and somebody has deleted, such as `StateTable`."""
        looks: dict[str, Callable[[str], Any]] = {
            "StreamName": lambda name: self.client("kinesis").describe_stream_summary(StreamName=name),
            "TableName": lambda name: self.client("dynamodb").describe_table(TableName=name),
            "LambdaName": lambda name: self.client("lambda").get_function_configuration(FunctionName=name),
        }
        gone = []
        for output, name in self.outputs.items():
            look = next((look for end, look in looks.items() if output.endswith(end)), None)
            try:
                _ = look and look(name)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
                gone.append(STREAM if output == "StreamName" else output.removesuffix("Name"))
        return tuple(gone)

    def deploy(self, **parameters: Any) -> Deployment:
        """Deploy the stack from the learner's `lambdas/`, or bring it up to date.

        A new stack has no event source mappings; these are made by hand.

        Raises:
            DeploymentError: CloudFormation refused or rolled back, or somebody has deleted a part by hand.
        """
        if self.is_deployed and (gone := self.deleted_parts()):
            raise DeploymentError(
                f"somebody has deleted `{'`, `'.join(gone)}`, which no deployment brings back; `workshop "
                "catch-up NN`, with a notebook's number, makes the pipeline again"
            )
        self._outputs = {}
        return deploy(
            self.cloud,
            self.pipeline,
            stack=self.stack,
            variant=VARIANT,
            parameters={**UNCONNECTED, **{name: str(value) for name, value in parameters.items()}},
            on_event=self.on_event,
            root=self.root,
        )

    def undeployed(self) -> tuple[str, ...]:
        """Return the functions (`map`, …) whose file differs from the code that runs in the cloud.

        Raises:
            BundleError: a handler file is missing or cannot be parsed.
        """
        return tuple(self.undeployed_bundles())

    def undeployed_bundles(self) -> dict[str, Bundle]:
        """Return the zips of the functions whose file differs from the code that runs in the cloud."""
        bundles = {
            each: build_bundle(self.pipeline, each, VARIANT, root=self.root)
            for each in FUNCTIONS[self.pipeline]
        }
        digests = deployed_digests(self.cloud, describe(self.cloud, self.stack), bundles)
        return {each: bundle for each, bundle in bundles.items() if digests.get(each) != bundle.digest}

    def connect(self, function: str, **arguments: Any) -> dict[str, Any]:
        """Create the event source mapping of a function, such as `StateLambda`; return it once it is enabled.

        `arguments` are those of CreateEventSourceMapping. Run again, it changes what differs.
        """
        with self.on_wait(f"until the mapping of {function} is enabled", str, CONNECTED_SECONDS):
            client, name = self.client("lambda"), self.physical(function, LAMBDA)
            found = mappings.connect(client, name, arguments, clock=self.clock)
            deadline = self.clock.now() + POLLED_SECONDS
            while found["State"] == "Enabled" and not is_polled(self.cloud, found["UUID"]):
                if self.clock.now() >= deadline:
                    break
                self.clock.sleep(0.1)
        return found

    def disconnect(self, function: str) -> bool:
        """Delete the event source mapping of a function; return False if it has none."""
        name = self.physical(function)
        with self.on_wait(f"until the mapping of {function} is gone", str, mappings.LONGEST_SECONDS):
            return mappings.disconnect(self.client("lambda"), name, clock=self.clock)

    def mapping(self, function: str) -> dict[str, Any] | None:
        """Return the event source mapping of a function, or None."""
        return mappings.find_mapping(self.client("lambda"), self.physical(function, LAMBDA))

    def physical(self, logical_id: str, kind: str = "") -> str:
        """Return the name that a function, a table or the stream has in the cloud.

        With a `kind`, `Lambda` or `Table`, it must be one of these.
        """
        output = "StreamName" if logical_id == STREAM else f"{logical_id}Name"
        if output in self.outputs and f"{logical_id}".endswith(kind):
            return self.outputs[output]
        known = [STREAM, *(name.removesuffix("Name") for name in self.outputs if name.endswith("Name"))]
        known.remove("Stream")
        there = ", ".join(name for name in known if name.endswith(kind))
        what = {"": "not", LAMBDA: "no function", TABLE: "no table"}[kind]
        raise ConfigurationError(f"`{logical_id}` is {what} in the stack `{self.stack}`; there are: {there}")

    def stream_arn(self, logical_id: str) -> str:
        """Return the ARN of the Kinesis stream `IncomingDataStream`, or of a table's stream."""
        if logical_id == STREAM:
            summary = self.client("kinesis").describe_stream_summary(StreamName=self.physical(STREAM))
            return str(summary["StreamDescriptionSummary"]["StreamARN"])
        name = self.physical(logical_id, TABLE)
        table = self.client("dynamodb").describe_table(TableName=name)["Table"]
        if "LatestStreamArn" not in table:
            raise ConfigurationError(
                f"`{logical_id}` has no stream; only a table whose changes are read has one"
            )
        return str(table["LatestStreamArn"])

    def function_arn(self, function: str) -> str:
        """Return the ARN of a function."""
        return str(self._configuration(function)["FunctionArn"])

    def role_name(self, function: str) -> str:
        """Return the name of the role that a function runs with."""
        return str(self._configuration(function)["Role"]).rpartition("/")[2]

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return the items of a table, such as `StateTable`, with numbers as Decimal."""
        return list(scan_rows(self.client("dynamodb"), self.physical(table, TABLE)))

    def last_table(self) -> str:
        """Return the table that the last connected stage writes, such as `ReduceTable`; empty without one."""
        connected = [table for stage, _, table in FLOWS[self.pipeline] if self.mapping(stage)]
        return connected[-1] if connected else ""

    def deliver(self, function: str, records: Mapping[str, Any] | Sequence[Any]) -> Delivery:
        """Call a function as its event source mapping would, with an event, records, or messages.

        An event comes from `kinesis_event`, `change_event` or `row_event`: delivered twice, it is a
        re-delivery.
        """
        event = self._event(records)
        answer = self.client("lambda").invoke(
            FunctionName=self.physical(function), Payload=json.dumps(event), LogType="Tail"
        )
        return delivery_of(function, event, answer)

    def kinesis_event(self, messages: Sequence[Message | bytes], *, shard: int = 0, start: int = 0) -> Any:
        """Return the event that brings messages from the stream; see `events.kinesis_event`."""
        arn, first = self.stream_arn(STREAM), self._numbered_from(start)
        return events.kinesis_event(messages, source_arn=arn, shard=shard, start=first)

    def change_event(
        self,
        changes: Sequence[tuple[Message | None, Message | None]],
        *,
        shard: int = 0,
        start: int = 0,
        window: bool = True,
    ) -> Any:
        """Return the event that brings changes of StateTable; see `events.change_event`."""
        arn, first = self.stream_arn("StateTable"), self._numbered_from(start)
        return events.change_event(changes, source_arn=arn, shard=shard, start=first, window=window)

    def row_event(
        self, rows: Sequence[Mapping[str, Any]], *, shard: int = 0, start: int = 0, window: bool = True
    ) -> Any:
        """Return the event that brings rows of ReduceTable; see `events.row_event`."""
        arn, first = self.stream_arn("ReduceTable"), self._numbered_from(start)
        return events.row_event(rows, source_arn=arn, shard=shard, start=first, window=window)

    def _numbered_from(self, start: int) -> int:
        """Return where the sequence numbers of an event begin; a subclass can set its events apart."""
        return start

    def _event(self, records: Mapping[str, Any] | Sequence[Any]) -> Mapping[str, Any]:
        if isinstance(records, Mapping):
            return records
        if records and isinstance(records[0], Message):
            return dict(self.kinesis_event(records))
        return {"Records": list(records)}

    def _configuration(self, function: str) -> dict[str, Any]:
        name = self.physical(function, LAMBDA)
        return dict(self.client("lambda").get_function_configuration(FunctionName=name))
