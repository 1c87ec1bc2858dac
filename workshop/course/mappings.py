"""Event source mappings made by hand: created, or changed by the smallest step that gives the same result.

In go a function's name and the arguments of CreateEventSourceMapping, out comes the mapping once it is at
work. Only calls to Lambda are made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from workshop.errors import ConfigurationError, NotSettledError

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

    from workshop.clock import Clock

__all__ = ["LONGEST_SECONDS", "connect", "disconnect", "find_mapping", "switch"]

# On AWS a mapping takes up to a minute to become enabled.
PATIENCE_SECONDS = 180.0
# One that is made anew is waited for, and then until the one before it is gone.
LONGEST_SECONDS = 2 * PATIENCE_SECONDS
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 3.0
SETTLED = ("Enabled", "Disabled")
# What Lambda says of a mapping that is just being made or changed; it can be deleted a little later.
BUSY = "ResourceInUseException"
GONE = "ResourceNotFoundException"
TWICE = "ResourceConflictException"
# What cannot be changed: where a mapping reads, and from where on.
FIXED = ("EventSourceArn", "StartingPosition", "StartingPositionTimestamp")
# The defaults of a mapping that reads a stream; UpdateEventSourceMapping keeps what is not named.
DEFAULTS: Mapping[str, Any] = {
    "BatchSize": 100,
    "MaximumBatchingWindowInSeconds": 0,
    "ParallelizationFactor": 1,
    "BisectBatchOnFunctionError": False,
    "MaximumRetryAttempts": -1,
    "MaximumRecordAgeInSeconds": -1,
    "TumblingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
    "FilterCriteria": {},
    "DestinationConfig": {},
}


def find_mapping(client: LambdaClient, function: str) -> dict[str, Any] | None:
    """Return the mapping that feeds a function, or None; one that is being deleted is none any more."""
    pages = client.get_paginator("list_event_source_mappings").paginate(FunctionName=function)
    for page in pages:
        for row in page["EventSourceMappings"]:
            if row.get("State") != "Deleting":
                return dict(row)
    return None


def connect(
    client: LambdaClient, function: str, arguments: Mapping[str, Any], *, clock: Clock
) -> dict[str, Any]:
    """Let a stream feed a function as the arguments say; return the mapping.

    May be repeated: a mapping that is there already is changed, or made anew if it reads elsewhere.

    Raises:
        ClientError: AWS refuses, for example since the function's role may not read the stream.
        ConfigurationError: the source is not an ARN; AWS's own message would be misleading.
        NotSettledError: it does not become enabled in time.
    """
    source = str(arguments.get("EventSourceArn", "arn:"))
    if not source.startswith("arn:"):
        raise ConfigurationError(
            f"`EventSourceArn` is `{source}`, which is not an ARN; `ws.stream_arn(…)` returns a stream's, "
            'by the name in the template, such as "StateTable"'
        )
    known = find_mapping(client, function)
    if known is None:
        return _made(client, function, arguments, clock)
    if any(known.get(name) != value for name, value in arguments.items() if name in FIXED):
        return _made_anew(client, function, known["UUID"], arguments, clock)
    if changes := _changes(known, arguments):
        _wait_for(SETTLED, client, known["UUID"], clock)
        client.update_event_source_mapping(UUID=known["UUID"], **changes)
    return _wait_for(SETTLED, client, known["UUID"], clock)


def disconnect(client: LambdaClient, function: str, *, clock: Clock) -> bool:
    """Delete the mapping that feeds a function and wait until it is gone; return False if there was none."""
    known = find_mapping(client, function)
    if known is None:
        return False
    _remove(client, function, known["UUID"], clock)
    return True


def _made(client: LambdaClient, function: str, arguments: Mapping[str, Any], clock: Clock) -> dict[str, Any]:
    made = client.create_event_source_mapping(FunctionName=function, **arguments)
    return _wait_for(SETTLED, client, made["UUID"], clock)


def _made_anew(
    client: LambdaClient, function: str, before: str, arguments: Mapping[str, Any], clock: Clock
) -> dict[str, Any]:
    """Make another mapping in the place of one, which stays where the new one does not come to work."""
    try:
        made = client.create_event_source_mapping(FunctionName=function, **arguments)
    except ClientError as error:
        # There may not be two for one source: the new one is in order, and the old one has to go first.
        if error.response["Error"]["Code"] != TWICE:
            raise
        _remove(client, function, before, clock)
        return _made(client, function, arguments, clock)
    try:
        settled = _wait_for(SETTLED, client, made["UUID"], clock)
    except NotSettledError:
        # Two mappings would feed the function twice.
        _remove(client, function, made["UUID"], clock)
        raise
    _remove(client, function, before, clock)
    return settled


def _remove(client: LambdaClient, function: str, uuid: str, clock: Clock) -> None:
    """Delete a mapping and wait until it is gone."""
    deadline, pause = clock.now() + PATIENCE_SECONDS, FIRST_PAUSE_SECONDS
    is_accepted = _delete(client, uuid)
    while not is_accepted or _is_there(client, uuid):
        if clock.now() >= deadline:
            doing = "being deleted" if is_accepted else "being changed"
            raise NotSettledError(f"the mapping of `{function}` is still {doing}; run the cell again")
        clock.sleep(pause)
        pause = min(LONGEST_PAUSE_SECONDS, pause * 2)
        is_accepted = is_accepted or _delete(client, uuid)


def switch(client: LambdaClient, uuid: str, *, enabled: bool, clock: Clock) -> None:
    """Enable or disable a mapping, and wait until that is done.

    Raises:
        NotSettledError: it does not change its state in time.
    """
    wanted = "Enabled" if enabled else "Disabled"
    if _wait_for(SETTLED, client, uuid, clock)["State"] != wanted:
        client.update_event_source_mapping(UUID=uuid, Enabled=enabled)
        _wait_for((wanted,), client, uuid, clock)


def _delete(client: LambdaClient, uuid: str) -> bool:
    """Ask for a mapping to be deleted; return False if Lambda is still busy with it."""
    try:
        client.delete_event_source_mapping(UUID=uuid)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code not in (BUSY, GONE):
            raise
        return code == GONE
    return True


def _changes(known: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what UpdateEventSourceMapping must change, so that the mapping is as if newly created."""
    wanted = {**DEFAULTS, **{name: value for name, value in arguments.items() if name not in FIXED}}
    changes = {
        name: value
        for name, value in wanted.items()
        if name != "Enabled"
        and _plain(known.get(name)) != _plain(value)
        and not _is_unset(known, name, value)
    }
    if arguments.get("Enabled", True) != (known["State"] in {"Enabled", "Enabling", "Creating", "Updating"}):
        changes["Enabled"] = arguments.get("Enabled", True)
    return changes


