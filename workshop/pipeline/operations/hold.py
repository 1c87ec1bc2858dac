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

from workshop.clock import Clock
from workshop.errors import NotSettledError
from workshop.pipeline.operations.actions import condition, read_item, takes_effect, transact, update
from workshop.pipeline.operations.epoch import epoch_check, read_epoch
from workshop.pipeline.settle import watch

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
        # boto3 repeats a call whose answer was lost; the second one is refused by what the first has written.
        if not takes_effect(self._dynamodb.update_item, request) and self._note().get("Owner") != self._owner:
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
            self._transact([], {"Mappings": sorted(self._mappings)})
        for uuid in sorted(self._mappings):
            for _ in self._switch(uuid, enabled=False):
                self.beat()
        # Whoever took over while the mapping was being disabled may have enabled it before that.
        self.beat()

    def release(self) -> None:
        """Enable what was disabled, and delete the note; leave both to a run that has taken over."""
        for uuid in sorted(self._mappings):
            for _ in self._switch(uuid, enabled=True):
                # Not `beat`: what was disabled has to be enabled in whatever epoch. A sign of life all the
                # same, since AWS may take longer than the lease lasts. Without a note nobody else is at work.
                if not takes_effect(self._dynamodb.update_item, self._note_update({})) and self._note():
                    return
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
        return self._transact(actions, {})

    def _transact(self, actions: Sequence[Any], noted: Mapping[str, Any]) -> bool:
        guards = [{"Update": self._note_update(noted)}, epoch_check(self._table, self.epoch)]
        refused = transact(self._dynamodb, [*actions, *guards], clock=self._clock)
        if any(index >= len(actions) for index in refused):
            raise self._lost()
        if not refused:
            self._beat_at = self._clock.now()
        return not refused

    def _note_update(self, noted: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request that beats, and notes something, if the note is this run's."""
        seen = {"Owner": self._owner}
        return update(self._table, NOTE_KEY, seen=seen, to=noted, plus={"Beats": 1})

    def _note(self) -> dict[str, Any]:
        return read_item(self._dynamodb, self._table, NOTE_KEY)

    def _is_alive(self, note: Mapping[str, Any]) -> bool:
        """Watch a note until it changes or its lease is over."""
        latest = watch(
            self._note,
            self._clock.sleep,
            clock=self._clock,
            unchanged_seconds=lambda seen, _: LEASE_SECONDS if seen == note else 0.0,
            timeout_seconds=2 * LEASE_SECONDS,
            poll_seconds=POLL_SECONDS,
        )
        return latest.seen != note

    def _switch(self, uuid: str, *, enabled: bool) -> Iterator[None]:
        """Enable or disable a mapping and wait until that is done; one that was deleted is left alone.

        Yields before each step, so that whoever goes on to the next one has made sure of the hold.
        """
        wanted = "Enabled" if enabled else "Disabled"
        for _ in range(SWITCH_POLLS):
            if (state := self._state(uuid)) in {wanted, None}:
                return
            yield
            if state in SETTLED:
                # Somebody else may be changing the mapping this very moment; it will settle again.
                with suppress(self._lambda.exceptions.ResourceInUseException):
                    self._lambda.update_event_source_mapping(UUID=uuid, Enabled=enabled)
            self._clock.sleep(POLL_SECONDS)
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
