"""Tokens of the next page of a Kinesis listing: they name call and place, and last five minutes, as on AWS.

Support for the corrections of Kinesis; no correction of its own. Source:
https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListShards.html
"""

import json
from base64 import b64decode, b64encode
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kinesis.exceptions import InvalidArgumentError

from workshop.cloud.offline.overlay.correct import CLOCK

__all__ = ["TOLERATED_SECONDS", "make_token", "read_token"]

TOLERATED_SECONDS = 300


def make_token(call: str, place: dict[str, Any]) -> str:
    """Return a token for what comes after a place in the listing of a call."""
    return b64encode(json.dumps([call, place, CLOCK.now()]).encode()).decode()


def read_token(call: str, token: str) -> dict[str, Any]:
    """Return the place in a token of this call.

    Raises:
        InvalidArgumentError: the call has not given out this token.
        JsonRESTError: it is older than five minutes.
    """
    try:
        made_for, place, made = json.loads(b64decode(token, validate=True))
        age = CLOCK.now() - made
        is_ours = made_for == call and isinstance(place, dict)
    except (ValueError, TypeError) as error:
        raise InvalidArgumentError("NextToken is invalid.") from error
    if not is_ours:
        raise InvalidArgumentError("NextToken is invalid.")
    if age > TOLERATED_SECONDS:
        raise JsonRESTError("ExpiredNextTokenException", "NextToken has expired.")
    return dict(place)
