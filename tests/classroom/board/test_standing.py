"""Who is doing what, since when: told from reports and the clock alone."""

import pytest

from tests.classroom.board.running import PLAN, STEPS
from workshop.classroom.board.drawing import neediest, pace_words
from workshop.classroom.board.plan import due_part, late_minutes, leave_out
from workshop.classroom.board.standing import ClassView, class_view
from workshop.classroom.board.tables import Learner, StepRow

MINUTE = 60.0
NOW = 1_000_000.0


def learner(number: int = 1, **changes: float | str | None) -> Learner:
    fields = {
        "joined": NOW - 90 * MINUTE,
        "heard": NOW,
        "help_step": None,
        "help_at": None,
        "helped_at": None,
        "worked": NOW,
        "back": 0.0,
        "solved_step": None,
        "solved_at": None,
    }
    return Learner(id=number, alias=f"L{number}", seed=1, accepted=0, **{**fields, **changes})


def row(step: str, began: float, *, passed: float | None = None, wrong: int = 0, hints: int = 0) -> StepRow:
    """A row; times are in minutes ago."""
    touched = began if passed is None else passed
    at = None if passed is None else NOW - passed * MINUTE
    return StepRow(1, step, NOW - began * MINUTE, NOW - touched * MINUTE, at, wrong, wrong, hints)


def look(*rows: StepRow, now: float = NOW, **changes: float | str | None) -> ClassView:
    return class_view(STEPS, [learner(**changes)], rows, now)


@pytest.mark.parametrize(("minutes", "doing"), [(0, "working"), (9, "working"), (10, "stuck"), (47, "stuck")])
def test_whoever_needs_twice_the_time_is_stuck(minutes: int, doing: str) -> None:
    """A step of five minutes may take ten; from then on its learner is stuck, for so many minutes."""
    standing = look(row("00-a", minutes, wrong=2, hints=1)).standings[0]

    assert (standing.doing, standing.minutes, standing.step.id) == (doing, minutes, "00-a")
    assert (standing.cells["00-a"].doing, standing.cells["00-a"].wrong) == (doing, 2)


def test_whoever_passed_works_at_the_next_step() -> None:
    """After a pass the next step that is open is worked at, from then on, also if it was not reported yet."""
    standing = look(row("00-a", 30, passed=20), row("00-b", 20, passed=15)).standings[0]

    assert (standing.step.id, standing.doing, standing.minutes, standing.done) == ("00-c", "stuck", 15, 2)


def test_nobody_is_stuck_who_has_just_passed_a_step() -> None:
    """A notebook or step that was begun long ago and is opened again is worked at since the last pass."""
    passed = row("02-a", 40, passed=1)
    opened_again = StepRow(1, "02", NOW - 40 * MINUTE, NOW, None, 0, 0, 0)
    checked_again = StepRow(1, "02-b", NOW - 30 * MINUTE, NOW, None, 1, 1, 0)

    for latest in (opened_again, checked_again):
        standing = look(passed, latest).standings[0]
        assert (standing.step.id, standing.doing, standing.minutes) == ("02-b", "working", 1)


def test_opening_a_notebook_again_hides_nobody_who_is_stuck() -> None:
    """Whoever restarts the kernel at a step that they cannot pass is stuck as before."""
    opened_again = StepRow(1, "02", NOW - 40 * MINUTE, NOW, None, 0, 0, 0)

    standing = look(opened_again, row("02-a", 30, wrong=3)).standings[0]

    assert (standing.step.id, standing.doing, standing.minutes) == ("02-a", "stuck", 30)


def test_whoever_opened_a_notebook_works_at_its_first_open_step() -> None:
    """The number of a notebook leads to the first of its steps that is not passed."""
    rows = row("02-a", 40, passed=30), row("00-a", 39, passed=29), row("02", 3)

    standing = look(*rows).standings[0]

    assert (standing.step.id, standing.doing, standing.minutes) == ("02-b", "working", 3)


def test_a_call_for_help_comes_before_everything_else() -> None:
    """Whoever calls for help needs help, for as long as they have been calling."""
    standing = look(row("00-a", 50), help_at=NOW - 4 * MINUTE, help_step="00-a").standings[0]

    assert (standing.doing, standing.minutes) == ("help", 4)


def test_whoever_has_passed_everything_is_done() -> None:
    """With every step passed nobody is stuck, however long ago that was."""
    rows = [row(step.id, 100 - place, passed=99 - place) for place, step in enumerate(STEPS)]

    assert look(*rows).standings[0].doing == "done"


