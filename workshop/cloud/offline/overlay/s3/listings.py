"""Listings of objects and versions come in pages, whatever they are narrowed by.

A page has 1,000 entries at most, common prefixes among them, and goes on behind the marker, the key to start
after, or a token, which S3 alone has made; folders of which all is deleted are none. With an encoding
everything that a key may be part of is encoded. Sources:
https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, API_ListObjects.html and
API_ListObjectVersions.html there. moto pages the keys of ListObjects alone, fails at a token that is none and
forgets its own with the process, leaves out the first version behind a key marker, takes versions of one
moment for older than those before, and repeats or encodes a part of the arguments. Changed: as above.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from moto.s3.exceptions import InvalidContinuationToken, InvalidMaxPartArgument, NotAnIntegerException
from moto.s3.models import FakeDeleteMarker, S3Backend
from moto.s3.responses import S3Response

from workshop.cloud.offline.keeping.marks import MARKS
from workshop.cloud.offline.overlay.correct import corrects

MOST = 1000
LARGEST = 2**31 - 1
# Of a token of ours; a key may be anything.
MARK = b"after:"
ENCODED = ("Delimiter", "KeyMarker", "Marker", "NextKeyMarker", "NextMarker", "Prefix", "StartAfter")

_MOTO_OBJECTS = S3Response.list_objects
_MOTO_OBJECTS_V2 = S3Response.list_objects_v2
_MOTO_VERSIONS = S3Response.list_object_versions


def _rolled_up(
    entries: Iterable[tuple[str, Any]], prefix: str, delimiter: str | None
) -> list[tuple[str, Any]]:
    """Return entries by name; a common prefix stands for those with the delimiter, and has no value."""
    found: list[tuple[str, Any]] = []
    for name, value in entries:
        if not name.startswith(prefix):
            continue
        at = name.find(delimiter, len(prefix)) if delimiter else -1
        folder = name[: at + len(delimiter or "")]
        if at < 0:
            found.append((name, value))
        elif not found or found[-1] != (folder, None):
            found.append((folder, None))
    return found


def _objects(bucket: Any, prefix: str | None, delimiter: str | None, after: str) -> list[tuple[str, Any]]:
    there = ((name, key) for name, key in bucket.keys.items() if not isinstance(key, FakeDeleteMarker))
    entries = sorted(there, key=lambda entry: entry[0])
    return [entry for entry in _rolled_up(entries, prefix or "", delimiter) if entry[0] > after]


@corrects(S3Backend, "list_objects")
def _list_objects(
    _backend: Any,
    bucket: Any,
    prefix: str | None,
    delimiter: str | None,
    marker: str | None,
    max_keys: int | None,
) -> tuple[list[Any], list[str], bool, str | None]:
    entries = _objects(bucket, prefix, delimiter, marker or "")
    page = entries if max_keys is None else entries[:max_keys]
    is_truncated = bool(page) and len(page) < len(entries)
    # Without a delimiter the last key is the marker of the next page.
    following = page[-1][0] if is_truncated and delimiter else None
    keys = [key for _, key in page if key is not None]
    return keys, [name for name, key in page if key is None], is_truncated, following


@corrects(S3Backend, "list_objects_v2")
def _list_objects_v2(
    _backend: Any,
    bucket: Any,
    prefix: str | None,
    delimiter: str | None,
    continuation_token: str | None,
    start_after: str | None,
    max_keys: int,
) -> tuple[list[Any], bool, str | None]:
    after = _place(continuation_token) if continuation_token else start_after or ""
    entries = _objects(bucket, prefix, delimiter, after)
    page = entries[:max_keys]
    is_truncated = bool(page) and len(page) < len(entries)
    token = urlsafe_b64encode(MARK + page[-1][0].encode()).decode() if is_truncated else None
    return [name if key is None else key for name, key in page], is_truncated, token


def _place(token: str) -> str:
    try:
        place = urlsafe_b64decode(token.encode())
    except ValueError:
        place = b""
    if not place.startswith(MARK):
        raise InvalidContinuationToken
    return place.removeprefix(MARK).decode()


@corrects(S3Backend, "list_object_versions")
def _list_versions(  # noqa: PLR0913, PLR0917 - moto's signature
    backend: Any,
    bucket_name: str,
    delimiter: str | None = None,
    key_marker: str | None = None,
    max_keys: int | None = MOST,
    prefix: str = "",
    version_id_marker: str | None = None,
) -> tuple[list[Any], list[str], list[Any], str | None, str | None]:
    entries = _behind(_versions(backend.get_bucket(bucket_name)), key_marker, version_id_marker)
    entries = [
        entry for entry in _rolled_up(entries, prefix, delimiter) if entry[0] != key_marker or entry[1]
    ]
    page = entries[:max_keys]
    found = [version for _, version in page if version is not None]
    deleted = [version for version in found if isinstance(version, FakeDeleteMarker)]
    name, last = page[-1] if page and len(page) < len(entries) else (None, None)
    identity = None if last is None else last.version_id or "null"
    kept = [version for version in found if version not in deleted]
    return kept, [name for name, version in page if version is None], deleted, name, identity


def _versions(bucket: Any) -> list[tuple[str, Any]]:
    """Return all versions by name, the latest of each first."""
    found = []
    for name in sorted(bucket.keys.keys()):
        versions = bucket.keys.getlist(name)[::-1]
        for version in versions:
            is_latest = version is versions[0]
            if getattr(version, "is_latest", None) is not is_latest:
                version.is_latest = is_latest
                MARKS.note_resources("s3")
        found += [(name, version) for version in versions]
    return found


def _behind(entries: list[tuple[str, Any]], key: str | None, identity: str | None) -> list[tuple[str, Any]]:
    """Return what comes behind a key, or behind a version of it."""
    if key is None:
        return entries
    names = [name for name, _ in entries]
    same = [at for at, name in enumerate(names) if name == key]
    chosen = [at for at in same if identity and (entries[at][1].version_id or "null") == identity]
    if chosen:
        return entries[chosen[0] + 1 :]
    return [entry for entry in entries if entry[0] > key]


@corrects(S3Response, "list_objects")
def _objects_call(self: Any) -> Any:
    return _answer(self, _MOTO_OBJECTS, {"Marker": _given(self, "marker") or ""})


@corrects(S3Response, "list_objects_v2")
def _objects_v2_call(self: Any) -> Any:
    if _given(self, "fetch-owner") != "true":
        self.querystring.pop("fetch-owner", None)
    told = {
        "ContinuationToken": _given(self, "continuation-token"),
        "StartAfter": _given(self, "start-after"),
    }
    return _answer(self, _MOTO_OBJECTS_V2, told)


@corrects(S3Response, "list_object_versions")
def _versions_call(self: Any) -> Any:
    return _answer(self, _MOTO_VERSIONS, {"EncodingType": _given(self, "encoding-type")})


def _given(request: Any, name: str) -> str | None:
    values = request.querystring.get(name)
    return values[0] if values else None


def _answer(request: Any, moto: Callable[[Any], Any], told: dict[str, str | None]) -> Any:
    """Return moto's answer, with what a request is told again of its own arguments, encoded if it asks so."""
    limit = _given(request, "max-keys")
    if limit is not None:
        request.querystring["max-keys"] = [str(min(_number(limit), MOST))]
    # moto's methods answer with XML, so the answer is changed just before that is made.
    serialized = request.serialized

    def corrected(answer: Any) -> Any:
        if isinstance(answer.result, dict):  # and no error
            answer.result.update({name: text for name, text in told.items() if text is not None})
            if _given(request, "encoding-type") == "url":
                _encode(answer.result)
        return serialized(answer)

    request.serialized = corrected
    return moto(request)


def _number(text: str) -> int:
    if not text.lstrip("-").isdecimal():
        raise NotAnIntegerException(name="max-keys", value=text)
    if not 0 <= int(text) <= LARGEST:
        raise InvalidMaxPartArgument("maxKeys", 0, LARGEST)
    return int(text)


def _encode(result: dict[str, Any]) -> None:
    # moto has encoded the keys of objects, and all prefixes of the second form.
    is_second = "KeyCount" in result
    for name in ENCODED:
        if result.get(name) and not (is_second and name == "Prefix"):
            result[name] = quote(result[name])
    for folder in result.get("CommonPrefixes", ()) if not is_second else ():
        folder["Prefix"] = quote(folder["Prefix"])
    for version in (*result.get("Versions", ()), *result.get("DeleteMarkers", ())):
        version["Key"] = quote(version["Key"])
