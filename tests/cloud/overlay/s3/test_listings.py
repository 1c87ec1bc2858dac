"""Listings of objects and versions come in pages."""

from typing import Any

import pytest

from tests.cloud.conftest import Account
from workshop.cloud.offline.overlay.correct import plain_moto

KEYS = ["a", "b/1", "b/2", "c%41+ü", "d/1", "e"]
ENTRIES = ["a", "b/", "c%41+ü", "d/", "e"]


@pytest.fixture
def s3(account: Account) -> Any:
    """A client, and a bucket with objects and what is left of a deleted one."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    for key in (*KEYS, "gone/1"):
        s3.put_object(Bucket="box", Key=key, Body=b"")
    s3.delete_object(Bucket="box", Key="gone/1")
    return s3


def names(page: dict[str, Any], member: str = "Contents") -> list[str]:
    """Return the entries of a page, sorted."""
    keys = [one["Key"] for one in page.get(member, ())]
    return sorted([*keys, *(one["Prefix"] for one in page.get("CommonPrefixes", ()))])


@pytest.mark.parametrize(("operation", "member"), [("list_objects", ""), ("list_objects_v2", "KeyCount")])
@pytest.mark.parametrize(("delimiter", "expected"), [("", KEYS), ("/", ENTRIES)])
def test_pages_go_on_where_the_last_one_ended(s3, operation, member, delimiter, expected) -> None:
    """Common prefixes count, each comes once, and keys are what they were, whatever is in them."""
    pages = [
        *s3.get_paginator(operation).paginate(
            Bucket="box", Delimiter=delimiter, PaginationConfig={"PageSize": 2}
        )
    ]

    found = [names(page) for page in pages]
    assert [name for page in found for name in page] == expected
    assert [len(page) for page in found[:-1]] == [2] * (len(found) - 1)
    assert [page["IsTruncated"] for page in pages] == [True] * (len(pages) - 1) + [False]
    if member:
        assert [page[member] for page in pages] == [len(page) for page in found]


def test_a_marker_need_not_be_a_key(s3) -> None:
    """A page begins behind it, and says what it was asked for."""
    first = s3.list_objects(Bucket="box", Marker="b/1z", MaxKeys=1)
    second = s3.list_objects_v2(Bucket="box", StartAfter="b/1z", MaxKeys=1)
    third = s3.list_objects_v2(Bucket="box", ContinuationToken=second["NextContinuationToken"])

    assert (names(first), first["Marker"], "NextMarker" in first) == (["b/2"], "b/1z", False)
    assert (names(second), second["StartAfter"]) == (["b/2"], "b/1z")
    assert names(third) == KEYS[3:]
    assert third["ContinuationToken"] == second["NextContinuationToken"]


@pytest.mark.parametrize(
    "given", [{"ContinuationToken": "x"}, {"ContinuationToken": "YQ=="}, {"MaxKeys": -1}, {"MaxKeys": 2**31}]
)
def test_a_token_or_size_that_is_none_is_refused(s3, refused, given) -> None:
    """S3 makes its tokens itself, and a page has from no entry to as many as it is."""
    assert refused(s3.list_objects_v2, Bucket="box", **given)[0] == "InvalidArgument"


def test_a_page_has_a_thousand_entries_at_most(s3) -> None:
    """Whoever asks for more is told so; of none at all there is no next page."""
    assert s3.list_objects_v2(Bucket="box", MaxKeys=5000)["MaxKeys"] == 1000
    nothing = s3.list_objects_v2(Bucket="box", MaxKeys=0)
    assert (nothing["KeyCount"], nothing["IsTruncated"]) == (0, False)


def test_what_is_asked_to_be_encoded_is_encoded(s3) -> None:
    """Also the owner is there only for who asks."""
    asked = {"Bucket": "box", "EncodingType": "url"}
    page = s3.list_objects(**asked, Prefix="c%")
    versions = s3.list_object_versions(**asked, Prefix="c%")

    assert (names(page), page["Prefix"]) == (["c%2541%2B%C3%BC"], "c%25")
    assert (names(versions, "Versions"), versions["Prefix"]) == (["c%2541%2B%C3%BC"], "c%25")
    assert "Owner" not in s3.list_objects_v2(Bucket="box", FetchOwner=False)["Contents"][0]
    assert "Owner" in s3.list_objects_v2(Bucket="box", FetchOwner=True)["Contents"][0]


def test_versions_of_one_moment_come_the_latest_first(s3) -> None:
    """Page after page, and behind a key only those of later keys."""
    made = [s3.put_object(Bucket="box", Key="b/1", Body=b"")["VersionId"] for _ in range(2)][::-1]

    pages = [
        *s3.get_paginator("list_object_versions").paginate(Bucket="box", PaginationConfig={"PageSize": 2})
    ]
    of_key = [one for page in pages for one in page.get("Versions", ()) if one["Key"] == "b/1"]
    behind = s3.list_object_versions(Bucket="box", KeyMarker="b/1")
    folders = s3.list_object_versions(Bucket="box", KeyMarker="b/", Delimiter="/", MaxKeys=1)

    assert [one["VersionId"] for one in of_key[:2]] == made
    assert [one["IsLatest"] for one in of_key] == [True, False, False]
    assert sum(len(page.get("Versions", ())) for page in pages) == len(KEYS) + 3
    assert sum(len(page.get("DeleteMarkers", ())) for page in pages) == 1
    assert names(behind, "Versions") == [*KEYS[2:], "gone/1"]
    assert (names(folders, "Versions"), folders["NextKeyMarker"]) == (["c%41+ü"], "c%41+ü")


def test_a_simple_listing_is_the_same_in_moto(s3) -> None:
    """Without anything that moto gets wrong the answers are alike, but for the encoding asked for."""
    own = ("EncodingType", "ResponseMetadata")

    def listings() -> list[Any]:
        answers = [
            s3.list_objects_v2(Bucket="box", Prefix="b/"),
            s3.list_objects_v2(Bucket="box", Delimiter="/", Prefix="b"),
            s3.list_object_versions(Bucket="box", Prefix="b/"),
        ]
        return [{name: value for name, value in one.items() if name not in own} for one in answers]

    corrected = listings()

    with plain_moto():
        assert listings() == corrected
