"""Rules have patterns that are valid and targets that can be reached; patterns can be tried.

AWS refuses a pattern that it cannot read with an InvalidEventPatternException, matches by all operators that
are documented, and tries a pattern by TestEventPattern
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html). PutTargets refuses targets
of unknown kinds, streams without a role and contradicting inputs. moto accepts operators that it does not
know, which then match everything, any target, schedules that never come, such as `rate(1 minutes)`, and
answers TestEventPattern with nothing. Changed: patterns, TestEventPattern, PutTargets and PutRule. Archives
are refused by name: events would not be kept in them.
"""

import json
import re
from typing import Any

from moto.events.exceptions import InvalidEventPatternException, ValidationException
from moto.events.models import EventPattern, EventPatternParser, EventsBackend
from moto.events.responses import EventsHandler

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.permissions.resource_policies import ACTIONS
from workshop.cloud.offline.runtime.deliveries.event_patterns import (
    InvalidEventPatternError,
    matches,
    read_pattern,
)
from workshop.cloud.offline.runtime.schedules.schedule_expressions import (
    ScheduleExpressionError,
    parse_expression,
)

_MOTO_PUT_TARGETS = EventsBackend.put_targets
_MOTO_PUT_RULE = EventsBackend.put_rule

INPUTS = ("Input", "InputPath", "InputTransformer")
EVENT_MEMBERS = ("id", "account", "source", "time", "region", "resources", "detail-type")


@corrects(EventPatternParser, "parse")
def _parse(parser: Any) -> Any:
    if not parser.pattern:
        return {}
    try:
        return read_pattern(parser.pattern)
    except InvalidEventPatternError as error:
        raise InvalidEventPatternException(reason=str(error)) from error


@corrects(EventPattern, "matches_event")
def _matches(pattern: Any, event: Any) -> bool:
    return matches(pattern.get_pattern(), event)


@corrects(EventsHandler, "test_event_pattern")
def _test_event_pattern(handler: Any) -> tuple[str, dict[str, Any]]:
    pattern = EventPattern.load(handler._get_param("EventPattern"))
    try:
        event = json.loads(handler._get_param("Event"))
    except (TypeError, ValueError) as error:
        raise ValidationException("Parameter Event is not valid.") from error
    if not isinstance(event, dict) or any(name not in event for name in EVENT_MEMBERS):
        raise ValidationException("Parameter Event is not valid.")
    return handler._create_response({"Result": pattern.matches_event(event)})  # type: ignore[no-any-return]


@corrects(EventsBackend, "put_rule")
def _put_rule(backend: Any, name: str, *arguments: Any, **wanted: Any) -> Any:
    if expression := wanted.get("scheduled_expression"):
        try:
            parse_expression(expression)
        except ScheduleExpressionError as error:
            raise ValidationException("Parameter ScheduleExpression is not valid.") from error
        # One minute, but five minutes: rules know no other way, though schedules do.
        if (one_many := re.fullmatch(r"rate\((\d+) \w+?(s?)\)", expression)) and (
            (int(one_many[1]) == 1) is bool(one_many[2])
        ):
            raise ValidationException("Parameter ScheduleExpression is not valid.")
    return _MOTO_PUT_RULE(backend, name, *arguments, **wanted)


@corrects(EventsBackend, "put_targets")
def _put_targets(backend: Any, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
    for target in targets:
        if (problem := _problem(target)) is not None:
            raise ValidationException(problem)
    _MOTO_PUT_TARGETS(backend, name, event_bus_arn, targets)


def _problem(target: dict[str, Any]) -> str | None:
    """Return why a target is refused; what is no ARN at all is left to moto."""
    arn = str(target["Arn"])
    service = arn.split(":")[2] if arn.count(":") > 1 else ""
    if service and service not in ACTIONS:
        known = ", ".join(sorted(ACTIONS))
        return f"Parameter {arn} is not valid. Reason: the offline cloud delivers to {known} only."
    if service == "kinesis" and not target.get("RoleArn"):
        return f"RoleArn is required for target {arn}."
    if sum(bool(target.get(name)) for name in INPUTS) > 1:
        return f"Only one of {', '.join(INPUTS)} must be provided for target {target['Id']}."
    return None


@corrects(EventsBackend, "create_archive")
def _create_archive(_backend: Any, *_arguments: Any, **_names: Any) -> None:
    raise ValidationException("The offline cloud keeps no archives of events")
