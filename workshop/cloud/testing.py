"""The offline cloud for the tests of any project: a plugin of pytest, there where this package is installed.

    def test_my_pipeline(aws_cloud):
        aws_cloud.client("kinesis").create_stream(StreamName="trades", ShardCount=1)
        ...
        aws_cloud.wait_until_quiet()     # functions have worked off what was put in
        aws_cloud.advance(300)           # five minutes pass at once

`aws_cloud` is empty when a test begins, and `AWS_ENDPOINT_URL`, credentials and region are set while it runs,
so that code that makes boto3 clients of its own speaks to it too. One process with the cloud serves all tests
of a run; under pytest-xdist there is one for each worker. No account, no Docker, no network.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from workshop.cloud.connection import Cloud
from workshop.cloud.offline_control import OfflineControl
from workshop.cloud.temporary import temporary_cloud
from workshop.settings import DEFAULT_REGION

__all__ = ["CloudForTests", "aws_cloud", "aws_cloud_process"]

QUIET_SECONDS = 60.0


@dataclass(frozen=True)
class CloudForTests:
    """An empty account and what a test does with it besides calling AWS."""

    cloud: Cloud
    control: OfflineControl

    @property
    def endpoint_url(self) -> str:
        """Where every service answers: what `endpoint_url` of a client, or `--endpoint-url`, must be."""
        return self.control.endpoint

    @property
    def region(self) -> str:
        """The region of the clients that it makes."""
        return str(self.cloud.region)

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service."""
        return self.cloud.client(service)

    def now(self) -> float:
        """Return the cloud's time in unix seconds."""
        return self.control.now()

    def advance(self, seconds: float) -> float:
        """Let time pass at once: retries, windows, schedules and retention follow. Returns the new time."""
        return self.control.advance(seconds)

    def wait_until_quiet(self, *functions: str, timeout_seconds: float = QUIET_SECONDS) -> None:
        """Block until these functions, or all, have nothing to do.

        Raises:
            TimeoutError: they still have after so many seconds of the machine's time.
        """
        if not self.control.wait_until_quiet(functions, timeout_seconds=timeout_seconds):
            names = ", ".join(functions) or "the functions"
            raise TimeoutError(f"{names} still had work after {timeout_seconds:g} seconds; see their logs")

    def reset(self) -> None:
        """Forget every resource; done before each test, too."""
        self.control.reset()


@pytest.fixture(scope="session")
def aws_cloud_process() -> Iterator[Cloud]:
    """The process that serves all tests of this run; it ends with it, however that happens."""
    with temporary_cloud(region=DEFAULT_REGION) as cloud:
        yield cloud


@pytest.fixture
def aws_cloud(aws_cloud_process: Cloud, monkeypatch: pytest.MonkeyPatch) -> CloudForTests:
    """An empty offline cloud, which boto3 and the AWS CLI find by environment variables."""
    control = OfflineControl(str(aws_cloud_process.endpoint))
    control.reset()
    variables = {
        "AWS_ENDPOINT_URL": control.endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": str(aws_cloud_process.region),
        # DynamoDB's clients would put the account into the name of the host.
        "AWS_ACCOUNT_ID_ENDPOINT_MODE": "disabled",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return CloudForTests(aws_cloud_process, control)
