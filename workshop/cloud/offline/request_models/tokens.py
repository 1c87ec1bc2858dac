"""The error for a token of the next page that no page has given out.

moto's tokens are numbers, names or positions, and it fails on others with whatever its lists raise. A call
that fails with a token therefore fails because of it: AWS checks tokens before anything is listed.
"""

from collections.abc import Callable
from typing import Any

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.http.failures import refusal
from workshop.cloud.offline.request_models.reading import UnreadableBodyError, read_call
from workshop.cloud.offline.request_models.wording import token_refusal

__all__ = ["invalid_token_answer"]

TOKENS = ("NextToken", "nextToken", "Marker", "PaginationToken")
# What a look-up of a token raises in moto; its own errors are answers already.
LOOK_UP = (LookupError, ValueError, TypeError, AttributeError)


def invalid_token_answer(
    call: Call, environ: Callable[[Call], dict[str, Any]], error: Exception
) -> Answer | None:
    """Return the error for the token of a call that failed inside moto, None if it has none."""
    if not isinstance(error, LOOK_UP):
        return None
    try:
        read = read_call(call, environ)
    except UnreadableBodyError:
        return None
    token = next((name for name in TOKENS if read is not None and read.parameters.get(name)), None)
    if read is None or token is None:
        return None
    words = token_refusal(read, token)
    return refusal(call, code=words.code, message=words.message, status=400)
