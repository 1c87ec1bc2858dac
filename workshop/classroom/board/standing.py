"""The class as it stands at a moment: every learner at every step, in words that a page or a file can show.

What the store keeps and the clock go in; frozen values come out. Nothing is stored or drawn here.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

from workshop.classroom.board.plan import (
    NOTABLE_MINUTES,
    ClassPlan,
    CourseStep,
    PlanPart,
    due_part,
    late_minutes,
    leave_out,
)
from workshop.classroom.board.tables import AWAY_SECONDS, CALL_ENDS_SECONDS, Learner, StepRow

__all__ = ["ClassPace", "ClassView", "Standing", "StepCell", "class_pace", "class_view", "minutes_since"]

SECONDS = 60
# A step takes as long as the course says; who needs twice that, and this many minutes at least, is stuck.
SLOW, LEAST_STUCK_MINUTES = 2, 8
QUIET_MINUTES = 10
SOLVED_MINUTES = 10
# Nobody is told a number that only says that a laptop was closed over lunch.
MOST_MINUTES = 180


@dataclass(frozen=True)
class StepCell:
    """One learner at one step; `doing` is as in `Standing` where they are now, for so many `minutes`."""

    is_done: bool = False
    wrong: int = 0
    hints: int = 0
    doing: str = ""
    minutes: int = 0


@dataclass(frozen=True)
class Standing:
    """One learner: what they are doing, since when, and every step that they have begun, by its id.

    `doing` is `help`, `stuck`, `working`, `away`, `between` (notebooks: the next is not opened yet), `done`
    or `joined`, since a time in unix seconds; `late` is in minutes against the plan, None where there is
    nothing to compare. `solved` is a step that they called for help with and passed alone a moment ago.
    `is_silent` says that they are away from a step that they have begun while their machine is on: at lunch,
    or too stuck to ask.
    """

    learner: Learner
    doing: str
    since: float
    minutes: int
    step: CourseStep | None
    done: int
    quiet: int
    late: float | None
    cells: Mapping[str, StepCell]
    solved: str = ""
    is_silent: bool = False


@dataclass(frozen=True)
class ClassPace:
    """The class against the plan: the minute, what is due, how late half of it is, what to leave out."""

    elapsed: int
    due: PlanPart
    late: float
    leave_out: tuple[PlanPart, ...]


@dataclass(frozen=True)
class ClassView:
    """Everybody, by alias, and the class against its plan once the clock of the plan runs."""

    steps: tuple[CourseStep, ...]
    standings: tuple[Standing, ...]
    pace: ClassPace | None


def class_view(
    steps: tuple[CourseStep, ...],
    learners: Sequence[Learner],
    rows: Iterable[StepRow],
    now: float,
    *,
    plan: ClassPlan | None = None,
    begun: float | None = None,
) -> ClassView:
    """Return the class as it stands; without a plan, or before its clock was started, without a pace."""
    by_learner: dict[int, list[StepRow]] = defaultdict(list)
    for row in rows:
        by_learner[row.learner].append(row)
    clock = None if plan is None or begun is None else (plan, max(0.0, now - begun) / SECONDS)
    known = {step.id: step for step in steps}
    standings = tuple(_standing(each, by_learner[each.id], known, now, clock) for each in learners)
    return ClassView(steps, standings, class_pace(steps, standings, clock))


def minutes_since(at: float, now: float) -> int:
    """Return whole minutes since a time; never negative."""
    return int(max(0.0, now - at) / SECONDS)


def class_pace(
    steps: Sequence[CourseStep], standings: Sequence[Standing], clock: tuple[ClassPlan, float] | None
) -> ClassPace | None:
    """Return the class against its plan, None without a clock."""
    if clock is None:
        return None
    plan, elapsed = clock
    lates = [each.late for each in standings if each.late is not None]
    late = median(lates) if lates else 0.0
    notebook_of = {step.id: step.notebook for step in steps}
    begun = Counter(notebook for each in standings for notebook in {notebook_of[step] for step in each.cells})
    skipped = leave_out(plan, elapsed, late, begun, len(standings)) if late >= NOTABLE_MINUTES else []
    return ClassPace(int(elapsed), due_part(plan, elapsed), late, tuple(skipped))


def _standing(
    learner: Learner,
    rows: Sequence[StepRow],
    known: Mapping[str, CourseStep],
    now: float,
    clock: tuple[ClassPlan, float] | None,
) -> Standing:
    done = {row.step for row in rows if row.step in known and row.passed is not None}
    current = _current(rows, known, done)
    step = current[0] if current else None
    begun = _notebooks(rows, known)
    doing, since = _doing(learner, begun, current, now)
    if not rows:
        doing, since = "joined", learner.joined
    if learner.help_at is not None and now - max(learner.heard, learner.help_at) < CALL_ENDS_SECONDS:
        doing, since = "help", learner.help_at
    minutes = min(minutes_since(since, now), MOST_MINUTES)
    cells = {
        row.step: StepCell(row.passed is not None, row.wrong, row.hints) for row in rows if row.step in known
    }
    if step and doing != "between":
        cells[step.id] = replace(cells.get(step.id, StepCell()), doing=doing, minutes=minutes)
    late = late_minutes(clock[0], tuple(known.values()), done, step, clock[1]) if clock and step else None
    quiet = min(minutes_since(learner.heard, now), MOST_MINUTES)
    quiet = quiet if quiet >= QUIET_MINUTES else 0
    is_silent = doing == "away" and not quiet and step is not None and step.notebook in begun
    solved = learner.solved_step if minutes_since(learner.solved_at or 0.0, now) < SOLVED_MINUTES else None
    return Standing(
        learner, doing, since, minutes, step, len(done), quiet, late, cells, solved or "", is_silent
    )


def _notebooks(rows: Sequence[StepRow], known: Mapping[str, CourseStep]) -> set[str]:
    """Return the notebooks that somebody has begun, by a step of theirs or as such."""
    return {known[row.step].notebook if row.step in known else row.step for row in rows}


def _doing(
    learner: Learner, begun: Collection[str], current: tuple[CourseStep, float] | None, now: float
) -> tuple[str, float]:
    """Return what somebody does, and since when: nobody is stuck who is not there, or has not begun."""
    if current is None:
        return "done", learner.heard
    step, since = current[0], max(current[1], learner.back)
    if now - learner.worked >= AWAY_SECONDS:
        return "away", learner.worked
    if step.notebook not in begun:
        return "between", since
    is_stuck = minutes_since(since, now) >= max(LEAST_STUCK_MINUTES, SLOW * step.minutes)
    return ("stuck" if is_stuck else "working"), since


def _current(
    rows: Sequence[StepRow], known: Mapping[str, CourseStep], done: Collection[str]
) -> tuple[CourseStep, float] | None:
    """Return the step that somebody works at, and since when; None before the first and after the last.

    Whoever has passed a step works at the next one that is open, in this notebook or a later one; whoever has
    opened a notebook, at its first that is open. They have since they began it, or since they passed
    anything, if that was later: a notebook that is opened again was begun long ago.
    """
    order = list(known.values())
    notebooks = {step.notebook for step in order}
    placed = [row for row in rows if row.step in known or row.step in notebooks]
    if not placed:
        return None
    latest = max(placed, key=lambda row: (row.touched, row.step in known, row.step))
    passed = max((row.passed for row in placed if row.passed is not None), default=0.0)
    is_notebook = latest.step not in known
    begin = next(
        place
        for place, step in enumerate(order)
        if latest.step == (step.notebook if is_notebook else step.id)
    )
    following = next((step for step in order[begin:] if step.id not in done), None)
    if following is None:
        return None
    here = [row.began for row in rows if row.step in {following.id, following.notebook}]
    return following, max(latest.began, passed, *here)
