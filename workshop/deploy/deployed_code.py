"""Which code a stack's functions really run, whoever put it there.

A function that somebody changed in the console runs other code than its stack says; CloudFormation does
not look.
"""

import base64
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from workshop.cloud.connection import Cloud
from workshop.deploy.bundles import Bundle
from workshop.deploy.finding import pipeline_stack

__all__ = ["deployed_digests", "restore_code"]


def deployed_digests(
    cloud: Cloud, described: dict[str, Any] | None, functions: Mapping[str, Bundle]
) -> dict[str, str]:
    """Return for each function that is there the digest of its zip, in hexadecimal digits."""
    digests = {}
    for name, function in _physical_names(described, functions).items():
        if encoded := _code_digest(cloud, function):
            digests[name] = base64.b64decode(encoded).hex()
    return digests


def restore_code(
    cloud: Cloud,
    described: dict[str, Any] | None,
    functions: Mapping[str, Bundle],
    *,
    bucket: str,
    keys: Mapping[str, str],
) -> None:
    """Deploy the zips in the bucket to the functions that run something else."""
    digests = deployed_digests(cloud, described, functions)
    client = cloud.client("lambda")
    for name, function in _physical_names(described, functions).items():
        if digests.get(name) not in {None, functions[name].digest}:
            client.update_function_code(FunctionName=function, S3Bucket=bucket, S3Key=keys[name])
            client.get_waiter("function_updated_v2").wait(FunctionName=function)


def _physical_names(described: dict[str, Any] | None, functions: Mapping[str, Bundle]) -> dict[str, str]:
    found = None if described is None else pipeline_stack(described)
    outputs = found.outputs if found else {}
    names = {name: f"{name.capitalize()}LambdaName" for name in functions}
    return {name: outputs[output] for name, output in names.items() if output in outputs}


def _code_digest(cloud: Cloud, function: str) -> str | None:
    try:
        return str(cloud.client("lambda").get_function_configuration(FunctionName=function)["CodeSha256"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":
            return None
        raise
