"""What the dispatcher does with calls that moto cannot answer, or must not."""

import gzip
import json
import logging
from xml.etree import ElementTree as ET

import pytest
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from moto.dynamodb.responses import DynamoHandler
from moto.moto_api._internal.models import moto_api_backend

from tests.cloud.conftest import NAMES
from workshop.clock import ManualClock
from workshop.cloud.offline import overlay
from workshop.cloud.offline.http.calls import Call, Headers
from workshop.cloud.offline.http.dispatch import Dispatcher
from workshop.cloud.offline.http.failures import failure_answer
from workshop.cloud.offline.lock import LOCK


def call(service: str = "dynamodb", *, method: str = "POST", target: str = "/", **headers: str) -> Call:
    region = "us-east-1" if service == "s3" else "eu-west-1"
    signature = (
        f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/{region}/{service}/aws4_request, X=y"
    )
    pairs = {"Host": "127.0.0.1:4566", "Authorization": signature} | headers
    return Call(method, target, Headers([(name.replace("_", "-"), value) for name, value in pairs.items()]))


LIST_TABLES = {"X_Amz_Target": "DynamoDB_20120810.ListTables", "Content_Type": "application/x-amz-json-1.0"}


@pytest.fixture
def dispatcher():
    """A dispatcher over an empty account."""
    overlay.apply(ManualClock(), NAMES)
    moto_api_backend.reset()
    yield Dispatcher()
    moto_api_backend.reset()


def understood(service: str, answer) -> dict:
    """Return the error as boto3 reads it."""
    from botocore.session import Session

    model = ServiceModel(Session().get_service_data(service))
    parsed = create_parser(model.metadata["protocol"]).parse(
        {"status_code": answer.status, "headers": dict(answer.headers), "body": answer.body}, None
    )
    return parsed["Error"]


@pytest.mark.parametrize(
    ("service", "headers"),
    [
        ("dynamodb", {"X_Amz_Target": "DynamoDB_20120810.PutItem"}),
        ("lambda", {}),
        ("s3", {}),
        ("sns", {"Content_Type": "application/x-www-form-urlencoded"}),
        ("iam", {}),
        ("ec2", {}),
    ],
)
def test_a_failure_is_an_error_of_the_protocol(service: str, headers: dict[str, str]) -> None:
    """Whatever its protocol, a client reads an error of moto's own as InternalFailure, not as Python's."""
    request = call(service, method="GET", target="/<a> & b", **headers)
    answer = failure_answer(request, KeyError("<cause>"))

    error = understood(service, answer)

    assert (answer.status, error["Code"]) == (500, "InternalFailure")
    assert f"failed on {request.operation}; its log has the reason" in error["Message"]


@pytest.mark.parametrize(
    ("operation", "status", "code"),
    [
        ("DescribeContributorInsights", 400, "NotImplemented"),
        ("NoSuchOperation", 400, "UnknownOperationException"),
    ],
)
def test_what_moto_lacks_is_not_repeated(dispatcher, caplog, operation: str, status: int, code: str) -> None:
    """An operation that moto or AWS does not have is named in an error that nobody tries again."""
    request = call(X_Amz_Target=f"DynamoDB_20120810.{operation}", Content_Type="application/x-amz-json-1.0")

    answer = dispatcher.answer(request)

    error = understood("dynamodb", answer)
    assert (answer.status, error["Code"]) == (status, code)
    assert operation in error["Message"]
    assert ("docs/offline-cloud.md" in error["Message"]) == (code == "NotImplemented")
    assert "Traceback" not in caplog.text


def test_a_failure_is_logged_with_its_traceback(dispatcher, monkeypatch, caplog) -> None:
    """An error inside of moto appears in the log with the operation and the traceback."""

    def fail(self) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(DynamoHandler, "list_tables", fail)

    answer = dispatcher.answer(call(**LIST_TABLES))

    assert answer.status == 500
    assert "ListTables" in caplog.text
    assert "ZeroDivisionError: planted" in caplog.text
    assert not LOCK.held


