"""Role sessions have recognisable tokens, expire, and can be limited by session policies.

AWS refuses a session token that it has not issued. A session expires after `DurationSeconds`, and it may do
what both the role's policies and the session policies (`Policy` and `PolicyArns` together) allow. Sources:
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html.

moto's tokens have no recognisable form, so a session forgotten by a reset would pass for a person's
credentials; sessions never expire, may be as long as one likes, and `PolicyArns` are dropped.

Changed: a session's token begins with a mark, its expiration is on the cloud's clock, the documents of
`PolicyArns` are stored with it, and a missing policy is refused, as is more than the role's
`MaxSessionDuration`. AWS's text for a missing policy is not documented.
"""

from datetime import UTC, datetime
from typing import Any

from moto.sts.exceptions import STSValidationError
from moto.sts.models import STSBackend
from moto.sts.responses import TokenResponse

from workshop.cloud.offline.overlay.correct import CLOCK, corrects
from workshop.cloud.offline.permissions.roles import find_role, managed_document
from workshop.cloud.offline.permissions.sessions import TOKEN_MARK

DEFAULT_SECONDS = 3600

_MOTO_ASSUME_ROLE = STSBackend.assume_role
_MOTO_CALL = TokenResponse.assume_role


@corrects(STSBackend, "assume_role")
def _assume_role(self: Any, *arguments: Any, duration: int, **named: Any) -> Any:
    session = _MOTO_ASSUME_ROLE(self, *arguments, duration=duration, **named)
    session.session_token = TOKEN_MARK + session.session_token
    session.expires_at = CLOCK.now() + duration
    session.expiration = datetime.fromtimestamp(session.expires_at, UTC).replace(tzinfo=None)
    return session


@corrects(TokenResponse, "assume_role")
def _assume_role_call(self: Any) -> Any:
    role = find_role(str(self._get_param("RoleArn")))
    longest = int(getattr(role, "max_session_duration", None) or DEFAULT_SECONDS)
    if self._get_int_param("DurationSeconds", DEFAULT_SECONDS) > longest:
        raise STSValidationError(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
    # Before the session exists: one whose policy is missing must not come into being.
    documents = _managed_documents(self)
    answer = _MOTO_CALL(self)
    answer.result["Credentials"].managed_documents = documents
    return answer


def _managed_documents(call: Any) -> tuple[Any, ...]:
    """Return the documents of the managed policies in `PolicyArns`."""
    # The padding lets an ARN of the wrong form through to moto, which words the refusal.
    account_id = (str(call._get_param("RoleArn")) + ":::::").split(":")[4]
    documents = []
    for policy in call._get_param("PolicyArns") or ():
        arn = str(policy.get("arn"))
        document = managed_document(arn, account_id)
        if document is None:
            raise STSValidationError(f"the session policy {arn} does not exist in the account of the role")
        documents.append(document)
    return tuple(documents)
