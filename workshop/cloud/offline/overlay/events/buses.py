"""PutEvents reaches every target of every rule that matches, and no target can make it fail.

AWS matches an event with the enabled rules of its bus that have a pattern, and delivers it later; entries
that it does not take are named in the answer. An event that came from another bus is not sent on to a third
(https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-to-bus.html). moto sends inside the
call, to logs, queues and buses only, raises for all others and so fails PutEvents, matches rules that are
disabled or have no pattern, and gives every event a time that is no text. Changed: PutEvents.

AWS refuses a request of 1 MiB (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html),
takes events for a bus that is not there, after which they are gone, and deletes a bus only when it has no
rules. moto does none of this, takes a policy's statements only in a list, and knows none that begins with
`Not`. Changed: as above.
"""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from moto.events.exceptions import ResourceNotFoundException, ValidationException
from moto.events.models import EventBus, EventBusPolicyStatement, EventsBackend

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.request_models.policies import document_problem, statements_of
from workshop.cloud.offline.runtime.deliveries.rules import send_to_targets
from workshop.cloud.offline.runtime.deliveries.targets import log_once
from workshop.cloud.offline.runtime.timestamps import iso_time

__all__ = ["put_event"]

REQUIRED = ("Source", "DetailType", "Detail")
MOST_ENTRIES = 10
TOO_LARGE = 1 << 20
# What a time counts for, however it is written.
BYTES_OF_TIME = 14
# By the first a statement is found again.
OF_STATEMENTS = (("Sid",), ("Resource", "NotResource"))
# Only services of AWS send events by these names.
OWN_SOURCES = "aws."

_MOTO_DESCRIBE = EventBusPolicyStatement.describe
_MOTO_DELETE_BUS = EventsBackend.delete_event_bus


@corrects(EventsBackend, "put_events")
def _put_events(backend: Any, events: list[dict[str, Any]]) -> list[dict[str, str]]:
    if len(events) > MOST_ENTRIES:
        raise ValidationException(
            "1 validation error detected: Value '[PutEventsRequestEntry]' at 'entries' failed to satisfy "
            "constraint: Member must have length less than or equal to 10"
        )
    if sum(map(_size, events)) >= TOO_LARGE:
        raise ValidationException("Total size of the entries in the request is over the limit.")
    return [_put(backend, entry) for entry in events]


def _size(entry: Mapping[str, Any]) -> int:
    texts = [entry.get(name) or "" for name in REQUIRED] + list(entry.get("Resources") or ())
    in_texts = sum(len(str(text).encode("utf-8", "surrogatepass")) for text in texts)
    return in_texts + (BYTES_OF_TIME if entry.get("Time") else 0)


def _put(backend: Any, entry: Mapping[str, Any]) -> dict[str, str]:
    for name in REQUIRED:
        if not entry.get(name):
            message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
    if entry["Source"].startswith(OWN_SOURCES):
        return {
            "ErrorCode": "NotAuthorizedForSourceException",
            "ErrorMessage": "Not authorized for the source.",
        }
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": backend.account_id,
        "time": iso_time(float(entry.get("Time") or CLOCK.now()), "seconds"),
        "region": backend.region_name,
        "resources": entry.get("Resources") or [],
        "detail": detail,
    }
    bus = entry.get("EventBusName")
    try:
        # `is_forwarded` is no member of a request: the delivery from bus to bus sets it.
        put_event(backend, event, bus=bus, is_forwarded=bool(entry.get("is_forwarded")))
    except ResourceNotFoundException:
        log_once(f"events for the bus `{bus}` are lost, since there is none; AWS does not say so either")
    return {"EventId": str(event["id"])}


def put_event(
    backend: Any, event: Mapping[str, Any], *, bus: str | None = None, is_forwarded: bool = False
) -> None:
    """Deliver an event to the targets of the rules of a bus that match it; the caller holds the lock.

    Raises:
        ResourceNotFoundException: moto's own, if there is no such bus.
    """
    found = backend.describe_event_bus(backend._normalize_event_bus_arn(bus))
    for rule in list(found.rules.values()):
        if rule.state == "DISABLED" or not rule.event_pattern.dump():
            continue
        if rule.event_pattern.matches_event(event):
            targets = [one for one in rule.targets if not (is_forwarded and ":event-bus/" in one["Arn"])]
            send_to_targets(rule.arn, targets, event, ingested=iso_time(CLOCK.now(), "seconds"))


@corrects(EventsBackend, "delete_event_bus")
def _delete_bus(backend: Any, name: str) -> None:
    bus = backend.event_buses.get(name)
    if bus is not None and bus.rules and name != "default":
        raise ValidationException("EventBus can't be deleted since it has rules.")
    _MOTO_DELETE_BUS(backend, name)


@corrects(EventBus, "add_policy")
def _add_policy(bus: Any, policy: dict[str, Any]) -> None:
    if (problem := document_problem(json.dumps(policy))) is not None:
        raise ValidationException(f"Policy is not a policy document: {problem}")
    statements = statements_of(policy)
    for names in OF_STATEMENTS:
        if not all(any(statement.get(name) for name in names) for statement in statements):
            raise ValidationException(f"Each statement of a bus's policy must have a {names[0]} here.")
    bus._remove_principals_statements(*(one["Principal"] for one in statements if "Principal" in one))
    for statement in statements:
        members = {name: statement.get(name) for name in ("Principal", "Action", "Resource")}
        kept = EventBusPolicyStatement.from_dict({**statement, **members})
        kept.given = statement
        bus._statements[statement["Sid"]] = kept


@corrects(EventBusPolicyStatement, "describe")
def _describe(statement: Any) -> Any:
    # Those of a call that names members instead of a policy have none.
    return getattr(statement, "given", None) or _MOTO_DESCRIBE(statement)
