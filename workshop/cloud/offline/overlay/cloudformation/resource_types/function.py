"""AWS::Lambda::Function applies all its properties, at creation and at updates.

AWS applies every property and resets those that the template no longer mentions to their defaults;
concurrency that somebody reserved by hand stays if the template never mentioned any. It deploys code only
when the template's `Code` differs, and turns numbers in environment variables into text
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-lambda-function.html). moto
drops layers, architectures, tags, tracing, storage, logging and keys at creation; an update ignores
`ReservedConcurrentExecutions`, fails on inline code with `binascii.Error: Incorrect padding`, and always
deploys. Changed: creation and update.
"""

import base64
import io
import zipfile
from collections.abc import Mapping
from typing import Any

from moto.awslambda.models import LambdaFunction
from moto.awslambda.utils import get_backend

from workshop.cloud.offline.overlay.awslambda.archives import check_code
from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    as_text,
    changes,
    creates,
    tags_as_dict,
    undone,
)
from workshop.cloud.offline.overlay.cloudformation.resource_types.inline_code import zip_inline_code

# The attribute in which moto's function remembers what its template reserved: only that may be taken back.
RESERVED_BY_TEMPLATE = "reserved_by_template"
DEFAULTS: Mapping[str, Any] = {
    "Architectures": ["x86_64"],
    "DeadLetterConfig": {},
    "Description": "",
    "Environment": {"Variables": {}},
    "EphemeralStorage": {"Size": 512},
    "Layers": [],
    "LoggingConfig": {},
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
}


@creates(LambdaFunction)
def _create(wanted: Wanted) -> Any:
    properties, backend = wanted.properties, get_backend(wanted.account_id, wanted.region_name)
    configuration = _configuration(properties)
    function = backend.create_function({**configuration, "FunctionName": wanted.name, "Code": _code(wanted)})
    with undone(lambda: backend.delete_function(wanted.name)):
        _settle(backend, function, properties)
    return function


@changes(LambdaFunction)
def _change(wanted: Wanted) -> Any:
    properties, backend = wanted.properties, get_backend(wanted.account_id, wanted.region_name)
    function = backend.get_function(wanted.name)
    backend.update_function_configuration(wanted.name, None, _configuration(properties))
    if not _has_code(function, properties["Code"]):
        backend.update_function_code(wanted.name, None, _code(wanted))
    _settle(backend, function, properties)
    return function


def _configuration(properties: dict[str, Any]) -> dict[str, Any]:
    wanted = {**DEFAULTS, **properties}
    variables = (wanted["Environment"] or {}).get("Variables", {})
    wanted["Environment"] = {"Variables": {name: as_text(value) for name, value in variables.items()}}
    wanted["MemorySize"], wanted["Timeout"] = int(wanted["MemorySize"]), int(wanted["Timeout"])
    wanted["Tags"] = tags_as_dict(wanted)
    if network := wanted.get("VpcConfig"):  # moto describes it, and needs both of its lists
        wanted["VpcConfig"] = {"SecurityGroupIds": [], "SubnetIds": [], **network}
    # CloudFormation and Lambda's API spell this one differently.
    if "KmsKeyArn" in wanted:
        wanted["KMSKeyArn"] = wanted.pop("KmsKeyArn")
    for name in ("Code", "FunctionName", "ReservedConcurrentExecutions"):
        wanted.pop(name, None)
    return wanted


def _settle(backend: Any, function: Any, properties: dict[str, Any]) -> None:
    """Set what moto's own create and update calls leave out."""
    wanted = _configuration(properties)
    function.architectures = wanted["Architectures"]
    function.ephemeral_storage = int(wanted["EphemeralStorage"]["Size"])
    function.tracing_config = wanted["TracingConfig"]
    function.dead_letter_config = wanted["DeadLetterConfig"]
    function.kms_key_arn = wanted.get("KMSKeyArn")
    function.tags = wanted["Tags"]
    function.logging_config = {
        "LogFormat": "Text",
        "LogGroup": f"/aws/lambda/{function.function_name}",
        **wanted["LoggingConfig"],
    }
    reserved = properties.get("ReservedConcurrentExecutions")
    if reserved is not None:
        backend.put_function_concurrency(function.function_name, int(reserved))
    elif getattr(function, RESERVED_BY_TEMPLATE, None) is not None:
        backend.delete_function_concurrency(function.function_name)
    setattr(function, RESERVED_BY_TEMPLATE, reserved)


def _code(wanted: Wanted) -> dict[str, Any]:
    code = dict(wanted.properties["Code"])
    if "ZipFile" in code:
        # Inline code is text in a template, and a zip file with `index.py` to the API.
        return {"ZipFile": base64.b64encode(zip_inline_code(str(code["ZipFile"])))}
    if "S3Bucket" in code:
        check_code(code, wanted.account_id, operation="CreateFunction")
    return code


def _has_code(function: Any, code: Mapping[str, Any]) -> bool:
    if "ZipFile" not in code:
        return all(function.code.get(name) == value for name, value in code.items())
    try:
        with zipfile.ZipFile(io.BytesIO(function.code_bytes)) as archive:
            return archive.read("index.py").decode() == str(code["ZipFile"])
    except (KeyError, zipfile.BadZipFile):
        return False