def _plain(value: Any) -> Any:
    """Return a setting without the empty parts that AWS adds to its answers."""
    if isinstance(value, Mapping):
        return {name: plain for name, part in value.items() if (plain := _plain(part))}
    return value or None


def _is_unset(known: Mapping[str, Any], name: str, value: Any) -> bool:
    """Whether a default is asked for that the answer leaves out."""
    return name not in known and value == DEFAULTS.get(name)


def _wait_for(states: tuple[str, ...], client: LambdaClient, uuid: str, clock: Clock) -> dict[str, Any]:
    deadline, pause = clock.now() + PATIENCE_SECONDS, FIRST_PAUSE_SECONDS
    while True:
        found = client.get_event_source_mapping(UUID=uuid)
        if found["State"] in states:
            return {name: value for name, value in found.items() if name != "ResponseMetadata"}
        if clock.now() >= deadline:
            raise NotSettledError(
                f"the mapping is still `{found['State']}` after {PATIENCE_SECONDS:.0f} seconds; "
                f"AWS says about it: `{found.get('LastProcessingResult', 'nothing')}`; run the cell again"
            )
        clock.sleep(pause)
        pause = min(LONGEST_PAUSE_SECONDS, pause * 2)


def _is_there(client: LambdaClient, uuid: str) -> bool:
    try:
        client.get_event_source_mapping(UUID=uuid)
    except ClientError as error:
        if error.response["Error"]["Code"] == GONE:
            return False
        raise
    return True
