"""Versions, aliases, permissions and layers give AWS's names, change as on AWS, and go with their stack.

`Ref` is the ARN of a version, alias or layer version, and the statement's id of a permission. A layer keeps
its name, and all of it is replaced by a change
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-layerversion.html,
aws-resource-lambda-alias.html, aws-resource-lambda-version.html and aws-resource-lambda-permission.html
there). moto gives Python objects for most of these, ignores `LayerName`, leaves layers and permissions behind
when their stack goes, and has no aliases in stacks. Changed: all of this. Weights of an alias and provisioned
concurrency are refused, since one version gets all invocations here.
"""

import json
from typing import Any

from moto.awslambda.utils import get_backend
from moto.cloudformation.exceptions import ValidationError

from workshop.cloud.offline.overlay.awslambda.revisions import check_code_hash
from workshop.cloud.offline.overlay.cloudformation.handlers import Wanted
from workshop.cloud.offline.overlay.cloudformation.resource_types.added import (
    AddedResource,
    add_resource_type,
)
from workshop.cloud.offline.runtime.active_runtime import wake_active
from workshop.cloud.offline.runtime.arns import FunctionReference

STATEMENT_MEMBERS = (
    "Action",
    "EventSourceToken",
    "Principal",
    "PrincipalOrgID",
    "SourceAccount",
    "SourceArn",
)
LAYER_MEMBERS = (
    "CompatibleArchitectures",
    "CompatibleRuntimes",
    "Content",
    "Description",
    "LicenseInfo",
)


def _lambda(wanted: Wanted) -> Any:
    return get_backend(wanted.account_id, wanted.region_name)


def _function(wanted: Wanted) -> FunctionReference:
    return FunctionReference.parse(str(wanted.properties["FunctionName"]))


def _only_created(wanted: Wanted) -> AddedResource:
    """Keep the resource: what could change is replaced."""
    original: AddedResource = wanted.original
    return original


def _publish(wanted: Wanted) -> AddedResource:
    backend, name = _lambda(wanted), _function(wanted).name
    check_code_hash(wanted.properties.get("CodeSha256"), backend.get_function(name))
    before = {str(one.version) for one in backend.list_versions_by_function(name)}
    version = backend.publish_version(name, wanted.properties.get("Description", ""))
    # Where nothing has changed, Lambda gives the last version, which belongs to another resource.
    if version is None or str(version.version) in before:
        number = "" if version is None else version.version
        raise ValidationError(
            message=f"A version for this Lambda function exists ( {number} ). "
            "Modify the function to create a new version."
        )
    arn = FunctionReference(name, str(version.version)).arn(wanted.region_name, wanted.account_id)
    return AddedResource(arn, Version=str(version.version), FunctionArn=arn)


def _remove_version(wanted: Wanted) -> None:
    reference = FunctionReference.parse(wanted.name)
    _lambda(wanted).delete_function(reference.name, reference.qualifier)


def _create_alias(wanted: Wanted) -> AddedResource:
    properties = wanted.properties
    alias = _lambda(wanted).create_alias(
        properties["Name"],
        _function(wanted).name,
        str(properties["FunctionVersion"]),
        properties.get("Description", ""),
        None,
    )
    return AddedResource(alias.arn, AliasArn=alias.arn)


def _change_alias(wanted: Wanted) -> AddedResource:
    properties = wanted.properties
    alias = _lambda(wanted).update_alias(
        properties["Name"],
        _function(wanted).name,
        str(properties["FunctionVersion"]),
        properties.get("Description", ""),
        None,
    )
    wake_active()
    return AddedResource(alias.arn, AliasArn=alias.arn)


def _remove_alias(wanted: Wanted) -> None:
    _lambda(wanted).delete_alias(wanted.properties["Name"], _function(wanted).name)


def _add_permission(wanted: Wanted) -> AddedResource:
    properties = wanted.properties
    statement = {name: properties[name] for name in STATEMENT_MEMBERS if name in properties}
    statement["StatementId"] = wanted.name
    _lambda(wanted).add_permission(str(properties["FunctionName"]), None, json.dumps(statement))
    return AddedResource(wanted.name, Id=wanted.name)


def _remove_permission(wanted: Wanted) -> None:
    function = _lambda(wanted).get_function(_function(wanted).name)
    function.policy.del_statement(wanted.name)


def _publish_layer(wanted: Wanted) -> AddedResource:
    properties = wanted.properties
    content = {name: properties[name] for name in LAYER_MEMBERS if name in properties}
    name = properties.get("LayerName") or wanted.name
    version = _lambda(wanted).publish_layer_version({**content, "LayerName": name})
    return AddedResource(version.arn, LayerVersionArn=version.arn)


def _remove_layer(wanted: Wanted) -> None:
    name, version = wanted.name.split(":")[-2:]
    _lambda(wanted).delete_layer_version(name, version)


add_resource_type(
    "AWS::Lambda::Version",
    attributes=("FunctionArn", "Version"),
    create=_publish,
    change=_only_created,
    delete=_remove_version,
)
add_resource_type(
    "AWS::Lambda::Alias",
    attributes=("AliasArn",),
    create=_create_alias,
    change=_change_alias,
    delete=_remove_alias,
)
add_resource_type(
    "AWS::Lambda::Permission",
    attributes=("Id",),
    create=_add_permission,
    change=_only_created,
    delete=_remove_permission,
)
add_resource_type(
    "AWS::Lambda::LayerVersion",
    attributes=("LayerVersionArn",),
    create=_publish_layer,
    change=_only_created,
    delete=_remove_layer,
)
