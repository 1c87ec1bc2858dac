"""A call as it arrived, and the answer to it: what listener, dispatcher and control API share."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

__all__ = ["FORM_TYPE_HEADER", "Answer", "Call", "CredentialScope", "Headers"]

SCOPE_PARTS = 5
PACKED, GZIP_WINDOW = "gzip", 16 + zlib.MAX_WBITS
OF_THE_BODY = ("content-encoding", "content-length")
# Where the dispatcher hands over the type of an object that calls itself a form.
FORM_TYPE_HEADER = "X-Offline-Content-Type"


class Headers(dict[str, str]):
    """Headers by lower-case name, looked up in any case; `pairs` keeps them as they arrived."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        super().__init__()
        self.pairs = tuple(pairs)
        get = super().get
        for name, value in self.pairs:
            key = name.lower()
            self[key] = value if (before := get(key)) is None else f"{before},{value}"

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name.lower() if isinstance(name, str) else name)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the header's value, or `default`."""
        return super().get(name.lower(), default)


@dataclass(frozen=True)
class CredentialScope:
    """Who signed a call, for which region and service: the credential scope of its signature."""

    access_key: str
    region: str
    service: str


@dataclass
class Call:
    """One HTTP request, its body read to the end."""

    method: str
    target: str
    headers: Headers
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        """The path as sent, without the query, and without the host that a proxy's client puts before it."""
        path = self.target.partition("?")[0]
        return path if path.startswith("/") else "/" + path.partition("://")[2].partition("/")[2]

    @cached_property
    def document(self) -> Any:
        """The body as JSON, parsed once; an empty one is an empty object.

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.body or b"{}")

    @cached_property
    def scope(self) -> CredentialScope | None:
        """The credential scope of the signature; None if the call is not signed in a header."""
        credential = self.headers.get("authorization", "").partition("Credential=")[2]
        parts = credential.partition(",")[0].split("/")
        if len(parts) != SCOPE_PARTS:
            return None
        return CredentialScope(access_key=parts[0], region=parts[2], service=parts[3].lower())

    def unpacked(self) -> "Call":
        """Return the call with its body as it was before the client packed it, as SDKs do with large ones.

        Objects of S3 stay packed, also those of unsigned calls, and so does what is no gzip: its service
        refuses it as unreadable.
        """
        may_be_object = self.scope is None or self.scope.service == "s3"
        if self.headers.get("content-encoding") != PACKED or may_be_object:
            return self
        try:
            body = zlib.decompress(self.body, GZIP_WINDOW)
        except zlib.error:
            return self
        kept = [pair for pair in self.headers.pairs if pair[0].lower() not in OF_THE_BODY]
        return Call(self.method, self.target, Headers([*kept, ("Content-Length", str(len(body)))]), body)

    @cached_property
    def operation(self) -> str:
        """The operation as far as headers tell (`PutItem`), else method and path."""
        named = self.headers.get("x-amz-target", "").rpartition(".")[2]
        return named or f"{self.method} {self.path}"


@dataclass
class Answer:
    """One HTTP answer; the listener adds length and date."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @classmethod
    def of_json(cls, document: Mapping[str, Any], status: int = 200) -> "Answer":
        """Return an answer with a JSON document."""
        return cls(status, [("Content-Type", "application/json")], json.dumps(document).encode())
