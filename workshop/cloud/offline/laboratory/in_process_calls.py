"""boto3 clients that reach the offline cloud without a socket: requests are answered in the caller's thread.

Everything of a client is real, up to the HTTP request that it would send: signing, retries, parsing. Pauses
between retries move the clock instead of taking time.
"""

import io
from collections.abc import Callable, Iterator
from typing import Any, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.retries.standard import register_retry_handler

from workshop.clock import Clock
from workshop.cloud.offline.http.calls import Answer, Call, Headers

__all__ = ["answer_in_process", "retry_on_the_clock"]

PAUSE_SECONDS = 0.1


def answer_in_process(client: Any, answer: Callable[[Call], Answer]) -> None:
    """Let `answer` take the place of the network for this client.

    What it raises as ConnectionResetError is an answer that did not arrive, as TimeoutError one that did not
    arrive in time.
    """

    def send(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        try:
            found = answer(_call(request))
        except ConnectionResetError as error:
            raise ConnectionClosedError(error=error, endpoint_url=request.url) from error
        except TimeoutError as error:
            raise ReadTimeoutError(error=error, endpoint_url=request.url) from error
        headers = dict(found.headers)
        headers.setdefault("Content-Length", str(len(found.body)))
        return AWSResponse(request.url, found.status, cast("Any", headers), _Body(found.body))

    client.meta.events.register("before-send.*", send)


def retry_on_the_clock(client: Any, clock: Clock) -> None:
    """Let the client's retries wait on this clock; the number of attempts stays as it is configured."""
    name = client.meta.service_model.service_id.hyphenize()
    event, own = f"needs-retry.{name}", f"retry-config-{name}"
    attempts = (client.meta.config.retries or {}).get("total_max_attempts")
    client.meta.events.unregister(event, unique_id=own)
    handler = register_retry_handler(client, attempts)
    client.meta.events.unregister(event, unique_id=own)

    def needs_retry(**happened: Any) -> int | None:
        if handler.needs_retry(**happened) is None:
            return None
        clock.sleep(PAUSE_SECONDS)
        return 0

    client.meta.events.register(event, needs_retry)


class _Body(io.BytesIO):
    """An answer's body in the form in which urllib3 hands it over."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self.read()


def _call(request: AWSPreparedRequest) -> Call:
    body: Any = request.body or b""
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, str):
        body = body.encode()
    _, _, rest = request.url.partition("://")
    host, slash, path = rest.partition("/")
    pairs = [(name, _text(value)) for name, value in request.headers.items()]
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs.append(("Host", host))
    return Call(request.method, f"{slash or '/'}{path}", Headers(pairs), bytes(body))


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
