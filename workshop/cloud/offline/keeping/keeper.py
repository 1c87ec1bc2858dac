"""Keeps the state of an offline cloud: commits what has changed, before anybody is answered.

`commit` is called each time that the lock of the offline cloud becomes free, whoever held it, and does
nothing unless something is marked (see `marks`). If the file cannot be written, what was marked is kept for
the next commit, and changing calls are refused until one succeeds.
"""

import contextlib
import logging
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from moto.moto_api._internal.models import moto_api_backend

from workshop.clock import AdjustableClock, Clock
from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.keeping.changing_calls import Effect, concerned, effect_of, services_of
from workshop.cloud.offline.keeping.errors import (
    KeepingError,
    OtherVersionError,
    UnavailableError,
    UnreadableStateError,
    remedy_of,
    told,
)
from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.keeping.memory import MEMORY
from workshop.cloud.offline.keeping.resources import Resources
from workshop.cloud.offline.keeping.store import Store, companions, set_aside
from workshop.cloud.offline.lock import LOCK

__all__ = ["Keeper"]

log = logging.getLogger(__name__)


class Keeper:
    """Keeps what the backends of this process hold in a file; there is one per process."""

    def __init__(self, path: Path, clock: Clock, *, stream_memory: int | None = None) -> None:
        """Open the file and give the backends what is in it, CloudFormation's excepted.

        `stream_memory` is how many bytes of records may be in memory; without it all of them are.

        Raises:
            InUseError: another process keeps its state there.
            UnavailableError: the file can be neither read nor written now.
        """
        self._clock = clock
        self._store = Store(path)
        MEMORY.begin(self._store, stream_memory)
        self._problem: str | None = None
        self._waiting: dict[int, dict[int | str, bytes | None]] = {}
        self._gone: set[int] = set()
        self._documents: dict[str, bytes | None] = {}
        self.notes: list[str] = []
        self.restored_bytes = 0
        self._take_up_time(path)
        # Nobody has put anything in; calls that only read write something as well: moto's empty backends.
        self._is_empty = False
        self._resources = self._restored()
        self._offset = self._restored_offset()
        MARKS.begin(dict(self._resources.named))
        LOCK.before_free = self.commit

    def _take_up_time(self, path: Path) -> None:
        """Let time go on from the last commit, even if the machine's clock was set back meanwhile."""
        written = [each.stat().st_mtime for each in companions(path) if each.exists()]
        if written and isinstance(self._clock, AdjustableClock):
            self._clock.go_on_from(max(written))

    def _restored(self) -> Resources:
        try:
            if self._store.open():
                self.restored_bytes = self._store.size
            else:
                self._is_empty = True
            self._tell_of_damage()
            resources = Resources(self._store)
            resources.read()
        except UnavailableError:
            raise
        except (OSError, sqlite3.Error) as error:
            if isinstance(problem := told(error), UnavailableError):
                raise problem from error
            return self._begin_anew(problem)
        except Exception as error:
            # Whatever a damaged or foreign file makes of its reader.
            if not isinstance(error, UnreadableStateError):
                log.exception("the kept state could not be read")
            return self._begin_anew(error)
        return resources

    def _tell_of_damage(self) -> None:
        if self._store.set_aside is not None:
            self.notes.append(
                f"the newest changes of what `{self._store.path}` had kept could not all be read, and those "
                f"that could not are gone; `{self._store.set_aside}` has what was there"
            )
            log.error(self.notes[-1])

    def _begin_anew(self, error: Exception) -> Resources:
        moto_api_backend.reset()
        self._store.disconnect()
        aside = set_aside(self._store.path, self._clock)
        remedy = ", and can be put back for that version" if isinstance(error, OtherVersionError) else ""
        self.notes.append(
            f"what `{self._store.path}` had kept could not be read, so the cloud begins empty: {error}; "
            f"the file is now `{aside}`{remedy}"
        )
        log.error(self.notes[-1])
        self._store.open()
        return Resources(self._store)

    def read_late(self) -> None:
        """Give CloudFormation, and what is loaded with it, their state back; the caller holds the lock.

        Raises:
            KeepingError: some of it could not be read, and what is to be lost could not be copied either.
        """
        failed = self._resources.read_late()
        if failed:
            told = "; ".join(f"{service} ({error})" for service, error in failed.items())
            aside = self._copied_aside(told)
            self._resources.leave_late()
            MARKS.note_resources()
            self.notes.append(
                f"what `{self._store.path}` had kept of these services could not be read, and is gone: "
                f"{told}; `{aside}` has what was there"
            )
        # Loaded late itself.
        from workshop.cloud.offline.overlay.cloudformation.interrupted import (  # noqa: PLC0415
            end_interrupted_operations,
        )

        if end_interrupted_operations():
            MARKS.note_resources()

    def _copied_aside(self, unread: str) -> Path:
        try:
            return self._store.copied_aside(self._clock)
        except (OSError, sqlite3.Error) as error:
            raise KeepingError(
                f"what `{self._store.path}` keeps of these services could not be read: {unread}, nor could "
                f"it be copied ({error}), and nothing is changed{remedy_of(error)}"
            ) from error

    @property
    def is_complete(self) -> bool:
        """Whether all services have their state back."""
        return self._resources.is_complete

    @property
    def is_behind(self) -> bool:
        """Whether something has changed that is not kept before all services have their state back."""
        return bool(MARKS.services) and not self.is_complete

    def keep(self, call: Call, act: Callable[[Call], Answer]) -> Answer:
        """Return what `act` answers to a call, with the lock held; what has changed then is kept.

        Raises:
            KeepingError: it could not be kept, or what was before it could not; nobody may hear of it.
        """
        effect = effect_of(call)
        services = services_of(call) if effect is Effect.RESOURCES else None
        with LOCK:
            self._check(effect)
            if unkept := set(self._resources.unkept):
                self._refuse_unkept(effect, unkept & concerned(call, effect, unkept))
            self._is_empty &= effect is Effect.NOTHING
            try:
                # Twice: whoever gives the lock up amid a call has changed something before and after.
                self._note(services)
                answer = act(call)
            finally:
                self._note(services)
        self._check(effect)
        if self._resources.unkept:
            self._refuse_unkept(effect, self._resources.unkept.keys() - unkept)
        return answer

    def _check(self, effect: Effect) -> None:
        if self._problem is not None and effect is not Effect.NOTHING:
            with LOCK:
                self.commit()
            if self._problem is not None:
                raise KeepingError(self._problem)

    def _refuse_unkept(self, effect: Effect, services: Iterable[str]) -> None:
        if effect is not Effect.NOTHING and (service := next(iter(services), None)) is not None:
            raise KeepingError(
                f"the offline cloud cannot keep what is in {service} ({self._resources.unkept[service]}), so "
                "nothing there can be changed until it is stopped and started again, without the last "
                "change; a cloud that keeps nothing takes it: `workshop cloud run --ephemeral`"
            )

    @staticmethod
    def _note(services: frozenset[str] | None) -> None:
        if services is not None:
            MARKS.note_resources(*services)

    def commit(self) -> None:
        """Keep what was marked since the last commit; the caller holds the lock."""
        self._note_clock()
        MARKS.catch_up()
        are_resources_due = MARKS.services and self._resources.is_complete
        if not (MARKS.parts or are_resources_due or self._waiting or self._documents):
            MEMORY.relieve()  # of what was read from the file
            return
        try:
            # Until the stacks are back, a document without them would be the end of them.
            if are_resources_due:
                self._gather_resources()
            self._gather_parts()
            self._store.write(self._waiting, self._gone, self._documents)
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may be acknowledged until it is gone
            self._fail(error)
            return
        self._waiting.clear()
        self._gone.clear()
        self._documents.clear()
        self._problem = None
        MEMORY.relieve()

    def _gather_resources(self) -> None:
        documents, gone = self._resources.changed(MARKS.services)
        MARKS.services.clear()
        self._documents.update(documents)
        self._gone |= gone
        for number in gone:
            MARKS.forget(number)
            self._waiting.pop(number, None)

    def _gather_parts(self) -> None:
        # One by one: what cannot be packed stays marked, and with it what comes after.
        for number, part in list(MARKS.parts.items()):
            if changes := part.changes():
                self._waiting.setdefault(number, {}).update(changes)
            del MARKS.parts[number]

    def _note_clock(self) -> None:
        offset = getattr(self._clock, "offset_seconds", 0.0)
        if offset != self._offset:
            self._is_empty = False
            self._offset = self._resources.named["clock"]["offset"] = offset

    def _restored_offset(self) -> float:
        offset = float(self._resources.named["clock"].get("offset", 0.0))
        if offset and isinstance(self._clock, AdjustableClock):
            self._clock.advance(offset)
        return offset

    def _fail(self, error: Exception) -> None:
        if self._problem is None:
            trace = None if isinstance(error, sqlite3.Error) else error
            log.error("the state could not be written to `%s`: %s", self._store.path, error, exc_info=trace)
        self._problem = (
            f"the offline cloud cannot write what changes to `{self._store.path}` ({error}); "
            f"nothing can be changed until it can{remedy_of(error)}"
        )

    def forget(self) -> None:
        """Keep what is there now, after everything was forgotten; the caller holds the lock.

        Raises:
            KeepingError: it could not be written, and a restart now would bring back what was forgotten.
        """
        # Stacks that have not been read yet are forgotten as well.
        self._resources.leave_late()
        self._resources.unkept.clear()
        MARKS.note_resources()
        self.commit()
        if self._problem is not None:
            raise KeepingError(self._problem)
        self._is_empty = True
        # Needs as much room as what is left, and can be done another time.
        with contextlib.suppress(sqlite3.Error):
            self._store.compact()

    def status(self) -> dict[str, Any]:
        """Return where the state is kept, how large it is and what went wrong, as plain JSON values."""
        return {
            "file": str(self._store.path),
            "bytes": self._store.size,
            "notes": list(self.notes),
            "problem": self._problem,
            "not_kept": sorted(self._resources.unkept),
        }

    def close(self) -> None:
        """Commit, and keep nothing any more; a file in which nothing is does not stay."""
        with LOCK:
            MARKS.catch_up(at_once=True)
            self.commit()
            LOCK.before_free = None
            MARKS.end()
            MEMORY.end()
            self._store.close(forget=self._is_empty)
