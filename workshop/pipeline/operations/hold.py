"""StateLambda's event source mappings, disabled for as long as a rebuild takes.

The item `rebuild` of ParameterTable is the lock, and the note of what has to be enabled again. It is written
before a mapping is disabled and deleted after it was enabled, so a command that is killed at any point leaves
either no trace or a note, which the next command finds and honours.

Shape: `{"Parameter": "rebuild", "Owner": "9f…", "Beats": 12, "Mappings": [uuid, …]}`. A run raises `Beats`
every few seconds; a note that stays as it is for LEASE_SECONDS belongs to a run that was interrupted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from botocore.exceptions import ClientError

from workshop.clock import Clock
from workshop.errors import NotSettledError
from workshop.pipeline.operations.actions import condition, read_item, takes_effect, update
from workshop.pipeline.operations.epoch import epoch_check, read_epoch
from workshop.pipeline.quiet import watch_until_quiet

if TYPE_CHECKING:
    from workshop.cloud.connection import Cloud

__all__ = ["Hold", "RebuildAtWorkError", "end_interrupted_rebuild"]

NOTE_KEY = {"Parameter": "rebuild"}
LEASE_SECONDS = 15.0
BEAT_SECONDS = 3.0
POLL_SECONDS = 1.0
# On AWS a mapping takes up to a minute to change its state.
SWITCH_POLLS = 180
SETTLED = {"Enabled", "Disabled"}
AT_WORK = {"Creating", "Enabling", "Enabled", "Updating"}
REFUSED = "ConditionalCheckFailed"
CONFLICT_ATTEMPTS = 50
CONFLICT_PAUSE_SECONDS = 0.05

Each = TypeVar("Each")


class RebuildAtWorkError(NotSettledError):
    """Another rebuild of the same pipeline has not ended."""


class Hold:
    """One run's hold on the mappings of StateLambda, in the epoch in which it began."""

    def __init__(self, cloud: Cloud, stack: str, outputs: Mapping[str, str], *, clock: Clock) -> None:
        self._dynamodb = cloud.client("dynamodb")
        self._lambda = cloud.client("lambda")
        self._stack = stack
        self._function = outputs.get("StateLambdaName", "")
        self._table = outputs["ParameterTableName"]
        self._clock = clock
        self._owner = uuid4().hex
        self._mappings: set[str] = set()
        self._beat_at = clock.now()
        self.epoch = read_epoch(self._dynamodb, self._table)

    def is_noted(self) -> bool:
        """Whether there is a note, of whatever run."""
        return bool(self._note())

    def take(self) -> None:
        """Write the note, or take over the one of a run that was interrupted; disables nothing yet.

        Raises:
            RebuildAtWorkError: another run is at work.
        """
        note = self._note()
        if note and self._is_alive(note):
            raise self._busy()
        self._mappings = set(note.get("Mappings", ()))
        seen = {name: note.get(name) for name in ("Owner", "Beats")}
        request = update(self._table, NOTE_KEY, seen=seen, to={"Owner": self._owner, "Beats": 0})
        if not takes_effect(self._dynamodb.update_item, request):
            raise self._busy()

    def disable(self) -> None:
        """Note which mappings are at work, disable them, and wait until they are.

        Raises:
            NotSettledError: a mapping does not change its state, or this run has lost its hold.
        """
        pages = self._lambda.get_paginator("list_event_source_mappings").paginate(FunctionName=self._function)
        rows = [row for page in pages for row in page["EventSourceMappings"]]
        self._mappings |= {row["UUID"] for row in rows if row["State"] in AT_WORK}
        if self._mappings:
            self._transact([self._note_action({"Mappings": sorted(self._mappings)})])
        for uuid in sorted(self._mappings):
            self._switch(uuid, enabled=False)
        # Whoever took over while the mapping was being disabled may have enabled it before that.
        self.beat()

    def release(self) -> None:
        """Enable what was disabled, and delete the note; leave both to a run that has taken over."""
        note = self._note()
        if note and note["Owner"] != self._owner:
            return
        for uuid in sorted(self._mappings):
            self._switch(uuid, enabled=True)
        takes_effect(self._dynamodb.delete_item, condition(self._table, NOTE_KEY, {"Owner": self._owner}))

    def beat(self) -> None:
        """Show that this run is alive.

        Raises:
            NotSettledError: the pipeline was cleared meanwhile, or another run has taken over.
        """
        self.commit([])

    def keep(self) -> None:
        """Beat if it is time to; raises what `beat` does."""
        if self._clock.now() - self._beat_at >= BEAT_SECONDS:
            self.beat()

    def beating(self, items: Iterable[Each]) -> Iterator[Each]:
        """Yield the items of a long scan, with a beat from time to time."""
        for item in items:
            self.keep()
            yield item

    def commit(self, actions: Sequence[Any]) -> bool:
        """Write all or nothing, and only while the hold lasts; return False if a condition does not hold.

        At most 98 actions fit beside the two that guard the hold and the epoch.

        Raises:
            NotSettledError: the pipeline was cleared meanwhile, or another run has taken over.
        """
        return self._transact([*actions, self._note_action({})])

    def _transact(self, actions: Sequence[Any]) -> bool:
        for _ in range(CONFLICT_ATTEMPTS):
            try:
                self._dynamodb.transact_write_items(
                    TransactItems=[*actions, epoch_check(self._table, self.epoch)]
                )
            except ClientError as error:
                # boto3's type of an error response does not know the reasons.
                response: dict[str, Any] = {**error.response}
                reasons = [reason.get("Code", "None") for reason in response.get("CancellationReasons", ())]
                if not reasons:
                    raise
                if REFUSED in reasons[-2:]:
                    raise self._lost() from error
                if REFUSED in reasons:
                    return False
                # A transaction of Map or Reduce, or a throttled request: neither lasts.
                self._clock.sleep(CONFLICT_PAUSE_SECONDS)
            else:
                self._beat_at = self._clock.now()
                return True
        raise NotSettledError(f"others keep writing the totals of `{self._stack}`; try again a little later")

    def _note_action(self, noted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the action that beats, and notes something, if the note is this run's."""
        seen = {"Owner": self._owner}
        return {"Update": update(self._table, NOTE_KEY, seen=seen, to=noted, plus={"Beats": 1})}

    def _note(self) -> dict[str, Any]:
        return read_item(self._dynamodb, self._table, NOTE_KEY)

    def _is_alive(self, note: Mapping[str, Any]) -> bool:
        """Watch a note until it changes or its lease is over."""
        latest, _ = watch_until_quiet(
            self._note,
            quiet_seconds=lambda seen: LEASE_SECONDS if seen == note else 0.0,
            timeout_seconds=2 * LEASE_SECONDS,
            poll_seconds=POLL_SECONDS,
            clock=self._clock,
        )
        return latest != note

    def _switch(self, uuid: str, *, enabled: bool) -> None:
        """Enable or disable a mapping and wait until that is done; one that was deleted is left alone."""
        wanted = "Enabled" if enabled else "Disabled"
        for _ in range(SWITCH_POLLS):
            if (state := self._state(uuid)) in {wanted, None}:
                return
            if state in SETTLED:
                # Somebody else may be changing the mapping this very moment; it will settle again.
                with suppress(self._lambda.exceptions.ResourceInUseException):
                    self._lambda.update_event_source_mapping(UUID=uuid, Enabled=enabled)
            self._clock.sleep(POLL_SECONDS)
            if not enabled:
                self.beat()
        raise NotSettledError(
            f"a mapping of `{self._function}` is still `{state}`, not `{wanted}`; "
            f"run `workshop reconcile {self._stack}`, which sees to it that it gets enabled"
        )

    def _state(self, uuid: str) -> str | None:
        try:
            return str(self._lambda.get_event_source_mapping(UUID=uuid)["State"])
        except self._lambda.exceptions.ResourceNotFoundException:
            return None

    def _busy(self) -> RebuildAtWorkError:
        return RebuildAtWorkError(
            f"another `workshop reconcile --rebuild` of `{self._stack}` is at work; wait until it is done"
        )

    def _lost(self) -> NotSettledError:
        return NotSettledError(
            f"the rebuild of `{self._stack}` was ended by somebody else's `clear` or rebuild; "
            "run `workshop reconcile` to see how things stand"
        )


def end_interrupted_rebuild(cloud: Cloud, stack: str, outputs: Mapping[str, str], *, clock: Clock) -> bool:
    """Enable the mappings that an interrupted rebuild has left disabled; return whether there were any.

    A rebuild that is still at work is left alone.
    """
    hold = Hold(cloud, stack, outputs, clock=clock)
    if not hold.is_noted():
        return False
    try:
        hold.take()
    except RebuildAtWorkError:
        return False
    hold.release()
    return True
