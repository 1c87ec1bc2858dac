"""What changes a pipeline, shown while it happens: deploy, connect, send, clear, rest."""

from collections.abc import Callable, Sequence
from typing import Any

from workshop.course.course import Course
from workshop.course.rest import Rest
from workshop.deploy.stacks import Deployment, StackEvent
from workshop.notebook.controls.waiting import WaitLine, told_if_it_fails
from workshop.notebook.markup.display import Live, Shown, show
from workshop.notebook.markup.html import code_in, element, join
from workshop.notebook.markup.texts import plural, took
from workshop.notebook.views.cards import card, pill, status_line
from workshop.notebook.views.deploying import EventBoard
from workshop.notebook.views.differences import TableMemory
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.operations.clear import Cleared
from workshop.pipeline.producer.producer import ProduceResult, SendProgress

__all__ = ["PipelineActions", "ShownMapping", "rest_shown"]

NOT_COUNTED = "AWS does not tell whether records still wait behind that."


class ShownMapping(dict[str, Any]):
    """An event source mapping as AWS describes it; a notebook shows it as one line."""

    way = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ARG002
        return _mapping_shown(self)._repr_mimebundle_()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's signature
        # IPython takes the text of a dict from here, not from the bundle above.
        printer.text(_mapping_shown(self).text)


class PipelineActions:
    """Steps that change a pipeline, shown as they happen; each returns what the course returns.

    `fit` gives mappings what the functions' code needs, and returns what it has done for that.
    """

    def __init__(self, course: Course, memory: TableMemory, fit: Callable[[], Sequence[str]] = tuple) -> None:
        self._course = course
        self._memory = memory
        self._fit = fit
        self._wait = WaitLine()
        course.on_wait = self._wait.telling
        course.on_note = lambda told: show(status_line("▲ Note", told, "warn"))

    def deploy(self, **parameters: Any) -> Deployment:
        """Deploy the stack with the code in `lambdas/`, or bring it up to date; show each step.

        Parameters of the template go in by name, such as `ShardCount=2`; one that is left out keeps its
        value. Blocks until CloudFormation is done: seconds offline, about two minutes on AWS. Returns a
        deployment, whose `changed_functions` says which functions got new code.
        """
        board = EventBoard(self._course.stack)
        output = Live(board.draw())

        def tell(event: StackEvent) -> None:
            board.add(event)
            output.update(board.draw())

        self._course.on_event = tell
        try:
            deployment = self._course.deploy(**parameters)
        except KeyboardInterrupt:
            output.close(board.interrupt())
            raise
        except Exception as error:
            output.close(board.fail(error))
            raise
        finally:
            self._course.on_event = None
        output.close(board.finish(deployment))
        return deployment

    def connect(self, function: str, **arguments: Any) -> ShownMapping:
        """Create the event source mapping of a function, such as `StateLambda`, or change what differs.

        The settings have AWS's names: `EventSourceArn`, `StartingPosition`, `BatchSize`, …. Blocks until the
        mapping is enabled, and returns it as AWS describes it.

        Raises:
            ClientError: AWS refuses it, for example because the function's role may not read the stream.
        """
        mapping = ShownMapping(self._course.connect(function, **arguments))
        if steps := self._fit():
            mapping.update(self._course.mapping(function) or {})
            show(status_line("▲ Added", "; ".join(steps), "warn"))
        source = _resource_of(str(mapping.get("EventSourceArn", "")))
        logical = {name: output for output, name in self._course.outputs.items() if output.endswith("Name")}
        known = logical.get(source, source).removesuffix("Name").replace("Stream", "IncomingDataStream")
        mapping.way = f"`{known}` → `{function}`"
        return mapping

    def send(self, messages: Any, *, rate: float | None = None, **plan: Any) -> ProduceResult:
        """Send messages into the stream: a number of made-up ones, or a list of exactly those to send.

        `rate` is in messages a second, by default as fast as it goes. `pack` is how many messages go into a
        record, or with `"auto"` as many as are paid as one; else each has its own. Options for a number:
        `seed`, and in percent `duplicates`, `modify` (newer versions) and `out_of_order` (of these). The same
        number, seed and options give the same messages again. Blocks until the stream has accepted them, not
        until they are summed. Returns a result whose `messages` are those that were sent.
        """
        output = Live(status_line("◐ Sending", "messages are on their way into the stream", "info"))

        def tell(progress: SendProgress) -> None:
            told = f"{progress.accepted:,} of {progress.total:,} messages accepted"
            output.update(status_line("◐ Sending", told, "info"))

        with told_if_it_fails(output, "sending"):
            result = self._course.send(messages, rate=rate, on_progress=tell, **plan)
        output.close(_sent(result))
        return result

    def clear(self) -> Cleared:
        """Empty the pipeline for a fresh run: wait for what is on its way, then delete all items.

        What stands in the stream stays there, but no longer counts as sent. Blocks for some seconds.
        """
        output = Live(status_line("◐ Emptying", "waiting for what is on its way", "info"))
        with self._wait.within(output, "emptying"):
            cleared = self._course.clear()
        self._memory.forget()
        deleted = sum(cleared.deleted.values())
        output.close(status_line("✓ Empty", f"{plural(deleted, 'item')} deleted", "ok"))
        return cleared

    def rest(self, timeout: float = 60.0) -> AggregateSnapshot:
        """Block until nothing moves any more, at most `timeout` seconds; return the totals.

        `totals` maps each path and `Grand Total` to dollars, `live_totals` only those with trades in them.
        """
        output = Live(status_line("◐ Waiting", "until nothing moves any more", "info"))
        with self._wait.within(output, "waiting"):
            rest = self._course.rest_state(timeout)
        output.close(rest_shown(rest, timeout))
        return rest.snapshot


