"""Authorizes each call before moto sees it.

Credentials of people are an administrator's: nothing is checked for them except who may assume a role and
what a bucket denies. Every call of a role session is checked against that role's policies.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

from moto.sts.models import sts_backends

from workshop.cloud.offline.http.calls import Answer, Call
from workshop.cloud.offline.permissions.bucket_policies import BUCKET_DENIAL, bucket_verdict
from workshop.cloud.offline.permissions.call_scope import CallScope, Needed
from workshop.cloud.offline.permissions.needs import needs_of
from workshop.cloud.offline.permissions.operations import read_operation
from workshop.cloud.offline.permissions.policy_evaluation import Access, PolicyVerdict
from workshop.cloud.offline.permissions.refusals import expired_token, invalid_token, not_authorized
from workshop.cloud.offline.permissions.rights import Rights
from workshop.cloud.offline.permissions.roles import find_role, rights_of_role
from workshop.cloud.offline.permissions.sessions import (
    RoleSession,
    access_key_of,
    find_session,
    has_ended,
    has_foreign_token,
)
from workshop.cloud.offline.permissions.standing_keys import standing_keys
from workshop.cloud.offline.permissions.trust import ASSUME_ROLE, Principal, Trust, trust_in
from workshop.cloud.offline.permissions.wildcards import Keys, LazyKeys
from workshop.settings import ACCOUNT_ID, DEFAULT_REGION

__all__ = ["denied"]

# Needs no permission on AWS either:
# https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html.
FREE = frozenset({"GetCallerIdentity"})
ROLE_TAKING = frozenset({"AssumeRole"})


def denied(call: Call) -> Answer | None:
    """Return AccessDenied or a credentials error, None if the call is allowed; the caller holds the lock."""
    access_key, token = access_key_of(call)
    session = find_session(access_key)
    if has_foreign_token(session, token):
        return invalid_token(call)
    if has_ended(session):
        return expired_token(call)
    if call.scope is not None and call.scope.service == "sts":
        return _denied_by_sts(call, session, access_key)
    if session is None:
        return _denied_by_bucket(call, access_key)
    return _denied_by_policies(call, session)


def _denied_by_policies(call: Call, session: RoleSession) -> Answer | None:
    rights = _rights(session)
    for needed in needs_of(read_operation(call), CallScope(session.account_id, _region(call))):
        keys = LazyKeys(partial(_all_keys, call, session, needed))
        access = Access(needed.action, needed.resource, keys)
        reason = rights.refusal(access)
        if needed.action.startswith("s3:"):
            reason = _with_bucket(reason, bucket_verdict(_principal_of(session), access))
        if reason is not None:
            return not_authorized(call, access, caller_arn=session.arn, reason=reason)
    return None


def _with_bucket(reason: str | None, verdict: PolicyVerdict) -> str | None:
    if verdict is PolicyVerdict.DENIED:
        return BUCKET_DENIAL
    # Who is named by the bucket's policy needs none of its own; only a denial or a boundary still refuses.
    is_granted = verdict is PolicyVerdict.ALLOWED and (reason or "").startswith("because no identity")
    return None if is_granted else reason


def _denied_by_bucket(call: Call, access_key: str) -> Answer | None:
    """Return AccessDenied for a person whom a bucket's policy denies the call; nothing else limits people."""
    if call.scope is None or call.scope.service != "s3" or not access_key:
        return None
    arn, principal = _principal(None, access_key)
    keys = {**standing_keys(arn, None, _region(call)), "aws:sourceip": ("127.0.0.1",)}
    for needed in needs_of(read_operation(call), CallScope(principal.account_id, _region(call))):
        access = Access(needed.action, needed.resource, keys)
        if bucket_verdict(principal, access) is PolicyVerdict.DENIED:
            return not_authorized(call, access, caller_arn=arn, reason=BUCKET_DENIAL)
    return None


def _all_keys(call: Call, session: RoleSession, needed: Needed) -> Keys:
    return {**_keys(call, session), **needed.keys()}


def _region(call: Call) -> str:
    return call.scope.region if call.scope is not None else DEFAULT_REGION


def _rights(session: RoleSession) -> Rights:
    rights = rights_of_role(session.role_arn)
    if session.policies is None:
        return rights
    return Rights(rights.identity, rights.boundary, session.policies)


def _denied_by_sts(call: Call, session: RoleSession | None, access_key: str) -> Answer | None:
    operation = read_operation(call)
    if operation.name in FREE:
        return None
    if operation.name in ROLE_TAKING:
        return _denied_to_assume(call, operation.parameters, session, access_key)
    return None if session is None else _denied_by_policies(call, session)


def _denied_to_assume(
    call: Call, parameters: Mapping[str, Any], session: RoleSession | None, access_key: str
) -> Answer | None:
    role_arn = str(parameters.get("RoleArn", ""))
    caller_arn, principal = _principal(session, access_key)
    keys = {"sts:rolesessionname": (str(parameters.get("RoleSessionName", "")),)}
    if "ExternalId" in parameters:
        keys["sts:externalid"] = (str(parameters["ExternalId"]),)
    own = _keys(call, session) if session else {"aws:principalarn": (caller_arn,)}
    access = Access(ASSUME_ROLE, role_arn, {**own, "aws:principalaccount": (principal.account_id,), **keys})
    role = find_role(role_arn)
    document = role.assume_role_policy_document if role is not None else ""
    trust = trust_in(principal, document, role_arn=role_arn, keys=access.keys)
    if trust is Trust.NONE:
        return not_authorized(call, access, caller_arn=caller_arn)
    if session is None:
        return None
    reason = _rights(session).refusal(access)
    # A trust policy that names the caller grants by itself, so that its own policies need not; only an
    # explicit deny, a boundary or a session policy can still refuse.
    if reason is None or (trust is Trust.NAMED and reason.startswith("because no identity")):
        return None
    return not_authorized(call, access, caller_arn=caller_arn, reason=reason)


def _principal(session: RoleSession | None, access_key: str) -> tuple[str, Principal]:
    if session is not None:
        return session.arn, _principal_of(session)
    _, arn, account_id = sts_backends[ACCOUNT_ID]["aws"].get_caller_identity(access_key, DEFAULT_REGION)
    return arn, Principal(frozenset({arn, arn.replace(":sts:", ":iam:")}), account_id)


def _principal_of(session: RoleSession) -> Principal:
    return Principal(frozenset({session.arn, session.role_arn}), session.account_id)


def _keys(call: Call, session: RoleSession) -> Keys:
    """Return the condition keys that every call of a role session has."""
    own = {
        "aws:sourceip": "127.0.0.1",
        "aws:useragent": str(call.headers.get("user-agent", "")),
        "aws:userid": session.user_id,
        "lambda:sourcefunctionarn": session.function_arn,
    }
    standing = standing_keys(session.role_arn, find_role(session.role_arn), _region(call))
    return {**standing, **{name: (value,) for name, value in own.items() if value}}
