"""One request to a class board, with a time limit, and what is wrong if it fails.

Straight to the board's address: no proxy is asked, no redirection followed, and no more is read than a board
may say.
"""

from __future__ import annotations

import http.client
import json
from http.client import HTTPMessage
from typing import Any
from urllib.parse import urlsplit

from workshop.classroom.protocol import API, LARGEST_BODY_BYTES, document_of
from workshop.clock import stopwatch
from workshop.errors import BoardError
from workshop.pipeline.front_end import printable

__all__ = ["ANOTHER", "CALL_SECONDS", "CLOSED_CLASS", "UNKNOWN_LEARNER", "call", "download"]

CALL_SECONDS = 4.0
LARGEST_DOWNLOAD_BYTES = 8 * 1024**2
CHUNK_BYTES = 64 * 1024
LONGEST_REASON = 200
OK = 200
# The status of a board that knows no learner with this token.
UNKNOWN_LEARNER = 401
# That of one that takes nothing more: the class is closed, or full.
CLOSED_CLASS = 503
JSON = "application/json"
ANOTHER = "{} is no class board, or an older one\nLook at the address on the board's join page again."


def call(
    address: str,
    method: str,
    path: str,
    *,
    token: str | None = None,
    body: bytes | None = None,
    seconds: float = CALL_SECONDS,
) -> dict[str, Any]:
    """Return what the board answers to one call below its API.

    Raises:
        BoardError: nobody answers there, or the board refuses; has its status, and when to try again.
    """
    content = _request(address, method, path, token, body, limits=(seconds, LARGEST_BODY_BYTES))
    try:
        return document_of(content)
    except ValueError as error:
        raise BoardError(ANOTHER.format(f"what answers at {address}")) from error


def download(address: str, path: str, *, token: str, seconds: float = CALL_SECONDS) -> bytes:
    """Return a file that the board gives.

    Raises:
        BoardError: as with `call`.
    """
    return _request(address, "GET", path, token, None, limits=(seconds, LARGEST_DOWNLOAD_BYTES))


def _request(
    address: str,
    method: str,
    path: str,
    token: str | None,
    body: bytes | None,
    *,
    limits: tuple[float, int],
) -> bytes:
    place, (seconds, most) = urlsplit(address), limits
    headers = {"Accept": JSON} | ({"Content-Type": JSON} if body is not None else {})
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=seconds)
    began = stopwatch()
    try:
        connection.request(method, f"{API}/{path}", body=body, headers=headers)
        answer = connection.getresponse()
        content = b""
        # In pieces, so that whoever answers a byte at a time is not waited for.
        while piece := answer.read1(CHUNK_BYTES):
            content += piece
            if len(content) > most or stopwatch() - began > seconds:
                raise BoardError(ANOTHER.format(f"what answers at {address}"))
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(address, error) from error
    finally:
        connection.close()
    if answer.status == OK:
        return content
    if (said := _refusal(content)) is None:
        # Whose status says nothing: not that an alias has a wrong form, nor that a learner was removed.
        raise BoardError(ANOTHER.format(f"what answers at {address}"))
    raise BoardError(said, status=answer.status, wait_seconds=_wait(answer.headers))


def _unreachable(address: str, error: Exception) -> BoardError:
    if isinstance(error, ConnectionRefusedError):
        return BoardError(
            f"no class board listens at {address}\n"
            "Ask whether it runs, and compare the address with the board's join page."
        )
    return BoardError(
        f"this machine does not reach a class board at {address}\n"
        "Join the network (Wi-Fi) of the board's machine, and compare the address with its join page."
    )


def _refusal(content: bytes) -> str | None:
    """Return the board's own words on why it refuses, cut and without what a terminal could act on.

    None if no board speaks like that.
    """
    try:
        said = json.loads(content)["error"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return printable(" ".join(str(said).split()))[:LONGEST_REASON]


def _wait(headers: HTTPMessage) -> float | None:
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None
