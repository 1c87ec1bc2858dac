"""`workshop watch`: the live front end in the terminal."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.live import Live

from workshop.cli.options import CloudChoice, StackArgument, cloud_options, console
from workshop.clock import Clock, SystemClock
from workshop.cloud.sign_in import way_on
from workshop.errors import CloudNotRunningError, NotSettledError, StackNotFoundError
from workshop.pipeline.aggregates import AggregateSnapshot, take_snapshot
from workshop.pipeline.front_end import Dashboard, Facts, draw_dashboard, draw_fitting
from workshop.pipeline.target import find_target

__all__ = ["watch"]


@cloud_options
def watch(
    stack: StackArgument,
    *,
    once: Annotated[bool, typer.Option("--once", help="Print one view and end.")] = False,
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.1)] = 1.0,
    cloud: CloudChoice,
) -> None:
    """Show clock, messages, speed, latency and the tree of totals, live; Ctrl-C ends it.

    Where the output is not a terminal, a view is printed for each change.
    """
    connected = cloud.connect()
    target = find_target(connected, stack)
    clock = SystemClock()
    view = _View(
        target.stack,
        lambda: take_snapshot(connected.client("dynamodb"), target.outputs["AggregateTableName"]),
        clock=clock,
        title=f"{target.stack} ({target.pipeline})",
        badge=connected.badge,
        is_only=once,
    )
    try:
        if once:
            view.look()
            view.print()
        elif sys.stdout.isatty():
            view.show_live(every)
        else:
            view.print_changes(every)
    except KeyboardInterrupt:
        # The ordinary way to leave; the last view stays on the screen.
        if sys.stdout.isatty():
            view.print()


@dataclass
class _View:
    """Looks again and again, and draws what it saw."""

    stack: str
    read: Callable[[], AggregateSnapshot]
    clock: Clock
    title: str
    badge: str
    is_only: bool
    note: str = ""
    dashboard: Dashboard = field(default_factory=Dashboard)
    console: Console = field(default_factory=console)

    def look(self) -> bool:
        """Read the totals; say whether they changed. What cannot be read leaves the last ones in view."""
        before = self.dashboard.latest
        self.note = ""
        try:
            self.dashboard.add(self.clock.now(), self.read())
        except NotSettledError as error:
            self.note = str(error)
        except CloudNotRunningError as error:
            self._keep(error, str(error))
        except (BotoCoreError, ClientError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else ""
            if code == "ResourceNotFoundException":
                raise StackNotFoundError(self.stack) from error
            self._keep(error, f"{error}; {way_on(error)}")
        return self.dashboard.latest != before

    def _keep(self, error: Exception, told: str) -> None:
        """Tell what is wrong below the last totals; without another look it is all that there is to tell."""
        if self.is_only:
            raise error
        self.note = f"The totals cannot be read: {told}"

    def print(self) -> None:
        """Print what was seen last."""
        self.console.print(draw_dashboard(self.dashboard, self._facts()))

    def show_live(self, every: float) -> None:
        """Redraw in place until interrupted; the size of the terminal is asked for each time."""
        with Live(console=self.console, screen=True, auto_refresh=False) as live:
            while True:
                self.look()
                live.update(draw_fitting(self.dashboard, self._facts(), self.console), refresh=True)
                self.clock.sleep(every)

    def print_changes(self, every: float) -> None:
        """Print a view at the start and after each change until interrupted."""
        self.look()
        self.print()
        while True:
            self.clock.sleep(every)
            if self.look():
                self.print()

    def _facts(self) -> Facts:
        return Facts(now=self.clock.now(), title=self.title, badge=self.badge, note=self.note)
