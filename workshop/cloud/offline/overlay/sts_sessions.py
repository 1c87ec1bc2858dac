"""Sessions of roles can be told from people's credentials by their token.

AWS marks temporary credentials; a token that AWS has not given out, or has forgotten, is refused. moto's
tokens look like anybody's, so that a session that was forgotten by a reset could not be told from a person.
Changed: a session's token begins with a mark. Its access key, its secret and everything else stay as they
are. Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_temp_use-resources.html.
"""

from typing import Any

from moto.sts.models import STSBackend

from workshop.clock import Clock
from workshop.cloud.offline.overlay.correct import CLOCK, correct
from workshop.cloud.offline.permissions.sessions import TOKEN_MARK

__all__ = ["install"]

_MOTO_ASSUME_ROLE = STSBackend.assume_role


def _assume_role(self: Any, *arguments: Any, **named: Any) -> Any:
    session = _MOTO_ASSUME_ROLE(self, *arguments, **named)
    session.session_token = TOKEN_MARK + session.session_token
    return session


def install(clock: Clock) -> None:
    """Mark the tokens of sessions."""
    CLOCK.use(clock)
    correct(STSBackend, "assume_role", _assume_role)
