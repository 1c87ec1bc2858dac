"""The exercise of notebook 00: one trade, sent by hand through the finished pipeline."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed
from workshop.pipeline.tables import format_amount, read_quarantine, read_trades
from workshop.pipeline.truth import roll_up_paths

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["EXERCISES"]

TRADE = "my-first-trade"
VALUE = Decimal("100.00")
PLACE = "PV:FXSpot:EMEA"
PATIENCE_SECONDS = 20.0


def check_first_trade(course: Course) -> CheckResult:
    """Observe in the tables how far the learner's trade has come, and in the quarantine why it stopped."""
    tour = course.tour
    if not tour.is_deployed:
        return not_attempted("The finished pipeline is not deployed yet; run the cells above.")
    snapshot = tour.rest(PATIENCE_SECONDS)
    client = tour.client("dynamodb")
    rows = read_trades(client, tour.outputs["StateTableName"], [TRADE])
    if not rows:
        return _not_there(tour)
    [row] = rows
    hierarchy = row.hierarchy if isinstance(row.hierarchy, dict) else {}
    paths = roll_up_paths(hierarchy)
    missing = [path for path in paths if path not in snapshot.totals]
    if missing:
        return incorrect(f"`{TRADE}` is in StateTable, but there is no total for `{missing[0]}` yet.")
    # The notebook itself sends version 2, with another value.
    if row.version < 2 and ((row.version, row.value) != (1, VALUE) or PLACE not in paths):
        return incorrect(
            f"`{TRADE}` counts with {format_amount(row.value)} in `{max(paths, key=len)}`, as version "
            f"{row.version}; the task asks for {format_amount(VALUE)} in `{PLACE}`, as version 1. "
            "Correct the message, and run the cell again."
        )
    return passed(
        f"`{TRADE}` went all the way: version {row.version} counts with {format_amount(row.value)} "
        f"in {', '.join(paths)} and the Grand Total."
    )


def _not_there(tour: Course) -> CheckResult:
    """Tell a message that never came from one that the pipeline could not use."""
    aside = read_quarantine(tour.client("dynamodb"), tour.outputs["QuarantineTableName"])
    if not aside:
        return not_attempted(f"No message about `{TRADE}` has come in yet.")
    latest = max(aside, key=lambda record: (record.time, record.record_id))
    return incorrect(
        f"The pipeline has set your message aside: {latest.reason}. It came as `{latest.raw_data[:120]}`."
    )


EXERCISES = (
    Exercise(
        id="first-trade",
        title="Send a trade of your own",
        notebook="00",
        minutes=3,
        answer_location=Cell("00"),
        check=check_first_trade,
    ),
)
