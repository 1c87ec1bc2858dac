"""What changes a pipeline, shown while it happens: deploy, connect, send, clear, rest."""

from typing import Any

from workshop.course.course import Course
from workshop.course.rest import Rest
from workshop.deploy.stacks import Deployment, StackEvent
from workshop.notebook.markup.display import Live, Shown
from workshop.notebook.markup.html import code_in, element, join
from workshop.notebook.markup.texts import plural, took
from workshop.notebook.views.cards import card, pill
from workshop.notebook.views.deploying import EventBoard
from workshop.notebook.views.differences import TableMemory
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.operations.clear import Cleared
from workshop.pipeline.producer.producer import ProduceResult, Progress

__all__ = ["PipelineActions", "ShownMapping", "rest_shown"]


class ShownMapping(dict[str, Any]):
    """An event source mapping as AWS describes it; a notebook shows it as one line."""

    way = ""

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:  # noqa: ARG002
        return _mapping_shown(self)._repr_mimebundle_()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002 - IPython's signature
        # IPython takes the text of a dict from here, not from the bundle above.
        printer.text(_mapping_shown(self).text)


class PipelineActions:
    """Steps that change a pipeline, shown as they happen; each returns what the course returns."""

    def __init__(self, course: Course, memory: TableMemory) -> None:
        self._course = course
        self._memory = memory

    def deploy(self, **parameters: Any) -> Deployment:
        """Deploy the stack from `lambdas/` or bring it up to date; shows events and whose code changed."""
        board = EventBoard(self._course.stack)
        output = Live(board.draw())

        def tell(event: StackEvent) -> None:
            board.add(event)
            output.update(board.draw())

        self._course.on_event = tell
        try:
            deployment = self._course.deploy(**parameters)
        except Exception as error:
            output.close(board.fail(error))
            raise
        finally:
            self._course.on_event = None
        output.close(board.finish(deployment))
        return deployment

    def connect(self, function: str, **arguments: Any) -> ShownMapping:
        """Create or change the event source mapping of a function, with AWS's names for its settings."""
        mapping = ShownMapping(self._course.connect(function, **arguments))
        source = _resource_of(str(mapping.get("EventSourceArn", "")))
        logical = {name: output for output, name in self._course.outputs.items() if output.endswith("Name")}
        known = logical.get(source, source).removesuffix("Name").replace("Stream", "IncomingDataStream")
        mapping.way = f"`{known}` → `{function}`"
        return mapping

    def send(self, messages: Any, **options: Any) -> ProduceResult:
        """Send messages into the stream, so many of a seeded plan or exactly these; shows how far it is."""
        output = Live(_sending("Sending", None))
        told = options.pop("on_progress", None)

        def tell(progress: Progress) -> None:
            output.update(_sending("Sending", progress))
            if told is not None:
                told(progress)

        result = self._course.send(messages, on_progress=tell, **options)
        output.close(_sent(result))
        return result

    def clear(self) -> Cleared:
        """Empty the pipeline for a fresh run: wait for what is on its way, then delete it."""
        output = Live(_line("◐ Emptying", "waiting for what is on its way", "info"))
        cleared = self._course.clear()
        self._memory.forget()
        deleted = sum(cleared.deleted.values())
        output.close(_line("✓ Empty", f"{plural(deleted, 'item')} deleted", "ok"))
        return cleared

    def rest(self, timeout: float = 60.0) -> AggregateSnapshot:
        """Wait until nothing moves any more, at most so long; return the totals."""
        output = Live(_line("◐ Waiting", "until nothing moves any more", "info"))
        rest = self._course.rest_state(timeout)
        output.close(rest_shown(rest, timeout))
        return rest.snapshot


def rest_shown(rest: Rest, timeout: float) -> Shown:
    """Return what waiting came to: at rest, still moving when the time was over, or stuck on the way."""
    if not rest.is_certain:
        return _line("▲ Still moving", f"after {timeout:g} s, {rest.held_up}", "warn")
    if rest.held_up:
        return _line("▲ Stuck", f"{rest.held_up}, and nothing has changed for a while", "warn")
    count = rest.snapshot.message_count
    told = f"{plural(count, 'change')} summed in" if count else "nothing moves"
    return _line("✓ At rest", told, "ok")


def _line(label: str, text: str, tone: str) -> Shown:
    html = element("div", pill(label, tone), element("span", code_in(text)), class_="row", role="status")
    return Shown(html, f"{label}: {text}")


def _sending(label: str, progress: Progress | None) -> Shown:
    if progress is None:
        return _line(f"◐ {label}", "messages are on their way into the stream", "info")
    return _line(f"◐ {label}", f"{progress.accepted:,} of {progress.total:,} messages accepted", "info")


def _sent(result: ProduceResult) -> Shown:
    count = len(result.accepted)
    text = f"{plural(count, 'message')} in {took(result.seconds)}"
    if result.resent:
        text += f" · {result.resent:,} sent once more, because the stream had refused them"
    if not result.refused:
        return _line("✓ Sent", text, "ok")
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
    return _line(f"{'●' if enabled else '◐'} {state}", " · ".join(facts), "ok" if enabled else "warn")
