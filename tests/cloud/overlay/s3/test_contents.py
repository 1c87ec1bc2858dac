"""What is put into a bucket is what was sent."""

from typing import Any

import pytest

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

SHA256, OTHER_SHA256 = (
    "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=",
    "ofzkNjhU/4iM/0uOeHXWAMJoI5BBKoz3mzfQsRFIsPo=",
)
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"Key": "ü" * 513}, "KeyTooLongError"),
    ({"Metadata": {"a": "x" * 2048}}, "MetadataTooLarge"),
    ({"ContentMD5": "eA=="}, "InvalidDigest"),
    ({"ContentMD5": "XUFAKrxLKna5cZ2REBfFkg=="}, "BadDigest"),
    ({"ChecksumSHA256": OTHER_SHA256}, "BadDigest"),
    ({"ChecksumCRC32": "AAAAAA=="}, "BadDigest"),
]


@pytest.fixture
def s3(account: Account) -> Any:
    """A client and a bucket."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


@pytest.mark.parametrize(("given", "code"), WRONG, ids=range(len(WRONG)))
def test_what_was_not_sent_so_is_not_kept(s3, refused, given, code) -> None:
    """Key, metadata and digests are checked before anything is kept."""
    found, _ = refused(s3.put_object, **{"Bucket": "box", "Key": "k", "Body": b"x", **given})

    assert (found, s3.list_objects_v2(Bucket="box")["KeyCount"]) == (code, 0)


@pytest.mark.parametrize(("given", "code"), WRONG[:2], ids=range(2))
def test_names_are_as_long_however_an_object_comes(s3, refused, given, code) -> None:
    """A copy, and what is sent in parts, are held to what holds for what is put whole; not so in moto."""
    s3.put_object(Bucket="box", Key="from", Body=b"x")
    copy = {"CopySource": "box/from", "MetadataDirective": "REPLACE"}
    wanted = {"Bucket": "box", "Key": "k", **given}

    codes = {refused(s3.copy_object, **wanted, **copy)[0], refused(s3.create_multipart_upload, **wanted)[0]}
    with plain_moto():
        s3.copy_object(**wanted, **copy)
        s3.create_multipart_upload(**wanted)

    assert codes == {code}


def test_what_is_right_is_kept_as_in_moto(s3) -> None:
    """The longest key, and digests that fit."""

    def put() -> Any:
        given = {"Key": "k" * 1024, "ContentMD5": "ndTkYSaMgDT1yFZOFVxnpg==", "Metadata": {"a": "x" * 2047}}
        return s3.put_object(Bucket="box", Body=b"x", ChecksumSHA256=SHA256, **given)

    corrected = put()["ETag"]

    with plain_moto():
        assert put()["ETag"] == corrected


def test_a_thousand_objects_are_deleted_at_once(s3, refused) -> None:
    """Of more, none is."""
    many = [{"Key": str(number)} for number in range(1001)]

    assert refused(s3.delete_objects, Bucket="box", Delete={"Objects": many})[0] == "MalformedXML"
    assert len(s3.delete_objects(Bucket="box", Delete={"Objects": many[1:]})["Deleted"]) == 1000
