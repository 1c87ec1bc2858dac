"""Lookups that moto repeats for each request, although their results never change, are cached.

No behaviour differs from AWS here; this saves time. moto lists its own folder twice to find a service,
inspects a class for its methods, searches each request twice for its access key and each response for a
request id to replace, and works out the names under which each member of a response could be found. Changed:
the results are cached, and a response in which nothing can be found is not searched. The letters of a random
text, such as the request id of each answer, are drawn at once; an invocation brings an id of its own. Names
of services and regions are looked up without the settings of this machine's user, of which a broken one would
make every request fail.
"""

from functools import cache, lru_cache
from string import ascii_letters, digits
from typing import Any

import boto3
from botocore.session import Session
from moto import backends
from moto.core import base_backend, responses, utils
from moto.core.responses import BaseResponse
from moto.core.serialize import AttributePickerContext, ResponseSerializer, XFormedAttributePicker
from moto.moto_api._internal.moto_random import MotoRandom
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from moto.utilities.aws_headers import gen_amzn_requestid_long

from workshop.cloud.blank_session import blank_session
from workshop.cloud.offline.overlay.correct import corrects

__all__ = ["INVOCATION_ID"]

REMEMBERED = 1024
# The header of an answer that has the id of an invocation, which becomes that of the request.
INVOCATION_ID = "Invocation-Id"

_MODULES = frozenset(backends.list_of_moto_modules())
_MOTO_METHOD_NAMES = responses.method_names_from_class
_MOTO_UNDERSCORES = responses.camelcase_to_underscores
_MOTO_BACKEND_FOR_HOST = DomainDispatcherApplication.get_backend_for_host
_MOTO_GET_VALUE = ResponseSerializer.get_value
_MOTO_ENRICH = BaseResponse._enrich_response
_MOTO_ACCESS_KEY = BaseResponse.get_access_key


@corrects(backends, "list_of_moto_modules")
def _modules() -> frozenset[str]:
    return _MODULES


@corrects(responses, "method_names_from_class")
@cache
def _method_names(response_class: type) -> Any:
    return _MOTO_METHOD_NAMES(response_class)


@corrects(responses, "camelcase_to_underscores")
@lru_cache(maxsize=REMEMBERED)
def _underscores(name: str) -> str:
    return str(_MOTO_UNDERSCORES(name))


@corrects(DomainDispatcherApplication, "get_backend_for_host")
@lru_cache(maxsize=REMEMBERED)
def _backend_for_host(self: Any, host: str | None) -> Any:
    return _MOTO_BACKEND_FOR_HOST(self, host)


@corrects(BaseResponse, "get_access_key")
def _get_access_key(self: Any) -> str:
    """Return who signed a call; of the header, what is before the first comma is the same in all of a day."""
    credential, _, rest = self.headers.get("Authorization", "").partition(",")
    return str(_MOTO_ACCESS_KEY(self)) if not rest else _key_in(credential) or "AKIAEXAMPLE"


@lru_cache(maxsize=REMEMBERED)
def _key_in(credential: str) -> str | None:
    found = BaseResponse.access_key_regex.search(credential)
    return found["access_key"] if found is not None else None


@corrects(base_backend, "Session")
def _session_for_regions() -> boto3.Session:
    return boto3.Session(botocore_session=blank_session())


@corrects(utils, "Session")
def _session_for_services() -> Session:
    return blank_session()


@corrects(BaseResponse, "_enrich_response", kind=staticmethod)
def _enrich_response(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
    given = headers.pop(INVOCATION_ID, None)
    # Only XML repeats the request id in its body; JSON, which most answers are, has it in a header.
    if not isinstance(body, str) or "<RequestId>" in body:
        headers, body = _MOTO_ENRICH(headers, body)
    else:
        if "status" in headers:
            headers["status"] = str(headers["status"])
        gen_amzn_requestid_long(headers)
    if given is not None:
        headers["x-amzn-requestid"] = given
    return headers, body


@corrects(MotoRandom, "get_random_string")
def _random_string(
    self: Any,
    length: int = 20,
    include_digits: bool = True,  # moto's arguments
    lower_case: bool = False,
) -> str:
    text = "".join(self.choices(ascii_letters + digits if include_digits else ascii_letters, k=length))
    return text.lower() if lower_case else text


@corrects(ResponseSerializer, "get_value")
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
        # Such a name leads into structures, where only moto finds its way.
        if "." in name:
            return _MOTO_GET_VALUE(self, value, key, shape)
    return None
