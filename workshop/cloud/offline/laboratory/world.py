"""The parts of a laboratory: corrected moto, a dispatcher, faults and a runtime, all on one clock."""

from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from moto.moto_api._internal.models import moto_api_backend

from workshop.clock import Clock, ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.faults.active_plan import CloudFaults
from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.control import ControlApi
from workshop.cloud.offline.http.dispatch import Dispatcher
from workshop.cloud.offline.http.listener import Listener
from workshop.cloud.offline.keeping.keeper import Keeper
from workshop.cloud.offline.laboratory.data import forget_data
from workshop.cloud.offline.laboratory.in_process_calls import answer_in_process, retry_on_the_clock
from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.runtime import Runtime
from workshop.cloud.offline.runtime.environments.environment import EnvironmentFactory
from workshop.cloud.offline.runtime.environments.in_process import InProcessEnvironments, MakeClient
from workshop.cloud.offline.runtime.environments.subprocess_environment import SubprocessEnvironments
from workshop.cloud.offline.runtime.event_sources.redelivery import use_rule
from workshop.cloud.users_settings import without_the_user
from workshop.settings import DEFAULT_HOST

__all__ = ["NOWHERE", "LaboratoryWorld"]

# Nobody listens there. For an IP address boto3 puts S3 buckets into the path, as for the offline cloud.
NOWHERE = "http://127.0.0.1:1"

# A pipeline with a broken guard may never come to rest; the explorer must still end.
MAX_STEPS = 2_000
MAX_SECONDS = 8 * 3600.0


class LaboratoryWorld:
    """Everything that a laboratory needs; one at a time per process, since moto's state is global."""

    port = 0
    problem = None

    def __init__(
        self, clock: ManualClock, *, make_client: MakeClient | None, kept: Path | None = None
    ) -> None:
        self._put_options_back = overlay.choose_options()
        moto_api_backend.reset()
        self.clock: Clock = clock
        self._advance = clock.advance
        self.started = clock.now()
        with without_the_user():  # moto's EC2 makes sessions while it is imported
            overlay.apply(clock)
        self.keeper = None if kept is None else Keeper(kept, clock)
        if self.keeper is not None:
            self.keeper.read_late()
        self.notes = [] if self.keeper is None else self.keeper.notes
        self._dispatcher = Dispatcher(keeper=self.keeper)
        self.faults = CloudFaults(clock, manual=True, in_process=make_client is not None)
        self._listener: Listener | None = None
        endpoint_url, self._inner = self._environments(make_client)
        environments = self.faults.watch(self._inner)
        self._runtime = Runtime(clock=clock, endpoint_url=endpoint_url, environments=environments)
        self.control = ControlApi(self)
        self.after_call: Callable[[str, str], None] | None = None

    def _environments(self, make_client: MakeClient | None) -> tuple[str, EnvironmentFactory]:
        """Return where functions find the API, and what runs them: this process or others."""
        if make_client is not None:
            return NOWHERE, InProcessEnvironments(
                clock=self.clock, endpoint_url=NOWHERE, make_client=make_client
            )
        self._listener = Listener(DEFAULT_HOST, 0, self.answer)
        self._listener.start()
        endpoint_url = f"http://{DEFAULT_HOST}:{self._listener.port}"
        return endpoint_url, SubprocessEnvironments(endpoint_url=endpoint_url)

    def answer(self, call: Call) -> Answer:
        """Answer a call of AWS's API, faults included."""
        return self.faults.answer(call, self._through)

    def _through(self, call: Call) -> Answer:
        answer = self._dispatcher.answer(call)
        if self.after_call is not None and (stage := self.faults.stage_of_caller(call)):
            self.after_call(call.operation, stage)
        return answer

    def connect(self, client: Any) -> None:
        """Let a client reach this world, and nothing else."""
        answer_in_process(client, self.answer)
        retry_on_the_clock(client, self.clock)

    def step(self) -> float | None:
        """Do all work that is due; see `Runtime.step`."""
        return self._runtime.step()

    def rest(self) -> bool:
        """Let time pass until nothing is due any more; return False if that does not happen in hours."""
        limit = self.clock.now() + MAX_SECONDS
        for _ in range(MAX_STEPS):
            due = self.step()
            if due is None:
                return True
            if due > limit:
                return False
            self._advance(max(0.0, due - self.clock.now()))
        return False

    def empty(self) -> None:
        """Forget all data and all progress; what was deployed stays as it is."""
        self._runtime.reset()
        if isinstance(self._inner, InProcessEnvironments):
            self._inner.restart()
        with LOCK:
            forget_data()

    def reset(self) -> None:
        """Forget every resource as well."""
        self._runtime.reset()
        with LOCK:
            moto_api_backend.reset()
            if self.keeper is not None:
                self.keeper.forget()

    def close(self) -> None:
        """End everything; another laboratory may be made afterwards, with what this one has kept."""
        if self.keeper is not None:
            self.keeper.close()
            self.keeper = None
        self.reset()
        self._runtime.stop()
        if self._listener is not None:
            self._listener.stop()
        use_rule(None)
        self._put_options_back()

    def request_stop(self) -> None:
        """Nothing runs that could stop."""

    def wait_until_quiet(self, functions: Collection[str], *, timeout_seconds: float) -> bool:
        """Let time pass on the clock until these functions, or all, have nothing to do."""
        limit = self.clock.now() + timeout_seconds
        while True:
            due = self.step()
            if self._runtime.wait_until_quiet(functions, timeout_seconds=0):
                return True
            if due is None or due > limit:
                self._advance(max(0.0, limit - self.clock.now()))
                return False
            self._advance(max(0.0, due - self.clock.now()))

    def runtime_status(self) -> dict[str, Any]:
        """Return what the runtime is doing."""
        return self._runtime.status()
