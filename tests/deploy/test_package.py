"""A pipeline packed for other clients."""

import hashlib
import json
from pathlib import Path

import yaml

from workshop.cloud.connection import Cloud
from workshop.deploy.package import write_package
from workshop.deploy.stacks import find_stack


def test_a_package_is_complete(checkout: Path, tmp_path: Path) -> None:
    """The folder holds zips, parameters and template; names and values agree with each other."""
    package = write_package("stateful", "textbook", tmp_path / "out", bucket="mine", stack="named")

    rows = json.loads((tmp_path / "out/parameters.json").read_text())
    values = {row["ParameterKey"]: row["ParameterValue"] for row in rows}
    zips = {path.name for path in package.files if path.suffix == ".zip"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == {path.name for path in package.files}
    assert (values["Variant"], values["CodeBucket"]) == ("textbook", "mine")
    assert {value for name, value in values.items() if name.endswith("Key")} == {
        f"named/{name}" for name in zips
    }
    for path in package.files:
        if path.suffix == ".zip":
            assert hashlib.sha256(path.read_bytes()).hexdigest()[:16] in path.name


def test_commands_name_everything(checkout: Path, tmp_path: Path) -> None:
    """The commands make the bucket, fill it, and deploy with consent, parameters and tag."""
    make, fill, deploy = write_package("stateless", "ledger", tmp_path / "out", bucket="mine").commands

    assert make == "aws s3 mb s3://mine"
    assert " s3://mine/trade-risk-stateless/ " in fill
    assert "--capabilities CAPABILITY_IAM" in deploy
    assert "MapCodeKey=trade-risk-stateless/stateless-map-ledger-" in deploy
    assert "--tags trade-risk-workshop=stateless" in deploy


def test_a_package_can_be_deployed_with_boto3(checkout: Path, tmp_path: Path, cloud: Cloud) -> None:
    """A plain script needs the folder and nothing of the workshop."""
    folder = tmp_path / "out"
    package = write_package("stateful", "ledger", folder, bucket="mine", stack="plain")
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="mine")
    for path in package.files:
        s3.put_object(Bucket="mine", Key=f"plain/{path.name}", Body=path.read_bytes())

    cloud.client("cloudformation").create_stack(
        StackName="plain",
        TemplateBody=(folder / "stateful.yaml").read_text(),
        Parameters=json.loads((folder / "parameters.json").read_text()),
        Capabilities=["CAPABILITY_IAM"],
    )

    assert find_stack(cloud, "plain").outputs["StateLambdaName"] == "plain-StateLambda"


def test_packing_twice_gives_the_same_folder(checkout: Path, tmp_path: Path) -> None:
    """A package may be written again."""
    first, second = (
        {
            path.name: path.read_bytes()
            for path in write_package("stateless", "ledger", tmp_path, bucket="b").files
        }
        for _ in range(2)
    )

    assert first == second
    assert yaml.compose(first["stateless.yaml"]) is not None
