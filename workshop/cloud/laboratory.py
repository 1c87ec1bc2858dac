"""A cloud inside this process, for experiments: no socket, no thread, no waiting, and every step repeatable.

It is the offline cloud with its corrections, its dispatcher and its runtime, on a clock that moves only when
it is told to; functions run from the bundles that were deployed. What deploys to a cloud, puts records or
reads tables works here unchanged, since a laboratory is a `Cloud`. There can be one per process at a time,
because moto's state belongs to the process.
"""

import json
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from botocore.config import Config

from workshop.clock import ManualClock
from workshop.cloud.connection import Cloud
from workshop.cloud.fault_plan import NO_FAULTS, FaultPlan
from workshop.cloud.offline.http.calls import Call, Headers
from workshop.cloud.offline.http.control import PREFIX, ControlApi
from workshop.cloud.offline.laboratory.world import NOWHERE, LaboratoryWorld
from workshop.cloud.offline_control import OfflineControl
from workshop.settings import DEFAULT_REGION

__all__ = ["Laboratory"]

# A whole number of tumbling windows, so that a schedule that starts here has a whole one before it.
START = 1_750_000_500.0
# Lambda's own runtime configures nothing; accounts have no endpoints of their own here.
FUNCTION_CONFIG = Config(account_id_endpoint_mode="disabled", retries={"mode": "standard"})


class LaboratoryClock(ManualClock):
    """A clock that an experiment may also set back, together with everything else."""

    def restart(self, now: float) -> None:
        """Begin again at this time; only for a world that has been emptied."""
        self._now = now


class LaboratoryControl(OfflineControl):
    """The control of a laboratory, without a socket."""

    def __init__(self, endpoint: str, control: ControlApi) -> None:
        super().__init__(endpoint)
        self._control = control

    def call(
        self,
        method: str,
        path: str,
        document: dict[str, Any] | None = None,
        *,
        timeout_seconds: float = 0.0,  # noqa: ARG002 # nothing takes time here
    ) -> dict[str, Any]:
        """Make one control call and return its document."""
        body = b"" if document is None else json.dumps(document).encode()
        answer = self._control.answer(Call(method, PREFIX + path, Headers(()), body))
        return self._document(answer.status, answer.body)


class Laboratory(Cloud):
    """A deterministic cloud in this process; as a context manager it is closed at the end.

    With `subprocesses`, functions run in processes of their own, as in the offline cloud. Everything else
    stays as it is, so that both ways must agree.
    """

    def __init__(
        self, *, region: str = DEFAULT_REGION, subprocesses: bool = False, kept: Path | None = None
    ) -> None:
        super().__init__("offline", region=region, endpoint=NOWHERE)
        self.clock = LaboratoryClock(START)
        make_client = None if subprocesses else self._function_client
        self._world = LaboratoryWorld(self.clock, make_client=make_client, kept=kept)
        self._connected: set[str] = set()
        self.offline = LaboratoryControl(NOWHERE, self._world.control)

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service, always the same one."""
        client = super().client(service)
        if service not in self._connected:
            self._connected.add(service)
            self._world.connect(client)
        return client

    def use_faults(self, plan: FaultPlan = NO_FAULTS) -> None:
        """Follow this plan from now on; its counts begin at zero."""
        self._world.faults.use(plan)

    @property
    def met(self) -> dict[str, int]:
        """How many faults of each kind have happened since the plan was set."""
        return self._world.faults.dice.met

    @property
    def opportunities(self) -> dict[str, int]:
        """How many opportunities for each `kind@stage` there were since the plan was set."""
        return self._world.faults.dice.opportunities

    def step(self) -> float | None:
        """Do all work that is due now; returns when the next is due, None if everything is at rest."""
        return self._world.step()

    def rest(self) -> bool:
        """Let time pass until nothing is due; return False if the pipeline never comes to rest."""
        return self._world.rest()

    def watch(self, after_call: Callable[[str, str], None] | None) -> None:
        """Call `after_call(operation, stage)` after each call that a function has made with success."""
        self._world.after_call = after_call

    def empty(self) -> None:
        """Forget all data and all progress; what was deployed stays. The clock begins again."""
        self.use_faults()
        self.clock.restart(START)
        self._world.empty()

    def close(self) -> None:
        """End the laboratory."""
        self._world.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _function_client(self, service: str, variables: dict[str, str], **given: Any) -> Any:
        """Return a client for a function, with the credentials of its environment."""
        config = FUNCTION_CONFIG.merge(given.pop("config", None) or Config())
        # An assumed role has keys of its own, and no token of the function's belongs to them.
        if "aws_access_key_id" not in given:
            given |= {
                "aws_access_key_id": variables["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": variables["AWS_SECRET_ACCESS_KEY"],
                "aws_session_token": variables["AWS_SESSION_TOKEN"],
            }
        # Nobody listens anywhere else either.
        client = self._session.client(service, **{**given, "endpoint_url": NOWHERE, "config": config})
        self._world.connect(client)
        return client
