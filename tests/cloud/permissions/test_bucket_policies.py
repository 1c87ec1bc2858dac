"""What the policy of a bucket allows and denies, to people, roles and anonymous callers."""

from typing import Any

import pytest

from tests.cloud.documents import ACCOUNT, allow, deny, document
from tests.cloud.permissions.conftest import Roles, outcome

OBJECTS = "arn:aws:s3:::box/*"
EVERYBODY = {"Principal": "*"}
ROLE = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}}
UNENCRYPTED = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
ENCRYPTED = {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}


def put(client: Any) -> str:
    return outcome(client.put_object, Bucket="box", Key="k", Body=b"1")


@pytest.mark.parametrize(
    ("statement", "person", "role"),
    [
        (deny("s3:*", OBJECTS, **EVERYBODY, **UNENCRYPTED), "allowed", "allowed"),
        (deny("s3:*", OBJECTS, **EVERYBODY, **ENCRYPTED), "AccessDenied", "AccessDenied"),
        (deny("s3:PutObject", OBJECTS, **ROLE), "allowed", "AccessDenied"),
        (deny("s3:PutObject", OBJECTS, Principal={"AWS": ACCOUNT}), "AccessDenied", "AccessDenied"),
        (deny("s3:GetObject", OBJECTS, **EVERYBODY), "allowed", "allowed"),
    ],
)
def test_a_bucket_denies_to_whom_it_names(roles: Roles, statement: Any, person: str, role: str) -> None:
    """A denial holds for the principals that it names, if its conditions do, whatever allows the call."""
    roles.make("r", allow("s3:*"))
    s3 = roles.cloud.client("s3")
    s3.create_bucket(Bucket="box")
    s3.put_object(Bucket="box", Key="k", Body=b"0")
    s3.put_bucket_policy(Bucket="box", Policy=document(statement))

    assert (put(s3), put(roles.client("s3", "r"))) == (person, role)


def test_a_bucket_grants_to_whom_it_names(roles: Roles) -> None:
    """A role that the bucket's policy names needs no right of its own; one that it does not name does."""
    for name in ("r", "other"):
        roles.make(name)
    s3 = roles.cloud.client("s3")
    s3.create_bucket(Bucket="box")
    s3.put_bucket_policy(Bucket="box", Policy=document(allow("s3:PutObject", OBJECTS, **ROLE)))

    assert (put(roles.client("s3", "r")), put(roles.client("s3", "other"))) == ("allowed", "AccessDenied")
