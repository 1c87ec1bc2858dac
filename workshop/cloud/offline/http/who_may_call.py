"""Which calls may come in: those of programs on this machine, and none that a web page of elsewhere makes.

A page that could call us could create a function and so run a program here. Browsers tell where a page comes
from, in `Origin` and `Sec-Fetch-Site`. A page whose own name is made to point at this machine (DNS
rebinding) is at home here as far as its browser knows; it is recognised by the name in `Host`. Nothing that a
proxy may add, such as `X-Forwarded-Host`, is looked at.
"""

import re
import socket
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.failures import refusal
from workshop.cloud.offline.http.listener import ANY_ADDRESS

__all__ = ["refused_to_strangers"]

LOOPBACK_NAME = "localhost"
# Clients name one host or two, call after call.
REMEMBERED = 64
USUAL = (LOOPBACK_NAME, "127.0.0.1")
# A name or an address of version 4, or one of version 6 in brackets, and perhaps a port.
AUTHORITY = re.compile(r"(?:\[(?P<ipv6>[^][@/]+)\]|(?P<name>[A-Za-z0-9_.-]+))(?::\d{0,5})?")


def refused_to_strangers(call: Call, listening_at: str) -> Answer | None:
    """Return why the call is refused by a cloud that listens at this host, None if it may come in."""
    if not all(_is_ours(authority, listening_at) for authority in _called(call)):
        given = ", ".join(repr(value) for name, value in call.headers.pairs if name.lower() == "host")
        message = (
            f"the offline cloud does not answer calls to the host {given or 'that is not named'}: "
            f"call it as localhost, 127.0.0.1 or the address that it was started with ({listening_at})"
        )
    elif _is_of_another_page(call, listening_at):
        message = "the offline cloud answers no web pages from elsewhere"
    else:
        return None
    return refusal(call, code="AccessDenied", message=message, status=403)


def _called(call: Call) -> list[str]:
    """Return host and port as they were called; a proxy's client sends them in the target too."""
    # Several of them are joined by commas, which no host has in its name.
    named = [call.headers.get("host", "")]
    target = call.target.partition("?")[0]
    is_absolute = "://" in target and not target.startswith("/")
    return [*named, target.partition("://")[2].partition("/")[0]] if is_absolute else named


def _host_of(authority: str) -> str:
    found = AUTHORITY.fullmatch(authority)
    return (found["ipv6"] or found["name"]) if found is not None else ""


@lru_cache(maxsize=REMEMBERED)
def _is_ours(authority: str, listening_at: str) -> bool:
    """Return whether the host is a name or an address of this machine's loopback, or where we listen."""
    name = _host_of(authority).lower().removesuffix(".")
    if name in USUAL or name.endswith(f".{LOOPBACK_NAME}"):
        return True
    if name and name == listening_at.lower().removesuffix("."):
        return True
    is_open = listening_at in ANY_ADDRESS
    try:
        address = ip_address(name)
    except ValueError:
        return is_open and bool(name) and name == socket.gethostname().lower()
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    # An address cannot be rebound: whoever calls a cloud that is open to its network may use any of them.
    return address.is_loopback or is_open


def _is_of_another_page(call: Call, listening_at: str) -> bool:
    origin = call.headers.get("origin")
    if origin is None:
        # An image or a link: browsers name no origin, but say that it is another one.
        return str(call.headers.get("sec-fetch-site", "")).lower() == "cross-site"
    # Several of them, or more than a scheme and a host, are the origin of no page.
    scheme, _, authority = str(origin).partition("://")
    return scheme.lower() not in ("http", "https") or not _is_ours(authority, listening_at)
