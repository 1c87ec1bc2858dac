"""What is put into a bucket is what was sent, under a key and with metadata that are not too long.

AWS refuses keys of more than 1,024 bytes, metadata of more than 2 KiB, contents that do not have the digest
that came with them, and deletions of more than 1,000 objects at once
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html, API_DeleteObjects.html there and
https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html). moto takes all of them. Changed: as
above, for objects that are put, copied or sent in parts, and the digests that Python computes itself.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any
from zlib import crc32

from moto.s3.exceptions import MalformedXML, S3ClientError
from moto.s3.responses import S3Response

from workshop.cloud.offline.overlay.correct import corrects

MOST_OBJECTS = 1000
LONGEST_KEY = 1024
LARGEST_METADATA = 2048
MD5_BYTES = 16
METADATA = "x-amz-meta-"
DIGESTS: Mapping[str, Callable[[bytes], bytes]] = {
    "CRC32": lambda content: crc32(content).to_bytes(4, "big"),
    "SHA1": lambda content: hashlib.sha1(content).digest(),  # noqa: S324 - a checksum
    "SHA256": lambda content: hashlib.sha256(content).digest(),
}

_MOTO_PUT = S3Response.put_object
_MOTO_COPY = S3Response.copy_object
_MOTO_POST = S3Response._key_response_post
_MOTO_DELETE_KEYS = S3Response._bucket_response_delete_keys


class _RefusedContentError(S3ClientError):  # type: ignore[misc]  # moto is untyped
    """An object is not what it is said to be, or cannot be kept."""


@corrects(S3Response, "put_object")
def _put_object(self: Any) -> Any:
    _check_names(self)
    _check_digests(self.headers, self.body if isinstance(self.body, bytes) else (self.body or "").encode())
    return _MOTO_PUT(self)


@corrects(S3Response, "copy_object")
def _copy_object(self: Any) -> Any:
    _check_names(self)
    return _MOTO_COPY(self)


# CreateMultipartUpload among others.
@corrects(S3Response, "_key_response_post")
def _post_key(self: Any, *arguments: Any, **named: Any) -> Any:
    _check_names(self)
    return _MOTO_POST(self, *arguments, **named)


@corrects(S3Response, "_bucket_response_delete_keys")
def _delete_keys(self: Any, *arguments: Any, **named: Any) -> Any:
    body = self.body if isinstance(self.body, bytes) else self.body.encode()
    if body.count(b"<Object>") > MOST_OBJECTS:
        raise MalformedXML
    return _MOTO_DELETE_KEYS(self, *arguments, **named)


def _check_names(request: Any) -> None:
    if len(request.parse_key_name().encode()) > LONGEST_KEY:
        raise _RefusedContentError("KeyTooLongError", "Your key is too long")
    named = [(name.lower(), value) for name, value in request.headers.items()]
    texts = [name.removeprefix(METADATA) + str(value) for name, value in named if name.startswith(METADATA)]
    if sum(len(text.encode()) for text in texts) > LARGEST_METADATA:
        raise _RefusedContentError(
            "MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size"
        )


def _check_digests(headers: Any, content: bytes) -> None:
    if given := headers.get("Content-MD5"):
        if len(_decoded(given)) != MD5_BYTES:
            raise _RefusedContentError("InvalidDigest", "The Content-MD5 you specified was invalid.")
        if _decoded(given) != hashlib.md5(content).digest():  # noqa: S324 - a checksum
            raise _RefusedContentError(
                "BadDigest", "The Content-MD5 you specified did not match what we received."
            )
    for name, digest in DIGESTS.items():
        given = headers.get(f"x-amz-checksum-{name.lower()}")
        if given and given != b64encode(digest(content)).decode():
            raise _RefusedContentError(
                "BadDigest", f"The {name} you specified did not match the calculated checksum."
            )


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        return b""
