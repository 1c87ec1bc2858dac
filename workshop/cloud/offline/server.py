"""The offline cloud as one object: moto with its corrections, the runtime of functions, the endpoint.

It comes up in two steps. What pipelines need every second is loaded before the endpoint answers;
CloudFormation, which imports most of moto, is loaded in the background meanwhile, and calls to it wait for
that.
"""

import logging
import threading
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote

from moto.iam.models import iam_backends
from moto.moto_api._internal.models import moto_api_backend

from workshop.clock import AdjustableClock, Clock
from workshop.cloud.fault_plan import NO_FAULTS
from workshop.cloud.offline import overlay
from workshop.cloud.offline.faults.active_plan import CloudFaults
from workshop.cloud.offline.guard import NO_GUARD, Guard
from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.control import PREFIX, ControlApi
from workshop.cloud.offline.http.dispatch import Dispatcher
from workshop.cloud.offline.http.failures import IncompleteError
from workshop.cloud.offline.http.listener import Listener, endpoint
from workshop.cloud.offline.http.who_may_call import refused_to_strangers
from workshop.cloud.offline.keeping.changing_calls import Effect, effect_of
from workshop.cloud.offline.keeping.errors import InUseError, UnavailableError
from workshop.cloud.offline.keeping.keeper import Keeper
from workshop.cloud.offline.keeping.memory import MEMORY
from workshop.cloud.offline.keeping.resources import EARLY
from workshop.cloud.offline.keeping.stored_rows import TemporaryRows
from workshop.cloud.offline.late_corrections import LATE, LateCorrections
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.runtime import Runtime
from workshop.cloud.offline.runtime.environments.subprocess_environment import SubprocessEnvironments
from workshop.errors import CloudStartError
from workshop.settings import ACCOUNT_ID, DEFAULT_HOST, DEFAULT_PORT

__all__ = ["OfflineCloud"]

# moto's own: forget everything, move states on, replay calls. Our control stands in its place.
MOTO_CONTROL = "/moto-api"

log = logging.getLogger(__name__)


