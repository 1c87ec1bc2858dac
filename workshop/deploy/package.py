"""A folder from which any client can deploy a pipeline: the template, the zips, the values of the parameters.

`parameters.json` has the form that `create_stack` of boto3 takes, and `aws cloudformation create-stack` as
`--parameters file://…`.
"""

import json
from dataclasses import dataclass
from pathlib import Path

from workshop.deploy.bundles import FUNCTIONS, build_bundle
from workshop.deploy.deployment import code_parameters, default_stack, template_body
from workshop.deploy.finding import STACK_TAG
from workshop.deploy.site import CONSENT

__all__ = ["Package", "write_package"]


@dataclass(frozen=True)
class Package:
    """What was written, and the commands that deploy it."""

    folder: Path
    files: tuple[Path, ...]
    commands: tuple[str, ...]


def write_package(
    pipeline: str, variant: str, folder: Path, *, bucket: str, stack: str | None = None
) -> Package:
    """Write everything that a pipeline is deployed from into a folder; files of the same names are replaced.

    Raises:
        BundleError: a handler is missing or is not valid Python.
    """
    name = stack or default_stack(pipeline)
    bundles = {each: build_bundle(pipeline, each, variant) for each in FUNCTIONS[pipeline]}
    folder.mkdir(parents=True, exist_ok=True)
    contents = {bundle.file_name: bundle.content for bundle in bundles.values()}
    values = {
        "Variant": variant,
        **code_parameters(bucket, {each: f"{name}/{bundle.file_name}" for each, bundle in bundles.items()}),
    }
    rows = [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
    contents["parameters.json"] = (json.dumps(rows, indent=2) + "\n").encode()
    contents[f"{pipeline}.yaml"] = template_body(pipeline).encode()
    files = []
    for file_name, content in contents.items():
        files.append(path := folder / file_name)
        path.write_bytes(content)
    return Package(folder, tuple(files), _commands(pipeline, name, folder.as_posix(), values))


def _commands(pipeline: str, stack: str, place: str, values: dict[str, str]) -> tuple[str, ...]:
    bucket = values["CodeBucket"]
    overrides = " ".join(f"{name}={value}" for name, value in values.items())
    deploy = (
        f"aws cloudformation deploy --stack-name {stack} --template-file {place}/{pipeline}.yaml "
        f"--parameter-overrides {overrides} --capabilities {' '.join(CONSENT)} --tags {STACK_TAG}={pipeline}"
    )
    return (
        f"aws s3 mb s3://{bucket}",
        f"aws s3 cp {place} s3://{bucket}/{stack}/ --recursive --exclude '*' --include '*.zip'",
        deploy,
    )
