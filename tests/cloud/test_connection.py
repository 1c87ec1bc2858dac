"""Which cloud is spoken to, and with whose credentials."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from workshop.cloud.connection import Cloud, connect
from workshop.cloud.offline_control import OfflineControl
from workshop.errors import FROM_A_NOTEBOOK, FROM_A_TERMINAL, CloudNotRunningError, ConfigurationError

NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the machine decides."""
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "WORKSHOP_CLOUD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WORKSHOP_HOME", str(tmp_path))


@pytest.fixture
def stranger():
    """A web server that is no offline cloud."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_the_endpoint_is_argument_then_variable_then_pid_file(shared_cloud, tmp_path, monkeypatch) -> None:
    """An explicit endpoint beats AWS_ENDPOINT_URL, which beats the pid file."""
    url = shared_cloud.endpoint
    (tmp_path / "cloud.pid").write_text(json.dumps({"pid": 1, "url": url}))
    assert connect().endpoint == url

    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
    with pytest.raises(CloudNotRunningError, match=NOBODY):
        connect()

    assert connect(endpoint=url + "/").endpoint == url


def test_the_region_is_argument_then_variable_then_default(shared_cloud, monkeypatch) -> None:
    """An explicit region beats AWS_REGION, which beats AWS_DEFAULT_REGION and us-east-1."""
    url = shared_cloud.endpoint
    assert connect(endpoint=url).region == "us-east-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    assert connect(endpoint=url).region == "eu-west-3"
    monkeypatch.setenv("AWS_REGION", "eu-west-2")
    assert connect(endpoint=url).region == "eu-west-2"

    cloud = connect(endpoint=url, region="eu-west-1")

    assert cloud.client("sqs").meta.region_name == "eu-west-1"


def test_no_cloud_says_how_to_start_one() -> None:
    """If nothing answers, the error names the endpoint and the command."""
    with pytest.raises(CloudNotRunningError, match="workshop cloud start"):
        connect(endpoint=NOBODY)


@pytest.mark.parametrize("way_on", [FROM_A_TERMINAL, FROM_A_NOTEBOOK])
def test_a_call_to_a_cloud_that_has_gone_says_what_to_do(way_on: str) -> None:
    """If nobody answers any more, calls to AWS's API and to the cloud itself end in the same error."""
    gone = Cloud("offline", region="us-east-1", endpoint=NOBODY)
    assert gone.offline is not None
    if way_on == FROM_A_NOTEBOOK:
        gone.enter_notebook()

    with pytest.raises(CloudNotRunningError) as of_api:
        gone.client("kinesis").list_streams()
    with pytest.raises(CloudNotRunningError) as of_control:
        gone.offline.runtime()

    assert str(of_api.value) == str(of_control.value) == f"no offline cloud answers at `{NOBODY}`; {way_on}"
    assert not of_api.value.may_have_arrived


def test_a_call_that_loses_its_answer_may_have_arrived() -> None:
    """A cloud that ends during a call may have done what it was asked to do."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        dying = Cloud("offline", region="us-east-1", endpoint=f"http://127.0.0.1:{server.getsockname()[1]}")

        def hear_and_die() -> None:
            caller, _ = server.accept()
            server.close()
            caller.recv(1)
            caller.close()

        threading.Thread(target=hear_and_die, daemon=True).start()
        with pytest.raises(CloudNotRunningError) as caught:
            dying.client("kinesis").list_streams()

    assert caught.value.may_have_arrived


def test_a_stranger_is_not_taken_for_the_cloud(stranger) -> None:
    """If something else answers at the endpoint, it is not used."""
    with pytest.raises(ConfigurationError, match="is not the workshop's offline cloud"):
        connect(endpoint=stranger)


def test_offline_clients_use_nobodys_credentials(shared_cloud, monkeypatch, tmp_path) -> None:
    """Keys, profiles and files of the machine are not looked at offline."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREALREALREALREAL")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = http://127.0.0.1:9\nregion = nowhere-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))

    cloud = connect("offline", endpoint=shared_cloud.endpoint)
    client = cloud.client("dynamodb")

    frozen = client._request_signer._credentials.get_frozen_credentials()
    assert (frozen.access_key, frozen.token) == ("AKIAIOSFODNN7EXAMPLE", None)
    assert client.list_tables()["TableNames"] is not None


def test_proxies_of_the_machine_do_not_see_the_offline_cloud(shared_cloud, monkeypatch) -> None:
    """A proxy that the environment names is not used for calls to this machine."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, NOBODY)

    cloud = connect("offline", endpoint=shared_cloud.endpoint)

    assert cloud.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_the_badge_tells_the_clouds_apart(shared_cloud) -> None:
    """The offline badge says that it is offline, where, and that it costs nothing."""
    cloud = connect("offline", endpoint=shared_cloud.endpoint, region="eu-west-1")

    assert cloud.badge == f"OFFLINE: {cloud.endpoint}, eu-west-1; nothing here costs anything"
    assert (cloud.kind, cloud.account_id) == ("offline", "123456789012")
    assert isinstance(cloud.offline, OfflineControl)


def test_aws_has_no_endpoint(monkeypatch) -> None:
    """An endpoint together with the cloud aws is refused, so that nobody takes one for the other."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)

    with pytest.raises(ConfigurationError, match="contradict"):
        connect("aws")


def test_aws_uses_the_users_own_profile(monkeypatch, tmp_path) -> None:
    """The cloud aws takes region and credentials from the user's environment, and has no offline control."""
    monkeypatch.setenv("WORKSHOP_CLOUD", "aws")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    (tmp_path / "config").write_text("[default]\nregion = eu-north-1\n")

    cloud = connect()

    assert (cloud.kind, cloud.region, cloud.endpoint, cloud.offline) == ("aws", "eu-north-1", None, None)


def test_an_unknown_cloud_is_refused() -> None:
    """Only the two clouds are known."""
    with pytest.raises(ConfigurationError, match="offline, aws"):
        connect("azure")


def test_clients_are_made_once(shared_cloud: Cloud) -> None:
    """All threads share one client per service."""
    clients: list[object] = []
    threads = [threading.Thread(target=lambda: clients.append(shared_cloud.client("kms"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(map(id, clients))) == 1


def test_the_control_passes_refusals_on(shared_cloud) -> None:
    """What the cloud refuses comes back with its reason."""
    control = OfflineControl(shared_cloud.endpoint or "")

    with pytest.raises(ConfigurationError, match="with n from 0 to"):
        control.advance(-1)

    assert set(control.runtime()) >= {"mappings"}