class OfflineCloud:
    """The offline cloud at `host` and `port` (0: any free one); a context manager that starts and stops it.

    There is one per process, since moto's state belongs to the process. `guard` keeps functions away from
    the control and from the machine. `stream_memory` is how many bytes of records may be in memory, all
    if it is None.

    Raises:
        PortInUseError: something else listens there.
    """

    def __init__(
        self,
        host: str = DEFAULT_HOST,
        port: int = DEFAULT_PORT,
        clock: Clock | None = None,
        *,
        guard: Guard = NO_GUARD,
        kept: Path | None = None,
        stream_memory: int | None = None,
    ) -> None:
        self.host = host
        self.clock: Clock = clock or AdjustableClock()
        self.started = self.clock.now()
        self.faults = CloudFaults(self.clock)
        self._guard = guard
        self._kept = kept
        self._stream_memory = stream_memory
        self._spilled: TemporaryRows | None = None
        self.keeper: Keeper | None = None
        # What whoever asks how it is should know.
        self.notes: list[str] = []
        self._control = ControlApi(self, token=guard.token)
        self._listener = Listener(host, port, self.answer)
        self._late = LateCorrections(self.clock, self._begin_late)
        self._stop_requested = threading.Event()
        self._dispatcher: Dispatcher | None = None
        self._runtime: Runtime | None = None
        self._starts_late = False

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._listener.port

    @property
    def url(self) -> str:
        """The endpoint for clients on this machine."""
        return endpoint(self.host, self.port)

    @property
    def runtime(self) -> Runtime:
        """The runtime of functions; there is one after `start`."""
        if self._runtime is None:
            raise RuntimeError("the offline cloud has no runtime before it is started")
        return self._runtime

    def start(self) -> None:
        """Answer calls from now on, in threads."""
        overlay.choose_options()
        overlay.apply(self.clock, [name for name in overlay.CORRECTIONS if not name.startswith(LATE)])
        # Every call looks at IAM; its catalogue of policies takes a moment to build.
        _ = iam_backends[ACCOUNT_ID]["aws"]
        self.keeper = self._open_keeper()
        if self.keeper is None:
            self._begin_spilling()
        self._dispatcher = Dispatcher(
            before=self._wait_if_needed, after=self._wait_until_kept, keeper=self.keeper
        )
        environments = self.faults.watch(
            SubprocessEnvironments(endpoint_url=self.url, launcher=self._guard.launcher)
        )
        self._runtime = Runtime(clock=self.clock, endpoint_url=self.url, environments=environments)
        self._starts_late = self.keeper is not None and not self.keeper.is_complete
        self._listener.start()
        if not self._starts_late:
            self._runtime.start()
        self._late.start()
        log.info("the offline cloud answers at %s", self.url)

    def _open_keeper(self) -> Keeper | None:
        if self._kept is None:
            return None
        try:
            keeper = Keeper(self._kept, self.clock, stream_memory=self._stream_memory)
        except InUseError:
            note = f"this cloud keeps nothing: another one, which runs, keeps its state in `{self._kept}`"
            log.warning(note)
            self.notes.append(note)
            return None
        except UnavailableError as error:
            raise CloudStartError(
                f"the offline cloud cannot keep its state in `{self._kept}`: {error}; free some space, "
                "or let it be written, or keep nothing with `workshop cloud run --ephemeral`"
            ) from error
        self.notes = keeper.notes
        return keeper

    def _begin_spilling(self) -> None:
        self._spilled = TemporaryRows()
        MEMORY.begin(self._spilled, self._stream_memory)
        LOCK.before_free = MEMORY.relieve

    def stop(self) -> None:
        """Take no more calls, end every function and close every connection."""
        # First, since it may be about to start the runtime.
        self._late.stop()
        if self._runtime is not None:
            self._runtime.stop()
        self._listener.stop()
        if self.keeper is not None:
            self.keeper.close()
        if self._spilled is not None:
            with LOCK:
                LOCK.before_free = None
                MEMORY.end()
                self._spilled.close()

    def wait(self) -> None:
        """Block until somebody has asked the cloud to stop."""
        # Without a timeout, a main thread on Windows would not notice Ctrl-C.
        while not self._stop_requested.wait(timeout=0.5):
            pass

    def answer(self, call: Call) -> Answer:
        """Answer one call, of AWS's API or of the control, unless a stranger makes it."""
        try:
            return self._answer(call)
        finally:
            # Afterwards: what the call has brought is there to be found now.
            if self._runtime is not None:
                self._runtime.hear()

    def _answer(self, call: Call) -> Answer:
        if (refused := refused_to_strangers(call, self.host)) is not None:
            return refused
        if call.path.startswith(PREFIX):
            return self._control.answer(call)
        if self._guard.token is not None and MOTO_CONTROL in unquote(call.target):
            return Answer.of_json({"error": "this cloud keeps its workings to itself"}, 403)
        if call.path.startswith(MOTO_CONTROL):
            return Answer.of_json({"error": f"the control is at {PREFIX}; there is none of moto's"}, 404)
        if self._dispatcher is None:
            raise RuntimeError("the offline cloud does not answer before it is started")
        return self.faults.answer(call, self._dispatcher.answer)

    def reset(self) -> None:
        """Forget every resource, all of their data, and the faults; functions that run are ended."""
        # What is being loaded registers services while moto would walk through them.
        self._late.wait_for_end()
        self.faults.use(NO_FAULTS)
        self.runtime.reset()
        with LOCK:
            moto_api_backend.reset()
            if self.keeper is not None:
                self.keeper.forget()
        self.runtime.reset()  # what its threads have begun between the two belongs to the past as well

    def request_stop(self) -> None:
        """Make `wait` return."""
        self._stop_requested.set()

    def runtime_status(self) -> dict[str, Any]:
        """Return what the runtime is doing."""
        return self.runtime.status()

    def wait_until_quiet(self, functions: Collection[str], *, timeout_seconds: float) -> bool:
        """Block until these functions, or all, have nothing to do; False if the time is over before."""
        return self.runtime.wait_until_quiet(functions, timeout_seconds=timeout_seconds)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def problem(self) -> str | None:
        """Why it can neither answer nor run functions, although it was started; None if it can."""
        return self._late.problem

    def _wait_if_needed(self, call: Call) -> None:
        # Half of a cloud would take records that no function ever sees.
        if self.problem is not None:
            raise IncompleteError(self.problem)
        service = LATE if call.scope is None else call.scope.service
        # What is loaded meanwhile, CloudFormation's own and what it needs, may be incomplete.
        is_late = service not in EARLY
        if self.keeper is not None and not self.keeper.is_complete:
            # Stacks must find what they have made, and what is not loaded yet seems to have nothing.
            is_late = is_late or effect_of(call) is Effect.RESOURCES
        if is_late:
            self._late.wait()

    def _wait_until_kept(self, call: Call) -> None:
        if self.keeper is not None and self.keeper.is_behind and effect_of(call) is not Effect.NOTHING:
            self._late.wait()

    def _begin_late(self) -> None:
        if self.keeper is None or not self._starts_late:
            return
        with LOCK:
            self.keeper.read_late()
        # Not before: new log groups cannot be kept until then, and what they say of a batch that was done.
        self.runtime.start()
