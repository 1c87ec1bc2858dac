"""Addresses signed for others are answered by the rights of whoever signed them, while they last."""

from urllib.parse import urlsplit

import pytest
from botocore.config import Config

from tests.cloud.documents import allow
from tests.cloud.permissions.conftest import Roles, make_client
from workshop.cloud.offline.http.calls import Answer, Call, Headers
from workshop.cloud.offline.http.dispatch import Dispatcher
from workshop.cloud.offline.http.signed_urls import expired_answer, signed_in_headers
from workshop.cloud.offline.runtime.environments.environment import Credentials

VERSIONS = ("s3", "s3v4")
HOST = ("Host", "127.0.0.1")


def visit(url: str, method: str = "GET", body: bytes = b"", *headers: tuple[str, str]) -> Answer:
    """Do what a browser does with an address."""
    parts = urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}"
    return Dispatcher().answer(Call(method, target, Headers([HOST, *headers]), body))


@pytest.mark.parametrize("version", VERSIONS)
def test_an_address_has_the_rights_of_its_signer(roles: Roles, version: str) -> None:
    """What a role may get it may let others get, and nothing else."""
    roles.cloud.client("s3").create_bucket(Bucket="box")
    roles.make("reader", allow("s3:GetObject", "arn:aws:s3:::box/open/*"))
    s3 = make_client("s3", roles.assume("reader"), config=Config(signature_version=version))
    for key in ("open/a b+ü", "closed/a"):
        roles.cloud.client("s3").put_object(Bucket="box", Key=key, Body=key.encode())

    def url(operation: str, key: str) -> str:
        return str(s3.generate_presigned_url(operation, Params={"Bucket": "box", "Key": key}))

    assert visit(url("get_object", "open/a b+ü")).body == "open/a b+ü".encode()
    assert visit(url("get_object", "closed/a")).status == 403
    assert visit(url("put_object", "open/b"), "PUT", b"x").status == 403
    forged = url("get_object", "open/a b+ü").replace("oken=", "oken=x")
    assert visit(forged).status in {400, 403}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""])
def test_what_is_put_to_an_address_is_there(roles: Roles, version: str, kind: str) -> None:
    """An object and a part keep their content, whatever the client calls it."""
    s3 = make_client("s3", Credentials("key", "secret", ""), config=Config(signature_version=version))
    s3.create_bucket(Bucket="box")
    upload = s3.create_multipart_upload(Bucket="box", Key="b")["UploadId"]
    part = {"Bucket": "box", "Key": "b", "UploadId": upload, "PartNumber": 1}
    header = [("Content-Type", kind)] if kind else []

    visit(
        s3.generate_presigned_url("put_object", Params={"Bucket": "box", "Key": "a"}),
        "PUT",
        b"a=b&c",
        *header,
    )
    put = visit(s3.generate_presigned_url("upload_part", Params=part), "PUT", b"d=e&f", *header)

    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == b"a=b&c"
    tag = next(value for name, value in put.headers if name.lower() == "etag")
    parts = {"Parts": [{"PartNumber": 1, "ETag": tag}]}
    s3.complete_multipart_upload(Bucket="box", Key="b", UploadId=upload, MultipartUpload=parts)
    assert s3.get_object(Bucket="box", Key="b")["Body"].read() == b"d=e&f"


def test_other_services_take_addresses_too(roles: Roles) -> None:
    """A role tells others who it is by an address of STS, and what it may not do it may not by an address."""
    roles.make("nobody")

    url = roles.client("sts", "nobody").generate_presigned_url("get_caller_identity")
    refused = roles.client("sns", "nobody").generate_presigned_url("list_topics")

    assert b"assumed-role/nobody/me" in visit(url).body
    assert visit(refused).status == 403


def signed(query: str) -> Call:
    return Call("GET", f"/box/a?{query}", Headers([HOST]))


V4 = "X-Amz-Credential=k%2F20260101%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Signature=0&x-id=GetObject"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        (f"{V4}&X-Amz-Date=19700101T000100Z&X-Amz-Expires=40", None),
        (f"{V4}&X-Amz-Date=19700101T000100Z&X-Amz-Expires=39", 403),
        (f"{V4}&X-Amz-Date=19700101T000100Z&X-Amz-Expires=604801", 400),
        (f"{V4}&X-Amz-Date=19700101T000100Z&X-Amz-Expires=-1", 400),
        (f"{V4}&X-Amz-Date=today&X-Amz-Expires=40", 400),
        (V4, 400),
        ("AWSAccessKeyId=k&Signature=0&Expires=100", None),
        ("AWSAccessKeyId=k&Signature=0&Expires=99", 403),
        ("AWSAccessKeyId=k&Signature=0&Expires=later", 400),
        ("Expires=1", None),
        ("", None),
    ],
)
def test_an_address_has_its_time(query: str, status: int | None) -> None:
    """At the hundredth second it is over or not; one that does not tell, or lasts too long, is malformed."""
    refused = expired_answer(signed(query), 100.0)

    assert (refused.status if refused else None) == status


def test_only_the_signature_leaves_the_address() -> None:
    """Other parameters stay as they were written; headers of S3 become headers; a plain call is itself."""
    call = signed(f"{V4}&partNumber=1&a=%20+&x-amz-meta-a=b&X-Amz-Date=1&X-Amz-Expires=1")

    rewritten = signed_in_headers(call)

    assert rewritten.target == "/box/a?x-id=GetObject&partNumber=1&a=%20+"
    assert rewritten.headers["x-amz-meta-a"] == "b"
    assert rewritten.scope is not None
    assert (rewritten.scope.access_key, rewritten.scope.service) == ("k", "s3")
    plain = signed("Expires=1")
    assert signed_in_headers(plain) is plain
