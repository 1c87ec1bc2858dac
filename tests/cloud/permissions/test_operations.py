"""What a call asks for is read from its request alone, whatever the protocol of its service."""

from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cloud.documents import ACCOUNT
from tests.cloud.permissions.conftest import CONFIG, REGION
from workshop.cloud.offline.http.calls import Answer, Call, Headers
from workshop.cloud.offline.laboratory.in_process_calls import answer_in_process
from workshop.cloud.offline.permissions.call_scope import CallScope
from workshop.cloud.offline.permissions.needs import needs_of
from workshop.cloud.offline.permissions.operations import UNKNOWN, Operation, read_operation

PLACE = CallScope(ACCOUNT, REGION)
UUID = "1f3c1f5e-0f6a-4b0e-9f0d-3a3b7d1c2e4f"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:f"

SELECT = "SELECT * FROM {} WHERE id = 1"


class AskedError(Exception):
    """Carries a call that was about to be made."""

    def __init__(self, call: Call) -> None:
        self.call = call
        super().__init__(call.operation)


def call_of(service: str, operation: str, **parameters: Any) -> Call:
    """Return the call that boto3 makes."""

    def ask(call: Call) -> Answer:
        raise AskedError(call)

    client = boto3.client(
        service,
        region_name=REGION,
        endpoint_url="http://127.0.0.1:1",
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key="x",
        config=CONFIG,
    )
    answer_in_process(client, ask)
    with pytest.raises(AskedError) as asked:
        getattr(client, operation)(**parameters)
    return asked.value.call


def needed(service: str, operation: str, **parameters: Any) -> set[tuple[str, str]]:
    call = call_of(service, operation, **parameters)
    return {(one.action, one.resource) for one in needs_of(read_operation(call), PLACE)}


@pytest.mark.parametrize(
    ("operation", "parameters", "action", "resource"),
    [
        ("head_bucket", {"Bucket": "bucket"}, "ListBucket", "bucket"),
        ("list_objects", {"Bucket": "bucket"}, "ListBucket", "bucket"),
        ("head_object", {"Bucket": "bucket", "Key": "a/b"}, "GetObject", "bucket/a/b"),
        ("get_object", {"Bucket": "bucket", "Key": "a?b"}, "GetObject", "bucket/a?b"),
        ("create_multipart_upload", {"Bucket": "bucket", "Key": "a"}, "PutObject", "bucket/a"),
        ("delete_object", {"Bucket": "bucket", "Key": "a"}, "DeleteObject", "bucket/a"),
        (
            "delete_objects",
            {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "a"}]}},
            "DeleteObject",
            "bucket/*",
        ),
        ("create_bucket", {"Bucket": "bucket"}, "CreateBucket", "bucket"),
        ("put_bucket_policy", {"Bucket": "bucket", "Policy": "{}"}, "PutBucketPolicy", "bucket"),
    ],
)
def test_operations_of_s3_have_their_own_actions(
    operation: str, parameters: dict[str, Any], action: str, resource: str
) -> None:
    """S3's operations need the actions that IAM knows, on the bucket or the object."""
    assert needed("s3", operation, **parameters) == {(f"s3:{action}", f"arn:aws:s3:::{resource}")}


