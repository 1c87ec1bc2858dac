"""What AWS demands of an alarm on a metric beyond the model of PutMetricAlarm.

Members contradict each other, or are values that no alarm has. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from workshop.cloud.offline.request_models.wording import ModelError

__all__ = ["alarm_problem"]

INVALID, CONTRADICTION = "ValidationError", "InvalidParameterCombination"
SHORT_PERIODS, MINUTE, HOUR, DAY = (10, 20, 30), 60, 3_600, 86_400
WEEK = 7 * DAY
OF_ONE_METRIC = ("MetricName", "Namespace", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic")
OF_EVERY_METRIC = ("MetricName", "Namespace", "Period")
ACTIONS, AN_ARN = ("AlarmActions", "InsufficientDataActions", "OKActions"), re.compile("arn(:[^:]*){3}:")
MISSING_DATA = ("breaching", "notBreaching", "ignore", "missing")


def alarm_problem(given: Mapping[str, Any]) -> ModelError | None:
    """Return the error for an alarm that AWS would not make, None if it would."""
    return next(_problems(given), None)


def _needed(given: Mapping[str, Any]) -> Iterator[str]:
    if not given.get("Metrics"):
        yield from OF_EVERY_METRIC
        if not given.get("ExtendedStatistic"):
            yield "Statistic"
    yield "EvaluationPeriods"


def _problems(given: Mapping[str, Any]) -> Iterator[ModelError]:
    if given.get("Metrics") and (both := [name for name in OF_ONE_METRIC if given.get(name)]):
        yield ModelError(CONTRADICTION, f"Metrics must not be given together with {', '.join(both)}.")
    if given.get("Statistic") and given.get("ExtendedStatistic"):
        yield ModelError(CONTRADICTION, "Statistic and ExtendedStatistic are mutually exclusive.")
    if missing := [name for name in _needed(given) if not given.get(name)]:
        yield ModelError(INVALID, f"An alarm must have {', '.join(missing)}.")
    for action in (action for name in ACTIONS for action in given.get(name) or ()):
        if not AN_ARN.match(str(action)):
            yield ModelError(INVALID, f"Invalid arn syntax: {action}")
    yield from _problems_of_time(given)


def _problems_of_time(given: Mapping[str, Any]) -> Iterator[ModelError]:
    period, periods = int(given.get("Period") or MINUTE), int(given.get("EvaluationPeriods") or 1)
    if period not in SHORT_PERIODS and period % MINUTE:
        yield ModelError(INVALID, "Period must be 10, 20, 30 or a multiple of 60")
    if int(given.get("DatapointsToAlarm") or 1) > periods:
        yield ModelError(INVALID, "DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    longest = DAY if period < HOUR else WEEK
    if period * periods > longest:
        text = f"Metrics cannot be checked across more than {longest} seconds (EvaluationPeriods * Period)"
        yield ModelError(INVALID, text)
    kind = given.get("TreatMissingData") or "missing"
    if kind not in MISSING_DATA:
        text = f"Supported options for parameter TreatMissingData are {', '.join(MISSING_DATA)}."
        yield ModelError(INVALID, f"Option {kind} is not supported. {text}")
