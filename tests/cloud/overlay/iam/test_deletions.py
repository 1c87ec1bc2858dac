"""Users, groups and policies that are in use are not deleted."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cloud.documents import allow, document
from workshop.cloud.offline.overlay.correct import plain_moto

ARN = "arn:aws:iam::123456789012:policy/p"
USER, GROUP, POLICY = {"UserName": "u"}, {"GroupName": "g"}, {"PolicyArn": ARN}
TEXT = document(allow("sqs:SendMessage"))
DELETIONS = {"delete_user": USER, "delete_group": GROUP, "delete_policy": POLICY}


@pytest.fixture
def iam(account) -> Iterator[Any]:
    """The client, with a user, a group and a policy."""
    client = account.client("iam")
    client.create_user(**USER)
    client.create_group(**GROUP)
    client.create_policy(PolicyName="p", PolicyDocument=TEXT)
    return client


@pytest.mark.parametrize(
    ("use", "members", "deletion"),
    [
        ("create_access_key", USER, "delete_user"),
        ("create_login_profile", {**USER, "Password": "Xy1!xxxxxxx"}, "delete_user"),
        ("add_user_to_group", {**USER, **GROUP}, "delete_user"),
        ("add_user_to_group", {**USER, **GROUP}, "delete_group"),
        ("put_group_policy", {**GROUP, "PolicyName": "i", "PolicyDocument": TEXT}, "delete_group"),
        ("attach_group_policy", {**GROUP, **POLICY}, "delete_group"),
        ("attach_user_policy", {**USER, **POLICY}, "delete_policy"),
        ("create_policy_version", {**POLICY, "PolicyDocument": TEXT}, "delete_policy"),
    ],
)
def test_what_is_in_use_is_not_deleted(iam, refused, use: str, members: Any, deletion: str) -> None:
    """Keys, passwords, members, policies, attachments and versions are in the way; plain moto deletes."""
    getattr(iam, use)(**members)

    assert refused(getattr(iam, deletion), **DELETIONS[deletion])[0] == "DeleteConflict"
    with plain_moto():
        getattr(iam, deletion)(**DELETIONS[deletion])


def outcomes(iam: Any) -> list[str]:
    """Delete everything, then again; return the errors."""
    found = []
    for _ in range(2):
        for deletion, names in DELETIONS.items():
            try:
                getattr(iam, deletion)(**names)
                found.append("")
            except ClientError as error:
                found.append(error.response["Error"]["Code"])
    return found


def test_what_is_not_in_use_is_deleted_as_before(account, iam) -> None:
    """The rest goes, and what is not there is refused, as in plain moto."""
    corrected = outcomes(iam)

    with plain_moto():
        iam.create_user(**USER)
        iam.create_group(**GROUP)
        iam.create_policy(PolicyName="p", PolicyDocument=TEXT)
        assert corrected == outcomes(iam)
