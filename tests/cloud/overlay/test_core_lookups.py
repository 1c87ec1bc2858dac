"""moto's lookups of names, which every request needs."""

from collections.abc import Callable

import pytest
from moto.core.base_backend import AccountSpecificBackend
from moto.core.responses import BaseResponse
from moto.core.utils import service_name_from_moto_package_name

from workshop.clock import SystemClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.http.calls import Headers
from workshop.cloud.offline.overlay.correct import plain_moto


def region() -> str:
    # Past the caches, which may hold what has been found before.
    session = AccountSpecificBackend.get_session.__wrapped__(AccountSpecificBackend)
    return str(session.get_available_regions("dynamodb")[0])


def service() -> str:
    return str(service_name_from_moto_package_name.__wrapped__("applicationautoscaling"))


@pytest.mark.parametrize(
    ("look_up", "wanted"), [(region, "af-south-1"), (service, "application-autoscaling")]
)
def test_names_are_found_whatever_the_users_settings(
    monkeypatch: pytest.MonkeyPatch, look_up: Callable[[], str], wanted: str
) -> None:
    """A profile that is not there stops no request."""
    overlay.apply(SystemClock(), ["core_lookups"])
    monkeypatch.setenv("AWS_PROFILE", "gone")

    assert look_up() == wanted


@pytest.mark.parametrize(
    "signature",
    [
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/x/sqs/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=test/20260101/x/sqs/aws4_request, SignedHeaders=host, Signature=0",
        "AWS AKIAIOSFODNN7EXAMPLE:c2lnbmF0dXJl",
        "Bearer token",
        None,
    ],
)
def test_the_same_access_key_is_read(signature: str | None) -> None:
    """Whoever signed a call, and however, is who moto takes them for."""
    response = BaseResponse()
    response.headers = Headers([] if signature is None else [("Authorization", signature)])
    response.querystring = {}
    with plain_moto():
        wanted = BaseResponse.get_access_key(response)
    overlay.apply(SystemClock(), ["core_lookups"])

    assert BaseResponse.get_access_key(response) == wanted
