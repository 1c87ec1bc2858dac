"""AWS::Kinesis::Stream keeps its mode and its encryption, and changes in place.

AWS takes `StreamModeDetails` and `StreamEncryption` at creation and at updates; without `ShardCount` a
provisioned stream has one shard
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kinesis-stream.html).
moto drops both, and never removes encryption or tags again. Changed: creation and update.
"""

from typing import Any

from moto.kinesis.models import Stream, kinesis_backends

from workshop.cloud.offline.overlay.cloudformation.handlers import (
    Wanted,
    changes,
    creates,
    tags_as_dict,
    undone,
)


@creates(Stream)
def _create(wanted: Wanted) -> Any:
    properties, backend = wanted.properties, wanted.backend(kinesis_backends)
    stream = backend.create_stream(
        wanted.name,
        int(properties.get("ShardCount", 1)),
        stream_mode=properties.get("StreamModeDetails"),
        retention_period_hours=int(properties.get("RetentionPeriodHours", 24)),
    )
    with undone(lambda: backend.delete_stream(stream.arn, None)):
        _settle(backend, stream, properties)
    return stream


@changes(Stream)
def _change(wanted: Wanted) -> Any:
    properties, backend, stream = wanted.properties, wanted.backend(kinesis_backends), wanted.original
    mode = properties.get("StreamModeDetails", {"StreamMode": "PROVISIONED"})
    if mode != stream.stream_mode:
        backend.update_stream_mode(stream.arn, mode)
    # An on-demand stream decides for itself how many shards it has.
    if "ShardCount" in properties and mode["StreamMode"] == "PROVISIONED":
        backend.update_shard_count(None, stream.stream_name, int(properties["ShardCount"]))
    stream.retention_period_hours = int(properties.get("RetentionPeriodHours", 24))
    _settle(backend, stream, properties)
    return stream


def _settle(backend: Any, stream: Any, properties: dict[str, Any]) -> None:
    stream.tags = tags_as_dict(properties)
    if encryption := properties.get("StreamEncryption"):
        backend.start_stream_encryption(
            None, stream.stream_name, encryption["EncryptionType"], encryption["KeyId"]
        )
    else:
        backend.stop_stream_encryption(None, stream.stream_name)
