"""What moto looks up anew for each request, although it never changes.

Nothing differs from AWS here. moto lists its own folder twice to find a service, inspects a class for its
methods, searches each answer for a request id to replace, and works out the names under which each member of
an answer could be found. Changed: these are remembered, and the search is left out where there is nothing to
find.
"""

from functools import cache, lru_cache
from typing import Any

from moto import backends
from moto.core import responses
from moto.core.responses import BaseResponse
from moto.core.serialize import AttributePickerContext, ResponseSerializer, XFormedAttributePicker
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.utilities.aws_headers import gen_amzn_requestid_long

from workshop.clock import Clock
from workshop.cloud.offline.overlay.correct import CLOCK, correct

__all__ = ["install"]

REMEMBERED_HOSTS = 1024

_MODULES = frozenset(backends.list_of_moto_modules())
_METHOD_NAMES = cache(responses.method_names_from_class)
_UNDERSCORES = lru_cache(maxsize=REMEMBERED_HOSTS)(responses.camelcase_to_underscores)
_BACKEND_FOR_HOST = lru_cache(maxsize=REMEMBERED_HOSTS)(DomainDispatcherApplication.get_backend_for_host)
_MOTO_GET_VALUE = ResponseSerializer.get_value
_MOTO_ENRICH = BaseResponse._enrich_response


def _modules() -> frozenset[str]:
    return _MODULES


def _backend_for_host(self: Any, host: str | None) -> Any:
    return _BACKEND_FOR_HOST(self, host)


def _enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
    if not isinstance(body, str) or "<RequestId>" in body:
        enriched: tuple[dict[str, str], Any] = _MOTO_ENRICH(headers, body)
        return enriched
    if "status" in headers:
        headers["status"] = str(headers["status"])
    gen_amzn_requestid_long(headers)
    return headers, body


_ENRICH = staticmethod(_enrich_response)


def _get_value(self: Any, value: Any, key: str, shape: Any) -> Any:
    """Pick a member of an answer; the names under which moto would look for it do not change."""
    picker = self._value_picker
    if type(value) is not dict or type(picker) is not XFormedAttributePicker or picker.response_transformers:
        return _MOTO_GET_VALUE(self, value, key, shape)
    names = vars(shape).setdefault("names_of_value", {})
    if key not in names:
        context = AttributePickerContext(obj={}, key=key, shape=shape)
        names[key] = tuple(picker.get_possible_keys(context))
    for name in names[key]:
        if name in value:
            return value[name]
        if "." in name:
            return _MOTO_GET_VALUE(self, value, key, shape)
    return None


def install(clock: Clock) -> None:
    """Remember what never changes."""
    CLOCK.use(clock)
    correct(backends, "list_of_moto_modules", _modules)
    correct(responses, "method_names_from_class", _METHOD_NAMES)
    correct(responses, "camelcase_to_underscores", _UNDERSCORES)
    correct(DomainDispatcherApplication, "get_backend_for_host", _backend_for_host)
    correct(BaseResponse, "_enrich_response", _ENRICH)
    correct(ResponseSerializer, "get_value", _get_value)
