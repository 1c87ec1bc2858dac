"""The totals of a pipeline in which nothing moves, whatever they are, and what has not come through.

Records wait before a function that fails, or that nothing feeds; both are told with the reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from workshop.clock import Clock
from workshop.pipeline.aggregates import AggregateSnapshot
from workshop.pipeline.compare_with_truth import Comparison, compare
from workshop.pipeline.hops import FLOWS, count_items, look_at_hops
from workshop.pipeline.last_errors import is_failing_again_and_again, troubles_of
from workshop.pipeline.operations.live_faults import read_faults
from workshop.pipeline.settle import Quiet, watch

if TYPE_CHECKING:
    from workshop.course.stack import CourseStack
    from workshop.pipeline.truth import Truth

__all__ = [
    "Rest",
    "fails_for_good",
    "of_one_moment",
    "trouble_of",
    "trouble_with",
    "unfed",
    "unread",
    "wait_for_rest",
    "where_records_wait",
]

T = TypeVar("T")
# How often totals are looked at or judged anew because messages came meanwhile.
LOOKS = 3

# Offline a wait ends with the work; on AWS each look is a scan, for which somebody pays.
LOOK_SECONDS = 1.0
# Longer than a batch may be collected on AWS.
UNCHANGED_SECONDS = 10.0
# A batch that fails again and again keeps its shard busy for ever; waiting for it ends nowhere.
STUCK_SECONDS = 30.0
# Where that is plain already, nothing is gained by looking on.
FAILING_SECONDS = 1.0


@dataclass(frozen=True)
class Rest:
    """The totals when nothing moved any more; not `is_certain` if patience was at its end before.

    `pending` counts the records that no stage has finished with, None where the cloud does not tell.
    `trouble` names the functions that fail meanwhile, with their last error, or where nobody tells what is
    pending, have failed. `where` counts the records before each function, and `unread` tells of records that
    wait before functions without a mapping.
    """

    snapshot: AggregateSnapshot
    pending: int | None
    is_certain: bool
    trouble: str = ""
    where: str = ""
    unread: str = ""

    @property
    def held_up(self) -> str:
        """What has not arrived, in words; nothing if all has."""
        if self.pending:
            are = "record is" if self.pending == 1 else "records are"
            where = self.where or f"{self.pending:,} {are} still on the way"
            return f"{where}. {self.trouble}".rstrip(" .")
        return "" if self.is_certain else "the totals still change"

    def against(self, truth: Truth) -> Comparison:
        """Return how the totals differ from the truth, and what holds them up."""
        found = compare(self.snapshot, truth)
        # What nobody reads is why totals are wrong; where they are right, it makes no difference.
        return replace(found, held_up=self.held_up or ("" if found.exact else self.unread.rstrip(".")))


def wait_for_rest(
    read: Callable[[], AggregateSnapshot],
    pending: Callable[[], int | None],
    quiet: Quiet,
    fails_for_good: Callable[[], bool] = bool,
    *,
    clock: Clock,
    timeout_seconds: float,
) -> Rest:
    """Return once nothing moves, at the latest when the time is over; never raises for what it sees.

    Nor is a function waited for that `fails_for_good`.
    """

    def unchanged_seconds(_: AggregateSnapshot, told: bool | None) -> float:
        if told is None:
            return UNCHANGED_SECONDS
        return FAILING_SECONDS if fails_for_good() else STUCK_SECONDS

    ends = clock.now() + timeout_seconds
    for _ in range(LOOKS):
        found = watch(
            read,
            quiet,
            clock=clock,
            unchanged_seconds=unchanged_seconds,
            timeout_seconds=ends - clock.now(),
            poll_seconds=LOOK_SECONDS,
        )
        left = pending()
        # What has come since then, from somebody else, is not stuck.
        is_stuck = clock.now() - found.since >= STUCK_SECONDS or fails_for_good()
        if not left or not found.is_at_rest or is_stuck:
            break
    return Rest(found.seen or AggregateSnapshot(), left, is_certain=found.is_at_rest)


def of_one_moment(
    sent: Callable[[], object], rest_state: Callable[[], Rest], judge: Callable[[Rest], T]
) -> T:
    """Judge totals at rest by the messages that led to them; if more keep coming, as totals that move."""
    for _ in range(LOOKS):
        before, rest = sent(), rest_state()
        judged = judge(rest)
        if sent() == before:
            return judged
    return judge(replace(rest, is_certain=False))


def unfed(stack: CourseStack) -> dict[str, str]:
    """Return why nothing feeds a function, by its name; those with an enabled mapping are left out."""
    why = {}
    for name, _, _ in FLOWS[stack.pipeline]:
        mapping = stack.mapping(name)
        if mapping is None:
            why[name] = f"{name} has no event source mapping."
        elif mapping["State"] in {"Disabling", "Disabled"}:
            why[name] = f"The mapping of {name} is disabled; connecting it again enables it."
    return why


def trouble_of(stack: CourseStack) -> str:
    """Say which functions fail, and how, hang, or are not fed, in a sentence each; as far as one can tell."""
    return " ".join([*_failures(stack), *unfed(stack).values()])


def trouble_with(stack: CourseStack, rest: Rest) -> str:
    """Say what keeps records from arriving; on AWS, which counts none, also which functions have failed."""
    if rest.pending or not rest.is_certain:
        return trouble_of(stack)
    return " ".join(_failures(stack)) if rest.pending is None else ""


def _failures(stack: CourseStack) -> list[str]:
    try:
        return troubles_of(stack.cloud, stack.outputs, stack.pipeline)
    except ClientError:
        return []  # not everybody may read logs


def where_records_wait(stack: CourseStack) -> str:
    """Say how many records wait before which functions; nothing if none waits, or nobody tells."""
    hops = look_at_hops(stack.cloud, stack.outputs, stack.pipeline)
    counts = {hop.function: hop.waiting for hop in hops if hop.waiting}
    first, *others = [f"{count:,} before {function}" for function, count in counts.items()] or [""]
    count, _, where = first.partition(" ")
    wait = "record waits" if count == "1" else "records wait"
    return ", ".join([f"{count} {wait} {where}", *others]) if counts else ""


def fails_for_good(stack: CourseStack) -> bool:
    """Whether every record on the way waits behind a batch that fails again and again, and not on purpose."""
    if stack.cloud.offline is None:
        return False
    functions = [name for key, name in stack.outputs.items() if key.endswith("LambdaName")]
    if not is_failing_again_and_again(stack.cloud.offline.runtime(), functions):
        return False
    # A fault that was asked for strikes several times in a row, and is over then.
    found = read_faults(stack.cloud, stack.outputs)
    return all(plan is None or plan.is_empty for plan in (found.in_functions, found.in_cloud))


def unread(stack: CourseStack, sent: Callable[[], int]) -> str:
    """Say which functions without a mapping have something before them, and how much; else nothing.

    `sent` counts the records in the stream since the pipeline was emptied. How far a mapping that was deleted
    had come, nobody knows any more: what is counted is what is there.
    """
    told = []
    for name, source, _ in FLOWS[stack.pipeline]:
        if stack.mapping(name) is None and (there := _held_by(stack, source, sent)):
            told.append(f"{name} has no event source mapping, so nothing reads the {there} of {source}.")
    return " ".join(told)


def _held_by(stack: CourseStack, source: str, sent: Callable[[], int]) -> str:
    """Return what a table holds, or the stream; nothing if that is nothing."""
    if source == "IncomingDataStream":
        count, one = sent(), "record"
    else:
        count, one = count_items(stack.cloud, stack.physical(source)), "item"
    return f"{count:,} {one}{'' if count == 1 else 's'}" if count else ""
