"""Whose the tags of a bucket are, and which of them a request may change."""

from typing import Any

import pytest
from moto.s3.models import s3_backends

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

OWN = {"Key": "aws:cloudformation:stack-name", "Value": "stack"}
OURS = {"Key": "a", "Value": "b"}
ADDED = ("InvalidTag", "System tags cannot be added/updated by requester")
REMOVED = ("InvalidTag", "System tags cannot be removed by requester")
BUCKET = {"Bucket": "box"}
EUROPE = {"LocationConstraint": "eu-west-1"}


@pytest.fixture
def s3(account: Account) -> Any:
    """A client and a bucket that has a tag of AWS's own."""
    client = account.client("s3")
    client.create_bucket(**BUCKET, CreateBucketConfiguration=EUROPE)
    s3_backends["123456789012"]["aws"].put_bucket_tagging("box", {OWN["Key"]: OWN["Value"]})
    return client


def tags(s3: Any, bucket: str = "box") -> list[dict[str, str]]:
    found: list[dict[str, str]] = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    return found


def test_tags_of_aws_are_sent_along(s3: Any) -> None:
    """Unchanged they are taken beside others; plain moto refuses them."""
    wanted = [*tags(s3), OURS]

    s3.put_bucket_tagging(**BUCKET, Tagging={"TagSet": wanted})

    assert OWN in wanted
    assert tags(s3) == wanted
    with plain_moto(), pytest.raises(s3.exceptions.ClientError, match="System tags"):
        s3.put_bucket_tagging(**BUCKET, Tagging={"TagSet": wanted})


def test_tags_of_aws_stay_as_they_are(s3: Any, refused: Any) -> None:
    """They are not left out, deleted, changed or added; plain moto deletes them."""
    kept = tags(s3)
    changed = [one if one["Key"] != OWN["Key"] else {**OWN, "Value": "other"} for one in kept]
    more = [*kept, {"Key": "aws:more", "Value": ""}]

    errors = [
        refused(s3.put_bucket_tagging, **BUCKET, Tagging={"TagSet": wanted})
        for wanted in ([OURS], [], changed, more)
    ]

    assert errors == [REMOVED, REMOVED, ADDED, ADDED]
    assert refused(s3.delete_bucket_tagging, **BUCKET) == REMOVED
    assert tags(s3) == kept
    with plain_moto():
        s3.delete_bucket_tagging(**BUCKET)


def test_a_bucket_of_nobody_else_has_any_tags(s3: Any, refused: Any) -> None:
    """They are replaced and deleted, as in plain moto."""
    s3.create_bucket(Bucket="mine", CreateBucketConfiguration=EUROPE)

    s3.put_bucket_tagging(Bucket="mine", Tagging={"TagSet": [OURS]})
    s3.put_bucket_tagging(Bucket="mine", Tagging={"TagSet": [{"Key": "c", "Value": ""}]})

    assert tags(s3, "mine") == [{"Key": "c", "Value": ""}]
    s3.delete_bucket_tagging(Bucket="mine")
    assert refused(s3.get_bucket_tagging, Bucket="mine")[0] == "NoSuchTagSet"


def test_a_bucket_is_made_with_tags(s3: Any) -> None:
    """It has them at once; plain moto drops them."""
    wanted = {**EUROPE, "Tags": [OURS]}

    s3.create_bucket(Bucket="tagged", CreateBucketConfiguration=wanted)
    with plain_moto():
        s3.create_bucket(Bucket="dropped", CreateBucketConfiguration=wanted)

    assert tags(s3, "tagged") == [OURS]
    with pytest.raises(s3.exceptions.ClientError, match="TagSet"):
        tags(s3, "dropped")
