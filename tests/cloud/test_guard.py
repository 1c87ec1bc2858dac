"""A cloud that is used by programs which nobody trusts."""

import contextlib
import shutil
import socket
import sys
import threading
from collections.abc import Iterator

import pytest

from workshop.cloud.connection import Cloud
from workshop.cloud.temporary import temporary_cloud

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="`env` stands in for what confines functions")
SILENCE_SECONDS = 1.0


@pytest.fixture(scope="module")
def guarded() -> Iterator[Cloud]:
    """A cloud with a token, whose functions would be started by `env`."""
    with temporary_cloud(launcher=(shutil.which("env") or "env",), region="eu-west-1") as cloud:
        yield cloud


@pytest.fixture
def outside() -> Iterator[socket.socket]:
    """A server that is no cloud."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(SILENCE_SECONDS)
        yield server


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_subscription_leads_nowhere(guarded: Cloud, outside: socket.socket, host: str) -> None:
    """Whoever subscribes a server of their own to a topic hears nothing of what is published."""
    sns = guarded.client("sns")
    topic = sns.create_topic(Name=f"to-{host.replace('.', '-')}")["TopicArn"]
    endpoint = f"http://{host}:{outside.getsockname()[1]}/"
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=endpoint)

    def publish() -> None:
        with contextlib.suppress(sns.exceptions.ClientError):  # what counts is who hears of it
            sns.publish(TopicArn=topic, Message="the solutions")

    publishing = threading.Thread(target=publish, daemon=True)
    publishing.start()
    with pytest.raises(TimeoutError):
        outside.accept()[0].close()
    publishing.join(10)


def test_a_guarded_cloud_is_a_cloud(guarded: Cloud) -> None:
    """What the cloud itself needs is left to it: it answers, and keeps what it is told."""
    guarded.client("sqs").create_queue(QueueName="own")

    assert len(guarded.client("sqs").list_queues()["QueueUrls"]) == 1
