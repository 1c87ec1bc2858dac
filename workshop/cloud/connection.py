"""Which cloud a command or notebook speaks to, and clients for it.

The two clouds differ only here: an AWS account through the user's own profile, or the offline cloud through
its endpoint, with credentials that are nobody's.
"""

import os
import threading
from collections.abc import Collection
from functools import cache, cached_property
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError
from botocore.loaders import Loader, create_loader

from workshop.clock import Clock
from workshop.cloud.blank_session import blank_session
from workshop.cloud.offline.pid_file import PidFile
from workshop.cloud.offline_control import OfflineControl
from workshop.errors import FROM_A_NOTEBOOK, CloudNotRunningError, CloudStartError, ConfigurationError
from workshop.settings import ACCOUNT_ID, DEFAULT_ENDPOINT, DEFAULT_REGION, cloud_kind

__all__ = ["NO_ANSWER", "Cloud", "connect"]

# What a client raises where nobody answers, such as an offline cloud that has ended.
NO_ANSWER = (CloudNotRunningError, EndpointConnectionError, ConnectionClosedError, ConnectionError)

# The key that AWS's documentation uses for examples: no account answers to it.
FAKE_ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE"
FAKE_SECRET_KEY = "offline"  # noqa: S105 # it opens nothing
POOL_SIZE = 50
LONGEST_FUNCTION_SECONDS = 900
ENDPOINT_VARIABLE = "AWS_ENDPOINT_URL"
LOST_ANSWER = "workshop_lost_answer"


class Cloud:
    """A cloud, with one client per service; thread-safe."""

    def __init__(self, kind: str, *, region: str, endpoint: str | None = None) -> None:
        self.kind = kind
        self.region = region
        self.endpoint = endpoint
        self.offline = None if endpoint is None else OfflineControl(endpoint)
        # boto3's stubs know each service by a literal; here the name is a variable.
        self._session: Any = _aws_session(region) if endpoint is None else _offline_session(region)
        self._clients: dict[str, Any] = {}
        self.is_in_notebook = False
        self._guard = threading.Lock()  # making clients is not thread-safe, using them is

    def client(self, service: str) -> Any:
        """Return the boto3 client of a service (`dynamodb`, `kinesis`, …), always the same one.

        Its calls raise CloudNotRunningError if no offline cloud answers.
        """
        with self._guard:
            if service not in self._clients:
                client = self._session.client(
                    service, endpoint_url=self.endpoint, config=_config(offline=self.offline is not None)
                )
                if self.offline is not None:
                    client.meta.events.register("needs-retry", self._give_up)
                self._clients[service] = client
            return self._clients[service]

    def enter_notebook(self) -> None:
        """Let errors say from now on what to do in a notebook, and not in a terminal."""
        self.is_in_notebook = True
        if self.offline is not None:
            self.offline.way_on = FROM_A_NOTEBOOK

    def _give_up(
        self,
        *,
        caught_exception: Exception | None,
        request_dict: dict[str, Any],
        **_: Any,
    ) -> None:
        """End a call to a cloud that has gone at once, without boto3's retries, and say what to do."""
        if self.offline is None or not isinstance(caught_exception, NO_ANSWER):
            return
        if not isinstance(caught_exception, EndpointConnectionError):
            request_dict["context"][LOST_ANSWER] = True
        try:
            self.offline.health()
        except CloudNotRunningError as error:
            raise CloudNotRunningError(
                error.endpoint,
                self.offline.way_on,
                may_have_arrived=LOST_ANSWER in request_dict["context"],
            ) from caught_exception

    @cached_property
    def account_id(self) -> str:
        """The account's number."""
        if self.offline is not None:
            return ACCOUNT_ID
        return str(self.client("sts").get_caller_identity()["Account"])

    @property
    def partition(self) -> str:
        """The part of AWS that the region lies in, as ARNs have it: `aws`, `aws-cn`, `aws-us-gov`, …."""
        return str(self._session.get_partition_for_region(self.region))

    @property
    def badge(self) -> str:
        """One line that tells which cloud this is and whether it costs money."""
        if self.offline is not None:
            return f"OFFLINE: {self.endpoint}, {self.region}; nothing here costs anything"
        return f"AWS: account {self.shown_account}, {self.region}; what runs here costs money"

    @property
    def shown_account(self) -> str:
        """The end of the account's number: enough to tell it from others, in pictures that people share."""
        return f"…{self.account_id[-4:]}"

    def wait_until_quiet(self, functions: Collection[str], seconds: float, *, clock: Clock) -> bool | None:
        """Block for up to `seconds`, until these functions have nothing to do; return whether that is so.

        A function has nothing to do when none of its event source mappings has a record, a batch or a window
        left, and no asynchronous event waits for it. AWS does not tell: None is returned after `seconds` on
        the clock, and whoever waits has to look at what the functions write.
        """
        if self.offline is None:
            clock.sleep(seconds)
            return None
        return self.offline.wait_until_quiet(functions, timeout_seconds=seconds)

    def __repr__(self) -> str:
        return f"<Cloud {self.kind} {self.endpoint or self.region}>"


