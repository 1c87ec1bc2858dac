"""The error for a request that its model does not allow: checked before anything else, as AWS does.

The checks of an operation are compiled when it is first called. Where AWS takes more than the models say,
`lenient` lists it.
"""

from collections.abc import Callable
from typing import Any

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.failures import not_offered, refusal
from workshop.cloud.offline.request_models.columns import Fits, compile_columns
from workshop.cloud.offline.request_models.constraints import compile_check
from workshop.cloud.offline.request_models.demands import unmet_demand
from workshop.cloud.offline.request_models.lenient import is_taken
from workshop.cloud.offline.request_models.offered import is_offered
from workshop.cloud.offline.request_models.reading import ReadCall, UnreadableBodyError, read_call
from workshop.cloud.offline.request_models.violations import Find
from workshop.cloud.offline.request_models.without_effect import refused_member
from workshop.cloud.offline.request_models.wording import ModelError, constraint_refusal, unreadable_refusal

__all__ = ["invalid_answer"]

TOO_DEEP = "Nesting Levels have exceeded supported limits"

_CHECKS: dict[tuple[str, str], tuple[Fits, Find]] = {}


def invalid_answer(call: Call, environ: Callable[[Call], dict[str, Any]]) -> Answer | None:
    """Return the error for a call of what is not offered or that its model does not allow, else None."""
    try:
        read = read_call(call, environ)
        return None if read is None else _invalid(call, read)
    except UnreadableBodyError as error:
        is_xml = call.scope is not None and call.scope.service == "s3"
        return _refused(call, unreadable_refusal("rest-xml" if is_xml else "json", str(error)))
    except RecursionError:
        return _refused(call, ModelError("ValidationException", TOO_DEEP))


def _invalid(call: Call, read: ReadCall) -> Answer | None:
    name = (read.service, read.operation.name)
    if name not in _CHECKS:
        if not is_offered(*name):
            return not_offered(call, f"{read.operation.name} of {read.operation.service_model.service_id}")
        _CHECKS[name] = _compiled(read.operation.input_shape)
    fits, find = _CHECKS[name]
    # Columns go by the names on the wire; moto's parsers have put those of the model in their places.
    if read.protocol == "json" and fits([read.parameters]):
        return _demanded(call, read)
    found = [one for one in find(read.parameters) or () if not is_taken(read, one)]
    return _refused(call, constraint_refusal(read, found)) if found else _demanded(call, read)


def _demanded(call: Call, read: ReadCall) -> Answer | None:
    given = read.service, read.operation.name, read.parameters
    unmet = unmet_demand(*given) or refused_member(*given)
    return None if unmet is None else _refused(call, unmet)


def _compiled(shape: Any) -> tuple[Fits, Find]:
    if shape is None:
        return lambda _: True, lambda _: None
    return compile_columns(shape), compile_check(shape)


def _refused(call: Call, error: ModelError) -> Answer:
    return refusal(call, code=error.code, message=error.message, status=400)
