"""AWS's managed policies are there, and cost little."""

import json

import pytest
from moto.core.config import default_user_config
from moto.iam import models
from moto.iam.models import AWSManagedPolicy, iam_backends

from tests.cloud.documents import trust
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.settings import ACCOUNT_ID

BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def iam(account, monkeypatch):
    """The client, in an account with AWS's managed policies."""
    monkeypatch.setitem(default_user_config, "iam", {"load_aws_managed_policies": True})
    iam_backends.clear()
    yield account.client("iam")
    iam_backends.clear()


def policy(iam) -> dict:
    """Return a managed policy with its document, without what is drawn by chance."""
    found = iam.get_policy(PolicyArn=BASIC)["Policy"]
    version = iam.get_policy_version(PolicyArn=BASIC, VersionId=found["DefaultVersionId"])["PolicyVersion"]
    return {**found, "PolicyId": "", "Document": version["Document"]}


def attach(iam) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust())
    iam.attach_role_policy(RoleName="r", PolicyArn=BASIC)


def test_managed_policies_are_as_before(iam) -> None:
    """A managed policy has the document and the dates that plain moto gives it."""
    corrected = policy(iam)
    names = {entry["Arn"] for entry in iam.list_policies(MaxItems=1000)["Policies"]}

    with plain_moto():
        iam_backends.clear()
        assert corrected == policy(iam)
        assert names == {entry["Arn"] for entry in iam.list_policies(MaxItems=1000)["Policies"]}
    assert "logs:PutLogEvents" in json.dumps(corrected["Document"])


def test_policies_are_built_once(iam, monkeypatch) -> None:
    """A reset does not read the policies again; plain moto does, and for each partition of AWS."""
    iam.list_roles()
    built: list[str] = []
    original = AWSManagedPolicy.from_data.__func__
    monkeypatch.setattr(
        AWSManagedPolicy,
        "from_data",
        classmethod(lambda cls, name, *rest: built.append(name) or original(cls, name, *rest)),
    )

    iam_backends.clear()
    iam.list_roles()
    corrected = len(built)
    with plain_moto():
        iam_backends.clear()
        iam.list_roles()

    assert corrected == 0
    assert len(built) > 6000


def test_attachments_are_forgotten_by_a_reset(iam) -> None:
    """What was attached before a reset is not counted after it."""
    attach(iam)
    assert iam.get_policy(PolicyArn=BASIC)["Policy"]["AttachmentCount"] == 1

    iam_backends.clear()

    assert iam.get_policy(PolicyArn=BASIC)["Policy"]["AttachmentCount"] == 0


def test_an_access_key_is_found_in_its_account(iam) -> None:
    """A known or unknown access key belongs to the account, and no other partition is created for that."""
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]

    found = [models.get_account_id_from(one) for one in (key, "AKIAUNKNOWNUNKNOWN00")]

    assert found == [ACCOUNT_ID, ACCOUNT_ID]
    assert set(iam_backends[ACCOUNT_ID]) == {"aws"}
