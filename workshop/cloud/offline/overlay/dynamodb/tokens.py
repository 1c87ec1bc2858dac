"""ClientRequestToken makes TransactWriteItems and ExecuteTransaction idempotent for ten minutes.

AWS: a token has 1 to 36 characters. Repeating a request with the same token and actions within ten minutes of
its success does nothing and succeeds; with other actions it fails with
`IdempotentParameterMismatchException`; after ten minutes it is a new request. The order of keys in the JSON
does not matter. Source:
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html

moto ignores the token. Here the two operations look it up first. A failed request is not remembered, so a
client may retry it. The ten minutes run on the clock of the offline cloud, so a lesson can let them pass.
"""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import ERROR_TYPE_PREFIX, MockValidationException

from workshop.cloud.offline.overlay.used_tokens import UsedTokens

__all__ = ["once"]

WINDOW_SECONDS = 600
MAXIMUM_LENGTH = 36


class IdempotentParameterMismatchError(JsonRESTError):  # type: ignore[misc] # moto is untyped
    """The token was used for other actions."""

    def __init__(self) -> None:
        super().__init__(
            ERROR_TYPE_PREFIX + "IdempotentParameterMismatchException",
            "DynamoDB rejected the request because you retried a request with a different payload "
            "but with an idempotent token that was already used.",
        )


def once(handler: Any, actions: Any, run: Callable[[], Any]) -> Any:
    """Return the answer of `run`, or an empty one if the token of the request has had these actions done.

    Raises:
        IdempotentParameterMismatchError: the token was used for other actions.
        MockValidationException: a token has 1 to 36 characters.
    """
    token = handler.body.get("ClientRequestToken")
    if token is None:
        return run()
    _check_length(token)
    # Kept on the backend, so that a reset of moto forgets the tokens too.
    backend = vars(handler.dynamodb_backend)
    if "request_tokens" not in backend:
        backend["request_tokens"] = UsedTokens(WINDOW_SECONDS)
    tokens: UsedTokens = backend["request_tokens"]
    # moto has decoded binary values to bytes, which JSON cannot write: hence `repr`.
    text = json.dumps(actions, sort_keys=True, default=repr)
    # A hash instead of the text: a transaction may have 4 MB, and tokens are kept for ten minutes.
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    if (known := tokens.meaning(token)) is not None:
        if known != fingerprint:
            raise IdempotentParameterMismatchError
        return ActionResult({})
    answer = run()
    tokens.remember(token, fingerprint)
    return answer


def _check_length(token: str) -> None:
    if 1 <= len(token) <= MAXIMUM_LENGTH:
        return
    bound = "greater than or equal to 1" if not token else f"less than or equal to {MAXIMUM_LENGTH}"
    raise MockValidationException(
        f"1 validation error detected: Value '{token}' at 'clientRequestToken' failed to satisfy constraint: "
        f"Member must have length {bound}"
    )
