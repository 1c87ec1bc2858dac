"""Ports of this machine for servers that tests start."""

import socket

from workshop.settings import DEFAULT_HOST


def free_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server((DEFAULT_HOST, 0)) as listener:
        return int(listener.getsockname()[1])
