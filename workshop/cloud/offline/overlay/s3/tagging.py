"""Tags of a bucket: AWS's own stay as they are, and a new bucket has those of its request.

Whoever replaces the tags of a bucket that a stack has made sends AWS's own along, unchanged: they are neither
added nor removed (https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html and
https://repost.aws/knowledge-center/s3-apply-existing-tags). A bucket can be made with tags
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucketConfiguration.html). moto refuses AWS's own,
removes them, and drops the tags of a new bucket. Changed: as above.
"""

from collections.abc import Mapping
from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.responses import S3Response, xmltodict

from workshop.cloud.offline.overlay.correct import corrects
from workshop.cloud.offline.request_models.tags import RESERVED_BUCKET, SYSTEM_TAGS

NOT_REMOVED = "System tags cannot be removed by requester"

_MOTO_PUT = S3Response._bucket_response_put
_MOTO_DELETE = S3Response.delete_bucket_tagging


class _SystemTagError(S3ClientError):  # type: ignore[misc]  # moto is untyped
    """A request would change a tag that is AWS's own."""

    def __init__(self, text: str) -> None:
        super().__init__("InvalidTag", text)


@corrects(S3Response, "_bucket_tagging_from_body")
def _tags_to_put(self: Any) -> dict[str, str]:
    given = _tags(xmltodict.parse(self.body, force_list=("Tag",))["Tagging"].get("TagSet"))
    kept, brought = _system_tags_of(self), _system(given)
    if not brought.items() <= kept.items():
        raise _SystemTagError(RESERVED_BUCKET)
    if kept.keys() - brought.keys():
        raise _SystemTagError(NOT_REMOVED)
    return given


@corrects(S3Response, "delete_bucket_tagging")
def _delete_bucket_tagging(self: Any) -> Any:
    if _system_tags_of(self):
        raise _SystemTagError(NOT_REMOVED)
    return _MOTO_DELETE(self)


@corrects(S3Response, "_bucket_response_put")
def _put_bucket(self: Any, request: Any, bucket_name: str, querystring: dict[str, Any]) -> Any:
    is_new = bucket_name not in self.backend.buckets
    answer = _MOTO_PUT(self, request, bucket_name, querystring)
    if is_new and not querystring and self.body:
        settings = xmltodict.parse(self.body, force_list=("Tag",)).get("CreateBucketConfiguration") or {}
        if tags := _tags(settings.get("Tags")):
            self.backend.put_bucket_tagging(bucket_name, tags)
    return answer


def _tags(read: Mapping[str, Any] | None) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] or "" for tag in (read or {}).get("Tag", ())}


def _system_tags_of(request: Any) -> dict[str, str]:
    bucket = request.backend.get_bucket(request.bucket_name)
    return _system(request.backend.tagger.get_tag_dict_for_resource(bucket.arn))


def _system(tags: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in tags.items() if key.lower().startswith(SYSTEM_TAGS)}
