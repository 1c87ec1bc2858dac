"""`ws.control_room(…)`: opens a control room for a pipeline, alone or beside a second one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from workshop.cloud.fault_plan import NO_FAULTS, FaultPlan
from workshop.course.tools.plain import PlainPipeline
from workshop.errors import ConfigurationError
from workshop.notebook.control_room.controls import LIMITS, Controls
from workshop.notebook.control_room.model import RoomModel
from workshop.notebook.control_room.room import ControlRoom
from workshop.notebook.controls.panels import FAULTS, plan_of_faults
from workshop.settings import class_seed

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["RoomTools", "chance_of"]

TEXTBOOK = "textbook"
MOST_SEEDS = int(LIMITS["seed"][1])


class RoomTools:
    """Control rooms for one pipeline."""

    def __init__(self, course: Course) -> None:
        self._course = course

    def open(  # noqa: PLR0913 - the controls, each with a value to begin with
        self,
        *,
        messages: int = 1_000,
        rate: float = 100,
        duplicates: float = 0,
        modify: float = 0,
        out_of_order: float = 0,
        seed: int | None = None,
        faults: Sequence[str] = (),
        beside: PlainPipeline | str | None = None,
        autostart: bool = False,
    ) -> ControlRoom:
        """Show a run that you steer while it goes on: totals, a meter of truth, speed, latency, every stage.

        Nothing is sent before Start, unless `autostart`. The options say where the controls stand at first;
        percentages are as in `ws.send`, `faults` as in `ws.live.faults`. Without a `seed`, every room and
        every learner of a class sends other messages. `beside` is a second pipeline that gets the same
        messages and faults: `ws.stateless`, or "textbook" for one with the textbook's guards, which is
        deployed if it is missing. Does not block; `room.wait()` does, until everything has arrived.

        Raises:
            ConfigurationError: an impossible value, or a fault that does not exist.
            StackNotFoundError: a pipeline is not deployed.
        """
        plan = plan_of_faults(faults) if faults else NO_FAULTS
        pipelines = self._pipelines(beside)
        wanted = {"messages": messages, "rate": rate, "duplicates": duplicates, "modify": modify}
        wanted |= {"out_of_order": out_of_order, "seed": self._next_seed() if seed is None else seed}
        controls = Controls()
        for name, value in wanted.items():
            controls = controls.changed(name, value)
        controls = controls.changed("faults", {name: chance_of(plan, name) for name in FAULTS})
        return ControlRoom(RoomModel(pipelines, controls, fault_plan=plan), self._course, autostart=autostart)

    def _pipelines(self, beside: PlainPipeline | str | None) -> Mapping[str, Course]:
        if beside is None:
            return {self._course.pipeline: self._course}
        if isinstance(beside, PlainPipeline):
            other = beside._course  # noqa: SLF001 - what a pipeline of the notebook stands for
            return {self._course.pipeline: self._course, other.pipeline: other}
        if beside == TEXTBOOK:
            return {"yours": self._course, TEXTBOOK: self._textbook()}
        raise ConfigurationError(
            f'`beside` is a pipeline such as `ws.stateless`, or "textbook", not `{beside}`'
        )

    def _textbook(self) -> Course:
        """Return the textbook's pipeline, deployed, without what an earlier room has left in it."""
        textbook = self._course.textbook
        with self._course.on_wait("until the textbook's pipeline is there, and empty", str):
            if not textbook.is_deployed:
                textbook.deploy()
            elif textbook.messages():
                textbook.clear()
        return textbook

    def _next_seed(self) -> int:
        """Return a seed of the learner's that grows with what was sent: the same cell sends other trades."""
        return (1 + len(self._course.messages()) + class_seed(self._course.home)) % MOST_SEEDS


def chance_of(plan: FaultPlan, kind: str) -> float:
    """Return where the slider of a kind stands: the highest chance that it has in any function."""
    rates = plan.rates.items()
    return max((rate for name, rate in rates if name.partition("@")[0] == kind), default=0.0)
