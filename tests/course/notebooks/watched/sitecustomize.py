"""Loaded by each Python that starts with this folder on its path: notes whom it asks, and refuses strangers.

`WATCH_LOG` names the file that gets one line per event: `outside HOST` for a connection beyond this machine,
which is refused, and `control GET /_workshop/...` for a call that AWS does not know.
"""

import ipaddress
import os
import sys

LOG = os.environ.get("WATCH_LOG")
CONTROL = b" /_workshop/"


def watch(event, arguments):
    """Look at one of the interpreter's audit events."""
    if event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        refuse_unless_local(str(arguments[1][0]))
    elif event == "socket.getaddrinfo" and arguments[0]:
        host = arguments[0]
        refuse_unless_local(host.decode() if isinstance(host, bytes) else str(host))
    elif event == "http.client.send" and isinstance(arguments[1], bytes):
        line = arguments[1].split(b"\r\n", 1)[0]
        if CONTROL in line:
            note("control " + line.decode().removesuffix(" HTTP/1.1"))


def refuse_unless_local(host):
    """Raise unless a host is this machine."""
    if host and not is_local(host):
        note(f"outside {host}")
        raise PermissionError(f"`{host}` is outside this machine")


def is_local(host):
    """Say whether a host is this machine, by name or by address."""
    if host in {"localhost", os.uname().nodename if hasattr(os, "uname") else ""}:
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def note(line):
    """Add a line to the log; one write, so that processes do not cut each other's lines."""
    descriptor = os.open(LOG, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(descriptor, (line + "\n").encode())
    os.close(descriptor)


if LOG:
    sys.addaudithook(watch)