def connect(cloud: str | None = None, *, endpoint: str | None = None, region: str | None = None) -> Cloud:
    """Return the cloud that was chosen, after making sure that it answers if it is offline.

    `cloud` is `offline` or `aws`; without it, `WORKSHOP_CLOUD` decides. The offline endpoint is the
    argument, else `AWS_ENDPOINT_URL`, else what the pid file of the background cloud says, else
    `http://127.0.0.1:4566`.

    Raises:
        CloudNotRunningError: no offline cloud answers.
        ConfigurationError: an unknown cloud, an endpoint for AWS, or something else answers at the endpoint.
        CloudStartError: the offline cloud answers that it could not be loaded.
    """
    kind = cloud_kind(cloud)
    wanted = endpoint or os.environ.get(ENDPOINT_VARIABLE)
    chosen_region = region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")
    if kind == "aws":
        if wanted:
            raise ConfigurationError(
                f"an endpoint (`{wanted}`) and the cloud `aws` contradict each other; "
                f"leave `--endpoint` out and unset `{ENDPOINT_VARIABLE}`, or choose `--cloud offline`"
            )
        return Cloud("aws", region=chosen_region or _profile_region() or DEFAULT_REGION)
    chosen = _checked(wanted).rstrip("/") if wanted else _known_endpoint()
    connected = Cloud("offline", region=chosen_region or DEFAULT_REGION, endpoint=chosen)
    if problem := OfflineControl(chosen).health().get("problem"):
        raise CloudStartError(problem)
    return connected


def _known_endpoint() -> str:
    known = PidFile.read()
    return known.url if known else DEFAULT_ENDPOINT


def _checked(endpoint: str) -> str:
    """Return the address if it can be the offline cloud's."""
    try:
        parts = urlsplit(endpoint)
        if parts.scheme == "http" and parts.hostname and parts.port != 0:
            return endpoint
    except ValueError:  # a port or an address of IPv6 that is none
        pass
    raise ConfigurationError(
        f"`{endpoint}` is no address of an offline cloud; write it as in `--endpoint {DEFAULT_ENDPOINT}`, "
        f"and look at the variable `{ENDPOINT_VARIABLE}`"
    )


def _config(*, offline: bool) -> Config:
    common: dict[str, Any] = {
        "max_pool_connections": POOL_SIZE,
        "retries": {"mode": "standard", "max_attempts": 5},
        "read_timeout": LONGEST_FUNCTION_SECONDS + 30,
    }
    if offline:
        # A proxy of the environment must not see calls to this machine; accounts have no endpoints of their
        # own.
        common |= {"proxies": {}, "account_id_endpoint_mode": "disabled", "connect_timeout": 5}
    return Config(**common)


def _aws_session(region: str) -> boto3.Session:
    return boto3.Session(region_name=region)


def _profile_region() -> str | None:
    return boto3.Session().region_name


@cache
def _models() -> Loader:
    """Return what reads the services' models: each is large, and one copy serves all clouds of a process."""
    return create_loader()


def _offline_session(region: str) -> boto3.Session:
    session = blank_session()
    session.register_component("data_loader", _models())
    session.set_credentials(FAKE_ACCESS_KEY, FAKE_SECRET_KEY)
    return boto3.Session(botocore_session=session, region_name=region)
