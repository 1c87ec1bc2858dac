"""HTTP on a socket, as clients of AWS speak it."""

import http.client
import socket
import threading
from collections.abc import Iterator

import pytest

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.listener import Listener, is_free
from workshop.errors import PortInUseError


def echo(call: Call) -> Answer:
    """Answer with what arrived."""
    if call.target == "/empty":
        return Answer(204)
    if call.target == "/odd":
        return Answer(299, [("Date", "today")], b"odd")
    text = f"{call.method} {call.target} {call.headers.get('X-Name', '-')} {len(call.body)}"
    return Answer(200, [("Content-Type", "text/plain")], text.encode())


@pytest.fixture
def listener() -> Iterator[Listener]:
    """A listener on a free port that echoes."""
    listener = Listener("127.0.0.1", 0, echo)
    listener.start()
    yield listener
    listener.stop()


@pytest.fixture
def connection(listener: Listener) -> Iterator[http.client.HTTPConnection]:
    """One connection to it."""
    connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=10)
    yield connection
    connection.close()


def raw(port: int, sent: bytes) -> bytes:
    """Send bytes, and return everything that comes back until the connection is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(sent)
        received = b""
        while part := client.recv(65_536):
            received += part
        return received


def ask(connection: http.client.HTTPConnection, *arguments, **named) -> tuple[int, str]:
    connection.request(*arguments, **named)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_a_listener_that_stops_waits_for_calls_under_way() -> None:
    """When a listener has stopped, what was being answered has been answered."""
    begun, may_end, ended = threading.Event(), threading.Event(), []

    def answer(_: Call) -> Answer:
        begun.set()
        ended.append(may_end.wait(20))
        return Answer(204)

    listener = Listener("127.0.0.1", 0, answer)
    listener.start()
    with socket.create_connection(("127.0.0.1", listener.port), timeout=10) as client:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert begun.wait(20)
        threading.Timer(0.1, may_end.set).start()

        listener.stop()

    assert ended == [True]


def test_a_connection_serves_many_calls(connection) -> None:
    """A connection stays open from one call to the next."""
    first = ask(connection, "GET", "/a?b=c", headers={"x-name": "n"})
    socket_of_first = connection.sock
    second = ask(connection, "POST", "/d", body=b"12345")

    assert first == (200, "GET /a?b=c n 0")
    assert second == (200, "POST /d - 5")
    assert connection.sock is socket_of_first


def test_answers_have_length_and_date(connection) -> None:
    """An answer tells its length and its date, unless it brings them."""
    connection.request("GET", "/")
    answer = connection.getresponse()
    answer.read()
    connection.request("GET", "/odd")
    odd = connection.getresponse()
    odd.read()

    assert answer.headers["Content-Length"] == "9"
    assert answer.headers["Date"].endswith("GMT")
    assert (odd.status, odd.reason, odd.headers["Date"]) == (299, "Unknown", "today")


def test_a_head_has_no_body(connection) -> None:
    """The answer to HEAD tells its length and has no body, nor has an answer 204."""
    connection.request("HEAD", "/")
    answer = connection.getresponse()

    assert (answer.headers["Content-Length"], answer.read()) == ("10", b"")
    assert ask(connection, "GET", "/empty") == (204, "")


def test_chunked_bodies_are_put_together(listener) -> None:
    """A body in chunks, with extensions and trailers, is read to its end."""
    sent = (
        b"POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        b"4;extension=1\r\nabcd\r\nA\r\n0123456789\r\n0\r\nx-amz-checksum: y\r\n\r\n"
    )

    assert raw(listener.port, sent).endswith(b"POST /x - 14")


def test_a_client_that_asks_first_is_told_to_continue(listener) -> None:
    """`Expect: 100-continue` is answered before the body is read, as S3 clients want it."""
    with socket.create_connection(("127.0.0.1", listener.port), timeout=10) as client:
        client.sendall(b"PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
        assert client.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"abc")
        assert client.recv(1000).endswith(b"PUT /x - 3")


def test_old_clients_get_their_connection_closed(listener) -> None:
    """HTTP/1.0 and `Connection: close` end the connection after the answer."""
    assert b"Connection: close" in raw(listener.port, b"GET / HTTP/1.0\r\n\r\n")
    assert raw(listener.port, b"\r\nGET / HTTP/1.1\r\nConnection: close\r\n\r\n").endswith(b"GET / - 0")


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / SPDY/3\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : here\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\n there\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 300 + b"\r\n",
    ],
)
def test_nonsense_ends_the_connection(listener, sent: bytes) -> None:
    """What is not HTTP gets no answer, and the connection is closed."""
    assert raw(listener.port, sent) == b""


def test_headers_are_found_in_any_case(connection) -> None:
    """A header that comes twice is joined by a comma."""
    connection.putrequest("GET", "/")
    connection.putheader("X-NAME", "a")
    connection.putheader("x-name", "b")
    connection.endheaders()

    assert connection.getresponse().read() == b"GET / a,b 0"


def test_a_port_is_taken_once(listener) -> None:
    """A second listener on the same port is refused with the port's number."""
    with pytest.raises(PortInUseError, match=str(listener.port)):
        Listener("127.0.0.1", listener.port, echo)

    assert not is_free("127.0.0.1", listener.port)


def test_a_stopped_listener_frees_its_port() -> None:
    """After stop, open connections are closed and the port is free."""
    listener = Listener("127.0.0.1", 0, echo)
    listener.start()
    connection = http.client.HTTPConnection("127.0.0.1", listener.port, timeout=10)
    ask(connection, "GET", "/")

    listener.stop()

    with pytest.raises((OSError, http.client.HTTPException)):
        ask(connection, "GET", "/")
    connection.close()
    assert is_free("127.0.0.1", listener.port)


def test_calls_are_answered_side_by_side() -> None:
    """A call that takes long does not hold up another connection."""
    import threading

    arrived, proceed = threading.Event(), threading.Event()

    def slow(call: Call) -> Answer:
        if call.target == "/slow":
            arrived.set()
            proceed.wait(10)
        return echo(call)

    served = Listener("127.0.0.1", 0, slow)
    served.start()
    try:
        connections = [http.client.HTTPConnection("127.0.0.1", served.port, timeout=10) for _ in range(2)]
        connections[0].request("GET", "/slow")
        assert arrived.wait(10)
        assert ask(connections[1], "GET", "/quick")[0] == 200
        proceed.set()
        assert connections[0].getresponse().read() == b"GET /slow - 0"
        for connection in connections:
            connection.close()
    finally:
        served.stop()


def test_scopes_are_read_from_signatures() -> None:
    """A call knows who signed it, for which region and service; other calls have no scope."""
    from workshop.cloud.offline.http.calls import CredentialScope, Headers

    signed = "AWS4-HMAC-SHA256 Credential=AKIA1/20260101/eu-west-1/DynamoDB/aws4_request, SignedHeaders=host"

    def make(value: str) -> Call:
        return Call("POST", "/", Headers([("Authorization", value)]))

    assert make(signed).scope == CredentialScope("AKIA1", "eu-west-1", "dynamodb")
    assert make("Basic abc").scope is None