def rest_shown(rest: Rest, timeout: float) -> Shown:
    """Return what waiting came to: at rest, still moving when the time was over, or stuck on the way."""
    if not rest.is_certain:
        return status_line("▲ Still moving", f"after {timeout:g} s, {rest.held_up}", "warn")
    if rest.held_up:
        return status_line("▲ Stuck", f"nothing has changed for a while: {rest.held_up}", "warn")
    count = rest.snapshot.message_count
    told = f"{plural(count, 'change')} summed in" if count else "nothing moves"
    if rest.unread or rest.trouble:
        untold = f"{rest.trouble} {NOT_COUNTED}" if rest.trouble else ""
        return status_line(
            "● At rest so far", " ".join(filter(None, [f"{told}.", rest.unread, untold])), "info"
        )
    return status_line("✓ At rest", told, "ok")


def _sent(result: ProduceResult) -> Shown:
    count = len(result.accepted)
    text = f"{plural(count, 'message')} in {took(result.seconds)}"
    if result.resent:
        text += f" · {result.resent:,} sent once more, because the stream had refused them"
    if not result.refused:
        return status_line("✓ Sent", text, "ok")
    if result.outage:
        return status_line("✗ Not all sent", f"{result.shortfall}.", "bad")
    reasons = sorted({refusal.reason for refusal in result.refused})
    title = element(
        "div", pill(f"✗ {len(result.refused):,} refused", "bad"), element("span", text), class_="row"
    )
    body = join(element("p", code_in(reason)) for reason in reasons[:3])
    told = f"✗ {len(result.refused):,} refused: {'; '.join(reasons[:3])}"
    return Shown(card(title, body, tone="bad"), f"{told}\n{text}")


def _resource_of(arn: str) -> str:
    """Return the name in an ARN such as `arn:aws:dynamodb:…:table/NAME/stream/TIME`."""
    parts = arn.split(":", 5)[-1].split("/")
    return parts[1] if len(parts) > 1 else arn


def _mapping_shown(mapping: ShownMapping) -> Shown:
    state, facts = mapping.get("State", "unknown"), [mapping.way]
    facts += [f"batches of {mapping['BatchSize']:,}"] if "BatchSize" in mapping else []
    facts += [f"from {mapping['StartingPosition']}"] if "StartingPosition" in mapping else []
    enabled = state == "Enabled"
    return status_line(f"{'●' if enabled else '◐'} {state}", " · ".join(facts), "ok" if enabled else "warn")
