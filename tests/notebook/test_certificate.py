"""What the certificate claims."""

from pathlib import Path

import pytest

from workshop.clock import ManualClock
from workshop.course.exercise import Cell, Exercise, incorrect, passed
from workshop.course.progress import CourseProgress, ExerciseEntry
from workshop.notebook.certificate import certificate_facts
from workshop.notebook.views.certificate import draw_certificate, printable_page

DAY_SECONDS = 24 * 3600
EXERCISES = tuple(
    Exercise(name, name.title(), "03", 4, Cell("03"), lambda _: passed("."))
    for name in ("one", "two", "three")
)


@pytest.fixture
def progress(tmp_path: Path) -> CourseProgress:
    """A learner who solved one exercise at once, another on the third day with a hint, the third not yet."""
    clock = ManualClock(1.0)
    record = CourseProgress(tmp_path, clock=clock)
    record.record("one", passed("."))
    record.record("three", incorrect("."))
    record.answer("x", "1", is_right=True)
    record.answer("y", "1", is_right=False)
    record.answer("sealed", "1", is_right=None)
    clock.advance(2 * DAY_SECONDS)
    record.record("two", incorrect("."))
    record.take_hint("two", 2)
    record.record("two", passed("."))
    return record


def test_only_what_was_recorded_is_claimed(progress: CourseProgress) -> None:
    """Each number is the learner's own, and what is open is named as open."""
    facts = certificate_facts("  Ada   Lovelace ", EXERCISES, progress)

    assert (facts.name, facts.solved, facts.open) == ("Ada Lovelace", ("One", "Two"), ("Three",))
    assert (facts.attempts, facts.without_help, facts.hints, facts.answered, facts.right) == (4, 1, 2, 2, 1)
    shown = draw_certificate(facts, "certificate.html").text
    assert "On the way" in shown
    # Predictions and quizzes alike.
    assert "1 of 2 questions answered right" in shown
    assert "Still open: Three." in shown
    assert "01 January 1970 to 03 January 1970, 3 days" in shown


def test_what_is_looked_at_after_the_pass_was_no_help(progress: CourseProgress) -> None:
    """Hints and solution count against an exercise up to its first pass, as they do in older files."""
    progress.take_hint("one", 1)
    progress.take_solution("one")
    progress.record("one", passed("."))
    progress.record("three", passed("."))

    assert certificate_facts("A", EXERCISES, progress).without_help == 2
    assert ExerciseEntry(passed_at=1.0).is_unaided
    assert not ExerciseEntry(passed_at=1.0, hints=1).is_unaided


def test_the_page_claims_the_course_only_when_all_is_solved(progress: CourseProgress) -> None:
    """The printed sentence about the whole course appears with the last exercise, not before."""
    before = printable_page(certificate_facts("A", EXERCISES, progress))
    progress.record("three", passed("."))
    after = printable_page(certificate_facts("A", EXERCISES, progress))

    assert "has solved 2 exercises" in before
    assert "exact to the cent" in after
    assert "exact to the cent" not in before


def test_the_page_needs_nothing_from_elsewhere(progress: CourseProgress) -> None:
    """A name cannot act as markup, and the page refers to no other file."""
    page = printable_page(certificate_facts("<script>x</script>", EXERCISES, progress))

    assert "<script" not in page
    assert not any(word in page for word in ("http", "src=", "url(", "@import"))


def test_a_single_day_is_named_once(tmp_path: Path) -> None:
    """Who does everything on one day is certified that day, and no span of days."""
    record = CourseProgress(tmp_path, clock=ManualClock(1.0))
    record.record("one", passed("."))

    assert (
        draw_certificate(certificate_facts("A", EXERCISES, record), "x").text.splitlines()[2]
        == "01 January 1970"
    )


def test_somebody_who_has_done_nothing_is_told_so(tmp_path: Path) -> None:
    """Without a single check there are no days, and nothing is claimed."""
    facts = certificate_facts("A", EXERCISES, CourseProgress(tmp_path))

    assert "Nothing has been checked yet." in draw_certificate(facts, "certificate.html").text
