"""What moves while messages are on their way: the dashboard of a run, and panels for producer and faults."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from workshop.clock import stopwatch
from workshop.cloud.faults import FaultKind, FaultPlan
from workshop.errors import NotSettledError
from workshop.notebook.charts.dashboard import draw_moving, draw_run
from workshop.notebook.charts.run_samples import RunSamples
from workshop.notebook.controls.panels import FAULTS, PRODUCER, draw_faults, fault_words, panel_twin
from workshop.notebook.controls.widgets import panel, show_control
from workshop.notebook.markup.display import Live, Shown, show
from workshop.notebook.markup.html import code_in, element
from workshop.notebook.markup.texts import took
from workshop.notebook.parts.base import Session
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.operations.live_faults import (
    LiveFaults,
    clear_faults,
    impossible_on,
    read_faults,
    set_faults,
)
from workshop.pipeline.producer.producer import ProduceResult, Progress

__all__ = ["LivePart"]

LOOK_SECONDS = 0.8
# A run that has been sent needs a while for its last batches.
AFTER_SECONDS = 60.0
QUIET_LOOKS = 3


class LivePart(Session):
    """Runs and panels."""

    def dashboard(
        self, *, messages: int = 2_000, rate: float | None = 200, seconds: float | None = None, **plan: Any
    ) -> Live:
        """Send messages at a rate, and show throughput and latency while they pass.

        Blocks until all are in the totals, or for `seconds`; an interrupt ends it. `plan` are the options of
        `ws.send`, such as `duplicates=5`.
        """
        longest = seconds if seconds is not None else messages / (rate or messages) + AFTER_SECONDS
        run = _Run(self, messages, longest)
        return run.watch(lambda tell: self.course.send(messages, rate=rate, on_progress=tell, **plan))

    def producer_panel(self) -> Live:
        """Show sliders for what the producer sends, and a button that sends it."""
        output = Live(panel_twin("Producer", PRODUCER, "ws.send(500, rate=100, duplicates=10, modify=5)"))
        said = Live(_said("Nothing sent yet."))
        busy, runs = threading.Lock(), iter(range(1, 1_000_000))

        def send(values: dict[str, float]) -> None:
            if not busy.acquire(blocking=False):
                return
            options = {name: value for name, value in values.items() if name not in {"messages", "rate"}}
            threading.Thread(
                target=self._send_once,
                args=(
                    int(values["messages"]),
                    values["rate"],
                    {**options, "seed": next(runs)},
                    said,
                    busy.release,
                ),
                name="workshop-producer-panel",
                daemon=True,
            ).start()

        show_control(panel(PRODUCER, {"Send": send}), "Sliders for the producer")
        output.close()
        return output

    def faults_panel(self) -> Live:
        """Show sliders for what goes wrong on purpose, and buttons that begin and end it."""
        possible = {name: each for name, each in FAULTS.items() if not self._impossible(name)}
        output = Live(panel_twin("Faults", possible, 'ws.faults("crash_after=0.1")'))
        said = Live(draw_faults(read_faults(self.course.cloud, self.course.outputs)))

        def change(to_faults: Callable[[], LiveFaults]) -> None:
            try:
                said.update(draw_faults(to_faults()))
            # Nobody sees what a button raises; the panel says it.
            except Exception as error:  # noqa: BLE001
                said.update(_said(f"✗ Not changed: {error}"))

        def begin(values: dict[str, float]) -> None:
            plan = FaultPlan.from_words(fault_words(values) or ["none"])
            change(lambda: set_faults(self.course.cloud, self.course.outputs, plan))

        def end(_: dict[str, float]) -> None:
            change(lambda: clear_faults(self.course.cloud, self.course.outputs))

        show_control(panel(possible, {"Begin": begin, "End all faults": end}), "Sliders for faults")
        output.close()
        return output

    def faults(self, *words: str, clear: bool = False) -> Shown:
        """Let things go wrong on purpose (`"lab"`, `"all"`, `"crash_after@map=0.1"`), or show what does.

        With `clear`, nothing goes wrong any more.
        """
        cloud, outputs = self.course.cloud, self.course.outputs
        if clear:
            return show(draw_faults(clear_faults(cloud, outputs), cleared=True))
        if not words:
            return show(draw_faults(read_faults(cloud, outputs)))
        plan = FaultPlan.from_words(words)
        return show(draw_faults(set_faults(cloud, outputs, plan), impossible=impossible_on(cloud, plan)))

    def _impossible(self, name: str) -> bool:
        return bool(impossible_on(self.course.cloud, FaultPlan(rates={str(FaultKind(name)): 1.0})))

    def _send_once(
        self, messages: int, rate: float, plan: dict[str, Any], said: Live, done: Callable[[], None]
    ) -> None:
        def tell(progress: Progress) -> None:
            said.update(_said(f"Sending: {progress.accepted:,} of {progress.total:,} accepted."))

        try:
            result = self.course.send(messages, rate=rate or None, on_progress=tell, **plan)
            seconds = f"in {took(result.seconds)}, seed {plan['seed']}"
            said.update(_said(f"✓ {len(result.accepted):,} of {messages:,} messages accepted {seconds}."))
        # Nobody sees what a thread raises; the panel says it.
        except Exception as error:  # noqa: BLE001
            said.update(_said(f"✗ Not sent: {error}"))
        finally:
            done()


class _EnoughError(Exception):
    """Ends a producer whose watcher has gone."""


class _Run:
    """One load on the pipeline, watched from its first message to its last."""

    def __init__(self, session: Session, messages: int, longest: float) -> None:
        self._course = session.course
        self._messages = messages
        self._longest = longest
        self._accepted = 0
        self._enough = threading.Event()
        before = self._look() or AggregateSnapshot()
        self._began = stopwatch()
        self._samples = RunSamples(self._began, before)

    def watch(self, send: Callable[[Callable[[Progress], None]], ProduceResult]) -> Live:
        """Send in a thread and look until everything has passed; return the figures."""
        output = Live(draw_moving(self._samples, self._messages, label="◐ Running"))
        label, tone = "✓ Done", "ok"
        with ThreadPoolExecutor(1, thread_name_prefix="workshop-dashboard") as pool:
            sending = pool.submit(send, self._note)
            try:
                while not self._is_over(sending):
                    self._course.clock.sleep(LOOK_SECONDS)
                    if snapshot := self._look():
                        self._samples.add(stopwatch(), self._accepted, snapshot)
                        output.update(draw_moving(self._samples, self._messages, label="◐ Running"))
                if not self._has_arrived(sending):
                    label, tone = "‖ Time is over", "warn"
            except KeyboardInterrupt:
                label, tone = "‖ Interrupted", "warn"
            finally:
                # The pool waits for the producer, whatever a look has raised.
                self._enough.set()
        figures, lines = draw_run(self._samples, self._messages, label=label, tone=tone)
        output.close(figures)
        lines.publish()
        with contextlib.suppress(_EnoughError):
            sending.result()
        return output

    def _note(self, progress: Progress) -> None:
        self._accepted = progress.accepted
        if self._enough.is_set() and progress.accepted < progress.total:
            # The producer ends its other threads when one of them is told to.
            raise _EnoughError

    def _look(self) -> AggregateSnapshot | None:
        try:
            return self._course.totals()
        except NotSettledError:
            return None  # commits come faster than a scan; the next look sees more

    def _is_over(self, sending: "Future[ProduceResult]") -> bool:
        return stopwatch() - self._began >= self._longest or self._has_arrived(sending)

    def _has_arrived(self, sending: "Future[ProduceResult]") -> bool:
        samples = self._samples.samples
        if not sending.done() or len(samples) < QUIET_LOOKS:
            return False
        counts = {sample.summed for sample in samples[-QUIET_LOOKS:]}
        return len(counts) == 1 and not self._course.pending() and samples[-1].summed > 0


def _said(text: str) -> Shown:
    return Shown(element("p", code_in(text), role="status"), text)
