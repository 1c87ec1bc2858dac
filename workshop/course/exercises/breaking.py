"""Exercises of notebooks 08 and 10: totals made wrong on purpose, without guards and in spite of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed
from workshop.course.settled import judged_at_rest
from workshop.diagnosis import CauseKind, Stage
from workshop.pipeline.compare_with_truth import Comparison, compare
from workshop.pipeline.messages import Message
from workshop.pipeline.tables import ReduceRow, format_amount, read_reduce_table
from workshop.pipeline.truth import GRAND_TOTAL, count_messages

if TYPE_CHECKING:
    from workshop.course.course import Course
    from workshop.course.rest import Rest

__all__ = ["EXERCISES"]

# What an outdated version does that StateLambda has taken for new.
OVERTAKEN = (CauseKind.STALE_VERSION, CauseKind.CANCELLED_COUNTED)
LEDGER_HOPS = ("MapLambda", "ReduceLambda")
# The longest window there is: of the window itself nothing is used but the name of the shard.
WINDOW_SECONDS = 900
LONG_ENOUGH_SECONDS = 60


def check_break_it(course: Course) -> CheckResult:
    """Observe in the stream and the totals whether an outdated version has made a total wrong."""
    return judged_at_rest(course, lambda rest: _broken(course, rest))


def _broken(course: Course, rest: Rest) -> CheckResult:
    found = course.diagnose_at(rest)
    if found.exact:
        return _still_exact(course.messages())
    if any(cause.kind in OVERTAKEN and cause.stage is Stage.STATE for cause in found.causes):
        return passed(f"The totals are wrong, as they should be for once. {found.summary}")
    if conflicts := count_messages(course.messages()).conflicts:
        return incorrect(
            f"{_times(conflicts, 'message')} said something else of a trade "
            "than an earlier one with the same version. Only one of the two can "
            "be true; a desk that changes a trade gives it a higher `version`."
        )
    return incorrect(
        f"The totals are wrong, but not because an older version came after a newer one. {found.summary}"
    )


def _still_exact(messages: Sequence[Message]) -> CheckResult:
    sent, overtaken = count_messages(messages), _overtaken(messages)
    if overtaken:
        return incorrect(
            f"{_times(overtaken, 'outdated version')} came after a newer one, and every total is exact "
            "all the same: StateLambda, as it is deployed, does not take an older version any more."
        )
    if not sent.duplicates and not sent.modified:
        return not_attempted("Every total is exact, and so far each trade was sent once.")
    return incorrect(
        "Every total is exact. Since the pipeline was cleared, the producer has sent "
        f"{_times(sent.duplicates, 'duplicate')} and {_times(sent.modified, 'newer version')} of a trade, "
        "and nothing that a newer version had overtaken."
    )


def _overtaken(messages: Sequence[Message]) -> int:
    """Return how many messages came after a newer version of their trade."""
    newest: dict[str, int] = {}
    count = 0
    for message in messages:
        count += message.version < newest.get(message.trade_id, message.version)
        newest[message.trade_id] = max(message.version, newest.get(message.trade_id, message.version))
    return count


def check_break_the_guard(course: Course) -> CheckResult:
    """Observe in ReduceTable and the totals whether a batch that was cut differently has counted twice."""
    return judged_at_rest(course, lambda rest: _guard_broken(course, rest))


def _guard_broken(course: Course, rest: Rest) -> CheckResult:
    compared = compare(rest.snapshot, course.truth())
    rows = read_reduce_table(course.client("dynamodb"), course.outputs["ReduceTableName"])
    if not rows:
        return not_attempted(
            "ReduceTable is empty: no batch has been delivered since the pipeline was cleared."
        )
    if compared.exact:
        return incorrect(
            f"Every total is exact: {_times(len(rows), 'row')} in ReduceTable, and no record in two of them. "
            "Whatever you delivered was recognised as the batch that had been there."
        )
    whole = max(rows, key=lambda row: row.message_count)
    parts = [row for row in rows if 0 < row.message_count < whole.message_count]
    if len(_twins(rows)) > 1:
        return incorrect(
            f"The same {whole.message_count} records lie in ReduceTable as {len(_twins(rows))} whole rows. "
            "Lambda keeps the records of a shard in their order and in one piece or in several; a guard that "
            "misses what you delivered is either not deployed, or was shown a batch that no mapping delivers."
        )
    sent = count_messages(course.messages())
    # Each new version changes its trade's item once, so this many records are all that there can be.
    changes = sent.distinct_trades + sent.modified
    if parts and sum(row.message_count for row in rows) > changes:
        return passed(_cut(compared, whole, parts, changes))
    return incorrect(f"The totals are wrong for another reason. {course.diagnose_at(rest).summary}")


def _cut(compared: Comparison, whole: ReduceRow, parts: list[ReduceRow], changes: int) -> str:
    off = [each.amount for each in compared.differences if each.path == GRAND_TOTAL]
    too_much = f"`{GRAND_TOTAL}` is off by {format_amount(off[0], grouped=True)}. " if off else ""
    sizes = " and ".join(str(row.message_count) for row in parts)
    return (
        f"{too_much}StateTable has changed {changes:,} times, and ReduceTable holds more records than that: "
        f"one row of {whole.message_count}, and beside it rows of {sizes}. Each has a hash of its own, so "
        "the guard took each for new."
    )


def _twins(rows: tuple[ReduceRow, ...]) -> list[ReduceRow]:
    """Return the rows that say the same as the fullest one."""
    whole = max(rows, key=lambda row: row.message_count)
    return [row for row in rows if (row.deltas, row.message_count) == (whole.deltas, whole.message_count)]


def check_name_the_shard(course: Course) -> CheckResult:
    """Observe in both mappings whether a tumbling window makes Lambda name the shard of a batch."""
    windows: dict[str, int] = {}
    for function in LEDGER_HOPS:
        mapping = course.mapping(function)
        if mapping is None:
            return not_attempted(f"{function} has no event source mapping; notebooks 04 and 05 make it.")
        if (factor := mapping.get("ParallelizationFactor") or 1) > 1:
            return incorrect(
                f"{factor} batches of one shard reach {function} at the same time; one position cannot "
                "stand for batches that overtake each other."
            )
        windows[function] = mapping.get("TumblingWindowInSeconds") or 0
    if not any(windows.values()):
        return not_attempted("The events of both mappings come without a window, and so without their shard.")
    for function, seconds in windows.items():
        if not seconds:
            return incorrect(f"The events of {function} still come without a window.")
        if seconds < LONG_ENOUGH_SECONDS:
            return incorrect(
                f"The windows of {function} last {seconds} s. At the end of each one Lambda calls the "
                "function once more for every shard, with nothing in it."
            )
    return passed("Every event of both mappings lies in a window now, and names its shard.")


def shard_is_named(course: Course) -> bool:
    """Whether the ledger finds what it needs in every event."""
    mappings: list[dict[str, Any] | None] = [course.mapping(function) for function in LEDGER_HOPS]
    return all(mapping is not None and mapping.get("TumblingWindowInSeconds") for mapping in mappings)


def undo_windows(course: Course) -> None:
    """Let events come without a window."""
    for function in LEDGER_HOPS:
        if mapping := course.mapping(function):
            course.client("lambda").update_event_source_mapping(
                UUID=mapping["UUID"], TumblingWindowInSeconds=0, ParallelizationFactor=1
            )


def _times(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


EXERCISES = (
    Exercise(
        id="break-it",
        title="The trade that would not die",
        notebook="08",
        minutes=4,
        answer_location=Cell("08"),
        check=check_break_it,
    ),
    Exercise(
        id="break-the-guard",
        title="Deliver a batch so that its guard does not know it",
        notebook="10",
        minutes=4,
        answer_location=Cell("10"),
        check=check_break_the_guard,
    ),
    Exercise(
        id="name-the-shard",
        title="Let every event say which shard it comes from",
        notebook="10",
        minutes=3,
        answer_location=Cell("10"),
        check=check_name_the_shard,
        is_done=shard_is_named,
        undo=undo_windows,
        fits=LEDGER_HOPS,
    ),
)
