"""A deployment while it happens: the stack's resources with their newest event, and what came of it.

In go events one by one, out come displays. Nothing is deployed here.
"""

from workshop.deploy.stacks import Deployment, StackEvent
from workshop.notebook.markup.cells import ZONE, time_of_day
from workshop.notebook.markup.display import Shown
from workshop.notebook.markup.html import Html, code_in, element, join, table
from workshop.notebook.markup.texts import plain_table, took
from workshop.notebook.views.cards import card, pill

__all__ = ["EventBoard"]

HEADS = (f"Time ({ZONE})", "Resource", "Type", "Status", "Reason")
UNWATCHED = (
    "What CloudFormation has begun, it ends by itself. Run the cell again: it waits for that, does what is "
    "left to do, and says what came of it."
)
UNTOLD = {"", "User Initiated", "Resource creation Initiated"}


class EventBoard:
    """Collects the events of one operation on a stack; each resource has one line, the first seen first."""

    def __init__(self, stack: str) -> None:
        self._stack = stack
        self._latest: dict[str, StackEvent] = {}
        self._count = 0

    def add(self, event: StackEvent) -> None:
        """Take in one more event."""
        self._latest[event.logical_id] = event
        self._count += 1

    def draw(self) -> Shown:
        """Return the board as it is."""
        ready = sum(event.status.endswith("_COMPLETE") for event in self._latest.values())
        title = (
            f"Deploying {self._stack}: {self._count} events, {ready} of {len(self._latest)} resources ready"
        )
        if not self._latest:
            return Shown(card(title), title)
        return Shown(join([card(title), self._table()]), f"{title}\n{self._plain()}")

    def finish(self, deployment: Deployment) -> Shown:
        """Return what came of it: which functions have new code, and the events behind a line."""
        title = f"Stack {deployment.stack} is deployed"
        code = _code_line(deployment.changed_functions)
        facts = took(deployment.seconds)
        told = element("span", facts, class_="soft plainly")
        head = element("div", pill("✓ Ready", "ok"), element("span", title), told, class_="row")
        parts: list[Html | None] = [
            element("p", code_in(code)),
            element("details", element("summary", f"{self._count} stack events"), self._table())
            if self._latest
            else None,
        ]
        html = card(head, join(part for part in parts if part is not None), tone="ok")
        return Shown(html, f"{title} ({facts})\n{code.replace('`', '')}")

    def fail(self, error: Exception) -> Shown:
        """Return what went wrong, with the events."""
        title = f"Stack {self._stack} was not deployed"
        head = element("div", pill("✗ Failed", "bad"), element("span", title), class_="row")
        body = join(
            [element("p", code_in(str(error)), class_="prose"), self._table() if self._latest else ""]
        )
        return Shown(card(head, body, tone="bad"), f"{title}\n{error}\n{self._plain()}".strip())

    def interrupt(self) -> Shown:
        """Return how it stood when nobody waited for it any more, with the events."""
        title = f"Nobody waits for the stack {self._stack} any more"
        head = element("div", pill("‖ Interrupted", "warn"), element("span", title), class_="row")
        body = join([element("p", UNWATCHED, class_="prose"), self._table() if self._latest else ""])
        text = f"‖ Interrupted: {title}\n{UNWATCHED}\n{self._plain()}".strip()
        return Shown(card(head, body, tone="warn"), text)

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                time_of_day(event.time.timestamp()).partition(".")[0],
                event.logical_id,
                event.resource_type.removeprefix("AWS::").replace("::", " "),
                event.status,
                "" if event.reason in UNTOLD else event.reason,
            )
            for event in self._latest.values()
        ]

    def _table(self) -> Html:
        heads = list(zip(HEADS, ("num", "whole", "whole", "tight", ""), strict=True))
        return table(heads, [("", [*row[:3], _status(row[3]), row[4]]) for row in self._rows()])

    def _plain(self) -> str:
        return plain_table(HEADS, self._rows()) if self._latest else ""


def _code_line(functions: tuple[str, ...]) -> str:
    if not functions:
        return "Code changed: none. The functions run what they ran before."
    names = ", ".join(f"`{name.capitalize()}Lambda`" for name in functions)
    return f"Code changed: {names}"


def _status(status: str) -> Html:
    if "FAILED" in status or "ROLLBACK" in status:
        return element("span", f"✗ {status}", class_="word bad")
    sign, tone = ("✓", "ok") if status.endswith("_COMPLETE") else ("◐", "info")
    return element("span", f"{sign} {status}", class_=f"word {tone}")
