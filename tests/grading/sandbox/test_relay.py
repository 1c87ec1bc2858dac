"""Bytes between a port and a socket file."""

import socket
import sys
import threading
from collections.abc import Iterator

import pytest

from workshop.grading.sandbox.relay import Relay

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no socket files")

LARGE = 5_000_000


@pytest.fixture
def upper_case() -> Iterator[int]:
    """The port of a server that answers in capitals, and ends when its client does."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

        def answer(connection: socket.socket) -> None:
            with connection:
                while part := connection.recv(1 << 16):
                    connection.sendall(part.upper())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def way_in(tmp_path, upper_case) -> Iterator[str]:
    """A socket file that leads to the server."""
    path = str(tmp_path / "way.sock")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        relay = Relay(listening, ("127.0.0.1", upper_case))
        thread = threading.Thread(target=relay.serve)
        thread.start()
        yield path
        relay.close()
        thread.join()


def test_bytes_go_both_ways(way_in) -> None:
    """What is sent arrives, and what is answered comes back, several times on one connection."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(way_in)
        for text in (b"one", b"two"):
            client.sendall(text)

            assert client.recv(100) == text.upper()


def test_large_amounts_arrive_complete(way_in) -> None:
    """More than any buffer holds arrives complete, and the end of one side reaches the other."""
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(way_in)
        received = bytearray()

        def read() -> None:
            while part := client.recv(1 << 16):
                received.extend(part)

        reader = threading.Thread(target=read)
        reader.start()
        client.sendall(b"a" * LARGE)
        client.shutdown(socket.SHUT_WR)
        reader.join(30)

        assert bytes(received) == b"A" * LARGE


def test_connections_do_not_wait_for_each_other(way_in) -> None:
    """A connection that says nothing holds up no other one."""
    clients = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for client in clients:
        client.connect(way_in)

    clients[-1].sendall(b"last")

    assert clients[-1].recv(100) == b"LAST"
    for client in clients:
        client.close()


def test_a_target_that_is_gone_ends_the_connection(tmp_path) -> None:
    """Without anybody behind it, a connection is closed rather than left hanging."""
    path = str(tmp_path / "way.sock")
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as client:
        listening.bind(path)
        listening.listen()
        relay = Relay(listening, str(tmp_path / "nobody.sock"))
        thread = threading.Thread(target=relay.serve)
        thread.start()
        client.connect(path)

        assert client.recv(1) == b""
        relay.close()
        thread.join()