@pytest.mark.parametrize(
    ("operation", "parameters", "expected"),
    [
        ("get_function", {"FunctionName": "f"}, ("GetFunction", FUNCTION)),
        ("get_function", {"FunctionName": FUNCTION}, ("GetFunction", FUNCTION)),
        ("list_functions", {}, ("ListFunctions", "*")),
        ("list_event_source_mappings", {"FunctionName": "f"}, ("ListEventSourceMappings", "*")),
        ("get_event_source_mapping", {"UUID": UUID}, ("GetEventSourceMapping", "*")),
        ("put_function_concurrency", {"FunctionName": "f", "ReservedConcurrentExecutions": 1}, None),
        ("delete_function", {"FunctionName": "f"}, ("DeleteFunction", FUNCTION)),
    ],
)
def test_operations_of_lambda_are_read_from_their_paths(
    operation: str, parameters: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    """A function is named by its path, whether by name or by ARN; lists concern everything."""
    action, resource = expected or ("PutFunctionConcurrency", FUNCTION)

    assert needed("lambda", operation, **parameters) == {(f"lambda:{action}", resource)}


@pytest.mark.parametrize(
    "name",
    ["f", "function:f", f"{ACCOUNT}:f", f"{ACCOUNT}:function:f", f"{REGION}:{ACCOUNT}:function:f", FUNCTION],
)
@pytest.mark.parametrize("qualifier", ["", ":live", ":$LATEST"])
def test_a_function_has_many_names(name: str, qualifier: str) -> None:
    """By whichever part of its ARN a function is named, with a version or without, it is the same one."""
    call = Operation("lambda", "Invoke", {"FunctionName": name + qualifier})

    assert [(one.action, one.resource) for one in needs_of(call, PLACE)] == [
        ("lambda:InvokeFunction", FUNCTION + qualifier)
    ]


@pytest.mark.parametrize("name", ["x:function:f", "arn:aws:lambda:nowhere:1:function:f", "f:1:2"])
def test_what_names_no_function_is_no_function_of_the_account(name: str) -> None:
    """A name that Lambda refuses is not taken for the function whose name it ends with."""
    [need] = needs_of(Operation("lambda", "Invoke", {"FunctionName": name}), PLACE)

    assert need.resource == name


@pytest.mark.parametrize(
    ("source", "action", "resource"),
    [
        ("other/b", "GetObject", "arn:aws:s3:::other/b"),
        ("/other/a b", "GetObject", "arn:aws:s3:::other/a b"),
        ({"Bucket": "other", "Key": "a b?"}, "GetObject", "arn:aws:s3:::other/a b?"),
        ({"Bucket": "other", "Key": "b", "VersionId": "1"}, "GetObjectVersion", "arn:aws:s3:::other/b"),
    ],
)
@pytest.mark.parametrize(
    ("operation", "more"), [("copy_object", {}), ("upload_part_copy", {"PartNumber": 1, "UploadId": "u"})]
)
def test_who_copies_reads_the_source(
    operation: str, more: dict[str, Any], *, source: Any, action: str, resource: str
) -> None:
    """A copy needs the right to read what is copied as well as the right to write it."""
    assert needed("s3", operation, Bucket="bucket", Key="a", CopySource=source, **more) == {
        ("s3:PutObject", "arn:aws:s3:::bucket/a"),
        (f"s3:{action}", resource),
    }


def test_partiql_needs_actions_of_its_own() -> None:
    """A statement of PartiQL needs the action of its first word on the table that it names."""
    table = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/T"
    statements = [
        {"Statement": 'DELETE FROM "T" WHERE id = 1'},
        {"Statement": "UPDATE T SET x = 1 WHERE id = 1"},
    ]

    assert needed("dynamodb", "execute_transaction", TransactStatements=statements) == {
        ("dynamodb:PartiQLDelete", table),
        ("dynamodb:PartiQLUpdate", table),
    }


@pytest.mark.parametrize(
    ("place", "resource"),
    [
        ('"T"."by"', "T/index/by"),
        ("T.by", "T/index/by"),
        ('T . "by a"', "T/index/by a"),
        ('"a.b"', "a.b"),
        ('"a.b"."c.d"', "a.b/index/c.d"),
    ],
)
def test_partiql_that_reads_an_index_needs_the_index(place: str, resource: str) -> None:
    """As for Query, a SELECT from an index needs the right on the index; a dot within quotes names none."""
    statement = SELECT.format(place)

    assert needed("dynamodb", "execute_statement", Statement=statement) == {
        ("dynamodb:PartiQLSelect", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{resource}")
    }


@given(
    st.binary(max_size=40),
    st.sampled_from(["dynamodb", "lambda", "s3", "sqs", "iam", "no-service"]),
    st.text(),
)
def test_nonsense_is_read_without_an_error(body: bytes, service: str, path: str) -> None:
    """Whatever a client sends, it is read; what nobody knows needs an action that no policy names."""
    scope = f"AWS4-HMAC-SHA256 Credential=AKIA/20260101/{REGION}/{service}/aws4_request, X=y"
    call = Call("PATCH", "/" + path, Headers([("Authorization", scope)]), body)

    operation = read_operation(call)

    assert operation.name == UNKNOWN or operation.service in {"s3", "lambda"} or "Action" in path
    assert needs_of(operation, PLACE)
