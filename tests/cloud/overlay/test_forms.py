"""Posted forms obey their policy, and an object that calls itself a form keeps its type."""

from base64 import b64encode
from typing import Any

import pytest

from workshop.cloud.offline.http.calls import Answer, Call, Headers
from workshop.cloud.offline.http.dispatch import Dispatcher
from workshop.cloud.offline.overlay.correct import plain_moto

BOUNDARY = "b0"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def s3(account) -> Any:
    """S3 with a bucket."""
    s3 = account.client("s3")
    s3.create_bucket(Bucket="box", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


def post(fields: dict[str, str]) -> Answer:
    """Post a file of five bytes, as a browser does."""
    lines = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    file = 'Content-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain'
    body = f"{''.join(lines)}--{BOUNDARY}\r\n{file}\r\n\r\nhello\r\n--{BOUNDARY}--\r\n"
    headers = [
        ("Host", "127.0.0.1"),
        ("Content-Type", f"multipart/form-data; boundary={BOUNDARY}"),
        ("Content-Length", str(len(body))),
    ]
    return Dispatcher().answer(Call("POST", "/box", Headers(headers), body.encode()))


def form(s3: Any, *conditions: Any, seconds: int = 60, **fields: str) -> dict[str, str]:
    """Return the fields of a form that was signed for keys below `in/`."""
    given = s3.generate_presigned_post(
        "box", "in/${filename}", Fields=fields, Conditions=[*conditions], ExpiresIn=seconds
    )
    return dict(given["fields"])


def test_a_form_that_its_policy_allows_is_stored(s3) -> None:
    """The file's name takes its place in the key, and fields that the policy names are kept."""
    kind = {"Content-Type": "text/csv"}

    answer = post(form(s3, kind, ["content-length-range", 5, 5], **kind))

    assert answer.status == 204
    assert s3.head_object(Bucket="box", Key="in/a.txt")["ContentType"] == "text/csv"


@pytest.mark.parametrize(
    ("conditions", "fields", "seconds", "code", "said"),
    [
        ([], {"key": "out/a"}, 60, "AccessDenied", "Policy Condition failed"),
        ([], {"extra": "1"}, 60, "AccessDenied", "Extra input fields: extra"),
        ([], {}, -1, "AccessDenied", "Policy expired."),
        ([["content-length-range", 1, 4]], {}, 60, "EntityTooLarge", "exceeds the maximum"),
        ([["content-length-range", 6, 9]], {}, 60, "EntityTooSmall", "smaller than the minimum"),
        ([], {"policy": b64encode(b"{}").decode()}, 60, "InvalidPolicyDocument", "Invalid JSON"),
    ],
)
def test_a_form_that_breaks_its_policy_is_refused(s3, conditions, fields, seconds, code, said) -> None:
    """Nothing is stored, and the answer says what was broken; plain moto stores it."""
    broken = {**form(s3, *conditions, seconds=seconds), **fields}

    answer = post(broken)

    assert answer.status == (403 if code == "AccessDenied" else 400)
    assert f"<Code>{code}</Code>" in answer.body.decode()
    assert said in answer.body.decode()
    assert "Contents" not in s3.list_objects_v2(Bucket="box")
    with plain_moto():
        assert post(broken).status == 204


def test_an_object_keeps_the_type_of_a_form(s3) -> None:
    """What curl puts calls itself a form; it is stored whole, with that type."""
    headers = Headers([("Host", "127.0.0.1"), ("Content-Type", FORM)])

    Dispatcher().answer(Call("PUT", "/box/k", headers, b"a=b"))

    found = s3.get_object(Bucket="box", Key="k")
    assert (found["Body"].read(), found["ContentType"]) == (b"a=b", FORM)
