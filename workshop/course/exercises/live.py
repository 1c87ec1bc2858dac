"""The exercise of notebook 06: totals that are right to the cent, and a diagnosis where they are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed
from workshop.course.settled import judged_at_rest
from workshop.pipeline.tables import format_amount
from workshop.pipeline.truth import GRAND_TOTAL, count_messages

if TYPE_CHECKING:
    from workshop.course.course import Course
    from workshop.course.rest import Rest

__all__ = ["EXERCISES"]

FEWEST_MESSAGES = 1_000
FEWEST_CHANGES = 20


def check_totals(course: Course) -> CheckResult:
    """Observe in the stream and the totals whether a run is large enough, has changes, and is exact."""
    if not course.messages():
        return not_attempted("Nothing has been sent since the pipeline was emptied.")
    return judged_at_rest(course, lambda rest: _check_run(course, rest))


def _check_run(course: Course, rest: Rest) -> CheckResult:
    counts = count_messages(course.messages())
    if counts.messages < FEWEST_MESSAGES:
        return incorrect(
            f"{counts.messages:,} messages have been sent since the pipeline was emptied; that is too small "
            f"a run to prove anything. The task asks for {FEWEST_MESSAGES:,}."
        )
    if counts.modified < FEWEST_CHANGES:
        return incorrect(
            f"The run proves little, even if its totals are exact: of {counts.messages:,} messages only "
            f"{counts.modified} change a trade that was there before."
        )
    diagnosis = course.diagnose_at(rest)
    if not diagnosis.exact:
        return incorrect(diagnosis.summary)
    total = course.truth().totals[GRAND_TOTAL]
    return passed(
        f"Exact: {counts.messages:,} messages, {counts.modified} of them changes, "
        f"{counts.distinct_trades:,} trades, Grand Total {format_amount(total, grouped=True)}."
    )


EXERCISES = (
    Exercise(
        id="totals-exact",
        title="Totals that are right to the cent",
        notebook="06",
        minutes=5,
        answer_location=Cell("06"),
        check=check_totals,
    ),
)
