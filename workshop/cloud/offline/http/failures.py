"""The response when moto itself fails: an error in the client's protocol, never a connection that hangs.

AWS answers `InternalFailure` with status 500 for such errors, and boto3 retries. Source:
https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html. What moto does not implement, and
what AWS does not have, is 400, which clients do not retry. What went wrong inside is for the log alone.
"""

from xml.sax.saxutils import escape

from botocore.model import OperationNotFoundError
from moto.core.utils import get_service_model

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.keeping.errors import KeepingError

__all__ = ["EXPECTED", "IncompleteError", "failure_answer", "not_offered", "refusal", "unknown_operation"]


class IncompleteError(Exception):
    """The offline cloud could not be loaded completely, or has ended."""


UNAVAILABLE = (IncompleteError, KeepingError)
# Not bugs, so they are logged without a traceback.
EXPECTED = (NotImplementedError, OperationNotFoundError, *UNAVAILABLE)

REQUEST_ID = "00000000-0000-0000-0000-000000000000"


def failure_answer(call: Call, error: Exception) -> Answer:
    """Return the answer to a call that raised inside moto."""
    if isinstance(error, OperationNotFoundError):
        return unknown_operation(call)
    if isinstance(error, NotImplementedError):
        return not_offered(call, call.operation, f": {error}")
    if isinstance(error, UNAVAILABLE):
        return refusal(call, code="ServiceUnavailable", message=str(error), status=503)
    message = f"the offline cloud failed on {call.operation}; its log has the reason"
    return refusal(call, code="InternalFailure", message=message, status=500)


def unknown_operation(call: Call) -> Answer:
    """Return the answer to a call of what AWS does not have either."""
    message = f"no such operation: {call.operation}"
    return refusal(call, code="UnknownOperationException", message=message, status=400)


def not_offered(call: Call, operation: str, detail: str = "") -> Answer:
    """Return the answer to a call of an operation that AWS has and the offline cloud has not."""
    message = (
        f"the offline cloud does not offer {operation}{detail}; docs/offline-cloud.md lists what it does"
    )
    return refusal(call, code="NotImplemented", message=message, status=400)


def refusal(call: Call, *, code: str, message: str, status: int) -> Answer:
    """Return an error in the protocol of the service that was called."""
    protocol = _protocol(call)
    if "json" in protocol:
        answer = Answer.of_json({"__type": code, "message": message}, status)
        answer.headers.append(("x-amzn-ErrorType", code))
    elif protocol == "rest-xml":
        answer = Answer(status, [("Content-Type", "application/xml")], _s3_error(code, message).encode())
    else:
        content = _query_error(code, message, "Sender" if status < 500 else "Receiver").encode()
        answer = Answer(status, [("Content-Type", "text/xml")], content)
    answer.headers.append(("x-amzn-RequestId", REQUEST_ID))
    return answer


def _protocol(call: Call) -> str:
    if "x-amz-target" in call.headers:
        return "json"
    if call.scope is not None:
        try:
            return str(get_service_model(call.scope.service).protocol)
        except Exception:  # noqa: BLE001 # botocore knows services by other names than signatures do
            return "json"
    return "query" if "form-urlencoded" in call.headers.get("content-type", "") else "rest-xml"


def _s3_error(code: str, message: str) -> str:
    return (
        f"<Error><Code>{code}</Code><Message>{escape(message)}</Message>"
        f"<RequestId>{REQUEST_ID}</RequestId></Error>"
    )


def _query_error(code: str, message: str, whose: str) -> str:
    return (
        f"<ErrorResponse><Error><Type>{whose}</Type><Code>{code}</Code>"
        f"<Message>{escape(message)}</Message></Error>"
        f"<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
    )
