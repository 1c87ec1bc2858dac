"""Invoke runs the function in the runtime.

AWS: RequestResponse answers with the function's payload, `X-Amz-Function-Error` if it failed, the executed
version and, on request, the last 4 KB of the log; Event answers 202 at once, DryRun 204. The id of the
request is that of the invocation, whose retries have it too. A throttled call is a `TooManyRequestsException`
with a reason. Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html

moto starts a Docker container, or echoes the request, while every other call waits.

Changed: Invoke and InvokeAsync go to the runtime, and the lock is released while a function runs, since the
function makes calls itself. What other services of moto send to a function (topics, buckets, rules, log
subscriptions) becomes an asynchronous event, as on AWS.
"""

import base64
import json
from typing import Any
from urllib.parse import unquote

from moto.awslambda.exceptions import LambdaClientError, ValidationException
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.awslambda_simple.models import LambdaSimpleBackend

from workshop.cloud.offline.lock import LOCK
from workshop.cloud.offline.overlay.core_lookups import INVOCATION_ID
from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.runtime.active_runtime import RuntimeApi, active
from workshop.cloud.offline.runtime.arns import SourceReference
from workshop.cloud.offline.runtime.invocations.invoker import InvocationResult, PayloadTooLargeError

Response = tuple[int, dict[str, str], bytes]

INVOCATION_TYPES = ("RequestResponse", "Event", "DryRun")
LOG_TYPES = ("None", "Tail")


class RequestTooLargeError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """The payload is larger than a synchronous invocation takes."""

    code = 413


class ServiceError(LambdaClientError):  # type: ignore[misc]  # moto is untyped
    """No runtime serves this process."""

    code = 500


@corrects(LambdaResponse, "invoke")
def _invoke(self: Any) -> Response:
    path = unquote(self.path.rstrip("/"))
    function = path.rpartition("/functions/")[2].removesuffix("/invocations")
    payload = _bytes(self.body)
    _check_json(payload)
    headers = self.headers
    result = _call(
        function,
        payload,
        region=_region(function, self.region),
        invocation_type=_choice(headers, "X-Amz-Invocation-Type", INVOCATION_TYPES),
        log_type=_choice(headers, "X-Amz-Log-Type", LOG_TYPES),
        qualifier=self.querystring.get("Qualifier", [None])[0],
        client_context=_client_context(headers.get("X-Amz-Client-Context")),
    )
    return result.status_code, _headers(result), result.payload


@corrects(LambdaResponse, "invoke_async")
def _invoke_async(self: Any) -> Response:
    path = unquote(self.path.rstrip("/"))
    function = path.rpartition("/functions/")[2].removesuffix("/invoke-async")
    payload = _bytes(self.body)
    _check_json(payload)
    _call(function, payload, region=_region(function, self.region), invocation_type="Event")
    return 202, {"status": "202"}, b""


@corrects(LambdaBackend, "invoke")
@corrects(LambdaSimpleBackend, "invoke")
def _backend_invoke(
    self: Any, function_name: str, qualifier: str | None, body: Any, headers: Any, response_headers: Any
) -> bytes:
    del headers, response_headers
    _send(function_name, body, region=self.region_name, qualifier=qualifier)
    return b""


@corrects(LambdaFunction, "invoke")
def _function_invoke(self: Any, body: Any, request_headers: Any, response_headers: Any) -> bytes:
    del request_headers, response_headers
    qualifier = None if str(self.version) == "$LATEST" else str(self.version)
    _send(self.function_name, body, region=self.region, qualifier=qualifier)
    return b""


def _call(function: str, payload: bytes, *, region: str, **options: Any) -> InvocationResult:
    runtime = _runtime()
    # The function makes calls itself, which would wait for the end of this one.
    with LOCK.released():
        try:
            return runtime.invoke(function, payload, region=region, **options)
        except PayloadTooLargeError as error:
            limit = (
                ""
                if options["invocation_type"] == "Event"
                else "Request must be smaller than 6291456 bytes; "
            )
            raise RequestTooLargeError("RequestTooLargeException", f"{limit}{error}") from error


def _send(function: str, body: Any, *, region: str, qualifier: str | None) -> None:
    """Queue an asynchronous event; the lock stays held, since another service of moto is amid a call."""
    payload = _bytes(body)
    _runtime().invoke(function, payload, region=region, invocation_type="Event", qualifier=qualifier)


def _runtime() -> RuntimeApi:
    runtime = active()
    if runtime is None:
        raise ServiceError(
            "ServiceException",
            "no runtime serves this process, so no function can run; start the offline cloud",
        )
    return runtime


def _headers(result: InvocationResult) -> dict[str, str]:
    headers = {
        "content-type": "application/json",
        "status": str(result.status_code),
        "X-Amz-Executed-Version": result.executed_version,
    }
    if result.request_id:
        headers[INVOCATION_ID] = result.request_id
    if result.function_error:
        headers["X-Amz-Function-Error"] = result.function_error
    if result.log_tail:
        headers["X-Amz-Log-Result"] = base64.b64encode(result.log_tail.encode()).decode()
    return headers


def _choice(headers: Any, name: str, values: tuple[str, ...]) -> str:
    """Return a header's value, the first of all that are possible if it is not there."""
    value = headers.get(name) or values[0]
    if value not in values:
        field = name.removeprefix("X-Amz-").replace("-", "")
        raise ValidationException(
            value, field[0].lower() + field[1:], f"Member must satisfy enum value set: [{', '.join(values)}]"
        )
    return str(value)


def _region(function: str, default: str) -> str:
    return SourceReference.parse(function).region if function.startswith("arn:") else default


def _bytes(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _check_json(payload: bytes) -> None:
    try:
        json.loads(payload or b"{}")
    except (ValueError, RecursionError) as error:
        raise LambdaClientError(
            "InvalidRequestContentException", f"Could not parse request body into json: {error}"
        ) from error


def _client_context(header: str | None) -> str | None:
    try:
        text = base64.b64decode(header or "", validate=True).decode()
        json.loads(text or "{}")
    except ValueError as error:
        raise LambdaClientError(
            "InvalidRequestContentException",
            f"Client context must be a valid Base64-encoded JSON object: {error}",
        ) from error
    return text or None
