"""The control plane of event source mappings.

AWS: CreateEventSourceMapping answers 202 with every default filled in and the state Creating. It refuses
settings out of range, an unknown stream, a missing starting position, an invalid filter, a source that the
function's role may not read, a destination that it may not write to and a queue whose visibility timeout is
shorter than the function's timeout. An update is checked together with what stays as it is. A second mapping
of the same source and function is a conflict. Mappings are listed by a function's name or ARN. Source:
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html

moto answers 201 with the state Enabled and without defaults, accepts almost everything, raises bare
ValueErrors, and finds mappings only by the exact text that they were created with.

Changed as above, for API calls and for CloudFormation. The runtime advances the state: Creating, Enabling and
Updating become Enabled, Disabling becomes Disabled. The position that LATEST stands for is recorded when the
mapping is created, so records put before the first poll are not missed.
"""

import json
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import EventSourceMapping, LambdaBackend
from moto.awslambda.responses import LambdaResponse
from moto.sqs.models import sqs_backends

from workshop.cloud.offline.overlay.awslambda.destinations import check_destination
from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.overlay.every_service.named_keys import key_problem
from workshop.cloud.offline.permissions.services import source_problem
from workshop.cloud.offline.runtime.active_runtime import wake_active
from workshop.cloud.offline.runtime.arns import FunctionReference, SourceReference
from workshop.cloud.offline.runtime.event_sources.mapping_rules import (
    RefusedSettingError,
    check_settings,
    check_starting_position,
)
from workshop.cloud.offline.runtime.event_sources.sources import StreamMissingError, tips

__all__ = ["QUEUE_DEFAULTS", "STREAM_DEFAULTS"]

NO_RECORDS = "No records processed"
NO_SUCH_MAPPING = "The resource you requested does not exist."
STREAM_DEFAULTS: dict[str, Any] = {
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "FunctionResponseTypes": [],
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}
QUEUE_DEFAULTS: dict[str, Any] = {"FunctionResponseTypes": [], "MaximumBatchingWindowInSeconds": 0}
# What moto answers and AWS does not.
HIDDEN = ("Tags",)

_MOTO_UPDATE = LambdaBackend.update_event_source_mapping
_MOTO_DELETE = LambdaBackend.delete_event_source_mapping
_MOTO_CONFIGURATION = EventSourceMapping.get_configuration


class MappingConflictError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """The same source and function have a mapping already."""

    code = 409


class MappingNotFoundError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """The mapping or function does not exist."""

    code = 404


@corrects(LambdaBackend, "create_event_source_mapping")
def _create(self: Any, spec: dict[str, Any]) -> Any:
    source = SourceReference.parse(_required(spec, "EventSourceArn"))
    reference = FunctionReference.parse(_required(spec, "FunctionName"))
    function = self.get_function(reference.name, reference.qualifier)
    _refuse(check_settings, spec, source)
    _refuse(check_starting_position, spec, source, now=CLOCK.now())
    _refuse_missing_key(self, spec)
    _refuse_without_rights(str(function.role), source, spec)
    positions = _tips(source, self.account_id)
    _refuse_short_visibility(source, function)
    reference = FunctionReference(function.function_name, reference.qualifier)
    _refuse_duplicate(self, source, reference)
    function_arn = reference.arn(self.region_name, self.account_id)
    identity = {"RegionName": self.region_name, "AccountId": self.account_id, "FunctionArn": function_arn}
    esm = EventSourceMapping({**spec, **identity})
    if not source.is_stream:
        esm.starting_position = None  # queues have no positions, but moto fills in a default
    esm.state = "Creating"
    esm.last_processing_result = NO_RECORDS
    esm.tips = positions
    esm.last_modified = _moment()
    self._event_source_mappings[esm.uuid] = esm
    wake_active()
    return esm


@corrects(LambdaBackend, "update_event_source_mapping")
def _update(self: Any, uuid: str, spec: dict[str, Any]) -> Any:
    esm = self.get_event_source_mapping(uuid)
    if esm is None:
        raise MappingNotFoundError("ResourceNotFoundException", NO_SUCH_MAPPING)
    source = SourceReference.parse(esm.event_source_arn)
    # A rule may look at two settings, of which one stays as it is.
    stored = {"BatchSize": esm.batch_size, "MaximumBatchingWindowInSeconds": esm.max_batch_window}
    _refuse(check_settings, {**stored, **spec}, source)
    _refuse_missing_key(self, spec)
    was_enabled = esm.enabled
    changes = dict(spec)
    reference = FunctionReference.parse(changes.get("FunctionName") or esm.function_arn)
    # Whatever else may change needs no right that was not checked when the mapping was created.
    if changes.keys() & {"DestinationConfig", "FunctionName"}:
        function = self.get_function(reference.name, reference.qualifier)
        _refuse_without_rights(str(function.role), source, spec)
        _refuse_short_visibility(source, function)
    if "FunctionName" in changes:
        del changes["FunctionName"]
        esm.function_arn = reference.arn(self.region_name, self.account_id)
    _MOTO_UPDATE(self, uuid, changes)
    # AWS answers with a state in between and carries the change out later; here the runtime's next
    # round does, so that whoever polls for `Enabled` waits as on AWS.
    if esm.enabled == was_enabled:
        esm.state = "Updating" if esm.enabled else "Disabled"
    else:
        esm.state = "Enabling" if esm.enabled else "Disabling"
    esm.last_modified = _moment()
    wake_active()
    return esm