def test_whoever_has_reported_nothing_has_joined() -> None:
    """A learner without reports works at nothing, and is not stuck."""
    standing = look().standings[0]

    assert (standing.doing, standing.step, standing.cells) == ("joined", None, {})


def test_steps_of_another_course_are_not_shown() -> None:
    """What a learner reports about steps that the course does not have leaves the page as it is."""
    assert look(row("made-up", 5)).standings[0].cells == {}


@pytest.mark.parametrize("now", [NOW - 10**9, NOW, NOW + 10**9])
def test_minutes_are_never_absurd(now: float) -> None:
    """Whatever the clock says, minutes are neither negative nor more than three hours."""
    view = look(row("00-a", 5), now=now, help_at=NOW, help_step="00-a")

    standing = view.standings[0]

    assert 0 <= standing.minutes <= 180
    assert 0 <= standing.quiet <= 180
    assert 0 <= standing.cells["00-a"].minutes <= 180


@pytest.mark.parametrize(
    ("passed", "elapsed", "late"),
    [
        ("", 4, -1),  # before its notebook begins
        ("", 9, 0),
        ("", 10, 0),  # its first step's time is just over
        ("", 17, 7),
        ("ab", 17, 0),
        ("ab", 30, 10),
        ("abc", 12, -8),
    ],
)
def test_late_is_whoever_has_not_passed_a_step_in_its_time(passed: str, elapsed: float, late: float) -> None:
    """A notebook's minutes are shared by its steps: late after the time of the next one, early before it."""
    done = {f"00-{letter}" for letter in passed}
    current = next(step for step in STEPS if step.id not in done)

    assert late_minutes(PLAN, STEPS, done, current, elapsed) == late


def test_the_plan_says_what_is_due() -> None:
    """At each minute one part of the plan is due; after its end the last one."""
    due = [due_part(PLAN, minute).what for minute in (0, 4.9, 5, 70, 119, 500)]

    assert due == ["Welcome", "Welcome", "Start here", "Break", "Closing", "Closing"]


def test_what_is_left_out_makes_up_for_being_late() -> None:
    """As many notebooks are left out as make up the time: the least important, and none that is under way."""
    assert leave_out(PLAN, 40, 0, {}, 30) == []
    assert [part.notebook for part in leave_out(PLAN, 40, 8, {}, 30)] == ["99"]
    assert [part.notebook for part in leave_out(PLAN, 40, 25, {}, 30)] == ["02", "99"]
    assert [part.notebook for part in leave_out(PLAN, 60, 25, {"02": 20}, 30)] == ["03", "99"]


def test_the_class_is_as_late_as_half_of_it() -> None:
    """The pace of a class is the median of its learners'; who has not begun does not count."""
    learners = [learner(number) for number in (1, 2, 3, 4)]
    rows = [
        StepRow(number, step, NOW - 60, NOW - 60, None, 0, 0, 0)
        for number, step in ((1, "00-a"), (2, "01-a"), (3, "02-a"))
    ]

    view = class_view(STEPS, learners, rows, NOW, plan=PLAN, begun=NOW - 40 * MINUTE)

    assert view.pace is not None
    assert [each.late for each in view.standings] == [30, 10, -5, None]
    assert (view.pace.elapsed, view.pace.due.notebook, view.pace.late) == (40, "01", 10)
    assert [part.notebook for part in view.pace.leave_out] == ["99"]


def test_nothing_is_left_out_by_a_class_that_is_on_time() -> None:
    """What is said of the pace and what is advised have one threshold."""
    for minutes, words, advised in ((2, "on time", []), (3, "3 min behind", ["99"])):
        begun = NOW - (10 + minutes) * MINUTE
        pace = class_view(STEPS, [learner()], [row("00-a", 1)], NOW, plan=PLAN, begun=begun).pace
        assert (pace_words(pace.late), [part.notebook for part in pace.leave_out]) == (words, advised)


def test_who_calls_first_stands_first_and_stays_there() -> None:
    """Calls are in the order in which they came, not of whole minutes, so that rows do not change places."""
    for passing in (0, 35, 70):
        callers = [
            learner(number, help_at=NOW - seconds, help_step="00-a")
            for number, seconds in ((1, 190), (2, 220))
        ]
        view = class_view(STEPS, callers, [], NOW + passing)
        assert [each.learner.id for each in neediest(view)] == [2, 1]
