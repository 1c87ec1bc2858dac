"""Rules have patterns that are valid and targets that can be reached; patterns can be tried.

AWS refuses a pattern that it cannot read with an InvalidEventPatternException, matches by all operators that
are documented, and tries a pattern by TestEventPattern
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html). PutTargets refuses targets
of unknown kinds, settings that contradict each other (`targets`), roles that EventBridge may not assume, and
more than five targets of a rule (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html).
moto accepts operators that it does not know, which then match everything, any target, schedules that never
come, such as `rate(1 minutes)`, and answers TestEventPattern with nothing. Changed: patterns, PutTargets,
TestEventPattern and PutRule. Archives are refused by name: events would not be kept in them.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import InvalidEventPatternException, ValidationException
from moto.events.models import EventPattern, EventPatternParser, EventsBackend
from moto.events.responses import EventsHandler

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.overlay.events.targets import target_problem
from workshop.cloud.offline.partitions import partition_of
from workshop.cloud.offline.permissions.services import trusts
from workshop.cloud.offline.runtime.deliveries.event_patterns import (
    InvalidEventPatternError,
    matches,
    read_pattern,
)
from workshop.cloud.offline.runtime.schedules.schedule_expressions import (
    ScheduleExpressionError,
    parse_expression,
)

__all__ = ["put_targets"]

_MOTO_PUT_TARGETS = EventsBackend.put_targets
_MOTO_PUT_RULE = EventsBackend.put_rule

SERVICE = "events.amazonaws.com"
MOST_TARGETS, LONGEST_PATTERN = 5, 2048
EVENT_MEMBERS = ("id", "account", "source", "time", "region", "resources", "detail-type")


class TooManyTargetsError(JsonRESTError):  # type: ignore[misc]  # moto is untyped
    """A rule would have more targets than AWS lets it have."""

    def __init__(self) -> None:
        super().__init__(
            "LimitExceededException", "The requested resource exceeds the maximum number allowed."
        )


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
    if len(str(wanted.get("event_pattern") or "").encode()) > LONGEST_PATTERN:
        raise ValidationException(
            f"Parameter EventPattern for rule {name} exceeds limit of {LONGEST_PATTERN}."
        )
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
    if role := wanted.get("role_arn"):
        _check_role(role, _rule_arn(backend, name, wanted.get("event_bus_arn")))
    return _MOTO_PUT_RULE(backend, name, *arguments, **wanted)


def _rule_arn(backend: Any, name: str, bus: str | None) -> str:
    place = "" if (bus_name := backend._normalize_event_bus_arn(bus)) == "default" else f"{bus_name}/"
    partition = partition_of(backend.region_name)
    return f"arn:{partition}:events:{backend.region_name}:{backend.account_id}:rule/{place}{name}"


def _check_role(role_arn: str, rule_arn: str) -> None:
    if not trusts(role_arn, SERVICE, on_behalf_of=rule_arn):
        raise ValidationException(f"Provided role '{role_arn}' cannot be assumed by principal '{SERVICE}'.")


@corrects(EventsBackend, "put_targets")
def _put_targets(backend: Any, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
    bus = backend.describe_event_bus(event_bus_arn or "default")
    # moto says what is missing.
    others = bus.rules[name].targets if name in bus.rules else ()
    put_targets(backend, name, event_bus_arn, targets, beside=others)


def put_targets(
    backend: Any,
    name: str,
    event_bus_arn: str | None,
    targets: Sequence[Mapping[str, Any]],
    *,
    beside: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Give a rule targets, `beside` others that it keeps.

    Raises:
        ValidationException: a target is refused.
        TooManyTargetsError: together they are too many.
    """
    if (problem := target_problem(targets)) is not None:
        raise ValidationException(problem)
    for target in targets:
        if role := target.get("RoleArn"):
            _check_role(role, _rule_arn(backend, name, event_bus_arn))
    if len({target["Id"] for target in [*beside, *targets]}) > MOST_TARGETS:
        raise TooManyTargetsError
    _MOTO_PUT_TARGETS(backend, name, event_bus_arn, targets)


@corrects(EventsBackend, "create_archive")
def _create_archive(_backend: Any, *_arguments: Any, **_names: Any) -> None:
    raise ValidationException("The offline cloud keeps no archives of events")
