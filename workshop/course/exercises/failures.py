"""Exercises of notebook 11: what becomes of a batch that fails again and again, and who hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workshop.course.exercise import Cell, CheckResult, Exercise, incorrect, not_attempted, passed

if TYPE_CHECKING:
    from workshop.course.course import Course

__all__ = ["ALARM_SUFFIX", "EXERCISES"]

GIVES_UP = "StateLambda"
NEVER_GIVE_UP = ("MapLambda", "ReduceLambda")
MOST_ATTEMPTS = 100
# The name of the alarm that the learner makes, behind the name of the stack.
ALARM_SUFFIX = "-state-is-behind"
MINUTE_MS = 60_000
RETENTION_MS = 24 * 60 * MINUTE_MS


def check_failures(course: Course) -> CheckResult:
    """Observe in the settings of the three mappings what becomes of a batch that fails."""
    mapping = course.mapping(GIVES_UP)
    if mapping is None:
        return not_attempted(f"{GIVES_UP} has no event source mapping; notebook 03 makes it.")
    if trouble := _wrong_hop(course):
        return incorrect(trouble)
    if not _touched(mapping):
        return not_attempted(
            f"The mapping of {GIVES_UP} sends a failing batch again, whole and without end, and tells nobody."
        )
    if trouble := _missing(course, mapping):
        return incorrect(trouble)
    attempts = mapping["MaximumRetryAttempts"]
    return passed(
        f"A batch that fails is split; a function may name the record that failed; what fails "
        f"{_times(attempts)} more is given up, and FailureQueue hears which records those were."
    )


def _touched(mapping: dict[str, Any]) -> bool:
    return (
        bool(mapping.get("BisectBatchOnFunctionError"))
        or bool(mapping.get("FunctionResponseTypes"))
        or mapping.get("MaximumRetryAttempts", -1) != -1
        or bool(_destination(mapping))
    )


def _missing(course: Course, mapping: dict[str, Any]) -> str:
    """Feedback on what the mapping of StateLambda still lets happen, the worst first."""
    attempts, destination = mapping.get("MaximumRetryAttempts", -1), _destination(mapping)
    if mapping["State"] == "Disabled":
        return "The mapping is there, but its state is `Disabled`, so it reads nothing."
    if attempts == -1:
        return (
            "A record that always fails is tried without end: `MaximumRetryAttempts` is -1. Its shard stands "
            "still until the record expires."
        )
    if attempts > MOST_ATTEMPTS:
        return f"A record is tried {attempts:,} times before its shard goes on; that takes hours."
    return _unheard(course, destination, attempts) or _coarse(mapping, attempts)


def _unheard(course: Course, destination: str, attempts: int) -> str:
    """Feedback if discarded records have no on-failure destination."""
    if not destination:
        return (
            f"After {_times(attempts)} more a record is given up, "
            "and nobody hears of it: it is gone without a trace."
        )
    if destination != _queue_arn(course):
        return f"What is given up is reported to `{destination}`, which is not the stack's FailureQueue."
    return ""


def _coarse(mapping: dict[str, Any], attempts: int) -> str:
    """Feedback if one bad record makes Lambda discard good ones with it."""
    if not mapping.get("BisectBatchOnFunctionError"):
        return (
            f"One record that fails takes its whole batch with it: after {_times(attempts)} more all of "
            f"them, up to {mapping['BatchSize']:,}, are given up together."
        )
    if "ReportBatchItemFailures" not in (mapping.get("FunctionResponseTypes") or []):
        return (
            "Lambda does not look at what the function answers: a "
            "function that knows which record failed cannot say so yet."
        )
    return ""


def _wrong_hop(course: Course) -> str:
    """Feedback if one of the later mappings may discard a batch."""
    for function in NEVER_GIVE_UP:
        mapping = course.mapping(function)
        if mapping and mapping.get("MaximumRetryAttempts", -1) != -1:
            return (
                f"The mapping of {function} gives a batch up after {_times(mapping['MaximumRetryAttempts'])} "
                "more. The totals would lack it for good: StateTable holds these trades already, so sending "
                "them again changes nothing there and reaches no later stage."
            )
    return ""


def _destination(mapping: dict[str, Any]) -> str:
    on_failure = (mapping.get("DestinationConfig") or {}).get("OnFailure") or {}
    return str(on_failure.get("Destination") or "")


def _queue_arn(course: Course) -> str:
    answer = course.client("sqs").get_queue_attributes(
        QueueUrl=course.outputs["FailureQueueUrl"], AttributeNames=["QueueArn"]
    )
    return str(answer["Attributes"]["QueueArn"])


def _times(attempts: int) -> str:
    return "no attempt" if attempts == 0 else "1 attempt" if attempts == 1 else f"{attempts:,} attempts"


def undo_failures(course: Course) -> None:
    """Let a failing batch come again without end, on every hop, as the first mappings did."""
    client = course.client("lambda")
    if mapping := course.mapping(GIVES_UP):
        client.update_event_source_mapping(
            UUID=mapping["UUID"],
            BisectBatchOnFunctionError=False,
            FunctionResponseTypes=[],
            MaximumRetryAttempts=-1,
            DestinationConfig={"OnFailure": {}},
        )
    for function in NEVER_GIVE_UP:
        if mapping := course.mapping(function):
            client.update_event_source_mapping(UUID=mapping["UUID"], MaximumRetryAttempts=-1)


def check_alarm(course: Course) -> CheckResult:
    """Observe in CloudWatch whether an alarm goes off when StateLambda reads records that are old."""
    name = f"{course.stack}{ALARM_SUFFIX}"
    found = course.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    if not found:
        return not_attempted(f"There is no alarm called `{name}` yet.")
    [alarm] = found
    if trouble := _wrong_metric(course, alarm) or _wrong_threshold(alarm):
        return incorrect(trouble)
    hours = _in_words(alarm["Threshold"])
    return passed(
        f"`{name}` goes off when StateLambda is given records older "
        f"than {hours}, while there is still time to do something."
    )


def _wrong_metric(course: Course, alarm: dict[str, Any]) -> str:
    metric = f"{alarm.get('Namespace')} {alarm.get('MetricName')}"
    if metric != "AWS/Lambda IteratorAge":
        return f"The alarm watches `{metric}`, which says nothing about how old records are."
    dimensions = {each["Name"]: each["Value"] for each in alarm.get("Dimensions", ())}
    if dimensions != {"FunctionName": course.physical(GIVES_UP)}:
        watched = ", ".join(f"{name} `{value}`" for name, value in dimensions.items()) or "no function"
        return f"The alarm watches {watched}; the function is `{course.physical(GIVES_UP)}`."
    if (statistic := alarm.get("Statistic")) != "Maximum":
        return (
            f"The alarm goes by the {str(statistic).lower()} of all shards and batches. While one shard "
            "stands still, the others are young, and it hears nothing."
        )
    if "Greater" not in alarm.get("ComparisonOperator", ""):
        return "The alarm goes off while records are young, and is silent when they are old."
    return ""


def _wrong_threshold(alarm: dict[str, Any]) -> str:
    threshold = alarm["Threshold"]
    if threshold < MINUTE_MS:
        return (
            f"The threshold is {threshold:,.0f}. The metric comes in milliseconds, so the alarm goes off at "
            f"{threshold / 1000:,.1f} s, which a busy minute reaches."
        )
    if threshold > RETENTION_MS / 2:
        return (
            f"The threshold is {_in_words(threshold)}. The stream keeps records for 24 hours: when this "
            "alarm goes off, less than half of that is left, or none."
        )
    if (waits := alarm.get("Period", 0) * alarm.get("EvaluationPeriods", 1)) > RETENTION_MS / 1000 / 2:
        return f"The alarm waits for {waits:,} s of bad news before it goes off."
    return ""


def _in_words(milliseconds: float) -> str:
    minutes = milliseconds / MINUTE_MS
    return f"{minutes:,.0f} minutes" if minutes < 120 else f"{minutes / 60:,.1f} hours"


def undo_alarm(course: Course) -> None:
    """Delete the alarm."""
    course.client("cloudwatch").delete_alarms(AlarmNames=[f"{course.stack}{ALARM_SUFFIX}"])


EXERCISES = (
    Exercise(
        id="mapping-failures",
        title="Decide what becomes of a batch that fails",
        notebook="11",
        minutes=6,
        answer_location=Cell("11"),
        check=check_failures,
        is_done=lambda course: check_failures(course).is_passed,
        undo=undo_failures,
    ),
    Exercise(
        id="iterator-age-alarm",
        title="Be told while there is still time",
        notebook="11",
        minutes=4,
        answer_location=Cell("11"),
        check=check_alarm,
        undo=undo_alarm,
    ),
)
