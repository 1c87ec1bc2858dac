"""EventBridge Scheduler refuses invalid schedules, and an update resets what it leaves out.

AWS answers CreateSchedule and UpdateSchedule with a ValidationException if the schedule expression or its
time zone is invalid, if the scheduler may not assume the target's role, if a window lacks its length, or if
the end comes before the start
(https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role). An update
resets what it leaves out to the default, so one without State enables the schedule
(https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html). moto takes any text as an
expression and any role, leaves an updated schedule without a state, ignores ActionAfterCompletion in updates,
and stamps the machine's time. Changed: all of these; targets that nothing here could reach are refused by
name.
"""

from typing import Any

from moto.scheduler.exceptions import ValidationException
from moto.scheduler.models import Schedule
from moto.scheduler.responses import EventBridgeSchedulerResponse

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.permissions.services import SCHEDULER, trusts
from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.deliveries.targets import UNIVERSAL_TARGETS
from workshop.cloud.offline.runtime.schedules.schedule_expressions import (
    ScheduleExpressionError,
    parse_expression,
)

TARGETS = ("events", "kinesis", "lambda", "sns", "sqs")
COLONS_OF_AN_ARN = 5
NOT_TRUSTED = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."

_MOTO_INIT = Schedule.__init__
_MOTO_UPDATE = Schedule.update
_MOTO_UPDATE_CALL = EventBridgeSchedulerResponse.update_schedule


@corrects(Schedule, "__init__")
def _init(schedule: Any, *arguments: Any, **wanted: Any) -> None:
    _check(wanted)
    _MOTO_INIT(schedule, *arguments, **wanted)
    _check_role(schedule.arn, wanted)
    schedule.creation_date = schedule.last_modified_date = CLOCK.now()


@corrects(Schedule, "update")
def _update(schedule: Any, **wanted: Any) -> None:
    _check(wanted)
    _check_role(schedule.arn, wanted)
    _MOTO_UPDATE(schedule, **{**wanted, "state": wanted.get("state") or "ENABLED"})
    # The backend is not told what an update says about it; `_call` fills that in afterwards.
    schedule.action_after_completion = None
    schedule.last_modified_date = CLOCK.now()


@corrects(EventBridgeSchedulerResponse, "update_schedule")
def _call(response: Any) -> str:
    answer: str = _MOTO_UPDATE_CALL(response)
    name = response.uri.split("?")[0].split("/")[-1]
    schedule = response.scheduler_backend.get_schedule(response._get_param("GroupName"), name)
    schedule.action_after_completion = response._get_param("ActionAfterCompletion")
    return answer


def _check(wanted: dict[str, Any]) -> None:
    target = SourceReference.parse(arn := str(wanted["target"]["Arn"]))
    is_known = target.service in TARGETS or target.resource in UNIVERSAL_TARGETS
    if arn.count(":") < COLONS_OF_AN_ARN or not is_known:
        known = ", ".join((*TARGETS, *UNIVERSAL_TARGETS))
        raise ValidationException(
            f"Provided Arn is not valid: the offline cloud schedules {known}, not `{arn}`"
        )
    expression, zone = wanted["schedule_expression"], wanted["schedule_expression_timezone"] or "UTC"
    try:
        parse_expression(expression, zone)
    except ScheduleExpressionError as error:
        raise ValidationException(f"Invalid Schedule Expression {expression}: {error}.") from error
    window = wanted["flexible_time_window"]
    if (window["Mode"] == "FLEXIBLE") is not bool(window.get("MaximumWindowInMinutes")):
        raise ValidationException("MaximumWindowInMinutes goes with a FlexibleTimeWindow of mode FLEXIBLE.")
    start, end = wanted.get("start_date"), wanted.get("end_date")
    if start and end and float(end) <= float(start):
        raise ValidationException("The EndDate must come after the StartDate.")


def _check_role(schedule_arn: str, wanted: dict[str, Any]) -> None:
    if not trusts(str(wanted["target"]["RoleArn"]), SCHEDULER, on_behalf_of=schedule_arn):
        raise ValidationException(NOT_TRUSTED)
