"""AccessDenied in each service's protocol and wording.

Source of the sentence: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html.
That SQS writes actions in lower case, SNS its own name in capitals, and S3 resources in quotes is what users
report.
"""

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.failures import refusal
from workshop.cloud.offline.permissions.policy_evaluation import Access

__all__ = ["expired_token", "invalid_token", "not_authorized"]

JSON_ERROR = "AccessDeniedException"
# Services without a JSON protocol use other codes.
CODES = {"sns": "AuthorizationError"}
DEFAULT_CODE = "AccessDenied"
# Services with the protocol rest-json; those with the protocol json send an x-amz-target header.
REST_SERVICES = frozenset({"lambda", "scheduler"})
# They moved from the query protocol to JSON, and still send the old error code in a header.
COMPATIBLE_SERVICES = frozenset({"monitoring", "sqs"})


def not_authorized(call: Call, access: Access, *, caller_arn: str, reason: str = "") -> Answer:
    """Return AccessDenied for a caller without the permission; `reason` ends AWS's sentence."""
    service = call.scope.service if call.scope is not None else "s3"
    action, resource = access.action, access.resource
    if service == "sqs":
        action, reason = action.lower(), reason.replace(action, action.lower())
    if service == "sns":
        proper = action.replace("sns:", "SNS:")
        action, reason = proper, reason.replace(action, proper)
    if service == "s3" and resource != "*":
        resource = f'"{resource}"'
    message = f"User: {caller_arn} is not authorized to perform: {action} on resource: {resource}"
    return _answer(call, service, f"{message} {reason}".rstrip())


def invalid_token(call: Call) -> Answer:
    """Return the error for a session token that was never issued or has been forgotten."""
    service = call.scope.service if call.scope is not None else "s3"
    message = "The security token included in the request is invalid."
    code = "UnrecognizedClientException" if _speaks_json(call, service) else "InvalidClientTokenId"
    if service == "s3":
        code, message = "InvalidToken", "The provided token is malformed or otherwise invalid."
    return refusal(call, code=code, message=message, status=_status(call, service))


def expired_token(call: Call) -> Answer:
    """Return the error for an expired session."""
    service = call.scope.service if call.scope is not None else "s3"
    message = "The security token included in the request is expired"
    code = "ExpiredTokenException" if _speaks_json(call, service) else "ExpiredToken"
    status = _status(call, service)
    if service == "s3":
        message, status = "The provided token has expired.", 400
    return refusal(call, code=code, message=message, status=status)


def _answer(call: Call, service: str, message: str) -> Answer:
    code = JSON_ERROR if _speaks_json(call, service) else CODES.get(service, DEFAULT_CODE)
    answer = refusal(call, code=code, message=message, status=_status(call, service))
    if service in COMPATIBLE_SERVICES:
        answer.headers.append(("x-amzn-query-error", f"{DEFAULT_CODE};Sender"))
    return answer


def _speaks_json(call: Call, service: str) -> bool:
    return service in REST_SERVICES or "x-amz-target" in call.headers


def _status(call: Call, service: str) -> int:
    is_plain_json = _speaks_json(call, service) and service not in REST_SERVICES | COMPATIBLE_SERVICES
    return 400 if is_plain_json else 403
