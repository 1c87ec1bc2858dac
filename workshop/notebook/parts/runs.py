"""One load on a pipeline, watched from its first message until the last one is in the totals."""

import contextlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from workshop.clock import stopwatch
from workshop.course.course import Course
from workshop.errors import NotSettledError
from workshop.notebook.charts.dashboard import draw_moving, draw_run
from workshop.notebook.charts.run_samples import RunSamples
from workshop.notebook.markup.display import Live
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.producer.producer import ProduceResult, SendProgress

__all__ = ["WatchedRun"]

LOOK_SECONDS = 0.8
QUIET_LOOKS = 3


class _EnoughError(Exception):
    """Ends a producer whose watcher has gone."""


class WatchedRun:
    """One load on the pipeline, watched from its first message to its last."""

    def __init__(self, course: Course, messages: int, longest: float) -> None:
        self._course = course
        self._messages = messages
        self._longest = longest
        self._accepted = 0
        self._enough = threading.Event()
        before = self._look() or AggregateSnapshot()
        self._began = stopwatch()
        self._samples = RunSamples(self._began, before)

    def watch(self, send: Callable[[Callable[[SendProgress], None]], ProduceResult]) -> Live:
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

    def _note(self, progress: SendProgress) -> None:
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
