"""Sessions bear a mark; everything else about them is moto's."""

from typing import Any

from tests.cloud.documents import trust
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.cloud.offline.permissions.sessions import TOKEN_MARK

ROLE = "arn:aws:iam::123456789012:role/r"


def assumed(account) -> dict[str, Any]:
    """Return the answer to AssumeRole."""
    answer: dict[str, Any] = account.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")
    return answer


def test_tokens_of_sessions_are_marked(account) -> None:
    """A session's token tells that it is one of this cloud; plain moto's does not."""
    account.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust())

    assert assumed(account)["Credentials"]["SessionToken"].startswith(TOKEN_MARK)
    with plain_moto():
        assert not assumed(account)["Credentials"]["SessionToken"].startswith(TOKEN_MARK)


def test_sessions_are_otherwise_as_before(account) -> None:
    """Names, ids and the form of the credentials are those of plain moto."""
    account.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    corrected = assumed(account)
    with plain_moto():
        plain = assumed(account)

    assert corrected["AssumedRoleUser"] == plain["AssumedRoleUser"]
    assert {name: type(value) for name, value in corrected["Credentials"].items()} == {
        name: type(value) for name, value in plain["Credentials"].items()
    }
    assert corrected["Credentials"]["AccessKeyId"].startswith("ASIA")


def test_a_session_is_no_longer_than_its_role_allows(account, refused) -> None:
    """An hour, unless the role says otherwise."""
    session = {"RoleArn": ROLE, "RoleSessionName": "me"}
    iam, sts = account.client("iam"), account.client("sts")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())

    code, text = refused(sts.assume_role, DurationSeconds=3601, **session)

    assert code == "ValidationError"
    assert text == "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    sts.assume_role(DurationSeconds=3600, **session)
    iam.update_role(RoleName="r", MaxSessionDuration=7200)
    sts.assume_role(DurationSeconds=7200, **session)
