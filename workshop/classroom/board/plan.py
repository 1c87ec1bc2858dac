"""The plan of a class against its clock: where each learner is, what lies behind, and what to leave out.

Pure: minutes and steps go in, minutes come out. A learner is late only once the time of the step that comes
next is over, and early only before that step begins.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = [
    "NOTABLE_MINUTES",
    "ClassPlan",
    "CourseStep",
    "PlanPart",
    "due_part",
    "late_minutes",
    "leave_out",
    "steps_of_plan",
]

# From how many minutes on somebody is behind or ahead of the plan; less is on time.
NOTABLE_MINUTES = 3


@dataclass(frozen=True)
class CourseStep:
    """A step that learners can pass, such as `put-records` of notebook 02."""

    id: str
    notebook: str
    title: str
    minutes: int


@dataclass(frozen=True)
class PlanPart:
    """A part of the plan: so many minutes from minute `begin` on; between notebooks, `notebook` is None."""

    begin: int
    minutes: int
    what: str
    notebook: str | None = None

    @property
    def end(self) -> int:
        """The minute at which the next part begins."""
        return self.begin + self.minutes


@dataclass(frozen=True)
class ClassPlan:
    """The parts of a session; `expendable` names its notebooks, the one that is missed least first."""

    minutes: int
    parts: tuple[PlanPart, ...]
    expendable: tuple[str, ...]

    def document(self, begun: str | None) -> dict[str, Any]:
        """Return the plan as learners are told."""
        parts = [
            {"from": part.begin, "minutes": part.minutes, "what": part.what, "notebook": part.notebook}
            for part in self.parts
        ]
        return {"minutes": self.minutes, "begun": begun, "steps": parts}


def steps_of_plan(steps: Sequence[CourseStep], plan: ClassPlan | None) -> tuple[CourseStep, ...]:
    """Return the steps that the class is to pass: those of the plan's notebooks, or all without a plan."""
    if plan is None:
        return tuple(steps)
    notebooks = {part.notebook for part in plan.parts}
    return tuple(step for step in steps if step.notebook in notebooks)


def due_part(plan: ClassPlan, elapsed: float) -> PlanPart:
    """Return what the plan says for a minute; the last part afterwards."""
    return next((part for part in plan.parts if elapsed < part.end), plan.parts[-1])


def late_minutes(
    plan: ClassPlan, steps: Sequence[CourseStep], passed: Collection[str], at: CourseStep, elapsed: float
) -> float:
    """Return how many minutes behind the plan somebody is who works at a step; negative: ahead of it.

    A notebook's minutes are shared equally by its steps, whatever their order.
    """
    part = next((each for each in plan.parts if each.notebook == at.notebook), None)
    own = [step for step in steps if step.notebook == at.notebook]
    if part is None:
        return 0.0
    share = part.minutes / len(own)
    begin = part.begin + share * sum(step.id in passed for step in own)
    if elapsed > begin + share:
        return elapsed - begin - share
    return min(0.0, elapsed - begin)


def leave_out(
    plan: ClassPlan, elapsed: float, late: float, begun: Mapping[str, int], learners: int
) -> list[PlanPart]:
    """Return what to leave out to make up for being late: whole notebooks, the least important first.

    Only those are named that are still to come, and that most of the class (`begun` by so many of `learners`)
    have not begun.
    """
    chosen: list[PlanPart] = []
    for notebook in plan.expendable:
        part = next((each for each in plan.parts if each.notebook == notebook), None)
        if part is None or part.begin <= elapsed - late or begun.get(notebook, 0) * 2 > learners:
            continue
        if sum(each.minutes for each in chosen) >= late:
            break
        chosen.append(part)
    return sorted(chosen, key=lambda part: part.begin)
