"""The exercise that leaves nothing behind, where there was never anything to leave."""

from pathlib import Path

from workshop.cloud.laboratory import Laboratory
from workshop.course.course import Course
from workshop.course.exercise import Outcome
from workshop.course.exercises.leaving import check_clean_up
from workshop.deploy.stacks import destroy


def test_nothing_is_cleaned_up_where_nothing_ever_was(tmp_path: Path) -> None:
    """An empty cloud is no achievement; one from which a stack was removed is."""
    with Laboratory() as laboratory:
        course = Course(laboratory, home=tmp_path, prefix="course", clock=laboratory.clock)
        before = check_clean_up(course)
        course.deploy()
        meanwhile = check_clean_up(course)
        destroy(laboratory, course.stack)
        after = check_clean_up(course)

    assert [each.outcome for each in (before, meanwhile, after)] == [
        Outcome.NOT_ATTEMPTED,
        Outcome.NOT_ATTEMPTED,
        Outcome.PASSED,
    ]
    assert "nothing of yours" in before.feedback