@corrects(LambdaBackend, "delete_event_source_mapping")
def _delete(self: Any, uuid: str) -> Any:
    esm = _MOTO_DELETE(self, uuid)
    if esm is None:
        raise MappingNotFoundError("ResourceNotFoundException", NO_SUCH_MAPPING)
    esm.state = "Deleting"
    wake_active()
    return esm


@corrects(LambdaBackend, "list_event_source_mappings")
def _list(self: Any, event_source_arn: str | None, function_name: str | None) -> list[Any]:
    mappings = list(self._event_source_mappings.values())
    if event_source_arn:
        mappings = [esm for esm in mappings if esm.event_source_arn == event_source_arn]
    if function_name:
        # A name, a partial and a full ARN may mean the same function, so texts are not compared.
        wanted = FunctionReference.parse(function_name)
        mappings = [esm for esm in mappings if FunctionReference.parse(esm.function_arn) == wanted]
    return mappings


@corrects(EventSourceMapping, "get_configuration")
def _get_configuration(self: Any) -> dict[str, Any]:
    is_stream = SourceReference.parse(self.event_source_arn).is_stream
    shown: dict[str, Any] = _MOTO_CONFIGURATION(self)
    for name, default in (STREAM_DEFAULTS if is_stream else QUEUE_DEFAULTS).items():
        shown.setdefault(name, default)
    # An update takes these away with empty ones, and then there is nothing left to show.
    for name, member in (("FilterCriteria", "Filters"), ("ScalingConfig", "MaximumConcurrency")):
        if not shown.get(name, {}).get(member):
            shown.pop(name, None)
    if self.starting_position_timestamp is not None:
        shown["StartingPositionTimestamp"] = float(self.starting_position_timestamp)
    shown["State"] = getattr(self, "state", shown["State"])
    shown["StateTransitionReason"] = "User action" if is_stream else "USER_INITIATED"
    if is_stream:
        shown["LastProcessingResult"] = getattr(self, "last_processing_result", NO_RECORDS)
    return {name: value for name, value in shown.items() if name not in HIDDEN}


@corrects(LambdaResponse, "create_event_source_mapping")
def _create_call(self: Any) -> tuple[int, dict[str, Any], str]:
    esm = self.backend.create_event_source_mapping(self.json_body)
    return 202, {"status": 202}, json.dumps(esm.get_configuration())


@corrects(LambdaResponse, "get_event_source_mapping")
def _get_call(self: Any) -> tuple[int, dict[str, Any], str]:
    esm = self.backend.get_event_source_mapping(self.path.rstrip("/").split("/")[-1])
    if esm is None:
        raise MappingNotFoundError("ResourceNotFoundException", NO_SUCH_MAPPING)
    return 200, {}, json.dumps(esm.get_configuration())


def _required(spec: dict[str, Any], name: str) -> str:
    value = spec.get(name)
    if not value:
        raise LambdaClientError("InvalidParameterValueException", f"Missing {name}")
    return str(value)


def _refuse(check: Any, *arguments: Any, **named: Any) -> None:
    try:
        check(*arguments, **named)
    except RefusedSettingError as error:
        raise LambdaClientError(error.code, str(error)) from error


def _refuse_without_rights(role_arn: str, source: SourceReference, spec: dict[str, Any]) -> None:
    """Refuse a source that the function's role may not read, or a destination that it may not write to."""
    destination = ((spec.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination")
    if (problem := source_problem(role_arn, source.arn)) is not None:
        raise LambdaClientError("InvalidParameterValueException", problem)
    if destination:
        check_destination(role_arn, str(destination))


def _refuse_missing_key(backend: Any, spec: dict[str, Any]) -> None:
    """Refuse a key that is not there: the filters would be encrypted by it."""
    if problem := key_problem(backend, spec.get("KMSKeyArn")):
        raise LambdaClientError("InvalidParameterValueException", f"KMS key is invalid: {problem}")


def _tips(source: SourceReference, account_id: str) -> dict[str, int]:
    """Return the end of each shard of a stream now; raise AWS's error if the source does not exist."""
    if source.is_stream:
        try:
            return tips(source)
        except StreamMissingError as error:
            message = f"Stream not found: {source.arn}"
            raise LambdaClientError("InvalidParameterValueException", message) from error
    if source.service != "sqs" or source.name not in sqs_backends[account_id][source.region].queues:
        message = f"Error occurred while ReceiveMessage. The event source {source.arn} does not exist."
        raise LambdaClientError("InvalidParameterValueException", message)
    return {}


def _refuse_short_visibility(source: SourceReference, function: Any) -> None:
    """Refuse a queue whose messages come back while the function may still be at work."""
    if source.is_stream:
        return
    queue = sqs_backends[source.account_id][source.region].queues.get(source.name)
    if queue is not None and queue.visibility_timeout < int(function.timeout):
        raise LambdaClientError(
            "InvalidParameterValueException",
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than Function timeout: "
            f"{function.timeout} seconds",
        )


def _refuse_duplicate(backend: Any, source: SourceReference, function: FunctionReference) -> None:
    for esm in backend._event_source_mappings.values():
        if esm.event_source_arn == source.arn and FunctionReference.parse(esm.function_arn) == function:
            raise MappingConflictError(
                "ResourceConflictException",
                f'The event source arn (" {source.arn} ") and function (" {function.name} ") provided '
                f"mapping already exists. Please update or delete the existing mapping with UUID {esm.uuid}",
            )


def _moment() -> float:
    return round(CLOCK.now(), 3)
