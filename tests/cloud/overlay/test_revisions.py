"""A change of a function may ask for the revision that it expects, and each qualifier has its own policy."""

import json
from typing import Any

import pytest

from tests.cloud.documents import function, make_role, zip_of
from workshop.cloud.offline.overlay.correct import plain_moto

CODE = zip_of("def handler(*_):\n    return 1\n")
OTHER_CODE = zip_of("def handler(*_):\n    return 2\n")
PERMISSION = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "123456789012"}
FUNCTION = {"FunctionName": "F"}


@pytest.fixture
def functions(account) -> Any:
    """Lambda with the function F, and the alias `live` of its first version."""
    make_role(account.client("iam"))
    functions = account.client("lambda")
    functions.create_function(**function(Code={"ZipFile": CODE}))
    functions.publish_version(**FUNCTION)
    functions.create_alias(**FUNCTION, Name="live", FunctionVersion="1")
    return functions


def revision(functions: Any) -> str:
    return str(functions.get_function_configuration(**FUNCTION)["RevisionId"])


def test_another_revision_is_refused(functions, refused) -> None:
    """Every call that takes a revision refuses one that is not the latest; plain moto goes on."""
    calls: list[tuple[Any, dict[str, Any]]] = [
        (functions.update_function_code, {"ZipFile": OTHER_CODE}),
        (functions.update_function_configuration, {"Timeout": 9}),
        (functions.publish_version, {}),
        (functions.update_alias, {"Name": "live", "Description": "x"}),
        (functions.add_permission, PERMISSION),
    ]
    for operation, given in calls:
        code, message = refused(operation, **FUNCTION, **given, RevisionId="old")
        assert (code, "does not match the latest Revision Id" in message) == (
            "PreconditionFailedException",
            True,
        )
    with plain_moto():
        functions.update_function_configuration(**FUNCTION, Timeout=9, RevisionId="old")


def test_each_change_makes_a_revision(functions) -> None:
    """The latest revision is taken, and there is another one after each change."""
    seen = [revision(functions)]
    for operation, given in (
        (functions.update_function_code, {"ZipFile": OTHER_CODE}),
        (functions.update_function_configuration, {"Timeout": 9}),
        (functions.add_permission, PERMISSION),
    ):
        operation(**FUNCTION, **given, RevisionId=seen[-1])
        seen.append(revision(functions))
    alias = functions.get_alias(**FUNCTION, Name="live")
    changed = functions.update_alias(**FUNCTION, Name="live", Description="x", RevisionId=alias["RevisionId"])

    assert len(set(seen)) == len(seen)
    assert changed["RevisionId"] != alias["RevisionId"]
    functions.remove_permission(
        **FUNCTION, StatementId="s", RevisionId=functions.get_policy(**FUNCTION)["RevisionId"]
    )
    with plain_moto():
        assert "RevisionId" not in functions.get_function_configuration(**FUNCTION)


def test_a_version_is_made_once_of_the_code_that_is_expected(functions, refused) -> None:
    """Nothing is published twice, nor with other code, nor under a number that another version has."""
    assert functions.publish_version(**FUNCTION)["Version"] == "1"
    code, _ = refused(functions.publish_version, **FUNCTION, CodeSha256="other")
    versions = []
    for source in (OTHER_CODE, CODE):
        changed = functions.update_function_code(**FUNCTION, ZipFile=source, Publish=True)
        versions.append(changed["Version"])
    functions.delete_function(**FUNCTION, Qualifier="2")
    functions.update_function_configuration(**FUNCTION, Timeout=9)

    assert (code, versions) == ("InvalidParameterValueException", ["2", "3"])
    assert functions.publish_version(**FUNCTION)["Version"] == "4"


def test_each_qualifier_has_a_policy(functions, refused) -> None:
    """A statement belongs to its alias, whose policy has no other; plain moto shows all together."""
    functions.add_permission(**FUNCTION, **PERMISSION, Qualifier="live")
    assert refused(functions.get_policy, **FUNCTION)[0] == "ResourceNotFoundException"
    functions.add_permission(**FUNCTION, **PERMISSION)
    assert refused(functions.add_permission, **FUNCTION, **PERMISSION)[0] == "ResourceConflictException"

    (statement,) = json.loads(functions.get_policy(**FUNCTION, Qualifier="live")["Policy"])["Statement"]
    with plain_moto():
        together = json.loads(functions.get_policy(**FUNCTION)["Policy"])["Statement"]
    functions.remove_permission(**FUNCTION, StatementId="s")

    assert statement["Resource"].endswith(":F:live")
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert len(together) == 2
    assert functions.get_policy(**FUNCTION, Qualifier="live")["Policy"]
    assert refused(functions.remove_permission, **FUNCTION, StatementId="s")[0] == "ResourceNotFoundException"


def test_what_nothing_mounts_is_refused(functions, refused) -> None:
    """File systems are refused by name, not dropped."""
    mount = {
        "Arn": "arn:aws:elasticfilesystem:eu-west-1:123456789012:access-point/fsap-0123456789abcdef0",
        "LocalMountPath": "/mnt/x",
    }

    code, message = refused(functions.update_function_configuration, **FUNCTION, FileSystemConfigs=[mount])

    assert (code, "FileSystemConfigs" in message) == ("InvalidParameterValueException", True)


def test_the_number_of_a_deleted_version_is_not_used_again(functions) -> None:
    """Also the newest version's number is gone with it; plain moto gives it again."""
    numbers = []
    for source in (OTHER_CODE, CODE):
        made = functions.update_function_code(**FUNCTION, ZipFile=source, Publish=True)["Version"]
        functions.delete_function(**FUNCTION, Qualifier=made)
        numbers.append(made)
    with plain_moto():
        functions.update_function_code(**FUNCTION, ZipFile=OTHER_CODE)
        again = functions.publish_version(**FUNCTION)["Version"]

    assert (numbers, again) == (["2", "3"], "2")


def test_a_function_that_is_made_again_counts_on(functions) -> None:
    """The numbers of a function that was deleted are not used again either."""
    functions.delete_function(**FUNCTION)
    functions.create_function(**function(Code={"ZipFile": CODE}))

    assert functions.publish_version(**FUNCTION)["Version"] == "2"


def test_key_and_snapshots_are_described(account, functions) -> None:
    """Key and SnapStart are kept by every call that takes them, and published versions are snapped."""
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    snapped = {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    changed = functions.update_function_configuration(
        **FUNCTION, KMSKeyArn=key, SnapStart={"ApplyOn": "PublishedVersions"}
    )
    published = functions.publish_version(**FUNCTION)
    made = functions.create_function(
        FunctionName="G",
        Runtime="python3.13",
        Handler="index.handler",
        Role=changed["Role"],
        Code={"ZipFile": CODE},
        KMSKeyArn=key,
        SnapStart={"ApplyOn": "PublishedVersions"},
    )

    assert [one["KMSKeyArn"] for one in (changed, published, made)] == [key] * 3
    assert [one["SnapStart"] for one in (changed, made)] == [snapped] * 2
    assert published["SnapStart"] == {**snapped, "OptimizationStatus": "On"}
    assert functions.update_function_configuration(**FUNCTION, KMSKeyArn="").get("KMSKeyArn") is None
