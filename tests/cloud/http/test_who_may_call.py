"""Who may call the offline cloud: programs of this machine, and no page from elsewhere, whatever its name."""

import http.client
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from workshop.cloud.connection import Cloud
from workshop.cloud.offline.http.calls import Call, Headers
from workshop.cloud.offline.http.who_may_call import refused_to_strangers

LOCAL = "127.0.0.1"


def status(
    *pairs: tuple[str, str], host: str | None = "127.0.0.1:4566", target: str = "/", at: str = LOCAL
) -> int:
    """Return the status of the refusal; 200 if there is none."""
    named = [("Host", host)] if host is not None else []
    refused = refused_to_strangers(Call("POST", target, Headers([*named, *pairs])), at)
    return 200 if refused is None else refused.status


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:4566",
        "127.0.0.1",
        "127.8.9.10:80",
        "localhost",
        "LocalHost:4566",
        "localhost.:4566",
        "bucket.localhost:4566",
        "a.bucket.LOCALHOST",
        "[::1]:4566",
        "[::1]",
        "[0:0:0:0:0:0:0:1]",
        "[::ffff:127.0.0.1]:4566",
    ],
)
def test_names_of_this_machine_are_answered(host: str) -> None:
    """Loopback names and addresses are answered in each of their spellings, buckets before them included."""
    assert status(host=host) == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "attacker.example:4566",
        "127.0.0.1.attacker.example",
        "localhost.attacker.example:4566",
        "attackerlocalhost",
        "127.0.0.1@attacker.example",
        "attacker.example@127.0.0.1",
        "attacker.example#.localhost",
        "attacker.example/localhost",
        "attacker.example, 127.0.0.1",
        "127.0.0.1, attacker.example",
        "127.0.0.1:4566:80",
        "127.0.0.1:http",
        "128.0.0.1",
        "192.168.1.7:4566",
        "0.0.0.0:4566",
        "[::2]:4566",
        "[::ffff:10.0.0.1]",
        "[::1",
        "::1",
        ".",
        "",
        None,
    ],
)
def test_any_other_host_is_refused(host: str | None) -> None:
    """A name that is made to point here, no name, and what is no name at all are refused."""
    assert status(host=host) == 403


@pytest.mark.parametrize("names", [(LOCAL, "attacker.example"), ("attacker.example", LOCAL), (LOCAL, LOCAL)])
def test_a_host_is_named_once(names: tuple[str, str]) -> None:
    """Of two hosts nobody can tell which was meant, so both are refused."""
    assert status(("HOST", names[1]), host=names[0]) == 403


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("http://127.0.0.1:4566/", 200),
        ("http://attacker.example/_workshop/reset", 403),
        ("HTTP://attacker.example", 403),
        ("http://127.0.0.1@attacker.example/", 403),
        ("/attacker.example/http://attacker.example", 200),
    ],
)
def test_a_target_may_name_a_host_as_well(target: str, expected: int) -> None:
    """The host of a whole URL counts as well as that of the header."""
    assert status(target=target) == expected


def test_what_proxies_add_is_not_looked_at() -> None:
    """A forwarded host neither opens the cloud nor closes it."""
    for name in ("X-Forwarded-Host", "Forwarded", "X-Host"):
        assert status((name, LOCAL), host="attacker.example") == 403
        assert status((name, "attacker.example")) == 200


@pytest.mark.parametrize(
    ("at", "host", "expected"),
    [
        ("10.1.2.3", "10.1.2.3:4566", 200),
        ("10.1.2.3", "10.1.2.4:4566", 403),
        ("Cloud.Example", "cloud.example.:4566", 200),
        ("cloud.example", "bucket.cloud.example", 403),
        ("fd00::1", "[fd00::1]:4566", 200),
        ("0.0.0.0", "192.168.1.7:4566", 200),  # not bound
        ("::", "[fd00::1]:4566", 200),
        ("0.0.0.0", "attacker.example", 403),  # not bound
        ("::", "", 403),
    ],
)
def test_the_address_that_it_was_started_with_is_answered(at: str, host: str, expected: int) -> None:
    """A cloud that was told to listen elsewhere is called by that address; open to all, by any address."""
    assert status(host=host, at=at) == expected


@pytest.mark.parametrize(
    ("origin", "expected"),
    [
        ("http://localhost:8888", 200),
        ("https://LOCALHOST:8888", 200),
        ("http://127.0.0.1:3000", 200),
        ("http://[::1]:8888", 200),
        ("https://elsewhere.example", 403),
        ("http://localhost.elsewhere.example", 403),
        ("http://localhost@elsewhere.example", 403),
        ("http://[::1", 403),
        ("http://localhost:8888,https://elsewhere.example", 403),
        ("http://localhost:8888 https://elsewhere.example", 403),
        ("http://localhost:8888/https://elsewhere.example", 403),
        ("file://localhost", 403),
        ("null", 403),
        ("", 403),
    ],
)
def test_pages_from_elsewhere_are_refused(origin: str, expected: int) -> None:
    """A web page of another machine cannot use the cloud: it could run a program here."""
    assert status(("Origin", origin)) == expected


def test_images_and_links_of_other_pages_are_refused() -> None:
    """A call that names no origin, but that a browser makes for another site, is refused."""
    assert status(("Sec-Fetch-Site", "cross-site")) == 403
    assert status(("Sec-Fetch-Site", "none")) == 200
    assert status(("Sec-Fetch-Site", "cross-site"), ("Origin", "http://localhost:8888")) == 200


@pytest.fixture
def asked(shared_cloud: Cloud) -> Callable[..., tuple[int, str]]:
    """Make a call with headers as they are; return status and body."""
    port = urlsplit(shared_cloud.endpoint).port

    def ask(method: str, path: str, **headers: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection(LOCAL, port, timeout=10)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            connection.endheaders()
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    return ask


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/"), ("GET", "/bucket"), ("GET", "/_workshop/health"), ("POST", "/_workshop/reset")],
)
def test_all_of_the_cloud_is_closed_to_strangers(asked, method: str, path: str) -> None:
    """AWS's API and the control say who is refused, and how to call instead."""
    code, text = asked(method, path, Host="rebound.example:4566")

    assert code == 403
    assert "'rebound.example:4566'" in text
    assert "call it as localhost" in text
    assert asked(method, path, Host=LOCAL, Origin="https://elsewhere.example")[0] == 403


def test_health_is_answered_to_this_machine(asked) -> None:
    """A call by a name of this machine comes through to the control."""
    assert asked("GET", "/_workshop/health", Host="LOCALHOST.:1")[0] == 200


def test_a_whole_url_reaches_what_its_path_names(asked) -> None:
    """The client of a proxy gets the answer that it would get without."""
    assert asked("GET", "http://127.0.0.1:1/_workshop/health", Host=LOCAL)[0] == 200


def test_there_is_one_control(asked) -> None:
    """What moto has for its own tests is not there: it would forget resources and leave the runtime alone."""
    code, text = asked("POST", "/moto-api/reset", Host=LOCAL, Content_Length="0")

    assert (code, "/_workshop/" in text) == (404, True)


def test_buckets_may_be_named_in_the_host(asked) -> None:
    """S3's virtual hosts work below `localhost`."""
    assert asked("PUT", "/", Host="walk-bucket.localhost", Content_Length="0")[0] == 200
    assert "walk-bucket" in asked("GET", "/", Host="walk-bucket.localhost")[1]
