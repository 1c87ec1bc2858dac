"""Whose credentials a call carries: a role session's, or a person's.

Role sessions are found by their access key; every other key is an administrator's. A session expires on the
cloud's clock; those of functions do not, since Lambda renews the credentials of its environments.
"""

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from moto.sts.models import sts_backends

from workshop.cloud.offline.http.calls import Call
from workshop.cloud.offline.overlay.correct import CLOCK
from workshop.cloud.offline.partitions import PARTITIONS
from workshop.cloud.offline.permissions.policy_evaluation import PolicySet, parse_statements

__all__ = ["TOKEN_MARK", "RoleSession", "access_key_of", "find_session", "has_ended", "has_foreign_token"]

# Session tokens of this cloud begin with it, so that a forgotten session is not taken for a person.
TOKEN_MARK = "WorkshopSession"  # noqa: S105 # a mark, no secret


@dataclass(frozen=True)
class RoleSession:
    """An assumed role: who calls, and what narrows the role's rights for this session."""

    account_id: str
    role_arn: str
    name: str
    token: str = field(repr=False)
    documents: tuple[Any, ...] = ()
    expires_at: float = math.inf
    user_id: str = ""
    function_arn: str = ""

    @cached_property
    def role_name(self) -> str:
        """The role's name without its path."""
        return self.role_arn.rpartition("/")[2]

    @cached_property
    def arn(self) -> str:
        """The session as errors and GetCallerIdentity name it."""
        partition = self.role_arn.split(":")[1]
        return f"arn:{partition}:sts::{self.account_id}:assumed-role/{self.role_name}/{self.name}"

    @cached_property
    def policies(self) -> PolicySet | None:
        """The session policies together, None if there is none."""
        if not self.documents:
            return None
        return PolicySet(statement for one in self.documents for statement in parse_statements(one))


class _Index:
    """The sessions of one backend by access key; reads only what has been added since it last looked."""

    def __init__(self) -> None:
        self._read: list[Any] = []
        self._sessions: dict[str, RoleSession] = {}

    def find(self, assumed: list[Any], access_key: str) -> RoleSession | None:
        seen = len(self._read)
        # A list that has been emptied may have grown again meanwhile.
        if len(assumed) < seen or (seen and assumed[seen - 1] is not self._read[-1]):
            self._read, self._sessions, seen = [], {}, 0
        for role in assumed[seen:]:
            self._sessions[role.access_key_id] = _session(role)
            self._read.append(role)
        return self._sessions.get(access_key)


_indexes: dict[tuple[str, str], _Index] = {}


def find_session(access_key: str) -> RoleSession | None:
    """Return the session that an access key belongs to, None for anybody else; the caller holds the lock."""
    for account_id, partitions in sts_backends.items():
        for partition in PARTITIONS:
            if (backend := dict.get(partitions, partition)) is None:
                continue
            index = _indexes.setdefault((account_id, partition), _Index())
            if (session := index.find(backend.assumed_roles, access_key)) is not None:
                return session
    return None


def access_key_of(call: Call) -> tuple[str, str]:
    """Return the access key and the session token of a call, empty if nobody has signed it."""
    if call.scope is None:
        return "", ""
    return call.scope.access_key, str(call.headers.get("x-amz-security-token", ""))


def has_foreign_token(session: RoleSession | None, token: str) -> bool:
    """Return whether a token does not belong to the session, or is of a session that has been forgotten."""
    if session is None:
        return token.startswith(TOKEN_MARK)
    return token != session.token


def has_ended(session: RoleSession | None) -> bool:
    """Return whether the session's time is over; people's own credentials do not end."""
    return session is not None and session.expires_at <= CLOCK.now()


def _session(role: Any) -> RoleSession:
    function_arn = getattr(role, "function_arn", "")
    return RoleSession(
        account_id=role.account_id,
        role_arn=role.role_arn,
        name=role.session_name,
        token=role.session_token,
        documents=(*filter(None, [role.policy]), *getattr(role, "managed_documents", ())),
        expires_at=math.inf if function_arn else getattr(role, "expires_at", math.inf),
        user_id=role.user_id,
        function_arn=function_arn,
    )
