"""Keys outlive their stack by some days."""

from typing import Any

import pytest

from tests.cloud.overlay.cloudformation.samples import document, resource


@pytest.mark.parametrize(("properties", "days"), [({}, 30), ({"PendingWindowInDays": 7}, 7)])
def test_a_key_is_deleted_later_than_its_stack(aws: Any, clock: Any, properties: Any, days: int) -> None:
    """What it has encrypted can still be read until then."""
    aws.create({"Key": resource("KMS::Key", **properties)})
    key = aws.resources()["Key"]

    aws.cloudformation.delete_stack(StackName="stack")

    described = aws.client("kms").describe_key(KeyId=key)["KeyMetadata"]
    assert described["KeyState"] == "PendingDeletion"
    assert described["DeletionDate"].timestamp() == clock.now() + days * 86_400


def test_a_key_changes_in_place(aws: Any) -> None:
    """Policy, description and whether it is enabled follow the template."""
    kms = aws.client("kms")
    aws.create({"Key": resource("KMS::Key", KeyPolicy=document("kms:*", Principal="*"), Description="one")})
    key = aws.resources()["Key"]

    aws.update({"Key": resource("KMS::Key", Enabled="false", EnableKeyRotation=True)})

    assert aws.resources()["Key"] == key
    described = kms.describe_key(KeyId=key)["KeyMetadata"]
    assert (described["Description"], described["KeyState"]) == ("", "Disabled")
    assert "Enable IAM User Permissions" in kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]


def test_a_parameter_has_another_version_after_an_update(aws: Any) -> None:
    """The old values stay in its history."""
    ssm = aws.client("ssm")
    aws.create({"P": resource("SSM::Parameter", Type="String", Value="one", Description="first")})
    name = aws.resources()["P"]

    aws.update({"P": resource("SSM::Parameter", Type="String", Value=2)})

    history = ssm.get_parameter_history(Name=name)["Parameters"]
    assert [(one["Version"], one["Value"], one.get("Description")) for one in history] == [
        (1, "one", "first"),
        (2, "2", None),
    ]


def test_a_secret_names_a_key_that_is_there(aws: Any) -> None:
    """PutParameter refuses another one; the service's own key needs no name."""
    parameter = {"Name": "secret", "Value": "v", "Type": "SecureString"}
    ssm = aws.client("ssm")

    code, message = aws.refusal(ssm.put_parameter, **parameter, KeyId="alias/none")
    ssm.put_parameter(**parameter)

    assert (code, message.endswith("alias/none is not found.")) == ("InvalidKeyId", True)


def test_a_key_is_used_while_it_is_enabled(aws: Any) -> None:
    """One that is disabled, or is to be deleted, does nothing, and the latter stays as it is."""
    kms = aws.client("kms")
    key = {"KeyId": kms.create_key()["KeyMetadata"]["KeyId"]}
    uses: list[tuple[Any, dict[str, Any]]] = [
        (kms.encrypt, {"Plaintext": b"x"}),
        (kms.decrypt, {"CiphertextBlob": kms.encrypt(**key, Plaintext=b"x")["CiphertextBlob"]}),
        (kms.generate_data_key, {"KeySpec": "AES_256"}),
        (kms.generate_data_key_without_plaintext, {"KeySpec": "AES_256"}),
    ]
    changes: list[tuple[Any, dict[str, Any]]] = [
        (kms.enable_key, {}),
        (kms.disable_key, {}),
        (kms.enable_key_rotation, {}),
        (kms.schedule_key_deletion, {}),
        (kms.tag_resource, {"Tags": [{"TagKey": "k", "TagValue": "v"}]}),
        (kms.untag_resource, {"TagKeys": ["k"]}),
        (kms.update_key_description, {"Description": "other"}),
    ]

    kms.disable_key(**key)
    disabled = {aws.refusal(call, **key, **given)[0] for call, given in uses}
    kms.enable_key(**key)
    kms.encrypt(**key, Plaintext=b"x")
    kms.schedule_key_deletion(**key)
    pending = {aws.refusal(call, **key, **given)[0] for call, given in (*uses, *changes)}

    assert disabled == {"DisabledException"}
    assert pending == {"KMSInvalidStateException"}
    kms.cancel_key_deletion(**key)


def test_what_a_key_has_made_waits_for_it(aws: Any) -> None:
    """ReEncrypt does not read what a disabled key wrote, and VerifyMac does not judge what it signed."""
    kms = aws.client("kms")
    mac = {"KeyUsage": "GENERATE_VERIFY_MAC", "KeySpec": "HMAC_256"}
    key, other, signing = (kms.create_key(**kind)["KeyMetadata"]["KeyId"] for kind in ({}, {}, mac))
    secret = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    message = {"KeyId": signing, "Message": b"x", "MacAlgorithm": "HMAC_SHA_256"}
    signature = kms.generate_mac(**message)["Mac"]

    kms.disable_key(KeyId=key)
    kms.disable_key(KeyId=signing)

    codes = {
        aws.refusal(kms.re_encrypt, CiphertextBlob=secret, DestinationKeyId=other)[0],
        aws.refusal(kms.generate_mac, **message)[0],
        aws.refusal(kms.verify_mac, **message, Mac=signature)[0],
    }
    assert codes == {"DisabledException"}


def test_no_alias_names_a_key_that_goes(aws: Any) -> None:
    """CreateAlias and UpdateAlias refuse it, and so does a stack's update."""
    kms = aws.client("kms")
    going, staying = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    aws.create({"Alias": resource("KMS::Alias", AliasName="alias/a", TargetKeyId=staying)})
    kms.schedule_key_deletion(KeyId=going)

    codes = {
        aws.refusal(kms.create_alias, AliasName="alias/b", TargetKeyId=going)[0],
        aws.refusal(kms.update_alias, AliasName="alias/a", TargetKeyId=going)[0],
    }
    updated = aws.update({"Alias": resource("KMS::Alias", AliasName="alias/a", TargetKeyId=going)})

    assert codes == {"KMSInvalidStateException"}
    assert updated["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"


def test_a_key_does_what_it_is_for(aws: Any) -> None:
    """One that signs encrypts nothing, and does not rotate."""
    kms = aws.client("kms")
    kind = {"KeyUsage": "SIGN_VERIFY", "KeySpec": "ECC_NIST_P256"}
    key = {"KeyId": kms.create_key(**kind)["KeyMetadata"]["KeyId"]}

    encrypted = aws.refusal(kms.encrypt, **key, Plaintext=b"x")
    rotated = {
        aws.refusal(call, **key)[0]
        for call in (kms.enable_key_rotation, kms.disable_key_rotation, kms.get_key_rotation_status)
    }

    assert encrypted[0] == "InvalidKeyUsageException"
    assert rotated == {"UnsupportedOperationException"}


def test_what_is_refused_makes_no_parameter(aws: Any) -> None:
    """A label of one that is not there is neither set nor taken away."""
    ssm = aws.client("ssm")

    labelled = aws.refusal(ssm.label_parameter_version, Name="none", Labels=["a"])
    unlabelled = aws.refusal(ssm.unlabel_parameter_version, Name="none", ParameterVersion=1, Labels=["a"])

    assert labelled[0] == unlabelled[0] == "ParameterNotFound"
    assert ssm.describe_parameters()["Parameters"] == []
    assert ssm.get_parameters(Names=["none"])["InvalidParameters"] == ["none"]
    assert ssm.delete_parameters(Names=["none"])["InvalidParameters"] == ["none"]
