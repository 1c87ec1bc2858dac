"""What a person sees while CloudFormation works: a table that changes in a terminal, elsewhere lines.

What has no effect in the cloud that is used comes at the end, once for all resources that it concerns.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.table import Table

from workshop.deploy.stacks import StackChange, StackEvent

__all__ = ["DeployProgress"]

COLOURS = {"COMPLETE": "green", "FAILED": "red", "SKIPPED": "yellow", "PROGRESS": "cyan"}
REFRESHES_PER_SECOND = 4
REMARKED = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


class DeployProgress:
    """Shows the events of one operation on a stack; `tell` is called with each."""

    def __init__(self, people: Console) -> None:
        self._people = people
        self._latest: dict[str, StackEvent] = {}
        self._live: Live | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Show the table while the block runs, and leave its last state on the screen."""
        if not self._people.is_terminal:
            yield
        else:
            with Live(console=self._people, refresh_per_second=REFRESHES_PER_SECOND) as self._live:
                yield
                self._live.update(self._table())
            self._live = None
        self._tell_remarks()

    def tell_plan(self, changes: Sequence[StackChange]) -> None:
        """Say what is going to change: new resources by their number, all others by name."""
        counts = Counter(change.action for change in changes)
        if new := counts["Add"]:
            self._say(f"CloudFormation will make {new} {'resource' if new == 1 else 'resources'}.")
        for change in changes:
            if change.action != "Add":
                self._say(f"CloudFormation will {change.action.lower()} {change.logical_id}{_loss(change)}.")

    def _say(self, line: str) -> None:
        (self._live.console if self._live is not None else self._people).print(
            line, markup=False, soft_wrap=True
        )

    def tell(self, event: StackEvent) -> None:
        """Show one more event."""
        self._latest[event.logical_id] = event
        if self._live is not None:
            self._live.update(self._table())
        elif not self._people.is_terminal:
            line = f"{event.time:%H:%M:%S}  {event.status:<20}  {event.logical_id}  {_reason(event)}".rstrip()
            self._people.print(line, markup=False, soft_wrap=True)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("Resource", "Type", "Status", "Reason"):
            table.add_column(heading, overflow="fold")
        for event in self._latest.values():
            colour = next(
                (colour for word, colour in COLOURS.items() if event.status.endswith(word)), "white"
            )
            kind = event.resource_type.removeprefix("AWS::").replace("::", " ")
            table.add_row(event.logical_id, kind, f"[{colour}]{event.status}[/]", _reason(event))
        return table

    def _tell_remarks(self) -> None:
        remarks: dict[str, list[str]] = {}
        for event in self._latest.values():
            if _is_remark(event):
                remarks.setdefault(event.reason, []).append(event.logical_id)
        for remark, names in remarks.items():
            self._people.print(f"{', '.join(names)}: {remark}", markup=False, highlight=False, soft_wrap=True)


def _loss(change: StackChange) -> str:
    return ": it may be replaced by a new one, and what it holds goes with it" if change.is_replaced else ""


def _is_remark(event: StackEvent) -> bool:
    """Return whether a resource is complete and CloudFormation says something about it nevertheless."""
    return bool(event.reason) and event.status in REMARKED and not event.is_of_stack


def _reason(event: StackEvent) -> str:
    return "" if event.reason == "User Initiated" or _is_remark(event) else event.reason