def test_each_call_is_one_line_at_debug_level(dispatcher, caplog) -> None:
    """At debug level a call is one line with service, region, operation, status and time; else nothing."""
    request = call(**LIST_TABLES)

    with caplog.at_level(logging.INFO, "workshop"):
        dispatcher.answer(request)
    assert caplog.text == ""
    with caplog.at_level(logging.DEBUG, "workshop"):
        dispatcher.answer(request)

    (record,) = caplog.records
    assert record.getMessage().startswith("dynamodb eu-west-1 ListTables → 200, ")


def test_metadata_names_keep_their_underscores(dispatcher) -> None:
    """Metadata of an S3 object comes back under the names that it was sent with."""
    dispatcher.answer(call("s3", method="PUT", target="/bucket"))
    put = call("s3", method="PUT", target="/bucket/a%20b")
    put.headers = Headers([*put.headers.pairs, ("x-amz-meta-my_key", "1"), ("x-amz-meta-other", "2")])
    put.body = b"content"
    dispatcher.answer(put)

    answer = dispatcher.answer(call("s3", method="GET", target="/bucket/a%20b"))

    headers = {name.lower(): value for name, value in answer.headers}
    assert (answer.status, answer.body) == (200, b"content")
    assert (headers["x-amz-meta-my_key"], headers["x-amz-meta-other"]) == ("1", "2")


def test_something_may_happen_before_each_call(caplog) -> None:
    """What stands before the dispatcher sees each call without the lock, and its error becomes the answer."""
    seen: list[tuple[str, bool]] = []

    def before(request: Call) -> None:
        seen.append((request.operation, LOCK.held))
        raise RuntimeError("planted")

    overlay.apply(ManualClock(), NAMES)
    answer = Dispatcher(before).answer(call(X_Amz_Target="DynamoDB_20120810.ListTables"))

    assert seen == [("ListTables", False)]
    assert json.loads(answer.body)["__type"] == "InternalFailure"
    assert "planted" in caplog.text


def test_query_answers_are_xml(dispatcher) -> None:
    """A call of the query protocol is answered in XML, through moto's own routing."""
    request = call("sts", Content_Type="application/x-www-form-urlencoded; charset=utf-8")
    request.body = b"Action=GetCallerIdentity&Version=2011-06-15"
    request.headers["content-length"] = str(len(request.body))

    answer = dispatcher.answer(request)

    assert answer.status == 200
    assert "123456789012" in [node.text for node in ET.fromstring(answer.body).iter()]  # noqa: S314 # ours


@pytest.mark.parametrize("service", ["cloudcontrolapi", "rolesanywhere", "oam"])
def test_a_service_that_is_not_there_is_refused(dispatcher, service: str) -> None:
    """A client of a service that is not offered is told so, and does not try again."""
    answer = dispatcher.answer(call(service, target="/crls"))

    assert answer.status == 400
    assert "it does not offer this service" in json.loads(answer.body)["message"]


@pytest.mark.parametrize(("service", "is_unpacked"), [("monitoring", True), ("s3", False), (None, False)])
def test_a_packed_body_is_unpacked(service: str | None, is_unpacked: bool) -> None:
    """SDKs pack large bodies, such as those of PutMetricData; objects are kept as they come."""
    packed = gzip.compress(b"{}")
    sent = call(service or "s3", Content_Encoding="gzip", Content_Length=str(len(packed)))
    if service is None:  # of whoever may write to a public bucket
        del sent.headers["authorization"]
    sent.body = packed

    arrived = sent.unpacked()

    assert arrived.body == (b"{}" if is_unpacked else packed)
    assert int(arrived.headers["Content-Length"]) == len(arrived.body)
    assert ("content-encoding" in arrived.headers) is not is_unpacked
