"""The error for a request that its model does not allow: checked before anything else, as AWS does.

The checks of an operation are compiled when it is first called. Where AWS takes more than the models say,
`lenient` lists it.
"""

from collections.abc import Callable
from typing import Any

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.failures import refusal
from workshop.cloud.offline.request_models.constraints import Check, Violation, compile_check
from workshop.cloud.offline.request_models.lenient import is_taken
from workshop.cloud.offline.request_models.reading import ReadCall, UnreadableError, read_call
from workshop.cloud.offline.request_models.wording import Refusal, constraint_refusal, unreadable_refusal

__all__ = ["invalid_answer"]

TOO_DEEP = "Nesting Levels have exceeded supported limits"

_CHECKS: dict[tuple[str, str], Check] = {}


def invalid_answer(call: Call, environ: Callable[[Call], dict[str, Any]]) -> Answer | None:
    """Return AWS's error for a request that its model does not allow, None if it may go on."""
    try:
        read = read_call(call, environ)
        found = _violations(read) if read is not None else None
    except UnreadableError as error:
        is_xml = call.scope is not None and call.scope.service == "s3"
        return _refused(call, unreadable_refusal("rest-xml" if is_xml else "json", str(error)))
    except RecursionError:
        return _refused(call, Refusal("ValidationException", TOO_DEEP))
    return _refused(call, constraint_refusal(read, found)) if read is not None and found else None


def _refused(call: Call, error: Refusal) -> Answer:
    return refusal(call, code=error.code, message=error.message, status=400)


def _violations(read: ReadCall) -> list[Violation] | None:
    name = (read.service, read.operation.name)
    check = _CHECKS.get(name)
    if check is None:
        shape = read.operation.input_shape
        check = _CHECKS[name] = compile_check(shape) if shape is not None else lambda _: None
    found = check(read.parameters)
    return found and [one for one in found if not is_taken(read, one)]
