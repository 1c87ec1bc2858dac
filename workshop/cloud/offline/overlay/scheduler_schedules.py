"""EventBridge Scheduler refuses invalid schedules, and an update resets what it leaves out.

AWS answers CreateSchedule and UpdateSchedule with a ValidationException if the schedule expression or its
time zone is invalid, if the scheduler may not assume the target's role, if a window lacks its length, if the
end comes before the start, or if the target lacks what its kind needs, such as a stream's partition key, or
has what another kind has
(https://docs.aws.amazon.com/scheduler/latest/UserGuide/setting-up.html#setting-up-execution-role). An update
resets what it leaves out to the default, so one without State enables the schedule
(https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html). moto takes any text as an
expression and any role, leaves an updated schedule without a state, ignores ActionAfterCompletion in updates,
and stamps the machine's time. Changed: all of these; targets that nothing here could reach are refused by
name.

A group is made once, the default one stays, and only a group has tags
(https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-group.html). moto fails without a
group, empties one that is made again, and takes tags for anything. Changed: as above.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.scheduler.exceptions import ScheduleGroupNotFound, ValidationException
from moto.scheduler.models import EventBridgeSchedulerBackend, Schedule
from moto.scheduler.responses import EventBridgeSchedulerResponse

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.events.targets import is_json
from workshop.cloud.offline.permissions.services import SCHEDULER, trusts
from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.deliveries.targets import UNIVERSAL_TARGETS
from workshop.cloud.offline.runtime.schedules.schedule_expressions import (
    ScheduleExpressionError,
    parse_expression,
)

TARGETS = ("events", "kinesis", "lambda", "sns", "sqs")
# What only targets of one service have. They need it, queues only if they are first in, first out.
PARAMETERS = {
    "EcsParameters": "ecs",
    "EventBridgeParameters": "events",
    "KinesisParameters": "kinesis",
    "SageMakerPipelineParameters": "sagemaker",
    "SqsParameters": "sqs",
}
# The others take any text.
TAKING_JSON = ("events", "lambda")
COLONS_OF_AN_ARN = 5
NOT_TRUSTED = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."

_MOTO_CREATE = EventBridgeSchedulerBackend.create_schedule
_MOTO_INIT = Schedule.__init__
_MOTO_UPDATE = Schedule.update
_MOTO_UPDATE_CALL = EventBridgeSchedulerResponse.update_schedule
_MOTO_CREATE_GROUP = EventBridgeSchedulerBackend.create_schedule_group
_MOTO_DELETE_GROUP = EventBridgeSchedulerBackend.delete_schedule_group


@corrects(EventBridgeSchedulerBackend, "create_schedule")
def _create(self: Any, **wanted: Any) -> Any:
    self.get_schedule_group(wanted.get("group_name"))
    return _MOTO_CREATE(self, **wanted)


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
    if (problem := next(_problems(wanted["target"]), None)) is not None:
        raise ValidationException(problem)
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


def _problems(target: Mapping[str, Any]) -> Iterator[str]:
    reference = SourceReference.parse(arn := str(target["Arn"]))
    is_universal = reference.resource in UNIVERSAL_TARGETS
    if arn.count(":") < COLONS_OF_AN_ARN or not (reference.service in TARGETS or is_universal):
        known = ", ".join((*TARGETS, *UNIVERSAL_TARGETS))
        yield f"Provided Arn is not valid: the offline cloud schedules {known}, not `{arn}`"
    if is_universal and not target.get("Input"):
        yield "You must provide an input to set this target for your schedule."
    if reference.service in TAKING_JSON and target.get("Input") and not is_json(target["Input"]):
        yield "JSON syntax error in input for the target."
    for name, service in PARAMETERS.items():
        if target.get(name) is not None and reference.service != service:
            yield f"Parameters {name} not supported for the target."
        if (
            target.get(name) is None
            and reference.service == service
            and (service != "sqs" or reference.is_fifo)
        ):
            yield f"Parameters {name} must be specified for the target."
    has_group = bool((target.get("SqsParameters") or {}).get("MessageGroupId"))
    if reference.service == "sqs" and has_group is not reference.is_fifo:
        what = "must be specified" if reference.is_fifo else "not valid"
        yield f"Parameters MessageGroupId {what} for the target."


def _check_role(schedule_arn: str, wanted: dict[str, Any]) -> None:
    region, target = schedule_arn.split(":")[3], SourceReference.parse(str(wanted["target"]["Arn"]))
    # A call of the API is made in the schedule's own.
    if target.region not in {"", region}:
        raise ValidationException(f"The target ARN provided does not match the current region {region}.")
    if not trusts(str(wanted["target"]["RoleArn"]), SCHEDULER, on_behalf_of=schedule_arn):
        raise ValidationException(NOT_TRUSTED)


@corrects(EventBridgeSchedulerBackend, "create_schedule_group")
def _create_group(self: Any, name: str, tags: Any) -> Any:
    if name in self.schedule_groups:
        raise JsonRESTError("ConflictException", f"Schedule group {name} already exists.")
    return _MOTO_CREATE_GROUP(self, name, tags)


@corrects(EventBridgeSchedulerBackend, "delete_schedule_group")
def _delete_group(self: Any, name: str | None) -> None:
    if name == "default":
        raise ValidationException("The default schedule group cannot be deleted.")
    _MOTO_DELETE_GROUP(self, name)


def _of_a_group(moto: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method about the tags of a group that refuses one that is not there, and what is no group."""

    def about(self: Any, resource_arn: str, *arguments: Any) -> Any:
        if not any(group.arn == resource_arn for group in self.schedule_groups.values()):
            raise ScheduleGroupNotFound(resource_arn.rpartition("/")[2])
        return moto(self, resource_arn, *arguments)

    return about


for _name in ("tag_resource", "untag_resource", "list_tags_for_resource"):
    corrects(EventBridgeSchedulerBackend, _name)(_of_a_group(getattr(EventBridgeSchedulerBackend, _name)))
