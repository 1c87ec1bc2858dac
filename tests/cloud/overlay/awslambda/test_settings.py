"""Settings, code and names of functions: what one operation refuses, its siblings refuse as well."""

from typing import Any

import pytest

from tests.cloud.conftest import Account
from tests.cloud.documents import function, make_role, trust, zip_of
from tests.cloud.request_models.test_validation import send
from workshop.cloud.offline.overlay.correct import plain_moto

__all__ = ["send"]

INVALID = "InvalidParameterValueException"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-1111-1111-1111-111111111111"
ALIAS = "arn:aws:kms:eu-west-1:123456789012:alias/mine"
ROLE = "arn:aws:iam::123456789012:role/{}"
NO_KEY = "Please check your KMS key settings. KMS Exception: {} KMS Message: {}"
NOT_TRUSTED = "The role defined for the function cannot be assumed by Lambda."
CODE = zip_of("")
SNAPSHOTS = {"ApplyOn": "PublishedVersions"}


@pytest.fixture
def functions(account: Account) -> Any:
    """A client of Lambda, with the function F, its version 1 and the alias live."""
    iam = account.client("iam")
    make_role(iam)
    iam.create_role(RoleName="other", AssumeRolePolicyDocument=trust(Service="events.amazonaws.com"))
    account.client("kms").create_alias(
        AliasName="alias/mine", TargetKeyId=account.client("kms").create_key()["KeyMetadata"]["KeyId"]
    )
    client = account.client("lambda")
    client.create_function(**function(), Publish=True)
    client.create_alias(FunctionName="F", Name="live", FunctionVersion="1")
    return client


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"KMSKeyArn": KEY}, NO_KEY.format("NotFoundException", f"Key '{KEY}' does not exist")),
        (
            {"KMSKeyArn": ALIAS},
            NO_KEY.format("InvalidArnException", "Key Aliases are not supported for this operation"),
        ),
        ({"Role": ROLE.format("nobody")}, NOT_TRUSTED),
        ({"Role": ROLE.format("other")}, NOT_TRUSTED),
        ({"Timeout": 901}, "less than or equal to 900"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "contains reserved keys"),
        (
            {"FileSystemConfigs": [{"Arn": "a", "LocalMountPath": "/mnt/x"}]},
            "does not offer FileSystemConfigs",
        ),
        ({"ImageConfig": {"Command": ["x"]}}, "does not offer ImageConfig"),
        (
            {"LoggingConfig": {"LogFormat": "Text", "ApplicationLogLevel": "INFO"}},
            'LogLevel is not supported when LogFormat is set to "Text".',
        ),
        (
            {"Runtime": "python3.11", "SnapStart": SNAPSHOTS},
            "python3.11 is not supported for SnapStart enabled functions.",
        ),
    ],
)
def test_a_setting_is_judged_when_it_is_made_and_later(
    functions: Any, refused: Any, settings: dict[str, Any], text: str
) -> None:
    """CreateFunction and UpdateFunctionConfiguration say the same; plain moto changes it to anything."""
    made = refused(functions.create_function, **{**function("G"), **settings})
    changed = refused(functions.update_function_configuration, FunctionName="F", **settings)
    with plain_moto():
        functions.update_function_configuration(FunctionName="F", **settings)

    assert text in made[1]
    assert changed == made


def test_settings_are_judged_together_with_those_that_stay(functions: Any, refused: Any) -> None:
    """An earlier runtime does not come to a function that has snapshots."""
    functions.update_function_configuration(FunctionName="F", SnapStart=SNAPSHOTS)

    error = refused(functions.update_function_configuration, FunctionName="F", Runtime="python3.11")

    assert error == (INVALID, "python3.11 is not supported for SnapStart enabled functions.")


def test_a_function_has_a_name_of_64_characters(functions: Any, refused: Any) -> None:
    """Though the model lets it be as long as an ARN."""
    error = refused(functions.create_function, **function("f" * 65))
    functions.create_function(**function("f" * 64))

    assert error[0] == "ValidationException"
    assert error[1].endswith("Member must have length less than or equal to 64")


