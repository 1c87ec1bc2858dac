"""A peer: an emulator of AWS that others have written, for the same calls in the same run.

ministack is no dependency. `pip install ministack`, best into an environment of its own whose `bin` is on
`PATH`, lets `workshop bench --peer` find it. It keeps nothing, which saves it what our cloud does for each
change.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from workshop.bench.calls import Found
from workshop.bench.clouds import MeasuredCloud
from workshop.bench.figures import HIGHER, figure
from workshop.clock import SystemClock, stopwatch
from workshop.cloud.child_processes import end_child
from workshop.cloud.connection import Cloud
from workshop.errors import CloudStartError, ConfigurationError
from workshop.settings import DEFAULT_HOST, DEFAULT_REGION

__all__ = ["PEER", "compared", "find_peer", "peer_cloud"]

PEER = "ministack"
FOREIGN = ("AWS_", "WORKSHOP_")
START_SECONDS, POLL_SECONDS, STOP_SECONDS = 60.0, 0.05, 15.0


class _PeerCloud(Cloud):
    """A cloud at an address that has none of our control."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(PEER, region=DEFAULT_REGION, endpoint=endpoint)
        self.offline = None


def find_peer() -> Path:
    """Return the program of the peer, in this environment or on `PATH`.

    Raises:
        ConfigurationError: it is not installed.
    """
    places = (str(Path(sys.executable).parent), None)
    found = next((found for place in places if (found := shutil.which(PEER, path=place))), None)
    if found is None:
        raise ConfigurationError(
            f"`{PEER}` is not found; `pip install {PEER}`, here or in an environment whose programs are on "
            "`PATH`, or leave `--peer` out"
        )
    return Path(found)


def compared(name: str, own: Found, others: Found) -> Found:
    """Return the peer's rate of a measurement, and how many times as high ours is; exact if the peer is."""
    ours, theirs = (next(each for each in found if each.id == f"{name}.rate") for found, _ in (own, others))
    figures = (
        figure(f"{name}.peer", f"{ours.what}: {PEER}", theirs.value, theirs.unit, better=""),
        figure(
            f"{name}.over_peer",
            f"{ours.what}: rate over that of {PEER}",
            ours.value / theirs.value,
            "ratio",
            better=HIGHER,
        ),
    )
    return figures, others[1]


@contextmanager
def peer_cloud(program: Path) -> Iterator[MeasuredCloud]:
    """Run the peer inside the block, in a folder of its own, which is gone afterwards.

    Raises:
        CloudStartError: it does not answer within a minute.
    """
    port = _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    with tempfile.TemporaryDirectory(prefix="workshop-bench-", ignore_cleanup_errors=True) as folder:
        begun = stopwatch()
        process = subprocess.Popen(
            [str(program)],
            env=kept | {"GATEWAY_PORT": str(port), "HOME": folder},
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            cloud = _PeerCloud(f"http://{DEFAULT_HOST}:{port}")
            _wait_until_it_answers(cloud, process)
            yield MeasuredCloud(cloud, process.pid, stopwatch() - begun)
        finally:
            end_child(process, STOP_SECONDS)


def _free_port() -> int:
    with socket.create_server((DEFAULT_HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def _wait_until_it_answers(cloud: Cloud, process: "subprocess.Popen[bytes]") -> None:
    begun, clock = stopwatch(), SystemClock()
    while stopwatch() - begun < START_SECONDS and process.poll() is None:
        try:
            cloud.client("dynamodb").list_tables()
        except (BotoCoreError, ClientError):
            clock.sleep(POLL_SECONDS)
        else:
            return
    raise CloudStartError(f"`{PEER}` does not answer at `{cloud.endpoint}`")
