"""Deleted things leave memory."""

import gc
import weakref
from typing import Any

from moto.core.model_instances import reset_model_data
from moto.kinesis.models import kinesis_backends
from moto.s3.models import FakeKey

from tests.cloud.conftest import REGION, Account
from workshop.cloud.offline.overlay.correct import plain_moto
from workshop.settings import ACCOUNT_ID


def is_kept(kinesis: Any) -> bool:
    """Put a record on a stream, delete the stream, and return whether the record is still there."""
    kinesis.create_stream(StreamName="S", ShardCount=1)
    kinesis.put_record(StreamName="S", PartitionKey="k", Data=b"x")
    (shard,) = kinesis_backends[ACCOUNT_ID][REGION].streams["S"].shards.values()
    (record,) = shard.records.values()
    found = weakref.ref(record)
    del shard, record
    kinesis.delete_stream(StreamName="S")
    gc.collect()
    return found() is not None


def test_a_deleted_record_leaves_memory(account: Account) -> None:
    """What nobody can read any more is kept by nobody; plain moto keeps it for the life of the process."""
    kinesis = account.client("kinesis")

    assert not is_kept(kinesis)
    with plain_moto():
        assert is_kept(kinesis)
    reset_model_data()


def test_objects_of_buckets_are_noted_as_before(account: Account) -> None:
    """S3 closes the files of all objects at a reset, so it must know them."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})

    s3.put_object(Bucket="bucket", Key="k", Body=b"x")

    assert "k" in [key.name for key in FakeKey.instances_tracked]
