"""AWS::S3::Bucket applies versioning, notifications and the block of public access.

AWS configures them with the bucket and resets them when the template no longer mentions them; a notification
whose destination the bucket may not reach fails the resource, and one that is not empty cannot be deleted
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html). moto
applies encryption and tags only, fails an update of the tags of a bucket without a name, and says that it
has deleted what it keeps. Changed: creation, update and deletion.
"""

from collections.abc import Mapping
from typing import Any

from moto.s3.cloud_formation import cfn_to_api_encryption
from moto.s3.exceptions import BucketNotEmpty
from moto.s3.models import FakeBucket, s3_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    changes,
    creates,
    deletes,
    is_true,
    tags_as_dict,
    undone,
)
from workshop.cloud.offline.overlay.s3.lifecycles import check_rules

# Kind of destination: the template's list and member, and the API's.
DESTINATIONS = (
    ("TopicConfigurations", "Topic", "TopicConfiguration", "Topic"),
    ("QueueConfigurations", "Queue", "QueueConfiguration", "Queue"),
    ("LambdaConfigurations", "Function", "CloudFunctionConfiguration", "CloudFunction"),
)
PUBLIC_ACCESS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


@creates(FakeBucket)
def _create(wanted: Wanted) -> Any:
    backend = wanted.backend(s3_backends, is_global=True)
    bucket = backend.create_bucket(wanted.name, wanted.region_name)
    with undone(lambda: backend.delete_bucket(wanted.name)):
        _settle(wanted, bucket)
    return bucket


@changes(FakeBucket)
def _change(wanted: Wanted) -> Any:
    bucket = wanted.backend(s3_backends, is_global=True).get_bucket(wanted.name)
    _settle(wanted, bucket)
    return bucket


@deletes(FakeBucket)
def _remove(wanted: Wanted) -> None:
    # moto answers nothing if there are objects, old versions or delete markers.
    if wanted.backend(s3_backends, is_global=True).delete_bucket(wanted.name) is None:
        raise BucketNotEmpty(wanted.name)


def _settle(wanted: Wanted, bucket: Any) -> None:
    properties, backend = wanted.properties, wanted.backend(s3_backends, is_global=True)
    # First what may be refused.
    check_rules((properties.get("LifecycleConfiguration") or {}).get("Rules") or ())
    bucket.set_notification_configuration(_notifications(properties.get("NotificationConfiguration") or {}))
    if encryption := properties.get("BucketEncryption"):
        backend.put_bucket_encryption(bucket_name=bucket.name, encryption=cfn_to_api_encryption(encryption))
    if "VersioningConfiguration" in properties:
        backend.put_bucket_versioning(bucket.name, properties["VersioningConfiguration"]["Status"])
    elif bucket.is_versioned:
        backend.put_bucket_versioning(bucket.name, "Suspended")
    block = properties.get("PublicAccessBlockConfiguration")
    if block is None:
        backend.delete_public_access_block(bucket.name)
    else:
        backend.put_public_access_block(
            bucket.name, {name: str(is_true(block.get(name))).lower() for name in PUBLIC_ACCESS}
        )
    backend.put_bucket_tagging(bucket_name=bucket.name, tags=tags_as_dict(properties))


def _notifications(configuration: Mapping[str, Any]) -> dict[str, Any]:
    """Return a template's notifications as the API has them."""
    wanted: dict[str, Any] = {}
    for listed, member, name, api_member in DESTINATIONS:
        if entries := configuration.get(listed):
            wanted[name] = [_notification(entry, member, api_member) for entry in entries]
    bridge = configuration.get("EventBridgeConfiguration")
    if bridge is not None and is_true(bridge.get("EventBridgeEnabled", True)):
        wanted["EventBridgeConfiguration"] = {}
    return wanted


def _notification(entry: Mapping[str, Any], member: str, api_member: str) -> dict[str, Any]:
    rules = entry.get("Filter", {}).get("S3Key", {}).get("Rules", [])
    named = [{"Name": str(rule["Name"]).lower(), "Value": rule["Value"]} for rule in rules]
    chosen = {"Filter": {"S3Key": {"FilterRule": named}}} if named else {}
    return {api_member: entry[member], "Event": [entry["Event"]], **chosen}
