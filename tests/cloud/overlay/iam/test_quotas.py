"""How long policies may be, how many of them an identity may have, and other quotas."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud.documents import allow, document, make_role, trust
from workshop.cloud.offline.overlay.correct import plain_moto

ROLE = {"RoleName": "r"}
NAMES = {"Role": "r", "Group": "g", "User": "u"}
SHORT = document(allow("*"))


def policy(size: int) -> str:
    """Return a policy with so many characters beside white space."""
    empty = json.loads(document(allow("s3:GetObject", "arn:aws:s3:::")))
    missing = size - len(json.dumps(empty).replace(" ", ""))
    return json.dumps(json.loads(document(allow("s3:GetObject", "arn:aws:s3:::" + "a" * missing))), indent=2)


def trusting(size: int) -> str:
    """Return a trust policy with so many characters beside white space."""
    written = json.loads(trust(Service="lambda.amazonaws.com"))
    written["Statement"][0]["Sid"] = ""
    missing = size - len(json.dumps(written).replace(" ", ""))
    written["Statement"][0]["Sid"] = "a" * missing
    return json.dumps(written, indent=2)


@pytest.fixture
def iam(account) -> Any:
    """The client, with a role, a group, a user and a managed policy."""
    client = account.client("iam")
    client.create_role(**ROLE, AssumeRolePolicyDocument=trusting(2048))
    client.create_group(GroupName="g")
    client.create_user(UserName="u")
    client.create_policy(PolicyName="p", PolicyDocument=SHORT)
    return client


P = {"PolicyName": "p"}
ARN = "arn:aws:iam::123456789012:policy/p"
SIZES: list[tuple[str, dict[str, str], str, Callable[[int], str], int, str]] = [
    ("create_policy", {"PolicyName": "q"}, "PolicyDocument", policy, 6144, "quota for PolicySize: 6144"),
    ("create_policy_version", {"PolicyArn": ARN}, "PolicyDocument", policy, 6144, "PolicySize: 6144"),
    (
        "create_role",
        {"RoleName": "s"},
        "AssumeRolePolicyDocument",
        trusting,
        2048,
        "Cannot exceed quota for ACLSizePerRole: 2048",
    ),
    ("update_assume_role_policy", ROLE, "PolicyDocument", trusting, 2048, "ACLSizePerRole: 2048"),
    (
        "put_role_policy",
        {**ROLE, **P},
        "PolicyDocument",
        policy,
        10_240,
        "Maximum policy size of 10240 bytes exceeded for role r",
    ),
    ("put_group_policy", {"GroupName": "g", **P}, "PolicyDocument", policy, 5120, "exceeded for group g"),
    ("put_user_policy", {"UserName": "u", **P}, "PolicyDocument", policy, 2048, "exceeded for user u"),
]


@pytest.mark.parametrize("case", SIZES, ids=lambda case: case[0])
def test_a_policy_has_a_largest_size(iam: Any, refused: Any, case: Any) -> None:
    """White space does not count; one character more is refused, which plain moto takes."""
    call, names, member, write, most, text = case
    error = refused(getattr(iam, call), **names, **{member: write(most + 1)})
    getattr(iam, call)(**names, **{member: write(most)})
    if "create" not in call:
        with plain_moto():
            getattr(iam, call)(**names, **{member: write(most + 1)})

    assert error[0] == "LimitExceeded"
    assert text in error[1]


def test_inline_policies_count_together(iam: Any, refused: Any) -> None:
    """Another one of a role is refused if all of them would be too long."""
    iam.put_role_policy(**ROLE, PolicyName="a", PolicyDocument=policy(6000))

    code, _ = refused(iam.put_role_policy, **ROLE, PolicyName="b", PolicyDocument=policy(6000))
    iam.put_role_policy(**ROLE, PolicyName="a", PolicyDocument=policy(10_000))

    assert code == "LimitExceeded"


@pytest.mark.parametrize("kind", NAMES)
def test_an_identity_has_ten_managed_policies(iam: Any, refused: Any, kind: str) -> None:
    """An eleventh is refused; one that is attached can be attached again."""
    attach, whose = getattr(iam, f"attach_{kind.lower()}_policy"), {f"{kind}Name": NAMES[kind]}
    arns = [
        iam.create_policy(PolicyName=f"p{number}", PolicyDocument=SHORT)["Policy"]["Arn"]
        for number in range(11)
    ]
    for arn in [*arns[:10], arns[0]]:
        attach(**whose, PolicyArn=arn)

    error = refused(attach, **whose, PolicyArn=arns[10])
    with plain_moto():
        attach(**whose, PolicyArn=arns[10])

    assert error == ("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind}: 10")


def test_a_user_is_in_ten_groups(iam: Any, refused: Any) -> None:
    """An eleventh is refused; one that it is in already is not."""
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
    for number in (*range(10), 0):
        iam.add_user_to_group(UserName="u", GroupName=f"g{number}")

    error = refused(iam.add_user_to_group, UserName="u", GroupName="g10")
    with plain_moto():
        iam.add_user_to_group(UserName="u", GroupName="g10")

    assert error == ("LimitExceeded", "Cannot exceed quota for GroupsPerUser: 10")


@pytest.mark.parametrize("kind", ["Role", "User"])
def test_a_tag_takes_the_place_of_one_with_other_capitals(iam: Any, kind: str) -> None:
    """Keys differ by more than that; plain moto keeps both."""
    tag, whose = getattr(iam, f"tag_{kind.lower()}"), {f"{kind}Name": NAMES[kind]}

    def keys() -> list[str]:
        return sorted(one["Key"] for one in getattr(iam, f"list_{kind.lower()}_tags")(**whose)["Tags"])

    for key in ("Other", "Owner", "owner"):
        tag(**whose, Tags=[{"Key": key, "Value": key}])
    ours = keys()
    with plain_moto():
        tag(**whose, Tags=[{"Key": "OWNER", "Value": ""}])

    assert ours == ["Other", "owner"]
    assert keys() == ["OWNER", "Other", "owner"]


def test_what_is_attached_names_no_principal(account, refused) -> None:
    """A policy of its own, and an inline one of each kind of identity; plain moto takes it."""
    iam = account.client("iam")
    make_role(iam)
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    inline = {"PolicyName": "p", "PolicyDocument": document(allow("*", Principal="*"))}
    calls = {
        iam.create_policy: {},
        iam.put_role_policy: {"RoleName": "lambda"},
        iam.put_user_policy: {"UserName": "u"},
        iam.put_group_policy: {"GroupName": "g"},
    }

    errors = {refused(call, **inline, **whose) for call, whose in calls.items()}
    with plain_moto():
        iam.put_user_policy(UserName="u", **inline)

    assert errors == {("MalformedPolicyDocument", "Policy document should not specify a principal.")}


@pytest.mark.parametrize("text", ["{", "[]", document({"Effect": "Allow", "Action": "s3:GetObject"})])
def test_a_trust_policy_is_judged_when_it_is_made_and_later(account, refused, text: str) -> None:
    """CreateRole and UpdateAssumeRolePolicy say the same; plain moto makes a role of anything."""
    iam = account.client("iam")
    make_role(iam)

    made = refused(iam.create_role, RoleName="new", AssumeRolePolicyDocument=text)
    changed = refused(iam.update_assume_role_policy, RoleName="lambda", PolicyDocument=text)
    with plain_moto():
        iam.create_role(RoleName="new", AssumeRolePolicyDocument=text)

    assert made == changed
    assert made[0] == "MalformedPolicyDocument"


def test_a_boundary_is_a_policy_that_is_there(account, refused) -> None:
    """CreateRole and PutRolePermissionsBoundary say the same; plain moto takes any ARN."""
    iam = account.client("iam")
    make_role(iam)
    arn = "arn:aws:iam::123456789012:policy/none"
    new = {"RoleName": "new", "AssumeRolePolicyDocument": trust()}

    made = refused(iam.create_role, **new, PermissionsBoundary=arn)
    changed = refused(iam.put_role_permissions_boundary, RoleName="lambda", PermissionsBoundary=arn)
    with plain_moto():
        iam.put_role_permissions_boundary(RoleName="lambda", PermissionsBoundary=arn)
    own = iam.create_policy(PolicyName="own", PolicyDocument=document(allow("*")))["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="lambda", PermissionsBoundary=own)

    assert made == changed == ("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable.")