def test_a_key_that_is_there_is_taken_and_taken_away(account: Account, functions: Any) -> None:
    """An empty one takes it away."""
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]

    def kept(name: str) -> str | None:
        found = functions.get_function_configuration(FunctionName=name).get("KMSKeyArn")
        return None if found is None else str(found)

    functions.create_function(**function("G"), KMSKeyArn=key)
    assert kept("G") == key
    functions.update_function_configuration(FunctionName="G", KMSKeyArn="")
    assert kept("G") is None


def test_code_has_one_source(functions: Any, refused: Any) -> None:
    """A function's when it is made and later, and a layer's; plain moto takes one of them."""
    code = {"ZipFile": CODE, "S3Bucket": "box", "S3Key": "k"}
    layer = {"LayerName": "l", "Content": code}

    errors = {
        refused(functions.create_function, **{**function("G"), "Code": code}),
        refused(functions.update_function_code, FunctionName="F", **code),
        refused(functions.publish_layer_version, **layer),
    }
    with plain_moto():
        functions.publish_layer_version(**layer)

    text = "Please do not provide other FunctionCode parameters when providing a ZipFile."
    assert errors == {(INVALID, text)}


def test_a_policy_is_not_that_of_what_is_unpublished(functions: Any, refused: Any) -> None:
    """AddPermission takes a function, a version or an alias."""
    statement = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com"}

    for name in ({"FunctionName": "F", "Qualifier": "$LATEST"}, {"FunctionName": "F:$LATEST"}):
        error = refused(functions.add_permission, **name, **statement)

        assert error == (INVALID, "We currently do not support adding policies for $LATEST.")


def test_a_policy_has_one_statement_of_an_id(functions: Any, refused: Any) -> None:
    """A function's and a layer's; plain moto keeps two."""
    version = functions.publish_layer_version(LayerName="l", Content={"ZipFile": CODE})["Version"]
    statement = {"StatementId": "s", "Principal": "123456789012"}
    layer = {"LayerName": "l", "VersionNumber": version, "Action": "lambda:GetLayerVersion", **statement}
    calls: list[tuple[Any, dict[str, Any]]] = [
        (functions.add_permission, {"FunctionName": "F", "Action": "lambda:InvokeFunction", **statement}),
        (functions.add_layer_version_permission, layer),
    ]

    codes = set()
    for add, given in calls:
        add(**given)
        codes.add(refused(add, **given)[0])
    with plain_moto():
        functions.add_layer_version_permission(**layer)

    assert codes == {"ResourceConflictException"}


def test_an_alias_is_not_deleted_as_if_it_were_a_version(functions: Any, refused: Any) -> None:
    """DeleteAlias does that."""
    error = refused(functions.delete_function, FunctionName="F", Qualifier="live")

    assert error == (INVALID, "Deletion of aliases is not currently supported.")
    assert functions.get_alias(FunctionName="F", Name="live")["FunctionVersion"] == "1"


def test_versions_are_those_of_a_function(functions: Any, refused: Any) -> None:
    """A function that is not there has none to list; plain moto lists nothing."""
    assert refused(functions.list_versions_by_function, FunctionName="N")[0] == "ResourceNotFoundException"
    with plain_moto():
        assert functions.list_versions_by_function(FunctionName="N")["Versions"] == []


@pytest.mark.parametrize("qualifier", ["1", "live"])
def test_a_version_stays_what_it_is(send: Any, functions: Any, qualifier: str) -> None:
    """What is about a function names no version and no alias."""
    calls: dict[str, dict[str, Any]] = {
        "UpdateFunctionConfiguration": {"Timeout": 5},
        "UpdateFunctionCode": {"ZipFile": CODE, "DryRun": True},
        "PutFunctionConcurrency": {"ReservedConcurrentExecutions": 1},
        "GetFunctionConcurrency": {},
        "PublishVersion": {},
        "ListVersionsByFunction": {},
        "ListAliases": {},
        "CreateAlias": {"Name": "n", "FunctionVersion": "1"},
    }

    for operation, given in calls.items():
        answer = send("lambda", operation, FunctionName=f"F:{qualifier}", **given)

        assert answer.status == 400, operation
        assert f"not about its version or alias {qualifier}" in answer.body.decode()
    assert send("lambda", "UpdateFunctionConfiguration", FunctionName="F", Timeout=7).status == 200
    assert functions.get_function_configuration(FunctionName="F")["Timeout"] == 7
    assert functions.get_function_configuration(FunctionName="F:1")["Timeout"] == 3
