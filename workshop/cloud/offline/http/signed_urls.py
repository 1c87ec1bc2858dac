"""Addresses that carry their signature with them are answered like calls with a signature in their headers.

AWS takes either (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html), refuses an
address when its time is over, and judges it by the rights of whoever signed it. Clients sign with the clock
of the machine, so that is the one that counts here, wherever the cloud's own clock has been moved to.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from workshop.cloud.offline.http.calls import Answer, Call, Headers
from workshop.cloud.offline.http.failures import refusal
from workshop.settings import DEFAULT_REGION

__all__ = ["expired_answer", "signed_in_headers"]

CREDENTIAL = "x-amz-credential"
OF_VERSION_2 = frozenset(("awsaccesskeyid", "signature", "expires"))
OF_SIGNATURES = OF_VERSION_2 | {
    CREDENTIAL,
    "x-amz-algorithm",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-signature",
    "x-amz-signedheaders",
}
WEEK_SECONDS = 604_800
DATE = "%Y%m%dT%H%M%SZ"
AUTHORIZATION = "AWS4-HMAC-SHA256 Credential={}, SignedHeaders=host, Signature=0"


def signed_in_headers(call: Call) -> Call:
    """Return a call with its signature in the headers, if its address has one; else the call itself."""
    given = _parameters(call)
    if CREDENTIAL in given:
        credential, own = given[CREDENTIAL], OF_SIGNATURES - OF_VERSION_2
    elif given.keys() >= OF_VERSION_2:
        credential, own = f"{given['awsaccesskeyid']}/19700101/{DEFAULT_REGION}/s3/aws4_request", OF_VERSION_2
    else:
        return call
    # S3 takes its own headers from the address as well.
    moved = {name: value for name, value in given.items() if name.startswith("x-amz-") and name not in own}
    path, _, query = call.target.partition("?")
    rest = "&".join(part for part in query.split("&") if _name(part) not in {*own, *moved})
    added = [("Authorization", AUTHORIZATION.format(credential)), *moved.items()]
    headers = Headers([*call.headers.pairs, *added])
    return Call(call.method, f"{path}?{rest}" if rest else path, headers, call.body)


def expired_answer(call: Call, now: float) -> Answer | None:
    """Return the refusal of an address whose time is over at `now` in unix seconds, or tells none."""
    given = _parameters(call)
    if CREDENTIAL not in given and not given.keys() >= OF_VERSION_2:
        return None
    try:
        ends = float(given["expires"]) if CREDENTIAL not in given else _end(given)
    except (KeyError, ValueError):
        message = "Query-string authentication requires a date, and a time in seconds of at most a week"
        return refusal(call, code="AuthorizationQueryParametersError", message=message, status=400)
    if now <= ends:
        return None
    return refusal(call, code="AccessDenied", message="Request has expired", status=403)


def _end(given: dict[str, str]) -> float:
    seconds = int(given["x-amz-expires"])
    if not 0 <= seconds <= WEEK_SECONDS:
        raise ValueError(seconds)
    return datetime.strptime(given["x-amz-date"], DATE).replace(tzinfo=UTC).timestamp() + seconds


def _parameters(call: Call) -> dict[str, str]:
    """Return the parameters of an address by their names in lower case, none if it cannot be a signed one."""
    query = call.target.partition("?")[2]
    if "authorization" in call.headers or ("Amz-" not in query and "Expires=" not in query):
        return {}
    return dict(_pairs(query))


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    for part in query.split("&"):
        yield _name(part), unquote_plus(part.partition("=")[2])


def _name(part: str) -> str:
    return unquote_plus(part.partition("=")[0]).lower()
