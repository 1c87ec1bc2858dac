"""`ws.live`: the moving picture, and panels for producer and faults."""

import threading
from collections.abc import Callable
from typing import Any

from workshop.cloud.fault_plan import FaultKind, FaultPlan
from workshop.course.course import Course
from workshop.errors import StackNotFoundError
from workshop.notebook.controls.background import Loop, stop_all
from workshop.notebook.controls.panels import (
    FAULTS,
    PRODUCER,
    draw_faults,
    fault_words,
    panel_twin,
    plan_of_faults,
)
from workshop.notebook.controls.widgets import panel, show_control
from workshop.notebook.markup.display import Live, Shown, show
from workshop.notebook.markup.html import code_in, element
from workshop.notebook.markup.texts import took
from workshop.notebook.views.picture import draw_picture
from workshop.notebook.views.resources import no_pipeline
from workshop.pipeline.hops import PipelineLook, look_at
from workshop.pipeline.operations.live_faults import (
    LiveFaults,
    clear_faults,
    impossible_on,
    read_faults,
    set_faults,
)
from workshop.pipeline.producer.producer import SendProgress

__all__ = ["LiveTools"]

LOOK_EVERY_SECONDS = {True: 0.7, False: 5.0}  # offline, AWS


class LiveTools:
    """A moving picture, and panels with sliders, for one pipeline."""

    def __init__(self, course: Course) -> None:
        self._course = course

    def picture(self, *, live: bool = False, seconds: float = 60.0) -> Shown | Loop:
        """Show the pipeline with what lies and waits where; `live` lets the picture move for so long.

        A live picture moves beside the cells that follow; `ws.live.stop()` or running the cell again ends it.
        """
        try:
            first = self._look()
        except StackNotFoundError as error:
            return show(no_pipeline(error.stack))
        if not live:
            return show(self._drawn(first))
        output = Live(self._drawn(first, moving=True, note="live"))

        def look() -> None:
            output.update(self._drawn(self._look(), moving=True, note="live"))

        def end(error: BaseException | None) -> None:
            told = (
                f"stopped: {error}"
                if error
                else "no longer live: this is how it was then; run the cell again"
            )
            try:
                output.close(self._drawn(self._look(), note=told))
            except Exception as problem:  # noqa: BLE001 - the stack may be gone; the last picture stays
                output.close(Shown(output.latest.html, f"{output.latest.text}\n{problem}"))

        every = LOOK_EVERY_SECONDS[self._course.cloud.offline is not None]
        return Loop(f"picture {self._course.stack}", look, every=every, seconds=seconds, on_end=end).start()

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
        output = Live(panel_twin("Faults", possible, 'ws.live.faults("crash_after=0.1")'))
        said = Live(draw_faults(read_faults(self._course.cloud, self._course.outputs)))

        def change(to_faults: Callable[[], LiveFaults]) -> None:
            try:
                said.update(draw_faults(to_faults()))
            # Nobody sees what a button raises; the panel says it.
            except Exception as error:  # noqa: BLE001
                said.update(_said(f"✗ Not changed: {error}"))

        def begin(values: dict[str, float]) -> None:
            plan = FaultPlan.from_words(fault_words(values) or ["none"])
            change(lambda: set_faults(self._course.cloud, self._course.outputs, plan))

        def end(_: dict[str, float]) -> None:
            change(lambda: clear_faults(self._course.cloud, self._course.outputs))

        show_control(panel(possible, {"Begin": begin, "End all faults": end}), "Sliders for faults")
        output.close()
        return output

    def faults(self, *words: str, clear: bool = False) -> Shown:
        """Let things go wrong on purpose (`"lab"`, `"all"`, `"crash_after@map=0.1"`), or show what does.

        With `clear`, nothing goes wrong any more.
        """
        cloud, outputs = self._course.cloud, self._course.outputs
        if clear:
            return show(draw_faults(clear_faults(cloud, outputs), cleared=True))
        if not words:
            return show(draw_faults(read_faults(cloud, outputs)))
        plan = plan_of_faults(words[0] if len(words) == 1 else words)
        return show(draw_faults(set_faults(cloud, outputs, plan), impossible=impossible_on(cloud, plan)))

    def stop(self) -> None:
        """End everything that still moves in this notebook."""
        stop_all()

    def _drawn(self, look: PipelineLook, **how: Any) -> Shown:
        return draw_picture(look, trouble=self._course.trouble(), **how)

    def _look(self) -> PipelineLook:
        return look_at(self._course.cloud, self._course.outputs, self._course.pipeline)

    def _impossible(self, name: str) -> bool:
        return bool(impossible_on(self._course.cloud, FaultPlan(rates={str(FaultKind(name)): 1.0})))

    def _send_once(
        self, messages: int, rate: float, plan: dict[str, Any], said: Live, done: Callable[[], None]
    ) -> None:
        def tell(progress: SendProgress) -> None:
            said.update(_said(f"Sending: {progress.accepted:,} of {progress.total:,} accepted."))

        try:
            result = self._course.send(messages, rate=rate or None, on_progress=tell, **plan)
            seconds = f"in {took(result.seconds)}, seed {plan['seed']}"
            accepted = f"{len(result.accepted):,} of {messages:,} messages accepted {seconds}."
            said.update(_said(f"✗ {result.shortfall}." if result.outage else f"✓ {accepted}"))
        # Nobody sees what a thread raises; the panel says it.
        except Exception as error:  # noqa: BLE001
            said.update(_said(f"✗ Not sent: {error}"))
        finally:
            done()


def _said(text: str) -> Shown:
    return Shown(element("p", code_in(text), role="status"), text)
